//! One host variable is both the port that a service is published as and the port that siblings dial.

use super::prelude::*;
use crate::compose::Port;

rule!("publish-port-reused", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let mut told = Vec::new();
        for dial in &client.dials {
            let Some(target) = dial.sibling().and_then(|sibling| cx.facts.service(sibling)) else { continue };
            let Some(text) = dial.endpoint.address().and_then(|address| address.port.as_ref()) else {
                continue;
            };
            let (Some(port), Some((variable, reference))) = (dial.port(), whole(text)) else { continue };
            // Now it works; where it does not, it is the wrong port already.
            if !target.listens_on(port) || target.may_listen_on(port) {
                continue;
            }
            let reuses = |entry: &&Port| {
                let published = whole(&entry.published_text).is_some_and(|(name, _)| name == variable);
                published && entry.target == (port, port) && entry.target_origin.interpolated().is_none()
            };
            let Some(entry) = target.service.ports.iter().find(reuses) else { continue };
            let mistake = (variable.to_string(), target.key, reference);
            if !told.contains(&mistake) {
                out.push(finding(cx, client, dial, (target, entry), (variable, reference), port));
                told.push(mistake);
            }
        }
    }
}

/// The one host variable that the whole text is, and its reference.
fn whole(text: &Text) -> Option<(&str, Span)> {
    let mut found = text.pieces().iter().map(|piece| piece.origin.interpolated());
    let (variable, span) = found.next()??;
    let same = |other: Option<(&std::sync::Arc<str>, Span)>| other.is_some_and(|(_, at)| at == span);
    found.all(same).then_some((variable, span))
}

fn finding(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    (target, entry): (&ServiceFacts<'_>, &Port),
    (variable, reference): (&str, Span),
    port: u16,
) -> Finding {
    let (service, host) = (&client.service.name.value, &target.service.name.value);
    let at = if reference.is_none() { dial.place } else { reference };
    let finding = RULE
        .finding(
            at,
            format!(
                "`{service}` dials `{host}` on `{variable}`, the port of the host that `{host}` is published as: with another value than {port} it dials a port on which nothing listens",
            ),
        )
        .service(service.clone())
        .here(format!("`{host}` listens on {port} whatever `{variable}` is"))
        .also(entry.origin.written, format!("`{variable}` is published here for port {port} of the container"))
        .help(format!("write `{port}` in place of the reference to `{variable}`"))
        .at_most(dial.sureness)
        .evidence(variable)
        .evidence(host.clone());
    match cx.edits.replace_within(reference, &port.to_string()) {
        Some(edits) => finding.fix(Fix {
            title: format!("dial `{host}` on {port}"),
            applicability: Applicability::Safe,
            edits,
        }),
        None => finding,
    }
}
