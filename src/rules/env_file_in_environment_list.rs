//! The path of an env file where the name of a variable stands.

use std::collections::HashSet;

use super::prelude::*;
use crate::compose::edits::Value;
use crate::compose::{Service, Variable};

rule!("env-file-in-environment-list", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for facts in cx.facts.services() {
        let service = facts.service;
        for (name, variable) in &service.environment.variables {
            let given = variable.value.as_ref().and_then(Text::complete);
            let Some(path) = path(name, given.as_deref()).filter(|_| seen.insert(variable.key)) else {
                continue;
            };
            let owner = &service.name.value;
            let known = service.env_files.iter().find(|file| file.path.assumed() == path);
            let help = match known {
                Some(_) => format!("take it out: `env_file` of `{owner}` names it already"),
                None => format!("write `env_file: [{path}]` beside `environment` of `{owner}`"),
            };
            let message = format!(
                "`{path}` in `environment` of `{owner}` sets a variable named `{name}`; no file is read"
            );
            let finding = RULE
                .finding(variable.key, message)
                .service(owner.clone())
                .here("the name of a variable stands here")
                .also(known.map_or(Span::NONE, |file| file.path.span()), "`env_file` names the file here")
                .help(help)
                .evidence(path.clone());
            let edits = match known {
                Some(_) => take_out(cx, variable),
                None => moved(cx, service, variable, &path),
            };
            out.push(match edits {
                Some(edits) => finding.fix(Fix {
                    title: format!("have `env_file` of `{owner}` name `{path}`"),
                    applicability: Applicability::Unsafe,
                    edits,
                }),
                None => finding,
            });
        }
    }
}

fn take_out(cx: &Context<'_>, variable: &Variable) -> Option<Vec<Edit>> {
    cx.edits.remove_entry(variable.key).or_else(|| cx.edits.remove_item(variable.origin.written))
}

/// The path where it belongs, for a service that says so itself and has no env file yet.
fn moved(cx: &Context<'_>, service: &Service, variable: &Variable, path: &str) -> Option<Vec<Edit>> {
    let own = service.origin.written.contains(variable.key) && service.env_files.is_empty();
    let files = Value::List(vec![path.into()]);
    let mut edits = own.then(|| cx.edits.set_attribute(service, "env_file", &files))??;
    edits.extend(take_out(cx, variable)?);
    Some(edits)
}

/// The path that is meant, if the entry is one: `- .env`, `- ./config/api.env`, `- env_file=.env`.
fn path(name: &str, value: Option<&str>) -> Option<String> {
    if matches!(name, "env_file" | "env-file" | "--env-file") {
        return value.filter(|value| !value.is_empty()).map(str::to_string);
    }
    let file = name.rsplit('/').next().unwrap_or(name);
    let is_file = file == ".env" || file.starts_with(".env.") || file.ends_with(".env");
    (value.is_none() && is_file).then(|| name.to_string())
}
