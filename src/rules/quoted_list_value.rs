//! Quotes within a list item, which are part of the value.

use std::collections::HashSet;

use super::prelude::*;
use super::wiring::as_written;
use crate::compose::Variable;
use crate::facts::{unread, variables};

rule!("quoted-list-value", check);

/// How names of variables end whose value a shell script usually reads again as a command line; and that of Rust's
/// logs, where a filter that is not understood is left out.
const COMMAND_LINES: [&str; 11] = [
    "OPTS",
    "OPTIONS",
    "ARGS",
    "ARGUMENTS",
    "FLAGS",
    "PARAMS",
    "CMD",
    "COMMAND",
    "CONFIG",
    "EXTRA",
    "RUST_LOG",
];

/// A value in quotes of its own.
struct Quoted {
    /// What stands between them, as it could be written.
    inner: String,
    /// The value with its quotes, as it could be written.
    whole: String,
    at: Span,
    /// What takes the quotes away, where both stand in the file as they are.
    edits: Option<Vec<Edit>>,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    // An anchor brings one item to several services.
    let mut seen = HashSet::new();
    for facts in cx.facts.services() {
        out.extend(super::quoted_arguments::findings(cx, &RULE, facts).filter(|found| seen.insert(found.at)));
        let service = &facts.service.name.value;
        let unread = std::cell::OnceCell::new();
        let is_unread =
            |name: &str| unread.get_or_init(|| unread::of(facts)).iter().any(|(unread, _)| unread == name);
        for (name, variable) in &facts.service.environment.variables {
            let Some(quoted) = quoted(variable).filter(|quoted| seen.insert(quoted.at)) else { continue };
            if program_takes_them_off(facts, name) || keywords_take_them(facts, quoted.at) {
                continue;
            }
            let Quoted { inner, whole, at, edits } = quoted;
            // A sentence is shown with its quotes; nothing stops at them.
            let prose = inner.contains(' ') && !inner.contains(['=', '/', '{', '$']);
            let edits = edits.or_else(|| cx.edits.replace(at, &format!("{name}={inner}")));
            let message = format!(
                "`{name}={whole}` of `{service}` keeps its quotes: within a list item they are part of the value"
            );
            let mut finding = RULE
                .finding(at, message)
                .service(service.clone())
                .here("the process finds these quotes in its environment")
                .help(format!("write `- {name}={inner}`"))
                .evidence(name.clone());
            // Nothing stops at a value that nobody looks at.
            if prose || is_unread(name) {
                finding = finding.severity(Severity::Warning);
            }
            if COMMAND_LINES.iter().any(|end| name.to_ascii_uppercase().ends_with(end)) {
                finding = finding.at_most(Confidence::Possible);
            }
            out.push(match edits {
                Some(edits) => finding.fix(Fix {
                    title: format!("take the quotes off the value of `{name}`"),
                    applicability: Applicability::Safe,
                    edits,
                }),
                None => finding,
            });
        }
    }
}

/// The value of an item `NAME="…"` of a list, if it has quotes and they belong together.
fn quoted(variable: &Variable) -> Option<Quoted> {
    let value = variable.value.as_ref()?;
    let text = value.assumed();
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = text.get(1..)?.strip_suffix(quote)?;
    // `"a","b"` is something else, and so is a text with escapes.
    if inner.contains([quote, '\\']) {
        return None;
    }
    let (first, last) = (value.pieces().first()?, value.pieces().last()?);
    let written = |piece: &crate::source::Piece| {
        let direct = !piece.origin.through.iter().any(|via| matches!(via, Via::Interpolation { .. }));
        (direct && piece.certainty == Certainty::Known).then_some(piece.origin.written)
    };
    let (first_at, last_at) = (written(first)?, written(last)?);
    let exact = first_at.len() as usize == first.text.len() && last_at.len() as usize == last.text.len();
    let cut = value.slice(1, text.len() - 1);
    let (inner_written, whole) = (as_written(&cut), as_written(value));
    // An item that is itself in quotes, with escapes: all of it stands in one place.
    if !exact && variable.key == first_at && variable.origin.written == first_at {
        return Some(Quoted { inner: inner_written, whole, at: first_at, edits: None });
    }
    // In a mapping a blank, or a quote of YAML's, stands between the name and the value.
    if !exact || first_at.lo != variable.key.hi + 1 {
        return None;
    }
    let whole_text = first_at.to(last_at);
    let cut_off = |span: Span| Edit { span, text: String::new() };
    let ends = last_at.len() as usize;
    let edits = vec![cut_off(first_at.slice(0, 1)), cut_off(last_at.slice(ends - 1, ends))];
    // Without the quotes a plain scalar would lose its blanks.
    let keeps = !inner.ends_with([' ', '\t', ':']) && !inner.starts_with([' ', '\t']);
    keeps.then_some(Quoted { inner: inner_written, whole, at: whole_text, edits: Some(edits) })
}

/// Whether the value becomes that of a keyword in a connection string, where quotes are syntax: `Password="secret";`.
fn keywords_take_them(facts: &ServiceFacts<'_>, at: Span) -> bool {
    facts.received.iter().any(|dial| {
        let text = &dial.endpoint.text;
        let keywords = dial.endpoint.scheme.is_none() && text.assumed().contains('=');
        keywords && text.pieces().iter().any(|piece| at.contains(piece.origin.written))
    })
}

/// Whether the program is seen to take quotes off what it reads, as Laravel's `env()` does.
fn program_takes_them_off(facts: &ServiceFacts<'_>, name: &str) -> bool {
    let seen = variables::of(facts).into_iter().find(|seen| seen.name == name);
    seen.is_some_and(|seen| seen.readers.iter().any(|reader| reader.unquotes()))
}
