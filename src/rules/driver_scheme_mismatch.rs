//! The URL that reaches a client has a scheme that the client refuses.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::{By, ListenerSource, drivers};

rule!("driver-scheme-mismatch", check);

/// Protocols of servers that speak no other: who speaks one to the server of another gets no answer.
const APART: [&str; 6] = ["postgresql", "mysql", "mssql", "mongodb", "redis", "amqp"];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for client in cx.facts.active() {
        for dial in &client.received {
            let By::Sink(module, sink) = dial.by else { continue };
            let Some(scheme) = dial.endpoint.scheme_name() else { continue };
            let caller = drivers::Caller::of(module, sink);
            let Some(refusal) = drivers::refusal(caller, &scheme, dial.endpoint.prefix()) else { continue };
            let written = dial.endpoint.scheme.as_ref();
            let span = written.map_or(dial.place, Text::span);
            if !seen.insert((client.key, sink.callee.span, span)) {
                continue;
            }
            let service = &client.service.name.value;
            let callee = &sink.callee.value;
            let source = dial.variable().map_or_else(|| "the URL".to_string(), |name| format!("`{name}`"));
            let sure = written.is_none_or(|text| text.certainty() == Certainty::Known);
            out.push(
                RULE.finding(
                    sink.callee.span,
                    format!(
                        "`{callee}` gets a `{scheme}://` URL from {source} in `{service}`: {}",
                        refusal.why
                    ),
                )
                .service(service.clone())
                .here(format!("refuses `{scheme}://`"))
                .also(span, format!("{source} is written here"))
                .help(match refusal.instead {
                    Some(instead) => format!("write `{instead}://` in {source}"),
                    None => format!("give `{callee}` an address of the form it takes"),
                })
                .at_most(if sure { Confidence::Certain } else { Confidence::Likely })
                .evidence(callee.clone())
                .evidence(scheme),
            );
        }
        for dial in &client.dials {
            let found = another_server(cx, client, dial);
            let place = dial.sink().map(|sink| sink.callee.span);
            if let (Some(finding), Some(place)) = (found, place)
                && !seen.iter().any(|(key, callee, _)| *key == client.key && *callee == place)
            {
                seen.insert((client.key, place, dial.place));
                out.push(finding);
            }
        }
    }
}

/// The client speaks a protocol that the service at this address does not.
fn another_server(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Finding> {
    let sink = dial.sink()?;
    let [protocol] = dial.protocols.as_slice() else { return None };
    let target = cx.facts.service(dial.sibling()?).filter(|_| APART.contains(protocol))?;
    let port = dial.port()?;
    let mut at = target.listeners.iter().filter(|listener| listener.covers(port));
    let spoken = at.find(|listener| listener.source == ListenerSource::Image)?.protocol.as_deref()?;
    if spoken == *protocol || !APART.contains(&spoken) || target.speaks(protocol) {
        return None;
    }
    let (service, host) = (&client.service.name.value, &target.service.name);
    let callee = &sink.callee.value;
    let scheme = dial.endpoint.scheme.as_ref();
    let written = scheme.map(Text::span).filter(|span| !span.is_none()).unwrap_or(dial.place);
    let sure = scheme.is_none_or(|text| text.certainty() == Certainty::Known);
    Some(
        RULE.finding(
            sink.callee.span,
            format!("`{callee}` of `{service}` speaks {protocol} to `{}`, which speaks {spoken}", host.value),
        )
        .service(service.clone())
        .here(format!("speaks {protocol}"))
        .also(written, format!("dials `{}` here", dial.endpoint.shown()))
        .also(host.span, format!("`{}` speaks {spoken}", host.value))
        .help(format!(
            "give `{callee}` the driver or scheme of {spoken}, or the address of a server for {protocol}"
        ))
        .at_most(if sure { Confidence::Likely } else { Confidence::Possible })
        .at_most(dial.sureness)
        .evidence(callee.clone())
        .evidence(spoken),
    )
}
