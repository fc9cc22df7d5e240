//! A variable is set that nobody reads, and one of a near name is read that nothing sets.

use super::prelude::*;
use super::wiring;
use crate::facts::renamed::{self, Renamed};
use crate::facts::{Gap, Need, Why};

rule!("misnamed-variable", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        out.extend(renamed::of(cx.facts, service).into_iter().map(|found| of_image(cx, service, &found)));
    }
    // Services that share an entry make one mistake.
    let mistakes = wiring::alike(cx.facts.gaps(), |gap| match &gap.why {
        Why::Misnamed { key, .. } | Why::Misplaced { key, .. } => Some((*key, gap.variable.as_str())),
        _ => None,
    });
    for gaps in &mistakes {
        out.extend(match gaps.first().map(|gap| &gap.why) {
            Some(Why::Misnamed { name, key, instead }) => {
                misnamed(cx, gaps, (name, instead.as_deref()), *key)
            }
            Some(Why::Misplaced { service, key }) => misplaced(cx, gaps, service, *key),
            _ => None,
        });
    }
}

fn misnamed(
    cx: &Context<'_>,
    gaps: &[&Gap],
    (name, instead): (&str, Option<&str>),
    key: Span,
) -> Option<Finding> {
    let gap = gaps.first()?;
    let (variable, services) = (&gap.variable, wiring::lacking(gaps));
    let instead = instead.unwrap_or(variable);
    let finding = begun(cx, gap, key, format!(
        "`{name}` is set for {services}, but nothing there reads it: the program reads `{variable}`, which is not set, so it {}",
        wiring::without(cx, gap),
    ))
    .here("read by nobody")
    .evidence(name)
    .help(format!("write `{instead}` in place of `{name}`, unless it is the program that has the name wrong"));
    Some(match cx.edits.replace_word(key, name, instead) {
        Some(edits) => finding.fix(Fix {
            title: format!("name it `{instead}`"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    })
}

/// A name that the image does not know, where it knows another for the same.
fn of_image(cx: &Context<'_>, service: &ServiceFacts<'_>, found: &Renamed) -> Finding {
    let (name, own, read) = (&found.name, &service.service.name.value, found.read);
    let image = service.reference.as_deref().unwrap_or_default();
    let finding = RULE
        .finding(
            found.key,
            format!("`{name}` is set for `{own}`, but `{image}` does not read it: it reads `{read}`, which is not set"),
        )
        .service(own.clone())
        .at_most(Confidence::Likely)
        .here("not read by the image")
        .evidence(name)
        .help(format!("write `{read}` in place of `{name}`"));
    match cx.edits.replace_word(found.key, name, read) {
        Some(edits) => finding.fix(Fix {
            title: format!("name it `{read}`"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}

fn misplaced(cx: &Context<'_>, gaps: &[&Gap], other: &str, key: Span) -> Option<Finding> {
    let gap = gaps.first()?;
    let (variable, services) = (&gap.variable, wiring::lacking(gaps));
    let finding = begun(cx, gap, key, format!(
        "`{variable}` is set for `{other}`, which does not read it, and not for {services}, which does and without it {}",
        wiring::without(cx, gap),
    ))
    .here(format!("`{other}` does not read it"))
    .evidence(other);
    let value = cx.facts.service(other)?.environment.value(variable)?;
    Some(wiring::set_to(cx, finding, &wiring::services(cx, gaps), variable, &wiring::as_written(value)))
}

fn begun(cx: &Context<'_>, gap: &Gap, key: Span, message: String) -> Finding {
    let variable = &gap.variable;
    let finding = RULE
        .finding(key, message)
        .service(gap.service.clone())
        .also(gap.read, format!("`{variable}` is read here"))
        .evidence(variable);
    let finding = match cx.facts.service(&gap.service) {
        Some(client) if client.lacks_env_file() => finding.at_most(Confidence::Possible),
        _ => finding,
    };
    match gap.need {
        Need::Wanted => finding,
        _ => finding.severity(Severity::Error),
    }
}
