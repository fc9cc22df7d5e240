//! What a function is handed where the program calls it.

use std::path::Path;

use super::Evaluator;
use super::lazy::{Frame, Val};
use crate::programs::{ArgumentExpr, CallExpr, Expr, Module, ModuleIndex};

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
        let mut handed: Vec<Val<'p>> = Vec::new();
        for (module, call) in calls {
            let next = match (argument.of(call), &argument.name) {
                (Some(value), _) => self.eval(value, &Frame::top(module)),
                // What is left out is the default.
                (None, Some(_)) => self.eval(&argument.otherwise, frame),
                (None, None) => continue,
            };
            if !handed.iter().any(|known| known.same(&next) == Some(true)) {
                handed.push(next);
            }
        }
        self.active.pop();
        // Functions that are called with several addresses dial them all.
        self.calls = self.calls.max(handed.len());
        let compared = handed.iter().all(|value| value.same(value).is_some());
        let unknown = || Val::Unknown;
        match (handed.len(), self.call) {
            (0, _) => self.eval(&argument.otherwise, frame),
            (1, _) => match handed.pop().unwrap_or_else(unknown) {
                // A single call that cannot be followed says less than the type of the parameter does.
                Val::Unknown if argument.is_typed() => self.eval(&argument.otherwise, frame),
                value => value,
            },
            (count, Some(call)) if call < count => handed.swap_remove(call),
            _ if !compared && argument.is_typed() => self.eval(&argument.otherwise, frame),
            _ => Val::Unknown,
        }
    }

    /// The calls of a function of the module in what the process loads.
    fn calls_of(&mut self, home: ModuleIndex, function: &str) -> Vec<(ModuleIndex, &'p CallExpr)> {
        let scope = self.scope;
        let Some((place, source)) = scope.get(home) else { return Vec::new() };
        if source.front_end.name() == "javascript" {
            return self.calls_in_scripts(home, place, function);
        }
        let mut package = source.front_end.shares_names(scope, place);
        package.push(home);
        let go = source.front_end.name() == "go";
        let jvm = matches!(source.front_end.name(), "java" | "kotlin");
        // Classes of C# are known in all of their project.
        let sharp = source.front_end.name() == "csharp";
        let mut found = Vec::new();
        let (class, last) =
            function.rsplit_once('.').map_or((None, function), |(class, last)| (Some(class), last));
        let mentioning = scope.mentioning(last);
        scope.parse(&mentioning);
        for module in mentioning.iter() {
            let Some((_, source)) = scope.get(*module) else { continue };
            let within = package.contains(module);
            let is_home =
                |path: &str| scope.resolve(*module, path).is_some_and(|target| package.contains(&target));
            for call in &source.full().calls {
                let meant = match (call.callee.peel(), class) {
                    (Expr::Member(base, name), Some(class)) => {
                        within && name.value == last && made_by(base).is_some_and(|made| made == class)
                    }
                    (_, Some(_)) => false,
                    (Expr::Own(name), None) => (within || sharp) && name.value == function,
                    (Expr::Function(called), None) => (within || sharp) && called.name == function,
                    (Expr::Imported { name, .. }, None) if sharp => name == function,
                    (Expr::Member(base, name), None) if name.value == function => match base.peel() {
                        // `from package import module`, and `module.function(…)`
                        Expr::Imported { module: path, name, .. } if !name.is_empty() && !jvm => {
                            within || is_home(&format!("{}.{name}", path.strip_suffix('.').unwrap_or(path)))
                        }
                        _ if jvm => within || package_of(base, source.full()).is_some_and(is_home),
                        // Go's methods are called on values of types of other packages.
                        _ => within || go && package_of(base, source.full()).is_some_and(is_home),
                    },
                    (Expr::Imported { module: path, name, .. }, None) => name == function && is_home(path),
                    _ => false,
                };
                if meant {
                    found.push((*module, call));
                }
            }
        }
        // What a module hands to its own function only when it is started itself, others hand over otherwise.
        let alone = |(module, call): &(ModuleIndex, &CallExpr)| {
            let source = scope.get(*module).filter(|_| *module == home).map(|(_, source)| source.full());
            source.is_some_and(|module| module.run_alone.iter().any(|span| span.contains(call.span)))
        };
        if found.iter().any(|(module, _)| *module != home) {
            found.retain(|call| !alone(call));
        }
        found
    }
}

