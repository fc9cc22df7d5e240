//! A service dials a database or broker and does not wait for it at all.

use std::collections::HashSet;

use super::prelude::*;

rule!("missing-depends-on", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active().filter(|client| !client.starts_alone()) {
        let name = &client.service.name.value;
        let mut seen = HashSet::new();
        for dial in &client.dials {
            let Some(target) = dial.sibling().and_then(|sibling| cx.facts.service(sibling)) else { continue };
            let target_name = &target.service.name.value;
            let waits = client.waits_for(target_name);
            if !target.is_stateful() || client.is_stateful() || waits || !seen.insert(target_name) {
                continue;
            }
            // A server that itself waits for this service can't be waited for by it.
            let waits = |service, other| cx.facts.waited_for(service, other).is_some();
            if waits(name, target_name) || waits(target_name, name) {
                continue;
            }
            let restarts = client.restarts();
            let severity = if restarts { Severity::Advice } else { Severity::Warning };
            let then =
                if restarts { "fails and restarts until it is up" } else { "may start first and fail" };
            let key = client.service.depends_on_key;
            let finding = RULE
                .finding(
                    if key.is_none() { client.service.name.span } else { key },
                    format!("`{name}` dials `{target_name}` but does not wait for it: on a cold start it {then}"),
                )
                .service(name.clone())
                .severity(severity)
                // What reads a configuration may well try again.
                .at_most(if dial.is_configured() || client.only_shares(dial) { Confidence::Possible } else { dial.sureness })
                .also(dial.place, format!("dials `{}` here", dial.endpoint.shown()))
                .help(if target.reports_health() {
                    format!("add `depends_on: {{{target_name}: {{condition: service_healthy}}}}` to `{name}`")
                } else {
                    format!("add `depends_on: [{target_name}]` to `{name}`, and give `{target_name}` a healthcheck to wait for")
                })
                .evidence(target_name.clone());
            let healthy = target.reports_health().then_some("service_healthy");
            out.push(match cx.edits.add_dependency(client.service, target_name, healthy) {
                Some(edits) => finding.fix(Fix {
                    title: format!("let `{name}` wait for `{target_name}`"),
                    applicability: Applicability::Unsafe,
                    edits,
                }),
                None => finding,
            });
        }
    }
}
