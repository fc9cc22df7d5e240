//! Addresses of which it is not known what becomes of them: those of the container itself that calls are handed of which
//! nothing is known count where a sibling listens on the port, and nobody in the container does; those that name a
//! sibling where it does not listen on the port, and those that name nobody where one sibling alone does.

use indexmap::IndexMap;

use super::reach::Target;
use super::{Dial, ServiceFacts};
use crate::finding::Confidence;
use crate::programs::SinkKind;

/// Takes back all others.
pub(super) fn only_where_meant(services: &mut IndexMap<&str, ServiceFacts<'_>>) {
    let guessed = |dial: &Dial<'_>| dial.sink().is_some_and(|sink| sink.kind == SinkKind::Call);
    if !services.values().any(|service| service.dials.iter().any(guessed)) {
        return;
    }
    let listening: Vec<(String, Vec<u16>)> = services
        .values()
        .filter(|service| service.service.active && !is_of_pages(service))
        .map(|service| {
            let ports = service.listeners.iter().filter(|it| it.ports.0 == it.ports.1).map(|it| it.ports.0);
            (service.key.to_string(), ports.collect())
        })
        .collect();
    for service in services.values_mut() {
        let own: Vec<u16> = service.listeners.iter().map(|listener| listener.ports.0).collect();
        let key = service.key;
        let pages = is_of_pages(service);
        // What is known to be dialled is told by that.
        let known: Vec<(String, Option<u16>)> = service
            .dials
            .iter()
            .filter(|dial| !guessed(dial))
            .map(|dial| (host(dial), dial.port()))
            .collect();
        let meant = |dial: &Dial<'_>| {
            if !dial.is_loopback() {
                return !pages
                    && !known.contains(&(host(dial), dial.port()))
                    && is_astray(dial, &listening, key);
            }
            let port = dial.port().filter(|port| !own.contains(port));
            port.is_some_and(|port| {
                listening.iter().any(|(other, ports)| other != key && ports.contains(&port))
            })
        };
        service.dials.retain(|dial| !guessed(dial) || meant(dial));
        service.received.retain(|dial| !guessed(dial) || meant(dial));
        for dial in service.dials.iter_mut().chain(&mut service.received).filter(|dial| guessed(dial)) {
            dial.sureness = dial.sureness.min(Confidence::Likely);
        }
    }
}

/// The host of a dial, as it is written.
fn host(dial: &Dial<'_>) -> String {
    dial.endpoint.address().map(|address| address.host.assumed()).unwrap_or_default()
}

/// Whether the address names a sibling that does not listen on its port, or nobody where one sibling alone does.
fn is_astray(dial: &Dial<'_>, listening: &[(String, Vec<u16>)], own: &str) -> bool {
    let Some(port) = dial.port() else { return false };
    match &dial.target {
        Some(Target::Sibling(name)) => {
            let of = |(other, _): &&(String, Vec<u16>)| other == name;
            listening.iter().find(of).is_some_and(|(_, ports)| !ports.contains(&port))
        }
        Some(Target::Nobody) => {
            let serving = listening.iter().filter(|(other, ports)| other != own && ports.contains(&port));
            serving.count() == 1
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
