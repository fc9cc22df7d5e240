//! The right host, but a port on which it does not listen.

use super::ports::{self, Port};
use super::prelude::*;
use super::redirect;

rule!("wrong-port", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        for dial in client.dials.iter().filter(|dial| !dial.is_of_proxy() && !dial.is_for_pages()) {
            let Some(target) = dial.sibling().and_then(|sibling| cx.facts.service(sibling)) else { continue };
            if let Some(port) = ports::wrong(dial, target) {
                let finding = finding(client, target, &port).at_most(dial.sureness);
                out.push(redirect::with_port(cx, finding, dial, port.right));
            }
        }
    }
}

fn finding(client: &ServiceFacts<'_>, target: &ServiceFacts<'_>, port: &Port<'_>) -> Finding {
    let (service, host) = (&client.service.name.value, &target.service.name.value);
    let (dialled, right, why) = (port.dialled, port.right, &port.why);
    let finding = RULE
        .finding(port.place, format!("`{service}` dials `{host}` on port {dialled}, but {why}"))
        .service(service.clone())
        .here(format!("`{host}` does not listen on {dialled}"))
        .help(format!("write port {right} in place of {dialled}"))
        .at_most(port.confidence)
        .evidence(format!("{host}:{dialled}"));
    port.explain(finding, target)
}
