//! Reads of the environment.

use super::reader::Reader;
use crate::programs::Expr;
use crate::programs::reading::given::Arguments;
use crate::programs::reading::made::read;
use crate::source::{Span, Spanned};

/// Whether a value is `ENV`.
pub(super) fn is_env(value: &Expr) -> bool {
    matches!(value.peel(), Expr::Library(name) if name.value == "ENV")
}

/// `Rails.env`
pub(in crate::programs) fn rails_environment(span: Span) -> Expr {
    let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), span));
    Expr::FirstNonEmpty(vec![
        read(text("RAILS_ENV"), None, false, span),
        read(text("RACK_ENV"), None, false, span),
        text("development"),
    ])
}

impl Reader<'_> {
    /// A method of `ENV`; `block` is the value of its block.
    pub fn env_call(&mut self, method: &str, arguments: &Arguments, block: Option<Expr>, span: Span) -> Expr {
        let Some(name) = arguments.at(0).cloned() else { return Expr::Opaque(span) };
        match method {
            "fetch" => {
                let default = block.or_else(|| arguments.at(1).cloned());
                let required = default.is_none() && self.guarded == 0;
                self.noted(read(name, default, required, span), span)
            }
            "[]" | "dig" => self.noted(read(name, None, false, span), span),
            _ => Expr::Opaque(span),
        }
    }

    /// Notes a read.
    pub fn noted(&mut self, value: Expr, span: Span) -> Expr {
        self.note_read(&value, span, None);
        value
    }
}
