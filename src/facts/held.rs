//! Settings that a variable holds as a whole: a text of many lines in YAML or JSON, with addresses among its values.

use super::by_name;
use super::endpoint::{Endpoint, HostKind};
use super::names::Words;
use crate::programs::{Program, Role};
use crate::source::Text;

/// Addresses of one text that are looked at.
const MAX_ADDRESSES: usize = 60;

/// Keys of addresses without a scheme, and what such a variable would be called.
const KEYS: [(&str, &str); 8] = [
    ("brokers", "KAFKA_BROKERS"),
    ("bootstrap.servers", "KAFKA_BOOTSTRAP_SERVERS"),
    ("bootstrap_servers", "KAFKA_BOOTSTRAP_SERVERS"),
    ("bootstrapServers", "KAFKA_BOOTSTRAP_SERVERS"),
    ("bootstrap", "KAFKA_BOOTSTRAP_SERVERS"),
    ("seedBrokers", "KAFKA_BROKERS"),
    ("seed_brokers", "KAFKA_BROKERS"),
    ("kafka_brokers", "KAFKA_BROKERS"),
];

/// The addresses that the settings dial, with what is spoken there. Where they name the container itself, that may be where
/// they listen, or what they tell others.
pub(super) fn addresses(
    text: &Text,
    value: &dyn Fn(&str) -> Option<Text>,
) -> Vec<(Endpoint, Vec<&'static str>)> {
    let whole = text.assumed();
    if !is_settings(&whole) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut at, mut list) = (0, String::new());
    for line in whole.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let code = line.split(" #").next().unwrap_or(line).trim_end();
        if code.trim_start().starts_with(['#', '/']) {
            continue;
        }
        let entry = code.trim_start().trim_start_matches("- ");
        let (key, from) = match key_of(entry) {
            Some((key, length)) => {
                list = key.to_string();
                (key.to_string(), code.len() - entry.len() + length)
            }
            None => (list.clone(), 0),
        };
        let words = Words::of(&key);
        if words.is_bound() || key.to_ascii_lowercase().contains("extern") || is_for_others(&key) {
            continue;
        }
        let values = code.get(from..).unwrap_or("");
        let mut place = 0;
        for token in values.split([',', '"', '\'', '[', ']', ' ', '{', '}']) {
            let begin = start + from + place;
            place += token.len() + 1;
            let name = KEYS.iter().find(|(known, _)| *known == key).map(|(_, name)| *name);
            let name = match (token.contains("://"), name) {
                (true, _) if is_address(&key) => "SETTINGS_URL",
                (false, Some(name)) if token.contains(':') => name,
                _ => continue,
            };
            let token = text.slice(begin, begin + token.len());
            let address = by_name::address(name, &token, value);
            found.extend(address.filter(|(endpoint, _)| {
                endpoint.address().is_some_and(|address| address.kind() != HostKind::Loopback)
            }));
            if found.len() > MAX_ADDRESSES {
                return found;
            }
        }
    }
    found
}

/// Whether a text is settings: lines of keys, and none of a script.
fn is_settings(text: &str) -> bool {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keyed = lines().filter(|line| key_of(line.trim_start_matches("- ")).is_some()).count();
    let script = ["#!/", "function ", "define(", "import ", "<?php", "echo ", "=> ", "curl "];
    let nested = lines().any(|line| line.ends_with([':', '{', '[']));
    nested && keyed > 1 && keyed * 2 >= lines().count() && !script.iter().any(|word| text.contains(word))
}

/// The key at the start of a line, and where its value begins.
fn key_of(line: &str) -> Option<(&str, usize)> {
    let (key, rest) = match line.strip_prefix('"') {
        Some(inner) => {
            let (key, rest) = inner.split_once('"')?;
            (key, rest.trim_start())
        }
        None => {
            let end = line.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'))?;
            line.split_at_checked(end)?
        }
    };
    let rest = rest.strip_prefix(':')?;
    let spaced = rest.is_empty() || rest.starts_with([' ', '"', '[', '{', '\n']);
    (spaced && !key.is_empty()).then(|| (key, line.len() - rest.len()))
}

/// Whether a key is of an address.
fn is_address(key: &str) -> bool {
    const WORDS: [&str; 10] =
        ["url", "uri", "endpoint", "addr", "host", "server", "broker", "target", "upstream", "bootstrap"];
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|word| key.contains(word))
}

/// Whether a key is of an address that is told to others, or that others come from.
fn is_for_others(key: &str) -> bool {
    const WORDS: [&str; 12] = [
        "public",
        "redirect",
        "callback",
        "origin",
        "issuer",
        "listen",
        "bind",
        "advertise",
        "root_url",
        "domain",
        "proxy",
        "schema",
    ];
    let key = key.to_ascii_lowercase();
    WORDS.iter().any(|word| key.contains(word)) && !key.contains("registry")
}

/// Whether all that is started is compiled, and the variable is not named anywhere in its sources.
pub(super) fn is_unnamed(program: &Program, name: &str) -> bool {
    let mut own = program.modules.iter().filter(|module| module.role == Role::Source).peekable();
    let scope = &program.scope;
    program.entry_known
        && own.peek().is_some()
        && own.all(|module| super::dials::is_compiled(module))
        && scope.mentioning(name).is_empty()
        && scope.mentioning(&name.to_ascii_lowercase()).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    #[test]
    fn addresses_among_settings() {
        let text = "kafka:\n  brokers: [\"kafka:9092\"]\n  schemaRegistry:\n    urls: [\"http://registry:8081\"]\n\
                    server:\n  publicUrl: http://shop.example\nconnect:\n  clusters:\n    - name: a\n      url: http://connect:8083\n";
        let found = addresses(&Text::known(text, Origin::default()), &|_| None);
        let hosts: Vec<String> =
            found.iter().filter_map(|(endpoint, _)| Some(endpoint.address()?.host.assumed())).collect();
        assert_eq!(hosts, ["kafka", "registry", "connect"]);
        for text in ["echo a: b\ncurl http://api:80\n", "http://a:80\nhttp://b:80\n", "url: http://a:80"] {
            assert!(addresses(&Text::known(text, Origin::default()), &|_| None).is_empty(), "{text}");
        }
    }
}
