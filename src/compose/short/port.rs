//! `ports` in the short form: `[[IP:]HOST:]CONTAINER[/PROTOCOL]`, and ranges of ports.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::Unreadable;
use crate::source::Text;

/// A short form taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The address of the host, without brackets.
    pub host_ip: Option<String>,
    /// First and last port of the host.
    pub published: Option<(u16, u16)>,
    /// First and last port of the container.
    pub target: (u16, u16),
    /// In lower case.
    pub protocol: String,
    /// The bytes where the port of the host is written.
    pub published_at: Range<usize>,
    /// The bytes where the port of the container is written.
    pub target_at: Range<usize>,
}

/// One of the ports that a short form stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The port of the container.
    pub target: u16,
    /// The port of the host, or the range from which Docker takes one.
    pub published: Option<String>,
}

impl Ports {
    /// The ports one by one, as Compose lists them.
    pub fn mappings(&self) -> impl Iterator<Item = Mapping> + '_ {
        let (first, last) = self.target;
        (first..=last).map(move |target| {
            let published = self.published.map(|(from, to)| {
                if first == last && from != to {
                    format!("{from}-{to}")
                } else {
                    (u32::from(from) + u32::from(target - first)).to_string()
                }
            });
            Mapping { target, published }
        })
    }
}

/// Takes a short form apart.
///
/// # Errors
/// When a port is no number from 0 to 65535, a range runs backwards or is as long as the other
/// one is not, the address is no IP address, or the protocol is unknown.
pub fn parse(text: &str) -> Result<Ports, Unreadable> {
    let container = text.rfind(':').map_or(0, |at| at + 1);
    let before = &text[..container.saturating_sub(1)];
    let host = before.rfind(':').map_or(0, |at| at + 1);
    let address = &before[..host.saturating_sub(1)];
    let (target, protocol) = split_protocol(&text[container..]);
    if target.is_empty() {
        return Err(Unreadable::new("names no port of the container"));
    }
    let protocol = protocol.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(Unreadable::new(format!(
            "has the unknown protocol `{protocol}`; write `tcp`, `udp` or `sctp`"
        )));
    }
    let ports = range(target)?;
    // What a sample leaves to be filled in is some address or port of the host.
    let filled_in = |text: &&str| text.contains(Text::HOLE);
    let published = Some(&before[host..]).filter(|text| !text.is_empty() && !filled_in(text));
    let published = published.map(range).transpose()?;
    if let Some(published) = published
        && published.1 - published.0 != ports.1 - ports.0
        && ports.0 != ports.1
    {
        return Err(Unreadable::new("maps ranges of different length"));
    }
    Ok(Ports {
        host_ip: if filled_in(&address) { None } else { ip(address)? },
        published,
        target: ports,
        protocol,
        published_at: host..before.len(),
        target_at: container..container + target.len(),
    })
}

fn split_protocol(text: &str) -> (&str, &str) {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    (port, if protocol.is_empty() { "tcp" } else { protocol })
}

fn range(text: &str) -> Result<(u16, u16), Unreadable> {
    let port = |text: &str| {
        // A plus sign is taken, as Go takes it.
        text.parse::<u16>()
            .ok()
            .ok_or_else(|| Unreadable::new(format!("has `{text}` where a port from 0 to 65535 must stand")))
    };
    let Some((first, last)) = text.split_once('-') else { return port(text).map(|port| (port, port)) };
    let (first, last) = (port(first)?, port(last)?);
    if last < first {
        return Err(Unreadable::new(format!("has the range `{text}`, which runs backwards")));
    }
    Ok((first, last))
}

fn ip(text: &str) -> Result<Option<String>, Unreadable> {
    if text.is_empty() {
        return Ok(None);
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if is_ip(bare) {
        return Ok(Some(bare.to_string()));
    }
    Err(Unreadable::new(format!("has `{text}` where an IP address must stand")))
}

/// Whether the text is an IP address as Go's `net.ParseIP` reads it.
#[must_use]
pub fn is_ip(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(text: &str) -> Option<Vec<(u16, String)>> {
        let ports = parse(text).ok()?;
        Some(ports.mappings().map(|it| (it.target, it.published.unwrap_or_default())).collect())
    }

    #[test]
    fn short_forms() {
        let one = |target, published: &str| Some(vec![(target, published.to_string())]);
        assert_eq!(mapped("80"), one(80, ""));
        assert_eq!(mapped(":80"), one(80, ""));
        assert_eq!(mapped("8080:80/UDP"), one(80, "8080"));
        assert_eq!(mapped("127.0.0.1::80"), one(80, ""));
        assert_eq!(mapped("[::1]:8080:80"), one(80, "8080"));
        assert_eq!(mapped("::1:8080:80"), one(80, "8080"));
        assert_eq!(mapped(&format!("{0}:{0}:80", Text::HOLE)), one(80, ""));
        assert_eq!(mapped("8000-8010:80"), one(80, "8000-8010"));
        assert_eq!(mapped("81-82:1-2"), Some(vec![(1, "81".to_string()), (2, "82".to_string())]));
        for bad in ["", "a", "80:", "1-3:1-2", "3-1", "70000", "80/quic", "host:80:80", "80 ", "-1"] {
            assert_eq!(mapped(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_range_at_the_end_of_the_ports_does_not_overflow() {
        assert_eq!(mapped("65534-65535:65534-65535").map(|ports| ports.len()), Some(2));
    }
}
