//! Addresses that a program hands to calls, and settings and options that say one, where nothing is known of what is done
//! with them. They count only where they cannot well be right: those of the container itself where a sibling listens on the
//! port, and nobody in the container does; a name that nobody has with the port of just one sibling; a sibling with a port
//! on which it does not listen.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::{By, Dial, ServiceFacts, Target};
use crate::finding::Confidence;
use crate::programs::{Role, SinkKind};

/// Takes back all others.
pub(super) fn only_where_meant(services: &mut IndexMap<&str, ServiceFacts<'_>>) {
    let mut all = services.values().flat_map(|service| service.dials.iter().chain(&service.received));
    if !all.any(is_guessed) {
        return;
    }
    let listening: Vec<Listening> =
        services.values().filter(|service| service.service.active).map(Listening::of).collect();
    // What is only told as that number to people: a port of nobody whose protocol is known.
    let told: Vec<u16> = services
        .values()
        .filter(|service| service.service.active)
        .flat_map(|service| {
            let same = |port: &u16| {
                service.service.ports.iter().any(|entry| entry.published == Some((*port, *port)))
            };
            let of_kind = |port: &u16| {
                let mut on = service.listeners.iter().filter(|listener| listener.covers(*port));
                on.any(|listener| listener.protocol.is_some())
            };
            let ports = service.listeners.iter().map(|listener| listener.ports.0);
            ports.filter(|port| same(port) && !of_kind(port)).collect::<Vec<_>>()
        })
        .collect();
    let published: Vec<u16> = services
        .values()
        .flat_map(|service| &service.service.ports)
        .filter_map(|entry| entry.published.map(|(first, _)| first))
        .collect();
    for service in services.values_mut() {
        let own: Vec<u16> = service.listeners.iter().map(|listener| listener.ports.0).collect();
        let own: Vec<u16> = own.into_iter().filter(|port| service.answers_itself_on(*port)).collect();
        let others: Vec<&Listening> = listening.iter().filter(|other| other.key != service.key).collect();
        let pages = is_of_pages(service);
        // A tool's container, in which nothing is known to listen.
        let bare = service.service.build.is_none()
            && own.is_empty()
            && service.program.servers.is_empty()
            && service.image.is_none_or(|image| !image.is_server());
        // What is known to be dialled is told by that.
        let known: Vec<(String, Option<u16>)> = service
            .dials
            .iter()
            .filter(|dial| !is_guessed(dial))
            .map(|dial| (host(dial), dial.port()))
            .collect();
        let meant = |dial: &Dial<'_>| {
            let told = || known.contains(&(host(dial), dial.port()));
            // A literal of the container itself is one more mistake; an option is what its program is known by.
            let again = (dial.held().is_some() || !dial.is_loopback()) && told();
            // A script asks its own container for pages where it started what serves them.
            let asks_itself =
                dial.is_loopback() && dial.sink_role() == Some(Role::Script) && dial.speaks_web() && !bare;
            // What only stands there may be for browsers, where the host hands it on to a service.
            let for_browsers = dial.is_loopback()
                && dial.sink().is_some_and(|sink| sink.callee.value.contains("://"))
                && dial.port().is_some_and(|port| published.contains(&port));
            (dial.is_loopback() || !pages)
                && !again
                && !for_browsers
                && !asks_itself
                && is_mistaken(dial, &own, &others, bare)
        };
        service.dials.retain(|dial| !is_guessed(dial) || meant(dial));
        service.received.retain(|dial| !is_guessed(dial) || meant(dial));
        for dial in service.dials.iter_mut().chain(&mut service.received).filter(|dial| is_guessed(dial)) {
            dial.sureness = dial.sureness.min(Confidence::Likely);
            // The address that browsers have may be what a program that is not seen puts into its texts.
            let by_name = matches!(&dial.by, By::Variable(name) if !name.starts_with('-'))
                && dial.endpoint.scheme.is_none();
            if by_name && dial.is_loopback() && dial.port().is_some_and(|port| told.contains(&port)) {
                dial.sureness = Confidence::Possible;
            }
        }
    }
}

