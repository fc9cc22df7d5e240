//! Names of Spring Cloud's that no service enters itself under.

use super::prelude::*;
use crate::compose::nearest;
use crate::facts::discovered::{self, Unregistered};

/// The findings of a service that looks names up which nobody has.
pub fn findings(cx: &Context<'_>, rule: &'static Rule, client: &ServiceFacts<'_>) -> Vec<Finding> {
    discovered::unregistered(cx.facts, client).iter().map(|one| finding(rule, client, one)).collect()
}

fn finding(rule: &'static Rule, client: &ServiceFacts<'_>, one: &Unregistered) -> Finding {
    let service = &client.service.name.value;
    let (name, by) = (&one.name, &one.by);
    let lower = name.to_ascii_lowercase();
    let all: Vec<String> = one.known.iter().map(|known| known.to_ascii_lowercase()).collect();
    let meant = nearest(&lower, all.iter().map(String::as_str))
        .and_then(|found| one.known.iter().find(|it| it.eq_ignore_ascii_case(found)));
    let mut known: Vec<String> = one.known.iter().map(|known| format!("`{known}`")).collect();
    known.sort();
    known.truncate(6);
    let help = match meant {
        Some(meant) => format!("write `{meant}`, or give the service `spring.application.name={name}`"),
        None => format!(
            "write one of the names that there are, or give the service `spring.application.name={name}`"
        ),
    };
    rule.finding(
        one.at,
        format!(
            "`{by}` of `{service}` asks for `{name}`, and no service enters itself at Eureka by that name: those that do are {}",
            known.join(", ")
        ),
    )
    .service(service.clone())
    .here("nobody has this name")
    .help(help)
    .at_most(Confidence::Likely)
    .evidence(name.clone())
}
