//! What the hosts of addresses mean to the container that dials them or listens on them.

use super::expr::Expr;

/// Whether a host, with or without the brackets of IPv6, is the container itself.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || host == "::1"
        || host.strip_prefix("127.").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// Whether a client that dials a host reaches its own container: the loopback, or every interface of the machine.
#[must_use]
pub fn reaches_itself(host: &str) -> bool {
    is_loopback(host) || matches!(host, "0.0.0.0" | "::" | "[::]")
}

/// The host of an address, with the brackets of IPv6: of a URL, of `host:port`, of `host`.
#[must_use]
pub fn of_address(address: &str) -> &str {
    split(address).0
}

/// The same, and what is written behind the host.
fn split(address: &str) -> (&str, &str) {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.find(['/', '?', '#', ',']).unwrap_or(rest.len());
    let host = rest[..authority].rfind('@').map_or(0, |at| at + 1);
    let rest = &rest[host..];
    let end = match rest.find(']') {
        Some(end) if rest.starts_with('[') => end + 1,
        _ => rest.find([':', '/', '?', '#', ',']).unwrap_or(rest.len()),
    };
    rest.split_at(end)
}

/// Whether a value begins, as it is written, with an address of the container itself: `localhost:8080`, `http://localhost`.
pub(super) fn is_own(value: &Expr) -> bool {
    written(value).is_some_and(|start| is_loopback(of_address(start)))
}

/// The same of an address that names a port, too.
pub(super) fn is_own_with_port(value: &Expr) -> bool {
    written(value).is_some_and(|start| {
        let (host, behind) = split(start);
        is_loopback(host) && begins_with_port(behind)
    })
}

/// Whether what is written behind a host begins with a port: `:8080/x`.
pub(super) fn begins_with_port(behind: &str) -> bool {
    behind.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()))
}

/// What is written at the start of a value.
pub(super) fn written(value: &Expr) -> Option<&str> {
    match value.peel() {
        Expr::Text(text) => Some(&text.value),
        Expr::Concat(parts) => match parts.first().map(Expr::peel) {
            Some(Expr::Text(text)) => Some(&text.value),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for own in ["localhost", "LOCALHOST", "127.0.0.1", "127.1", "::1", "[::1]"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["", "db", "localhost.example", "127.example", "0.0.0.0", "10.0.0.1", "localhosts"] {
            assert!(!is_loopback(other), "{other}");
        }
        assert!(reaches_itself("0.0.0.0") && reaches_itself("localhost") && !reaches_itself("db"));
    }

    #[test]
    fn addresses() {
        for (address, host) in [
            ("http://a:1/x", "a"),
            ("redis://u:p@b:6379/0", "b"),
            ("redis://:p/b", ""),
            ("[::1]:80", "[::1]"),
            ("c", "c"),
            ("kafka://d:1,e:2", "d"),
            ("", ""),
        ] {
            assert_eq!(of_address(address), host, "{address}");
        }
    }
}