/// A development server that only a proxy of the project hands requests to, as no port of it is published, may have a proxy of
/// its own for who runs it alone: the other one decides what comes through.
pub(super) fn doubt_inner_proxies(services: &mut IndexMap<&str, ServiceFacts<'_>>) {
    let fronted: HashSet<String> = services
        .values()
        .flat_map(|service| &service.received)
        .filter(|dial| dial.sink_role() == Some(Role::Proxy))
        .filter_map(|dial| dial.sibling().map(str::to_string))
        .collect();
    let inner = services.values_mut().filter(|service| service.service.ports.is_empty());
    for service in inner.filter(|service| fronted.contains(service.key)) {
        let passed_on = |dial: &&mut Dial<'_>| {
            let by_code = dial.sink_role() == Some(Role::Source);
            by_code && dial.is_loopback() && dial.sink().is_some_and(|sink| sink.kind == SinkKind::Upstream)
        };
        let dials = service.dials.iter_mut().chain(&mut service.received);
        dials.filter(passed_on).for_each(|dial| dial.sureness = Confidence::Possible);
    }
}

/// The host of a dial, as it is written.
fn host(dial: &Dial<'_>) -> String {
    dial.endpoint.address().map(|address| address.host.assumed()).unwrap_or_default()
}

/// What is only handed to something, an option of a command, or in a variable whose name does not say what it is.
fn is_guessed(dial: &Dial<'_>) -> bool {
    matches!(dial.by, By::Variable(_)) && dial.protocols.is_empty()
        || dial.sink().is_some_and(|sink| sink.kind == SinkKind::Call)
        || dial.held().is_some_and(|name| name.starts_with('-'))
}

/// Where a service listens.
struct Listening {
    key: String,
    ports: Vec<(u16, u16)>,
    /// Whether it gives people pages, so that its address is one that they are sent to.
    pages: bool,
}

impl Listening {
    fn of(service: &ServiceFacts<'_>) -> Self {
        let ports = service.listeners.iter().map(|listener| listener.ports).collect();
        Self { key: service.key.to_string(), ports, pages: is_of_pages(service) }
    }

    fn has(&self, port: u16) -> bool {
        self.ports.contains(&(port, port))
    }
}

/// Whether an address cannot well be right.
fn is_mistaken(dial: &Dial<'_>, own: &[u16], others: &[&Listening], bare: bool) -> bool {
    let Some(port) = dial.port() else { return false };
    let written = dial.endpoint.address().is_some_and(|address| address.port.is_some());
    // What a tool's container asks for, no browser does.
    let asks = bare && dial.sink_role() == Some(Role::Script);
    match dial.target {
        None => {
            dial.is_loopback()
                && !own.contains(&port)
                && others.iter().any(|other| (asks || !other.pages) && other.has(port))
        }
        // A whole URL names its server; a name with a port may be of many things.
        Some(Target::Nobody) => {
            let whole = dial.endpoint.scheme.is_some();
            let having = others.iter().filter(|other| other.has(port)).count();
            written && (having == 1 || whole && having > 0)
        }
        Some(Target::Sibling(name)) => {
            let sibling = others.iter().find(|other| other.key == name);
            written
                && sibling.is_some_and(|sibling| {
                    !sibling.ports.iter().any(|(from, to)| *from <= port && port <= *to)
                })
        }
        _ => false,
    }
}

/// Whether a service gives people pages: what names its address sends them there.
fn is_of_pages(service: &ServiceFacts<'_>) -> bool {
    const TOOLS: [&str; 12] = [
        "vite",
        "next",
        "nuxt",
        "react-scripts",
        "ng",
        "vue-cli-service",
        "serve",
        "astro",
        "nginx",
        "gatsby",
        "parcel",
        "webpack",
    ];
    let names = ["front", "web", "client", "ui", "www", "dashboard", "site"];
    let mut words = service.program.commands.iter().flatten();
    words.any(|word| TOOLS.contains(&word.as_str())) || names.iter().any(|name| service.key.contains(name))
}
