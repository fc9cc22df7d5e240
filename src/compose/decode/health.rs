//! `healthcheck`.

use std::time::Duration;

use super::super::short::duration;
use super::super::{Data, HealthTest, Healthcheck, Located, Value};
use super::service::flag;
use super::{integer, key_span, text};

pub(super) fn decode(service: &Value) -> Option<Healthcheck> {
    let value = service.get("healthcheck")?;
    value.as_map()?;
    let (test, none) = test(value);
    let retries = value.get("retries");
    Some(Healthcheck {
        key: key_span(service, "healthcheck"),
        origin: value.origin.clone(),
        disabled: none || flag(value, "disable"),
        test,
        interval: time(value, "interval"),
        timeout: time(value, "timeout"),
        retries: retries.and_then(|it| Some(Located::new(integer(it)?, it.origin.clone()))),
        start_period: time(value, "start_period"),
        start_interval: time(value, "start_interval"),
    })
}

fn time(value: &Value, key: &str) -> Option<Located<Duration>> {
    let value = value.get(key)?;
    let nanoseconds = duration::parse(&value.string()?).ok()?;
    Some(Located::new(Duration::from_nanos(u64::try_from(nanoseconds).ok()?), value.origin.clone()))
}

/// The test, and whether it says `NONE`.
fn test(value: &Value) -> (Option<HealthTest>, bool) {
    let Some(test) = value.get("test") else { return (None, false) };
    let words: Vec<_> = match &test.data {
        Data::String(_) => text(test).into_iter().collect(),
        Data::List(items) => items.iter().filter_map(text).collect(),
        _ => return (None, false),
    };
    let origin = test.origin.clone();
    if test.as_text().is_some() {
        return (Some(HealthTest { origin, shell: true, words }), false);
    }
    let mut words = words.into_iter();
    match words.next().map(|word| word.assumed()).as_deref() {
        Some("NONE") => (None, true),
        Some(first @ ("CMD" | "CMD-SHELL")) => {
            (Some(HealthTest { origin, shell: first == "CMD-SHELL", words: words.collect() }), false)
        }
        _ => (None, false),
    }
}
