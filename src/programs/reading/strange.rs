//! Calls of which nothing is known, handed an address: what else would something that is called `create` or `Client` do with
//! `http://localhost:4318` than dial it? And addresses of hosts of one word, wherever they are written.

use super::given::Arguments;
use crate::programs::hosts::{begins_with_port, is_loopback, is_own_with_port};
use crate::programs::{Expr, Sink, SinkKind, UrlParts};
use crate::source::{SourceFile, Span, Spanned};

/// Calls, by the last word of their names, that are given addresses which they do not dial.
const QUIET: [&str; 44] = [
    "redirect",
    "redirect_to",
    "to",
    "away",
    "header",
    "headers",
    "url",
    "asset",
    "route",
    "link",
    "link_to",
    "origins",
    "origin",
    "allow",
    "hosts",
    "log",
    "info",
    "debug",
    "warn",
    "warning",
    "error",
    "puts",
    "print",
    "echo",
    "line",
    "write",
    "add",
    "push",
    "append",
    "include",
    "expect",
    "assert",
    "assertEquals",
    "assertSame",
    "replace",
    "gsub",
    "sub",
    "listen",
    "bind",
    "serve",
    "with",
    "setReturnUrl",
    "render",
    "define",
];

/// Names under which addresses are handed over.
const KEYS: [&str; 22] = [
    "url",
    "uri",
    "endpoint",
    "host",
    "hosts",
    "hostname",
    "address",
    "addresses",
    "server",
    "servers",
    "base_uri",
    "base_url",
    "baseuri",
    "baseurl",
    "target",
    "nodes",
    "brokers",
    "dsn",
    "uris",
    "urls",
    "api_url",
    "service_url",
];

/// Records within records are looked at this deep.
const MAX_DEPTH: usize = 3;
/// Addresses of one call beyond this number are left out.
const MAX_OF_CALL: usize = 4;

/// What a call of this name, of which nothing else is known, may dial.
#[must_use]
pub fn handed(callee: &Spanned<String>, arguments: &Arguments, span: Span) -> Vec<Sink> {
    let last = callee.value.rsplit(['.', ':', '\\', '>']).next().unwrap_or("");
    if QUIET.contains(&last) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for given in arguments.0.iter().take(6).filter(|given| !given.splat) {
        let named = given.name.as_ref().is_none_or(|name| is_key(&name.value));
        match given.value.peel() {
            Expr::Record(_) | Expr::List(_) => within(&given.value, 0, &mut found),
            _ if named && (is_own_with_port(&given.value) || is_named(&given.value)) => {
                found.push(given.value.clone())
            }
            _ => {}
        }
    }
    // `('localhost', 8086)`
    if let (Some(Expr::Text(host)), Some(port @ Expr::Number(_))) = (arguments.at(0), arguments.at(1))
        && is_loopback(&host.value)
    {
        found.push(in_parts(&Expr::Text(host.clone()), port));
    }
    found.truncate(MAX_OF_CALL);
    let sink =
        |target| Sink { kind: SinkKind::Call, target, arguments: Vec::new(), callee: callee.clone(), span };
    found.into_iter().map(sink).collect()
}

/// Words of a line in which an address may have something else in its place, or is one that people are sent to.
const OTHERWISE: [&str; 16] = [
    "env", "ENV", "||", "??", "?:", " ? ", "default", "fetch", "getopt", "test", "redirect", "header(",
    "Location", "rigin", "href", "link",
];

/// A text that is the URL of a host of one word, or of the container itself: nobody but programs beside this one has such names,
/// and what is written is dialled unless something else takes its place. `from` and `to` are where it stands in the file.
#[must_use]
pub fn literal(file: &SourceFile, from: usize, to: usize) -> Option<Sink> {
    let text = file.text.get(from..to).filter(|text| text.len() < 500)?;
    let sign = text.find("://")?;
    let line = file.text.get(..from)?.rfind('\n').map_or(0, |at| at + 1);
    let end = file.text.get(to..)?.find('\n').map_or(file.text.len(), |at| to + at);
    let line = file.text.get(line..end)?;
    if OTHERWISE.iter().any(|word| line.contains(word)) {
        return None;
    }
    let (begin, end) = named(text, sign)?;
    let value = text.get(begin..end)?.to_string();
    let span = file.slice(from + begin, from + end);
    let callee = Spanned::new(value.clone(), span);
    let target = Expr::Text(Spanned::new(value, span));
    Some(Sink { kind: SinkKind::Call, target, arguments: Vec::new(), callee, span })
}

