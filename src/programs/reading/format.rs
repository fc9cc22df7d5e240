//! The two formatting languages: `%s` and `{}`.

use crate::programs::{Expr, Method};
use crate::source::{Span, Spanned};

/// A part of a format's text, its place narrowed when it stands there as it is.
fn part(text: &Spanned<String>, from: usize, to: usize) -> Option<Expr> {
    let value = text.value.get(from..to).filter(|value| !value.is_empty())?;
    let span = match text.span.len() as usize == text.value.len() {
        true => text.span.slice(from, to),
        false => text.span,
    };
    Some(Expr::Text(Spanned::new(value.to_string(), span)))
}

/// `format % arguments`
#[must_use]
pub fn percent(format: Expr, arguments: Expr, span: Span) -> Expr {
    let Expr::Text(text) = format.peel() else { return Expr::Opaque(span) };
    let mut positional = match arguments.peel() {
        Expr::List(items) => items.clone(),
        other => vec![other.clone()],
    }
    .into_iter();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = text.value.get(at..).and_then(|rest| rest.find('%')).map(|n| at + n) {
        out.extend(part(text, at, start));
        let rest = text.value.get(start + 1..).unwrap_or("");
        let (value, length) = if rest.starts_with('%') {
            (Some(Expr::Text(Spanned::new("%".to_string(), text.span))), 1)
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            let key = Spanned::new(name.to_string(), text.span);
            (
                after.starts_with(['s', 'd']).then(|| Expr::Member(Box::new(arguments.clone()), key)),
                name.len() + 3,
            )
        } else if rest.starts_with(['s', 'd', 'v']) {
            (positional.next(), 1)
        } else {
            (None, 0)
        };
        let Some(value) = value else { return Expr::Opaque(span) };
        out.push(value);
        at = start + 1 + length;
    }
    out.extend(part(text, at, text.value.len()));
    Expr::Concat(out)
}

/// `format.format(*positional, **named)`
#[must_use]
pub fn braces(format: &Expr, positional: &[Expr], named: &[(String, Expr)], span: Span) -> Expr {
    let Expr::Text(text) = format.peel() else { return Expr::Opaque(span) };
    let mut out = Vec::new();
    let mut at = 0;
    let mut next = 0;
    while let Some(start) = text.value.get(at..).and_then(|rest| rest.find(['{', '}'])).map(|n| at + n) {
        out.extend(part(text, at, start));
        let rest = text.value.get(start..).unwrap_or("");
        if rest.starts_with("{{") || rest.starts_with("}}") {
            out.extend(part(text, start, start + 1));
            at = start + 2;
            continue;
        }
        let Some((field, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            return Expr::Opaque(span);
        };
        let Some(value) = replacement(field, positional, named, &mut next, text.span) else {
            return Expr::Opaque(span);
        };
        out.push(value);
        at = start + field.len() + 2;
    }
    out.extend(part(text, at, text.value.len()));
    Expr::Concat(out)
}

/// What `{field}` stands for: `{}`, `{0}`, `{name}`, `{name.attribute}`, `{name[key]}`.
fn replacement(
    field: &str,
    positional: &[Expr],
    named: &[(String, Expr)],
    next: &mut usize,
    span: Span,
) -> Option<Expr> {
    if field.contains([':', '!', '{']) {
        return None;
    }
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let (name, rest) = field.split_at(end);
    let mut value = if name.is_empty() {
        *next += 1;
        positional.get(*next - 1)?.clone()
    } else if let Ok(index) = name.parse::<usize>() {
        positional.get(index)?.clone()
    } else {
        named.iter().find(|(key, _)| key == name)?.1.clone()
    };
    for step in rest.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty())
    {
        value = match step.parse::<i64>() {
            Ok(index) => Expr::Method(Box::new(value), Box::new(Method::Index(index))),
            Err(_) => Expr::Member(Box::new(value), Spanned::new(step.to_string(), span)),
        };
    }
    Some(value)
}
