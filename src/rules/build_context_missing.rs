//! The folder that an image is built from is not there.

use super::absent;
use super::prelude::*;
use crate::programs::BuildProblem;

rule!("build-context-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let (Some(build), Some(BuildProblem::NoContext(missing))) =
            (&service.service.build, &service.program.image.problem)
        else {
            continue;
        };
        let name = &service.service.name.value;
        let path = absent::shown(cx, &missing.path);
        let is_file = missing.missing == missing.path
            && missing
                .path
                .file_name()
                .is_some_and(|name| missing.beside.iter().any(|beside| name == beside.as_str()));
        let (what, here) = match is_file {
            true => ("is no folder", "no folder"),
            false => ("does not exist", "not there"),
        };
        let place = build.context.as_ref().map_or(build.origin.written, |context| context.span());
        let finding = RULE
            .finding(
                place,
                format!(
                    "`{name}` is built in `{path}`, which {what}: Compose stops before anything is started"
                ),
            )
            .service(name.clone())
            .here(here);
        // Compose tries a registry first where the image has a name there.
        let finding = match &service.service.image {
            Some(image) if image.assumed().contains('/') => {
                // A folder that is called so in other letters shows that it is meant to be built.
                let last = missing.missing.file_name().and_then(|name| name.to_str());
                let letters = absent::meant(missing)
                    .is_some_and(|near| last.is_some_and(|last| last.eq_ignore_ascii_case(near)));
                match letters {
                    true => finding.severity(Severity::Warning).at_most(Confidence::Likely),
                    false => finding.at_most(Confidence::Possible),
                }
            }
            _ => finding,
        };
        out.push(absent::explained(
            cx,
            finding,
            missing,
            "relative paths count from the folder of the first compose file",
        ));
    }
}
