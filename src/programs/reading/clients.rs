//! Which calls make clients: `rules/data/clients/`, a table for each language, typed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::made;
use crate::programs::{Expr, SinkKind};
use crate::source::Span;

/// The table of a language, read when it is first asked for.
struct Table {
    language: &'static str,
    text: &'static str,
    clients: OnceLock<Clients>,
}

macro_rules! tables {
    ($($language:literal),+ $(,)?) => {
        [$(Table {
            language: $language,
            text: include_str!(concat!("../../../rules/data/clients/", $language, ".yaml")),
            clients: OnceLock::new(),
        }),+]
    };
}

static TABLES: [Table; 12] = tables![
    "csharp",
    "elixir",
    "go",
    "java",
    "javascript",
    "kotlin",
    "php",
    "python",
    "ruby",
    "rust",
    "shell",
    "spring"
];

/// The calls of a language that make clients.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    clients: Vec<Client>,
    /// The clients that libraries make by themselves: the client is that which a call of the name makes.
    #[serde(default)]
    unsaid: Vec<Unsaid>,
    /// The calls that limit the connections of a client which another call makes, with that number.
    #[serde(default)]
    caps: Vec<String>,
}

impl Clients {
    /// The table of a language; an empty one where there is none.
    #[must_use]
    pub fn of(language: &str) -> &'static Clients {
        static NONE: Clients = Clients { clients: Vec::new(), unsaid: Vec::new(), caps: Vec::new() };
        let table = TABLES.iter().find(|table| table.language == language);
        // The tables are part of the binary; a test reads them, so that a bad one is never shipped.
        table.map_or(&NONE, |table| {
            table.clients.get_or_init(|| serde_yaml::from_str(table.text).unwrap_or_default())
        })
    }

    /// The clients that libraries make by themselves.
    pub fn unsaid(&self) -> impl Iterator<Item = (&Client, &Unsaid)> {
        self.unsaid.iter().filter_map(|unsaid| Some((self.find(&unsaid.client)?, unsaid)))
    }

    /// All of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter()
    }

    /// The client that a call of this name makes.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.names.iter().any(|pattern| matches(pattern, name)))
    }

    /// Whether a call of this name limits the connections of a client.
    #[must_use]
    pub fn caps(&self, name: &str) -> bool {
        self.caps.iter().any(|pattern| matches(pattern, name))
    }
}

/// A server that a method starts, and the call that makes what has the method: `flask.Flask()`, `run`.
struct Maker {
    server: &'static Client,
    call: &'static str,
    method: &'static str,
}

fn all_makers() -> &'static [Maker] {
    static READ: OnceLock<Vec<Maker>> = OnceLock::new();
    READ.get_or_init(|| {
        let servers = Clients::of("python").iter().filter(|client| client.kind == SinkKind::Listen);
        let named = servers.flat_map(|server| server.names.iter().map(move |name| (server, name)));
        let made = named.filter_map(|(server, name)| {
            let (call, method) = name.rsplit_once('.')?;
            let once = call.ends_with("()") && call.matches("()").count() == 1;
            (once && !call.contains('*')).then_some(Maker { server, call, method })
        });
        made.collect()
    })
}

/// The servers that a method of this name starts, each with the call that makes what has the method.
pub fn makers(method: &str) -> impl Iterator<Item = (&'static Client, &'static str)> {
    all_makers().iter().filter(move |maker| maker.method == method).map(|maker| (maker.server, maker.call))
}

/// Whether a call of a library makes what a server is started with: which one it is counts where it is started.
#[must_use]
pub fn is_server(call: &str) -> bool {
    all_makers().iter().any(|maker| maker.call == call)
}

impl Habit {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        let argument = self.of.iter().find_map(|slot| match slot {
            Slot::Name(name) => Some(name.as_str()),
            Slot::Position(_) => None,
        });
        argument.or(self.parameter.as_deref()).unwrap_or_default()
    }
}

/// A client that a library makes by itself, where a program need not say anything of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsaid {
    /// What to call it.
    pub name: String,
    /// The call that makes the same client.
    pub client: String,
    /// The commands that start it.
    #[serde(default)]
    pub commands: Vec<String>,
    /// The texts of sources that use it.
    #[serde(default)]
    pub used: Vec<String>,
    /// The texts by which a program tells it what to dial.
    pub told: Vec<String>,
    /// The variables that tell it so.
    #[serde(default)]
    pub unless: Vec<String>,
}

