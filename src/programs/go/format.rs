//! `fmt.Sprintf`.

use crate::programs::Expr;
use crate::source::{Span, Spanned};

/// The text with its verbs replaced; opaque when one changes what it is given.
pub(super) fn verbs(format: &Spanned<String>, values: Vec<Expr>, span: Span) -> Expr {
    let mut values = values.into_iter();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = format.value.get(at..).and_then(|rest| rest.find('%')).map(|n| at + n) {
        out.extend(part(format, at, start));
        let value = match format.value.get(start + 1..).and_then(|rest| rest.chars().next()) {
            Some('%') => Some(Expr::Text(Spanned::new("%".to_string(), format.span))),
            Some('s' | 'd' | 'v') => values.next(),
            _ => None,
        };
        let Some(value) = value else { return Expr::Opaque(span) };
        out.push(value);
        at = start + 2;
    }
    out.extend(part(format, at, format.value.len()));
    Expr::Concat(out)
}

/// A part of the format, its place narrowed when it stands there as it is.
fn part(text: &Spanned<String>, from: usize, to: usize) -> Option<Expr> {
    let value = text.value.get(from..to).filter(|value| !value.is_empty())?;
    let span = match text.span.len() as usize == text.value.len() {
        true => text.span.slice(from, to),
        false => text.span,
    };
    Some(Expr::Text(Spanned::new(value.to_string(), span)))
}
