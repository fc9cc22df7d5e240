//! Client and target are on no network that both are on.

use super::prelude::*;
use super::wiring;
use crate::compose::edits::Value;
use crate::compose::{Attachment, NetworkMode};
use crate::facts::{Namespace, Target};

rule!("no-shared-network", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let mut told = Vec::new();
        let dials = client.dials.iter().filter(|dial| !dial.is_of_proxy());
        for dial in dials.filter(|dial| !wiring::is_for_all(cx, client, dial)) {
            let Some(Target::Separated(target)) = dial.target else { continue };
            let Some(target) = cx.facts.service(target).filter(|target| !told.contains(&target.key)) else {
                continue;
            };
            // A container outside the project lends its interfaces: what is on them can't be seen.
            let lent = |service: &ServiceFacts<'_>| {
                matches!(mode(service), Some(NetworkMode::Container(_) | NetworkMode::Other(_)))
            };
            let owner = |service: &ServiceFacts<'_>| match cx.facts.reach.namespace(service.key) {
                Namespace::Service(owner) => cx.facts.service(owner).is_some_and(lent),
                Namespace::Host => false,
                Namespace::Outside => mode(service) != Some(&NetworkMode::None),
            };
            if owner(client) || owner(target) {
                continue;
            }
            told.push(target.key);
            // A container outside may carry the name on an external network.
            let outside = cx.facts.reach.sees_outside(client.key)
                && matches!(cx.facts.reach.namespace(client.key), Namespace::Service(_));
            let unseen = wiring::is_incomplete(cx, client) || wiring::is_incomplete(cx, target);
            let confidence = match (dial.may_be_public() || unseen, outside) {
                (true, _) => Confidence::Possible,
                (_, true) => Confidence::Likely,
                _ => wiring::how_sure(dial),
            };
            out.push(finding(cx, client, dial, target).at_most(confidence).at_most(dial.sureness));
        }
    }
}

fn mode<'a>(service: &ServiceFacts<'a>) -> Option<&'a NetworkMode> {
    service.service.network_mode.as_ref().map(|mode| &mode.value)
}

fn finding(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    target: &ServiceFacts<'_>,
) -> Finding {
    let (service, host) = (&client.service.name, &target.service.name);
    let (from, to) = (whereabouts(cx, client), whereabouts(cx, target));
    let finding = RULE
        .finding(
            dial.place,
            format!(
                "`{}` dials `{}` and can't reach it: `{}` is {from}, `{}` is {to}",
                service.value,
                dial.endpoint.shown(),
                service.value,
                host.value,
            ),
        )
        .service(service.value.clone())
        .here(format!("`{}` is on another network", host.value))
        .also(place(client), format!("`{}` is {from}", service.value))
        .also(place(target), format!("`{}` is {to}", host.value))
        .evidence(host.value.clone());
    let port = wiring::port_to_dial(dial, target);
    let published = |service: &ServiceFacts<'_>| {
        let ports = service.service.ports.iter();
        ports
            .filter(|entry| port == Some(entry.target.0))
            .find_map(|entry| entry.published)
            .map(|(first, _)| first)
    };
    match (cx.facts.reach.namespace(client.key), cx.facts.reach.namespace(target.key)) {
        (Namespace::Host, _) => finding.help(match published(target) {
            Some(port) => format!("names of services mean nothing on the host's network: dial `localhost:{port}`, as which `{}` is published, or take `network_mode: host` off `{}`", host.value, service.value),
            None => format!("names of services mean nothing on the host's network: take `network_mode: host` off `{}`", service.value),
        }),
        (Namespace::Service(_), Namespace::Host) => {
            let address = wiring::host_and_port("host.docker.internal", port);
            finding.help(format!("what runs on the host's network has no name on others: take `network_mode: host` off `{}`, or dial `{address}` and write `extra_hosts: [\"host.docker.internal:host-gateway\"]` for `{}`", host.value, service.value))
        }
        (Namespace::Service(owner), Namespace::Service(_)) => {
            let joins = cx.facts.service(owner).unwrap_or(client);
            join(cx, finding, joins, target)
        }
        (Namespace::Outside, _) => finding.help(format!("take `network_mode: none` off `{}`", service.value)),
        (_, Namespace::Outside) => finding.help(format!("take `network_mode: none` off `{}`", host.value)),
    }
}

/// Offers to put the client on a network of the target's.
fn join(cx: &Context<'_>, finding: Finding, client: &ServiceFacts<'_>, target: &ServiceFacts<'_>) -> Finding {
    let owner = match cx.facts.reach.namespace(target.key) {
        Namespace::Service(owner) => cx.facts.service(owner).unwrap_or(target),
        _ => target,
    };
    let external =
        |at: &&Attachment| cx.project.networks.get(&at.network.value).is_some_and(|network| network.external);
    // One of the project's own, where there is a choice.
    let networks = &owner.service.networks;
    let chosen = networks.iter().find(|at| !external(at)).or(networks.first());
    let Some(network) = chosen.map(|at| at.network.value.as_str()) else { return finding };
    let own: Vec<&str> = client.service.networks.iter().map(|at| at.network.value.as_str()).collect();
    let all = own.iter().chain([&network]).copied().collect::<Vec<_>>().join(", ");
    let name = &client.service.name.value;
    let finding = finding.help(format!("write `networks: [{all}]` for `{name}`"));
    if client.service.network_mode.is_some() {
        return finding;
    }
    let begin = Value::List(own.iter().chain([&network]).map(|name| Value::from(*name)).collect());
    let known: Vec<Span> = client.service.networks.iter().map(|at| at.network.span()).collect();
    match cx.edits.add_name(client.service, "networks", (network, None), &begin, &known) {
        Some(edits) => finding.fix(Fix {
            title: format!("put `{name}` on network `{network}`"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}

/// Where a service is, for people.
fn whereabouts(cx: &Context<'_>, service: &ServiceFacts<'_>) -> String {
    match cx.facts.reach.namespace(service.key) {
        Namespace::Host => "on the host's network".to_string(),
        Namespace::Outside => "on no network".to_string(),
        Namespace::Service(owner) => {
            let networks = cx.facts.service(owner).map_or(&[][..], |owner| &owner.service.networks);
            let names: Vec<String> = networks.iter().map(|at| format!("`{}`", at.network.value)).collect();
            let through = if owner == service.key { String::new() } else { format!(", as `{owner}` is") };
            match names.is_empty() {
                true => format!("on Docker's default bridge{through}"),
                false => format!("on {}{through}", names.join(", ")),
            }
        }
    }
}

/// What says where it is: its mode, its first network, or its name where nothing does.
fn place(service: &ServiceFacts<'_>) -> Span {
    let mode = service.service.network_mode.as_ref().map(|mode| mode.origin.written);
    let network = || service.service.networks.first().map(|at| at.network.span());
    let written = mode.or_else(network).filter(|span| !span.is_none());
    written.unwrap_or(service.service.name.span)
}