impl<'p> Evaluator<'p> {
    /// The same where a module is asked for what it exports by whatever name the importer likes.
    fn calls_in_scripts(
        &mut self,
        home: ModuleIndex,
        place: &Path,
        function: &str,
    ) -> Vec<(ModuleIndex, &'p CallExpr)> {
        let scope = self.scope;
        let (class, last) =
            function.rsplit_once('.').map_or((None, function), |(class, last)| (Some(class), last));
        let whole = scope.get(home).is_some_and(|(_, source)| {
            let names = &source.full().names;
            let exported = ["default", Module::ITSELF].into_iter().filter_map(|name| names.get(name));
            exported.into_iter().any(|value| is_or_makes(value, class.unwrap_or(last)))
        });
        let mut modules = scope.mentioning(last).to_vec();
        if whole && class.is_none() {
            // Who imports it writes the name of its file.
            let named = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let stem = named(place).filter(|stem| stem != "index").or_else(|| named(place.parent()?));
            let importers = stem.map(|stem| scope.mentioning(&stem).to_vec()).unwrap_or_default();
            modules.extend(importers);
            modules.sort_unstable();
            modules.dedup();
        }
        scope.parse(&modules);
        let mut found = Vec::new();
        for module in modules {
            let Some((_, source)) = scope.get(module) else { continue };
            for call in &source.full().calls {
                let meant = match (call.callee.peel(), class) {
                    (Expr::Member(base, name), Some(class)) => {
                        name.value == last && self.is_of_class(base, class, module, home)
                    }
                    // `require("./db").connect(url)` of an instance that the module exports.
                    (Expr::Imported { module: path, name, .. }, Some(_)) => {
                        name == last && whole && scope.resolve(module, path) == Some(home)
                    }
                    (Expr::Own(name), None) => module == home && name.value == function,
                    (Expr::Function(called), None) => module == home && called.name == function,
                    (Expr::Imported { module: path, name, .. }, None) => {
                        let direct = || scope.resolve(module, path) == Some(home);
                        match whole && matches!(name.as_str(), "" | "default") {
                            true => direct(),
                            false => name == function && (direct() || self.leads_to(call, module, home)),
                        }
                    }
                    (Expr::Member(base, name), None) if name.value == function => match base.peel() {
                        Expr::Imported { module: path, .. } => scope.resolve(module, path) == Some(home),
                        _ => false,
                    },
                    _ => false,
                };
                if meant {
                    found.push((module, call));
                }
            }
        }
        found
    }

    /// Whether a module that passes on what others export gives the function of this module.
    fn leads_to(&mut self, call: &'p CallExpr, module: ModuleIndex, home: ModuleIndex) -> bool {
        match self.eval(&call.callee, &Frame::top(module)) {
            Val::Function(_, frame) => frame.module() == home,
            _ => false,
        }
    }

    /// Whether what a method is called on comes from the module of the class: an instance, or what makes one.
    fn is_of_class(&self, base: &Expr, class: &str, module: ModuleIndex, home: ModuleIndex) -> bool {
        let mut at = base.peel();
        for _ in 0..8 {
            at = match at {
                Expr::Imported { module: path, .. } => {
                    return self.scope.resolve(module, path) == Some(home);
                }
                Expr::Function(made) => return module == home && made.name == class,
                Expr::Own(name) => return module == home && name.value == class,
                Expr::Member(base, _) => base.peel(),
                Expr::Call(call) => call.callee.peel(),
                _ => return false,
            };
        }
        false
    }
}

/// The package of the type, or of the function, that a value of a module is made by.
fn package_of<'m>(value: &'m Expr, module: &'m Module) -> Option<&'m str> {
    let mut at = value.peel();
    for _ in 0..8 {
        at = match at {
            Expr::Imported { module, .. } => return Some(module),
            Expr::Call(call) => call.callee.peel(),
            Expr::Merge(laid) => laid.first()?.peel(),
            Expr::Method(made, _) => made.peel(),
            Expr::Own(name) => module.names.get(&name.value)?.peel(),
            _ => return None,
        };
    }
    None
}

/// Whether a value is the function or class of this name, or an instance of the class.
fn is_or_makes(value: &Expr, wanted: &str) -> bool {
    match value.peel() {
        Expr::Function(function) => {
            function.name == wanted || wanted == "default" && function.name == "function"
        }
        Expr::Own(name) => name.value == wanted,
        Expr::Call(call) => match call.callee.peel() {
            Expr::Function(class) => class.class && class.name == wanted,
            Expr::Own(name) => name.value == wanted,
            _ => false,
        },
        _ => false,
    }
}

/// The class of which an expression makes an instance.
fn made_by(expr: &Expr) -> Option<&str> {
    let Expr::Call(call) = expr.peel() else { return None };
    match call.callee.peel() {
        Expr::Function(class) if class.class => Some(&class.name),
        _ => None,
    }
}

impl ArgumentExpr {
    /// What a call hands over.
    fn of<'c>(&self, call: &'c CallExpr) -> Option<&'c Expr> {
        let Some(parameter) = &self.name else { return call.arguments.get(self.at).map(|(_, value)| value) };
        let named = call.arguments.iter().find(|(name, _)| name.as_ref() == Some(parameter));
        let mut positional = call.arguments.iter().filter(|(name, _)| name.is_none());
        named.or_else(|| positional.nth(self.at)).map(|(_, value)| value)
    }

    /// Whether what it is otherwise comes from its type, and is no default.
    fn is_typed(&self) -> bool {
        self.name.is_none() || matches!(self.otherwise.peel(), Expr::Call(_))
    }
}
