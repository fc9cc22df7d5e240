//! The right host, but a port on which it does not listen.

use super::advertised_loopback::client_of;
use super::ports::{self, Port};
use super::prelude::*;
use super::redirect;
use crate::facts::{Need, Target, advertised};
use crate::source::Via;

rule!("wrong-port", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        out.extend(handed_out(cx, client));
        for dial in client.dials.iter().filter(|dial| !dial.is_of_proxy() && !dial.is_for_pages()) {
            let named = dial.sibling().and_then(|sibling| cx.facts.service(sibling));
            let Some(target) = named.or_else(|| unnamed(cx, client, dial)) else { continue };
            if let Some(port) =
                ports::wrong(dial, target).or_else(|| ports::of_telemetry_sent(client, dial, target))
            {
                let finding = finding(client, target, &port).at_most(dial.sureness);
                out.push(redirect::with_port(cx, finding, dial, port.right));
            }
        }
    }
}

/// The sibling that speaks what a dial speaks whose host only a variable says that nothing sets: that is told by itself,
/// and the port is wrong whatever the host will be.
fn unnamed<'f>(
    cx: &'f Context<'f>,
    client: &ServiceFacts<'f>,
    dial: &Dial<'f>,
) -> Option<&'f ServiceFacts<'f>> {
    let host = &dial.endpoint.address().filter(|address| address.host.complete().is_none())?.host;
    let lacks = |variable: &str| {
        cx.facts.gap(client.key, variable).is_some_and(|gap| gap.need == Need::Required && gap.at_start)
    };
    let mut steps = host.pieces().iter().flat_map(|piece| &piece.origin.through);
    dial.sink()
        .filter(|_| steps.any(|step| matches!(step, Via::Read { variable, .. } if lacks(variable))))?;
    let port = dial.port()?;
    let all = cx.facts.meant(client, dial);
    let speaks = |other: &&&ServiceFacts<'_>| dial.protocols.iter().any(|protocol| other.speaks(protocol));
    let first = all.iter().find(speaks)?;
    let none_listens = !all.iter().any(|other| other.listens_on(port) || other.may_listen_on(port));
    none_listens.then_some(*first)
}

/// The port that a server tells its clients to go on at, on which it does not listen as it says itself.
fn handed_out(cx: &Context<'_>, server: &ServiceFacts<'_>) -> Option<Finding> {
    advertised::of(server).iter().find_map(|one| {
        let (listens, astray) = (one.listens?, one.astray?);
        let (client, dial) = client_of(cx, server, one)?;
        let host = one.host.complete()?;
        let reached = cx.facts.reach.resolve(client.key, host.trim());
        let name = &server.service.name.value;
        let finding = RULE
            .finding(
                one.place,
                format!("`{name}` tells its clients to go on at port {astray}, but it listens for them on {listens}"),
            )
            .service(name.clone())
            .here(format!("`{name}` does not listen on {astray}"))
            .also(dial.place, format!("`{}` dials `{}` here", client.service.name.value, dial.endpoint.shown()))
            .help(format!("write port {listens} in place of {astray}"))
            .at_most(Confidence::Likely)
            .at_most(dial.sureness)
            .evidence(format!("{host}:{astray}"));
        (reached == Target::Sibling(server.key)).then_some(finding)
    })
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
