//! Addresses that are no URLs.

use super::{Address, Endpoint, addresses, parameters};
use crate::source::Text;

impl Endpoint {
    /// Reads the first of addresses behind labels, as Redis Commander takes them: `label:host:port:database:password`.
    #[must_use]
    pub fn from_labelled(text: &Text, scheme: &str) -> Option<Self> {
        let whole = text.assumed();
        let first = whole.split(',').next()?;
        let mut places = Vec::new();
        let mut at = 0;
        for part in first.split(':') {
            places.push((at, at + part.len()));
            at += part.len() + 1;
        }
        let part = |index: usize| places.get(index).map(|(from, to)| text.slice(*from, *to));
        let host = part(1).filter(|host| !host.assumed().is_empty())?;
        Some(Self {
            scheme: Some(Text::known(scheme, crate::source::Origin::default())),
            hosts: vec![Address { host, port: part(2) }],
            database: part(3),
            password: part(4),
            text: text.clone(),
            ..Self::default()
        })
    }

    /// Reads what Go's MySQL driver takes: `user:password@tcp(host:port)/database?parameters`.
    #[must_use]
    pub fn from_dsn(text: &Text) -> Option<Self> {
        let whole = text.assumed();
        // `user:password@(host:port)/database` says no network, which is TCP then.
        let (open, from) = match (whole.starts_with("tcp("), whole.find("@tcp("), whole.find("@(")) {
            (true, ..) => (0, "tcp(".len()),
            (_, Some(at), _) => (at + 1, at + "@tcp(".len()),
            (_, None, Some(at)) if !whole.contains("://") => (at + 1, at + "@(".len()),
            _ => return None,
        };
        let close = from + whole.get(from..)?.find(')')?;
        let rest = whole.get(close + 1..)?.strip_prefix('/')?;
        let start = close + 2;
        let query = start + rest.find('?').unwrap_or(rest.len());
        let mut endpoint = Self {
            hosts: addresses(text, &whole, from, close),
            database: Some(text.slice(start, query)),
            parameters: parameters(text, &whole, query, whole.len()),
            text: text.clone(),
            ..Self::default()
        };
        if let Some(at) = open.checked_sub(1) {
            // GoFrame writes the driver before it: `mysql:user:password@tcp(host:port)/database`.
            let login = whole.get(..at)?;
            let driver = login.strip_prefix("mysql:").filter(|rest| rest.contains(':'));
            let start = driver.map_or(0, |_| "mysql:".len());
            let colon = login.get(start..)?.find(':').map(|colon| start + colon);
            endpoint.user = Some(text.slice(start, colon.unwrap_or(at)));
            endpoint.password = colon.map(|colon| text.slice(colon + 1, at));
        }
        (!endpoint.hosts.is_empty()).then_some(endpoint)
    }
}
