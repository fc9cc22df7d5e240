//! Rules between services and what they name. They hold for services that run.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::super::{Data, Value};
use super::{graph, refusal, service, suggest};
use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

/// The tree with its services told apart by whether they run.
pub(super) struct Tree<'a> {
    pub root: &'a Value,
    /// Each service, and whether it runs.
    pub active: &'a IndexMap<String, bool>,
}

impl<'a> Tree<'a> {
    pub(super) fn section(&self, section: &str) -> Option<&'a Value> {
        self.root.get(section)
    }

    pub(super) fn has(&self, section: &str, name: &str) -> bool {
        self.section(section).is_some_and(|section| section.get(name).is_some())
    }

    /// What was probably meant by a name that a section does not have.
    pub(super) fn meant(&self, section: &str, name: &str) -> Option<String> {
        let names = self.section(section).into_iter().flat_map(Value::members).map(|(name, _)| name.as_str());
        suggest::nearest(name, names).map(|meant| format!("did you mean `{meant}`?"))
    }
}

/// Tells what does not fit together in a normalised tree.
pub(in crate::compose) fn consistency(
    root: &Value,
    active: &IndexMap<String, bool>,
    problems: &mut Vec<Problem>,
) {
    let tree = Tree { root, active };
    let runs = |name: &String| active.get(name).copied().unwrap_or(true);
    for (name, member) in root.get("services").into_iter().flat_map(Value::members) {
        if runs(name) {
            service::check(name, member, &tree, problems);
        }
    }
    for (name, member) in root.get("secrets").into_iter().flat_map(Value::members) {
        secret(name, member.key, &member.value, problems);
    }
    jobs(&tree, problems);
    graph::cycles(&tree, problems);
    container_names(&tree, problems);
}

fn secret(name: &str, key: Span, value: &Value, problems: &mut Vec<Problem>) {
    let filled = |key: &str| value.get(key).and_then(Value::printed).is_some_and(|text| !text.is_empty());
    let external = value.get("external").is_some_and(|it| it.data == Data::Bool(true));
    if !external && !filled("file") && !filled("environment") {
        let message = format!("the secret `{name}` has neither `file` nor `environment`");
        let at = if key.is_none() { value.span() } else { key };
        let help = "add one of them, or `external: true`";
        problems.push(Problem::refusal(ProblemKind::InvalidValue, at, message).help(help));
    }
}

/// A name is that of a service or of a job, and jobs depend on what is there.
fn jobs(tree: &Tree, problems: &mut Vec<Problem>) {
    for (name, member) in tree.section("jobs").into_iter().flat_map(Value::members) {
        if let Some(other) = tree.section("services").and_then(Value::as_map).and_then(|map| map.get(name)) {
            let message = format!("`{name}` is both a service and a job");
            problems.push(
                Problem::refusal(ProblemKind::ConflictingAttributes, member.key, message)
                    .also(other.key, "the service")
                    .help("give one of them another name"),
            );
        }
        for (needed, entry) in member.value.get("depends_on").into_iter().flat_map(Value::members) {
            if tree.has("services", needed) {
                continue;
            }
            if !tree.has("jobs", needed) {
                let message = format!("the job `{name}` depends on `{needed}`, which is not defined");
                problems.push(Problem::refusal(ProblemKind::UndefinedService, entry.key, message));
            }
        }
    }
}

/// No two services that run have one container name.
fn container_names(tree: &Tree, problems: &mut Vec<Problem>) {
    let mut taken: HashMap<String, (&str, Span)> = HashMap::new();
    for (name, member) in tree.section("services").into_iter().flat_map(Value::members) {
        let Some(value) = member.value.get("container_name") else { continue };
        let Some(text) = value.string().filter(|text| !text.is_empty()) else { continue };
        if !tree.active.get(name).copied().unwrap_or(true) {
            continue;
        }
        if let Some((other, at)) = taken.get(&text) {
            let message = format!("`{name}` and `{other}` have the same container name `{text}`");
            problems.push(
                refusal(name, ProblemKind::DuplicateContainerName, value.span(), message)
                    .also(*at, format!("`{other}` has it here")),
            );
        } else {
            taken.insert(text, (name, value.span()));
        }
    }
}
