//! Which calls make clients: `rules/data/python.yaml`, typed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::programs::SinkKind;

const TABLE: &str = include_str!("../../../rules/data/python.yaml");

/// Calls of one shape.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Client {
    pub kind: SinkKind,
    names: Vec<String>,
    /// The argument that is the address.
    pub url: Option<Vec<Slot>>,
    /// The port, where it is an argument of its own beside `url`.
    pub port: Option<Vec<Slot>>,
    /// The argument that brings its own address.
    pub pool: Option<String>,
    /// The scheme of an address that is given piecemeal.
    pub scheme: Option<String>,
    /// The arguments that give it.
    #[serde(default)]
    pub parts: BTreeMap<Part, Vec<Slot>>,
    /// Variables that the library reads itself.
    #[serde(default)]
    pub env: BTreeMap<Part, String>,
    /// What is dialled when nothing is said.
    #[serde(default)]
    pub default: BTreeMap<Part, String>,
    /// The key of the one dictionary that the call takes.
    pub config: Option<String>,
}

/// A part of an address.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    User,
    Password,
    Host,
    Port,
    Database,
    /// The whole.
    Address,
}

/// The name of an argument, or its position.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Slot {
    Position(usize),
    Name(String),
}

#[derive(Deserialize)]
struct Table {
    clients: Vec<Client>,
}

fn table() -> &'static [Client] {
    static CLIENTS: OnceLock<Vec<Client>> = OnceLock::new();
    // The table is part of the binary; a test reads it, so that a bad one is never shipped.
    CLIENTS
        .get_or_init(|| serde_yaml::from_str::<Table>(TABLE).map(|table| table.clients).unwrap_or_default())
}

/// The client that a call of this name makes.
pub(super) fn client(name: &str) -> Option<&'static Client> {
    table().iter().find(|client| client.names.iter().any(|pattern| matches(pattern, name)))
}

/// Whether a qualified name is meant: `a.*.b` stands for `a.b`, `a.x.b`, `a.x.y.b` …
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once(".*.") {
        None => pattern == name,
        Some((package, rest)) => {
            let Some(tail) = name.strip_prefix(package).and_then(|tail| tail.strip_prefix('.')) else {
                return false;
            };
            let middle = tail.strip_suffix(rest);
            middle.is_some_and(|middle| middle.is_empty() || middle.ends_with('.') && is_modules(middle))
        }
    }
}

/// Whether the names between are modules: `redis.cluster.`, not `redis.Redis.` or `redis.Redis().`.
fn is_modules(middle: &str) -> bool {
    middle.split('.').all(|name| !name.starts_with(|c: char| c.is_uppercase()) && !name.contains('('))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Table = serde_yaml::from_str(TABLE).expect("rules/data/python.yaml");
        assert!(table.clients.len() > 20);
        for client in &table.clients {
            assert!(
                client.url.is_some() || !client.parts.is_empty() || client.config.is_some(),
                "{:?} takes no address",
                client.names
            );
        }
    }

    #[test]
    fn names_are_matched_through_modules_only() {
        assert_eq!(client("redis.asyncio.from_url").map(|c| c.kind), Some(SinkKind::Redis));
        assert_eq!(client("redis.Redis").map(|c| c.kind), Some(SinkKind::Redis));
        assert_eq!(
            client("sqlalchemy.ext.asyncio.create_async_engine").map(|c| c.kind),
            Some(SinkKind::SqlAlchemyAsync)
        );
        assert!(client("redis.Redis().from_url").is_none());
        assert!(client("redisearch.Redis").is_none());
        assert!(client("sqlalchemy.create_engine_x").is_none());
    }
}
