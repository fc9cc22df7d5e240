//! The reads and clients that settings amount to.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::keys;
use super::settings::Setting;
use super::{as_property, placeholders, variable};
use crate::programs::reading::clients::{Client, Clients, Part, Slot};
use crate::programs::reading::pool;
use crate::programs::{Blank, Expr, Method, Pool, Read, ReadExpr, Sink, SinkKind, UrlParts, walk};
use crate::source::{Span, Spanned};

/// A setting as it is in the end.
#[derive(Clone, Debug)]
pub(super) struct Property {
    /// The key as written.
    pub key: Spanned<String>,
    /// The value as written.
    pub written: Spanned<String>,
    /// The value, placeholders read, and what the environment makes of it.
    pub value: Expr,
}

/// Settings by their canonical names.
pub(super) type Properties = IndexMap<String, Property>;

/// The settings beside the address of a database that name the class of the driver.
const DRIVERS: [&str; 3] = ["driver-class-name", "driver", "jdbc.driver"];
/// Longer values hold no address.
const MAX_VALUE: usize = 16 << 10;
/// Expressions that one value is searched through.
const MAX_PARTS: usize = 2_000;

/// The setting as the process finds it: a variable of the environment may replace it.
pub(super) fn property(written: &Setting) -> Property {
    let value = match written.value.value.len() > MAX_VALUE {
        true => Expr::Opaque(written.value.span),
        false => placeholders::expression(&written.value),
    };
    let value = setting(written, value);
    Property { key: written.key.clone(), written: written.value.clone(), value }
}

/// The setting of a framework that looks for no variables of its own: Ktor's YAML names those that it takes.
pub(super) fn fixed(written: &Setting) -> Property {
    let value = placeholders::expression(&written.value).share();
    Property { key: written.key.clone(), written: written.value.clone(), value }
}

/// The value of a setting, unless a variable of the environment replaces it.
fn setting(setting: &Setting, value: Expr) -> Expr {
    let (variable, aliases) = keys::variables(&setting.key.value);
    let value = Expr::Setting(Box::new(ReadExpr {
        name: Expr::Text(Spanned::new(variable, setting.key.span)),
        ignore_case: !aliases.is_empty(),
        aliases,
        default: Some(value),
        blank: Blank::Kept,
        required: false,
        span: setting.key.span,
    }));
    value.share()
}

/// What the settings read and dial in this environment. `asked` says of which of them the program is seen to ask:
/// it stops where a variable in their values is not there.
pub(super) fn describe(
    properties: &Properties,
    environment: &HashMap<String, String>,
    asked: &dyn Fn(&str) -> bool,
) -> (Vec<Read>, Vec<Sink>, Vec<Pool>) {
    let mut made =
        Described { properties, environment, used: Vec::new(), sinks: Vec::new(), pools: Vec::new() };
    for client in Clients::of("spring").iter().filter(|client| client.libraries.is_empty()) {
        for pattern in &client.names {
            made.clients(client, pattern);
        }
    }
    let reads = made.reads(asked);
    (reads, made.sinks, made.pools)
}

struct Described<'a> {
    properties: &'a Properties,
    environment: &'a HashMap<String, String>,
    /// The properties that clients are made of.
    used: Vec<String>,
    sinks: Vec<Sink>,
    pools: Vec<Pool>,
}

