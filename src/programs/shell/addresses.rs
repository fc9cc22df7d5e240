//! Which words are addresses, and which of them are the container's own.

use super::words::Word;
use crate::programs::{Expr, Method, hosts};

/// Values within values that are looked at: the same one may stand in many places.
const MAX_DEPTH: u8 = 6;

/// Whether the word can be an address: a URL, or a host with a port.
pub(super) fn is_address(word: &Word) -> bool {
    if let Some(text) = &word.text {
        return is_address_text(text);
    }
    let Expr::Concat(pieces) = word.value.peel() else { return may_be_address(&word.value) };
    let (Some(first), Some(second)) = (pieces.first(), pieces.get(1)) else { return false };
    match (first.peel(), second.peel()) {
        (Expr::Text(text), _) if text.value.contains("://") => true,
        // `db:$DB_PORT`
        (Expr::Text(text), port) => text.value.ends_with(':') && names(port, &["PORT"], MAX_DEPTH),
        // `$DB_HOST:5432`, `$API_URL/health`
        (value, Expr::Text(text)) => may_be_address(value) && text.value.starts_with([':', '/']),
        _ => false,
    }
}

fn is_address_text(text: &str) -> bool {
    if text.contains("://") {
        return true;
    }
    // `tcp:db:5432`; a port alone is one of the container's own.
    let text = text.strip_prefix("tcp:").unwrap_or(text);
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let port = port.split('/').next().unwrap_or(port);
    port.len() >= 2
        && port.chars().all(|c| c.is_ascii_digit())
        && host.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ',' | ':'))
}

/// Whether a variable holds an address, by its name or its default: others are credentials, payloads, flags.
fn may_be_address(value: &Expr) -> bool {
    const WORDS: &[&str] =
        &["URL", "URI", "DSN", "HOST", "ADDR", "ENDPOINT", "SERVER", "BROKER", "BOOTSTRAP"];
    names(value, WORDS, MAX_DEPTH)
}

/// Whether the variable's name has one of the words, or its default is an address.
fn names(value: &Expr, words: &[&str], depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match value.peel() {
        Expr::Read(read) => {
            let named = |name: &Expr| match name.peel() {
                Expr::Text(name) => words.iter().any(|word| name.value.to_ascii_uppercase().contains(word)),
                _ => false,
            };
            named(&read.name) || read.default.as_ref().is_some_and(|default| names(default, words, depth))
        }
        Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => all.iter().any(|one| names(one, words, depth)),
        Expr::If(branch) => names(&branch.then, words, depth) || names(&branch.otherwise, words, depth),
        Expr::Text(text) => is_address_text(&text.value),
        Expr::Concat(pieces) => pieces.first().is_some_and(|first| match first.peel() {
            Expr::Text(text) => text.value.contains("://"),
            first => names(first, words, depth),
        }),
        _ => false,
    }
}

/// `tcp://db:5432`, and `tcp:db:5432` as `wait-on` takes it, are dialled as they stand, whatever is spoken there.
pub(super) fn without_tcp(value: Expr) -> Expr {
    const STARTS: [&str; 2] = ["tcp://", "tcp:"];
    let first = match value.peel() {
        Expr::Concat(pieces) => pieces.first().cloned(),
        other => Some(other.clone()),
    };
    let Some(Expr::Text(text)) = first else { return value };
    match STARTS.iter().find(|start| text.value.starts_with(**start)) {
        Some(start) => Expr::Method(Box::new(value), Box::new(Method::RemovePrefix((*start).to_string()))),
        None => value,
    }
}

/// Whether the address is written as the container's own.
pub(super) fn is_loopback(target: &Expr) -> bool {
    match target.peel() {
        Expr::Url(parts, _) => parts.host.as_ref().is_some_and(is_loopback),
        Expr::Method(inner, _) => is_loopback(inner),
        _ => hosts::written(target).is_some_and(|start| hosts::reaches_itself(hosts::of_address(start))),
    }
}
