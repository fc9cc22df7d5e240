//! What has happened to its siblings by the time a service starts.

use std::collections::{HashMap, HashSet};

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

/// The same for all services of a project, asked of one after the other: each service's whole answer at once.
#[derive(Debug)]
pub struct Waits<'a> {
    names: Vec<&'a str>,
    indices: HashMap<&'a str, usize>,
    dependencies: Vec<Vec<(usize, Condition)>>,
    /// By which question each service was last looked at.
    seen: Vec<usize>,
    asked: usize,
}

impl<'a> Waits<'a> {
    /// Collects the dependencies of a project's services.
    #[must_use]
    pub fn of(project: &'a Project) -> Self {
        let names: Vec<&str> = project.services.keys().map(String::as_str).collect();
        let indices: HashMap<&str, usize> =
            names.iter().enumerate().map(|(index, name)| (*name, index)).collect();
        let dependencies = project.services.values().map(|service| {
            let known = service
                .depends_on
                .iter()
                .filter_map(|on| Some((*indices.get(on.service.value.as_str())?, on.condition.value)));
            known.collect()
        });
        let dependencies = dependencies.collect();
        Self { seen: vec![0; names.len()], names, indices, dependencies, asked: 0 }
    }

    /// What `service` has waited for by the time it starts, and until when.
    #[must_use]
    pub fn before(&mut self, service: &str) -> HashMap<&'a str, Condition> {
        let mut found: HashMap<usize, Condition> = HashMap::new();
        self.asked += 1;
        let mut pending: Vec<usize> = self.indices.get(service).copied().into_iter().collect();
        while let Some(at) = pending.pop() {
            match self.seen.get_mut(at) {
                Some(seen) if *seen != self.asked => *seen = self.asked,
                _ => continue,
            }
            for (target, condition) in self.dependencies.get(at).into_iter().flatten() {
                let known = found.entry(*target).or_insert(*condition);
                *known = stronger(*known, *condition);
                pending.push(*target);
            }
        }
        let named = |(index, condition): (usize, Condition)| Some((*self.names.get(index)?, condition));
        found.into_iter().filter_map(named).collect()
    }
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
        let mut waits = Waits::of(&project);
        for service in ["api", "migrate", "db"] {
            let before = waits.before(service);
            for target in ["api", "migrate", "db"] {
                assert_eq!(
                    before.get(target).copied(),
                    waited_for(&project, service, target),
                    "{service} {target}"
                );
            }
        }
    }
}
