//! Addresses of the container itself that a program hands to calls of which nothing is known: they count where a sibling
//! listens on the port, and nobody in the container does.

use indexmap::IndexMap;

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
        let meant = |dial: &Dial<'_>| {
            let port = dial.port().filter(|port| dial.is_loopback() && !own.contains(port));
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
