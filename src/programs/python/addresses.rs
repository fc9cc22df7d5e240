//! Addresses that are handed over in pieces: pairs of host and port, and records of them.

use crate::programs::Expr;
use crate::source::{Span, Spanned};

/// The address of a record that has a host, of a list of such records, and of pairs where the client takes them, as
/// texts; any other value stays.
pub(super) fn address(value: Expr, pairs: bool) -> Expr {
    if let Some(whole) = one(&value, pairs) {
        return whole;
    }
    let Expr::List(items) = value.peel() else { return value };
    let made: Vec<Option<Expr>> = items.iter().map(|item| one(item, pairs)).collect();
    match made.iter().any(Option::is_some) {
        true => {
            Expr::List(made.into_iter().zip(items).map(|(made, item)| made.unwrap_or(item.clone())).collect())
        }
        false => value,
    }
}

/// One address: `("redis", 6379)`, `{"host": "search", "port": 9200}`.
fn one(value: &Expr, pairs: bool) -> Option<Expr> {
    let compound = |value: &Expr| matches!(value.peel(), Expr::List(_) | Expr::Record(_));
    match value.peel() {
        Expr::List(items) if pairs => match items.as_slice() {
            [host, port] if !compound(host) && !compound(port) => Some(with_port(host, Some(port))),
            _ => None,
        },
        Expr::Record(fields) => {
            let field =
                |name: &str| fields.iter().rev().find(|(key, _)| key.value == name).map(|(_, value)| value);
            Some(with_port(field("host")?, field("port")))
        }
        _ => None,
    }
}

fn with_port(host: &Expr, port: Option<&Expr>) -> Expr {
    let colon = || Expr::Text(Spanned::new(":".to_string(), Span::NONE));
    match port {
        Some(port) => Expr::Concat(vec![host.clone(), colon(), port.clone()]),
        None => host.clone(),
    }
}
