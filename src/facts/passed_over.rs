//! Reads whose value the program passes over: something that comes before them has one.

use super::environment::EffectiveEnvironment;
use super::values;
use crate::programs::{Expr, Module, Program, Read, walk};
use crate::source::{Span, Text, Via};

/// Expressions that are looked through for those around one read.
const MAX_EXPRESSIONS: usize = 20_000;

/// Whether the read is only there for when another one has no value, and that has one:
/// `getenv("REDIS_URL") or getenv("CACHE_URL", "redis://localhost")` where `REDIS_URL` is set.
#[must_use]
pub fn is(program: &Program, environment: &EffectiveEnvironment, module: &Module, read: &Read) -> bool {
    let mut left = MAX_EXPRESSIONS;
    let others = module.reads.iter().filter(|other| other.span != read.span);
    let around = others.map(|other| &other.expression).chain(module.names.values());
    let mut passed = false;
    for expression in around.filter(|expression| is_choice(expression)) {
        if !walk::holds_read(expression, read.span, &mut left) {
            continue;
        }
        match values::text(program, environment, module, expression) {
            Some(text) if text.has_hole() || is_from(&text, read.span) => return false,
            Some(_) => passed = true,
            None => {}
        }
    }
    passed
}

/// Whether an expression takes one of several values.
fn is_choice(expression: &Expr) -> bool {
    match expression.peel() {
        Expr::Read(read) => read.default.is_some(),
        Expr::FirstNonEmpty(_) | Expr::FirstSet(_) | Expr::If(_) => true,
        Expr::Method(value, _) => is_choice(value),
        _ => false,
    }
}

/// Whether a part of the text came through the read.
fn is_from(text: &Text, read: Span) -> bool {
    let mut steps = text.pieces().iter().flat_map(|piece| &piece.origin.through);
    steps.any(|via| matches!(via, Via::Read { span, .. } if *span == read))
}
