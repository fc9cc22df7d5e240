//! A variable, or the program itself, names the file of a secret that the service does not get.

use std::path::Path;

use super::prelude::*;
use super::wiring;
use crate::compose::nearest;
use crate::facts::secret_files::{self, FOLDER, is_name};
use crate::source::clean;

rule!("secret-not-granted", check);

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
            let name = &service.service.name.value;
            let message = format!(
                "`{variable}` of `{name}` is the file `{FOLDER}{wanted}`, but `{name}` gets no secret of that name: the file does not exist"
            );
            out.push(finding(cx, service, message, wanted, value.span()).evidence(variable).evidence(wanted));
        }
        for named in secret_files::named(service) {
            let wanted = &named.name;
            if service.service.secrets.iter().any(|secret| covers(&secret.target, wanted)) {
                continue;
            }
            let name = &service.service.name.value;
            let message = format!(
                "the program of `{name}` names the file `{FOLDER}{wanted}`, but `{name}` gets no secret of that name: the file does not exist"
            );
            let found = finding(cx, service, message, wanted, named.at).evidence(wanted.as_str());
            // What nobody declares may be there only where the program runs elsewhere.
            let declared = cx.project.secrets.contains_key(wanted);
            let sure = !named.optional && (declared || is_slip(service, wanted));
            out.push(found.at_most(if sure { Confidence::Likely } else { Confidence::Possible }));
        }
    }
}

/// Whether a secret that the service gets is nearly called so, and the program names that nowhere.
fn is_slip(service: &ServiceFacts<'_>, wanted: &str) -> bool {
    let targets = service
        .service
        .secrets
        .iter()
        .map(|secret| secret.target.strip_prefix(FOLDER).unwrap_or(&secret.target));
    let near = nearest(wanted, targets);
    near.is_some_and(|near| secret_files::named(service).iter().all(|other| other.name != near))
}

/// Whether a secret with this target is the file; a target without a folder lies in [`FOLDER`].
fn covers(target: &str, wanted: &str) -> bool {
    let target = target.strip_prefix(FOLDER).unwrap_or(target);
    target.trim_start_matches('/') == wanted
}

fn finding(
    cx: &Context<'_>,
    service: &ServiceFacts<'_>,
    message: String,
    wanted: &str,
    place: Span,
) -> Finding {
    let name = &service.service.name.value;
    let granted: Vec<&str> = service.service.secrets.iter().map(|secret| secret.source.as_str()).collect();
    let at = if place.is_none() { service.service.name.span } else { place };
    let finding = RULE.finding(at, message).service(name.clone()).here("no such file in the container");
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
