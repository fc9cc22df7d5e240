//! What ties services to each other: `depends_on`, `links`, shared namespaces, `volumes_from`.

use super::super::{Condition, Dependency, Link, Located, Value};
use super::service::flag;
use super::{boolean_at, string_at, strings};
use crate::source::{Origin, Span, Spanned};

/// The dependencies that are written, then those that follow from other attributes.
pub(super) fn dependencies(service: &Value) -> Vec<Dependency> {
    let written = service.get("depends_on").into_iter().flat_map(Value::members);
    let mut dependencies: Vec<Dependency> = written
        .map(|(name, member)| {
            let value = &member.value;
            let condition = condition(value);
            // A later file's list item resets the condition: then the item is the entry.
            let reset = value.as_map().and_then(|entry| entry.get("condition"));
            let reset =
                reset.map(|member| member.key).filter(|key| condition.span.is_none() && !key.is_none());
            let written = reset.unwrap_or(member.key);
            let origin = Origin { written, through: value.origin.through.clone() };
            Dependency {
                service: Located::new(name.clone(), origin),
                condition,
                required: boolean_at(value, "required").unwrap_or(true),
                restart: flag(value, "restart"),
                implied: false,
            }
        })
        .collect();
    for (name, restart, origin) in implied(service) {
        if dependencies.iter().all(|known| *known.service != name) {
            dependencies.push(Dependency {
                service: Located::new(name, origin),
                required: true,
                restart,
                implied: true,
                ..Dependency::default()
            });
        }
    }
    dependencies
}

fn condition(value: &Value) -> Spanned<Condition> {
    let Some(written) = string_at(value, "condition") else { return Spanned::default() };
    let condition = match written.as_str() {
        "service_healthy" => Condition::Healthy,
        "service_completed_successfully" => Condition::Completed,
        _ => Condition::Started,
    };
    let span = if value.get("condition").is_some_and(|it| it.origin.written == value.origin.written) {
        Span::NONE
    } else {
        written.span()
    };
    Spanned::new(condition, span)
}

/// The services that a service needs without saying so in `depends_on`, whether it restarts with
/// them, and what says so.
pub(in crate::compose) fn implied(service: &Value) -> Vec<(String, bool, Origin)> {
    let mut needed = Vec::new();
    for link in strings(service.get("links")) {
        // With more than one colon Compose takes the whole text for the name.
        let name = match link.split_once(':') {
            Some((name, alias)) if !alias.contains(':') => name.to_string(),
            _ => link.value.clone(),
        };
        needed.push((name, true, link.origin));
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(mode) = string_at(service, key)
            && let Some(name) = mode.strip_prefix("service:")
        {
            needed.push((name.to_string(), true, mode.origin.clone()));
        }
    }
    for from in strings(service.get("volumes_from")) {
        if !from.starts_with("container:") {
            let name = from.split(':').next().unwrap_or_default().to_string();
            needed.push((name, false, from.origin));
        }
    }
    needed
}

pub(super) fn links(service: &Value) -> Vec<Link> {
    let links = strings(service.get("links")).into_iter().map(|link| {
        let (service, alias) = link.split_once(':').unwrap_or((&link, &link));
        Link { service: service.to_string(), alias: alias.to_string(), origin: link.origin.clone() }
    });
    links.collect()
}
