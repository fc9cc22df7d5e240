//! What Compose takes without a word, though it hardly does what was meant.

use indexmap::IndexMap;

use super::value::Value;
use crate::finding::{Problem, ProblemKind};
use crate::source::{Span, Text};
use crate::yaml::{Resolved, Scalar};

/// A scalar of which another text arrives than is written.
pub(super) fn surprise(name: &str, at: Span, scalar: &Scalar, resolved: &Resolved) -> Option<Problem> {
    let written = &scalar.text;
    let what = match resolved {
        Resolved::Bool(_) => "a truth value",
        Resolved::Int(_) if is_octal(written) => "an octal number",
        Resolved::Int(_) | Resolved::Float(_) => "a number",
        Resolved::Timestamp(_) => "a date",
        _ => return None,
    };
    let text = resolved.to_text(scalar).filter(|text| text != written)?;
    let message =
        format!("`{name}: {written}` arrives as `{name}: {text}`: without quotes it is {what} to YAML");
    let problem = Problem::warning(ProblemKind::SurprisingScalar, at, message);
    Some(problem.subject(written).help(format!("write `{name}: \"{written}\"`")))
}

/// Whether an integer is written in base 8: `0755`, `0o17`.
fn is_octal(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']).strip_prefix('0').unwrap_or("");
    !digits.is_empty() && !digits.starts_with(['x', 'X', 'b', 'B'])
}

/// The variables that a list sets twice, to different values.
pub(super) fn duplicates(items: &[Value]) -> Vec<Problem> {
    let mut known: IndexMap<String, (Span, String)> = IndexMap::with_capacity(items.len());
    let mut found = Vec::new();
    for item in items {
        let Some(text) = item.as_text().and_then(Text::complete) else { continue };
        let (name, value) = text.split_once('=').unwrap_or((&text, ""));
        let earlier = known.insert(name.to_string(), (item.span(), value.to_string()));
        let Some((first, _)) = earlier.filter(|(_, before)| before != value) else { continue };
        found.push(twice(name, "list", first, item.span()));
    }
    found
}

/// A variable that is set twice in one place.
pub(super) fn twice(name: &str, place: &str, first: Span, second: Span) -> Problem {
    let message = format!("`{name}` is set twice in this {place}, and the later value wins");
    Problem::warning(ProblemKind::DuplicateVariable, first, message)
        .also(second, "this one wins")
        .subject(name)
        .help("take out the one that is not meant")
}
