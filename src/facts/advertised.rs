//! The addresses that servers tell their clients to go on with: who connects is handed them, and dials them next.

use super::ServiceFacts;
use super::endpoint::{Address, HostKind};
use crate::compose::ImageReference;
use crate::source::{Origin, Span, Text};

/// An address that a server hands out.
#[derive(Clone, Debug)]
pub struct Advertised {
    /// The listener's name; blank where the server has but one.
    pub listener: String,
    /// The host that is handed out.
    pub host: Text,
    /// The whole address.
    pub address: Text,
    /// The port on which clients are handed it; `None` for all of the server's.
    pub listens: Option<u16>,
    /// The port that is handed out, where it is none of those at which the server is told to listen.
    pub astray: Option<u16>,
    /// What is spoken there.
    pub protocol: &'static str,
    /// Whether nobody says so: it is the image's own default.
    pub by_default: bool,
    /// The variable or option that says so, or the image.
    pub by: String,
    /// Where the host is written, or the best place there is.
    pub place: Span,
}

impl Advertised {
    /// Whether whoever is handed it dials itself.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let address = Address { host: self.host.clone(), port: None };
        address.kind() == HostKind::Loopback && !address.is_unspecified()
    }
}

/// Variables with lists of listeners (`NAME://host:port,…`), with those that say where each listens.
const LISTS: &[(&str, &str)] = &[
    ("KAFKA_ADVERTISED_LISTENERS", "KAFKA_LISTENERS"),
    ("KAFKA_CFG_ADVERTISED_LISTENERS", "KAFKA_CFG_LISTENERS"),
];

/// Variables with one host, and what is spoken there.
const HOSTS: &[(&str, &str)] = &[
    ("KAFKA_ADVERTISED_HOST_NAME", "kafka"),
    ("KAFKA_CFG_ADVERTISED_HOST_NAME", "kafka"),
    ("ADVERTISED_HOST", "kafka"),
    ("REDIS_CLUSTER_ANNOUNCE_IP", "redis"),
    ("REDIS_CLUSTER_ANNOUNCE_HOSTNAME", "redis"),
    ("PULSAR_PREFIX_advertisedAddress", "pulsar"),
    ("advertisedAddress", "pulsar"),
];

/// Options with addresses, with those that say where they listen.
const OPTIONS: &[(&str, &str, &str)] = &[
    ("--advertise-kafka-addr", "--kafka-addr", "kafka"),
    ("--cluster-announce-ip", "", "redis"),
    ("--cluster-announce-hostname", "", "redis"),
    ("--replica-announce-ip", "", "redis"),
    ("--advertised-address", "", "pulsar"),
];

/// What a service hands out, by its environment, its command, and the replica set that its healthcheck makes.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Vec<Advertised> {
    let mut found = Vec::new();
    for (variable, listening) in LISTS {
        let Some(text) = service.environment.value(variable) else { continue };
        let mut listens = service.environment.value(listening).map(listeners).unwrap_or_default();
        let controllers = controllers(service);
        listens.retain(|(name, _)| !controllers.contains(name));
        found.extend(list(text, &listens, "kafka", variable));
    }
    for (variable, protocol) in HOSTS {
        let Some(host) = service.environment.value(variable).filter(|text| text.is_blank() == Some(false))
        else {
            continue;
        };
        found.push(one(host, host, protocol, variable));
    }
    for (option, listening, protocol) in OPTIONS {
        let Some(text) = option_of(service, option) else { continue };
        match listening.is_empty() {
            true => found.push(one(&text, &text, protocol, option)),
            false => {
                let listens = option_of(service, listening).map(|text| listeners(&text)).unwrap_or_default();
                found.extend(list(&text, &listens, protocol, option));
            }
        }
    }
    found.extend(by_image(service));
    let tests = service.service.healthcheck.iter().filter_map(|check| check.test.as_ref());
    let tests = tests.flat_map(|test| test.words.iter().map(|word| &word.value));
    for text in tests.chain(&service.program.command) {
        found.extend(members(text));
    }
    found
}

/// The names of the listeners by which Kafka's controllers speak among each other.
fn controllers(service: &ServiceFacts<'_>) -> Vec<String> {
    const NAMES: [&str; 2] = ["KAFKA_CONTROLLER_LISTENER_NAMES", "KAFKA_CFG_CONTROLLER_LISTENER_NAMES"];
    let said = NAMES.iter().find_map(|name| service.environment.value(name)?.complete());
    let names = said.unwrap_or_else(|| "CONTROLLER".to_string());
    names.split(',').map(|name| name.trim().to_string()).collect()
}

/// The ports on which a broker of Kafka's takes its clients, where its environment says so, those first that it hands out to others
/// than itself.
#[must_use]
pub fn ports_for_clients(service: &ServiceFacts<'_>) -> Option<Vec<u16>> {
    let derives = || {
        let image = service.service.image.as_ref()?.complete()?;
        ImageReference::parse(&image).map(|image| image.path == "confluentinc/cp-kafka")
    };
    let controllers = controllers(service);
    let known = |text: &Text| (!text.has_hole() && text.is_blank() == Some(false)).then(|| listeners(text));
    let (mut listens, advertised) = LISTS.iter().find_map(|(advertised, listening)| {
        let handed = service.environment.value(advertised).and_then(known);
        let told = match service.environment.value(listening) {
            Some(told) => known(told)?,
            // What it is told to hand out is where it listens.
            None => handed.clone().filter(|_| derives() == Some(true))?,
        };
        Some((told, service.environment.value(advertised)))
    })?;
    listens.retain(|(name, _)| !controllers.contains(name));
    let handed = advertised.map(|text| list(text, &listens, "kafka", "")).unwrap_or_default();
    let inside = |name: &String| handed.iter().any(|one| one.listener == *name && !one.is_loopback());
    listens.sort_by_key(|(name, _)| !inside(name));
    (!listens.is_empty()).then(|| listens.into_iter().map(|(_, port)| port).collect())
}

