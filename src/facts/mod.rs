//! Joins over a project and its programs, computed once: the nouns that rules speak in.

pub mod absent_programs;
mod accounts;
pub mod actuator;
pub mod advertised;
pub mod alike;
mod allowed_hosts;
pub mod anonymous;
pub mod archived;
pub mod arguments;
pub mod asking_steps;
pub mod blanks;
pub mod bound;
pub mod browsers;
pub mod build_programs;
mod by_name;
pub mod celery_queues;
mod celery_settings;
pub mod certificates;
pub mod clients;
mod collected;
mod collector;
mod configured;
pub mod credentials;
mod cross_origin;
pub mod dead;
mod dial_uses;
mod dialled;
pub mod dials;
pub mod discovered;
pub mod drivers;
mod emptied;
pub mod endpoint;
mod entry_points;
pub mod environment;
mod errands;
pub mod etcd;
pub mod expansions;
pub mod extensions;
mod fastcgi;
mod flags;
pub mod flyway;
mod gaps;
mod given;
pub mod go_flags;
mod guessed;
pub mod health;
mod held;
mod helpers;
pub mod idle_mounts;
pub mod images;
pub mod installs;
mod keys;
mod keywords;
mod known;
mod lacking;
pub mod listener_names;
pub mod listeners;
mod local;
mod loopback;
mod makers;
pub mod members;
pub mod names;
pub mod near;
pub mod needs;
pub mod nobody;
mod nothing;
mod object_keys;
mod opened;
mod order;
mod overridden;
pub mod packages;
mod pages;
pub mod parts;
mod passed_over;
mod patience;
mod pipelines;
pub mod pools;
pub mod portless;
pub mod prerendered;
pub mod probe;
pub mod protocol;
mod proxied_paths;
pub mod public_key;
pub mod python_elsewhere;
pub mod queues;
pub mod reach;
pub mod readiness;
pub mod receivers;
pub mod refused_hosts;
pub mod refused_steps;
pub mod renamed;
pub mod replica_sets;
mod requests;
mod said;
pub mod secret_files;
pub mod sections;
pub mod seedless;
mod service;
pub mod settings_steps;
pub mod system_packages;
mod tableless;
mod task_bodies;
pub mod telemetry;
pub mod tls;
pub mod tools;
pub mod unread;
pub mod unset_pages;
pub mod untrusted;
pub mod values;
pub mod variables;
mod waiting;
pub mod withdrawn;
mod withheld;
pub mod workers;

use std::collections::HashSet;
use std::sync::OnceLock;

use indexmap::IndexMap;

pub use bound::{Bound, ToldBy};
pub use clients::Asked;
pub use dials::{By, Dial};
pub use emptied::Emptied;
pub use endpoint::{Address, Endpoint, HostKind};
pub use entry_points::EntryPoints;
pub use environment::{Effective, EffectiveEnvironment, Layer};
pub use fastcgi::{runs_workers, runs_workers_alone};
pub use gaps::{Gap, Need, Why};
pub use listeners::{Listener, ListenerSource};
pub use loopback::{Astray, Cause};
pub use order::Waits;
pub use reach::{Namespace, Reach, Target};
pub use service::{Health, ServiceFacts};

use crate::compose::{Condition, Project};
use crate::programs::{Programs, Remark, RemarkKind, SinkKind};
use crate::source::{Origin, Text, Via};

/// What is known of a project beyond its text.
pub struct Facts<'a> {
    /// Names and networks.
    pub reach: Reach<'a>,
    project: &'a Project,
    services: IndexMap<&'a str, ServiceFacts<'a>>,
    gaps: OnceLock<Vec<Gap>>,
    waits: Waits<'a>,
}

impl<'a> Facts<'a> {
    /// Whether the file that Compose interpolates from gives a variable a value.
    #[must_use]
    pub fn is_in_dotenv(&self, variable: &str) -> bool {
        let set = self.project.environment.get(variable);
        set.is_some_and(|value| !value.span().is_none() && value.is_blank() == Some(false))
    }