impl Described<'_> {
    /// The clients of every group of settings that the pattern means.
    fn clients(&mut self, client: &'static Client, pattern: &str) {
        let slots = client.url.iter().chain(client.parts.values()).flatten();
        let slots: Vec<String> = slots.filter_map(name_of).map(keys::relaxed).collect();
        let pattern = keys::relaxed(pattern);
        let mut groups: Vec<(String, Spanned<String>)> = Vec::new();
        for (name, property) in self.properties {
            let name = name
                .split_once("[0]")
                .filter(|(_, rest)| rest.is_empty())
                .map_or(name.as_str(), |(name, _)| name);
            for slot in &slots {
                let group = name.strip_suffix(slot.as_str()).and_then(|group| group.strip_suffix('.'));
                let Some(group) = group.filter(|group| keys::matches(&pattern, group)) else { continue };
                if !groups.iter().any(|(known, _)| known == group) {
                    groups.push((group.to_string(), property.key.clone()));
                }
            }
        }
        for (group, first) in groups {
            if self.is_off(&group) {
                continue;
            }
            if let Some(sink) = self.client(client, &group, &first)
                && !self.sinks.iter().any(|known| (known.kind, known.span) == (sink.kind, sink.span))
            {
                let written_as = first.value.rsplit_once('.').map_or("", |(group, _)| group).to_string();
                self.pool(client, &group, &written_as, &sink);
                self.sinks.push(sink);
            }
        }
    }

    /// What the client keeps of connections: what the files say, or a variable in their place.
    fn pool(&mut self, client: &'static Client, group: &str, written_as: &str, sink: &Sink) {
        let at = sink.callee.span;
        let mut given = |slots: &[Slot]| {
            let said = self.slot(group, slots).map(|(_, value)| value);
            let slot = slots.iter().find_map(name_of)?;
            Some(said.unwrap_or_else(|| self.unless_set(written_as, slot, Expr::Null(at), at)))
        };
        let pool = pool::pool(client, &mut given, false, at, sink.span);
        self.pools.extend(pool);
    }

    /// Whether what the group is about is switched off.
    fn is_off(&self, group: &str) -> bool {
        let says = |name: &str, word: &str| {
            self.properties
                .get(name)
                .is_some_and(|property| property.written.value.eq_ignore_ascii_case(word))
        };
        if group.starts_with("eureka.client") {
            // The registry itself names its own address.
            let alone = says("eureka.client.registerwitheureka", "false")
                && says("eureka.client.fetchregistry", "false");
            return alone || says("eureka.client.enabled", "false");
        }
        says(&format!("{group}.enabled"), "false")
    }

    fn client(&mut self, client: &Client, group: &str, first: &Spanned<String>) -> Option<Sink> {
        let written_as = first.value.rsplit_once('.').map_or("", |(group, _)| group).to_string();
        let url = client.url.as_ref().and_then(|slots| self.slot(group, slots));
        let mut arguments = Vec::new();
        let mut part = |part: Part| client.parts.get(&part).and_then(|slots| self.slot(group, slots));
        let (user, password) = (part(Part::User), part(Part::Password));
        let (host, port, database) = (part(Part::Host), part(Part::Port), part(Part::Database));
        for (name, found) in [("username", &user), ("password", &password)] {
            arguments.extend(
                found.as_ref().map(|(key, value)| (Spanned::new(name.to_string(), key.span), value.clone())),
            );
        }
        if client.kind == SinkKind::Sql {
            let slots = DRIVERS.map(|name| Slot::Name(name.to_string()));
            let class = self.slot(group, &slots);
            arguments.extend(class.map(|(key, value)| (Spanned::new("driver".to_string(), key.span), value)));
        }
        if client.kind == SinkKind::Mongo {
            let slot = [Slot::Name("authentication-database".to_string())];
            let said = self.slot(group, &slot);
            arguments
                .extend(said.map(|(key, value)| (Spanned::new("authSource".to_string(), key.span), value)));
        }
        let (callee, target) = match url {
            Some((key, value)) => (key, joined(client.kind, value)),
            None => {
                let scheme = client.scheme.as_ref()?;
                let given = [&host, &port, &user, &password, &database].into_iter().flatten().next()?;
                let key = host.as_ref().map_or(&given.0, |(key, _)| key).clone();
                let value = |part: Option<(Spanned<String>, Expr)>| part.map(|(_, value)| value);
                let host = match value(host) {
                    Some(host) => host,
                    None if self.has_nodes(group) => return None,
                    None => self.missing(client, Part::Host, &written_as, key.span)?,
                };
                let port = value(port);
                let scheme = Some(Expr::LibraryDefault(Spanned::new(scheme.clone(), key.span)));
                let parts = UrlParts {
                    scheme,
                    user: value(user),
                    password: value(password),
                    host: Some(host),
                    port,
                    database: value(database),
                };
                let parts = Expr::Url(Box::new(parts), key.span);
                // A variable may still give the whole, which then counts.
                let whole = client.url.iter().flatten().filter_map(name_of);
                let target =
                    whole.fold(parts, |parts, slot| self.unless_given(&written_as, slot, parts, key.span));
                (key, target)
            }
        };
        let span = callee.span;
        Some(Sink { kind: client.kind, target, arguments, callee, span })
    }

    /// Whether the group names servers in another way than by one host.
    fn has_nodes(&self, group: &str) -> bool {
        let ways = ["cluster.", "sentinel.", "masterreplica."].map(|way| format!("{group}.{way}"));
        self.properties.keys().any(|name| ways.iter().any(|way| name.starts_with(way.as_str())))
    }

    /// What is dialled when the files do not say: what a variable says, else the library's default.
    fn missing(&self, client: &Client, part: Part, group: &str, at: Span) -> Option<Expr> {
        let default = client.default.get(&part)?;
        let slot = client.parts.get(&part)?.iter().find_map(name_of)?;
        let default = Expr::LibraryDefault(Spanned::new(default.clone(), at));
        Some(self.unless_set(group, slot, default, at))
    }

    fn unless_set(&self, group: &str, slot: &str, default: Expr, at: Span) -> Expr {
        Expr::Read(Box::new(read(group, slot, default, at)))
    }

    /// What the variable of a setting that the files do not have says, else this.
    fn unless_given(&self, group: &str, slot: &str, otherwise: Expr, at: Span) -> Expr {
        Expr::Setting(Box::new(read(group, slot, otherwise, at)))
    }

    /// The first of these settings of the group that is there.
    fn slot(&mut self, group: &str, slots: &[Slot]) -> Option<(Spanned<String>, Expr)> {
        for slot in slots.iter().filter_map(name_of) {
            let name = format!("{group}.{}", keys::relaxed(slot));
            if let Some(property) = self.properties.get(&name) {
                self.used.push(name);
                return Some((property.key.clone(), property.value.clone()));
            }
            let mut items = Vec::new();
            let mut key = None;
            while let Some(property) = self.properties.get(&format!("{name}[{}]", items.len())) {
                self.used.push(format!("{name}[{}]", items.len()));
                key.get_or_insert_with(|| property.key.clone());
                items.push(property.value.clone());
            }
            if let Some(key) = key {
                // One variable may replace the whole list.
                let written = key.value.split('[').next().unwrap_or("").to_string();
                let list = Setting { key: Spanned::new(written, key.span), value: key.clone() };
                return Some((list.key.clone(), setting(&list, Expr::List(items))));
            }
        }
        None
    }

    /// Whether a variable of the environment replaces the setting.
    fn is_replaced(&self, property: &Property) -> bool {
        let Expr::Setting(setting) = property.value.peel() else { return false };
        let named = |name: &str| {
            variable(setting).is_some_and(|known| known.value == name)
                || setting.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
        };
        self.environment.keys().any(|name| named(name))
    }

    /// The variables that values read, and the settings that no client is seen to be made of but that
    /// look like addresses.
    fn reads(&self, asked: &dyn Fn(&str) -> bool) -> Vec<Read> {
        let mut reads = Vec::new();
        for (name, property) in self.properties {
            let used = self.used.contains(name);
            let needed = used || asked(name) || super::serves::is_port(name);
            // What is written does not count where a variable replaces the whole setting.
            if self.is_replaced(property) {
                continue;
            }
            let mut pending = vec![&property.value];
            let mut left = MAX_PARTS;
            while let Some(expr) = pending.pop().filter(|_| left > 0) {
                left -= 1;
                if let Some((_, read)) = as_property(expr)
                    && let Some(name) = variable(read)
                {
                    let (name, span) = (name.clone(), read.span);
                    let required = read.required && needed;
                    reads.push(Read { name, expression: expr.clone(), required, held: None, span });
                }
                pending.extend(walk::children(expr));
            }
            if !used
                && is_address(name, &property.written.value)
                && let Expr::Setting(setting) = property.value.peel()
                && let Some(name) = variable(setting)
            {
                let (name, expression) = (name.clone(), property.value.clone());
                reads.push(Read {
                    name,
                    expression,
                    required: false,
                    held: None,
                    span: property.written.span,
                });
            }
        }
        reads.sort_by_key(|read| read.span);
        reads
    }
}

