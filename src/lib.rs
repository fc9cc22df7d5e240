//! dockworthy finds what the services of a Compose project will dial when they run, and where that
//! cannot work.

pub mod compose;
pub mod finding;
pub mod programs;
pub mod rules;
pub mod source;
pub mod yaml;
