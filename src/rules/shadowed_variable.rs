//! An env file's value that nothing, or a mere default, takes the place of.

use std::collections::HashSet;

use super::prelude::*;
use super::wiring;
use crate::compose::{EnvFile, Variable};

rule!("shadowed-variable", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for facts in cx.facts.services() {
        let service = facts.service;
        for (name, variable) in &service.environment.variables {
            let last =
                service.env_files.iter().rev().find_map(|file| Some((file, file.variables.get(name)?)));
            let Some((file, hidden)) = last else { continue };
            let differs = hidden.value.as_ref().is_some_and(|value| value.is_blank() == Some(false));
            if differs && seen.insert((variable.key, hidden.key)) {
                out.extend(finding(cx, facts, name, variable, file, hidden));
            }
        }
    }
}

/// What reaches the service although nobody chose it.
fn unchosen(name: &str, service: &str, variable: &Variable, hidden: &Variable) -> Option<String> {
    let Some(value) = &variable.value else {
        return Some(format!("`{name}` reaches `{service}` from the host alone, which has none"));
    };
    let own = |piece: &crate::source::Piece| {
        let mut steps = piece.origin.through.iter();
        steps.any(
            |via| matches!(via, Via::Interpolation { variable, fallback: true, .. } if **variable == *name),
        ) && matches!(&piece.certainty, Certainty::Depends(_))
    };
    let (text, other) = (value.assumed(), hidden.value.as_ref()?.assumed());
    let mere = !value.pieces().is_empty() && value.pieces().iter().all(own) && text != other;
    match text.is_empty() {
        _ if !mere => None,
        true => Some(format!("`{name}` reaches `{service}` blank, since the host has none")),
        false => Some(format!("`{name}={text}`, the default of this reference, reaches `{service}`")),
    }
}

fn finding(
    cx: &Context<'_>,
    facts: &ServiceFacts<'_>,
    name: &str,
    variable: &Variable,
    file: &EnvFile,
    hidden: &Variable,
) -> Option<Finding> {
    let service = &facts.service.name.value;
    let what = unchosen(name, service, variable, hidden)?;
    // A reference without a default is another rule's.
    let place = variable.value.as_ref().map_or(variable.key, Text::span);
    let unset = cx.project.problems.iter().any(|problem| {
        problem.kind == crate::finding::ProblemKind::UnsetInterpolation && problem.at == place
    });
    if unset {
        return None;
    }
    let path = file.path.assumed();
    let message = format!("{what}, and hides the value from `{path}`");
    let finding = RULE
        .finding(variable.key, message)
        .service(service.clone())
        .here("`environment` wins over `env_file`")
        .also(hidden.key, format!("`{name}` is set here"))
        .help(format!("take `{name}` out of `environment` of `{service}`, or set it in `.env` too"))
        .evidence(name)
        .at_most(if wiring::is_handed(cx, file) { Confidence::Possible } else { Confidence::Likely });
    let fix = cx.edits.remove_entry(variable.key).or_else(|| cx.edits.remove_item(variable.origin.written));
    Some(match fix {
        Some(edits) => finding.fix(Fix {
            title: format!("leave `{name}` to `{path}`"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    })
}
