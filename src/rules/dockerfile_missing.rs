//! The Dockerfile of a build is not there.

use super::absent;
use super::prelude::*;
use crate::programs::BuildProblem;

rule!("dockerfile-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let (Some(build), Some(BuildProblem::NoDockerfile(missing))) =
            (&service.service.build, &service.program.image.problem)
        else {
            continue;
        };
        let name = &service.service.name.value;
        let path = absent::shown(cx, &missing.path);
        let context = build.context.as_ref().map_or(build.origin.written, |context| context.span());
        let place = build.dockerfile.as_ref().map_or(context, |file| file.span());
        let finding = RULE
            .finding(place, format!("`{name}` is built by `{path}`, which does not exist: Compose stops before anything is started"))
            .service(name.clone())
            .here("no such Dockerfile here");
        // Compose tries a registry first where the image has a name there.
        let finding = match &service.service.image {
            Some(image) if image.assumed().contains('/') => finding.at_most(Confidence::Possible),
            _ => finding,
        };
        let help = match build.dockerfile {
            Some(_) => "`dockerfile` counts from the build context",
            None => "write the Dockerfile, or name it with `dockerfile:`",
        };
        out.push(absent::explained(cx, finding, missing, help));
    }
}
