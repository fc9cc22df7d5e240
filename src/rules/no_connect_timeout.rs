//! A driver that waits for a connection as long as the system lets it.

use super::engines;
use super::prelude::*;

rule!("no-connect-timeout", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for engine in engines::all(cx) {
        let Some(limit) = engine.driver().and_then(|driver| driver.connect_limit.as_ref()) else { continue };
        let Some(arguments) = engine.connect_args() else { continue };
        let in_url = engine.dial.endpoint.parameters.iter().any(|(name, _)| name == limit);
        let by_environment =
            limit == "connect_timeout" && engine.client.environment.value("PGCONNECT_TIMEOUT").is_some();
        let limited = in_url || by_environment || arguments.iter().any(|argument| argument.value == *limit);
        let Some(sibling) = engine.dial.sibling().filter(|_| !limited && !engine.has_hidden_arguments())
        else {
            continue;
        };
        let service = &engine.client.service.name.value;
        out.push(
            RULE.finding(
                engine.sink.callee.span,
                format!("connecting to `{sibling}` has no time limit in `{service}`: while it is unreachable, each attempt hangs for minutes"),
            )
            .service(service.clone())
            .here(format!("no `{limit}`"))
            .help(format!("add `connect_args={{\"{limit}\": 10}}`"))
            .evidence(sibling),
        );
    }
}
