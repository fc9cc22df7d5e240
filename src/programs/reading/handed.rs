//! What functions and constructors are handed where the program calls them, for languages whose front ends read each function
//! by itself.

use std::sync::Arc;

use super::Notes;
use crate::programs::{ArgumentExpr, CallExpr, Expr, Function, walk};
use crate::source::{Span, Spanned};

/// Calls of functions of the program that are kept of one file.
const MAX_CALLS: usize = 2_000;
/// Expressions that one value is searched through.
const MAX_PARTS: usize = 400;

/// Parameters with their defaults.
pub type Parameters = [(String, Option<Expr>)];

/// How much was noted at some time: clients and calls.
pub type Mark = (usize, usize);

impl Notes {
    /// How much is noted by now.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        (self.module.sinks.len(), self.module.calls.len())
    }

    /// Keeps a call, for what the function is handed.
    pub fn keep_call(&mut self, call: &CallExpr) {
        let telling = |value: &Expr| !matches!(value.peel(), Expr::Opaque(_) | Expr::Bool(..));
        let told = call.arguments.iter().any(|(_, value)| telling(value));
        if self.recording && told && self.module.calls.len() < MAX_CALLS {
            self.module.calls.push(call.clone());
        }
    }

    /// Has the clients that were noted since then, and what other functions are handed, take the function's parameters from
    /// its calls.
    pub fn ask_callers(&mut self, function: &Spanned<String>, parameters: &Parameters, since: Mark) {
        if !self.recording || parameters.is_empty() {
            return;
        }
        let asked = |target: &mut Expr| {
            if mentions(target, parameters) {
                let body = std::mem::replace(target, Expr::Opaque(Span::NONE));
                *target = handed(function, parameters, body);
            }
        };
        for sink in self.module.sinks.iter_mut().skip(since.0) {
            asked(&mut sink.target);
            sink.arguments.iter_mut().for_each(|(_, value)| asked(value));
        }
        for call in self.module.calls.iter_mut().skip(since.1) {
            call.arguments.iter_mut().for_each(|(_, value)| asked(value));
        }
    }
}

/// Whether a value is made of one of the parameters.
fn mentions(value: &Expr, parameters: &Parameters) -> bool {
    let mut pending = vec![value];
    for _ in 0..MAX_PARTS {
        let Some(expr) = pending.pop() else { return false };
        match expr.peel() {
            Expr::Parameter(name) if parameters.iter().any(|(known, _)| known == name) => return true,
            // It has parameters of its own.
            Expr::Function(_) => {}
            other => pending.extend(walk::children(other)),
        }
    }
    false
}

/// A value in which each parameter is what the calls of the function hand over.
fn handed(function: &Spanned<String>, parameters: &Parameters, body: Expr) -> Expr {
    let span = function.span;
    let argument = |(at, (name, default)): (usize, &(String, Option<Expr>))| {
        let otherwise = default.clone().unwrap_or(Expr::Opaque(span));
        let (function, name) = (function.value.clone(), name.clone());
        let asked = ArgumentExpr { function, at, name: Some(name.clone()), otherwise, span };
        (name, Some(Expr::Argument(Box::new(asked))))
    };
    let parameters = parameters.iter().enumerate().map(argument).collect();
    let name = function.value.clone();
    let callee = Expr::Function(Arc::new(Function { name, parameters, body, class: false }));
    Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }))
}
