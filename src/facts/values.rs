//! A program's expressions under its service's environment.

use super::environment::EffectiveEnvironment;
use crate::compose::Variable;
use crate::programs::evaluate::{Environment, Given, Outcome, Value, evaluate, evaluate_all};
use crate::programs::{Expr, Module, ModuleIndex, Program, Role};
use crate::source::Text;

/// No module of a scope.
const NOWHERE: ModuleIndex = ModuleIndex::MAX;

impl Environment for EffectiveEnvironment {
    fn variable(&self, name: &str) -> Option<&Variable> {
        self.get(name).map(|effective| &effective.variable).or(self.unseen())
    }

    fn variable_ignoring_case(&self, name: &str) -> Option<(&str, &Variable)> {
        let mut all = self.iter();
        all.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(key, effective)| (key, &effective.variable))
    }

    fn flag(&self, names: &[String]) -> Given {
        self.arguments().map_or(Given::Unknown, |arguments| arguments.flag(names))
    }
}

/// What an expression of one of the program's modules gives.
#[must_use]
pub fn value(program: &Program, environment: &EffectiveEnvironment, module: &Module, expr: &Expr) -> Value {
    match program.scope.index_of(module) {
        Some(index) => evaluate(&program.scope, index, environment, expr).value,
        // What is no source imports nothing and is imported by nobody: it needs no place among the sources.
        None if module.role != Role::Source => evaluate(&program.scope, NOWHERE, environment, expr).value,
        None => Value::Unknown,
    }
}

/// What becomes of a variable that is looked for when the expression is evaluated; `None` when it is found, may be
/// there, or is not looked for.
#[must_use]
pub fn absence(
    program: &Program,
    environment: &EffectiveEnvironment,
    module: &Module,
    expr: &Expr,
    variable: &str,
) -> Option<Outcome> {
    let index = program.scope.index_of(module).or((module.role != Role::Source).then_some(NOWHERE))?;
    let trail = evaluate(&program.scope, index, environment, expr).trail;
    let outcomes = || trail.reads.iter().filter(|read| *read.variable == *variable).map(|read| read.outcome);
    if outcomes().any(|outcome| matches!(outcome, Outcome::Set | Outcome::Unknown)) {
        return None;
    }
    outcomes().find(|outcome| *outcome == Outcome::FellBack).or_else(|| outcomes().next())
}

/// The port it gives, if it is known for sure.
#[must_use]
pub fn port(
    program: &Program,
    environment: &EffectiveEnvironment,
    module: &Module,
    expr: &Expr,
) -> Option<u16> {
    let text = text(program, environment, module, expr)?;
    text.complete()?.trim().parse().ok().filter(|port| *port != 0)
}

/// The text it gives, if it gives one.
#[must_use]
pub fn text(
    program: &Program,
    environment: &EffectiveEnvironment,
    module: &Module,
    expr: &Expr,
) -> Option<Text> {
    value(program, environment, module, expr).text().cloned()
}

/// The texts it gives: several where it is handed several values.
#[must_use]
pub fn texts(
    program: &Program,
    environment: &EffectiveEnvironment,
    module: &Module,
    expr: &Expr,
) -> Vec<Text> {
    let index = match program.scope.index_of(module) {
        Some(index) => index,
        None if module.role != Role::Source => NOWHERE,
        None => return Vec::new(),
    };
    let all = evaluate_all(&program.scope, index, environment, expr).into_iter();
    all.filter_map(|evaluated| evaluated.value.text().cloned()).collect()
}
