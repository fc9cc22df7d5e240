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

/// Whether a value counts as true, where a blank text does not.
#[must_use]
pub fn truth(value: Expr) -> Condition {
    decided(value, Condition::Truthy)
}

/// Whether a value counts as true in a language where only nothing and false do not, as Ruby and Elixir have it.
#[must_use]
pub fn there(value: Expr) -> Condition {
    match value {
        Expr::Null(_) => Condition::Any(Vec::new()),
        value => decided(value, Condition::IsSet),
    }
}

fn decided(value: Expr, asked: impl FnOnce(Expr) -> Condition) -> Condition {
    match value {
        Expr::Test(condition, _) => *condition,
        Expr::Bool(true, _) => Condition::All(Vec::new()),
        Expr::Bool(false, _) => Condition::Any(Vec::new()),
        Expr::Shared(shared) => decided(shared.expr().clone(), asked),
        Expr::Opaque(_) | Expr::Library(_) => Condition::Opaque,
        value => asked(value),
    }
}

/// One after the other, as `+` puts texts together. Sums of numbers and of lists are not known.
#[must_use]
pub fn plus(left: Expr, right: Expr, span: Span) -> Expr {
    if matches!(left.peel(), Expr::Number(_) | Expr::List(_)) {
        return Expr::Opaque(span);
    }
    joined(left, right)
}

/// One text after the other.
#[must_use]
pub fn joined(left: Expr, right: Expr) -> Expr {
    Expr::Concat(match left {
        Expr::Concat(parts) => with(parts, right),
        left => vec![left, right],
    })
}

/// The first, or the second where that is blank or nothing, as `||` has it in JavaScript.
#[must_use]
pub fn or(first: Expr, second: Expr) -> Expr {
    Expr::FirstNonEmpty(match first {
        Expr::FirstNonEmpty(all) => with(all, second),
        first => vec![first, second],
    })
}

/// The first, or the second where that is nothing, as `??` has it.
#[must_use]
pub fn or_if_unset(first: Expr, second: Expr) -> Expr {
    Expr::FirstSet(match first {
        Expr::FirstSet(all) => with(all, second),
        first => vec![first, second],
    })
}

fn with(mut all: Vec<Expr>, last: Expr) -> Vec<Expr> {
    all.push(last);
    all
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
