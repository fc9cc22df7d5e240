//! What Compose takes in and does nothing with, because only Swarm honours it.

use super::super::schema::{self, Shape};
use super::super::{Data, Value};
use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

/// Warns of the attributes of a canonical tree that have no effect outside Swarm.
pub(in crate::compose) fn warnings(tree: &Value, problems: &mut Vec<Problem>) {
    for (section, member) in tree.members() {
        let Some(shape) = schema::root().member(section).and_then(|shape| shape.step("*")) else { continue };
        for (name, entry) in member.value.members() {
            let service = (section == "services").then_some(name.as_str());
            let mut walk = Walk { service, problems };
            walk.below(&entry.value, shape);
            if service.is_some() {
                walk.values(&entry.value);
            }
        }
    }
}

struct Walk<'a> {
    service: Option<&'a str>,
    problems: &'a mut Vec<Problem>,
}

impl Walk<'_> {
    fn below(&mut self, value: &Value, shape: &Shape) {
        for (name, member) in value.members() {
            let Some(shape) = shape.member(name) else { continue };
            if member.value.is_null() {
                continue;
            }
            match shape.swarm {
                Some(reason) => {
                    let at = if member.key.is_none() { member.value.span() } else { member.key };
                    let subject = match &member.value.data {
                        Data::String(text) => format!("{name}: {}", text.assumed()),
                        _ => name.clone(),
                    };
                    self.warn(at, reason, Some(subject));
                }
                None => self.below(&member.value, shape),
            }
        }
        if let Some(shape) = shape.item() {
            for item in value.items() {
                self.below(item, shape);
            }
        }
    }

    /// Values of attributes that Compose honours otherwise.
    fn values(&mut self, service: &Value) {
        let special = [
            ("ports", "mode", "host", "ports[].mode: host is only honored by the Swarm routing mesh"),
            (
                "volumes",
                "type",
                "cluster",
                "volumes[].type: cluster (CSI) volumes are only supported in Swarm mode",
            ),
        ];
        for (list, key, value, reason) in special {
            for item in service.get(list).map(Value::items).unwrap_or_default() {
                if let Some(found) = item.get(key)
                    && matches!(&found.data, Data::String(text) if text.assumed() == value)
                {
                    self.warn(found.span(), reason, None);
                }
            }
        }
    }

    /// `subject` is the attribute, with its value where that is a word.
    fn warn(&mut self, at: Span, reason: &str, subject: Option<String>) {
        let mut problem = Problem::warning(ProblemKind::SwarmOnlyAttribute, at, reason);
        problem.service = self.service.map(str::to_string);
        problem.subject = subject;
        self.problems.push(problem);
    }
}
