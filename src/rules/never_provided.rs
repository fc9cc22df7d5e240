//! A program asks for something that has to be made or fetched first, and nothing does it.

use std::collections::HashSet;

use super::prelude::*;

rule!("never-provided", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // Of several programs that ask for the same, one says it.
    let mut told = HashSet::new();
    for service in cx.facts.active() {
        for lack in cx.facts.lacking(service).into_iter().filter(|lack| !lack.wanted.lacks) {
            let wanted = lack.wanted;
            if !told.insert((wanted.thing.as_str(), lack.name, lack.server.map(|server| server.key))) {
                continue;
            }
            let name = &service.service.name.value;
            let thing = match lack.name {
                Some(name) => format!("{} `{name}`", wanted.thing),
                None => wanted.thing.clone(),
            };
            let host = lack.server.map(|server| server.service.name.value.as_str());
            let message = match host {
                Some(host) => format!(
                    "`{name}` asks `{host}` for {thing}, which nothing in the repository provides: it says `{}`",
                    wanted.says
                ),
                None => format!(
                    "`{name}` loads {thing}, which nothing in the repository fetches: it says `{}`",
                    wanted.says
                ),
            };
            let mut help = wanted.instead.replace("{name}", lack.name.unwrap_or("…"));
            if let Some(host) = host {
                help = help.replace("{server}", host);
            }
            let sure = if lack.sure { Confidence::Likely } else { Confidence::Possible };
            let finding = RULE.finding(lack.at, message).service(name.clone()).here("is not there");
            let finding = match lack.server {
                Some(server) => finding.also(server.service.name.span, "begins with nothing"),
                None => finding,
            };
            let finding = if wanted.stops { finding.severity(Severity::Error) } else { finding };
            out.push(finding.help(help).at_most(sure).evidence(wanted.thing.clone()));
        }
    }
}
