//! Variables that are blank where the program would fall back only if they were not set at all.

use super::ServiceFacts;
use super::environment::{Effective, EffectiveEnvironment, Layer};
use super::{values, variables};
use crate::programs::evaluate::Value;
use crate::programs::{Expr, Module, Read, walk};

/// A blank variable that takes the place of the program's own default.
pub struct Beaten<'a> {
    /// The variable.
    pub name: &'a str,
    /// The blank.
    pub blank: &'a Effective,
    /// The read that would have fallen back.
    pub read: &'a Read,
    /// To what.
    pub default: String,
}

/// Expressions that are looked through in one module for what is made of its reads.
const MAX_EXPRESSIONS: usize = 20_000;

/// The blanks of a service that beat a default, each once.
#[must_use]
pub fn of<'a>(facts: &'a ServiceFacts<'_>) -> Vec<Beaten<'a>> {
    let blank = |effective: &Effective| {
        matches!(effective.layer, Layer::Environment | Layer::EnvFile)
            && effective.value().is_some_and(|value| value.is_blank() == Some(true))
    };
    let blanks: Vec<(&str, &Effective)> =
        facts.environment.iter().filter(|(_, effective)| blank(effective)).collect();
    let mut found: Vec<Beaten<'a>> = Vec::new();
    if blanks.is_empty() {
        return found;
    }
    let uses = facts.program.uses();
    for (name, blank) in blanks {
        let without = facts.environment.without(name);
        let modules = facts.program.modules.iter();
        let mut reads = modules.flat_map(|module| {
            module.reads.iter().filter(|read| read.name.value == name).map(move |read| (module, read))
        });
        let beaten = reads.find_map(|(module, read)| {
            let runs = uses.looks_at(read) && uses.runs(module, read.span);
            let default = runs.then(|| beaten(facts, &without, module, read))??;
            Some(Beaten { name, blank, read, default })
        });
        found.extend(beaten);
    }
    found
}

/// The default that the read gives without the variable, when with it the program goes on with a blank.
fn beaten(
    facts: &ServiceFacts<'_>,
    without: &EffectiveEnvironment,
    module: &Module,
    read: &Read,
) -> Option<String> {
    let made = variables::made_by(read).map(|made| Expr::Read(Box::new(made.clone())));
    let sinks = module.sinks.iter();
    let arguments =
        sinks.flat_map(|sink| std::iter::once(&sink.target).chain(sink.arguments.iter().map(|(_, it)| it)));
    let mut left = MAX_EXPRESSIONS;
    let around =
        module.names.values().chain(arguments).filter(|expr| walk::holds_read(expr, read.span, &mut left));
    let mut default = None;
    for expr in made.iter().chain([&read.expression]).chain(around) {
        let with = values::value(facts.program, &facts.environment, module, expr);
        let without = values::value(facts.program, without, module, expr);
        let (Some(with), Some(without)) = (shown(&with), shown(&without)) else { continue };
        match (with.is_empty(), without.is_empty()) {
            (true, false) => default = default.or(Some(without)),
            // Somewhere on its way the blank counts as nothing.
            (false, false) if with == without => return None,
            _ => {}
        }
    }
    default
}

/// The text of a value that is known; blank for nothing.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null(_) => Some(String::new()),
        value => value.text()?.complete(),
    }
}
