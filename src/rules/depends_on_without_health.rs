//! A service depends on a database or broker that cannot say when it is ready.

use super::prelude::*;

rule!("depends-on-without-health", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for target in cx.facts.active().filter(|facts| facts.is_stateful() && !facts.reports_health()) {
        let name = &target.service.name;
        let waiting = |client: &&ServiceFacts<'_>| {
            client.service.depends_on.iter().any(|dependency| {
                dependency.service.value == name.value && dependency.condition.value != Condition::Completed
            })
        };
        let clients: Vec<_> = cx
            .facts
            .active()
            .filter(waiting)
            .filter(|client| !client.starts_alone() && !client.waits_for(&name.value))
            .collect();
        let Some(first) = clients.first() else { continue };
        let who = match clients.len() - 1 {
            0 => format!("`{}` starts", first.service.name.value),
            1 => format!("`{}` and one other service start", first.service.name.value),
            n => format!("`{}` and {n} other services start", first.service.name.value),
        };
        let kind = target.image.map_or("server", |image| image.title.as_str());
        let message = format!(
            "{who} as soon as `{name}` is started, not when it accepts connections: `{name}` has no healthcheck",
            name = name.value
        );
        let mut finding = RULE
            .finding(name.span, message)
            .service(name.value.clone())
            .here(format!("{kind} without a healthcheck"))
            .evidence(name.value.clone());
        for client in &clients {
            let wait =
                client.service.depends_on.iter().find(|dependency| dependency.service.value == name.value);
            let span = wait.map_or(Span::NONE, |dependency| dependency.service.span());
            finding =
                finding.also(span, format!("`{}` waits only until it is started", client.service.name.value));
        }
        out.push(finding.help(help(target, &first.service.name.value)));
    }
}

fn help(target: &ServiceFacts<'_>, client: &str) -> String {
    let name = &target.service.name.value;
    let wait = format!("let `{client}` wait with `depends_on: {{{name}: {{condition: service_healthy}}}}`");
    match target.healthcheck_command() {
        Some(command) => format!("give `{name}` `healthcheck: {{test: {command}}}` and {wait}"),
        None => format!("give `{name}` a `healthcheck` and {wait}"),
    }
}
