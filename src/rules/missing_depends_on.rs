//! A service dials a database or broker and does not wait for it at all.

use std::collections::HashSet;

use super::prelude::*;
use super::wait_fixes;
use crate::compose::Dependency;
use crate::facts::readiness;

rule!("missing-depends-on", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(cx.facts.active().filter_map(|client| too_early(cx, client)));
    for client in cx.facts.active().filter(|client| !client.starts_alone()) {
        let name = &client.service.name.value;
        let mut seen = HashSet::new();
        for dial in &client.dials {
            let Some(target) = dial.sibling().and_then(|sibling| cx.facts.service(sibling)) else { continue };
            let target_name = &target.service.name.value;
            if !readiness::waits_for_nothing(cx.facts, client, target) || !seen.insert(target_name) {
                continue;
            }
            let trying = readiness::keeps_trying(client, target);
            let on_request = client.connects_on_request()
                || client.connects_when_used(target_name) && !client.waits_by_itself(target_name);
            // While it waits for another to be healthy, a cache that waits for nobody has long been up.
            let healthy = |other: &Dependency| other.condition.value == Condition::Healthy;
            let late = readiness::is_up_at_once(target)
                && target.service.depends_on.is_empty()
                && client.service.depends_on.iter().any(healthy);
            let trying = trying || late;
            let (severity, then) = match (on_request, client.restarts(), trying) {
                (true, _, _) => (Severity::Advice, "answers requests with errors until it is up"),
                (_, true, _) => (Severity::Advice, "fails and restarts until it is up"),
                (_, _, true) => (Severity::Advice, "may start first and have to try again"),
                _ if readiness::is_harmed(client, target) => (Severity::Warning, "may start first and fail"),
                _ => (Severity::Advice, "may start first and fail"),
            };
            let key = client.service.depends_on_key;
            let finding = RULE
                .finding(
                    if key.is_none() { client.service.name.span } else { key },
                    format!(
                        "`{name}` dials `{target_name}` but does not wait for it: on a cold start it {then}"
                    ),
                )
                .service(name.clone())
                .severity(severity)
                // What reads a configuration may well try again.
                .at_most(if dial.is_configured() || client.only_shares(dial) || client.only_holds(dial) {
                    Confidence::Possible
                } else {
                    dial.sureness
                })
                .also(dial.place, format!("dials `{}` here", dial.endpoint.shown()))
                .evidence(target_name.clone());
            let wait = format!("in `{name}` write `{}`", wait_fixes::wait(cx, client, target_name));
            let (help, fix) = if target.reports_health() {
                let edits = wait_fixes::wait_until_healthy(cx, client, target);
                let title = format!("let `{name}` wait until `{target_name}` is healthy");
                let fix = edits.map(|edits| Fix { title, applicability: Applicability::Unsafe, edits });
                (wait, fix)
            } else if let Some(health) = wait_fixes::healthcheck(target) {
                let fix = wait_fixes::healthcheck_fix(cx, target, &[client]);
                (format!("{wait}\nin `{target_name}` write `{health}`"), fix)
            } else {
                (format!("{wait}\ngive `{target_name}` a `healthcheck` to wait for"), None)
            };
            let finding = finding.help(help);
            out.push(match fix {
                Some(fix) => finding.fix(fix),
                None => finding,
            });
        }
    }
}

/// A proxy that looks up its upstream when it starts, where that starts only when another service is healthy or has ended: until
/// then nobody has its name.
fn too_early(cx: &Context<'_>, client: &ServiceFacts<'_>) -> Option<Finding> {
    if client.told_to_retry || client.restarts() {
        return None;
    }
    let name = &client.service.name.value;
    let waits = |service: &str, other: &str| cx.facts.waited_for(service, other);
    client.dials.iter().filter(|dial| super::proxy_upstream_mismatch::looks_up_at_start(dial)).find_map(|dial| {
        let target = cx.facts.service(dial.sibling()?)?;
        let target_name = &target.service.name.value;
        if waits(name, target_name).is_some() || client.waits_for(target_name) || dial.sureness < Confidence::Likely {
            return None;
        }
        // The one that both wait for may let them start in either order.
        let late = |condition: Option<Condition>| {
            matches!(condition, Some(Condition::Healthy | Condition::Completed))
        };
        let all = || cx.facts.active().filter(|other| other.key != client.key && other.key != target.key);
        let healthy = all().find(|other| {
            let other = &other.service.name.value;
            late(waits(target_name, other)) && !late(waits(name, other))
        });
        // One after another they start later than one that waits for nobody.
        let alone = client.service.depends_on.is_empty();
        let chained = || {
            let before = |other: &&ServiceFacts<'_>| {
                let other = &other.service.name.value;
                waits(target_name, other).is_some() && all().any(|last| waits(other, &last.service.name.value).is_some())
            };
            all().find(before).filter(|_| alone)
        };
        // Who waits for another to be healthy by itself may well start after both.
        let slow = all().any(|other| late(waits(name, &other.service.name.value)));
        let by_race = healthy.is_none();
        let first = healthy.or_else(chained)?;
        let sureness = if slow { Confidence::Possible } else { Confidence::Likely };
        let finding = RULE
            .finding(
                client.service.name.span,
                format!(
                    "`{name}` looks up `{target_name}` as soon as it starts, and that starts only after it has waited for `{}`: nginx stops with `host not found in upstream`",
                    first.service.name.value
                ),
            )
            .service(name.clone())
            .at_most(sureness)
            .also(dial.place, format!("dials `{}` here", dial.endpoint.shown()))
            .also(target.service.depends_on_key, "waits for another")
            .help(format!("in `{name}` write `depends_on: [{target_name}]`"))
            .evidence(target_name.clone());
        // Which of those is started first in the end, that differs from machine to machine.
        Some(if by_race { finding.severity(Severity::Advice) } else { finding })
    })
}
