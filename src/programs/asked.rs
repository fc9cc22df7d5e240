//! Variables that a program asks for through a function of another module, which stops it where they are not set.

use std::sync::Arc;

use super::reading::absence::{named_by_parameter, stops_without};
use super::{CallExpr, Expr, Function, Module, ModuleIndex, Read, Scope};
use crate::source::{SourceFile, Span};

/// The reads of the loaded modules that are such: a module for each of those that have some.
pub(super) fn of(scope: &Scope, loaded: &[ModuleIndex]) -> Vec<Arc<Module>> {
    let mut found = Vec::new();
    for index in loaded {
        let Some((_, source)) = scope.get(*index) else { continue };
        if source.front_end.name() != "python" {
            continue;
        }
        let module = source.module();
        let reads: Vec<Read> = module.calls.iter().filter_map(|call| read(scope, *index, call)).collect();
        if !reads.is_empty() {
            let (functions, later) = (module.functions.clone(), module.later.clone());
            let path = module.path.clone();
            found.push(Arc::new(Module { path, reads, functions, later, ..Module::default() }));
        }
    }
    found
}

fn read(scope: &Scope, index: ModuleIndex, call: &CallExpr) -> Option<Read> {
    // Few calls hand over what may be the name of a variable: the others are not looked up.
    let is_name = |text: &str| {
        text.len() > 2 && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    if !call.arguments.iter().any(|(_, value)| matches!(value, Expr::Text(text) if is_name(&text.value))) {
        return None;
    }
    let (module, name) = match call.callee.peel() {
        Expr::Imported { module, name, .. } if !name.is_empty() => (module.clone(), name.as_str()),
        Expr::Member(base, name) => match base.peel() {
            Expr::Imported { module, name: last, .. } => {
                let dot = if last.is_empty() || module.ends_with('.') { "" } else { "." };
                (format!("{module}{dot}{last}"), name.value.as_str())
            }
            _ => return None,
        },
        _ => return None,
    };
    let home = scope.resolve(index, &module)?;
    let (home, value) = scope.lookup(home, name)?;
    let Expr::Function(function) = value.peel() else { return None };
    if function.class {
        return None;
    }
    let (parameter, required) = named_by_parameter(function)?;
    let Expr::Text(name) = given(function, call, &parameter)?.peel() else { return None };
    let (_, source) = scope.get(home)?;
    let stops = required || {
        let handed = |parameter: &str| given(function, call, parameter).cloned();
        let file = source.file();
        stops_without(function, &handed, &|place| is_raised(file, place))
    };
    stops.then(|| Read {
        name: name.clone(),
        expression: Expr::Call(Box::new(call.clone())),
        required: true,
        held: None,
        span: call.span,
    })
}

/// What the call hands over for a parameter.
fn given<'c>(function: &Function, call: &'c CallExpr, parameter: &str) -> Option<&'c Expr> {
    let named = call.arguments.iter().find(|(name, _)| name.as_deref() == Some(parameter));
    let at = function.parameters.iter().position(|(name, _)| name == parameter)?;
    let mut positional = call.arguments.iter().filter(|(name, _)| name.is_none());
    named.or_else(|| positional.nth(at)).map(|(_, value)| value)
}

/// Whether the statement at this place is an error that is raised, or the end of the program.
pub(super) fn is_raised(file: &SourceFile, place: Span) -> bool {
    let text = file.snippet(place);
    file.owns(place)
        && ["raise ", "sys.exit", "exit(", "os._exit"].iter().any(|start| text.starts_with(start))
}
