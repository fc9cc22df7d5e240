//! What front ends share: bounded parsing, names that stand for expressions, and the notes they take.
//!
//! A front end walks its syntax tree as the language would run it. [`Names`] knows what each name stands
//! for at the place that is being read, also after branches; [`Notes`] keeps reads and sinks; [`clients`]
//! knows which calls make clients. What differs between languages is only the walk.

pub mod absence;
mod bounds;
pub mod clients;
mod conditions;
mod desk;
mod format;
pub mod given;
mod handed;
mod handholds;
mod helpers;
mod holders;
pub mod json;
pub mod made;
mod names;
mod needles;
mod notes;
mod parse;
pub mod pool;
pub mod queues;
mod records;
mod rounds;
mod screen;
pub mod strange;
pub mod target;
pub mod yaml;

pub use bounds::Bounds;
pub use conditions::asks_for;
pub use desk::{Desk, span_of_read};
pub use format::{braces, percent};
pub use handed::Mark;
pub(crate) use handholds::handholds;
pub use helpers::{Asked, asked_for, if_url};
pub use holders::Holders;
pub use made::not;
pub use names::{Branch, Frame, Names};
pub use needles::Needles;
pub use notes::{Notes, flag, read_within};
pub use parse::{GaveUp, descend, fields, operands, parse, parse_within, parts, sides, watched};
pub use records::{Written, member, with_field, written};
pub use rounds::{Round, retried, rounds_in};
pub use target::joined as addresses;
