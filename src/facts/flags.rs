//! What the options of a command say of a program that is not seen: whom it dials, and where it listens.
//!
//! Nothing is known of the program, so only an address with its port is taken, and [`super::guessed`] keeps of the
//! dials those that can only be mistakes.

use super::bound::{Bound, ToldBy};
use super::dials::{By, Dial};
use super::endpoint::Endpoint;
use super::names::Words;
use super::protocol;
use crate::compose::Service;
use crate::finding::Confidence;
use crate::programs::{Program, Role};
use crate::source::{Origin, Text, Via};

/// Options of a command beyond this number are not looked at.
const MAX_OPTIONS: usize = 100;

/// Words of names, of options and of variables, that say where a server listens.
const LISTENS: &[&str] = &["LISTEN", "LISTENER", "LISTENERS", "LISTENADDR", "LISTENADDRESS", "BIND"];

/// Words beside those with which something else is meant: what a server tells others, what it is to its peers, whom it asks.
const ELSE: &[&str] = &[
    "ADVERTISE",
    "ADVERTISED",
    "ANNOUNCE",
    "SECURITY",
    "NAME",
    "NAMES",
    "PEER",
    "CLUSTER",
    "METRICS",
    "TELEMETRY",
    "PPROF",
    "DEBUG",
    "LDAP",
    "DN",
];

/// Words of options whose addresses are for browsers and other machines.
const FOR_OTHERS: &[&str] = &[
    "EXTERNAL",
    "PUBLIC",
    "REDIRECT",
    "CALLBACK",
    "CORS",
    "ORIGIN",
    "ORIGINS",
    "ISSUER",
    "DOMAIN",
    "DOMAINS",
    "FRONTEND",
    "BROWSER",
    "ROOT",
    "LABEL",
    "LABELS",
    "LOGIN",
    "LOGOUT",
    "HOSTNAME",
    "BASE",
    "APP",
    "SITE",
    "ALLOW",
    "ALLOWED",
    "WHITELIST",
    "SELF",
    "WEB",
    "UI",
];

/// Whether a name says where a server listens: `--listen-addr`, `--httpListenAddr`, `BIND_ADDRESS`; not
/// `--listen-metrics-urls`, which is for others than its clients.
pub(super) fn tells_to_listen(words: &Words) -> bool {
    words.has(LISTENS) && !words.has(ELSE)
}

/// An option of a command and its value.
struct Given {
    /// With its dashes.
    name: String,
    value: Text,
}

impl Given {
    fn words(&self) -> Words {
        Words::of(self.name.trim_start_matches('-'))
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
        if whole.starts_with('-') {
            open = None;
            match whole.split_once('=') {
                Some((name, _)) => {
                    let value = word.slice(name.len() + 1, whole.len());
                    found.push(Given { name: name.to_string(), value });
                }
                None => open = Some(whole),
            }
        } else if let Some(name) = open.take() {
            found.push(Given { name, value: word.clone() });
        }
    }
    found
}

/// Whether an option says no more than that it is an address of pages: installers are told so where browsers will find
/// what they install (`wp core install --url=localhost:8080`).
fn is_own_page(option: &str) -> bool {
    let name = option.trim_start_matches('-').replace('-', "").to_ascii_lowercase();
    matches!(name.as_str(), "url" | "uri" | "wwwroot" | "siteurl" | "home" | "homeurl")
}

/// What the options name with a port.
pub(super) fn dials<'a>(service: &Service, program: &Program) -> Vec<Dial<'a>> {
    if !is_of_others(service, program) {
        return Vec::new();
    }
    let given = options(service);
    let dialled = |option: &Given| {
        let words = option.words();
        if [LISTENS, ELSE, FOR_OTHERS].iter().any(|list| words.has(list)) {
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
        if is_own_page(&option.name)
            && matches!(endpoint.scheme_name().as_deref(), None | Some("http" | "https"))
        {
            return None;
        }
        let spoken = endpoint.protocol().or_else(|| endpoint.port().and_then(protocol::of_port));
        let by = By::Variable(option.name.clone());
        let dial = Dial::new(endpoint, vec![spoken.unwrap_or("tcp")], by, place);
        Some(Dial { by_image: true, sureness: Confidence::Likely, ..dial })
    };
    let mut found: Vec<Dial<'a>> = given.iter().filter_map(dialled).collect();
    found.extend(given.iter().filter_map(joined));
    found.extend(followed(service));
    found
}

/// The members that Consul is told to join: hosts alone, for its gossip.
fn joined<'a>(option: &Given) -> Option<Dial<'a>> {
    const PORT: &str = "8301";
    let named = matches!(option.name.trim_start_matches('-'), "retry-join" | "join" | "start-join");
    let whole = option.value.complete().filter(|_| named)?;
    let bare = whole.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let place = option.value.span();
    let text = Text::concat([option.value.clone(), Text::known(format!(":{PORT}"), Origin::default())]);
    let endpoint = Endpoint::from_addresses(&text.via(&Via::Flag(place))).filter(|_| bare)?;
    let dial = Dial::new(endpoint, vec!["tcp"], By::Variable(option.name.clone()), place);
    Some(Dial { by_image: true, sureness: Confidence::Likely, ..dial })
}

/// The server that Redis is told to follow: `--replicaof redis 6379 --masterauth secret`.
fn followed<'a>(service: &Service) -> Option<Dial<'a>> {
    let words: Vec<Text> = service.command.iter().flat_map(|command| command.words.iter().cloned()).collect();
    let at = words.iter().position(|word| matches!(word.assumed().as_str(), "--replicaof" | "--slaveof"))?;
    let name = words.get(at)?.assumed();
    let value = |option: &str| {
        let at = words.iter().position(|word| word.assumed() == option)?;
        words.get(at + 1).cloned()
    };
    let first = words.get(at + 1)?.clone();
    let place = first.span();
    let whole = first.assumed();
    // Both may stand in one word.
    let (host, port) = match whole.split_once(' ') {
        Some((host, port)) => (first.slice(0, host.len()), Text::known(port.trim(), Origin::default())),
        None => (first.clone(), words.get(at + 2)?.clone()),
    };
    port.complete()?.parse::<u16>().ok()?;
    let text = Text::concat([host, Text::known(":", Origin::default()), port]);
    let mut endpoint = Endpoint::from_addresses(&text.via(&Via::Flag(place)))?;
    endpoint.password = value("--masterauth");
    let dial = Dial::new(endpoint, vec!["redis"], By::Variable(name), place);
    Some(Dial { by_image: true, sureness: Confidence::Likely, ..dial })
}

/// Where the options tell it to listen, where that is on the container's loopback.
pub(super) fn bound<'a>(service: &Service, program: &Program) -> Vec<Bound<'a>> {
    if !is_of_others(service, program) || !program.servers.is_empty() {
        return Vec::new();
    }
    let told = |option: &Given| {
        let listens = tells_to_listen(&option.words());
        listens.then(|| Bound::at(&option.value, ToldBy::Flag(option.name.clone())))?
    };
    options(service).iter().filter_map(told).collect()
}
