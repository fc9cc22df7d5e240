//! What Compose refuses in a tree, apart from what it can't read: shapes (the specification's
//! table), rules within one resource, and rules between services and resources.

mod consistency;
mod graph;
mod path;
mod rules;
mod service;
mod shape;
mod suggest;
mod warnings;

pub(super) use consistency::consistency;
pub(super) use path::Path;
pub(super) use rules::rules;
pub(super) use shape::shape;
pub(crate) use suggest::nearest;
pub(super) use warnings::warnings;

use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

/// A problem of a service.
fn refusal(service: &str, kind: ProblemKind, at: Span, message: String) -> Problem {
    Problem::refusal(kind, at, message).service(service)
}
