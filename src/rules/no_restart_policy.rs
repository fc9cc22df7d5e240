//! A client that ends where a server is not there yet, and that nothing starts again.

use super::prelude::*;
use crate::facts::By;
use crate::facts::readiness;
use crate::programs::SinkKind;

rule!("no-restart-policy", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let clients = cx.facts.active().filter(|client| !client.restarts() && !client.starts_alone());
    for client in clients.filter(|client| !client.is_stateful() && !client.program.idle) {
        let name = &client.service.name.value;
        // What is started by hand, or ends by itself, is not to be started again.
        if !client.service.profiles.is_empty() || cx.facts.is_to_end(client.key) {
            continue;
        }
        let unready = client.received.iter().filter(|dial| connects_at_once(dial)).find_map(|dial| {
            let target = cx.facts.service(dial.sibling()?)?;
            (is_unready(cx, client, target) && !client.retries(target)).then_some((dial, target))
        });
        let Some((dial, target)) = unready else { continue };
        let other = &target.service.name.value;
        let finding = RULE
            .finding(
                client.service.name.span,
                format!(
                    "`{name}` connects to `{other}` when it starts, does not wait until it is ready, and is not \
                     started again when that fails"
                ),
            )
            .service(name.clone())
            .here("no `restart`")
            .also(dial.place, format!("dials `{}` here", dial.endpoint.shown()))
            .also(target.service.name.span, format!("`{other}` may come up later"))
            .help(format!("in `{name}` write `restart: unless-stopped`"))
            .at_most(dial.sureness)
            .evidence(other.clone());
        let edits = cx.edits.set_attribute(client.service, "restart", &"unless-stopped".into());
        out.push(match edits {
            Some(edits) => finding.fix(Fix {
                title: format!("start `{name}` again when it fails"),
                applicability: Applicability::Unsafe,
                edits,
            }),
            None => finding,
        });
    }
}

/// Whether the client is made and connected in one: it fails when nobody answers.
fn connects_at_once(dial: &Dial<'_>) -> bool {
    let By::Sink(module, sink) = &dial.by else { return false };
    if dial.is_configured() {
        return false;
    }
    match sink.kind {
        SinkKind::Amqp | SinkKind::Nats | SinkKind::Psycopg | SinkKind::Psycopg2 | SinkKind::Asyncpg => true,
        // Others try again by themselves.
        SinkKind::Mqtt => module.path.extension().is_some_and(|extension| extension == "py"),
        _ => false,
    }
}

/// Whether a server may not be ready when the client starts, and no other rule says so.
fn is_unready(cx: &Context<'_>, client: &ServiceFacts<'_>, target: &ServiceFacts<'_>) -> bool {
    let (name, other) = (&client.service.name.value, &target.service.name.value);
    let waited = cx.facts.waited_for(name, other);
    target.image.is_some_and(crate::facts::images::KnownImage::is_server)
        // What is up at once is up when it is waited for until it is started.
        && (waited.is_none() || target.is_stateful() && waited == Some(Condition::Started))
        && !client.waits_for(other)
        && !readiness::starts_without_health(client, target)
        && !readiness::ignores_health(cx.facts, client, target)
        && !readiness::waits_for_nothing(cx.facts, client, target)
}