/// The variable of a setting that the files do not have.
pub(super) fn read(group: &str, slot: &str, default: Expr, at: Span) -> ReadExpr {
    let (name, aliases) = keys::variables(&format!("{group}.{slot}"));
    ReadExpr {
        name: Expr::Text(Spanned::new(name, at)),
        aliases,
        ignore_case: true,
        default: Some(default),
        blank: Blank::Kept,
        required: false,
        span: at,
    }
}

fn name_of(slot: &Slot) -> Option<&str> {
    match slot {
        Slot::Name(name) => Some(name),
        Slot::Position(_) => None,
    }
}

/// What may be a list of addresses, as one text.
fn joined(kind: SinkKind, value: Expr) -> Expr {
    let list = match value.peel() {
        Expr::Setting(setting) => setting.default.as_ref().is_some_and(|it| matches!(it, Expr::List(_))),
        _ => false,
    };
    match list {
        true if kind == SinkKind::Http => Expr::Method(Box::new(value), Box::new(Method::Index(0))),
        true => Expr::Method(Box::new(value), Box::new(Method::Addresses)),
        false => value,
    }
}

/// Groups of settings that are about the process itself, or about what browsers are told.
const OWN: [&str; 21] = [
    "server.",
    "management.",
    "logging.",
    "springdoc.",
    "springfox.",
    "swagger.",
    "spring.application.",
    "spring.web.",
    "spring.mvc.",
    "spring.jpa.",
    "spring.thymeleaf.",
    "spring.security.",
    "spring.jackson.",
    "spring.cloud.gateway.",
    "spring.h2.",
    "spring.config.",
    "info.",
    "eureka.instance.",
    "quarkus.http.",
    "micronaut.server.",
    "cors.",
];

/// Whether a setting of the program's own may hold the address of a server.
fn is_address(name: &str, value: &str) -> bool {
    if OWN.iter().any(|own| name.starts_with(own)) || name.contains("cors") || name.contains("redirect") {
        return false;
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    let last = last.split('[').next().unwrap_or(last);
    let ends = [
        "url", "uri", "host", "hostname", "servers", "server", "endpoint", "address", "addr", "brokers",
        "broker", "hosts",
    ];
    value.contains("://") || ends.iter().any(|end| last.ends_with(end))
}
