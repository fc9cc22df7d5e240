//! What must be absent for something to happen, and what a helper function reads.

use super::read_within;
use crate::programs::walk::children;
use crate::programs::{Condition, Expr, Function, ReadExpr};
use crate::source::Span;

/// The parameter that names the variable a function reads, and whether the read stops without it.
#[must_use]
pub fn named_by_parameter(function: &Function) -> Option<(String, bool)> {
    let mut queue = vec![&function.body];
    let mut stopping = Vec::new();
    for _ in 0..200 {
        let expr = queue.pop()?;
        if let Expr::If(branch) = expr
            && matches!(branch.then.peel(), Expr::Opaque(_))
        {
            absent_in(&branch.condition, &mut stopping);
        }
        if let Expr::Read(read) = expr
            && let Expr::Parameter(name) = read.name.peel()
        {
            let required = read.required || stopping.contains(&read.span);
            return Some((name.clone(), required && read.default.is_none()));
        }
        queue.extend(children(expr));
    }
    None
}

/// The reads that must give nothing for the condition to hold.
pub fn absent_in(condition: &Condition, out: &mut Vec<Span>) {
    match condition {
        Condition::Not(inner) => match inner.as_ref() {
            Condition::Truthy(value) | Condition::IsSet(value) => {
                out.extend(bare_read(value).map(|read| read.span))
            }
            // `if not (a and b)`: each of them stops the program.
            Condition::All(all) => {
                let negated = all.iter().cloned().map(|one| Condition::Not(Box::new(one)));
                negated.for_each(|one| absent_in(&one, out));
            }
            _ => {}
        },
        Condition::Any(any) => any.iter().for_each(|one| absent_in(one, out)),
        Condition::All(all) if all.len() == 1 => all.iter().for_each(|one| absent_in(one, out)),
        Condition::Equals(value, other) if matches!(other.peel(), Expr::Text(text) if text.value.is_empty()) =>
        {
            out.extend(bare_read(value).map(|read| read.span));
        }
        _ => {}
    }
}

/// The read that a value is, when it has no default but nothing.
#[must_use]
pub fn bare_read(value: &Expr) -> Option<&ReadExpr> {
    let read = read_within(value)?;
    let blank = |default: &Expr| match default.peel() {
        Expr::Null(_) => true,
        Expr::Text(text) => text.value.is_empty(),
        _ => false,
    };
    (read.default.as_ref().is_none_or(blank)).then_some(read)
}
