//! The program falls back to loopback because nothing sets the variable it reads.

use super::prelude::*;
use super::{nobody, wiring};
use crate::facts::{Astray, Cause};

rule!("unset-variable-loopback-default", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // Where something comes near to setting it, that is the mistake.
    let plain = |astray: &Astray<'_, '_>| match astray.cause {
        Cause::Unset { variable, .. } => cx.facts.is_plainly_absent(astray.client.key, variable),
        _ => false,
    };
    // A program may fall back in several places, and several services may run it; it is one mistake.
    let mistakes = cx.facts.mistakes(plain, |one, other| match (one.cause, other.cause) {
        (Cause::Unset { variable: a, read }, Cause::Unset { variable: b, read: too }) => {
            let shares = || one.client.file_at(read) == other.client.file_at(too);
            a == b
                && (one.client.key == other.client.key || one.client.is_built_like(other.client) || shares())
        }
        _ => false,
    });
    for mistake in &mistakes {
        let Some(finding) = finding(cx, mistake) else { continue };
        // A file that is not there, as `.env` in a fresh clone, may well set it, or one that is laid over this.
        let overlaid = |astray: &Astray<'_, '_>| match astray.cause {
            Cause::Unset { variable, .. } => astray.client.service.overlaid.contains(variable),
            _ => false,
        };
        let hidden = mistake.iter().all(|astray| astray.client.lacks_env_file() || overlaid(astray));
        let sureness = mistake.iter().map(|astray| astray.dial.sureness).max();
        let finding = finding.at_most(sureness.unwrap_or(Confidence::Certain));
        out.push(if hidden { finding.at_most(Confidence::Possible) } else { finding });
    }
    for client in cx.facts.active() {
        let mut told = std::collections::HashSet::new();
        let found = client.dials.iter().filter_map(|dial| left_alone(cx, client, dial));
        out.extend(found.filter(|found| told.insert(found.at)));
    }
}

/// What is dialled when nothing is set is the container itself, and no service of the project is such a server.
fn left_alone(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Finding> {
    let Cause::Unset { variable, .. } = Cause::of(dial) else { return None };
    let plain = cx.facts.is_plainly_absent(client.key, variable);
    let finding = plain.then(|| nobody::finding(cx, &RULE, client, dial, Some(variable))).flatten()?;
    Some(if client.may_find(variable) { finding.at_most(Confidence::Possible) } else { finding })
}

fn finding(cx: &Context<'_>, mistake: &[Astray<'_, '_>]) -> Option<Finding> {
    let Astray { client, dial, sibling, cause } = mistake.first()?;
    let Cause::Unset { variable, read } = *cause else { return None };
    // Settings within settings are filled by their long names: `SHOP__POSTGRES__HOST` is the `HOST` of one of them.
    let within = format!("__{}", variable.to_ascii_uppercase());
    if client.environment.iter().any(|(name, _)| name.to_ascii_uppercase().ends_with(&within)) {
        return None;
    }
    let target = &sibling.service.name;
    let blank = client.environment.value(variable).is_some_and(|value| value.is_blank() == Some(true));
    let state = if blank { "is blank" } else { "is not set" };
    let clients = wiring::clients(mistake);
    let finding = RULE
        .finding(
            dial.place,
            format!(
                "`{variable}` {state} for {clients}; the program falls back to `{}`, where nothing listens inside the container",
                dial.endpoint.shown(),
            ),
        )
        .service(client.service.name.value.clone())
        .here("the default is the container itself")
        .also(read, format!("`{variable}` is read here"));
    let finding = wiring::also_there(finding, mistake);
    let finding = wiring::clients_of(mistake)
        .iter()
        .fold(finding, |finding, client| wiring::not_set(finding, client, variable));
    let finding = finding
        .also(target.span, format!("`{}` listens on {}", target.value, wiring::ports_of(dial, sibling)))
        .evidence(variable)
        .evidence(target.value.clone());
    Some(wiring::set_for(cx, finding, mistake, variable))
}
