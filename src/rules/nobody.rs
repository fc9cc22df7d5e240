//! What is said where a program that starts dials its own container, and no service of the project is the server.

use super::prelude::*;
use super::wiring;
use crate::facts::Cause;
use crate::facts::nobody::Harm;

/// The finding of such a dial, at most likely. `variable` is what the program reads and nothing sets, or what its library would take
/// the address from; without one the address is written in the source, or nowhere.
pub fn finding(
    cx: &Context<'_>,
    rule: &'static Rule,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    variable: Option<&str>,
) -> Option<Finding> {
    // Of one for which another service is meant, that is said.
    if cx.facts.astray(client).any(|astray| std::ptr::eq(astray.dial, dial)) {
        return None;
    }
    let harm = cx.facts.finds_nobody(client, dial)?;
    let sink = dial.sink()?;
    let name = &client.service.name;
    let shown = dial.endpoint.shown();
    let (message, help) = match variable {
        _ if matches!(Cause::of(dial), Cause::Library { .. }) => (
            format!(
                "`{}` of `{}` is given no address, so it dials `{shown}`: inside the container that is the container itself, where nothing listens, and no service is such a server",
                sink.callee.value, name.value
            ),
            match variable {
                Some(variable) => format!(
                    "add the server as a service, and set `{variable}` in `environment` of `{}` to its address",
                    name.value
                ),
                None => format!(
                    "add the server as a service, and give its address to `{}`, best from a variable",
                    sink.callee.value
                ),
            },
        ),
        Some(variable) => (
            format!(
                "`{variable}` is not set for `{}`; the program falls back to `{shown}`, where nothing listens inside the container, and no service is such a server",
                name.value
            ),
            format!(
                "add the server as a service, and set `{variable}` in `environment` of `{}` to its address",
                name.value
            ),
        ),
        None => (
            format!(
                "the source of `{}` dials `{shown}`: inside the container that is the container itself, where nothing listens, and no service is such a server",
                name.value
            ),
            format!(
                "add the server as a service, and read its address from a variable that `environment` of `{}` sets",
                name.value
            ),
        ),
    };
    let finding = rule
        .finding(dial.place, message)
        .service(name.value.clone())
        .severity(if harm == Harm::Start { Severity::Error } else { Severity::Warning })
        .here("loopback of the container")
        .also(sink.callee.span, format!("`{}` dials it", sink.callee.value))
        .help(format!("{help}; for one on the machine itself, name `host.docker.internal`, with `extra_hosts: [\"host.docker.internal:host-gateway\"]`"))
        .evidence(shown)
        .at_most(dial.sureness.min(Confidence::Likely));
    let finding = match variable {
        Some(variable) => wiring::not_set(finding, client, variable),
        None => finding,
    };
    Some(if harm == Harm::Perhaps { finding.at_most(Confidence::Possible) } else { finding })
}
