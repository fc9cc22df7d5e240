//! What a rule's file needs.

pub use super::{Context, Rule};
pub use crate::compose::Condition;
pub use crate::facts::{Dial, ServiceFacts};
pub use crate::finding::{Applicability, Confidence, Edit, Finding, Fix, Severity};
pub use crate::rule;
pub use crate::source::{Certainty, Span, Text, Via};
