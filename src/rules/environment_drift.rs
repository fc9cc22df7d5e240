//! Services of one build differ in a variable that the code they run needs.

use super::prelude::*;
use super::{phrases, wiring};
use crate::facts::{By, Gap, Need, Why};

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
                phrases::listed(&names),
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
    // Of what one service is given, the other may use nothing.
    if gap.need == Need::Required && client.asks_when_used(gap.read) {
        finding = finding.at_most(Confidence::Possible);
    }
    let at_start = |dial: &Dial<'_>| match &dial.by {
        By::Sink(module, sink) => client.program.uses().starts(module, sink.span),
        By::Read(module, read) => client.program.uses().starts(module, read.span),
        By::Variable(_) => true,
    };
    // A job that ends runs little of what the services do that share its build.
    let by_dial = gap.need == Need::Dialled && is_job(cx, client);
    let mut dials = client.dials.iter().filter(|dial| dial.variable() == Some(variable));
    if by_dial && !dials.any(at_start) {
        finding = finding.at_most(Confidence::Possible);
    }
    let value = cx.facts.service(given)?.environment.value(variable)?;
    Some(wiring::set_to(cx, finding, &wiring::services(cx, gaps), variable, &wiring::as_written(value)))
}

/// Whether the service is to end: others wait for its end, or it is not started again.
fn is_job(cx: &Context<'_>, service: &ServiceFacts<'_>) -> bool {
    let restart = service.service.restart.as_ref().and_then(|restart| restart.complete());
    cx.facts.is_to_end(service.key) || restart.as_deref() == Some("no")
}
