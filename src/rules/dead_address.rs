//! A build asks an address from which nothing is to be had any more.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::dead;

rule!("dead-address", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let mut seen = HashSet::new();
        let name = &service.service.name.value;
        for asked in dead::of(service) {
            if !seen.insert(asked.at) {
                continue;
            }
            let message = format!("the build of `{name}` stops at `{}`: {}", asked.address, asked.known.why);
            out.push(
                RULE.finding(asked.at, message)
                    .service(name.clone())
                    .here("nothing comes from there")
                    .help(asked.known.instead.clone())
                    .evidence(asked.address),
            );
        }
    }
}
