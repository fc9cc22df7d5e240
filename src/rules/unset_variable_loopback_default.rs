//! The program falls back to loopback because nothing sets the variable it reads.

use super::prelude::*;
use super::wiring;

rule!("unset-variable-loopback-default", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        // A file may fall back in several places; it is one mistake.
        let mut told = Vec::new();
        for dial in client.dials.iter().filter(|dial| dial.is_loopback() && !dial.may_be_public()) {
            let Some((variable, read)) = dial.host_origin().and_then(|origin| origin.unset_read()) else {
                continue;
            };
            if cx.facts.answers_on_loopback(client, dial) {
                continue;
            }
            let meant = cx.facts.meant(client, dial);
            let Some(sibling) = meant.first() else { continue };
            let mistake = (variable, sibling.key, client.module_at(read));
            if told.contains(&mistake) {
                continue;
            }
            told.push(mistake);
            let finding = finding(cx, client, dial, variable, read, sibling).at_most(dial.sureness);
            // A file that is not there, as `.env` in a fresh clone, may well set it.
            let hidden = client.service.env_files.iter().any(|file| file.required && !file.found);
            out.push(if hidden { finding.at_most(Confidence::Possible) } else { finding });
        }
    }
}

fn finding(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    variable: &str,
    read: Span,
    sibling: &ServiceFacts<'_>,
) -> Finding {
    let service = &client.service.name;
    let target = &sibling.service.name;
    let blank = client.environment.value(variable).is_some_and(|value| value.is_blank() == Some(true));
    let state = if blank { "is blank" } else { "is not set" };
    let port = wiring::port_to_dial(dial, sibling);
    let address = wiring::host_and_port(&target.value, port);
    let value = wiring::value_to_set(client, dial, variable, sibling);
    let block = client.service.environment.key;
    let finding = RULE
    .finding(
        dial.place,
        format!(
            "`{variable}` {state} for `{service}`; the program falls back to `{}`, where nothing listens inside the container",
            dial.endpoint.shown(),
            service = service.value,
        ),
    )
    .service(service.value.clone())
    .here("the default is the container itself")
    .also(read, format!("`{variable}` is read here"))
    .also(
        if block.is_none() { service.span } else { block },
        if block.is_none() {
            format!("`{}` has no `environment`", service.value)
        } else {
            format!("`environment` of `{}` does not set `{variable}`", service.value)
        },
    )
    .also(target.span, format!("`{}` listens on {}", target.value, wiring::ports_of(dial, sibling)))
    .evidence(variable)
    .evidence(target.value.clone());
    let Some(value) = value else {
        let name = &service.value;
        return finding
            .help(format!("set `{variable}` in `environment` of `{name}` to an address on `{address}`"));
    };
    let entry = wiring::entry(client, variable, &value);
    let finding = finding.help(format!("write `{entry}` in `environment` of `{}`", service.value));
    match cx.edits.set_variable(client.service, variable, &value) {
        Some(edits) => finding.fix(Fix {
            title: format!("set `{variable}` for `{}`", service.value),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}