/// Calls of one shape.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Which client.
    pub kind: SinkKind,
    /// The names of the calls, or those of the groups of settings.
    pub names: Vec<String>,
    /// The argument that is the address.
    pub url: Option<Vec<Slot>>,
    /// The port, where it is an argument of its own beside `url`.
    pub port: Option<Vec<Slot>>,
    /// Whether the address may be a pair of host and port.
    #[serde(default)]
    pub pair: bool,
    /// The argument that brings its own address.
    pub pool: Option<String>,
    /// The arguments with which nothing is dialled.
    #[serde(default)]
    pub without: Vec<String>,
    /// The scheme of an address that is given piecemeal.
    pub scheme: Option<String>,
    /// The arguments that give it.
    #[serde(default)]
    pub parts: BTreeMap<Part, Vec<Slot>>,
    /// Variables that the library reads itself; of several with `|` between them the first that is set.
    #[serde(default)]
    pub env: BTreeMap<Part, String>,
    /// Whether it reads them only where the call leaves the address out, and not where it is given nothing.
    #[serde(default)]
    pub env_if_left_out: bool,
    /// What is dialled when nothing is said.
    #[serde(default)]
    pub default: BTreeMap<Part, String>,
    /// The key of the one dictionary that the call takes; of calls that take an address in its place, by name.
    pub config: Option<String>,
    /// The libraries that make the client by themselves, of settings that need not be there.
    #[serde(default)]
    pub libraries: Vec<String>,
    /// The word that names of the program's own for its server have in them.
    pub word: Option<String>,
    /// How many connections it opens at most: the terms of a sum.
    #[serde(default)]
    pub connections: Vec<Connections>,
    /// What limits how long connecting takes, when the library does not do so by itself.
    pub connect_limit: Option<Habit>,
    /// What makes it test a connection before it is used again, when the library does not do so by itself.
    pub liveness: Option<Habit>,
}

/// A term of the sum that is the size of a client's pool.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connections {
    /// The argument that says it.
    #[serde(default)]
    pub of: Vec<Slot>,
    /// The parameters of the address that say it.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// What holds when nothing is said; absent where that is no limit or depends on the machine.
    pub default: Option<u32>,
}

/// Something that a program should say when it makes a client.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Habit {
    /// The argument that says it.
    #[serde(default)]
    pub of: Vec<Slot>,
    /// The parameter of the address that says it.
    pub parameter: Option<String>,
    /// The event that the program listens to.
    pub event: Option<String>,
    /// What to write.
    pub write: String,
}

impl Client {
    /// The variable that the library reads itself for a part, before its default.
    #[must_use]
    pub fn library_read(&self, part: Part, default: Expr, callee: Span) -> Expr {
        let Some(variables) = self.env.get(&part) else { return default };
        let read = |default, variable| made::library_read(variable, default, callee);
        variables.split('|').rev().fold(default, read)
    }
}

/// A part of an address.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The name of the driver, which says the scheme.
    Scheme,
    /// User.
    User,
    /// Password.
    Password,
    /// Host.
    Host,
    /// Port.
    Port,
    /// Database or path.
    Database,
    /// The whole.
    Address,
}

/// The name of an argument, or its position.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Slot {
    /// Counted from 0.
    Position(usize),
    /// A named argument, or a key of the one object that is passed.
    Name(String),
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
    fn the_tables_are_read() {
        for table in &TABLES {
            let read: Result<Clients, _> = serde_yaml::from_str(table.text);
            let clients = read.unwrap_or_else(|error| panic!("{}: {error}", table.language)).clients;
            assert!(!clients.is_empty(), "{}", table.language);
            let all = Clients::of(table.language);
            assert_eq!(
                all.unsaid().count(),
                all.unsaid.len(),
                "{}: a client that no call makes",
                table.language
            );
            for client in &clients {
                assert!(
                    client.url.is_some()
                        || !client.parts.is_empty()
                        || client.config.is_some()
                        || client.default.contains_key(&Part::Address),
                    "{}: {:?} takes no address",
                    table.language,
                    client.names
                );
            }
        }
    }

    #[test]
    fn names_are_matched_through_modules_only() {
        let python = Clients::of("python");
        assert_eq!(python.find("redis.asyncio.from_url").map(|c| c.kind), Some(SinkKind::Redis));
        assert_eq!(python.find("redis.Redis").map(|c| c.kind), Some(SinkKind::Redis));
        assert_eq!(
            python.find("sqlalchemy.ext.asyncio.create_async_engine").map(|c| c.kind),
            Some(SinkKind::SqlAlchemyAsync)
        );
        assert!(python.find("redis.Redis().from_url").is_none());
        assert!(python.find("redisearch.Redis").is_none());
        assert!(python.find("sqlalchemy.create_engine_x").is_none());
    }
}
