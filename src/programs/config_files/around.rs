//! What stands around a setting, in the same section or below it.

use super::entries::Entry;
use super::words;
use crate::programs::{Expr, SinkKind, hosts};
use crate::source::Spanned;

/// Keys that say what the section around them is of: `type: postgres`, `"connector.class": "…MySqlConnector"`.
const TYPES: [&str; 14] = [
    "type",
    "driver",
    "dialect",
    "client",
    "adapter",
    "provider",
    "engine",
    "platform",
    "vendor",
    "dbms",
    "db_type",
    "database_type",
    "kind",
    "class",
];

/// Servers, by what their types are called.
const SERVERS: [(&str, SinkKind); 17] = [
    ("postgres", SinkKind::Postgres),
    ("timescale", SinkKind::Postgres),
    ("mysql", SinkKind::MySql),
    ("mariadb", SinkKind::MySql),
    ("mssql", SinkKind::Mssql),
    ("sqlserver", SinkKind::Mssql),
    ("mongo", SinkKind::Mongo),
    ("redis", SinkKind::Redis),
    ("mqtt", SinkKind::Mqtt),
    ("rabbitmq", SinkKind::Amqp),
    ("amqp", SinkKind::Amqp),
    ("kafka", SinkKind::Kafka),
    ("elasticsearch", SinkKind::Elasticsearch),
    ("influxdb", SinkKind::Http),
    ("clickhouse", SinkKind::ClickHouse),
    ("cassandra", SinkKind::Cassandra),
    ("neo4j", SinkKind::Neo4j),
];

/// Sections below an address that hold what belongs to it.
const BELOW: [&str; 9] = [
    "securejsondata",
    "jsondata",
    "auth",
    "authentication",
    "credentials",
    "login",
    "basic_auth",
    "basicauth",
    "options",
];

/// What an address may be given beside it, under the names that clients give it.
const GIVEN: [(&str, &[&str]); 7] = [
    ("user", &["user", "username", "user_name", "login", "basic_auth_user"]),
    ("password", &["password", "pass", "passwd", "basic_auth_password"]),
    ("database", &["database", "dbname", "db", "db_name", "database_name"]),
    ("sslmode", &["sslmode", "ssl_mode"]),
    ("token", &["token", "http_header_value1"]),
    ("organization", &["organization", "org"]),
    ("bucket", &["bucket", "default_bucket"]),
];

/// A setting among all those near it.
#[derive(Clone, Copy)]
pub(super) struct Around<'e> {
    pub(super) entry: &'e Entry,
    pub(super) all: &'e [Entry],
}

impl<'e> Around<'e> {
    /// The setting of one of these names in the same section; of a family (`db_host`) without its name.
    pub(super) fn beside(self, names: &[&str]) -> Option<&'e Entry> {
        let (own, around) = self.entry.path.split_last()?;
        self.all.iter().find(|other| {
            let Some((key, path)) = other.path.split_last() else { return false };
            path == around
                && other.items == self.entry.items
                && names.contains(&words::beside(key, own).as_str())
        })
    }

    /// The setting of one of these names in a section that belongs to this one.
    fn below(self, names: &[&str]) -> Option<&'e Entry> {
        let around = self.entry.path.get(..self.entry.path.len().saturating_sub(1))?;
        self.all.iter().find(|other| {
            let below = other.path.strip_prefix(around).filter(|_| other.items == self.entry.items);
            matches!(below, Some([section, key])
                if BELOW.contains(&section.to_ascii_lowercase().as_str())
                    && names.contains(&words::beside(key, "").as_str()))
        })
    }

    /// A setting beside this one, as a value.
    pub(super) fn value(self, names: &[&str]) -> Option<Expr> {
        self.beside(names).map(value)
    }

    /// What the section says that it is of.
    pub(super) fn said(self) -> Option<String> {
        self.beside(&TYPES).map(|entry| entry.value.value.to_ascii_lowercase())
    }

    /// The server that the section says it is of.
    pub(super) fn kind(self) -> Option<SinkKind> {
        let said = self.said()?;
        SERVERS.iter().find(|(name, _)| said.contains(name)).map(|(_, kind)| *kind)
    }

    /// Whether a port beside a host is that host's, and no port of the program's own: the host is another one, or there is a login for it.
    pub(super) fn is_of_another(self) -> bool {
        let Some(host) = self.beside(&["host", "hostname", "server"]) else { return false };
        let host = hosts::of_address(host.value.value.trim());
        let login = || self.beside(&["user", "username", "login"]).is_some();
        !(host.is_empty() || host == "*" || hosts::reaches_itself(host)) || login()
    }

    /// What the address is given beside it: a login, and what else its server asks for.
    pub(super) fn given(self) -> Vec<(Spanned<String>, Expr)> {
        let named = GIVEN.iter().filter_map(|(name, keys)| {
            let entry = self.beside(keys).or_else(|| self.below(keys))?;
            let said = entry.value.value.trim();
            let plain = !said.is_empty() && !said.contains(['{', '%', '<']) || said.starts_with("${");
            plain.then(|| (Spanned::new((*name).to_string(), entry.value.span), value(entry)))
        });
        named.collect()
    }
}

/// The value of a setting, with the variables that are put into it.
fn value(entry: &Entry) -> Expr {
    // Grafana hands tokens over in a header.
    let text = match entry.value.value.strip_prefix("Token ") {
        Some(token) => Spanned::new(token.to_string(), entry.value.span.slice(6, 6 + token.len())),
        None => entry.value.clone(),
    };
    match text.value.starts_with('$') && !text.value.starts_with("${") {
        // `$NAME`
        true => Expr::Opaque(text.span),
        false => super::settings::expanded(Expr::Text(text)),
    }
}
