//! A server refuses requests under the name by which a sibling asks it.

use super::prelude::*;
use crate::facts::refused_hosts::{self, LostOrigin, Refused};

rule!("host-not-allowed", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        out.extend(shut_out(cx, client));
        let mut told = Vec::new();
        for dial in &client.dials {
            let Some(target) = dial.sibling().and_then(|name| cx.facts.service(name)) else { continue };
            if let Some(lost) = refused_hosts::lost_origin(client, dial, target) {
                let key = (target.key, lost.origin.clone());
                if !told.contains(&key) {
                    out.push(of_origin(client, target, &lost).at_most(dial.sureness));
                    told.push(key);
                }
            }
            let Some(refused) = refused_hosts::of(client, dial, target) else { continue };
            if told.contains(&(target.key, refused.name.clone())) {
                continue;
            }
            told.push((target.key, refused.name.clone()));
            out.push(finding(client, dial, target, &refused));
        }
    }
}

/// Pages of another origin than those that the server they ask lets in.
fn shut_out(cx: &Context<'_>, client: &ServiceFacts<'_>) -> Option<Finding> {
    let shut = cx.facts.shut_out(client)?;
    let allowed: Vec<String> = shut.allowed.iter().map(|origin| format!("`{origin}`")).collect();
    let finding = RULE
        .finding(
            shut.at,
            format!(
                "`{}` lets in pages of {} alone, and those of `{}`, which ask it, come from `{}`: browsers keep the answers from them (CORS)",
                shut.target,
                allowed.join(", "),
                client.key,
                shut.origin
            ),
        )
        .service(shut.target.to_string())
        .severity(Severity::Warning)
        .here("the origins that are let in")
        .also(shut.port, format!("`{}` is published here", client.key))
        .also(shut.asked, "asked here")
        .help(format!("add `{}`, best from a variable", shut.origin))
        .at_most(Confidence::Likely)
        .evidence(shut.origin.clone());
    Some(finding)
}

/// A proxy that hands on the name without the port.
fn of_origin(client: &ServiceFacts<'_>, target: &ServiceFacts<'_>, lost: &LostOrigin) -> Finding {
    let (service, other) = (&client.service.name.value, &target.service.name);
    let LostOrigin { handed, at, origin, port } = lost;
    RULE.finding(
        *at,
        format!(
            "`{service}` passes requests on to `{}` as `{handed}`, without the port of `{origin}`: Django takes what its pages send, each login to its admin among it, for another's, and answers 403 (`Origin checking failed`)",
            other.value
        ),
    )
    .service(service.clone())
    .here("the port is lost")
    .also(*port, "published here")
    .help(format!("write `proxy_set_header Host $http_host;`, or `CSRF_TRUSTED_ORIGINS = [\"{origin}\"]` into the settings"))
    .at_most(Confidence::Likely)
    .evidence(origin.clone())
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
