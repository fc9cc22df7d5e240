//! Database drivers and what clients take: `rules/data/drivers.yaml`, typed.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::protocol;
use crate::programs::{Expr, FrontEnd, Module, Sink, SinkKind, front_end};

const TABLE: &str = include_str!("../../rules/data/drivers.yaml");

/// How a driver is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// From synchronous code.
    Sync,
    /// From asynchronous code.
    Async,
    /// From either.
    Both,
}

/// A driver that SQLAlchemy speaks through.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// The word after `+` in the URL.
    pub scheme: String,
    /// The words before it.
    pub dialects: Vec<String>,
    /// What it is installed with.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Dialects that mean it when the URL names no driver.
    #[serde(default)]
    pub default_for: Vec<String>,
    /// How it is called.
    pub mode: Mode,
    /// Every name its `connect` takes.
    pub arguments: Vec<String>,
    /// What it calls the arguments of others.
    #[serde(default)]
    pub instead: BTreeMap<String, String>,
    /// The argument that limits connecting, when nothing else does.
    #[serde(default)]
    pub connect_limit: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    kind: SinkKind,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    callees: Vec<String>,
    #[serde(default)]
    driver: Option<String>,
    #[serde(default)]
    ported: bool,
    #[serde(default)]
    prefix: Option<String>,
    #[serde(default)]
    form: Option<String>,
    #[serde(default)]
    schemes: Vec<String>,
    #[serde(default)]
    mode: Option<Mode>,
    #[serde(default)]
    drivers: BTreeMap<String, String>,
    #[serde(default)]
    refuses: BTreeMap<String, Option<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    drivers: Vec<Driver>,
    clients: Vec<Client>,
}

fn table() -> &'static Table {
    static DRIVERS: OnceLock<Table> = OnceLock::new();
    DRIVERS.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// The driver that SQLAlchemy takes for a URL of this scheme (`postgresql+asyncpg`, `mysql`).
#[must_use]
pub fn of_scheme(scheme: &str) -> Option<&'static Driver> {
    let scheme = scheme.to_ascii_lowercase();
    let mut drivers = table().drivers.iter();
    match scheme.split_once('+') {
        Some((dialect, driver)) => {
            drivers.find(|row| row.scheme == driver && row.dialects.iter().any(|name| name == dialect))
        }
        None => drivers.find(|row| row.default_for.contains(&scheme)),
    }
}

/// The driver of a scheme, where it is not among the packages that a program is installed with, and another one of the
/// same dialect that is; extras of other packages (`sqlalchemy[postgresql]`) may bring the first.
#[must_use]
pub fn not_installed(
    scheme: &str,
    installed: &HashSet<String>,
) -> Option<(&'static Driver, &'static Driver)> {
    let wanted = of_scheme(scheme)?;
    let there = |driver: &Driver| driver.packages.iter().any(|name| installed.contains(name));
    let dialect = wanted.dialects.first()?;
    let known = |name: &&String| table().drivers.iter().all(|driver| !driver.packages.contains(name));
    let words: &[&str] =
        if dialect == "postgresql" { &["postgres", "psycopg", "pgvector"] } else { &[dialect] };
    let of_extras = installed.iter().filter(known).any(|name| words.iter().any(|word| name.contains(word)));
    let other = table().drivers.iter().find(|other| other.dialects.contains(dialect) && there(other))?;
    (!wanted.packages.is_empty() && !there(wanted) && !of_extras).then_some((wanted, other))
}

/// The driver whose own `connect` a client's call is; `None` for pools and wrappers, which take names of
/// their own.
#[must_use]
pub fn of_connect(kind: SinkKind, callee: &str) -> Option<&'static Driver> {
    let function = callee.rsplit('.').next()?;
    let scheme = match (kind, function) {
        (SinkKind::Asyncpg, "connect" | "create_pool") => "asyncpg",
        (SinkKind::Psycopg2, "connect") if !callee.contains("aiopg") => "psycopg2",
        (SinkKind::Psycopg, "connect") => "psycopg",
        _ => return None,
    };
    table().drivers.iter().find(|driver| driver.scheme == scheme)
}

/// Whether some driver other than `driver` takes an argument of this name.
#[must_use]
pub fn elsewhere(driver: &Driver, argument: &str) -> Option<&'static Driver> {
    let takes =
        |row: &&Driver| row.scheme != driver.scheme && row.arguments.iter().any(|name| name == argument);
    let same = |row: &&Driver| row.dialects.iter().any(|dialect| driver.dialects.contains(dialect));
    let rows = || table().drivers.iter().filter(takes);
    rows().find(same).or_else(|| rows().next())
}