/// Whether a file is worth reading for such addresses.
#[must_use]
pub fn concerns(text: &str) -> bool {
    text.match_indices("://").take(200).any(|(at, _)| {
        let rest = text.get(at + 3..).unwrap_or("");
        let end = rest.find(|c: char| !is_of_name(c) && c != '.').unwrap_or(rest.len());
        let (host, behind) = rest.split_at(end);
        (!host.contains('.') || is_loopback(host)) && begins_with_port(behind)
    })
}

/// Where a URL begins and ends in a text whose host is one word with a port; `sign` is where its `://` stands.
fn named(line: &str, sign: usize) -> Option<(usize, usize)> {
    const SCHEMES: [&str; 10] =
        ["http", "https", "ws", "wss", "redis", "amqp", "mongodb", "postgres", "postgresql", "mysql"];
    let before = line.get(..sign)?;
    let begin = before.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let quoted = before.get(..begin).is_some_and(|before| before.ends_with(['"', '\'']));
    let rest = line.get(sign + 3..)?;
    let end = rest.find(|c: char| !is_of_name(c) && c != '.').unwrap_or(rest.len());
    let (host, behind) = rest.split_at(end);
    let word =
        is_loopback(host) || host.starts_with(|c: char| c.is_ascii_alphabetic()) && !host.contains('.');
    let known = SCHEMES.contains(&before.get(begin..)?) && quoted && word && begins_with_port(behind);
    let stop = rest.find(|c: char| c.is_whitespace() || "\"'`{$#<>\\".contains(c)).unwrap_or(rest.len());
    known.then_some((begin, sign + 3 + stop))
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn is_key(name: &str) -> bool {
    let plain = name.to_ascii_lowercase();
    KEYS.contains(&plain.as_str())
        || ["_url", "url", "_host", "_endpoint"].iter().any(|end| plain.ends_with(end))
}

/// The addresses of the container itself within options.
fn within(options: &Expr, depth: usize, out: &mut Vec<Expr>) {
    let fields = match options.peel() {
        Expr::Record(fields) => fields,
        Expr::List(items) if depth < MAX_DEPTH => {
            for item in items.iter().take(8) {
                match item.peel() {
                    Expr::Record(_) | Expr::List(_) => within(item, depth + 1, out),
                    _ if is_own_with_port(item) => out.push(item.clone()),
                    _ => {}
                }
            }
            return;
        }
        _ => return,
    };
    let field = |names: &[&str]| {
        let mut known =
            fields.iter().filter(|(name, _)| names.contains(&name.value.to_ascii_lowercase().as_str()));
        known.next().map(|(_, value)| value)
    };
    if let (Some(host), Some(port)) = (field(&["host", "hostname"]), field(&["port"]))
        && matches!(host.peel(), Expr::Text(text) if is_loopback(&text.value))
    {
        out.push(in_parts(host, port));
        return;
    }
    for (name, value) in fields.iter().take(40) {
        match value.peel() {
            Expr::Record(_) | Expr::List(_) if depth < MAX_DEPTH => within(value, depth + 1, out),
            _ if is_key(&name.value) && is_own_with_port(value) => out.push(value.clone()),
            _ => {}
        }
    }
}

fn in_parts(host: &Expr, port: &Expr) -> Expr {
    let (host, port) = (Some(host.clone()), Some(port.clone()));
    Expr::Url(Box::new(UrlParts { host, port, ..UrlParts::default() }), Span::NONE)
}

/// Whether it is a name of the program's, which may be an address.
fn is_named(value: &Expr) -> bool {
    matches!(value.peel(), Expr::Own(_) | Expr::Imported { .. })
}
