//! What the rules about dialling say alike: addresses and values to write.

use crate::facts::{Dial, HostKind, ServiceFacts, Target, protocol};
use crate::source::{Span, Text, Via};

/// The port of `sibling` that the dial should go to: the one it names if the sibling listens there,
/// else the sibling's own for the protocol, else the container side of the published port it names.
#[must_use]
pub fn port_to_dial(dial: &Dial<'_>, sibling: &ServiceFacts<'_>) -> Option<u16> {
    let port = dial.port();
    let named = port.filter(|port| sibling.listens_on(*port));
    let spoken = || dial.protocols.iter().find_map(|protocol| sibling.port_of(protocol));
    let published = || port.and_then(|port| sibling.published_as(port)).map(|entry| entry.target.0);
    named.or_else(spoken).or_else(published).or(port)
}

/// `host:port`, or the host alone.
#[must_use]
pub fn host_and_port(host: &str, port: Option<u16>) -> String {
    port.map_or_else(|| host.to_string(), |port| format!("{host}:{port}"))
}

/// The ports of the sibling for people: the one for the protocol if it is known, else all.
#[must_use]
pub fn ports_of(dial: &Dial<'_>, sibling: &ServiceFacts<'_>) -> String {
    if let Some(port) = port_to_dial(dial, sibling).filter(|port| sibling.listens_on(*port)) {
        return port.to_string();
    }
    listened(sibling)
}

/// All ports a service listens on, for people.
#[must_use]
pub fn listened(service: &ServiceFacts<'_>) -> String {
    let mut ports: Vec<(u16, u16)> = service.listeners.iter().map(|listener| listener.ports).collect();
    ports.sort_unstable();
    ports.dedup();
    let shown: Vec<String> = ports
        .iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    if shown.is_empty() { "a port that is not known".to_string() } else { shown.join(", ") }
}

/// The value that `variable` should have so that `dial` reaches `sibling`.
///
/// Where another variable of the service already holds a URL of that sibling, its credentials and
/// database are the right ones: that URL with this dial's scheme (and so the driver its client needs).
/// Else the default itself with the sibling's address. `None` when part of it is not known.
#[must_use]
pub fn value_to_set(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    variable: &str,
    sibling: &ServiceFacts<'_>,
) -> Option<String> {
    let name = &sibling.service.name.value;
    let port = port_to_dial(dial, sibling);
    // A variable that gives only a part of the address is told that part.
    if let Some(own) = given_by(dial, variable)
        && (dial.endpoint.scheme.is_none() || own != dial.endpoint.text.assumed())
    {
        return readdressed(&own, dial, name, port);
    }
    let Some(scheme) = dial.endpoint.scheme.as_ref() else {
        // Spread over variables: this one is the host alone, or the host with its port.
        let with_port = dial.endpoint.text.assumed().contains(':');
        return Some(host_and_port(name, port.filter(|_| with_port)));
    };
    let scheme = scheme.complete()?;
    let known = client
        .dials
        .iter()
        .filter(|other| other.sibling() == Some(name) && other.variable() != Some(variable));
    let model = known.filter_map(|other| {
        let same = protocol::of_scheme(&other.endpoint.scheme_name()?)? == protocol::of_scheme(&scheme)?;
        same.then_some(&other.endpoint)
    });
    let mut models = model.filter(|endpoint| !endpoint.text.has_hole());
    if let Some(model) = models.next() {
        let text = as_written(&model.text);
        let (_, rest) = text.split_once("://")?;
        return Some(format!("{scheme}://{rest}"));
    }
    let own = dial.endpoint.text.complete()?;
    (!own.is_empty()).then(|| dial.endpoint.with_address(name, port))
}

/// The part of the address that came by this variable or its default; `None` when none of it did.
fn given_by(dial: &Dial<'_>, variable: &str) -> Option<String> {
    let pieces = dial.endpoint.text.pieces().iter().filter(|piece| {
        let mut through = piece.origin.through.iter();
        through.any(|via| matches!(via, Via::Read { variable: name, .. } if &**name == variable))
    });
    let own: String = pieces.map(|piece| piece.text.as_str()).collect();
    (!own.trim().is_empty()).then_some(own)
}

/// A text with the dial's host and port in it, with those of the sibling in their place.
fn readdressed(text: &str, dial: &Dial<'_>, host: &str, port: Option<u16>) -> Option<String> {
    let address = dial.endpoint.address()?;
    let (before, after) = text.split_once(&address.host.complete()?)?;
    let after = match (address.port.as_ref().and_then(Text::complete), port) {
        (Some(old), Some(new)) => {
            let replaced = |lead: &str| after.replacen(&format!("{lead}{old}"), &format!("{lead}{new}"), 1);
            if after.starts_with(':') { replaced(":") } else { replaced("port=") }
        }
        _ => after.to_string(),
    };
    Some(format!("{before}{host}{after}"))
}

/// A text as it could be written into a compose file: what Compose interpolated is the reference
/// again, so that a secret of the host stays there.
#[must_use]
pub fn as_written(text: &Text) -> String {
    let mut written = String::new();
    let mut last = Span::NONE;
    for piece in text.pieces() {
        let reference = piece.origin.through.iter().rev().find_map(|via| match via {
            Via::Interpolation { variable, span, fallback } => Some((variable, *span, *fallback)),
            _ => None,
        });
        match reference {
            Some((_, span, _)) if span == last && !span.is_none() => {}
            Some((variable, span, true)) if !piece.text.is_empty() => {
                written.push_str(&format!("${{{variable}:-{}}}", piece.text));
                last = span;
            }
            Some((variable, span, _)) => {
                written.push_str(&format!("${{{variable}}}"));
                last = span;
            }
            None => {
                written.push_str(&piece.text.replace('$', "$$"));
                last = Span::NONE;
            }
        }
    }
    written
}

/// Whether a host name is one that documentation uses for "put yours here".
#[must_use]
pub fn is_placeholder(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let word = |word: &str| {
        matches!(
            word,
            "your"
                | "my"
                | "example"
                | "changeme"
                | "placeholder"
                | "xxx"
                | "todo"
                | "hostname"
                | "host"
                | "domain"
                | "ip"
        )
    };
    host.split(['-', '_', '.']).any(word) || host.contains(['<', '>', '{', '}', '*', '$', '%'])
}

/// The single-label host of a dial, if it is one.
#[must_use]
pub fn label(dial: &Dial<'_>) -> Option<String> {
    match dial.host() {
        HostKind::Label(label) => Some(label),
        _ => None,
    }
}

/// Whether a dial is known to reach the sibling or somebody.
#[must_use]
pub fn reaches_somebody(dial: &Dial<'_>) -> bool {
    matches!(dial.target, Some(Target::Sibling(_) | Target::Itself | Target::Declared))
}
