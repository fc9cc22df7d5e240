//! What a variable of the environment dials, by its value and its name.

use super::endpoint::Endpoint;
use super::names::{Part, Words};
use super::protocol;
use crate::source::Text;

/// The address in a variable's value: a URL with a scheme that dials, or a host as the variable's
/// name says.
pub(super) fn address(
    name: &str,
    text: &Text,
    value: &dyn Fn(&str) -> Option<Text>,
) -> Option<(Endpoint, Vec<&'static str>)> {
    let words = Words::of(name);
    if words.is_bound() {
        return None;
    }
    // Kibana and its kin take a list in JSON's form: `["http://elasticsearch:9200"]`.
    let first = first_of_list(text);
    let text = first.as_ref().unwrap_or(text);
    if let Some(mut endpoint) = Endpoint::from_url(text) {
        let protocol = endpoint.protocol()?;
        let bound = endpoint.address()?.is_unspecified();
        if !protocol::is_web(protocol) {
            login(&mut endpoint, &words, value);
        }
        return (!bound).then(|| (endpoint, vec![protocol]));
    }
    if let Some(endpoint) = Endpoint::from_dsn(text) {
        return Some((endpoint, vec!["mysql"]));
    }
    let keywords = Endpoint::from_keywords(text).filter(Endpoint::is_connection_string);
    if let Some(endpoint) = keywords {
        let open = endpoint.protocols_by_keywords();
        let protocols = match words.protocols() {
            [] => open,
            named => super::dials::narrowed(named, &endpoint),
        };
        return (!protocols.is_empty()).then_some((endpoint, protocols));
    }
    // `local:redis:6379` is no address; what it is, the program knows.
    if is_labelled(&text.assumed()) {
        let labelled = (name == "REDIS_HOSTS").then(|| Endpoint::from_labelled(text, "redis")).flatten()?;
        return Some((labelled, vec!["redis"]));
    }
    let endpoint = Endpoint::from_addresses(text).or_else(|| Endpoint::from_addresses_with_options(text));
    let mut endpoint = endpoint?;
    let protocols = words.protocols().to_vec();
    let all_ported = endpoint.hosts.iter().all(|address| address.port_number().is_some());
    match words.part() {
        // A guess, as long as nothing is known of what is spoken there.
        None if protocols.is_empty() && words.may_be_dialled() && all_ported && endpoint.hosts.len() == 1 => {
        }
        Some(Part::Host) if endpoint.hosts.len() == 1 => {
            if let Some(address) = endpoint.hosts.first_mut().filter(|address| address.port.is_none()) {
                address.port = value(&words.with_last("PORT")).filter(|port| port.complete().is_some());
            }
            login(&mut endpoint, &words, value);
        }
        Some(Part::Addresses) if all_ported => {}
        _ => return None,
    }
    // A variable that holds the unspecified address tells a server where to listen.
    if endpoint.address()?.is_unspecified() {
        return None;
    }
    // `REDIS_HOST=true`, `DB_SERVER=2` say nothing of a host.
    let bare = endpoint.address()?.host.complete()?;
    let named = bare.chars().any(char::is_alphabetic)
        && !matches!(bare.to_ascii_lowercase().as_str(), "true" | "false" | "none" | "null");
    (named || bare.contains('.')).then_some((endpoint, protocols))
}

/// What the variables of the same family say of user, password and database (`DB_USER` beside `DB_HOST`), where the
/// address says nothing. Several that differ leave it open.
fn login(endpoint: &mut Endpoint, words: &Words, value: &dyn Fn(&str) -> Option<Text>) {
    let first = |names: &[&str]| {
        let texts: Vec<Text> = names.iter().filter_map(|name| value(&words.with_last(name))).collect();
        let first = texts.first().cloned()?;
        texts.iter().all(|text| text.assumed() == first.assumed()).then_some(first)
    };
    if endpoint.user.is_some() {
        return;
    }
    endpoint.user = first(&["USER", "USERNAME", "LOGIN"]);
    if endpoint.password.is_none() {
        endpoint.password = first(&["PASSWORD", "PASS", "PASSWD", "PWD"]);
    }
    if endpoint.database.is_none() {
        // A whole address is the name of none.
        let name = first(&["DATABASE", "DB", "NAME", "DBNAME"]);
        endpoint.database = name.filter(|text| !text.assumed().contains("://"));
    }
}

/// Whether the value is `label:host:port`, and no IPv6 address.
fn is_labelled(text: &str) -> bool {
    let mut parts = text.split(',').next().unwrap_or("").split(':');
    let label = parts.next().unwrap_or("");
    let host = parts.next().unwrap_or("");
    let port = parts.next().and_then(|port| port.parse::<u16>().ok());
    let word = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
    port.is_some() && word(label) && word(host) && text.parse::<std::net::Ipv6Addr>().is_err()
}

/// The first text of a list in JSON's form.
fn first_of_list(text: &Text) -> Option<Text> {
    let whole = text.assumed();
    let from = whole.strip_prefix('[')?.find('"')? + 2;
    let length = whole.get(from..)?.find('"')?;
    Some(text.slice(from, from + length))
}
