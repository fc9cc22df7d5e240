//! A driver that cannot log in the way in which its database asks for passwords.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::public_key;

rule!("driver-too-old", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for client in cx.facts.active() {
        let mut told = HashSet::new();
        for dial in &client.dials {
            let Some(server) = dial.sibling().and_then(|name| cx.facts.service(name)) else { continue };
            let Some((asks, way)) = public_key::asks(server) else { continue };
            let Some(old) = client.program.old_drivers.iter().find(|old| old.server == asks) else {
                continue;
            };
            if !told.insert(old.at) {
                continue;
            }
            let (name, host) = (&client.service.name.value, &server.service.name);
            let help = match (old.below, old.instead) {
                (Some(below), _) => format!("raise it to {below} or later"),
                (None, Some(instead)) => format!("use `{instead}` in its place, which knows it"),
                (None, None) => "use another in its place".to_string(),
            };
            let (does, asked) = match asks {
                "mongodb" => ("speak to", format!("takes {way} alone")),
                _ => ("log in to", format!("asks for passwords by {way}")),
            };
            let finding = RULE
                .finding(
                    old.at,
                    format!("`{name}` cannot {does} `{}`: {} does not know {way}", host.value, old.name),
                )
                .service(name.clone())
                .here(format!("says `{}`", old.says))
                .also(host.span, asked)
                .at_most(dial.sureness.min(Confidence::Likely))
                .help(help)
                .evidence(old.says);
            out.push(finding);
        }
    }
}
