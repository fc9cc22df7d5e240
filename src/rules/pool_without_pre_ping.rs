//! An engine hands out connections that the database may have closed.

use std::collections::HashSet;

use super::engines;
use super::prelude::*;
use crate::programs::evaluate::Value;

rule!("pool-without-pre-ping", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let kept =
        |engine: &engines::Engine<'_>| !engine.is_refused() && !engine.only_migrates() && engine.pools();
    for engine in engines::all(cx).filter(kept) {
        let tested = match engine.argument("pool_pre_ping") {
            None | Some((_, Value::Bool(false, _))) => engine.has_hidden_arguments(),
            Some(_) => true,
        };
        let Some(sibling) = engine.dial.sibling().filter(|_| !tested) else { continue };
        let service = &engine.client.service.name.value;
        out.push(
            RULE.finding(
                engine.sink.callee.span,
                format!("the engine of `{service}` does not test a pooled connection before using it: after a restart of `{sibling}` the first requests fail"),
            )
            .service(service.clone())
            .here("no `pool_pre_ping`")
            .help("add `pool_pre_ping=True`")
            .evidence(sibling),
        );
    }
    let mut seen = HashSet::new();
    for client in cx.facts.active() {
        for dial in &client.received {
            let wanted = client.pool(dial).and_then(|pool| pool.liveness).filter(|wanted| !wanted.said);
            let (Some(wanted), Some(sink), Some(sibling)) = (wanted, dial.sink(), dial.sibling()) else {
                continue;
            };
            if !seen.insert(sink.span) {
                continue;
            }
            let service = &client.service.name.value;
            let finding = |message: String, here: String| {
                let finding = RULE.finding(sink.callee.span, message).service(service.clone());
                finding.here(here).help(wanted.help()).evidence(sibling)
            };
            if let Some(event) = &wanted.habit.event {
                let message = format!(
                    "`{service}` ends when `{sibling}` is restarted: the connections that this pool keeps fail with `{event}` events, to which nobody listens"
                );
                out.push(finding(message, format!("no listener for `{event}`")));
                continue;
            }
            let message = format!(
                "`{service}` does not test a connection that it has kept before using it: after a restart of `{sibling}` the first requests fail"
            );
            out.push(finding(message, format!("no `{}`", wanted.habit.name())));
        }
    }
}
