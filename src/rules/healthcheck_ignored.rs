//! A dependency has a healthcheck, and the dependent does not wait for it.

use super::prelude::*;
use super::wait_fixes;
use crate::facts::readiness;

rule!("healthcheck-ignored", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active().filter(|client| !client.starts_alone()) {
        let name = &client.service.name.value;
        for dependency in client.service.depends_on.iter().filter(|dependency| !dependency.implied) {
            let Some(target) = cx.facts.service(&dependency.service) else { continue };
            if !readiness::ignores_health(cx.facts, client, target) {
                continue;
            }
            let target_name = &target.service.name.value;
            let written = dependency.condition.span;
            let at = if written.is_none() { dependency.service.span() } else { written };
            let own = target.service.healthcheck.as_ref().map(|healthcheck| healthcheck.key);
            let health = own.or(target.program.image.healthcheck).unwrap_or(Span::NONE);
            let hurt = readiness::is_harmed(client, target)
                && !readiness::is_up_at_once(target)
                && !client.connects_on_request();
            let finding = RULE
                .finding(
                    at,
                    format!(
                        "`{name}` waits until `{target_name}` is started, not until {} passes",
                        if health.is_none() { "the healthcheck of its image" } else { "its healthcheck" }
                    ),
                )
                .service(name.clone())
                .severity(if hurt { Severity::Warning } else { Severity::Advice })
                .here("waits for `service_started` only")
                .also(health, format!("`{target_name}` says here when it is ready"))
                .help(format!("in `{name}` write `{}`", wait_fixes::wait(cx, client, target_name)))
                .evidence(target_name.clone());
            // Of an image that is only known by name, the healthcheck is not seen here.
            let seen =
                target.service.healthcheck.as_ref().is_some_and(|healthcheck| healthcheck.test.is_some())
                    || target.program.image.healthcheck.is_some();
            out.push(match wait_fixes::wait_until_healthy(cx, client, target) {
                Some(edits) => finding.fix(Fix {
                    title: format!("let `{name}` wait until `{target_name}` is healthy"),
                    applicability: if seen { Applicability::Safe } else { Applicability::Unsafe },
                    edits,
                }),
                None => finding,
            });
        }
    }
}
