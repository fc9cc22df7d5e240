//! A server refuses requests under the name by which a sibling asks it.

use super::prelude::*;
use crate::facts::refused_hosts::{self, Refused};

rule!("host-not-allowed", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let mut told = Vec::new();
        for dial in &client.dials {
            let Some(target) = dial.sibling().and_then(|name| cx.facts.service(name)) else { continue };
            let Some(refused) = refused_hosts::of(client, dial, target) else { continue };
            if told.contains(&(target.key, refused.name.clone())) {
                continue;
            }
            told.push((target.key, refused.name.clone()));
            out.push(finding(client, dial, target, &refused));
        }
    }
}

fn finding(
    client: &ServiceFacts<'_>,
    dial: &Dial<'_>,
    target: &ServiceFacts<'_>,
    refused: &Refused,
) -> Finding {
    let (service, other) = (&client.service.name.value, &target.service.name);
    let Refused { name, title, answers, setting, .. } = refused;
    let message = format!(
        "`{service}` asks `{}` as `{name}`, which is not among `{setting}` of {title} there: each request is answered {answers}",
        other.value
    );
    let add = format!("add `{name}` to `{setting}`");
    let help = match refused.unsaid {
        true => format!("{add}, or write `proxy_set_header Host $host;` beside `proxy_pass`"),
        false => add,
    };
    RULE.finding(refused.at, message)
        .service(service.clone())
        .here("asked by this name")
        .also(other.span, format!("`{}` takes other names alone", other.value))
        .help(help)
        .at_most(refused.sure)
        .at_most(dial.sureness)
        .at_most(Confidence::Likely)
        .evidence(name.clone())
}
