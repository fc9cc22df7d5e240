//! Healthchecks that ask under a name which the server does not take for its own: Django answers 400.

use super::asked_page;
use super::healthcheck_wrong_target::Wrong;
use super::prelude::*;
use crate::facts::probe::Probe;
use crate::facts::readiness;

/// The name that a check asks the container itself by, which Django's `ALLOWED_HOSTS` does not have.
pub fn of(cx: &Context<'_>, facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];
    let page = asked_page::of(cx, facts, probe)?;
    let words: Vec<String> = probe.words.iter().map(Text::assumed).collect();
    let text = words.join(" ");
    // Who sends another name is asked by that.
    let lower = text.to_ascii_lowercase();
    let header = |(at, _): (usize, &str)| {
        !lower
            .get(..at)
            .and_then(|it| it.chars().next_back())
            .is_some_and(|c| c.is_ascii_alphanumeric() || c == '.')
    };
    if lower.match_indices("host:").any(header) || text.contains("'Host'") || text.contains("\"Host\"") {
        return None;
    }
    let name = NAMES.into_iter().find(|name| *name == page.host)?;
    let allowed = facts.allowed_hosts()?;
    let fits = |pattern: &String| {
        let pattern = pattern.trim().to_ascii_lowercase();
        pattern == "*"
            || pattern == name
            || pattern.strip_prefix('.').is_some_and(|rest| name.ends_with(rest))
    };
    if allowed.iter().any(fits) {
        return None;
    }
    let add = format!("add `{name}` to `ALLOWED_HOSTS`");
    let help = match allowed.first().map(|host| host.trim_start_matches('.')) {
        Some(host) => format!("{add}, or send a name that is among them: `-H 'Host: {host}'`"),
        None => add,
    };
    let waited = readiness::is_awaited(cx.facts, facts);
    Some(Wrong {
        at: page.at,
        says: format!(
            "asks as `{name}`, which `ALLOWED_HOSTS` of its program does not have: Django answers 400, and it always fails"
        ),
        here: "answered 400".to_string(),
        also: None,
        help,
        right: None,
        severity: if waited { Severity::Error } else { Severity::Warning },
        confidence: Confidence::Likely,
    })
}
