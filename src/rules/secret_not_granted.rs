//! A variable names the file of a secret that the service does not get.

use std::path::Path;

use super::prelude::*;
use super::wiring;
use crate::compose::nearest;
use crate::source::clean;

rule!("secret-not-granted", check);

/// Where Docker puts secrets.
const FOLDER: &str = "/run/secrets/";

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        // Something else may put files there.
        let mounted = |target: &str| Path::new(FOLDER).starts_with(clean(Path::new(target)));
        if service
            .service
            .volumes
            .iter()
            .any(|mount| mounted(&mount.target) || mount.target.starts_with(FOLDER))
        {
            continue;
        }
        for (variable, found) in service.environment.iter() {
            let Some(value) = found.value() else { continue };
            let Some(path) = value.complete() else { continue };
            let Some(wanted) = path.strip_prefix(FOLDER).filter(|wanted| is_name(wanted)) else { continue };
            if service.service.secrets.iter().any(|secret| covers(&secret.target, wanted)) {
                continue;
            }
            out.push(finding(cx, service, variable, wanted, value.span()));
        }
    }
}

/// Whether the text is a name of one file.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Whether a secret with this target is the file; a target without a folder lies in [`FOLDER`].
fn covers(target: &str, wanted: &str) -> bool {
    let target = target.strip_prefix(FOLDER).unwrap_or(target);
    target.trim_start_matches('/') == wanted
}

fn finding(
    cx: &Context<'_>,
    service: &ServiceFacts<'_>,
    variable: &str,
    wanted: &str,
    place: Span,
) -> Finding {
    let name = &service.service.name.value;
    let granted: Vec<&str> = service.service.secrets.iter().map(|secret| secret.source.as_str()).collect();
    let at = if place.is_none() { service.service.name.span } else { place };
    let finding = RULE
        .finding(
            at,
            format!("`{variable}` of `{name}` is the file `{FOLDER}{wanted}`, but `{name}` gets no secret of that name: the file does not exist"),
        )
        .service(name.clone())
        .here("no such file in the container")
        .evidence(variable)
        .evidence(wanted);
    let known = cx.project.secrets.keys().map(String::as_str);
    match (cx.project.secrets.get(wanted), nearest(wanted, known)) {
        (Some(secret), _) => {
            let all: Vec<String> = granted.iter().copied().chain([wanted]).map(str::to_string).collect();
            finding
                .also(secret.name.span, "declared here")
                .help(format!("in `{name}` write `secrets: {}`", wiring::flow(&all)))
        }
        (None, Some(near)) => finding.help(format!("did you mean `{FOLDER}{near}`?")),
        (None, None) => finding.help(format!(
            "declare `{wanted}` in the top-level `secrets`, and list it in `secrets` of `{name}`"
        )),
    }
}
