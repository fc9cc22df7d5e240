//! What front ends do with conditions alike.

use super::read_within;
use crate::programs::Condition;
use crate::source::Span;

/// Not, where anything is known.
#[must_use]
pub fn not(condition: Condition) -> Condition {
    match condition {
        Condition::Opaque => Condition::Opaque,
        Condition::Not(inner) => *inner,
        condition => Condition::Not(Box::new(condition)),
    }
}

/// Whether a condition asks for the read at this place, and for nothing else.
#[must_use]
pub fn asks_for(condition: &Condition, span: Span) -> bool {
    match condition {
        Condition::Truthy(value) | Condition::IsSet(value) => {
            read_within(value).is_some_and(|read| read.span == span)
        }
        Condition::Not(inner) => asks_for(inner, span),
        Condition::All(all) => !all.is_empty() && all.iter().all(|one| asks_for(one, span)),
        _ => false,
    }
}
