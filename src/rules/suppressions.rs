//! Comments that accept findings. `src/suppress/` reads and judges them, when all other rules have been asked.

use super::{Context, Rule};
use crate::finding::Finding;

/// The group of these rules.
pub const CATEGORY: &str = "suppression";

fn later(_: &Context<'_>, _: &mut Vec<Finding>) {}

/// `invalid-suppression`
pub static INVALID: Rule =
    Rule::new("invalid-suppression", include_str!("../../rules/invalid-suppression.md"), later);

/// `suppression-without-reason`
pub static WITHOUT_REASON: Rule =
    Rule::new("suppression-without-reason", include_str!("../../rules/suppression-without-reason.md"), later);

/// `unused-suppression`
pub static UNUSED: Rule =
    Rule::new("unused-suppression", include_str!("../../rules/unused-suppression.md"), later);
