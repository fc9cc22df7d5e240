//! What has happened to its siblings by the time a service starts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::compose::{Condition, Project};

/// What the services of a project can count on when they start.
///
/// A wait of a dependency counts: a service that starts after another has started after all that
/// the other waited for. So the answer is the strongest condition among the service itself and everything
/// it depends on.
#[derive(Debug)]
pub struct Waits<'a> {
    names: Vec<&'a str>,
    indices: HashMap<&'a str, usize>,
    dependencies: Vec<Vec<(usize, Condition)>>,
    stamps: Mutex<Stamps>,
}

/// What was looked at for a question, without clearing it for the next one.
#[derive(Debug, Default)]
struct Stamps {
    /// By which question each service was last looked at.
    seen: Vec<usize>,
    asked: usize,
}

impl Stamps {
    fn ask(&mut self) {
        self.asked += 1;
    }

    /// Whether the service is looked at for the first time.
    fn first(&mut self, service: usize) -> bool {
        let asked = self.asked;
        self.seen.get_mut(service).is_some_and(|seen| std::mem::replace(seen, asked) != asked)
    }
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
        let stamps = Mutex::new(Stamps { seen: vec![0; names.len()], asked: 0 });
        Self { names, indices, dependencies, stamps }
    }

    /// Until when `service` has waited for `target` by the time it starts, if it has.
    #[must_use]
    pub fn until(&self, service: &str, target: &str) -> Option<Condition> {
        let target = *self.indices.get(target)?;
        let mut strongest: Option<Condition> = None;
        let mut stamps = self.stamps.lock().unwrap_or_else(PoisonError::into_inner);
        stamps.ask();
        let mut pending: Vec<usize> = self.indices.get(service).copied().into_iter().collect();
        while let Some(at) = pending.pop() {
            if !stamps.first(at) {
                continue;
            }
            for (on, condition) in self.dependencies.get(at).into_iter().flatten() {
                if *on == target {
                    strongest = Some(strongest.map_or(*condition, |known| stronger(known, *condition)));
                }
                pending.push(*on);
            }
            // Nothing is stronger.
            if strongest == Some(Condition::Healthy) {
                break;
            }
        }
        strongest
    }

    /// What `service` has waited for by the time it starts, and until when.
    #[must_use]
    pub fn before(&self, service: &str) -> HashMap<&'a str, Condition> {
        let mut found: HashMap<usize, Condition> = HashMap::new();
        let mut stamps = self.stamps.lock().unwrap_or_else(PoisonError::into_inner);
        stamps.ask();
        let mut pending: Vec<usize> = self.indices.get(service).copied().into_iter().collect();
        while let Some(at) = pending.pop() {
            if !stamps.first(at) {
                continue;
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
        let waits = Waits::of(&project);
        assert_eq!(waits.until("api", "db"), Some(Condition::Healthy));
        assert_eq!(waits.until("migrate", "db"), Some(Condition::Healthy));
        assert_eq!(waits.until("api", "migrate"), Some(Condition::Completed));
        assert_eq!(waits.until("db", "api"), None);
        assert_eq!(waits.until("db", "nobody"), None);
        for service in ["api", "migrate", "db"] {
            let before = waits.before(service);
            for target in ["api", "migrate", "db"] {
                assert_eq!(before.get(target).copied(), waits.until(service, target), "{service} {target}");
            }
        }
    }
}