/// Why a client refuses a URL of this scheme, and the scheme to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, as a clause: "it takes only `redis`, `rediss`".
    pub why: String,
    /// The scheme to write in its place, if there is one.
    pub instead: Option<String>,
}

/// A client, as its call and its file tell.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Which.
    pub kind: SinkKind,
    /// The front end of its file.
    pub language: &'a str,
    /// The call, or the setting, as written.
    pub callee: &'a str,
    /// The driver it names.
    pub driver: Option<&'a str>,
}

impl<'a> Caller<'a> {
    /// The client of a sink.
    #[must_use]
    pub fn of(module: &Module, sink: &'a Sink) -> Self {
        let driver =
            sink.arguments.iter().find(|(name, _)| matches!(name.value.as_str(), "driver" | "provider"));
        let driver = driver.and_then(|(_, value)| match value {
            Expr::Text(text) => Some(text.value.as_str()),
            _ => None,
        });
        let language = front_end(&module.path).map_or("", FrontEnd::name);
        Self { kind: sink.kind, language, callee: &sink.callee.value, driver }
    }

    fn is(self, client: &Client) -> bool {
        let plain = self.callee.to_ascii_lowercase();
        client.kind == self.kind
            && (client.languages.is_empty() || client.languages.iter().any(|name| name == self.language))
            && (client.callees.is_empty()
                || client.callees.iter().any(|word| plain.contains(&word.to_ascii_lowercase())))
            && client.driver.as_ref().is_none_or(|driver| self.driver == Some(driver.as_str()))
    }
}

fn listed(schemes: &[String]) -> String {
    let schemes: Vec<String> = schemes.iter().map(|scheme| format!("`{scheme}`")).collect();
    schemes.join(", ")
}

/// Whether the client takes no address without a port.
#[must_use]
pub fn needs_port(caller: Caller<'_>) -> bool {
    table().clients.iter().any(|client| client.ported && caller.is(client))
}