    /// Joins a project with what its services run.
    #[must_use]
    pub fn of(project: &'a Project, programs: &'a Programs) -> Self {
        let reach = Reach::of(project);
        let mut services: IndexMap<&str, ServiceFacts<'_>> = IndexMap::new();
        for (name, service) in &project.services {
            let mut facts = ServiceFacts::of(service, programs.of(name));
            facts.told_to_retry = project.own.retrying_services.contains(name);
            for dial in facts.dials.iter_mut().chain(&mut facts.received) {
                dial.target = match dial.host() {
                    HostKind::Label(host) | HostKind::Domain(host) => Some(reach.resolve(name, &host)),
                    // An alias may end in `.localhost`, and then names what has it.
                    HostKind::Loopback => {
                        let host = dial.endpoint.address().and_then(|address| address.host.complete());
                        let host = host.filter(|host| host.ends_with(".localhost"));
                        let target = host.map(|host| reach.resolve(name, &host));
                        target.filter(|target| matches!(target, Target::Sibling(_)))
                    }
                    _ => None,
                };
            }
            services.insert(name, facts);
        }
        dialled::only_where_meant(&mut services);
        overridden::only_what_stays(&mut services);
        guessed::only_where_meant(&mut services);
        guessed::doubt_inner_proxies(&mut services);
        let waits = Waits::of(project);
        Self { reach, project, services, gaps: OnceLock::new(), waits }
    }

