//! What functions and constructors are handed where the program calls them.

use super::constructors::keeper;
use super::reader::Reader;
use super::tree::Class;
use crate::programs::Expr;
use crate::programs::reading::Mark;
use crate::source::{Span, Spanned};

impl Reader {
    /// Has the clients that were noted since then take what a class is made with, which its fields hold, from where it is made.
    pub fn ask_makers(&mut self, class: &Class, since: Mark) {
        let parameters = keeper(class).map_or(&class.parameters, |constructor| &constructor.parameters);
        let names: Vec<(String, Option<Expr>)> =
            parameters.iter().map(|parameter| (parameter.name.value.clone(), None)).collect();
        let function = Spanned::new(class.name.clone(), Span::NONE);
        self.notes.ask_callers(&function, &names, since);
    }
}
