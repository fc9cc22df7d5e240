//! `build.target` names a stage that the Dockerfile does not have.

use super::phrases;
use super::prelude::*;
use crate::compose::nearest;
use crate::programs::BuildProblem;

rule!("unknown-build-target", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for service in cx.facts.active() {
        let image = &service.program.image;
        let (Some(build), Some(BuildProblem::NoStage(stage))) = (&service.service.build, &image.problem)
        else {
            continue;
        };
        let Some(target) = build.target.as_ref().filter(|target| target.complete().is_some()) else {
            continue;
        };
        let stages = image.parsed.iter().flat_map(|parsed| &parsed.stages);
        let names: Vec<_> = stages.filter_map(|stage| stage.name.as_ref()).collect();
        let known: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
        let name = &service.service.name.value;
        let finding = RULE
            .finding(
                target.span(),
                format!("`{name}` is built up to the stage `{stage}`, which its Dockerfile does not have: Compose stops before anything is started"),
            )
            .service(name.clone())
            .here("no stage of that name")
            .evidence(stage.clone());
        let help = match (nearest(stage, known.iter().copied()), known.as_slice()) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, []) => {
                "no stage of the Dockerfile has a name: leave `target` out, or name one with `FROM … AS name`"
                    .to_string()
            }
            (None, _) => format!("its stages are {}", phrases::listed(&known)),
        };
        let finding = match nearest(stage, known.iter().copied()) {
            Some(meant) => {
                let at = names.iter().find(|name| name.value == meant).map_or(Span::NONE, |name| name.span);
                let finding = finding.also(at, format!("the stage `{meant}`"));
                match cx.edits.replace(target.span(), meant) {
                    Some(edits) => finding.fix(Fix {
                        title: format!("build up to `{meant}`"),
                        applicability: Applicability::Unsafe,
                        edits,
                    }),
                    None => finding,
                }
            }
            None => finding,
        };
        out.push(finding.help(help));
    }
}
