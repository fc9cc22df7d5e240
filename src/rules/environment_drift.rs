//! Services of one build differ in a variable that the code they run needs.

use super::prelude::*;
use super::wiring;
use crate::facts::{Gap, Why};

rule!("environment-drift", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mistakes = wiring::alike(cx.facts.gaps(), |gap| match &gap.why {
        Why::Drifted(_) => Some((gap.variable.as_str(), gap.read, gap.need)),
        _ => None,
    });
    out.extend(mistakes.iter().filter_map(|gaps| finding(cx, gaps)));
}

fn finding(cx: &Context<'_>, gaps: &[&Gap]) -> Option<Finding> {
    let gap = gaps.first()?;
    let Why::Drifted(siblings) = &gap.why else { return None };
    let (variable, services) = (&gap.variable, wiring::lacking(gaps));
    let names: Vec<&str> = siblings.iter().map(|(name, _)| name.as_str()).collect();
    let (given, from) = siblings.first()?;
    let client = cx.facts.service(&gap.service)?;
    let runs = if gaps.len() == 1 { "runs" } else { "run" };
    let mut finding = RULE
        .finding(
            client.service.name.span,
            format!(
                "`{variable}` is set for {}, but not for {services}, which {runs} the same build and without it {}",
                wiring::listed(&names),
                wiring::without(cx, gap),
            ),
        )
        .service(gap.service.clone())
        .severity(Severity::Error)
        .here(format!("has no `{variable}`"))
        .also(gap.read, format!("`{variable}` is read here"))
        .also(*from, format!("`{given}` is given it"))
        .evidence(variable);
    // Where it is not known which of the build's files a service runs, it may be others than those that read it.
    if client.lacks_env_file() || !client.program.entry_known {
        finding = finding.at_most(Confidence::Possible);
    }
    let value = cx.facts.service(given)?.environment.value(variable)?;
    Some(wiring::set_to(cx, finding, &wiring::services(cx, gaps), variable, &wiring::as_written(value)))
}
