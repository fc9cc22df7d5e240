//! Small expressions and conditions that front ends make alike.

use crate::programs::{Blank, Condition, Expr, ReadExpr};
use crate::source::{Span, Spanned};

/// Not, with what is not understood left so.
#[must_use]
pub fn not(condition: Condition) -> Condition {
    match condition {
        Condition::Opaque => Condition::Opaque,
        Condition::Not(inner) => *inner,
        condition => Condition::Not(Box::new(condition)),
    }
}

/// The condition as a value.
#[must_use]
pub fn as_value(condition: Condition, span: Span) -> Expr {
    match condition {
        Condition::Opaque => Expr::Opaque(span),
        condition => Expr::Test(Box::new(condition), span),
    }
}

/// A read of a variable of which a blank value is kept: what it gives when that is unset, and whether the program
/// stops then.
#[must_use]
pub fn read(name: Expr, default: Option<Expr>, required: bool, span: Span) -> Expr {
    Expr::Read(Box::new(ReadExpr {
        name,
        aliases: Vec::new(),
        ignore_case: false,
        default,
        blank: Blank::Kept,
        required,
        span,
    }))
}

/// A variable that a library looks at by itself before its default, where a blank value is as good as none.
#[must_use]
pub fn library_read(variable: &str, default: Expr, span: Span) -> Expr {
    Expr::Read(Box::new(ReadExpr {
        name: Expr::Text(Spanned::new(variable.to_string(), span)),
        aliases: Vec::new(),
        ignore_case: false,
        default: Some(default),
        blank: Blank::Unset,
        required: false,
        span,
    }))
}

/// A part of a format's text, its place narrowed when it stands there as it is; `None` when it is blank.
#[must_use]
pub fn part(text: &Spanned<String>, from: usize, to: usize) -> Option<Expr> {
    let value = text.value.get(from..to).filter(|value| !value.is_empty())?;
    let span = match text.span.len() as usize == text.value.len() {
        true => text.span.slice(from, to),
        false => text.span,
    };
    Some(Expr::Text(Spanned::new(value.to_string(), span)))
}
