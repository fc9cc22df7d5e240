//! The host is dialled by a name that only Docker Desktop knows.

use super::prelude::*;
use super::wiring;
use crate::compose::edits::Value;
use crate::facts::{HostKind, Namespace, Target};

rule!("host-gateway-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        // Who shares another's interfaces shares its hosts file, too.
        let owner = match cx.facts.reach.namespace(client.key) {
            Namespace::Service(owner) => cx.facts.service(owner).unwrap_or(client),
            Namespace::Host => client,
            Namespace::Outside => continue,
        };
        let mut told = Vec::new();
        for dial in client.dials.iter().filter(|dial| dial.host() == HostKind::DockerHost) {
            let Some(host) = dial.endpoint.address().and_then(|address| address.host.complete()) else {
                continue;
            };
            let host = host.trim().to_ascii_lowercase();
            let declared = |service: &ServiceFacts<'_>| {
                service.service.extra_hosts.iter().any(|entry| entry.0.eq_ignore_ascii_case(&host))
            };
            // What carries the name on a network answers to it.
            let carried =
                matches!(cx.facts.reach.resolve(client.key, &host), Target::Sibling(_) | Target::Itself);
            if declared(owner) || declared(client) || carried || told.contains(&host) {
                continue;
            }
            told.push(host.clone());
            let open = dial.may_be_public() || client.only_shares(dial) || wiring::is_incomplete(cx, owner);
            let sure = if open { Confidence::Possible } else { wiring::how_sure(dial) };
            out.push(finding(cx, client, owner, dial, &host).at_most(sure).at_most(dial.sureness));
        }
    }
}

fn finding(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    owner: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    host: &str,
) -> Finding {
    let service = &client.service.name.value;
    let name = &owner.service.name.value;
    let finding = RULE
        .finding(
            dial.place,
            format!(
                "`{service}` dials `{}`: Docker Desktop knows `{host}`, Docker on Linux only from `extra_hosts`, where `{name}` does not have it",
                dial.endpoint.shown(),
            ),
        )
        .service(service.clone())
        .here("not known on Linux")
        .also(owner.service.name.span, format!("`{name}` has no `extra_hosts` entry for it"))
        .evidence(host);
    if cx.facts.reach.namespace(client.key) == Namespace::Host {
        let address = wiring::host_and_port("localhost", dial.port());
        return finding.help(format!("`{service}` is on the host's network: dial `{address}`"));
    }
    let entry = format!("extra_hosts: [\"{host}:host-gateway\"]");
    let sibling = dial.port().and_then(|port| {
        let mut others = cx.facts.active().filter(|other| other.key != client.key);
        let (other, entry) = others.find_map(|other| Some((other, other.published_as(port)?)))?;
        let reached = cx.facts.reach.resolve(client.key, &other.service.name.value);
        matches!(reached, Target::Sibling(_)).then_some((other, entry))
    });
    let finding = match sibling {
        Some((other, published)) => {
            let other = &other.service.name;
            let address = wiring::host_and_port(&other.value, Some(published.target.0));
            finding
                .also(published.origin.written, format!("`{}` publishes that port of the host", other.value))
                .help(format!("dial `{address}`, which is published there, or write `{entry}` for `{name}`"))
        }
        None => finding.help(format!("write `{entry}` for `{name}`")),
    };
    let known: Vec<Span> = owner.service.extra_hosts.iter().map(|entry| entry.span()).collect();
    let begin = Value::List(vec![Value::from(format!("{host}:host-gateway"))]);
    let edits = cx.edits.add_name(owner.service, "extra_hosts", (host, Some("host-gateway")), &begin, &known);
    match edits {
        Some(edits) => finding.fix(Fix {
            title: format!("let `{name}` find the host as `{host}`"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}
