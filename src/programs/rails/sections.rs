//! The clients that the sections of a configuration file make: that of the environment counts.

use crate::programs::reading::target::{joined, scheme_of_driver};
use crate::programs::reading::yaml::entries;
use crate::programs::ruby::rails_environment;
use crate::programs::{Blank, Condition, Expr, IfExpr, ReadExpr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// The clients of a file, by its stem.
pub(super) fn sinks(stem: &str, settings: &Expr) -> Vec<Sink> {
    let mut out = Vec::new();
    for (name, section) in entries(settings).into_iter().take(60) {
        let chosen = Condition::Equals(rails_environment(name.span), Expr::Text(name.clone()));
        let found = match stem {
            "database" => databases(&name, &section),
            "cable" => cable(&name, &section),
            "mongoid" => mongoid(&section),
            "redis" | "resque" | "sidekiq" => redis(&name, &section),
            _ => Vec::new(),
        };
        // What stands outside of a section holds in all of them.
        let always = matches!(stem, "redis" | "resque" | "sidekiq") && !is_environment(&name.value);
        for (kind, target, key) in found {
            let otherwise = Expr::Null(key.span);
            let target = match always {
                true => target,
                false => Expr::If(Box::new(IfExpr {
                    condition: chosen.clone(),
                    then: target,
                    otherwise,
                    span: name.span,
                })),
            };
            let span = key.span;
            let arguments = if stem == "database" { login(&section) } else { Vec::new() };
            out.push(Sink { kind, target, arguments, callee: key, span });
        }
    }
    out.sort_by_key(|sink| sink.span);
    out
}

type Found = Vec<(SinkKind, Expr, Spanned<String>)>;

fn is_environment(name: &str) -> bool {
    matches!(name, "development" | "production" | "test" | "staging")
}

/// The value of a key, where others may be laid below it.
fn of(record: &Expr, key: &str) -> Option<Expr> {
    entries(record).into_iter().find(|(name, _)| name.value == key).map(|(_, value)| value)
}

fn library(text: &str, span: Span) -> Expr {
    Expr::LibraryDefault(Spanned::new(text.to_string(), span))
}

/// A variable that the library reads itself; blank is as good as unset.
fn library_read(variable: &str, default: Option<Expr>, span: Span) -> Expr {
    Expr::Read(Box::new(ReadExpr {
        name: Expr::Text(Spanned::new(variable.to_string(), span)),
        aliases: Vec::new(),
        ignore_case: false,
        default,
        blank: Blank::Unset,
        required: false,
        span,
    }))
}

/// A section of `database.yml`: one database, or several by their names.
fn databases(name: &Spanned<String>, section: &Expr) -> Found {
    let fields = entries(section);
    let several = fields.iter().any(|(_, value)| matches!(value.peel(), Expr::Record(_) | Expr::Merge(_)))
        && !fields.iter().any(|(key, _)| key.value == "adapter" || key.value == "url");
    if !several {
        return vec![(SinkKind::Sql, database(section, "DATABASE_URL", name.span), name.clone())];
    }
    let one = |(key, entry): (Spanned<String>, Expr)| {
        let variable = match key.value.as_str() {
            "primary" => "DATABASE_URL".to_string(),
            other => format!("{}_DATABASE_URL", other.to_uppercase()),
        };
        (SinkKind::Sql, database(&entry, &variable, key.span), key)
    };
    let records =
        fields.into_iter().filter(|(_, value)| matches!(value.peel(), Expr::Record(_) | Expr::Merge(_)));
    records.map(one).collect()
}

/// The account that a section gives, and whether it asks for TLS: where its variables are not set, the server is told none.
fn login(section: &Expr) -> Vec<(Spanned<String>, Expr)> {
    let fields = entries(section).into_iter();
    fields.filter(|(name, _)| matches!(name.value.as_str(), "username" | "password" | "sslmode")).collect()
}

/// What Active Record dials: the variable, the `url`, or the parts.
fn database(section: &Expr, variable: &str, span: Span) -> Expr {
    let from_environment = library_read(variable, None, span);
    let scheme = of(section, "adapter").and_then(|adapter| scheme_of_driver(&adapter));
    let adapter = match &scheme {
        Some(Expr::LibraryDefault(scheme)) => scheme.value.clone(),
        _ => String::new(),
    };
    let url = of(section, "url");
    if adapter == "sqlite" {
        let mut all = vec![from_environment];
        all.extend(url);
        all.push(Expr::Null(span));
        return Expr::FirstNonEmpty(all);
    }
    let default = match adapter.as_str() {
        "postgresql" => Some(library_read("PGHOST", Some(library("localhost", span)), span)),
        "mysql" => Some(library("localhost", span)),
        _ => None,
    };
    let socket = of(section, "socket").is_some();
    // Nothing in its place leaves the client's own default.
    // mysql2 takes either.
    let host = of(section, "host").or_else(|| of(section, "hostname"));
    let host = match (host, default.filter(|_| !socket)) {
        (Some(host), Some(default)) => Some(Expr::FirstNonEmpty(vec![host, default])),
        (host, default) => host.or(default),
    };
    // What is not written libpq looks up.
    let by_library = |written: Option<Expr>, variable: &str| match (written, adapter.as_str()) {
        (None, "postgresql") => {
            Some(Expr::FirstNonEmpty(vec![library_read(variable, None, span), Expr::Null(span)]))
        }
        (written, _) => written,
    };
    let parts = UrlParts {
        scheme,
        user: by_library(of(section, "username").or_else(|| of(section, "user")), "PGUSER"),
        password: by_library(of(section, "password"), "PGPASSWORD"),
        host,
        port: of(section, "port"),
        database: of(section, "database"),
    };
    let mut all = vec![from_environment];
    all.extend(url);
    all.push(Expr::Url(Box::new(parts), span));
    Expr::FirstNonEmpty(all)
}

/// A section of `cable.yml`.
fn cable(name: &Spanned<String>, section: &Expr) -> Found {
    let Some(adapter) = of(section, "adapter") else { return Vec::new() };
    let text = Expr::Text(Spanned::new("redis".to_string(), name.span));
    if matches!(adapter.peel(), Expr::Text(adapter) if adapter.value != "redis") {
        return Vec::new();
    }
    let then = redis_of(section, name.span);
    let condition = Condition::Equals(adapter, text);
    let otherwise = Expr::Null(name.span);
    let target = Expr::If(Box::new(IfExpr { condition, then, otherwise, span: name.span }));
    vec![(SinkKind::Redis, target, name.clone())]
}

fn redis(name: &Spanned<String>, section: &Expr) -> Found {
    let entry = match of(section, "redis") {
        Some(inner) => inner,
        None => section.clone(),
    };
    match of(&entry, "url").or_else(|| of(&entry, "host")).is_some() {
        true => vec![(SinkKind::Redis, redis_of(&entry, name.span), name.clone())],
        false => Vec::new(),
    }
}

fn redis_of(entry: &Expr, span: Span) -> Expr {
    let default = library_read("REDIS_URL", Some(library("redis://127.0.0.1:6379", span)), span);
    let parts = of(entry, "host").map(|host| {
        let scheme = Some(library("redis", span));
        let parts = UrlParts { scheme, host: Some(host), port: of(entry, "port"), ..UrlParts::default() };
        Expr::Url(Box::new(parts), span)
    });
    let mut all: Vec<Expr> = of(entry, "url").into_iter().collect();
    all.push(parts.unwrap_or(default));
    Expr::FirstNonEmpty(all)
}

/// A section of `mongoid.yml`.
fn mongoid(section: &Expr) -> Found {
    let Some(clients) = of(section, "clients").or_else(|| of(section, "sessions")) else { return Vec::new() };
    let one = |(key, entry): (Spanned<String>, Expr)| {
        let address = of(&entry, "uri").or_else(|| mongo_hosts(&entry, key.span))?;
        Some((SinkKind::Mongo, address, key))
    };
    entries(&clients).into_iter().filter_map(one).collect()
}

/// The hosts of a client, with the account that its options name.
fn mongo_hosts(entry: &Expr, span: Span) -> Option<Expr> {
    let hosts = joined(of(entry, "hosts")?);
    let options = of(entry, "options");
    let option = |name: &str| of(options.as_ref()?, name);
    let Some(user) = option("user") else { return Some(hosts) };
    let mark = || Expr::Text(Spanned::new("?authSource=".to_string(), span));
    let database = of(entry, "database");
    let database = match (database, option("auth_source")) {
        (Some(database), Some(source)) => Some(Expr::Concat(vec![database, mark(), source])),
        (database, _) => database,
    };
    let parts = UrlParts {
        scheme: Some(library("mongodb", span)),
        user: Some(user),
        password: option("password"),
        host: Some(hosts),
        port: None,
        database,
    };
    Some(Expr::Url(Box::new(parts), span))
}