/// Whether the client refuses a URL of this scheme, which has `prefix` before it; `None` when it takes it, or checks
/// nothing.
#[must_use]
pub fn refusal(caller: Caller<'_>, scheme: &str, prefix: &str) -> Option<Refusal> {
    let client = table().clients.iter().find(|client| caller.is(client))?;
    if let Some(form) = &client.form {
        let why = match form.as_str() {
            "host:port" => "it takes no URL, but `host:port` alone".to_string(),
            form => format!("it takes no URL, but its own form, `{form}` after user and password"),
        };
        return Some(Refusal { why, instead: None });
    }
    if let Some(wanted) = &client.prefix {
        let lacks = prefix != wanted && !scheme.starts_with(wanted.as_str());
        if lacks {
            let why = format!("its URL must start with `{wanted}`");
            return Some(Refusal { why, instead: Some(format!("{wanted}{scheme}")) });
        }
    }
    let scheme = scheme.to_ascii_lowercase();
    let (dialect, named) = scheme.split_once('+').map_or((scheme.as_str(), None), |(a, b)| (a, Some(b)));
    if !client.schemes.is_empty() {
        if client.schemes.contains(&scheme) {
            return None;
        }
        let of_class = client.driver.as_ref().filter(|_| client.prefix.is_some());
        if let Some(class) = of_class {
            let why = format!("its driver `{class}` takes only {}", listed(&client.schemes));
            return Some(Refusal { why, instead: None });
        }
        let meant = protocol::of_scheme(dialect);
        let same = |known: &&String| meant.is_some() && protocol::of_scheme(known) == meant;
        let instead = client.schemes.iter().find(|known| *known == dialect);
        let instead = instead.or_else(|| client.schemes.iter().find(same)).cloned();
        return Some(Refusal { why: format!("it takes only {}", listed(&client.schemes)), instead });
    }
    if client.kind == SinkKind::CeleryBackend {
        let instead = client.refuses.get(dialect)?.clone()?;
        let driver = named.map(|driver| format!("+{driver}")).unwrap_or_default();
        return Some(Refusal {
            why: format!("Celery has no result backend `{dialect}`"),
            instead: Some(format!("{instead}{driver}")),
        });
    }
    if let Some(instead) = client.refuses.get(&scheme) {
        return Some(Refusal {
            why: format!("SQLAlchemy has no dialect `{scheme}`"),
            instead: instead.clone(),
        });
    }
    let wanted = client.mode?;
    let driver = of_scheme(&scheme)?;
    if driver.mode == wanted || driver.mode == Mode::Both {
        return None;
    }
    let instead = client.drivers.get(dialect).map(|driver| format!("{dialect}+{driver}"));
    let how = |mode| if mode == Mode::Async { "asynchronous" } else { "synchronous" };
    let means = match named {
        Some(_) => format!("`{}` is {}", driver.scheme, how(driver.mode)),
        None => format!("without a driver it means `{}`, which is {}", driver.scheme, how(driver.mode)),
    };
    Some(Refusal {
        why: format!("{means}, and an {} one is needed", how(wanted)).replace("an s", "a s"),
        instead,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let table: Table = serde_yaml::from_str(TABLE).unwrap();
        for driver in &table.drivers {
            for (other, own) in &driver.instead {
                assert!(!driver.arguments.contains(other), "{}: takes {other} itself", driver.scheme);
                let name = own.split(' ').next().unwrap();
                assert!(
                    driver.arguments.iter().any(|argument| argument == name),
                    "{}: {name}",
                    driver.scheme
                );
            }
        }
        for client in &table.clients {
            for (dialect, driver) in &client.drivers {
                assert!(of_scheme(&format!("{dialect}+{driver}")).is_some(), "{dialect}+{driver}");
            }
        }
    }

    #[test]
    fn clients_refuse_what_they_cannot_take() {
        let by = |kind, language, callee, driver, scheme: &str| {
            refusal(Caller { kind, language, callee, driver }, scheme, "").map(|refusal| refusal.instead)
        };
        let why = |kind, scheme| by(kind, "python", "connect", None, scheme);
        let prisma = |provider, scheme| by(SinkKind::Sql, "prisma", "url", Some(provider), scheme);
        assert_eq!(prisma("postgresql", "mysql"), Some(None));
        assert_eq!(prisma("mysql", "mysql"), None);
        assert_eq!(by(SinkKind::MySql, "go", "sql.Open", Some("mysql"), "mysql"), Some(None));
        assert_eq!(by(SinkKind::MySql, "javascript", "createPool", None, "mysql"), None);
        assert_eq!(by(SinkKind::Redis, "php", "Predis\\Client", None, "tcp"), None);
        assert_eq!(why(SinkKind::Redis, "tcp"), Some(None));
        let spring = |scheme| by(SinkKind::Sql, "spring", "spring.datasource.url", None, scheme);
        assert_eq!(spring("postgresql"), Some(Some("jdbc:postgresql".into())));
        assert_eq!(why(SinkKind::SqlAlchemyAsync, "postgresql"), Some(Some("postgresql+asyncpg".into())));
        assert_eq!(why(SinkKind::SqlAlchemyAsync, "postgresql+asyncpg"), None);
        assert_eq!(why(SinkKind::SqlAlchemyAsync, "postgresql+psycopg"), None);
        assert_eq!(why(SinkKind::SqlAlchemy, "postgresql+asyncpg"), Some(Some("postgresql+psycopg2".into())));
        assert_eq!(why(SinkKind::SqlAlchemy, "postgres"), Some(Some("postgresql".into())));
        assert_eq!(why(SinkKind::Asyncpg, "postgresql+asyncpg"), Some(Some("postgresql".into())));
        assert_eq!(why(SinkKind::Asyncpg, "mysql"), Some(None));
        assert_eq!(why(SinkKind::Redis, "rediss"), None);
        assert_eq!(why(SinkKind::CeleryBroker, "sqs"), None);
        assert_eq!(why(SinkKind::CeleryBackend, "db+postgresql"), None);
        assert_eq!(why(SinkKind::CeleryBackend, "postgresql+x"), Some(Some("db+postgresql+x".into())));
    }

    #[test]
    fn arguments_of_others() {
        let asyncpg = of_scheme("postgresql+asyncpg").unwrap();
        assert_eq!(elsewhere(asyncpg, "connect_timeout").unwrap().scheme, "psycopg2");
        assert_eq!(elsewhere(asyncpg, "check_same_thread").unwrap().scheme, "pysqlite");
        assert!(elsewhere(asyncpg, "made_up").is_none());
    }
}
