//! What front ends do with conditions alike.

use super::read_within;
use crate::programs::{Condition, Expr, ReadExpr};

/// Whether a condition asks for what is read here, and for nothing else.
#[must_use]
pub fn asks_for(condition: &Condition, read: &ReadExpr) -> bool {
    let same = |other: &ReadExpr| match (other.name.peel(), read.name.peel()) {
        _ if other.span == read.span => true,
        (Expr::Text(a), Expr::Text(b)) => a.value == b.value,
        _ => false,
    };
    match condition {
        Condition::Truthy(value) | Condition::IsSet(value) => read_within(value).is_some_and(same),
        Condition::Not(inner) => asks_for(inner, read),
        Condition::All(all) => !all.is_empty() && all.iter().all(|one| asks_for(one, read)),
        _ => false,
    }
}
