//! The services that `config SERVICE…` is about: those that are named, and what they depend on.

use indexmap::IndexMap;

use super::decode::is_active;
use super::{Data, Value};
use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

/// Leaves only the named services and their dependencies active. A service that is named brings
/// its own profiles with it.
///
/// # Errors
/// When a service, or a dependency that is required, is not there.
pub(super) fn select(
    tree: &Value,
    names: &[String],
    profiles: &[String],
    active: &mut IndexMap<String, bool>,
) -> Result<(), Box<Problem>> {
    if names.is_empty() {
        return Ok(());
    }
    let service = |name: &str| tree.get("services").and_then(|services| services.get(name));
    let mut profiles = profiles.to_vec();
    for name in names {
        let found = service(name).ok_or_else(|| missing(name))?;
        let own = found.get("profiles").map(Value::items).unwrap_or_default();
        if !is_active(found, &profiles) {
            profiles.extend(own.iter().filter_map(Value::string));
        }
    }
    let runs = |name: &str| service(name).is_some_and(|service| is_active(service, &profiles));
    let mut chosen: IndexMap<String, bool> = active.keys().map(|name| (name.clone(), false)).collect();
    let mut pending = names.to_vec();
    while let Some(name) = pending.pop() {
        if chosen.insert(name.clone(), true) == Some(true) {
            continue;
        }
        let needed = service(&name).and_then(|service| service.get("depends_on"));
        for (needed, member) in needed.into_iter().flat_map(Value::members) {
            let optional = member.value.get("required").is_some_and(|it| it.data == Data::Bool(false));
            match (runs(needed), optional) {
                (true, _) => pending.push(needed.clone()),
                (false, true) => {}
                (false, false) => return Err(missing(needed)),
            }
        }
    }
    *active = chosen;
    Ok(())
}

fn missing(name: &str) -> Box<Problem> {
    let message = format!("there is no service `{name}`");
    Box::new(Problem::refusal(ProblemKind::UndefinedService, Span::NONE, message))
}
