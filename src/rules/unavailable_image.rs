//! An image that is pulled is not in its registry.

use super::prelude::*;
use crate::facts::withdrawn::{Withdrawn, withdrawn};
use crate::programs::official::is_nobodys;

rule!("unavailable-image", check);

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut places: Vec<(Span, String, &Withdrawn, Vec<&str>)> = Vec::new();
    for service in cx.facts.active() {
        for image in &service.program.image.pulled {
            let Some(known) = withdrawn(&image.value) else { continue };
            let name = service.service.name.value.as_str();
            match places.iter_mut().find(|(at, ..)| *at == image.span) {
                Some((.., services)) if services.contains(&name) => {}
                Some((.., services)) => services.push(name),
                None => places.push((image.span, image.value.clone(), known, vec![name])),
            }
        }
    }
    out.extend(nobodys(cx));
    out.extend(built_on_nobodys(cx));
    out.extend(
        places.into_iter().map(|(at, image, known, services)| finding(cx, at, &image, known, &services)),
    );
}

/// Images that were built on somebody's machine, and are in no registry under that name.
fn nobodys(cx: &Context<'_>) -> Vec<Finding> {
    let project = cx.project;
    let mut seen = std::collections::HashSet::new();
    let mut out = Vec::new();
    for service in cx.facts.active() {
        let Some(written) = service.service.image.as_ref().filter(|_| service.service.build.is_none()) else {
            continue;
        };
        let Some(image) = written.complete().filter(|image| is_nobodys(image)) else { continue };
        let built = project.services.values().any(|other| {
            other.build.is_some()
                && other.image.as_ref().and_then(|it| it.complete()).as_ref() == Some(&image)
        });
        let kept = service.service.pull_policy.as_ref().is_some_and(|policy| policy.assumed() == "never");
        // With these, the project makes its images by its own means.
        if built || kept || project.builds_images_by_hand || !seen.insert(image.clone()) {
            continue;
        }
        let name = &service.service.name.value;
        let made = service.program.image.assumed;
        let finding = RULE
            .finding(
                written.span(),
                format!("`{image}`, which `{name}` needs, can't be pulled: no registry has a name without a slash but for official images, and nothing here builds it"),
            )
            .service(name.clone())
            .here("no such image in the registry")
            .help(if made {
                format!("write `build: .` beside it, so that `{image}` is what that makes")
            } else {
                "name it with its registry or owner (`OWNER/NAME`), or build it: `build: .`".to_string()
            })
            .evidence(image);
        // A compose file that lies here alone may belong to images that are built elsewhere.
        let alone = !(project.is_described || project.has_sources) || project.variant;
        out.push(if alone { finding.at_most(Confidence::Possible) } else { finding });
    }
    out
}

/// Whether a base is one that is pulled, and all of its name is known.
fn is_known(reference: &str) -> bool {
    reference != "scratch" && !reference.contains(['$', Text::HOLE])
}

/// Images that others are built on, and that were built on somebody's machine.
fn built_on_nobodys(cx: &Context<'_>) -> Vec<Finding> {
    let project = cx.project;
    let mut seen = std::collections::HashSet::new();
    let mut out = Vec::new();
    for service in cx.facts.active().filter(|service| service.service.build.is_some()) {
        let image = &service.program.image;
        if image.assumed || image.parsed.is_none() || project.builds_images_by_hand {
            continue;
        }
        for pulled in
            image.pulled.iter().filter(|pulled| is_known(&pulled.value) && is_nobodys(&pulled.value))
        {
            let made = project.services.values().any(|other| {
                let name = other.image.as_ref().and_then(|it| it.complete());
                other.build.is_some() && name.as_ref() == Some(&pulled.value)
            });
            let given =
                service.service.build.as_ref().is_some_and(|build| build.contexts.contains(&pulled.value));
            if made || given || !seen.insert(pulled.span) {
                continue;
            }
            let name = &service.service.name.value;
            let finding = RULE
                .finding(
                    pulled.span,
                    format!(
                        "`{}`, which the image of `{name}` is built on, can't be pulled: no registry has a name without a slash but for official images, and nothing here builds it",
                        pulled.value
                    ),
                )
                .service(name.clone())
                .here("no such image in the registry")
                .help("name it with its registry or owner (`OWNER/NAME`), or build it first".to_string())
                .evidence(pulled.value.clone());
            let alone = !(project.is_described || project.has_sources) || project.variant;
            out.push(if alone { finding.at_most(Confidence::Possible) } else { finding });
        }
    }
    out
}

fn finding(cx: &Context<'_>, at: Span, image: &str, known: &Withdrawn, services: &[&str]) -> Finding {
    let first = services.first().copied().unwrap_or_default();
    let needed = match services.len() {
        0 | 1 => format!("`{first}` needs"),
        2 => format!("`{first}` and one other service need"),
        more => format!("`{first}` and {} other services need", more - 1),
    };
    let finding = RULE
        .finding(at, format!("`{image}`, which {needed}, can't be pulled: {}", known.why))
        .service(first.to_string())
        .here("no such image in the registry")
        .evidence(image.to_string());
    let Some(instead) = known.instead(image) else {
        return finding.help(known.advice(image));
    };
    let finding = finding.help(format!("write `{instead}`"));
    let edits = cx.edits.replace(at, &instead).or_else(|| cx.edits.replace_image(at, image, &instead));
    match edits {
        Some(edits) => finding.fix(Fix {
            title: format!("use `{instead}`"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}
