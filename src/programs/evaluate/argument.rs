//! What a function is handed where the program calls it.

use super::Evaluator;
use super::lazy::{Frame, Val};
use crate::programs::{ArgumentExpr, CallExpr, Expr, ModuleIndex};

/// More calls of one function than this are not compared.
const MAX_CALLS: usize = 8;

impl<'p> Evaluator<'p> {
    /// The one value that all calls hand over, or what the parameter is otherwise.
    pub(super) fn argument(&mut self, argument: &'p ArgumentExpr, frame: &Frame<'p>) -> Val<'p> {
        let home = frame.module();
        if self.active.contains(&(home, &argument.function)) {
            return Val::Unknown;
        }
        let calls = self.calls_of(home, &argument.function);
        if calls.is_empty() || calls.len() > MAX_CALLS {
            return self.eval(&argument.otherwise, frame);
        }
        self.active.push((home, &argument.function));
        let (mut value, mut differ): (Option<Val<'p>>, bool) = (None, false);
        for (module, call) in calls {
            let Some((_, handed)) = call.arguments.get(argument.at) else { continue };
            let next = self.eval(handed, &Frame::top(module));
            let Some(known) = &value else {
                value = Some(next);
                continue;
            };
            match known.same(&next) {
                Some(true) => {}
                // Functions that are called with several addresses dial them all; which is not known.
                Some(false) => {
                    (value, differ) = (Some(Val::Unknown), true);
                    break;
                }
                None => {
                    value = None;
                    break;
                }
            }
        }
        self.active.pop();
        match value {
            // A single call that cannot be followed says less than the type of the parameter does.
            None | Some(Val::Unknown) if !differ => self.eval(&argument.otherwise, frame),
            value => value.unwrap_or(Val::Unknown),
        }
    }

    /// The calls of a function of the module in what the process loads.
    fn calls_of(&self, home: ModuleIndex, function: &str) -> Vec<(ModuleIndex, &'p CallExpr)> {
        let scope = self.scope;
        let Some((place, source)) = scope.get(home) else { return Vec::new() };
        let mut package = source.front_end.shares_names(scope, place);
        package.push(home);
        let mut found = Vec::new();
        for module in scope.loaded() {
            let Some((_, source)) = scope.get(*module) else { continue };
            if !source.text().contains(function) {
                continue;
            }
            let within = package.contains(module);
            for call in &source.full().calls {
                let meant = match call.callee.peel() {
                    Expr::Own(name) => within && name.value == function,
                    Expr::Member(_, name) => within && name.value == function,
                    Expr::Imported { module: path, name, .. } => {
                        name == function
                            && scope.resolve(*module, path).is_some_and(|target| package.contains(&target))
                    }
                    _ => false,
                };
                if meant {
                    found.push((*module, call));
                }
            }
        }
        found
    }
}
