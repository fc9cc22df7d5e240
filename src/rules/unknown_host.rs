//! A host name that nobody on the service's networks carries.

use super::prelude::*;
use super::{redirect, wiring};
use crate::facts::Target;

rule!("unknown-host", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        for dial in client.dials.iter().filter(|dial| !dial.is_of_proxy()) {
            let Some(host) = wiring::label(dial).filter(|host| !wiring::is_placeholder(host)) else {
                continue;
            };
            if dial.target != Some(Target::Nobody) {
                continue;
            }
            let Some(confidence) = wiring::nobody_answers(cx, client, dial) else { continue };
            let finding = finding(cx, client, dial, &host).at_most(confidence).at_most(dial.sureness);
            out.push(match is_of_skeleton(client, dial, &host) {
                true => finding.at_most(Confidence::Possible),
                false => finding,
            });
        }
    }
}

/// Whether it is the mail server that Laravel's skeleton names in every project, and the program is seen to send no mail.
fn is_of_skeleton(client: &ServiceFacts<'_>, dial: &Dial<'_>, host: &str) -> bool {
    const SENDS: [&str; 5] = ["Mail::", "->notify(", "Notification::", "MailMessage", "Mailable"];
    matches!(host, "mailhog" | "mailpit")
        && dial.variable() == Some("MAIL_HOST")
        && client.program.scope.iter().any(|(_, place, source)| {
            source.front_end.name() == "php" && place.iter().any(|folder| folder == "Models")
        })
        && SENDS.iter().all(|word| client.program.scope.mentioning(word).is_empty())
}

fn finding<'a>(cx: &Context<'a>, client: &ServiceFacts<'a>, dial: &Dial<'a>, host: &str) -> Finding {
    let service = &client.service.name.value;
    let names = wiring::others(cx, client);
    let meant = wiring::probably(cx, client, dial, host);
    let what = wiring::who(dial);
    let finding = RULE
        .finding(
            dial.place,
            format!("{what} of `{service}` dials host `{host}`, which no service on its networks is called"),
        )
        .service(service.clone())
        .here("no such host")
        .evidence(host)
        .help(match meant {
            Some(meant) => format!("write `{meant}` in place of `{host}`"),
            None if names.is_empty() => {
                format!("add a service `{host}`, or declare the host under `extra_hosts`")
            }
            None => format!("the services it can reach are {}", wiring::list(&names)),
        });
    match meant.and_then(|meant| cx.facts.service(meant)) {
        Some(meant) => {
            let name = &meant.service.name;
            let finding = finding.also(name.span, format!("`{}` is probably meant", name.value));
            redirect::with_host(cx, finding, dial, &name.value)
        }
        None => finding,
    }
}
