//! A driver that waits for a connection as long as the system lets it.

use std::collections::HashSet;

use super::engines;
use super::prelude::*;
use crate::facts::By;
use crate::facts::drivers;

rule!("no-connect-timeout", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for engine in engines::all(cx).filter(|engine| !engine.is_refused() && !engine.has_hidden_arguments()) {
        let Some(limit) = engine.driver().and_then(|driver| driver.connect_limit.as_ref()) else { continue };
        let Some(arguments) = engine.connect_args() else { continue };
        if !arguments.iter().any(|argument| argument.value == *limit) {
            let help = format!("add `connect_args={{\"{limit}\": 10}}`");
            out.extend(finding(engine.client, engine.dial, engine.sink.callee.span, limit, help));
        }
    }
    let mut seen = HashSet::new();
    for client in cx.facts.active() {
        for dial in &client.received {
            let By::Sink(_, sink) = dial.by else { continue };
            let wanted = client.pool(dial).and_then(|pool| pool.connect_limit).filter(|wanted| !wanted.said);
            if let Some(wanted) = wanted
                && let Some(finding) =
                    finding(client, dial, sink.callee.span, wanted.habit.name(), wanted.help())
                && seen.insert(sink.span)
            {
                out.push(finding);
                continue;
            }
            let driver = drivers::of_connect(sink.kind, &sink.callee.value);
            let Some(limit) = driver.and_then(|driver| driver.connect_limit.as_ref()) else { continue };
            let given = sink.arguments.iter().any(|(name, _)| name.value == *limit || name.value == "**");
            if !given && seen.insert(sink.span) {
                out.extend(finding(client, dial, sink.callee.span, limit, format!("add `{limit}=10`")));
            }
        }
    }
}

fn finding(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    at: Span,
    limit: &str,
    help: String,
) -> Option<Finding> {
    let in_url = dial.endpoint.parameters.iter().any(|(name, _)| name == limit);
    let by_environment =
        limit == "connect_timeout" && client.environment.value("PGCONNECT_TIMEOUT").is_some();
    let sibling = dial.sibling().filter(|_| !in_url && !by_environment)?;
    let service = &client.service.name.value;
    let message = format!(
        "connecting to `{sibling}` has no time limit in `{service}`: while it is unreachable, each attempt hangs for minutes"
    );
    let finding = RULE.finding(at, message).service(service.clone()).here(format!("no `{limit}`"));
    Some(finding.help(help).evidence(sibling))
}
