//! Nothing says where the server is, and what the library dials then is the container itself.

use super::prelude::*;
use super::{nobody, wiring};
use crate::facts::{Astray, Cause};
use crate::programs::SinkKind;

rule!("framework-default-loopback", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let library = |astray: &Astray<'_, '_>| {
        matches!(astray.cause, Cause::Library { .. })
            && !astray.client.may_be_told_by_django(astray.dial)
            && !is_told(astray.client, astray.dial)
    };
    // Clients that one variable would tell make one mistake.
    let mistakes = cx.facts.mistakes(library, |one, other| match (one.cause, other.cause) {
        (Cause::Library { callee: a, variable: x }, Cause::Library { callee: b, variable: y }) => {
            a == b || one.client.key == other.client.key && x.is_some() && x == y
        }
        _ => false,
    });
    out.extend(mistakes.iter().filter_map(|mistake| finding(cx, mistake)));
    let mut told = std::collections::HashSet::new();
    for client in cx.facts.active() {
        let found = client.dials.iter().filter_map(|dial| left_alone(cx, client, dial));
        out.extend(found.filter(|found| told.insert(found.at)));
    }
}

/// What a library dials by itself, where no service of the project is such a server.
fn left_alone(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Finding> {
    let Cause::Library { callee, variable } = Cause::of(dial) else { return None };
    // Whoever hands over work looks for the broker only then.
    let idle = is_of_celery(dial) && !celery(client).any(|words| words.iter().any(|word| word == "worker"));
    if idle || is_told(client, dial) || client.may_be_told_by_django(dial) || is_argument(client, callee) {
        return None;
    }
    let finding = nobody::finding(cx, &RULE, client, dial, variable)?;
    let hidden = client.lacks_env_file() || variable.is_some_and(|variable| client.may_find(variable));
    Some(if hidden { finding.at_most(Confidence::Possible) } else { finding })
}

fn is_of_celery(dial: &Dial<'_>) -> bool {
    dial.sink().is_some_and(|sink| sink.kind == SinkKind::CeleryBroker)
}

/// The commands by which the container starts Celery.
fn celery<'f>(client: &'f ServiceFacts<'_>) -> impl Iterator<Item = &'f Vec<String>> {
    let named = |word: &String| word.rsplit('/').next() == Some("celery");
    client.program.commands.iter().filter(move |words| words.iter().any(named))
}

/// Whether Celery's command says where the broker is, or which settings say so (`celery --help`).
fn is_told(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    const OPTIONS: [&str; 3] = ["-b", "--broker", "--config"];
    let says = |word: &String| OPTIONS.contains(&word.split('=').next().unwrap_or(word));
    is_of_celery(dial) && celery(client).any(|words| words.iter().any(says))
}

/// Whether the command is what the entrypoint of an image gets to read that is not known: `celery worker` is what
/// Airflow's is told to do.
fn is_argument(client: &ServiceFacts<'_>, callee: Span) -> bool {
    let service = client.service;
    let built = service.build.is_some() || client.program.image.dockerfile.is_some();
    let known = client.image.is_some() || built || service.entrypoint.is_some();
    let first = client.program.command.first();
    !known && first.is_some_and(|word| word.span() == callee)
}

/// The setting of Django's that is meant for Celery, and that Celery does not take.
fn passed_over(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<(String, Span, String)> {
    let of_celery = dial.sink().is_some_and(|sink| sink.kind == SinkKind::CeleryBroker);
    of_celery.then(|| client.passed_over_by_celery()).flatten()
}

fn finding(cx: &Context<'_>, mistake: &[Astray<'_, '_>]) -> Option<Finding> {
    let Astray { client, dial, sibling, cause } = mistake.first()?;
    let Cause::Library { callee, variable } = *cause else { return None };
    let target = &sibling.service.name;
    let clients = wiring::clients(mistake);
    let caller = dial.sink().map_or("the client", |sink| sink.callee.value.as_str());
    let shown = dial.endpoint.shown();
    let finding = RULE
        .finding(
            callee,
            format!(
                "`{caller}` of {clients} is given no address, so it dials `{shown}`: inside the container that is the container itself, and `{}` is meant",
                target.value,
            ),
        )
        .service(client.service.name.value.clone())
        .here(format!("dials `{shown}` when nothing is said"))
        .at_most(if is_argument(client, callee) { Confidence::Possible } else { dial.sureness });
    let finding = wiring::also_there(finding, mistake);
    let finding = wiring::clients_of(mistake).iter().fold(finding, |finding, client| match variable {
        Some(variable) => wiring::not_set(finding, client, variable),
        None => finding.also(client.service.name.span, format!("`{}` runs this", client.service.name.value)),
    });
    let finding = finding
        .also(target.span, format!("`{}` listens on {}", target.value, wiring::ports_of(dial, sibling)))
        .evidence(caller)
        .evidence(target.value.clone());
    if let Some((name, at, taken)) = passed_over(client, dial) {
        let finding = finding.also(at, format!("`{name}` is no setting that Celery takes here"));
        return Some(finding.help(format!("call it `{taken}`")));
    }
    let address = wiring::host_and_port(&target.value, wiring::port_to_dial(dial, sibling));
    Some(match variable {
        Some(variable) => wiring::set_for(cx, finding, mistake, variable),
        None => finding.help(format!(
            "give `{caller}` the address `{address}`, best from a variable that `environment` of {clients} sets"
        )),
    })
}
