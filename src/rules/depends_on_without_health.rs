//! A service depends on a database or broker that cannot say when it is ready.

use super::prelude::*;
use super::wait_fixes;
use crate::facts::readiness;
use crate::programs::SinkKind;

rule!("depends-on-without-health", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for target in cx.facts.active() {
        let name = &target.service.name.value;
        let dependents = cx.facts.active().filter(|client| readiness::starts_without_health(client, target));
        // What only wants it to be started first is not harmed by an early start, where that is known.
        let (idle, mut clients): (Vec<_>, Vec<_>) = dependents.partition(|client| client.never_dials(target));
        let harmless = clients.is_empty();
        // Whose whole program reads nothing and dials nothing only has it started along.
        let asks_nothing = |client: &ServiceFacts<'_>| {
            let program = client.program;
            let mut modules = program.modules.iter();
            program.entry_known
                && !program.loaded.is_empty()
                && client.dials.is_empty()
                && modules.all(|module| {
                    module.sinks.iter().all(|it| it.kind == SinkKind::Listen) && module.reads.is_empty()
                })
                && !readiness::asks_first(client, target)
        };
        if harmless {
            clients = idle;
        }
        clients.retain(|client| !asks_nothing(client));
        let all = clients.clone();
        let hurried = |client: &&ServiceFacts<'_>| {
            let first = readiness::asks_first(client, target);
            // Whose program is seen and does not dial it gives up for nothing.
            let seen = client.program.entry_known && !client.program.loaded.is_empty();
            let dials = first || client.dials.iter().any(|dial| dial.sibling() == Some(target.key));
            (dials || !seen)
                && readiness::is_harmed(client, target)
                && (first || !client.connects_on_request())
        };
        // Where some would be harmed, it is they who are spoken of.
        let patient = harmless || readiness::is_up_at_once(target) || !clients.iter().any(&hurried);
        if !patient {
            clients.retain(|client| hurried(client));
        }
        let Some(first) = clients.first() else { continue };
        let who = match clients.len() - 1 {
            0 => format!("`{}` starts", first.service.name.value),
            1 => format!("`{}` and one other service start", first.service.name.value),
            n => format!("`{}` and {n} other services start", first.service.name.value),
        };
        let kind = target.image.map_or("server", |image| image.title.as_str());
        let message = format!(
            "{who} as soon as `{name}` is started, not when it accepts connections: `{name}` has no healthcheck"
        );
        let mut finding = RULE
            .finding(target.service.name.span, message)
            .severity(if patient { Severity::Advice } else { Severity::Warning })
            .service(name.clone())
            .here(format!("{kind} without a healthcheck"))
            .evidence(name.clone());
        for client in &clients {
            let wait = readiness::dependency(client, name);
            let span = wait.map_or(Span::NONE, |dependency| dependency.service.span());
            finding =
                finding.also(span, format!("`{}` waits only until it is started", client.service.name.value));
        }
        let finding = finding.help(help(cx, target, &all));
        out.push(match wait_fixes::healthcheck_fix(cx, target, &all) {
            Some(fix) => finding.fix(fix),
            None => finding,
        });
    }
}

fn help(cx: &Context<'_>, target: &ServiceFacts<'_>, clients: &[&ServiceFacts<'_>]) -> String {
    let name = &target.service.name.value;
    let waits = clients.iter().map(|client| {
        format!("in `{}` write `{}`", client.service.name.value, wait_fixes::wait(cx, client, name))
    });
    let health = match wait_fixes::healthcheck(target) {
        Some(health) => format!("in `{name}` write `{health}`"),
        None => format!("give `{name}` a `healthcheck`"),
    };
    std::iter::once(health).chain(waits).collect::<Vec<_>>().join("\n")
}
