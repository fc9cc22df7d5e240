//! The program was linked against a library that its image does not have, or has in an older version.

use super::prelude::*;
use crate::programs::linked::unlinked;
use crate::programs::loaders::unloadable;

rule!("shared-library-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(cx.facts.active().filter_map(|service| loader(service).or_else(|| library(service))));
}

/// The program was linked against a C library that its image does not have.
fn loader(service: &ServiceFacts<'_>) -> Option<Finding> {
    let build = service.service.build.as_ref()?;
    let target = build.target.as_ref().map(|target| target.value.assumed());
    let found = unloadable(service.program, target.as_deref())?;
    let name = &service.service.name.value;
    Some(
        RULE.finding(
            found.copied,
            format!(
                "the program of `{name}` does not start: it is linked against the glibc of `{}`, which `{}` does not have (`{}`)",
                found.built, found.runs, found.says
            ),
        )
        .service(name.clone())
        .here("copied into an image with another C library")
        .help(format!(
            "build and run it on the same distribution, or link it statically (`CGO_ENABLED=0` for Go, a `musl` target for Rust); it is built in `{}`",
            found.built
        ))
        .at_most(Confidence::Likely)
        .evidence(found.runs),
    )
}

/// The program was linked against a library that its image does not have.
fn library(service: &ServiceFacts<'_>) -> Option<Finding> {
    service.service.build.as_ref().filter(|build| build.target.is_none())?;
    let found = unlinked(service.program)?;
    let name = &service.service.name.value;
    Some(
        RULE.finding(
            found.at,
            format!(
                "the program of `{name}` does not start: `{}` is linked against `{}`, which `{}` does not have (`error while loading shared libraries`)",
                found.by, found.library, found.image
            ),
        )
        .service(name.clone())
        .here("an image without the library")
        .help(format!("install `{}` in the last stage", found.package))
        .at_most(Confidence::Likely)
        .evidence(found.library),
    )
}
