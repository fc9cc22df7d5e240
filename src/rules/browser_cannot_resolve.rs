//! A value for browsers names a service, which only containers can find.

use super::prelude::*;
use super::wiring;
use crate::facts::browsers::{self, PageVariable, Readers};
use crate::facts::{Endpoint, Layer};
use crate::programs::pages;

rule!("browser-cannot-resolve", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        if client.program.pages.browses || pages::runs_browser(client.key) {
            continue;
        }
        out.extend(nowhere(cx, client));
        let bundle = client.program.pages.bundle.as_ref();
        for variable in browsers::variables(client) {
            let vague = variable.convention.vague;
            if vague && !bundle.is_some_and(|bundle| bundle.takes(variable.convention)) {
                continue;
            }
            let Some((endpoint, sibling)) = cx.facts.hidden_from_browsers(client, &variable) else {
                continue;
            };
            let confidence = match browsers::readers(client, &variable) {
                Readers::Server => continue,
                Readers::Either => Confidence::Possible,
                // Of another tool, as far as is seen.
                Readers::Unseen if client.program.pages.leaves_out(variable.convention) => {
                    Confidence::Possible
                }
                Readers::Pages | Readers::Unseen => Confidence::Likely,
            };
            out.push(finding(cx, client, &variable, &endpoint, sibling).at_most(confidence));
        }
    }
}

/// Pages that are told no address ask the browser's own machine, on a port that no service publishes.
fn nowhere(cx: &Context<'_>, client: &ServiceFacts<'_>) -> Option<Finding> {
    // On the host's network any port may be open, and so may be what is published by chance.
    let open = |service: &ServiceFacts<'_>| {
        service.service.network_mode.is_some()
            || service.service.ports.iter().any(|entry| entry.published.is_none())
    };
    if cx.facts.services().any(open)
        || cx.project.elsewhere.iter().any(|name| cx.facts.service(name).is_none())
    {
        return None;
    }
    let published = |port: u16| cx.facts.services().any(|other| other.published_as(port).is_some());
    let lost = browsers::fallbacks(client)
        .into_iter()
        .find(|fallback| fallback.endpoint.port().is_some_and(|port| !published(port)))?;
    let port = lost.endpoint.port()?;
    // What listens there inside is meant, or whatever else is there for pages to ask.
    let meant = cx
        .facts
        .active()
        .find(|other| other.key != client.key && other.listeners.iter().any(|it| it.covers(port)));
    let (service, shown) = (&client.service.name, lost.endpoint.shown());
    let finding = RULE
        .finding(
            lost.read,
            format!(
                "`{}` is not set when the pages of `{}` are made, so they ask `{shown}`, and no service publishes port {port}",
                lost.name, service.value
            ),
        )
        .service(service.value.clone())
        .here("falls back to the browser's own machine")
        .also(service.span, "its pages")
        .at_most(Confidence::Likely)
        .evidence(lost.name);
    let args = format!("write `{}` under `build: args:` of `{}`", lost.name, service.value);
    Some(match meant {
        Some(other) => {
            finding.help(format!("publish `{port}:{port}` of `{}`, or {args}", other.service.name.value))
        }
        None => finding.help(format!("{args}, with an address that browsers reach")),
    })
}

fn finding(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    variable: &PageVariable<'_>,
    endpoint: &Endpoint,
    sibling: &ServiceFacts<'_>,
) -> Finding {
    let (service, host) = (&client.service.name.value, &sibling.service.name.value);
    let written = endpoint.host_span();
    let place = if written.is_none() { variable.key } else { written };
    let shown = endpoint.shown();
    let port = endpoint.port();
    let published = sibling.service.ports.iter().find(|entry| {
        port.is_some_and(|port| entry.target.0 <= port && port <= entry.target.1) && entry.published.is_some()
    });
    let finding = RULE
        .finding(
            place,
            format!(
                "`{}` of `{service}` goes into pages, and no browser can resolve `{}`: only containers know that name",
                variable.name,
                endpoint.address().map(|address| address.host.assumed()).unwrap_or_default(),
            ),
        )
        .service(service.clone())
        .here("a name of the container network")
        .evidence(variable.name)
        .evidence(host.clone());
    let Some(entry) = published else {
        let port = port.map_or_else(|| "its port".to_string(), |port| format!("`{port}:{port}`"));
        let local = wiring::host_and_port("localhost", endpoint.port());
        return finding
            .also(sibling.service.name.span, format!("`{host}` publishes no such port"))
            .help(format!(
                "publish {port} of `{host}` and write `{local}` in place of `{shown}`, or the path under which a proxy passes it on"
            ));
    };
    let outside = match entry.published {
        Some((first, _)) => {
            first.saturating_add(port.unwrap_or(entry.target.0).saturating_sub(entry.target.0))
        }
        None => entry.target.0,
    };
    let local = format!("localhost:{outside}");
    let finding = finding
        .also(entry.origin.written, format!("the host has `{host}` as `{local}`"))
        .help(format!("write `{local}` in place of `{shown}`"));
    match fix(cx, variable, endpoint, &local) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

fn fix(cx: &Context<'_>, variable: &PageVariable<'_>, endpoint: &Endpoint, local: &str) -> Option<Fix> {
    if !matches!(variable.layer, None | Some(Layer::Environment)) {
        return None;
    }
    let address = endpoint.address()?;
    let [piece] = address.host.pieces() else { return None };
    let mut span = piece.origin.written;
    if let Some(port) = &address.port {
        let [port] = port.pieces() else { return None };
        span = span.to(port.origin.written);
    }
    let straight = variable.value.pieces().iter().all(|piece| piece.origin.through.is_empty());
    let edits = straight.then(|| cx.edits.replace_within(span, local))??;
    Some(Fix {
        title: format!("write `{local}` in place of `{}`", endpoint.shown()),
        applicability: Applicability::Unsafe,
        edits,
    })
}
