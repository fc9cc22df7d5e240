//! What front ends share: bounded parsing, names that stand for expressions, and the notes they take.
//!
//! A front end walks its syntax tree as the language would run it. [`Names`] knows what each name stands
//! for at the place that is being read, also after branches; [`Notes`] keeps reads and sinks; [`clients`]
//! knows which calls make clients. What differs between languages is only the walk.

pub mod absence;
mod bounds;
pub mod clients;
mod desk;
pub mod given;
pub mod made;
mod names;
mod notes;
mod parse;
pub mod target;
pub mod yaml;

pub use bounds::Bounds;
pub use desk::Desk;
pub use names::{Branch, Frame, Names};
pub use notes::{Notes, read_within};
pub use parse::{fields, parse, parts};
