//! What front ends share: bounded parsing, names that stand for expressions, and the notes they take.
//!
//! A front end walks its syntax tree as the language would run it. [`Names`] knows what each name stands
//! for at the place that is being read, also after branches; [`Notes`] keeps reads and sinks; [`clients`]
//! knows which calls make clients. What differs between languages is only the walk.

mod bounds;
pub mod clients;
mod conditions;
mod format;
mod holders;
mod names;
mod notes;
mod parse;
mod records;

pub use bounds::Bounds;
pub use clients::addresses;
pub use conditions::{asks_for, not};
pub use format::{braces, percent};
pub use holders::Holders;
pub use names::{Branch, Frame, Names};
pub use notes::{Notes, read_within};
pub use parse::{descend, fields, parse, parse_within, parts};
pub use records::{Written, member, with_field, written};
