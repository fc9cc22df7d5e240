//! A blank that takes the place of the program's own default.

use std::collections::HashSet;

use super::prelude::*;
use super::wiring;
use crate::facts::Layer;
use crate::facts::blanks::{self, Beaten};

rule!("blank-beats-default", check);

/// The references that give such a blank.
pub fn places(cx: &Context<'_>) -> HashSet<Span> {
    let mut places = HashSet::new();
    for facts in cx.facts.active() {
        for beaten in blanks::of(facts) {
            places.extend(reference(&beaten).map(|(_, span)| span));
        }
    }
    places
}

/// The reference to a variable of the host that gave the blank.
fn reference<'a>(beaten: &'a Beaten<'_>) -> Option<(&'a str, Span)> {
    let pieces = beaten.blank.value()?.pieces();
    let [piece] = pieces else { return None };
    piece.origin.through.iter().rev().find_map(|via| match via {
        Via::Interpolation { variable, span, .. } => Some((&**variable, *span)),
        _ => None,
    })
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for facts in cx.facts.active() {
        for beaten in blanks::of(facts) {
            let at = place(&beaten);
            if seen.insert((at, beaten.read.span)) {
                out.push(finding(cx, facts, &beaten, at));
            }
        }
    }
}

/// Whether the program can't well do with a blank in place of this default, which somebody wrote out: a number, or an
/// address of a sibling. Of other things a blank may be meant: lists of settings say so of what is switched off.
fn matters(cx: &Context<'_>, default: &str) -> bool {
    let mut words = default.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    default.parse::<f64>().is_ok() || words.any(|word| cx.facts.service(word).is_some())
}

fn place(beaten: &Beaten<'_>) -> Span {
    match reference(beaten) {
        Some((_, span)) if !span.is_none() => span,
        _ => beaten.blank.variable.key,
    }
}

fn finding(cx: &Context<'_>, facts: &ServiceFacts<'_>, beaten: &Beaten<'_>, at: Span) -> Finding {
    let Beaten { name, default, .. } = beaten;
    let service = &facts.service.name.value;
    let message = format!(
        "`{name}` of `{service}` is blank, and a blank takes the place of the program's default `{name}={default}`"
    );
    let finding = RULE
        .finding(at, message)
        .service(service.clone())
        .also(beaten.read.span, format!("the default counts only where `{name}` is not set at all"))
        .evidence((*name).to_string());
    let Some((host, span)) = reference(beaten) else {
        let finding = finding.here("blank");
        let worth = matters(cx, default);
        return match beaten.blank.layer {
            Layer::EnvFile => finding
                .help(format!("take the line out, or write `{name}={default}`"))
                .at_most(if worth { Confidence::Likely } else { Confidence::Possible }),
            // Who writes a blank here means one.
            _ => finding
                .help(format!("write `{}`", wiring::entry(facts, name, default)))
                .at_most(Confidence::Possible),
        };
    };
    let text = format!("${{{host}:-{}}}", default.replace('$', "$$"));
    let mut finding = finding
        .here(format!("`{host}` gives nothing here"))
        .help(format!("write `{}`", wiring::entry(facts, name, &text)));
    if let Some(set) = cx.project.environment.get(host).filter(|set| !set.span().is_none()) {
        finding = finding.also(set.span(), format!("`{host}` is blank here"));
    }
    if cx.project.documented.contains(host) || cx.project.variant {
        finding = finding.at_most(Confidence::Possible);
    }
    let fix = cx.edits.replace_within(span, &text);
    match fix.filter(|_| !default.contains('}')) {
        Some(edits) => finding.fix(Fix {
            title: format!("fall back to `{default}` in the compose file too"),
            applicability: Applicability::Unsafe,
            edits,
        }),
        None => finding,
    }
}
