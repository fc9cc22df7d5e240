//! An engine hands out connections that the database may have closed.

use super::engines;
use super::prelude::*;
use crate::programs::evaluate::Value;

rule!("pool-without-pre-ping", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for engine in engines::all(cx).filter(|engine| !engine.is_refused()).filter(engines::Engine::pools) {
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
}
