//! An address that is written in the source is the container itself, where a sibling is meant.

use super::prelude::*;
use super::{nobody, redirect, wiring};
use crate::facts::images::ImageKind;
use crate::facts::{Astray, Cause};
use crate::programs::{Role, SinkKind, has_extension};

/// Where servers listen when nobody says it.
const USUAL: [u16; 8] = [80, 443, 3000, 4000, 5000, 8000, 8080, 8081];

rule!("hard-coded-loopback", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mistakes = cx
        .facts
        .mistakes(|astray| astray.cause == Cause::Literal, |one, other| one.dial.place == other.dial.place);
    for mistake in &mistakes {
        let Some(Astray { client, dial, sibling, .. }) = mistake.first() else { continue };
        let (service, target) = (&client.service.name, &sibling.service.name.value);
        let address = wiring::host_and_port(target, wiring::port_to_dial(dial, sibling));
        let clients = wiring::clients(mistake);
        let shown = dial.endpoint.shown();
        let mut finding = RULE
            .finding(
                dial.place,
                format!(
                    "the source of {clients} dials `{shown}`: inside the container that is the container itself, and `{target}` is meant"
                ),
            )
            .service(service.value.clone())
            .here("loopback of the container")
            .at_most(sureness(client, dial, sibling, cx.facts.waited_for(client.key, sibling.key).is_some()));
        if let Some(sink) = dial.sink() {
            finding = finding.also(sink.callee.span, format!("`{}` dials it", sink.callee.value));
        }
        for client in wiring::clients_of(mistake) {
            let name = &client.service.name;
            finding = finding.also(name.span, format!("`{}` runs this", name.value));
        }
        let finding = finding
            .also(sibling.service.name.span, format!("`{target}` listens on {}", wiring::ports_of(dial, sibling)))
            .help(format!(
                "write `{address}` in place of `{shown}`, or read it from a variable and set that in `environment` of {clients}"
            ))
            .evidence(shown.clone())
            .evidence(target.clone());
        let edits = redirect::in_source(cx, dial, target, wiring::port_to_dial(dial, sibling));
        out.push(match edits {
            Some(edits) => finding.fix(Fix {
                title: format!("dial `{address}` in place of `{shown}`"),
                applicability: Applicability::Unsafe,
                edits,
            }),
            None => finding,
        });
    }
    for client in cx.facts.active() {
        let mut told = std::collections::HashSet::new();
        let found = client.dials.iter().filter_map(|dial| {
            unanswered(cx, client, dial).or_else(|| {
                let literal = Cause::of(dial) == Cause::Literal;
                literal.then(|| nobody::finding(cx, &RULE, client, dial, None)).flatten()
            })
        });
        out.extend(found.filter(|found| told.insert(found.at)));
    }
}

/// Who issues the tokens that a program takes is said to be at a port of its container where nothing listens.
fn unanswered(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Finding> {
    let sink = dial.sink().filter(|_| dial.fetches_keys() && dial.is_loopback())?;
    let literal = dial.variable().is_none() && !dial.is_of_file() && dial.host_origin()?.setting().is_none();
    let alone = cx.facts.reach.on_loopback(client.key).count() == 1 && client.image.is_none();
    if !literal
        || !alone
        || client.listeners.is_empty()
        || cx.facts.answers_on_loopback(client, dial)
        || !cx.facts.meant(client, dial).is_empty()
    {
        return None;
    }
    let (name, shown) = (&client.service.name, dial.endpoint.shown());
    let message = format!(
        "the source of `{}` fetches the keys of tokens from `{shown}`: inside the container that is the container itself, and nothing listens there",
        name.value
    );
    let finding = RULE.finding(dial.place, message).service(name.value.clone()).severity(Severity::Warning);
    let finding = finding
        .here("loopback of the container")
        .also(sink.callee.span, format!("`{}` is set to it", sink.callee.value));
    let finding = finding.help("name the port on which it listens itself, or the service that issues them; `ValidIssuer` may say what tokens say");
    Some(finding.at_most(dial.sureness.min(Confidence::Likely)).evidence(shown))
}

/// How sure it is that the service dials this, and not itself.
fn sureness(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    sibling: &ServiceFacts<'_>,
    waits: bool,
) -> Confidence {
    // A server that says nowhere where it listens may well be asked by itself, but not where a client of another
    // product asks, or on the port of one.
    let product = dial.sink().is_some_and(|sink| !matches!(sink.kind, SinkKind::Http | SinkKind::Grpc));
    let known = sibling.image.is_some_and(|image| !matches!(image.kind, ImageKind::Web | ImageKind::Runtime));
    let port = dial.port().filter(|port| !USUAL.contains(port));
    let listens = port.is_some_and(|port| sibling.listens_on(port));
    let of_sibling = product || known && listens;
    // What publishes nothing either has no reason to ask itself.
    let there = dial.port().is_some_and(|port| sibling.listens_on(port));
    let quiet = there && client.service.ports.is_empty();
    if !of_sibling && (listens || quiet) && is_no_server(client) {
        return dial.sureness.min(Confidence::Likely);
    }
    // Nor one that waits for the sibling before it starts, when all that it starts is known.
    let waits =
        waits && client.program.entry_known && dial.port().is_some_and(|port| sibling.listens_on(port));
    let may_be_own = dial.speaks_web() && client.listeners.is_empty() && !of_sibling && !waits;
    match (may_be_own, client.program.entry_known) {
        (true, _) => Confidence::Possible,
        (false, false) => dial.sureness.min(Confidence::Likely),
        (false, true) => dial.sureness,
    }
}

/// Whether the program starts no server of its own, in languages of which all ways to start one are looked for.
fn is_no_server(client: &ServiceFacts<'_>) -> bool {
    let program = client.program;
    let sources = || program.modules.iter().filter(|module| module.role == Role::Source);
    let seen = |endings: &[&str]| sources().all(|module| has_extension(&module.path, endings));
    let seen = sources().next().is_some() && [["py"], ["go"], ["rs"]].iter().any(|endings| seen(endings));
    let opens = !client.bound.is_empty() || client.opens_unknown || !program.servers.is_empty();
    program.entry_known && seen && !opens
}
