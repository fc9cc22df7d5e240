//! Functional options: functions that give back one which sets a field.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::expr::OPTION;
use crate::programs::walk::children;
use crate::programs::{ArgumentExpr, Condition, Expr, IfExpr};
use crate::source::{Span, Spanned};

/// The field that says where a server of the standard library listens.
const ADDRESS: &str = "Addr";

impl<'t> Reader<'t> {
    /// `func Port(port string) Option { return func(s *Server) { s.server.Addr = port } }`: where that is called, the
    /// field is what it is handed.
    pub fn option(&mut self, target: Node<'t>, value: &Expr) {
        if !self.notes.recording || self.child(target, "field") != ADDRESS || !is_given_back(target) {
            return;
        }
        let Some(argument) = argument_in(value) else { return };
        let span = self.span(target);
        let called = ArgumentExpr { otherwise: Expr::Null(span), ..argument.clone() };
        let made = Expr::If(Box::new(IfExpr {
            condition: Condition::IsSet(Expr::Argument(Box::new(called))),
            then: value.clone(),
            otherwise: Expr::Null(span),
            span,
        }));
        self.top.insert(name(ADDRESS), made);
    }
}

/// The address of a server that options of its package may set.
pub(super) fn optional(address: Expr) -> Expr {
    Expr::FirstSet(vec![Expr::Own(Spanned::new(name(ADDRESS), Span::NONE)), address])
}

fn name(field: &str) -> String {
    format!("{OPTION}{field}")
}

/// Whether code stands in a function that another gives back.
fn is_given_back(node: Node<'_>) -> bool {
    let mut at = node;
    for _ in 0..12 {
        let Some(above) = at.parent() else { return false };
        if at.kind() == "func_literal" {
            let list = above.parent().map(|list| list.kind());
            return above.kind() == "return_statement" || list == Some("return_statement");
        }
        at = above;
    }
    false
}

/// What a caller hands over that a value is made of.
fn argument_in(value: &Expr) -> Option<&ArgumentExpr> {
    let mut queue = vec![value];
    for _ in 0..60 {
        match queue.pop()? {
            Expr::Argument(argument) => return Some(argument),
            other => queue.extend(children(other)),
        }
    }
    None
}