    /// All services, also those that do not run, in the order of the project.
    pub fn services(&self) -> impl Iterator<Item = &ServiceFacts<'a>> {
        self.services.values()
    }

    /// The services that run.
    pub fn active(&self) -> impl Iterator<Item = &ServiceFacts<'a>> {
        self.services.values().filter(|facts| facts.service.active)
    }

    /// The remarks of a kind, each once however many services run the module, with the first that does.
    pub fn remarks(&self, kind: RemarkKind) -> impl Iterator<Item = (&ServiceFacts<'a>, &'a Remark)> {
        let mut seen = HashSet::new();
        let all = self.active().flat_map(|facts| {
            let modules = facts.program.modules.iter();
            let remarks =
                modules.flat_map(|module| module.remarks.iter().map(move |remark| (module, remark)));
            let holding = remarks.filter(|(module, remark)| {
                let made =
                    remark.kind != RemarkKind::SyncSessionmakerForAsync || !facts.program.old_sqlalchemy;
                made && remark.holds(&facts.program.scope, module)
            });
            holding.map(move |(_, remark)| (facts, remark))
        });
        all.filter(move |(_, remark)| remark.kind == kind && seen.insert(remark.span))
    }

    /// A service by its name, active or not.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&ServiceFacts<'a>> {
        self.services.get(name)
    }

    /// What `service` has waited for of `target` by the time it starts: the strongest condition, over
    /// its own dependencies and those of all it depends on.
    #[must_use]
    pub fn waited_for(&self, service: &str, target: &str) -> Option<Condition> {
        self.waits.until(service, target)
    }

    /// Whether some active service waits until this one has ended (`service_completed_successfully`).
    #[must_use]
    pub fn is_to_end(&self, service: &str) -> bool {
        let mut waits = self.active().flat_map(|other| &other.service.depends_on);
        waits.any(|wait| wait.service.value == service && wait.condition.value == Condition::Completed)
    }

    /// What a dial to a sibling says to get in that the sibling does not know: see [`credentials`]. Nothing where
    /// some service may make accounts there.
    #[must_use]
    pub fn credential_differences(
        &self,
        client: &ServiceFacts<'a>,
        dial: &Dial<'a>,
    ) -> Vec<credentials::Difference> {
        let Some(server) =
            dial.sibling().and_then(|name| self.service(name)).or_else(|| self.missed(client, dial))
        else {
            return Vec::new();
        };
        let mut found = credentials::differences(self.project, client, dial, server);
        // Programs that share a database need only one to make it.
        let shared = |other: &ServiceFacts<'_>| {
            let same = |own: &Dial<'_>| {
                let name = |dial: &Dial<'_>| dial.endpoint.database.as_ref().and_then(Text::complete);
                own.sibling() == Some(server.key) && name(own).is_some() && name(own) == name(dial)
            };
            other.key != client.key
                && other.dials.iter().any(|own| same(own) && makers::may_make_databases(other, own))
        };
        if found.iter().any(|it| it.part == credentials::Part::Database) && self.active().any(shared) {
            found.retain(|it| it.part != credentials::Part::Database);
        }
        let made = |other: &ServiceFacts<'_>| {
            other.key == server.key
                || self.waited_for(other.key, server.key).is_some()
                || other.received.iter().any(|dial| dial.sibling() == Some(server.key))
        };
        if !found.is_empty() && self.services().any(|other| makers::may_make(other) && made(other)) {
            // Nobody makes MongoDB let those in who come without an account.
            let without = |it: &credentials::Difference| it.part == credentials::Part::NoPassword;
            found.retain(|it| without(it) && server.speaks("mongodb"));
        }
        found
    }

    /// The server that a dial with a wrong host means beyond doubt: the one that speaks its protocol, where client and host
    /// are what runs here and no default for another machine.
    #[must_use]
    pub fn missed(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> Option<&ServiceFacts<'a>> {
        let astray = match dial.host() {
            HostKind::Loopback => !dial.may_be_public() && !self.answers_on_loopback(client, dial),
            HostKind::Label(_) => dial.target == Some(Target::Nobody),
            HostKind::Address => dial.endpoint.address()?.host.complete()?.starts_with("172."),
            _ => false,
        };
        // Settings that lie beside the code are for the machine that it is written on.
        let filed = |origin: &Origin| {
            origin.through.iter().any(|via| matches!(via, Via::Setting { .. } | Via::File(_)))
        };
        let said = dial.host_origin().is_none_or(|origin| origin.unset_read().is_none() && !filed(origin));
        let given = dial.sink().is_some() || matches!(dial.by, By::Variable(_));
        let own = given && said && !self.reach.sees_outside(client.key);
        let meant = self.meant(client, dial).into_iter().next().filter(|_| astray && own)?;
        let speaks = |other: &&ServiceFacts<'a>| {
            other.key != client.key && dial.protocols.iter().any(|protocol| other.speaks(protocol))
        };
        (speaks(&meant) && self.active().filter(speaks).count() == 1).then_some(meant)
    }

    /// Whether something listens for this dial on the loopback that `client` sees: it runs on the
    /// host's network, shares its interfaces with a service that listens there, or listens itself.
    #[must_use]
    pub fn answers_on_loopback(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> bool {
        let name = client.service.name.value.as_str();
        if !matches!(self.reach.namespace(client.key), Namespace::Service(_)) {
            return true;
        }
        let port = dial.port();
        // Where all listen on the same port, the name says who is meant: `CUSTOMER_SERVICE_URL=http://localhost:8080`.
        let another = |other: &ServiceFacts<'a>| {
            other.key != client.key
                && port.is_some_and(|port| other.listens_on(port))
                && self.is_named(dial, other)
        };
        if self.reach.on_loopback(client.key).count() == 1 && self.active().any(another) {
            return false;
        }
        self.reach.on_loopback(client.key).filter_map(|other| self.service(other)).any(|other| {
            let listens = port.is_some_and(|port| match other.service.name.value == name {
                true => other.answers_itself_on(port),
                false => other.listens_on(port),
            });
            let speaks = other.service.name.value != name
                && dial.protocols.iter().any(|protocol| other.speaks(protocol));
            listens || speaks
        })
    }

    /// The siblings that `client` probably means by a dial that reaches nobody, best first: those that
    /// speak the protocol or listen on the port, on a network they share.
    #[must_use]
    pub fn meant(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> Vec<&ServiceFacts<'a>> {
        let port = dial.port();
        let mut meant: Vec<(u8, &ServiceFacts<'a>)> = self
            .active()
            .filter_map(|other| {
                // Who asks Elasticsearch over HTTP does not mean a web server.
                let own = |protocol: &&&str| !protocol::is_web(protocol);
                let special = other.image.is_some() && dial.protocols.iter().any(|it| own(&it));
                let spoken = dial.protocols.iter().filter(|protocol| !special || own(protocol));
                let speaks = spoken.into_iter().any(|protocol| other.speaks(protocol));
                let workers = |port| {
                    other
                        .listeners
                        .iter()
                        .any(|it| it.covers(port) && it.protocol.as_deref() == Some("fastcgi"))
                };
                let listens = port.is_some_and(|port| {
                    (other.listens_on(port) || other.is_asked_on(port))
                        && !(dial.speaks_web() && workers(port))
                });
                let published = port.is_some_and(|port| other.published_as(port).is_some());
                // A known image that speaks something else is not meant, whatever its ports.
                let other_trade = other.image.is_some()
                    && !speaks
                    && dial.protocols.iter().any(|protocol| *protocol != "tcp")
                    && !dial.speaks_web();
                // Anything may speak HTTP or gRPC: by that alone nobody is meant where a port is written, or only a variable speaks of it.
                let web = (dial.speaks_web() || dial.protocols.contains(&"grpc"))
                    && (dial.sink().is_none()
                        || dial.endpoint.address().is_some_and(|address| address.port.is_some()));
                // PHP's workers are reached on the port that their images have.
                let passed_on = dial.sink().is_some_and(|sink| sink.kind == SinkKind::Upstream);
                let workers = passed_on
                    && port == Some(9000)
                    && !dial.endpoint.scheme_name().is_some_and(|scheme| protocol::is_web(&scheme))
                    && runs_workers(other)
                    && !runs_workers(client);
                let usual = |protocol: &str| port.is_some() && protocol::default_port(protocol) == port;
                let is_usual = dial.protocols.iter().any(|protocol| usual(protocol));
                let named = || self.is_named(dial, other) || self.is_the_back_end(client, dial, other);
                match (speaks, listens, published) {
                    _ if workers => Some((0, other)),
                    _ if other_trade => None,
                    // A program of the project need not say where it listens to be the one that is named.
                    _ if dial.sink().is_some() && named() => Some((0, other)),
                    (_, true, _) if web => Some((0, other)),
                    (true, true, _) => Some((0, other)),
                    (true, false, true) => Some((1, other)),
                    // Many images speak HTTP on some port: one that is named says which is not meant.
                    (true, false, false) if web && named() => Some((5, other)),
                    (true, false, false) if web => None,
                    // What nobody knows, and listens where such servers do, is one rather than what also speaks so elsewhere.
                    (false, true, _) if other.image.is_none() && !web && is_usual => Some((1, other)),
                    (true, false, false) => Some((2, other)),
                    (false, true, _) => Some((3, other)),
                    (false, false, true) => Some((4, other)),
                    (false, false, false) => named().then_some((5, other)),
                }
            })
            .filter(|(_, other)| {
                matches!(self.reach.resolve(client.key, &other.service.name.value), Target::Sibling(_))
            })
            .collect();
        // Of equals, one that the client depends on.
        let waits = |other: &ServiceFacts<'_>| {
            client.service.depends_on.iter().any(|on| on.service.value == other.service.name.value)
        };
        meant.sort_by_key(|(rank, other)| (*rank, !waits(other)));
        meant.into_iter().map(|(_, other)| other).collect()
    }

    /// Whether the name of the dial's variable names this service and no other one of the project's own, and it is
    /// a program that is dialled there, not a browser: `CATALOG_URL` for `catalog-api`.
    fn is_named(&self, dial: &Dial<'a>, service: &ServiceFacts<'a>) -> bool {
        let reached = dial.sink().is_some() || service.service.ports.is_empty();
        let own = |other: &ServiceFacts<'_>| other.image.is_none();
        let speaks = dial.speaks_web() || dial.protocols.is_empty() || dial.protocols.contains(&"grpc");
        let Some(name) = dial.variable().filter(|_| reached && speaks && own(service)) else { return false };
        let words = names::Words::of(name);
        let named = |other: &&ServiceFacts<'_>| own(other) && words.names(&names::Words::of(other.key));
        named(&service) && self.active().filter(named).count() == 1
    }
}

impl<'a> Facts<'a> {
    /// Whether a variable that names the back end alone means this service: the client wants it started first, it is called
    /// so, and no other is.
    fn is_the_back_end(
        &self,
        client: &ServiceFacts<'a>,
        dial: &Dial<'a>,
        service: &ServiceFacts<'a>,
    ) -> bool {
        let called = |name: &str| ["api", "backend", "server"].iter().any(|word| name.contains(word));
        let own =
            |other: &&ServiceFacts<'a>| other.image.is_none() && other.key != client.key && called(other.key);
        let wants = client.service.depends_on.iter().any(|it| it.service.value == service.key);
        let named = dial.variable().is_some_and(|name| names::Words::of(name).is_of_the_back_end());
        wants && named && dial.sink().is_some() && own(&service) && self.active().filter(own).count() == 1
    }
}
