//! `connect_args` holds a name that only another driver knows.

use super::engines;
use super::prelude::*;
use crate::facts::drivers;

rule!("connect-args-of-another-driver", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for engine in engines::all(cx) {
        let Some(driver) = engine.driver() else { continue };
        let name = &driver.scheme;
        for key in engine.connect_args().unwrap_or_default() {
            if driver.arguments.contains(&key.value) {
                continue;
            }
            let Some(other) = drivers::elsewhere(driver, &key.value) else { continue };
            let (from, why) = engine.from();
            let argument = &key.value;
            out.push(
                RULE.finding(
                    key.span,
                    format!("`{argument}` is an argument of `{}`, but this engine connects with `{name}`, which refuses it", other.scheme),
                )
                .service(engine.client.service.name.value.clone())
                .here(format!("not known to `{name}`"))
                .also(from, format!("{why}, so the driver is `{name}`"))
                .help(match driver.instead.get(argument) {
                    Some(instead) => format!("`{name}` calls it {}", quoted(instead)),
                    None => format!("leave `{argument}` out for `{name}`"),
                })
                .evidence(argument.clone())
                .evidence(name.clone()),
            );
        }
    }
}

/// The name in backticks, an explanation after it left as it is.
fn quoted(instead: &str) -> String {
    match instead.split_once(' ') {
        Some((name, rest)) => format!("`{name}` {rest}"),
        None => format!("`{instead}`"),
    }
}
