//! The right host, but a port on which it does not listen.

use super::prelude::*;
use super::{redirect, wiring};
use crate::facts::{Listener, ListenerSource};

rule!("wrong-port", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        for dial in &client.dials {
            let Some(target) = dial.sibling().and_then(|sibling| cx.facts.service(sibling)) else { continue };
            let Some(port) =
                dial.port().filter(|port| !target.listens_on(*port) && !target.may_listen_on(*port))
            else {
                continue;
            };
            if let Some((finding, right)) = finding(client, dial, target, port) {
                out.push(redirect::with_port(cx, finding, dial, right).at_most(dial.sureness));
            }
        }
    }
}

fn finding(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    target: &ServiceFacts<'_>,
    port: u16,
) -> Option<(Finding, u16)> {
    let (service, host) = (&client.service.name.value, &target.service.name.value);
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
    let finding = RULE
        .finding(place, format!("`{service}` dials `{host}` on port {port}, but {why}"))
        .service(service.clone())
        .here(format!("`{host}` does not listen on {port}"))
        .help(format!("write port {right} in place of {port}"))
        .at_most(confidence)
        .evidence(format!("{host}:{port}"));
    let finding = match published {
        Some(entry) => {
            finding.also(entry.origin.written, format!("publishes port {right} of the container as {port}"))
        }
        None => finding
            .also(target.service.name.span, format!("`{host}` listens on {}", wiring::listened(target))),
    };
    Some((finding, right))
}

/// The one port that the target's code opens, where all else that is said of its ports agrees.
fn opened(target: &ServiceFacts<'_>) -> Option<u16> {
    let by_code = |listener: &&Listener| listener.source == ListenerSource::Program;
    let (opened, said): (Vec<&Listener>, Vec<&Listener>) = target.listeners.iter().partition(by_code);
    let port = opened.first()?.ports.0;
    let agree = opened.iter().all(|listener| listener.ports.0 == port)
        && said.iter().all(|listener| listener.ports == (port, port));
    (agree && !said.is_empty()).then_some(port)
}
