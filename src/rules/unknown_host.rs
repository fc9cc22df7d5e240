//! A host name that nobody on the service's networks carries.

use super::prelude::*;
use super::{redirect, wiring};
use crate::facts::{By, Target};

rule!("unknown-host", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        for dial in &client.dials {
            let Some(host) = wiring::label(dial).filter(|host| !wiring::is_placeholder(host)) else {
                continue;
            };
            if dial.target != Some(Target::Nobody) {
                continue;
            }
            let Some(confidence) = confidence(cx, client, dial) else { continue };
            out.push(finding(cx, client, dial, &host).at_most(confidence).at_most(dial.sureness));
        }
    }
}

/// How sure it is that nobody answers; `None` when it should not be said at all.
fn confidence(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Option<Confidence> {
    let host = &dial.endpoint.address()?.host;
    let fallback = dial.host_origin().is_some_and(|origin| origin.unset_read().is_some());
    let setting = dial.host_origin().is_some_and(|origin| origin.setting().is_some());
    let outside = cx.project.variant
        || cx.project.remote().next().is_some()
        || cx.facts.reach.sees_outside(client.key)
        || wiring::label(dial).is_some_and(|label| cx.project.elsewhere.contains(&label));
    Some(match (&dial.by, host.certainty()) {
        (_, Certainty::Unknown) => return None,
        // The program's own default or setting, and what the program does with it is not seen.
        (By::Read(..), _) if fallback || setting => Confidence::Possible,
        _ if outside || dial.may_be_public() => Confidence::Possible,
        (_, Certainty::Depends(_)) => Confidence::Likely,
        _ if fallback || dial.speaks_web() => Confidence::Likely,
        _ => Confidence::Certain,
    })
}

fn finding(cx: &Context<'_>, client: &ServiceFacts<'_>, dial: &Dial<'_>, host: &str) -> Finding {
    let service = &client.service.name.value;
    let names: Vec<&str> = cx.facts.active().map(|facts| facts.key).filter(|name| name != service).collect();
    // Names of very different length are never so near, and there may be thousands.
    let alike = names.iter().copied().filter(|name| name.len().abs_diff(host.len()) <= 1 + host.len() / 3);
    let near = alike.filter(|name| strsim::jaro_winkler(name, host) > 0.85);
    let near = near.max_by(|a, b| strsim::jaro_winkler(a, host).total_cmp(&strsim::jaro_winkler(b, host)));
    let meant = near.or_else(|| cx.facts.meant(client, dial).first().map(|facts| facts.key));
    let what = match dial.variable() {
        Some(name) => format!("`{name}`"),
        None if dial.is_configured() => "the configuration".to_string(),
        None => "the program".to_string(),
    };
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
            None => format!("the services it can reach are {}", list(&names)),
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

fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(6).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(6);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}
