//! What the options of a command say of a program that is not seen: whom it dials, and where it listens.
//!
//! Nothing is known of the program, so only an address with its port is taken, and [`super::guessed`] keeps of the
//! dials those that can only be mistakes.

use super::bound::{Bound, ToldBy};
use super::dials::{By, Dial};
use super::endpoint::Endpoint;
use super::protocol;
use crate::compose::Service;
use crate::finding::Confidence;
use crate::programs::{Program, Role};
use crate::source::{Text, Via};

/// Options of a command beyond this number are not looked at.
const MAX_OPTIONS: usize = 100;

/// Words of options that say where a server listens.
const LISTENS: &[&str] = &["listen", "listener", "listeners", "bind", "listenaddr", "listenaddress"];

/// Words of options whose addresses are for others than the program.
const FOR_OTHERS: &[&str] = &[
    "advertise",
    "advertised",
    "announce",
    "external",
    "public",
    "redirect",
    "callback",
    "cors",
    "origin",
    "origins",
    "issuer",
    "domain",
    "domains",
    "frontend",
    "browser",
    "root",
    "label",
    "labels",
    "peer",
    "cluster",
    "telemetry",
    "pprof",
    "debug",
    "metrics",
    "login",
    "logout",
    "hostname",
    "base",
    "app",
    "site",
    "allow",
    "allowed",
    "whitelist",
    "self",
    "web",
    "ui",
];

/// An option of a command and its value.
struct Given {
    name: String,
    value: Text,
}

impl Given {
    fn words(&self) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut small = false;
        for c in self.name.chars() {
            let cut = !c.is_ascii_alphanumeric() || small && c.is_ascii_uppercase();
            if cut && words.last().is_some_and(|word| !word.is_empty()) {
                words.push(String::new());
            }
            if c.is_ascii_alphanumeric()
                && let Some(word) = words.last_mut()
            {
                word.push(c.to_ascii_lowercase());
            }
            small = c.is_ascii_lowercase();
        }
        words
    }

    fn has(&self, list: &[&str]) -> bool {
        self.words().iter().any(|word| list.contains(&word.as_str()))
    }

    /// `--listen-addr`, `--httpListenAddr`, `--bind`; not `--listen-metrics-urls`, which says more than one thing.
    fn listens(&self) -> bool {
        self.has(LISTENS) && !self.has(FOR_OTHERS)
    }
}

/// Whether a service runs an image of others as it is, so that its command is all there is to see of its program.
fn is_of_others(service: &Service, program: &Program) -> bool {
    service.build.is_none()
        && program.image.parsed.is_none()
        && !program.modules.iter().any(|module| module.role == Role::Source)
}

/// `--name=value`, `--name value`, `-name=value`
fn options(service: &Service) -> Vec<Given> {
    let words = service.command.iter().flat_map(|command| &command.words);
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for word in words.take(MAX_OPTIONS) {
        let whole = word.assumed();
        if let Some(name) = whole.strip_prefix('-').map(|rest| rest.trim_start_matches('-')) {
            open = None;
            match name.split_once('=') {
                Some((name, _)) => {
                    let from = whole.find('=').map_or(0, |at| at + 1);
                    let value = word.slice(from, whole.len());
                    found.push(Given { name: name.to_string(), value });
                }
                None => open = Some(name.to_string()),
            }
        } else if let Some(name) = open.take() {
            found.push(Given { name, value: word.clone() });
        }
    }
    found
}

/// What the options name with a port.
pub(super) fn dials<'a>(service: &Service, program: &Program) -> Vec<Dial<'a>> {
    if !is_of_others(service, program) {
        return Vec::new();
    }
    let given = options(service);
    let dialled = |option: &Given| {
        if option.has(LISTENS) || option.has(FOR_OTHERS) {
            return None;
        }
        let place = option.value.span();
        let text = option.value.clone().via(&Via::Flag(place));
        let plain = |text: &Text| {
            let whole = text.assumed();
            let (host, port) = whole.rsplit_once(':')?;
            let named = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
                && host.starts_with(|c: char| c.is_ascii_alphanumeric());
            (named && port.parse::<u16>().is_ok()).then(|| Endpoint::from_addresses(text))?
        };
        let endpoint = Endpoint::from_url(&text).or_else(|| plain(&text))?;
        endpoint.address()?.port_number()?;
        let spoken = endpoint.protocol().or_else(|| endpoint.port().and_then(protocol::of_port));
        let by = By::Variable(format!("--{}", option.name));
        let dial = Dial::new(endpoint, vec![spoken.unwrap_or("tcp")], by, place);
        Some(Dial { by_image: true, sureness: Confidence::Likely, ..dial })
    };
    given.iter().filter_map(dialled).collect()
}

/// Where the options tell it to listen, where that is on the container's loopback.
pub(super) fn bound<'a>(service: &Service, program: &Program) -> Vec<Bound<'a>> {
    if !is_of_others(service, program) || !program.servers.is_empty() {
        return Vec::new();
    }
    let told = |option: &Given| option.listens().then(|| address(&option.value))?;
    options(service).iter().filter_map(told).collect()
}

/// The address that a value tells a server to listen at.
pub(super) fn address<'a>(value: &Text) -> Option<Bound<'a>> {
    let whole = value.assumed();
    let start = whole.find("://").map_or(0, |at| at + 3);
    let rest = whole.get(start..)?;
    let rest = rest.split('/').next().unwrap_or(rest);
    let (host, port) = rest.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let bound = Bound {
        host: value.slice(start, start + host.len()),
        port: Some(port),
        by: ToldBy::Configuration(Role::Settings),
        place: value.slice(start, start + host.len()).span(),
        sure: Confidence::Likely,
    };
    (!host.is_empty()).then_some(bound)
}
