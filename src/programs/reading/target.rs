//! What a client dials, from the arguments of the call that makes it.

use super::clients::{Client, Part, Slot};
use crate::programs::{Condition, Expr, IfExpr, Method, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Gives the argument that one of the slots names.
pub type Arguments<'a> = dyn FnMut(&[Slot]) -> Option<Expr> + 'a;

/// What a client of this kind dials; `None` when nothing is said and nothing is known to be dialled then.
///
/// `open` says that there may be arguments that cannot be seen.
pub fn target(client: &Client, arguments: &mut Arguments<'_>, open: bool, callee: Span) -> Option<Expr> {
    let url = client.url.as_ref().and_then(|slots| arguments(slots));
    // A record in the place of the address gives its parts.
    if let Some(url) = url.filter(|url| !matches!(url.peel(), Expr::Record(_) | Expr::Merge(_))) {
        let port = client.port.as_ref().and_then(|slots| arguments(slots));
        return Some(match port {
            Some(port) if matches!(url.peel(), Expr::List(_)) => with_port(joined(url), port),
            Some(port) => with_port(url, port),
            None if matches!(client.kind, SinkKind::Kafka | SinkKind::Elasticsearch)
                || matches!(url.peel(), Expr::List(_)) =>
            {
                joined(url)
            }
            None => url,
        });
    }
    if let Some(parts) = given_parts(client, arguments, open, callee) {
        return Some(Expr::Url(Box::new(parts), callee));
    }
    if open {
        return Some(Expr::Opaque(callee));
    }
    fallback(client, callee)
}

/// What is dialled when the call says nothing.
#[must_use]
pub fn fallback(client: &Client, callee: Span) -> Option<Expr> {
    let default = |part| client.default.get(&part).map(|text| Spanned::new(text.clone(), callee));
    if let Some(address) = default(Part::Address) {
        return Some(client.library_read(Part::Address, Expr::LibraryDefault(address), callee));
    }
    let scheme = client.scheme.as_ref()?;
    let host = default(Part::Host)?;
    let host = client.library_read(Part::Host, Expr::LibraryDefault(host), callee);
    let scheme = Some(Expr::LibraryDefault(Spanned::new(scheme.clone(), callee)));
    let port = listened(client, callee).or_else(|| looked_up(client, Part::Port, callee));
    let [user, password, database] =
        [Part::User, Part::Password, Part::Database].map(|part| looked_up(client, part, callee));
    let parts = UrlParts { scheme, host: Some(host), port, user, password, database };
    Some(Expr::Url(Box::new(parts), callee))
}

/// What is dialled when the call gives nothing (`nil`, `undefined`) in place of the address.
#[must_use]
pub fn given_nothing(client: &Client, callee: Span) -> Option<Expr> {
    let own = client.default.get(&Part::Address).filter(|_| client.env_if_left_out);
    match own {
        Some(address) => Some(Expr::LibraryDefault(Spanned::new(address.clone(), callee))),
        None => fallback(client, callee),
    }
}

/// The port that a server opens, or a client of HTTP dials, when the call names none. Other clients have that of their
/// protocol.
fn listened(client: &Client, callee: Span) -> Option<Expr> {
    let by_call = matches!(client.kind, SinkKind::Listen | SinkKind::Http);
    let port = client.default.get(&Part::Port).filter(|_| by_call)?;
    let default = Expr::LibraryDefault(Spanned::new(port.clone(), callee));
    Some(client.library_read(Part::Port, default, callee))
}

/// What the library itself looks up for a part that the call does not say.
#[must_use]
pub fn looked_up(client: &Client, part: Part, callee: Span) -> Option<Expr> {
    client.env.contains_key(&part).then(|| client.library_read(part, Expr::Null(Span::NONE), callee))
}

/// The address that arguments give piecemeal; `None` when they give none of it.
fn given_parts(client: &Client, arguments: &mut Arguments<'_>, open: bool, callee: Span) -> Option<UrlParts> {
    let mut part = |part: Part| client.parts.get(&part).and_then(|slots| arguments(slots));
    let (user, password) = (part(Part::User), part(Part::Password));
    let (host, port, database) = (part(Part::Host), part(Part::Port), part(Part::Database));
    if [&user, &password, &host, &port, &database].into_iter().all(Option::is_none) {
        return None;
    }
    let missing = || {
        let host = client.default.get(&Part::Host)?;
        let default = Expr::LibraryDefault(Spanned::new(host.clone(), callee));
        Some(client.library_read(Part::Host, default, callee))
    };
    // A host that turns out to be nothing is as good as none.
    let host = match (host, missing()) {
        (Some(host), Some(default)) => Some(match host.peel() {
            Expr::Text(_) => host,
            _ => Expr::FirstNonEmpty(vec![host, default]),
        }),
        (Some(host), None) => Some(host),
        (None, _) if open => None,
        (None, default) => default,
    };
    let port = port.or_else(|| listened(client, callee));
    let [user, password, port, database] =
        [(user, Part::User), (password, Part::Password), (port, Part::Port), (database, Part::Database)]
            .map(|(given, part)| given.or_else(|| looked_up(client, part, callee).filter(|_| !open)));
    let driver = part(Part::Scheme).and_then(|driver| scheme_of_driver(&driver));
    let scheme = client.scheme.clone().map(|scheme| Expr::LibraryDefault(Spanned::new(scheme, callee)));
    Some(UrlParts { scheme: driver.or(scheme), user, password, host, port, database })
}

/// The scheme that the name of a driver stands for, where that is written out.
#[must_use]
pub fn scheme_of_driver(driver: &Expr) -> Option<Expr> {
    let Expr::Text(name) = driver.peel() else { return None };
    let scheme = match name.value.to_ascii_lowercase().trim_start_matches("pdo_") {
        "pgsql" | "postgres" | "postgresql" | "postgis" | "pg" => "postgresql",
        "mysql" | "mysqli" | "mysql2" | "mariadb" | "trilogy" => "mysql",
        "sqlsrv" | "sqlserver" | "mssql" | "tinytds" => "mssql",
        "sqlite" | "sqlite3" => "sqlite",
        "mongodb" => "mongodb",
        _ => return None,
    };
    Some(Expr::LibraryDefault(Spanned::new(scheme.to_string(), name.span)))
}

/// What may be a list of addresses, as one text.
#[must_use]
pub fn joined(value: Expr) -> Expr {
    match value.peel() {
        Expr::List(items) if items.len() == 1 => items.first().cloned().unwrap_or(value),
        Expr::Text(_) | Expr::Concat(_) | Expr::Url(..) | Expr::Read(_) => value,
        _ => Expr::Method(Box::new(value), Box::new(Method::Addresses)),
    }
}

/// `host` and `port` where a URL may stand in place of the host.
fn with_port(host: Expr, port: Expr) -> Expr {
    let scheme = Expr::Text(Spanned::new("://".to_string(), Span::NONE));
    let colon = Expr::Text(Spanned::new(":".to_string(), Span::NONE));
    let host = host.share();
    Expr::If(Box::new(IfExpr {
        condition: Condition::Contains(host.clone(), scheme),
        then: host.clone(),
        otherwise: Expr::Concat(vec![host, colon, port]),
        span: Span::NONE,
    }))
}
