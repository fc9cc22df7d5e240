//! Which names a container can resolve, and to whom.

use std::collections::HashMap;

use crate::compose::{NetworkMode, Project, Service};

/// What a host name means inside a service's container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// The service itself, or one that shares its network namespace.
    Itself,
    /// A sibling it shares a network with.
    Sibling(&'a str),
    /// A sibling it shares no network with.
    Separated(&'a str),
    /// A sibling that no active profile selects.
    Inactive(&'a str),
    /// A name that the compose file itself gives an address (`extra_hosts`, `external_links`), or that the project
    /// says is there.
    Declared,
    /// Nobody.
    Nobody,
}

/// Whose network interfaces a service uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Namespace<'a> {
    /// Those of this service: itself, or the one it joins by `network_mode: service:…`.
    Service(&'a str),
    /// The host's.
    Host,
    /// None at all, or those of a container outside the project.
    Outside,
}

/// Names and networks of a project.
#[derive(Debug)]
pub struct Reach<'a> {
    project: &'a Project,
    /// Lower-case name to the services that carry it, in order of the file.
    names: HashMap<String, Vec<&'a str>>,
    /// The services that use the same interfaces, in order of the file.
    together: HashMap<Namespace<'a>, Vec<&'a str>>,
}

impl<'a> Reach<'a> {
    /// Collects the names of a project's services.
    #[must_use]
    pub fn of(project: &'a Project) -> Self {
        let mut names: HashMap<String, Vec<&'a str>> = HashMap::new();
        for (key, service) in &project.services {
            for name in own_names(service) {
                let carriers = names.entry(name).or_default();
                if !carriers.contains(&key.as_str()) {
                    carriers.push(key);
                }
            }
        }
        let mut reach = Self { project, names, together: HashMap::new() };
        for key in project.services.keys() {
            let namespace = reach.namespace(key);
            reach.together.entry(namespace).or_default().push(key);
        }
        reach
    }

    /// Whose interfaces `service` uses. `service:` chains are followed.
    #[must_use]
    pub fn namespace(&self, service: &'a str) -> Namespace<'a> {
        let mut at = service;
        for _ in 0..self.project.services.len() {
            match self.mode(at) {
                None | Some(NetworkMode::Bridge | NetworkMode::Other(_)) => return Namespace::Service(at),
                Some(NetworkMode::Host) => return Namespace::Host,
                Some(NetworkMode::None | NetworkMode::Container(_)) => return Namespace::Outside,
                Some(NetworkMode::Service(next)) => at = next,
            }
        }
        Namespace::Outside
    }

    /// The services whose listeners `service` finds on its own loopback: itself, and all that
    /// share its network namespace.
    pub fn on_loopback(&self, service: &'a str) -> impl Iterator<Item = &'a str> {
        let namespace = self.namespace(service);
        let shared = match namespace {
            Namespace::Outside => None,
            _ => self.together.get(&namespace),
        };
        let alone = shared.is_none().then_some(service);
        shared.into_iter().flatten().copied().chain(alone)
    }

    /// What the name `host` means to a process in `service`'s container.
    #[must_use]
    pub fn resolve(&self, service: &'a str, host: &str) -> Target<'a> {
        let host = host.to_ascii_lowercase();
        let Some(client) = self.project.services.get(service) else { return Target::Nobody };
        let declared = client.extra_hosts.iter().any(|entry| entry.0.eq_ignore_ascii_case(&host))
            || client.external_links.iter().any(|name| name.eq_ignore_ascii_case(&host));
        if declared {
            return Target::Declared;
        }
        let link = client.links.iter().find(|link| link.alias.eq_ignore_ascii_case(&host));
        if let Some((key, _)) = link.and_then(|link| self.project.services.get_key_value(&link.service)) {
            return self.towards(service, key);
        }
        if client.hostname.as_ref().is_some_and(|name| name.assumed().eq_ignore_ascii_case(&host)) {
            return Target::Itself;
        }
        let carriers = self.names.get(&host).map_or(&[][..], Vec::as_slice);
        let mut outcomes = carriers
            .iter()
            .map(|carrier| self.towards(service, carrier))
            .chain(self.default_name(service, &host));
        let rank = |target: &Target<'_>| match target {
            Target::Itself | Target::Sibling(_) | Target::Declared => 0,
            Target::Separated(_) => 1,
            Target::Inactive(_) => 2,
            Target::Nobody => 3,
        };
        match outcomes.by_ref().min_by_key(rank) {
            None | Some(Target::Nobody) if self.is_external(&host) => Target::Declared,
            outcome => outcome.unwrap_or(Target::Nobody),
        }
    }

    /// Whether the project says of itself that the host is there.
    fn is_external(&self, host: &str) -> bool {
        self.project.own.external_hosts.iter().any(|known| match known.strip_prefix('*') {
            Some(below) => host.len() > below.len() && host.ends_with(&below.to_ascii_lowercase()),
            None => host.eq_ignore_ascii_case(known),
        })
    }

    /// The service that owns the static address `address` on some network.
    #[must_use]
    pub fn owner_of_address(&self, address: &str) -> Option<&'a str> {
        let owns = |service: &Service| {
            service.networks.iter().any(|at| at.addresses.iter().any(|a| a.value == address))
        };
        self.project.services.iter().find(|(_, service)| owns(service)).map(|(key, _)| key.as_str())
    }

    /// Whether a container of another project may carry a name: some network of the service is
    /// external, or joined by another project, or it uses interfaces that are not its own.
    #[must_use]
    pub fn sees_outside(&self, service: &'a str) -> bool {
        let Namespace::Service(owner) = self.namespace(service) else { return true };
        let owner = self.project.services.get(owner);
        owner.is_some_and(|owner| {
            let by_mode = owner.network_mode.as_ref().map(|mode| &mode.value);
            let outside = |key: &str| {
                self.project.networks.get(key).is_none_or(|network| network.external || network.joined)
            };
            matches!(by_mode, Some(NetworkMode::Other(_)))
                || owner.networks.iter().any(|at| outside(&at.network.value))
        })
    }

    /// `project-service-1`, the name Compose gives to a container that is not given one.
    fn default_name(&self, service: &'a str, host: &str) -> Option<Target<'a>> {
        let rest = host.strip_prefix(self.project.name.as_str())?.strip_prefix(['-', '_'])?;
        let (name, index) = rest.rsplit_once(['-', '_'])?;
        index.parse::<u32>().ok()?;
        let (key, _) = self.project.services.get_key_value(name)?;
        Some(self.towards(service, key))
    }

    fn towards(&self, from: &'a str, to: &'a str) -> Target<'a> {
        let active = |name: &str| self.project.services.get(name).is_some_and(|service| service.active);
        if from == to {
            return Target::Itself;
        }
        if active(from) && !active(to) {
            return Target::Inactive(to);
        }
        match (self.namespace(from), self.namespace(to)) {
            (Namespace::Service(a), Namespace::Service(b)) if a == b => Target::Itself,
            (Namespace::Service(a), Namespace::Service(b)) if self.share_network(a, b) => Target::Sibling(to),
            _ => Target::Separated(to),
        }
    }

    fn share_network(&self, a: &str, b: &str) -> bool {
        let of_b = self.networks(b);
        self.networks(a).iter().any(|network| of_b.contains(network))
    }

    /// The networks that `service` is on, by their names outside the project: two keys may name one. Docker's
    /// default bridge is among them, though it has no DNS: names there come from links.
    #[must_use]
    pub fn networks(&self, service: &str) -> Vec<&'a str> {
        let Some(service) = self.project.services.get(service) else { return Vec::new() };
        let written = service.networks.iter().map(|at| {
            let key = at.network.value.as_str();
            let real = self.project.networks.get(key).map(|network| network.real_name.as_str());
            real.filter(|name| !name.is_empty()).unwrap_or(key)
        });
        let by_mode = match service.network_mode.as_ref().map(|mode| &mode.value) {
            Some(NetworkMode::Bridge) => Some("bridge"),
            Some(NetworkMode::Other(name)) => Some(name.as_str()),
            _ => None,
        };
        written.chain(by_mode).collect()
    }

    fn mode(&self, service: &str) -> Option<&'a NetworkMode> {
        self.project.services.get(service)?.network_mode.as_ref().map(|mode| &mode.value)
    }
}

