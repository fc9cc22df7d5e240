//! Reads by way of a helper of the program: a function, or a method of its own service of settings, that throws where the variable
//! is not set.

use std::sync::Arc;

use super::ServiceFacts;
use crate::programs::reading::absence;
use crate::programs::{CallExpr, Expr, Function, Module, ModuleIndex, Read};
use crate::source::Span;

/// Classes that are looked through for a method, each the base of the one before.
const MAX_CLASSES: usize = 6;

/// Whether the read is a call of a function, or of a method, of another module, with the name of the variable alone, that throws
/// when that is not set: `getEnv("DB_HOST")`, `this.settings.getString("DB_HOST")`.
pub fn is_required(facts: &ServiceFacts<'_>, module: &Module, read: &Read) -> bool {
    let Some(call) = call_of(&read.expression) else { return false };
    let (called, [(None, argument)]) = (&call.callee, call.arguments.as_slice()) else { return false };
    let Some(from) = facts.program.scope.index_of(module) else { return false };
    let found = match called.peel() {
        Expr::Member(instance, method) => match call_of(instance) {
            // Whoever makes the instance, its methods are those of its class.
            Some(made) => function(facts, from, &made.callee)
                .and_then(|(place, class)| self::method(facts, place, &class, &method.value)),
            None => None,
        },
        called => function(facts, from, called),
    };
    let Some((place, function)) = found.filter(|(_, function)| !function.class) else { return false };
    let Some((_, source)) = facts.program.scope.get(place) else { return false };
    // What a schema gives a variable that is not set is not seen here.
    let open = || facts.program.scope.has_schema_of_settings();
    if source.front_end.name() != "javascript" || matches!(called.peel(), Expr::Member(..)) && open() {
        return false;
    }
    let first = function.parameters.first().map(|(parameter, _)| parameter.as_str());
    // What is not handed over is nothing.
    let given = |parameter: &str| match Some(parameter) == first {
        true => Some(argument.clone()),
        false => match function.parameters.iter().find(|(name, _)| name == parameter) {
            Some((_, Some(default))) => Some(default.clone()),
            _ => Some(Expr::Null(read.span)),
        },
    };
    let file = source.file();
    let raised = |place: Span| {
        let text = if file.owns(place) { file.snippet(place) } else { "" };
        text.starts_with("throw") || text.starts_with("process.exit")
    };
    demands_itself(&function.body, first) || absence::stops_without(&function, &given, &raised)
}

/// Whether what a function gives is the read itself of the variable that its parameter names, which throws:
/// `return this.config.getOrThrow(key).trim()`.
fn demands_itself(body: &Expr, parameter: Option<&str>) -> bool {
    match body.peel() {
        Expr::Method(inner, _) => demands_itself(inner, parameter),
        Expr::Read(read) => {
            read.required
                && matches!(read.name.peel(), Expr::Parameter(name) if Some(name.as_str()) == parameter)
        }
        _ => false,
    }
}

/// What is called, and with what.
fn call_of(expr: &Expr) -> Option<&CallExpr> {
    match expr.peel() {
        Expr::Call(call) => Some(call),
        _ => None,
    }
}

/// The function or class of the program that an expression names, and the module that has it.
fn function(
    facts: &ServiceFacts<'_>,
    from: ModuleIndex,
    named: &Expr,
) -> Option<(ModuleIndex, Arc<Function>)> {
    let scope = &facts.program.scope;
    let (place, value) = match named.peel() {
        Expr::Function(function) => return Some((from, function.clone())),
        Expr::Own(name) => scope.lookup(from, &name.value)?,
        Expr::Imported { module, name, .. } => scope.lookup(scope.resolve(from, module)?, name)?,
        _ => return None,
    };
    match value.peel() {
        Expr::Function(function) => Some((place, function.clone())),
        _ => None,
    }
}

/// The method of a class, which may be one of the class that it is made from.
fn method(
    facts: &ServiceFacts<'_>,
    place: ModuleIndex,
    class: &Function,
    name: &str,
) -> Option<(ModuleIndex, Arc<Function>)> {
    let (mut place, mut body) = (place, class.body.clone());
    for _ in 0..MAX_CLASSES {
        let (base, own) = match body.peel() {
            Expr::Merge(laid) => match laid.as_slice() {
                [base, own] => (Some(base.clone()), own.clone()),
                _ => return None,
            },
            own => (None, own.clone()),
        };
        let Expr::Record(fields) = own.peel() else { return None };
        let mut named = fields.iter().rev().filter(|(field, _)| field.value == name);
        if let Some((_, value)) = named.next() {
            return match value.peel() {
                Expr::Function(function) => Some((place, function.clone())),
                _ => None,
            };
        }
        let (next, class) = function(facts, place, &base?)?;
        (place, body) = (next, class.body.clone());
    }
    None
}
