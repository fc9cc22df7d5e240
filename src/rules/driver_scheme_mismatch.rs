//! The URL that reaches a client has a scheme that the client refuses.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::{By, drivers};

rule!("driver-scheme-mismatch", check);

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
    }
}