/// What its image hands out when nothing is said.
fn by_image(service: &ServiceFacts<'_>) -> Option<Advertised> {
    let known = service.image?.advertises.as_ref()?;
    let image = service.service.image.as_ref()?;
    let reference = image.complete()?;
    let path = ImageReference::parse(&reference)?.path.to_string();
    let said = service
        .environment
        .iter()
        .any(|(name, effective)| name.starts_with(known.unless.as_str()) && effective.value().is_some());
    // What is mounted may be its settings.
    if said || !known.images.contains(&path) || !service.program.files.layers().is_empty() {
        return None;
    }
    let (host, port) = known.address.split_once(':')?;
    let protocol = service.listeners.iter().find_map(|listener| listener.protocol.as_deref());
    let protocol = protocol.filter(|protocol| *protocol == "kafka").map(|_| "kafka")?;
    Some(Advertised {
        listener: "PLAINTEXT".to_string(),
        host: Text::known(host, Origin::default()),
        address: Text::known(known.address.clone(), Origin::default()),
        listens: port.parse().ok(),
        astray: None,
        protocol,
        by_default: true,
        by: path,
        place: image.span(),
    })
}

fn one(host: &Text, address: &Text, protocol: &'static str, by: &str) -> Advertised {
    Advertised {
        listener: String::new(),
        host: host.clone(),
        address: address.clone(),
        listens: None,
        astray: None,
        protocol,
        by_default: false,
        by: by.to_string(),
        place: host.span(),
    }
}

/// The listeners of `NAME://host:port,…`, each with the port at which it listens.
fn list(text: &Text, listens: &[(String, u16)], protocol: &'static str, by: &str) -> Vec<Advertised> {
    parts(text)
        .into_iter()
        .filter_map(|part| {
            let port = part.port.as_ref().and_then(|port| port.complete()?.trim().parse().ok());
            let of_name = listens.iter().find(|(name, _)| *name == part.name).map(|(_, port)| *port);
            let astray = port.filter(|port| !listens.iter().any(|(_, listened)| listened == port));
            Some(Advertised {
                // Where nothing else is said, it listens where it says it does.
                listens: Some(of_name.or(port)?),
                astray: astray.filter(|_| of_name.is_some()),
                place: if part.host.span().is_none() { text.span() } else { part.host.span() },
                listener: part.name,
                host: part.host,
                address: part.address,
                protocol,
                by_default: false,
                by: by.to_string(),
            })
        })
        .collect()
}

fn listeners(text: &Text) -> Vec<(String, u16)> {
    let port = |port: Text| port.complete()?.trim().parse().ok();
    parts(text).into_iter().filter_map(|part| Some((part.name, port(part.port?)?))).collect()
}

/// A listener as it is written.
struct Part {
    name: String,
    host: Text,
    port: Option<Text>,
    address: Text,
}

fn parts(text: &Text) -> Vec<Part> {
    let whole = text.assumed();
    let mut at = 0;
    let mut found = Vec::new();
    for part in whole.split(',') {
        let (start, end) = (at, at + part.len());
        at = end + 1;
        let (name, from) = match part.find("://") {
            Some(cut) => (part.get(..cut).unwrap_or("").trim(), start + cut + 3),
            None => ("", start + part.len() - part.trim_start().len()),
        };
        let rest = whole.get(from..end).unwrap_or("").trim_end();
        let colon = rest.rfind(':');
        let host = text.slice(from, from + colon.unwrap_or(rest.len()));
        let port = colon.map(|colon| text.slice(from + colon + 1, from + rest.len()));
        found.push(Part { name: name.to_string(), host, port, address: text.slice(from, from + rest.len()) });
    }
    found
}

/// What the command of a service gives an option.
fn option_of(service: &ServiceFacts<'_>, option: &str) -> Option<Text> {
    let words = &service.program.command;
    words.iter().enumerate().find_map(|(at, word)| {
        let whole = word.assumed();
        let rest = whole.strip_prefix(option)?;
        match rest.strip_prefix(['=', ' ']) {
            Some(value) => Some(word.slice(whole.len() - value.len(), whole.len())),
            None if rest.is_empty() => words.get(at + 1).cloned(),
            None => None,
        }
    })
}

/// The members of a replica set that a script of MongoDB makes: `rs.initiate({…, members: [{_id: 0, host: "localhost:27017"}]})`.
#[must_use]
pub fn members(text: &Text) -> Vec<Advertised> {
    let whole = text.assumed();
    let Some(begin) = whole.find("rs.initiate(").or_else(|| whole.find("replSetInitiate")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (at, word) in whole.match_indices("host").filter(|(at, _)| *at > begin) {
        let rest = whole.get(at + word.len()..).unwrap_or("");
        let skip = |c: char| matches!(c, '"' | '\'' | '\\' | ' ' | ':');
        let value = rest.trim_start_matches(skip);
        if rest.len() == value.len() || !rest.contains(':') {
            continue;
        }
        let from = whole.len() - value.len();
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        let length = value.find(|c| !name(c)).unwrap_or(value.len());
        let address = text.slice(from, from + length);
        let host = value.get(..length).and_then(|address| address.split(':').next()).map_or(0, str::len);
        if host > 0 {
            found.push(one(&text.slice(from, from + host), &address, "mongodb", "rs.initiate"));
        }
    }
    found
}
