//! What has happened to its siblings by the time a service starts.

use std::collections::HashSet;

use crate::compose::{Condition, Project};

/// What a service can count on when it starts, if it waits for `target` at all.
///
/// A wait of a dependency counts: a service that starts after another has started after all that
/// the other waited for. So the answer is the strongest condition on `target` among the
/// service itself and everything it depends on.
#[must_use]
pub fn waited_for(project: &Project, service: &str, target: &str) -> Option<Condition> {
    let mut seen = HashSet::new();
    let mut pending = vec![service];
    let mut strongest: Option<Condition> = None;
    while let Some(name) = pending.pop() {
        if !seen.insert(name) {
            continue;
        }
        for dependency in project.services.get(name).map_or(&[][..], |service| &service.depends_on) {
            if dependency.service.value == target {
                let condition = dependency.condition.value;
                strongest = Some(strongest.map_or(condition, |known| stronger(known, condition)));
            }
            pending.push(&dependency.service.value);
        }
    }
    strongest
}

fn stronger(a: Condition, b: Condition) -> Condition {
    let rank = |condition| match condition {
        Condition::Started => 0,
        Condition::Completed => 1,
        Condition::Healthy => 2,
    };
    if rank(b) > rank(a) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{Dependency, Located, Service};
    use crate::source::{Origin, Span, Spanned};

    fn service(dependencies: &[(&str, Condition)]) -> Service {
        let dependency = |(name, condition): &(&str, Condition)| Dependency {
            service: Located::new((*name).to_string(), Origin::default()),
            condition: Spanned::new(*condition, Span::NONE),
            ..Dependency::default()
        };
        Service { depends_on: dependencies.iter().map(dependency).collect(), ..Service::default() }
    }

    #[test]
    fn waits_are_transitive_and_cycles_end() {
        let project = Project {
            services: [
                (
                    "api".to_string(),
                    service(&[("migrate", Condition::Completed), ("db", Condition::Started)]),
                ),
                ("migrate".to_string(), service(&[("db", Condition::Healthy), ("api", Condition::Started)])),
                ("db".to_string(), service(&[])),
            ]
            .into(),
            ..Project::default()
        };
        assert_eq!(waited_for(&project, "api", "db"), Some(Condition::Healthy));
        assert_eq!(waited_for(&project, "migrate", "db"), Some(Condition::Healthy));
        assert_eq!(waited_for(&project, "db", "api"), None);
    }
}
