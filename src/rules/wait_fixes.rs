//! What the rules about readiness say alike: the healthcheck and the wait to write.

use std::time::Duration;

use super::phrases::listed;
use super::prelude::*;
use super::wiring::{as_written, flow};
use crate::compose::edits::Value;
use crate::facts::health;
use crate::facts::readiness::{dependency, ignores_health, starts_without_health};
use crate::source::Origin;

/// Whether a value is the service's own, so that to change it changes no other service: what it takes over by
/// `extends` may be others' too.
#[must_use]
pub fn is_own(origin: &Origin) -> bool {
    !origin.through.iter().any(|via| matches!(via, Via::Extends(_)))
}

/// How long a known server may take to start for the first time.
#[must_use]
pub fn first_start(target: &ServiceFacts<'_>) -> Option<Duration> {
    let text = target.image?.start_period.as_deref()?;
    text.strip_suffix('s')?.parse().ok().map(Duration::from_secs)
}

/// `healthcheck:` for a known image, as a line for the service.
#[must_use]
pub fn healthcheck(target: &ServiceFacts<'_>) -> Option<String> {
    let advice = health::advice(target)?;
    let words: Vec<String> = advice.test.iter().map(as_written).collect();
    let times: Vec<String> =
        times(&advice).into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
    Some(format!("healthcheck: {{test: {}, {}}}", flow(&words), times.join(", ")))
}

fn times(advice: &health::Advice) -> Vec<(&'static str, &'static str)> {
    // What starts slowly has tools that start slowly, too.
    let slow = advice.start_period.is_some_and(|period| !matches!(period, "30s" | "10s" | "20s"));
    let timeout = if slow { "10s" } else { "5s" };
    let mut times = vec![("interval", "10s"), ("timeout", timeout), ("retries", "5")];
    times.push(("start_period", advice.start_period.unwrap_or("10s")));
    times
}

/// `depends_on:` with which the client waits until the target is healthy, as a line for the client. What else
/// it waits for stays, unless it should wait for that as well: whoever follows several findings writes the same line
/// each time.
#[must_use]
pub fn wait(cx: &Context<'_>, client: &ServiceFacts<'_>, target: &str) -> String {
    let word = |condition: Condition| match condition {
        Condition::Started => "service_started",
        Condition::Healthy => "service_healthy",
        Condition::Completed => "service_completed_successfully",
    };
    let others = client.service.depends_on.iter().filter(|other| !other.implied);
    let mut entries: Vec<String> = others
        .map(|other| {
            let name = &other.service.value;
            let too_soon = || {
                let other = cx.facts.service(name);
                other.is_some_and(|other| {
                    starts_without_health(client, other) || ignores_health(cx.facts, client, other)
                })
            };
            let condition =
                if name == target || too_soon() { Condition::Healthy } else { other.condition.value };
            let required = if other.required { "" } else { ", required: false" };
            let restart = if other.restart { ", restart: true" } else { "" };
            format!("{name}: {{condition: {}{restart}{required}}}", word(condition))
        })
        .collect();
    if !client.service.depends_on.iter().any(|other| !other.implied && other.service.value == target) {
        entries.push(format!("{target}: {{condition: service_healthy}}"));
    }
    format!("depends_on: {{{}}}", entries.join(", "))
}

/// Gives the target the healthcheck of its image.
fn add_healthcheck(cx: &Context<'_>, target: &ServiceFacts<'_>) -> Option<Vec<Edit>> {
    let advice = health::advice(target)?;
    let mut entries = vec![("test".to_string(), Value::Words(advice.test.iter().map(as_written).collect()))];
    let bare = |(key, value): (&str, &str)| (key.to_string(), Value::Bare(value.to_string()));
    entries.extend(times(&advice).into_iter().map(bare));
    cx.edits.set_attribute(target.service, "healthcheck", &Value::Map(entries))
}

/// Lets the client wait until the target is healthy.
#[must_use]
pub fn wait_until_healthy(
    cx: &Context<'_>,
    client: &ServiceFacts<'_>,
    target: &ServiceFacts<'_>,
) -> Option<Vec<Edit>> {
    let name = &target.service.name.value;
    match dependency(client, name).filter(|wait| !wait.implied) {
        Some(wait) if wait.condition.value == Condition::Healthy => Some(Vec::new()),
        Some(wait) => cx.edits.wait_until_healthy(client.service, wait),
        None => cx.edits.add_dependency(client.service, name, Some("service_healthy")),
    }
}

/// The fix that gives the target its image's healthcheck, and lets the clients wait for it.
#[must_use]
pub fn healthcheck_fix(
    cx: &Context<'_>,
    target: &ServiceFacts<'_>,
    clients: &[&ServiceFacts<'_>],
) -> Option<Fix> {
    let mut edits = add_healthcheck(cx, target)?;
    for client in clients {
        edits.extend(wait_until_healthy(cx, client, target)?);
    }
    let name = &target.service.name.value;
    let waiting: Vec<&str> = clients.iter().map(|client| client.service.name.value.as_str()).collect();
    let waiting = listed(&waiting);
    Some(Fix {
        title: format!("give `{name}` the healthcheck of its image, and let {waiting} wait for it"),
        applicability: Applicability::Unsafe,
        edits,
    })
}
