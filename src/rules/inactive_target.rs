//! The target runs only under a profile that is not active while the client runs.

use super::prelude::*;
use super::wiring;
use crate::facts::Target;

rule!("inactive-target", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let mut told = Vec::new();
        for dial in client.dials.iter().filter(|dial| !dial.is_of_proxy()) {
            let Some(Target::Inactive(target)) = dial.target else { continue };
            let Some(target) = cx.facts.service(target).filter(|target| !told.contains(&target.key)) else {
                continue;
            };
            // Where the client waits for it, Compose itself says so, or the wait is declared to be optional.
            let named = |on: &crate::compose::Dependency| on.service.value == target.key;
            if client.service.depends_on.iter().any(named) {
                continue;
            }
            told.push(target.key);
            out.push(finding(client, dial, target).at_most(confidence(cx, client, dial, target)));
        }
    }
}

/// How sure it is that the client misses the target.
fn confidence(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    target: &ServiceFacts<'_>,
) -> Confidence {
    // Clients do without what is no database or broker, or have another of its kind.
    let another = || {
        let speaks = |other: &ServiceFacts<'_>| dial.protocols.iter().any(|protocol| other.speaks(protocol));
        cx.facts.active().any(|other| other.key != client.key && speaks(other))
    };
    if !target.is_stateful()
        || dial.may_be_public()
        || another()
        || client.only_shares(dial)
        || cx.project.variant
        || wiring::is_incomplete(cx, target)
    {
        return Confidence::Possible;
    }
    wiring::how_sure(dial).min(dial.sureness).min(Confidence::Likely)
}

fn finding(client: &ServiceFacts<'_>, dial: &Dial<'_>, target: &ServiceFacts<'_>) -> Finding {
    let (service, host) = (&client.service.name.value, &target.service.name.value);
    let profiles: Vec<String> =
        target.service.profiles.iter().map(|profile| format!("`{}`", profile.value)).collect();
    let profiles = profiles.join(" or ");
    let own = client.service.profiles.is_empty();
    let finding = RULE
        .finding(
            dial.place,
            format!(
                "`{service}` runs and dials `{}`, but `{host}` runs only with the profile {profiles}, which is not active",
                dial.endpoint.shown(),
            ),
        )
        .service(service.clone())
        .here(format!("`{host}` does not run"))
        .evidence(host.clone());
    let first = target.service.profiles.first();
    let finding = finding.also(
        first.map_or(target.service.name.span, |profile| profile.span()),
        format!("`{host}` runs only with {profiles}"),
    );
    finding.help(match own {
        true => format!(
            "take `profiles` off `{host}`, or give `{service}` the same: `profiles: [{}]`",
            target
                .service
                .profiles
                .iter()
                .map(|profile| profile.value.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ),
        false => format!("give `{host}` a profile of `{service}`, too"),
    })
}
