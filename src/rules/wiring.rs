//! What the rules about dialling say alike: addresses and values to write.

use super::Context;
use crate::compose::EnvironmentForm;
use crate::facts::{By, Dial, HostKind, ServiceFacts, Target, protocol};
use crate::finding::{Confidence, Edit};
use crate::source::{Certainty, Span, Text, Via};

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

/// Who says what a dial says: its variable, the configuration, or the program.
#[must_use]
pub fn who(dial: &Dial<'_>) -> String {
    match dial.variable() {
        Some(name) => format!("`{name}`"),
        None if dial.is_configured() => "the configuration".to_string(),
        None => "the program".to_string(),
    }
}

/// Who says a part of what a dial says: the variable that holds the part, which need not be that of the host.
#[must_use]
pub fn who_says(client: &ServiceFacts<'_>, dial: &Dial<'_>, part: &Text) -> String {
    let origin = part.origin();
    let through = origin.and_then(|origin| origin.read().or_else(|| origin.fallback_read()));
    if let Some((variable, _)) = through {
        return format!("`{variable}`");
    }
    let written = part.span();
    let holds = |text: &Text| {
        !written.is_none() && text.pieces().iter().any(|piece| piece.origin.written.contains(written))
    };
    let mut all = client.environment.iter();
    match all.find(|(_, effective)| effective.value().is_some_and(holds)) {
        Some((name, _)) => format!("`{name}`"),
        None => who(dial),
    }
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

/// How sure it is that nobody answers; `None` when it should not be said at all.
#[must_use]
pub fn nobody_answers(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Confidence> {
    let host = &dial.endpoint.address()?.host;
    let fallback = dial.host_origin().is_some_and(|origin| origin.unset_read().is_some());
    let setting = dial.host_origin().is_some_and(|origin| origin.setting().is_some());
    let outside = cx.project.variant
        || cx.project.remote().next().is_some()
        || cx.facts.reach.sees_outside(client.key)
        || label(dial).is_some_and(|label| cx.project.elsewhere.contains(&label));
    Some(match (&dial.by, host.certainty()) {
        (_, Certainty::Unknown) => return None,
        // The program's own default or setting, and what the program does with it is not seen.
        (By::Read(..), _) if fallback || setting => Confidence::Possible,
        _ if outside || dial.may_be_public() => Confidence::Possible,
        (_, Certainty::Depends(_)) => Confidence::Likely,
        _ if fallback || dial.speaks_web() => Confidence::Likely,
        _ => Confidence::Certain,
    })
}

/// The names of the other services that run.
#[must_use]
pub fn others<'a>(cx: &Context<'a>, client: &ServiceFacts<'_>) -> Vec<&'a str> {
    cx.facts.active().map(|facts| facts.key).filter(|name| *name != client.key).collect()
}

/// The service that a host which nobody has probably means: one of a like name, or one that does what is asked.
#[must_use]
pub fn probably<'a>(
    cx: &Context<'a>,
    client: &ServiceFacts<'a>,
    dial: &Dial<'a>,
    host: &str,
) -> Option<&'a str> {
    // Names of very different length are never so near, and there may be thousands.
    let alike =
        others(cx, client).into_iter().filter(|name| name.len().abs_diff(host.len()) <= 1 + host.len() / 3);
    let near = alike.filter(|name| strsim::jaro_winkler(name, host) > 0.85);
    let near = near.max_by(|a, b| strsim::jaro_winkler(a, host).total_cmp(&strsim::jaro_winkler(b, host)));
    near.or_else(|| cx.facts.meant(client, dial).first().map(|facts| facts.key))
}

/// Names for people, the first of them if they are many.
#[must_use]
pub fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(6).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(6);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// The edit that writes another text in place of one that stands in a file as it is used; `None` where it does not,
/// or came there by a reference, and where it is somebody else's, too.
#[must_use]
pub fn replaced(text: &Text, value: &str) -> Option<Vec<Edit>> {
    let [piece] = text.pieces() else { return None };
    let (span, length) = (piece.origin.written, piece.text.len());
    let straight = piece.origin.through.is_empty() && !span.is_none() && span.len() as usize == length;
    straight.then(|| vec![Edit { span, text: value.to_string() }])
}
