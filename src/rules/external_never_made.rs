//! An external network or volume that nothing of the project makes.

use super::prelude::*;
use crate::compose::MountKind;

rule!("external-never-made", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let project = cx.project;
    // Who does what the note says gets nothing started.
    let severity = if project.told_to_start { Severity::Warning } else { Severity::Advice };
    for network in project.networks.values().filter(|it| it.external) {
        let joins = |it: &&ServiceFacts<'_>| {
            it.service.networks.iter().any(|at| at.network.value == network.name.value)
        };
        let used = cx.facts.active().find(joins);
        if let Some(service) = used.filter(|_| project.never_made.contains(&network.real_name)) {
            let it = finding(service, "network", network.name.span, &network.real_name);
            out.push(it.severity(severity));
        }
    }
    for volume in project.volumes.values().filter(|it| it.external) {
        let mounts = |service: &&ServiceFacts<'_>| {
            service.service.volumes.iter().any(|mount| {
                mount.kind == MountKind::Volume && mount.source.as_ref() == Some(&volume.name.value)
            })
        };
        let used = cx.facts.active().find(mounts);
        if let Some(service) = used.filter(|_| project.never_made.contains(&volume.real_name)) {
            let it = finding(service, "volume", volume.name.span, &volume.real_name);
            out.push(it.severity(severity));
        }
    }
}

fn finding(service: &ServiceFacts<'_>, kind: &str, at: Span, name: &str) -> Finding {
    let message = format!(
        "the {kind} `{name}` is external, and nothing of the project makes it or speaks of it: where it is not there, Compose does not start `{}`",
        service.service.name.value
    );
    RULE.finding(at, message)
        .service(service.service.name.value.clone())
        .here("must be there before")
        .help(format!("`docker {kind} create {name}` first, and say so in a note, or leave `external` out: Compose makes it then"))
        .evidence(name)
}
