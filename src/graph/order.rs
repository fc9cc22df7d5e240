//! In which order services start.

use std::collections::HashMap;

use crate::compose::Project;

/// After how many others, one after the other, each running service starts. Those that wait for each other in a
/// circle start after all that do not.
#[must_use]
pub fn layers(project: &Project) -> HashMap<&str, usize> {
    let active: Vec<&str> = project.active().map(|service| service.name.value.as_str()).collect();
    let mut waiting: HashMap<&str, usize> = HashMap::new();
    let mut clients: HashMap<&str, Vec<&str>> = HashMap::new();
    for service in project.active() {
        let name = service.name.value.as_str();
        let mut targets: Vec<&str> = service.depends_on.iter().map(|on| on.service.value.as_str()).collect();
        targets.sort_unstable();
        targets.dedup();
        targets.retain(|target| project.services.get(*target).is_some_and(|service| service.active));
        waiting.insert(name, targets.len());
        for target in targets {
            clients.entry(target).or_default().push(name);
        }
    }
    let mut layers: HashMap<&str, usize> = HashMap::new();
    let mut ready: Vec<&str> = active.iter().copied().filter(|name| waiting[name] == 0).collect();
    let mut layer = 0;
    while !ready.is_empty() {
        let mut next = Vec::new();
        for name in ready {
            layers.insert(name, layer);
            for client in clients.get(name).into_iter().flatten() {
                if let Some(left) = waiting.get_mut(client) {
                    *left -= 1;
                    if *left == 0 {
                        next.push(*client);
                    }
                }
            }
        }
        ready = next;
        layer += 1;
    }
    for name in active {
        layers.entry(name).or_insert(layer);
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{Dependency, Located, Service};
    use crate::source::{Origin, Span, Spanned};

    #[test]
    fn the_longest_chain_counts_and_circles_end() {
        let service = |name: &str, on: &[&str]| {
            let wait = |name: &&str| Dependency {
                service: Located::new((*name).to_string(), Origin::default()),
                ..Dependency::default()
            };
            let service = Service {
                name: Spanned::new(name.to_string(), Span::NONE),
                active: true,
                depends_on: on.iter().map(wait).collect(),
                ..Service::default()
            };
            (name.to_string(), service)
        };
        let project = Project {
            services: [
                service("web", &["api", "db"]),
                service("api", &["db", "db", "gone"]),
                service("db", &[]),
                service("a", &["b"]),
                service("b", &["a", "db"]),
            ]
            .into(),
            ..Project::default()
        };
        let layers = layers(&project);
        assert_eq!(["db", "api", "web", "a", "b"].map(|name| layers[name]), [0, 1, 2, 3, 3]);
    }
}
