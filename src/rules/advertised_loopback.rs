//! A server hands its clients a loopback address to go on with.

use super::prelude::*;
use super::{redirect, wiring};
use crate::facts::advertised::{self, Advertised};
use crate::facts::{Namespace, Target};

rule!("advertised-loopback", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for server in cx.facts.active() {
        // On the host's interfaces, loopback is where the server is.
        if !matches!(cx.facts.reach.namespace(server.key), Namespace::Service(_)) {
            continue;
        }
        let all = advertised::of(server);
        for one in all.iter().filter(|one| one.is_loopback()) {
            if let Some((client, dial)) = client_of(cx, server, one) {
                out.push(finding(cx, server, one, &all, (client, dial)));
            }
        }
    }
    initiated_by_others(cx, out);
}

/// A sibling that is handed the address: it dials the listener, and is not where the server is.
pub(super) fn client_of<'c, 'a>(
    cx: &'c Context<'a>,
    server: &ServiceFacts<'_>,
    one: &Advertised,
) -> Option<(&'c ServiceFacts<'a>, &'c Dial<'a>)> {
    let only = advertised::of(server).len() == 1;
    let handed = |dial: &&Dial<'a>| {
        let reached = dial.target == Some(Target::Sibling(server.key));
        // Another port than the only one that clients are to come to is told by itself.
        let port = dial.port().filter(|port| !only || server.listens_on(*port));
        reached
            && dial.protocols.contains(&one.protocol)
            && one.listens.is_none_or(|listens| port.is_none_or(|port| port == listens))
            && (one.protocol != "mongodb" || discovers(dial))
    };
    let clients = cx.facts.active().filter(|client| client.key != server.key);
    clients.into_iter().find_map(|client| Some((client, client.dials.iter().find(handed)?)))
}

/// Whether a client of MongoDB asks for the other members, and dials those.
fn discovers(dial: &Dial<'_>) -> bool {
    let value = |wanted: &str| {
        let found = dial.endpoint.parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.assumed())
    };
    value("replicaSet").is_some() && value("directConnection").is_none_or(|direct| direct != "true")
}

/// A service that is there to make a replica set of another.
fn initiated_by_others(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut servers = cx.facts.active().filter(|service| service.speaks("mongodb"));
    let (Some(server), None) = (servers.next(), servers.next()) else { return };
    for other in cx.facts.active().filter(|other| other.key != server.key) {
        let all: Vec<Advertised> = other.program.command.iter().flat_map(advertised::members).collect();
        for one in all.iter().filter(|one| one.is_loopback()) {
            if let Some((client, dial)) =
                client_of(cx, server, one).filter(|(client, _)| client.key != other.key)
            {
                out.push(finding(cx, server, one, &all, (client, dial)));
            }
        }
    }
}

fn finding(
    cx: &Context<'_>,
    server: &ServiceFacts<'_>,
    one: &Advertised,
    all: &[Advertised],
    (client, dial): (&ServiceFacts<'_>, &Dial<'_>),
) -> Finding {
    let (name, who) = (&server.service.name.value, &client.service.name.value);
    let place = if one.place.is_none() { server.service.name.span } else { one.place };
    let address = one.address.assumed();
    let sure = match one.host.certainty() {
        Certainty::Known => Confidence::Certain,
        _ => Confidence::Likely,
    };
    // Where another listener is there for siblings, this one is for the host, and right as it is.
    let inside = all.iter().find(|other| {
        !other.is_loopback()
            && !one.listener.is_empty()
            && other.host.complete().is_some_and(|host| {
                matches!(cx.facts.reach.resolve(client.key, host.trim()), Target::Sibling(key) if key == server.key)
            })
    });
    if let Some((inside, port)) = inside.and_then(|inside| Some((inside, inside.listens?))) {
        return of_the_host(cx, server, one, (client, dial), (inside, port));
    }
    let finding = RULE
        .finding(
            place,
            format!(
                "`{name}` tells its clients to go on at `{address}`: `{who}`, which dials `{}`, is sent back to itself",
                dial.endpoint.shown(),
            ),
        )
        .service(name.clone())
        .here(format!("`{}` hands out the client's own loopback", one.by))
        .also(dial.place, format!("`{who}` dials `{}` here", dial.endpoint.shown()))
        .at_most(sure)
        .at_most(dial.sureness)
        .at_most(wiring::how_sure(dial))
        .evidence(&*one.by)
        .evidence(one.listener.clone());
    let host = one.host.assumed();
    let port = address.strip_prefix(&host).unwrap_or("");
    let finding = finding.help(match one.listener.is_empty() {
        _ if one.by_default => format!(
            "set `KAFKA_ADVERTISED_LISTENERS: {}://{name}{port}`, and with it the other settings of the broker: once one is set, no default holds",
            one.listener
        ),
        true => format!("write `{name}{port}` in place of `{address}`"),
        false => format!(
            "write `{}://{name}{port}`; for clients on the host, add a listener with a port of its own",
            one.listener
        ),
    });
    match cx.edits.replace_within(one.host.span(), name) {
        Some(edits) => finding.fix(Fix {
            title: format!("let `{name}` hand out its name"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}

/// The client dials the listener that is there for the host.
fn of_the_host(
    cx: &Context<'_>,
    server: &ServiceFacts<'_>,
    one: &Advertised,
    (client, dial): (&ServiceFacts<'_>, &Dial<'_>),
    (inside, port): (&Advertised, u16),
) -> Finding {
    let (name, who) = (&server.service.name.value, &client.service.name.value);
    let written = dial.endpoint.address().and_then(|address| address.port.as_ref()).map(Text::span);
    let finding = RULE
        .finding(
            written.filter(|span| !span.is_none()).unwrap_or(dial.place),
            format!(
                "`{who}` dials `{}`, the listener that `{name}` has for the host: it is told to go on at `{}`, which is `{who}` itself",
                dial.endpoint.shown(),
                one.address.assumed(),
            ),
        )
        .service(who.clone())
        .here(format!("`{}` is for clients on the host", one.listener))
        .also(one.place, format!("`{}` hands out loopback", one.listener))
        .also(inside.place, format!("`{}` hands out an address for siblings", inside.listener))
        .help(format!("dial `{name}:{port}`, where `{}` listens", inside.listener))
        .at_most(dial.sureness)
        .at_most(wiring::how_sure(dial))
        .evidence(&*one.by)
        .evidence(one.listener.clone());
    redirect::with_port(cx, finding, dial, port)
}
