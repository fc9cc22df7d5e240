//! A reference to a variable that only an env file of a service sets: Compose does not look there.

use std::collections::HashSet;

use super::prelude::*;
use super::{dollars, wiring};
use crate::compose::{EnvFile, Service, Variable};
use crate::finding::Problem;

rule!("env-file-is-not-interpolation", check);

/// The env file that sets the name a reference asks for.
struct Setter<'a> {
    service: &'a Service,
    file: &'a EnvFile,
    variable: &'a Variable,
}

/// The references that this rule speaks of.
pub fn places(cx: &Context<'_>) -> HashSet<Span> {
    found(cx).map(|(problem, _)| problem.at).collect()
}

fn found<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = (&'a Problem, Setter<'a>)> {
    dollars::unset(cx).filter_map(|problem| Some((problem, setter(cx, problem)?)))
}

/// The service's own env files count first.
fn setter<'a>(cx: &'a Context<'_>, problem: &Problem) -> Option<Setter<'a>> {
    let name = problem.subject.as_deref()?;
    let own = problem.service.as_deref().and_then(|name| cx.project.services.get(name));
    let services = own.into_iter().chain(cx.project.services.values());
    let mut files = services.flat_map(|service| service.env_files.iter().map(move |file| (service, file)));
    files.find_map(|(service, file)| {
        let variable = file.variables.get(name)?;
        // A file that asks for the name itself does not set it.
        let asks = variable.value.as_ref().is_some_and(|value| value.is_blank() == Some(true));
        (!asks && !variable.origin.written.contains(problem.at)).then_some(Setter { service, file, variable })
    })
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut told: Vec<(&str, usize)> = Vec::new();
    let mut seen = HashSet::new();
    for (problem, setter) in found(cx).filter(|(problem, _)| seen.insert(problem.at)) {
        let Some(name) = problem.subject.as_deref() else { continue };
        // One name is one mistake, however often it is written.
        if let Some((_, index)) = told.iter().find(|(known, _)| *known == name) {
            if let Some(finding) = out.get_mut(*index) {
                finding.also.push(crate::finding::Label { span: problem.at, text: "and here".to_string() });
            }
            continue;
        }
        told.push((name, out.len()));
        out.push(finding(cx, problem, name, &setter));
    }
}

fn finding(cx: &Context<'_>, problem: &Problem, name: &str, setter: &Setter<'_>) -> Finding {
    let path = setter.file.path.assumed();
    let message = format!(
        "`${{{name}}}` becomes blank: only the env file `{path}` sets `{name}`, and Compose takes no references from it"
    );
    let owner = setter.service;
    let mut finding = RULE
        .finding(problem.at, message)
        .here("Compose looks in the environment and in `.env`")
        .also(setter.variable.key, format!("`{name}` is set here"))
        .also(setter.file.path.span(), format!("for the container of `{}` alone", owner.name.value))
        .evidence(name);
    if wiring::is_handed(cx, setter.file) {
        finding = finding.at_most(Confidence::Possible);
    }
    let service = problem.service.as_deref().and_then(|name| cx.project.services.get(name));
    if let Some(service) = service {
        finding = finding.service(service.name.value.clone());
    }
    // `X: ${X}` over an env file that sets `X`: without the entry all is well.
    let entry = service.filter(|service| service.name.value == owner.name.value).and_then(|service| {
        let entry = service.environment.variables.get(name)?;
        entry.origin.written.contains(problem.at).then_some(entry)
    });
    if let Some(entry) = entry {
        let owner = &owner.name.value;
        finding = finding.help(format!(
            "take `{name}` out of `environment` of `{owner}`: `{path}` sets it there, and the blank hides that"
        ));
        let fix = cx.edits.remove_entry(entry.key).or_else(|| cx.edits.remove_item(entry.origin.written));
        if let Some(edits) = fix {
            finding = finding.fix(Fix {
                title: format!("leave `{name}` to `{path}`"),
                applicability: Applicability::Unsafe,
                edits,
            });
        }
        return finding;
    }
    finding.help(format!("set `{name}` in `.env` too, or start with `docker compose --env-file {path}`"))
}
