//! A service dials a database or broker and does not wait for it at all.

use std::collections::HashSet;

use super::prelude::*;
use super::wait_fixes;
use crate::compose::Dependency;
use crate::facts::readiness;

rule!("missing-depends-on", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
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
