//! An image that is pulled is not in its registry.

use super::prelude::*;
use crate::facts::withdrawn::{Withdrawn, withdrawn};

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
    out.extend(
        places.into_iter().map(|(at, image, known, services)| finding(cx, at, &image, known, &services)),
    );
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
