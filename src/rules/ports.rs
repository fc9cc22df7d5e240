//! Which ports are wrong to dial, for the rules that say so of programs and of proxies.

use super::prelude::*;
use super::wiring;
use crate::facts::{Listener, ListenerSource, ToldBy};

/// A port on which the service that is dialled does not listen.
pub struct Port<'a> {
    /// The port.
    pub dialled: u16,
    /// The one to write.
    pub right: u16,
    /// Why, as a clause: "it listens on 8000".
    pub why: String,
    /// Where it is written, or the host that has it for its default.
    pub place: Span,
    /// How sure it is.
    pub confidence: Confidence,
    published: Option<&'a crate::compose::Port>,
}

impl Port<'_> {
    /// The finding with the place that says where the target listens.
    #[must_use]
    pub fn explain(&self, finding: Finding, target: &ServiceFacts<'_>) -> Finding {
        let host = &target.service.name;
        match self.published {
            Some(entry) => finding.also(
                entry.origin.written,
                format!("publishes port {} of the container as {}", self.right, self.dialled),
            ),
            None => {
                finding.also(host.span, format!("`{}` listens on {}", host.value, wiring::listened(target)))
            }
        }
    }
}

/// What is wrong with the port of a dial that reaches `target`, if anything is.
#[must_use]
pub fn wrong<'a>(dial: &Dial<'_>, target: &ServiceFacts<'a>) -> Option<Port<'a>> {
    if let Some(port) = of_another(dial, target) {
        return Some(port);
    }
    let port = dial.port().filter(|port| !target.listens_on(*port) && !target.may_listen_on(*port))?;
    let published = target.published_as(port);
    let by_image = target.listeners.iter().any(|listener| listener.source == ListenerSource::Image);
    let spoken = dial.protocols.iter().any(|protocol| target.speaks(protocol));
    // Of an image that is not known, only the mapping says anything: published port for container port.
    let (confidence, right) = match published {
        // What a proxy listens on is said in a configuration that is mounted.
        Some(entry) if target.image.is_some_and(|image| image.open_ports) => {
            (Confidence::Possible, Some(entry.target.0))
        }
        Some(entry) => (Confidence::Likely, Some(entry.target.0)),
        None if by_image && spoken => (Confidence::Likely, wiring::port_to_dial(dial, target)),
        None => (Confidence::Likely, Some(opened(target)?)),
    };
    let right = right.filter(|right| *right != port)?;
    let why = match published {
        Some(_) => format!("{port} is the port it is published as on the host; inside it listens on {right}"),
        None => format!("it listens on {}", wiring::listened(target)),
    };
    let written = dial.endpoint.address().and_then(|address| address.port.as_ref()).map(Text::span);
    let place = written.filter(|span| !span.is_none()).unwrap_or(dial.place);
    Some(Port { dialled: port, right, why, place, confidence, published })
}

/// A port on which the target speaks something else than the client, as RabbitMQ's management does: what the client
/// speaks it speaks on another.
fn of_another<'a>(dial: &Dial<'_>, target: &ServiceFacts<'a>) -> Option<Port<'a>> {
    let dialled = dial.port()?;
    let mut at = target.listeners.iter().filter(|listener| listener.covers(dialled));
    let spoken = at.find(|listener| listener.source == ListenerSource::Image)?.protocol.as_deref()?;
    if dial.protocols.contains(&spoken) {
        return None;
    }
    // Both speak over HTTP, or the client can do both.
    let web = |protocol: &str| matches!(protocol, "http" | "https" | "grpc" | "elasticsearch");
    let [protocol] = dial.protocols.as_slice() else { return None };
    let right = target.port_of(protocol).filter(|right| *right != dialled && target.speaks(protocol))?;
    if web(protocol) && web(spoken) {
        return None;
    }
    let written = dial.endpoint.address().and_then(|address| address.port.as_ref()).map(Text::span);
    let place = written.filter(|span| !span.is_none())?;
    let why = format!("there it speaks {spoken}; {protocol} it speaks on {right}");
    Some(Port { dialled, right, why, place, confidence: Confidence::Likely, published: None })
}

/// The one port that the target's code opens, where all else that is said of its ports agrees; where nothing is said,
/// all that it opens must be known.
fn opened(target: &ServiceFacts<'_>) -> Option<u16> {
    let by_code = |listener: &&Listener| listener.source == ListenerSource::Program;
    let (opened, said): (Vec<&Listener>, Vec<&Listener>) = target.listeners.iter().partition(by_code);
    let port = opened.first()?.ports.0;
    let agree = opened.iter().all(|listener| listener.ports.0 == port)
        && said.iter().all(|listener| listener.ports == (port, port));
    let alone =
        || target.known_ports().is_some_and(|(ports, sure)| ports == [port] && sure >= Confidence::Likely);
    // An option of the one server that it starts says enough by itself.
    let told = || {
        let mut bound = target.bound.iter();
        let by_option = bound.any(|bound| matches!(bound.by, ToldBy::Option(_)) && bound.port == Some(port));
        by_option && target.known_ports().is_some_and(|(ports, _)| ports == [port])
    };
    (agree && (!said.is_empty() || alone() || told())).then_some(port)
}
