//! A step of a build is one that the tools of today refuse.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::refused_steps;

rule!("refused-step", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for service in cx.facts.active() {
        let name = &service.service.name.value;
        for stop in refused_steps::of(service) {
            // Several services may be built by one Dockerfile.
            if !seen.insert(stop.at) {
                continue;
            }
            let message = format!(
                "the build of `{name}` stops: to `{}`, {} says `{}`",
                stop.command,
                stop.who(),
                stop.known.says
            );
            out.push(
                RULE.finding(stop.at, message)
                    .service(name.clone())
                    .here("is refused")
                    .also(stop.image.span, "the image".to_string())
                    .help(stop.known.instead.clone())
                    .evidence(stop.command),
            );
        }
    }
}
