//! What a client keeps of connections to its server.

use super::reading::clients::Habit;
use super::{Expr, Module, Sink};
use crate::source::Span;

/// What is said, or left unsaid, about the connections of a client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pool {
    /// The call that makes the client, as [`Sink::span`] has it; `None` where the limit is set apart from it
    /// (Go's `db.SetMaxOpenConns(25)`).
    pub of: Option<Span>,
    /// How many connections it opens at most: the terms of a sum. Empty when its library sets no limit, or none
    /// is known.
    pub most: Vec<Term>,
    /// Whether the client is made when its module is loaded, for all that the process does.
    pub shared: bool,
    /// What limits how long connecting takes, when the library does not do so by itself.
    pub connect_limit: Option<Wanted>,
    /// What makes it test a connection before it is used again, when the library does not do so by itself.
    pub liveness: Option<Wanted>,
}

/// A term of the sum that is the size of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Its value.
    pub value: Expr,
    /// The parameters of the address that say it instead.
    pub parameters: &'static [String],
    /// Where it is written; nothing for the library's default.
    pub place: Span,
}

/// Something that the program should say when it makes a client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// What.
    pub habit: &'static Habit,
    /// Whether it does, or may do where that can't be seen.
    pub said: bool,
}

impl Wanted {
    /// What to do.
    #[must_use]
    pub fn help(&self) -> String {
        format!("add {}", self.habit.write)
    }
}

impl Module {
    /// What is known of the connections of a client that the module makes.
    #[must_use]
    pub fn pool_of(&self, sink: &Sink) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.of == Some(sink.span))
    }
}
