//! For each type the value that functions mean that are handed one.

use tree_sitter::Node;

use super::items::argument;
use super::reader::Reader;
use crate::programs::{CallExpr, Expr};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// What makes a type: one of its own functions, or a function of the file.
    pub fn instances(&mut self, makers: &[(String, Node<'t>)], functions: &[Node<'t>]) {
        for (name, method) in makers {
            let result = self.child(*method, "return_type");
            let makes = result.contains("Self") || result.contains(name.as_str());
            if !makes || self.has_receiver(*method) || self.top.contains_key(&instance(name)) {
                continue;
            }
            let span = self.span(*method);
            let owner = Expr::Own(Spanned::new(name.clone(), span));
            let function = Spanned::new(self.child(*method, "name").to_string(), span);
            self.made_where(name, Expr::Member(Box::new(owner), function), *method);
        }
        let structs: Vec<(String, bool)> = self
            .structs
            .iter()
            .map(|(name, (_, attributes))| (name.clone(), attributes.contains("derive")))
            .collect();
        for (name, _) in &structs {
            let makes = |function: &&Node<'t>| {
                let result = self.child(**function, "return_type");
                let mut words = result.split(|c: char| !c.is_alphanumeric() && c != '_');
                words.any(|word| word == name) && !result.contains("Vec<")
            };
            if !self.top.contains_key(&instance(name))
                && let Some(function) = functions.iter().find(makes).copied()
            {
                let callee = Spanned::new(self.child(function, "name").to_string(), self.span(function));
                self.made_where(name, Expr::Own(callee), function);
            }
        }
        for (name, derives) in &structs {
            if *derives && !self.top.contains_key(&instance(name)) && self.is_filled(name) {
                let callee = Expr::Own(Spanned::new(name.clone(), Span::NONE));
                let call = CallExpr { callee, arguments: Vec::new(), span: Span::NONE };
                self.top.insert(instance(name), Expr::Call(Box::new(call)));
            }
        }
        // A type that is a field of another is that field of the other's value.
        for (whole, _) in &structs {
            for (field, kind) in self.typed_fields(whole) {
                if kind != *whole
                    && self.structs.contains_key(&kind)
                    && !self.top.contains_key(&instance(&kind))
                {
                    let base = Expr::Own(Spanned::new(instance(whole), Span::NONE));
                    self.top.insert(instance(&kind), Expr::Member(Box::new(base), field));
                }
            }
        }
    }

    fn has_receiver(&self, function: Node<'t>) -> bool {
        self.parameters(function).iter().any(|(name, _)| *name == "self")
    }

    /// Keeps as the value of a type what a call of a function gives.
    fn made_where(&mut self, name: &str, callee: Expr, function: Node<'t>) {
        let span = self.span(function);
        let called = self.child(function, "name");
        let handed = |at: usize| argument(called, at, Expr::Opaque(span), span);
        let arguments = (0..self.parameters(function).len()).map(|at| (None, handed(at))).collect();
        self.top.insert(instance(name), Expr::Call(Box::new(CallExpr { callee, arguments, span })));
    }
}

/// The name under which the value of a type is kept; no name of a program has a star.
pub(super) fn instance(name: &str) -> String {
    format!("*{name}")
}
