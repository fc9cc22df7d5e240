//! Which calls make clients, and what those dial.

use super::reader::Reader;
use super::tree::{Call, Code};
use crate::programs::reading::clients::{Client, Clients, Part, Slot};
use crate::programs::{Expr, Method, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Whether the class makes clients that are known.
pub(super) fn is_known(language: &str, class: &str) -> bool {
    let below = |name: &String| {
        name.strip_prefix(class).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(']))
    };
    let table = |language| Clients::of(language).iter().any(|client| client.names.iter().any(below));
    let usual = ["Optional", "Objects", "Arrays", "List", "Map", "Set", "Collections"];
    let usual = class.strip_prefix("java.util.").is_some_and(|name| usual.contains(&name));
    usual || class == "java.net.URI" || table("java") || table(language)
}

/// The arguments of a sink by which it is known who logs in.
const USER: &str = "username";
const PASSWORD: &str = "password";
/// What of the address may be told by itself.
const PORT: &str = "port";
/// The class of the driver.
const DRIVER: &str = "driver";

/// Classes that are told address, user and password one after the other.
const POOLS: [&str; 12] = [
    "com.zaxxer.hikari.",
    "org.springframework.boot.jdbc.DataSourceBuilder",
    "org.springframework.jdbc.datasource.",
    "org.apache.commons.dbcp2.BasicDataSource",
    "org.apache.tomcat.jdbc.pool.",
    "com.mchange.v2.c3p0.",
    "com.alibaba.druid.pool.",
    "com.rabbitmq.client.ConnectionFactory",
    "org.springframework.amqp.rabbit.connection.CachingConnectionFactory",
    "org.springframework.data.redis.connection.",
    "org.springframework.mail.javamail.JavaMailSenderImpl",
    "org.postgresql.ds.",
];

/// The class whose method this is, with how its object was made.
fn class_of(name: &str) -> Option<&str> {
    name.rsplit_once('.')
        .map(|(class, _)| class)
        .filter(|class| POOLS.iter().any(|pool| class.starts_with(pool)))
}

type Arguments = [(Option<String>, Expr)];

impl Reader {
    /// Notes the client that a call of a library makes.
    pub fn client(&mut self, name: &str, call: &Call, arguments: &Arguments) {
        if self.login(name, call, arguments) {
            return;
        }
        // Kotlin calls the libraries of Java, and has some of its own.
        let own = (self.language != "java").then(|| Clients::of(self.language).find(name)).flatten();
        let Some(client) = own.or_else(|| Clients::of("java").find(name)) else { return };
        // What is built is told where by another call, unless the builder comes straight from its class.
        if call.name.value == "build" && client.url.is_none() && is_told(call) {
            return;
        }
        // Settings of pools stand before the address.
        let settings = |value: &Expr| match value.peel() {
            Expr::Library(name) => name.value.ends_with("Config()"),
            Expr::Call(made) => {
                matches!(made.callee.peel(), Expr::Own(name) if name.value.ends_with("Config"))
            }
            _ => false,
        };
        let skipped = arguments.iter().take_while(|(name, value)| name.is_none() && settings(value)).count();
        let arguments = arguments.get(skipped..).unwrap_or_default();
        let callee = match &call.receiver {
            Some(Code::Name(owner)) => {
                let written = format!("{}.{}", owner.value, call.name.value);
                Spanned::new(written, owner.span.to(call.name.span))
            }
            _ => call.name.clone(),
        };
        let target = match &client.config {
            Some(key) => config(arguments, key),
            None => target(client, arguments, callee.span),
        };
        let Some(mut target) = target else { return };
        let named = arguments.iter().filter_map(|(name, value)| {
            let name = name.as_ref()?;
            Some((Spanned::new(name.clone(), call.span), value.clone()))
        });
        let mut given: Vec<(Spanned<String>, Expr)> = named.collect();
        for (part, name) in [(Part::User, USER), (Part::Password, PASSWORD)] {
            if given.iter().any(|(known, _)| known.value == name || name == USER && known.value == "user") {
                continue;
            }
            let value = client.parts.get(&part).and_then(|slots| slot(arguments, slots));
            given.extend(value.map(|value| (Spanned::new(name.to_string(), call.span), value)));
        }
        let class = class_of(name).map(str::to_string);
        let waiting = self.logins.extract_if(.., |login| Some(&login.0) == class.as_ref());
        for (_, name, value) in waiting {
            match name.value.as_str() {
                PORT => with_port(&mut target, value),
                _ => given.push((name, value)),
            }
        }
        let before = self.notes.module.sinks.len();
        let sink = Sink { kind: client.kind, target, arguments: given, callee, span: call.span };
        self.notes.sink(sink, self.names.path());
        self.made = class.filter(|_| self.notes.module.sinks.len() > before);
    }

    /// `config.setUsername(user)`: who logs in where another call says the address, of the same object as far as
    /// one function goes. Says whether it is such a call.
    fn login(&mut self, name: &str, call: &Call, arguments: &Arguments) -> bool {
        let Some((class, method)) = name.rsplit_once('.') else { return false };
        let part = match method {
            "setUsername" | "setUser" | "username" | "user" => USER,
            "setPassword" | "password" => PASSWORD,
            "setPort" => PORT,
            "setDriverClassName" | "driverClassName" => DRIVER,
            _ => return false,
        };
        let [(None, value)] = arguments else { return false };
        if !self.notes.recording || !POOLS.iter().any(|pool| class.starts_with(pool)) {
            return false;
        }
        let argument = (Spanned::new(part.to_string(), call.span), value.clone());
        match self.notes.module.sinks.last_mut().filter(|_| self.made.as_deref() == Some(class)) {
            Some(sink) if part == PORT => with_port(&mut sink.target, argument.1),
            Some(sink) => sink.arguments.push(argument),
            None => self.logins.push((class.to_string(), argument.0, argument.1)),
        }
        true
    }

    /// `config.jdbcUrl = value`, which calls `setJdbcUrl`.
    pub fn setter(&mut self, library: &str, name: &Spanned<String>, value: Expr, span: Span) -> Expr {
        let first = name.value.get(..1).unwrap_or("").to_uppercase();
        let method = format!("set{first}{}", name.value.get(1..).unwrap_or(""));
        let call = Call {
            receiver: None,
            name: name.clone(),
            arguments: Vec::new(),
            new: false,
            span: name.span.to(span),
        };
        self.client(&format!("{library}.{method}"), &call, &[(None, value.clone())]);
        value
    }
}

fn slot(arguments: &Arguments, slots: &[Slot]) -> Option<Expr> {
    let found = slots.iter().find_map(|slot| match slot {
        Slot::Name(name) => arguments.iter().find(|(given, _)| given.as_ref() == Some(name)),
        Slot::Position(at) => arguments.get(*at).filter(|(given, _)| given.is_none()),
    });
    found.map(|(_, value)| value.clone())
}

fn target(client: &Client, arguments: &Arguments, callee: Span) -> Option<Expr> {
    let default = |text: &String| Expr::LibraryDefault(Spanned::new(text.clone(), callee));
    let part = |part: Part| client.parts.get(&part).and_then(|slots| slot(arguments, slots));
    let (user, password) = (part(Part::User), part(Part::Password));
    let (mut host, mut port, database) = (part(Part::Host), part(Part::Port), part(Part::Database));
    // `new JedisPooled(new HostAndPort(host, port), config)`
    if let Some(Expr::Concat(_)) = host.as_ref().map(Expr::peel).filter(|_| client.url.is_some()) {
        return host;
    }
    // `app.start("localhost", 7000)`, `app.start(7000)`
    let texts = |value: &Expr| !matches!(value.peel(), Expr::Number(_));
    if let (SinkKind::Listen, None, [(None, first), (None, second)]) =
        (client.kind, &host, arguments.get(..2).unwrap_or_default())
        && texts(first)
        && client.parts.contains_key(&Part::Port)
    {
        (host, port) = (Some(first.clone()), Some(second.clone()));
    }
    let given = [&user, &password, &host, &port, &database].into_iter().any(Option::is_some);
    if let Some(url) = client.url.as_ref().and_then(|slots| slot(arguments, slots)) {
        // A call that takes a URL or a host, by how many arguments there are.
        if port.is_none() || client.parts.is_empty() {
            return Some(joined(client.kind, url));
        }
    }
    if !given && client.default.is_empty() {
        return None;
    }
    if let Some(address) = client.default.get(&Part::Address).filter(|_| !given) {
        return Some(default(address));
    }
    let host = host.or_else(|| client.default.get(&Part::Host).map(default))?;
    let scheme = client.scheme.as_ref().map(default);
    Some(Expr::Url(Box::new(UrlParts { scheme, user, password, host: Some(host), port, database }), callee))
}

/// Whether what a chain of calls builds may have been told an address: by one of them, or before.
fn is_told(call: &Call) -> bool {
    let mut at = call.receiver.as_ref();
    while let Some(Code::Call(call)) = at {
        match call.name.value.as_str() {
            "setEndpoint" => return true,
            "builder" => return false,
            _ => at = call.receiver.as_ref(),
        }
    }
    true
}

/// Says the port of an address that is given piecemeal, where it does not say one.
fn with_port(target: &mut Expr, port: Expr) {
    if let Expr::Url(parts, _) = target {
        parts.port.get_or_insert(port);
    }
}

/// `new KafkaProducer<>(properties)`
fn config(arguments: &Arguments, key: &str) -> Option<Expr> {
    // Streams take their topology first.
    let unknown = |value: &Expr| matches!(value.peel(), Expr::Library(_) | Expr::Opaque(_));
    let record = |value: &Expr| matches!(value.peel(), Expr::Record(_) | Expr::Merge(_));
    let seen = arguments.iter().find(|(_, value)| record(value));
    let (_, record) = seen.or_else(|| arguments.iter().find(|(_, value)| !unknown(value)))?;
    let key = Spanned::new(key.to_string(), Span::NONE);
    let value = Expr::Member(Box::new(record.clone()), key);
    Some(Expr::Method(Box::new(value), Box::new(Method::Addresses)))
}

/// What may be a list of addresses, as one text.
fn joined(kind: SinkKind, value: Expr) -> Expr {
    match value.peel() {
        Expr::List(items) if items.len() == 1 => items.first().cloned().unwrap_or(value),
        Expr::List(_) => Expr::Method(Box::new(value), Box::new(Method::Addresses)),
        Expr::Member(..) | Expr::Call(_) if matches!(kind, SinkKind::Kafka | SinkKind::Elasticsearch) => {
            Expr::Method(Box::new(value), Box::new(Method::Addresses))
        }
        _ => value,
    }
}
