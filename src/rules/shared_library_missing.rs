//! The program was linked against a library that its image does not have, or has in an older version.

use std::collections::HashSet;

use super::prelude::*;
use crate::programs::linked::unlinked;
use crate::programs::loaders::unloadable;
use crate::programs::uninstalled::Native;

rule!("shared-library-missing", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    out.extend(cx.facts.active().filter_map(|service| loader(service).or_else(|| library(service))));
    let mut seen = HashSet::new();
    for service in cx.facts.active() {
        let native = service.program.absences.native.iter().filter(|native| !native.runs);
        out.extend(native.filter(|native| seen.insert(native.at)).map(|native| loaded(service, native)));
    }
}

/// A package of Python loads a library that the image does not have.
fn loaded(service: &ServiceFacts<'_>, native: &Native) -> Finding {
    let name = &service.service.name.value;
    let Native { import, lacks, image, .. } = native;
    RULE.finding(
        native.at,
        format!(
            "`{name}` does not start: `{import}` loads {lacks}, which `{}` does not have and nothing installs",
            image.value
        ),
    )
    .service(name.clone())
    .here(native.says)
    .also(image.span, "an image without it")
    .help(format!("install {}", native.install))
    .at_most(Confidence::Likely)
    .evidence(*lacks)
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
