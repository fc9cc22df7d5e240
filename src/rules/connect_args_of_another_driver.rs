//! `connect_args`, or a driver's own `connect`, is given a name that only another driver knows.

use super::engines;
use super::prelude::*;
use crate::facts::By;
use crate::facts::drivers::{self, Driver};
use crate::source::Spanned;

rule!("connect-args-of-another-driver", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for engine in engines::all(cx).filter(|engine| !engine.is_refused()) {
        let Some(driver) = engine.driver() else { continue };
        let service = &engine.client.service.name.value;
        for key in engine.connect_args().unwrap_or_default() {
            let (from, why) = engine.from();
            let also = (from, format!("{why}, so the driver is `{}`", driver.scheme));
            out.extend(
                finding(service, driver, &key, "this engine connects with").map(|it| it.also(also.0, also.1)),
            );
        }
    }
    let mut seen = std::collections::HashSet::new();
    for client in cx.facts.active() {
        for dial in &client.received {
            let By::Sink(_, sink) = dial.by else { continue };
            let Some(driver) = drivers::of_connect(sink.kind, &sink.callee.value) else { continue };
            let names = sink.arguments.iter().map(|(name, _)| name);
            for key in names.filter(|name| name.value != "**" && seen.insert(name.span)) {
                out.extend(finding(&client.service.name.value, driver, key, "this call is of"));
            }
        }
    }
}

fn finding(service: &str, driver: &Driver, key: &Spanned<String>, what: &str) -> Option<Finding> {
    if driver.arguments.contains(&key.value) {
        return None;
    }
    let other = drivers::elsewhere(driver, &key.value)?;
    let (argument, name) = (&key.value, &driver.scheme);
    let message =
        format!("`{argument}` is an argument of `{}`, but {what} `{name}`, which refuses it", other.scheme);
    Some(
        RULE.finding(key.span, message)
            .service(service)
            .here(format!("not known to `{name}`"))
            .help(match driver.instead.get(argument) {
                Some(instead) => format!("`{name}` calls it {}", quoted(instead)),
                None => format!("leave `{argument}` out for `{name}`"),
            })
            .evidence(argument.clone())
            .evidence(name.clone()),
    )
}

/// The name in backticks, an explanation after it left as it is.
fn quoted(instead: &str) -> String {
    match instead.split_once(' ') {
        Some((name, rest)) => format!("`{name}` {rest}"),
        None => format!("`{instead}`"),
    }
}
