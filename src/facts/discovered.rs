//! Names that programs of Spring Cloud look up in a register of services (`lb://orders`, `@FeignClient(name = "orders")`), and those
//! under which services enter themselves there: their `spring.application.name`, whatever its case.

use super::{Facts, ServiceFacts};
use crate::programs::{SinkKind, has_extension};
use crate::source::Span;

/// A name that is looked up and that nobody has.
pub struct Unregistered {
    /// As it is written.
    pub name: String,
    /// Where.
    pub at: Span,
    /// What names it, as it is written.
    pub by: String,
    /// The names that there are.
    pub known: Vec<String>,
}

/// The names that `client` looks up with Eureka, and under which no service of the project enters itself, where all of these are seen.
#[must_use]
pub fn unregistered(facts: &Facts<'_>, client: &ServiceFacts<'_>) -> Vec<Unregistered> {
    let asked = looked_up(client);
    if asked.is_empty() || !asks_eureka(client) {
        return Vec::new();
    }
    let Some(known) = names(facts) else { return Vec::new() };
    let is_known = |name: &str| known.iter().any(|other| other.eq_ignore_ascii_case(name));
    let unknown = asked.into_iter().filter(|(name, ..)| !is_known(name));
    unknown.map(|(name, at, by)| Unregistered { name, at, by, known: known.clone() }).collect()
}

/// The names that it looks up, each with its place and what asks.
fn looked_up(client: &ServiceFacts<'_>) -> Vec<(String, Span, String)> {
    let mut found: Vec<(String, Span, String)> = Vec::new();
    for module in &client.program.modules {
        for sink in module.sinks.iter().filter(|sink| sink.kind == SinkKind::Http) {
            let value = client.evaluate(module, &sink.target);
            let Some(text) = value.text() else { continue };
            let Some(address) = text.complete() else { continue };
            let Some(rest) = address.strip_prefix("lb://").or_else(|| address.strip_prefix("lb:ws://"))
            else {
                continue;
            };
            let name = rest.split(['/', '?']).next().unwrap_or(rest).to_string();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let at = if text.span().is_none() { sink.callee.span } else { text.span() };
            if !name.is_empty() && name.chars().all(plain) && found.iter().all(|(known, ..)| *known != name) {
                found.push((name, at, sink.callee.value.clone()));
            }
        }
    }
    found
}

/// Whether it asks a Eureka that is a service of the project.
fn asks_eureka(client: &ServiceFacts<'_>) -> bool {
    client.dials.iter().any(|dial| {
        let path = dial.endpoint.shown();
        dial.sibling().is_some()
            && (path.contains("eureka")
                || dial.variable().is_some_and(|name| name.to_ascii_lowercase().contains("eureka")))
    })
}

/// The names of all programs of Spring's in the project; nothing where one is not seen, or where others may enter themselves, too.
fn names(facts: &Facts<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for service in facts.services() {
        let spring =
            service.program.modules.iter().any(|module| has_extension(&module.path, &["java", "kt"]));
        if spring {
            // Some enter themselves by another name.
            let others = [
                "virtual-host-name",
                "virtualHostName",
                "appname",
                "VIRTUALHOSTNAME",
                "APPNAME",
                "configserver:",
                "client.simple",
                "simple:",
                "ServiceInstanceListSupplier",
                "listOfServers",
            ];
            if others.iter().any(|word| !service.program.scope.containing(word).is_empty()) {
                return None;
            }
            names.push(service.spring_setting("spring.application.name")?);
        } else if service.image.is_none() || service.service.build.is_some() {
            // What is not known may be another of them, and what is written in other languages, too.
            let seen = !service.program.scope.is_empty() && service.program.entry_known;
            let silent =
                ["eureka", "Eureka"].iter().all(|word| service.program.scope.containing(word).is_empty());
            if !(is_of_files(service) || seen && silent) {
                return None;
            }
        }
    }
    (!names.is_empty()).then_some(names)
}

/// Whether a service gives out files, and runs nothing of its own: nginx with pages that were built.
fn is_of_files(service: &ServiceFacts<'_>) -> bool {
    let base = service.program.image.base.as_ref().map_or("", |base| base.value.as_str());
    ["nginx", "httpd", "caddy"]
        .iter()
        .any(|name| base.trim_start_matches("docker.io/").trim_start_matches("library/").starts_with(name))
}