/// The names under which others may find a service, lower case: its key, container name, host name
/// and aliases. Docker's DNS does not serve host names, but a name that is written down
/// as one deserves the benefit of the doubt.
fn own_names(service: &Service) -> impl Iterator<Item = String> {
    let written = [&service.container_name, &service.hostname];
    let written = written.into_iter().flatten().filter_map(|name| name.complete());
    let aliases = service.networks.iter().flat_map(|at| &at.aliases).map(|alias| alias.value.clone());
    std::iter::once(service.name.value.clone())
        .chain(written)
        .chain(aliases)
        .map(|name| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{Attachment, Located};
    use crate::source::{Origin, Span, Spanned, Text};

    fn service(name: &str, networks: &[&str]) -> (String, Service) {
        let attachment = |network: &&str| Attachment {
            network: Located::new((*network).to_string(), Origin::default()),
            ..Attachment::default()
        };
        let service = Service {
            name: Spanned::new(name.to_string(), Span::NONE),
            active: true,
            networks: networks.iter().map(attachment).collect(),
            ..Service::default()
        };
        (name.to_string(), service)
    }

    #[test]
    fn names_networks_and_namespaces() {
        let mut project = Project {
            name: "shop".into(),
            services: [
                service("api", &["front"]),
                service("db", &["front", "back"]),
                service("cache", &["back"]),
                service("sidecar", &[]),
                service("old", &["front"]),
            ]
            .into(),
            ..Project::default()
        };
        project.services["db"].container_name =
            Some(Located::new(Text::known("Shop-DB", Origin::default()), Origin::default()));
        project.services["sidecar"].network_mode =
            Some(Located::new(NetworkMode::Service("api".into()), Origin::default()));
        project.services["old"].active = false;
        let reach = Reach::of(&project);
        assert_eq!(reach.resolve("api", "db"), Target::Sibling("db"));
        assert_eq!(reach.resolve("api", "shop-db"), Target::Sibling("db"));
        assert_eq!(reach.resolve("api", "shop-db-1"), Target::Sibling("db"));
        assert_eq!(reach.resolve("api", "cache"), Target::Separated("cache"));
        assert_eq!(reach.resolve("sidecar", "db"), Target::Sibling("db"));
        assert_eq!(reach.resolve("api", "old"), Target::Inactive("old"));
        assert_eq!(reach.resolve("api", "nobody"), Target::Nobody);
        assert_eq!(reach.on_loopback("api").collect::<Vec<_>>(), ["api", "sidecar"]);
        assert_eq!(reach.namespace("sidecar"), Namespace::Service("api"));
    }
}
