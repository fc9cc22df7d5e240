//! Healthchecks that ask for a page which the service's image has only where something switches it on.

use super::healthcheck_refused::{fails, stranger};
use super::healthcheck_wrong_target::Wrong;
use super::prelude::*;
use crate::facts::probe::Probe;
use crate::facts::readiness;

/// A host that nobody is called, or a page that is switched off.
pub fn first(cx: &Context<'_>, facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    stranger(cx, facts, probe).or_else(|| switched(cx, facts, probe))
}

fn switched(cx: &Context<'_>, facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Wrong> {
    let program = probe.program()?;
    let asked = |word: &&Text| facts.switched_off(&word.assumed()).is_some();
    let word = probe.words.iter().find(asked)?;
    let known = facts.switched_off(&word.assumed())?;
    // What is refused, and is no failure for the program; and what the image does not have is told of by itself.
    let listed = facts.image?.programs(facts.reference.as_deref()?);
    if program == "curl" && !fails(probe) || listed.is_some_and(|listed| listed.lacks.contains(&program)) {
        return None;
    }
    let (page, variable) = (&known.page, &known.variable);
    Some(Wrong {
        at: word.span(),
        says: format!(
            "asks for `{page}`, which its image has only with `{variable}: \"true\"`: {}, and it always fails",
            known.says
        ),
        here: "switched off".to_string(),
        also: None,
        help: format!("set `{variable}: \"true\"` in `environment` of `{}`", facts.service.name.value),
        right: None,
        severity: if readiness::is_awaited(cx.facts, facts) { Severity::Error } else { Severity::Warning },
        confidence: Confidence::Likely,
    })
}
