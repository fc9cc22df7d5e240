//! The clients that the settings of bundles make.

use crate::programs::reading::target::{joined, scheme_of_driver};
use crate::programs::reading::yaml::entries;
use crate::programs::{Blank, Condition, Expr, IfExpr, ReadExpr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

type Found = Vec<(SinkKind, Expr, Spanned<String>)>;

/// The clients of a file. Those of a section `when@name` count in that environment.
pub(super) fn sinks(settings: &Expr) -> Vec<Sink> {
    let mut out = Vec::new();
    for (key, section) in entries(settings) {
        let (condition, found) = match key.value.strip_prefix("when@") {
            Some(name) => {
                let name = Expr::Text(Spanned::new(name.to_string(), key.span));
                let condition = Condition::Equals(environment(key.span), name);
                let inner = entries(&section).into_iter();
                (Some(condition), inner.flat_map(|(key, section)| bundle(&key.value, &section)).collect())
            }
            None => (None, bundle(&key.value, &section)),
        };
        for (kind, target, callee) in found {
            let span = callee.span;
            let target = match &condition {
                None => target,
                Some(condition) => when(condition.clone(), target, span),
            };
            out.push(Sink { kind, target, arguments: Vec::new(), callee, span });
        }
    }
    out.sort_by_key(|sink| sink.span);
    out
}

/// The environment that the application runs in.
fn environment(span: Span) -> Expr {
    Expr::Read(Box::new(ReadExpr {
        name: Expr::Text(Spanned::new("APP_ENV".to_string(), span)),
        aliases: Vec::new(),
        ignore_case: false,
        default: Some(Expr::Text(Spanned::new("dev".to_string(), span))),
        blank: Blank::Unset,
        required: false,
        span,
    }))
}

fn when(condition: Condition, then: Expr, span: Span) -> Expr {
    Expr::If(Box::new(IfExpr { condition, then, otherwise: Expr::Null(span), span }))
}

/// The value where it is an address: the same settings also take names of services and drivers.
fn addressed(value: Expr, span: Span) -> Expr {
    let value = value.share();
    let mark = Expr::Text(Spanned::new("://".to_string(), span));
    when(Condition::Contains(value.clone(), mark), value, span)
}

/// The value of a key, with the place of the key.
fn of(record: &Expr, key: &str) -> Option<(Spanned<String>, Expr)> {
    entries(record).into_iter().find(|(name, _)| name.value == key)
}

fn value(record: &Expr, key: &str) -> Option<Expr> {
    of(record, key).map(|(_, value)| value)
}

/// The entries of a record below a record.
fn below(record: &Expr, key: &str) -> Vec<(Spanned<String>, Expr)> {
    value(record, key).map(|inner| entries(&inner)).unwrap_or_default()
}

fn bundle(name: &str, settings: &Expr) -> Found {
    match name {
        "doctrine" => doctrine(settings),
        "framework" => framework(settings),
        "doctrine_mongodb" => {
            let connections = below(settings, "connections").into_iter();
            connections.filter_map(|(_, entry)| address(SinkKind::Mongo, &entry, "server")).collect()
        }
        "snc_redis" => {
            let clients = below(settings, "clients").into_iter();
            clients.filter_map(|(_, entry)| address(SinkKind::Redis, &entry, "dsn")).collect()
        }
        "fos_elastica" => {
            let clients = below(settings, "clients").into_iter();
            clients.filter_map(|(key, entry)| parts(SinkKind::Elasticsearch, "http", key, &entry)).collect()
        }
        "old_sound_rabbit_mq" => {
            let connections = below(settings, "connections").into_iter();
            connections.filter_map(|(key, entry)| parts(SinkKind::Amqp, "amqp", key, &entry)).collect()
        }
        "swiftmailer" => {
            parts(SinkKind::Smtp, "smtp", Spanned::new("swiftmailer".into(), Span::NONE), settings)
                .into_iter()
                .collect()
        }
        _ => Vec::new(),
    }
}

/// One address, or several as a list.
fn address(kind: SinkKind, entry: &Expr, key: &str) -> Option<(SinkKind, Expr, Spanned<String>)> {
    let (key, value) = of(entry, key)?;
    let target = addressed(joined(value), key.span);
    Some((kind, target, key))
}

/// An entry with a `url` or `dsn`, or with host and port.
fn parts(
    kind: SinkKind,
    scheme: &str,
    key: Spanned<String>,
    entry: &Expr,
) -> Option<(SinkKind, Expr, Spanned<String>)> {
    for name in ["url", "dsn", "hosts"] {
        if let Some(found) = address(kind, entry, name) {
            return Some(found);
        }
    }
    let (place, host) = of(entry, "host")?;
    let key = if key.span.is_none() { place } else { key };
    let scheme = Some(Expr::LibraryDefault(Spanned::new(scheme.to_string(), key.span)));
    let parts = UrlParts {
        scheme,
        user: value(entry, "user").or_else(|| value(entry, "username")),
        password: value(entry, "password"),
        host: Some(host),
        port: value(entry, "port"),
        database: None,
    };
    Some((kind, Expr::Url(Box::new(parts), key.span), key))
}

fn doctrine(settings: &Expr) -> Found {
    let Some((key, dbal)) = of(settings, "dbal") else { return Vec::new() };
    let connections = below(&dbal, "connections");
    if connections.is_empty() {
        return connection(key, &dbal).into_iter().collect();
    }
    connections.into_iter().filter_map(|(key, entry)| connection(key, &entry)).collect()
}

fn connection(key: Spanned<String>, entry: &Expr) -> Option<(SinkKind, Expr, Spanned<String>)> {
    if let Some((key, url)) = of(entry, "url") {
        return Some((SinkKind::Sql, addressed(url, key.span), key));
    }
    let host = value(entry, "host")?;
    let parts = UrlParts {
        scheme: value(entry, "driver").and_then(|driver| scheme_of_driver(&driver)),
        user: value(entry, "user"),
        password: value(entry, "password"),
        host: Some(host),
        port: value(entry, "port"),
        database: value(entry, "dbname"),
    };
    Some((SinkKind::Sql, Expr::Url(Box::new(parts), key.span), key))
}

fn framework(settings: &Expr) -> Found {
    let mut out = Vec::new();
    if let Some(messenger) = value(settings, "messenger") {
        for (key, transport) in below(&messenger, "transports") {
            match transport.peel() {
                Expr::Record(_) | Expr::Merge(_) => out.extend(address(SinkKind::Tcp, &transport, "dsn")),
                _ => out.push((SinkKind::Tcp, addressed(transport, key.span), key)),
            }
        }
    }
    if let Some(mailer) = value(settings, "mailer") {
        out.extend(address(SinkKind::Smtp, &mailer, "dsn"));
        for (key, transport) in below(&mailer, "transports") {
            out.push((SinkKind::Smtp, addressed(transport, key.span), key));
        }
    }
    if let Some(session) = value(settings, "session") {
        out.extend(address(SinkKind::Redis, &session, "handler_id"));
    }
    if let Some(clients) = value(settings, "http_client") {
        let scoped = below(&clients, "scoped_clients").into_iter();
        out.extend(scoped.filter_map(|(_, entry)| address(SinkKind::Http, &entry, "base_uri")));
    }
    if let Some(cache) = value(settings, "cache") {
        out.extend(caches(&cache));
    }
    out
}

/// The cache: a provider counts where an adapter of its kind is used.
fn caches(cache: &Expr) -> Found {
    let pools = below(cache, "pools");
    let adapter = |entry: &Expr, key: &str| match value(entry, key).as_ref().map(Expr::peel) {
        Some(Expr::Text(text)) => text.value.clone(),
        _ => String::new(),
    };
    let mut adapters = vec![adapter(cache, "app"), adapter(cache, "system")];
    adapters.extend(pools.iter().map(|(_, entry)| adapter(entry, "adapter")));
    let uses = |kind: &str| adapters.iter().any(|adapter| adapter.contains(kind));
    let mut out = Vec::new();
    for (name, key, kind) in [
        ("redis", "default_redis_provider", SinkKind::Redis),
        ("memcached", "default_memcached_provider", SinkKind::Memcached),
    ] {
        if uses(name) {
            out.extend(address(kind, cache, key));
        }
    }
    for (_, entry) in &pools {
        if adapter(entry, "adapter").contains("redis") {
            out.extend(address(SinkKind::Redis, entry, "provider"));
        }
    }
    out
}
