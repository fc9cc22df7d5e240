//! What the rules about dialling say alike: addresses and values to write.

use super::Context;
use crate::compose::{EnvFile, EnvironmentForm};
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
    let first = || sibling.listeners.first().map(|listener| listener.ports.0).filter(|_| dial.is_loopback());
    named.or_else(spoken).or_else(published).or_else(first).or(port)
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
    let Some(scheme) = dial.endpoint.scheme.as_ref().filter(|scheme| comes_from(scheme, variable)) else {
        let own = dial.endpoint.text.assumed();
        let whole = comes_from(&dial.endpoint.text.slice(0, 1), variable);
        if dial.endpoint.scheme.is_none() && own.contains('=') && whole {
            dial.endpoint.text.complete()?;
            return Some(dial.endpoint.with_address(name, port));
        }
        // Spread over variables: this one is the host alone, or the host with its port.
        let with_port = match dial.endpoint.address() {
            Some(address) if dial.endpoint.scheme.is_some() => {
                address.port.as_ref().is_some_and(|port| comes_from(port, variable))
            }
            _ => own.contains(':'),
        };
        return Some(host_and_port(name, port.filter(|_| with_port)));
    };
    let scheme = scheme.complete()?;
    let known = client
        .dials
        .iter()
        .filter(|other| other.sibling() == Some(name) && other.variable() != Some(variable));
    let model = known.filter_map(|other| {
        let same = protocol::of_scheme(&other.endpoint.scheme_name()?)? == protocol::of_scheme(&scheme)?;
        (same && other.endpoint.prefix() == dial.endpoint.prefix()).then_some(&other.endpoint)
    });
    let mut models = model.filter(|endpoint| !endpoint.text.has_hole());
    if let Some(model) = models.next() {
        let text = as_written(&model.text);
        let (_, rest) = text.split_once("://")?;
        return Some(format!("{}{scheme}://{rest}", dial.endpoint.prefix()));
    }
    let own = dial.endpoint.text.complete()?;
    (!own.is_empty()).then(|| dial.endpoint.with_address(name, port))
}

/// Whether the variable gives the text, or would give it if it was set.
fn comes_from(text: &Text, variable: &str) -> bool {
    let mut steps = text.pieces().iter().flat_map(|piece| &piece.origin.through);
    steps.any(|via| match via {
        Via::Read { variable: read, .. } | Via::Setting { variable: read, .. } => **read == *variable,
        _ => false,
    })
}

/// The entry that sets the variable, in the form that the service's `environment` has.
#[must_use]
pub fn entry(client: &ServiceFacts<'_>, variable: &str, value: &str) -> String {
    match client.service.environment.form {
        EnvironmentForm::List => format!("- {variable}={value}"),
        _ => format!("{variable}: {value}"),
    }
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

/// Whether something beside the project hands the file to Compose itself (`--env-file`), so that references see
/// what it sets.
#[must_use]
pub fn is_handed(cx: &Context<'_>, file: &EnvFile) -> bool {
    let name = file.file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| cx.project.handed.contains(name))
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
