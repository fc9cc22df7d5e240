//! `condition: service_healthy` on a service that can never be healthy.

use super::prelude::*;
use super::wait_fixes;
use crate::facts::Health;

rule!("healthy-without-healthcheck", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let name = &client.service.name.value;
        for dependency in &client.service.depends_on {
            let Some(target) = cx.facts.service(&dependency.service) else { continue };
            let target_name = &target.service.name.value;
            let (why, confidence) = match target.health() {
                Health::Checked | Health::Unknown => continue,
                Health::Disabled => ("its healthcheck is disabled", Confidence::Certain),
                Health::None => {
                    ("neither the compose file nor its image has a healthcheck", Confidence::Likely)
                }
            };
            if dependency.condition.value != Condition::Healthy {
                continue;
            }
            let health = target.service.healthcheck.as_ref().map(|healthcheck| healthcheck.key);
            let finding = RULE
                .finding(
                    dependency.condition.span,
                    format!("`{name}` waits for `{target_name}` to be healthy, but {why}: Compose refuses to start it"),
                )
                .service(name.clone())
                .here("never becomes true")
                .also(health.unwrap_or(target.service.name.span), format!("`{target_name}`: {why}"))
                .help(match wait_fixes::healthcheck(target) {
                    Some(health) => format!("in `{target_name}` write `{health}`"),
                    None => format!("give `{target_name}` a `healthcheck`, or wait with `condition: service_started`"),
                })
                .at_most(confidence)
                .evidence(target_name.clone());
            out.push(match wait_fixes::healthcheck_fix(cx, target, &[client]) {
                Some(fix) => finding.fix(fix),
                None => finding,
            });
        }
    }
}
