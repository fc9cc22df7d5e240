//! A value for browsers names a service, which only containers can find.

use super::prelude::*;
use super::wiring;
use crate::facts::browsers::{self, PageVariable, Readers};
use crate::facts::{Endpoint, HostKind, Layer};
use crate::programs::pages;

rule!("browser-cannot-resolve", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        if client.program.pages.browses || pages::runs_browser(client.key) {
            continue;
        }
        out.extend(nowhere(cx, client));
        out.extend(written(cx, client));
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

/// Pages that are told no address, or one of the browser's own machine, on a port that no service publishes.
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
    let lost = |endpoint: &Endpoint| {
        let port = endpoint.port()?;
        cx.facts.services().all(|other| other.published_as(port).is_none()).then_some(port)
    };
    let of_variable = browsers::fallbacks(client).into_iter().find_map(|fallback| {
        let port = lost(&fallback.endpoint)?;
        let says = format!(
            "`{}` is not set when the pages of `{}` are made, so they ask `{}`",
            fallback.name,
            client.key,
            fallback.endpoint.shown()
        );
        Some((fallback.read, says, port, Some(fallback.name)))
    });
    let (place, says, port, variable) = of_variable.or_else(|| written_nowhere(cx, client, lost))?;
    // What listens there inside is meant, or whatever else is there for pages to ask.
    let meant = cx
        .facts
        .active()
        .find(|other| other.key != client.key && other.listeners.iter().any(|it| it.covers(port)));
    let service = &client.service.name;
    let evidence = variable.map_or_else(|| port.to_string(), str::to_string);
    let finding = RULE
        .finding(place, format!("{says}, and no service publishes port {port}"))
        .service(service.value.clone())
        .here("the browser's own machine")
        .also(service.span, "its pages")
        .at_most(Confidence::Likely)
        .evidence(evidence);
    let args = match variable {
        Some(name) => format!("write `{name}` under `build: args:` of `{}`", service.value),
        None => "write the published one here".to_string(),
    };
    Some(match meant {
        Some(other) => {
            finding.help(format!("publish `{port}:{port}` of `{}`, or {args}", other.service.name.value))
        }
        None => finding.help(format!("{args}, with an address that browsers reach")),
    })
}

/// An address of the browser's own machine that is written into pages, where a service that is published otherwise is meant:
/// what is there for other programs of the machine is not known here.
fn written_nowhere<'f>(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    lost: impl Fn(&Endpoint) -> Option<u16>,
) -> Option<(Span, String, u16, Option<&'f str>)> {
    browsers::written(client).iter().find_map(|endpoint| {
        let address = endpoint
            .address()
            .filter(|address| address.kind() == HostKind::Loopback && address.port.is_some())?;
        let port = lost(endpoint)?;
        cx.facts
            .active()
            .any(|other| other.key != client.key && other.listeners.iter().any(|it| it.covers(port)))
            .then(|| {
                let says = format!("the pages of `{}` ask `{}`", client.key, endpoint.shown());
                (address.host.span(), says, port, None)
            })
    })
}

/// An address that is written into pages and that only containers find.
fn written(cx: &Context<'_>, client: &ServiceFacts<'_>) -> Option<Finding> {
    let (endpoint, sibling) = browsers::written(client).into_iter().find_map(|endpoint| {
        let sibling = cx.facts.only_in_containers(client, &endpoint)?;
        Some((endpoint, sibling))
    })?;
    let host = endpoint.address()?.host.assumed();
    let says = format!(
        "the pages of `{}` ask `{}`, and no browser can resolve `{host}`: only containers know that name",
        client.key,
        endpoint.shown()
    );
    Some(
        outside(RULE.finding(endpoint.host_span(), says).service(client.key.to_string()), &endpoint, sibling)
            .0,
    )
}

fn finding(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    variable: &PageVariable<'_>,
    endpoint: &Endpoint,
    sibling: &ServiceFacts<'_>,
) -> Finding {
    let service = &client.service.name.value;
    let written = endpoint.host_span();
    let place = if written.is_none() { variable.key } else { written };
    let says = format!(
        "`{}` of `{service}` goes into pages, and no browser can resolve `{}`: only containers know that name",
        variable.name,
        endpoint.address().map(|address| address.host.assumed()).unwrap_or_default(),
    );
    let finding = RULE.finding(place, says).service(service.clone()).evidence(variable.name);
    let (finding, local) = outside(finding, endpoint, sibling);
    match local.and_then(|local| fix(cx, variable, endpoint, &local)) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// Tells under which address browsers reach the sibling, if they do.
fn outside(finding: Finding, endpoint: &Endpoint, sibling: &ServiceFacts<'_>) -> (Finding, Option<String>) {
    let host = &sibling.service.name.value;
    let (shown, port) = (endpoint.shown(), endpoint.port());
    let finding = finding.here("a name of the container network").evidence(host.clone());
    let published = sibling.service.ports.iter().find(|entry| {
        port.is_some_and(|port| entry.target.0 <= port && port <= entry.target.1) && entry.published.is_some()
    });
    let Some(entry) = published else {
        let port = port.map_or_else(|| "its port".to_string(), |port| format!("`{port}:{port}`"));
        let local = wiring::host_and_port("localhost", endpoint.port());
        let finding = finding
            .also(sibling.service.name.span, format!("`{host}` publishes no such port"))
            .help(format!(
                "publish {port} of `{host}` and write `{local}` in place of `{shown}`, or the path under which a proxy passes it on"
            ));
        return (finding, None);
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
    (finding, Some(local))
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
