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
        // Compose tries a registry first where the image has a name there.
        let pulled = service.service.image.as_ref().filter(|image| image.assumed().contains('/'));
        let stops = match pulled {
            Some(_) => "`docker compose build` stops, and `up` where no registry has the image",
            None => "Compose stops before anything is started",
        };
        let finding = RULE
            .finding(place, format!("`{name}` is built in `{path}`, which {what}: {stops}"))
            .service(name.clone())
            .here(here);
        // A folder that is called so in other letters shows that it is meant to be built.
        let last = missing.missing.file_name().and_then(|name| name.to_str());
        let letters = absent::meant(missing)
            .is_some_and(|near| last.is_some_and(|last| last.eq_ignore_ascii_case(near)));
        let finding = match pulled {
            Some(_) if letters => finding.severity(Severity::Warning).at_most(Confidence::Likely),
            Some(_) => finding.at_most(Confidence::Possible),
            None => finding,
        };
        out.push(absent::explained(
            cx,
            finding,
            missing,
            "relative paths count from the folder of the first compose file",
        ));
    }
}
