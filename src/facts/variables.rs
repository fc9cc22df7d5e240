//! The variables of a service: what its process finds, and what its program reads.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::ServiceFacts;
use super::environment::Effective;
use super::nothing::has_secrets_elsewhere;
use crate::programs::{
    Condition, Expr, Method, Module, Outcome, Read, ReadExpr, Role, SinkKind, evaluate, set_by_runtime, walk,
};
use crate::source::{Span, Text};

/// A variable that a service's process finds, or that its program reads.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Its name.
    pub name: String,
    /// What the process finds; `None` when nothing visible sets it.
    pub set: Option<&'a Effective>,
    /// Whether the container's runtime sets it (`HOME`, `PATH`): then it is set, to what is not known.
    pub by_runtime: bool,
    /// Who reads it, in order of the files.
    pub readers: Vec<Reader<'a>>,
}

impl Seen<'_> {
    /// The value, if the process finds one.
    #[must_use]
    pub fn value(&self) -> Option<&Text> {
        self.set?.value()
    }
}

/// A place where a program reads a variable.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    /// The read.
    pub read: &'a Read,
    /// Whether the program stops without it, where the conditions around it hold.
    pub required: bool,
    /// What the program falls back to.
    pub fallback: Fallback,
    /// Whether the program looks at what it read: see [`Program::uses`](crate::programs::Program::uses).
    pub used: bool,
    /// What becomes of the read when the variable is looked for and not found.
    pub missed: Option<Outcome>,
    /// Whether the program is seen to come there at all.
    pub run: bool,
    /// Whether it is read when the program starts: where the module is loaded, or in a function that some code of the
    /// program mentions.
    pub at_start: bool,
    /// The other names that the same read tries.
    pub also: Vec<String>,
    /// Whether an engine is made of it when the program starts, which takes no nothing.
    pub ends: bool,
}

impl Reader<'_> {
    /// Whether it matters what the variable is: a field that nobody looks at may be anything, but has to be there
    /// when the program stops without it.
    #[must_use]
    pub fn matters(&self) -> bool {
        self.used || self.fallback == Fallback::Required
    }

    /// Whether the program takes quotes off what it reads, as Laravel's `env()` does.
    #[must_use]
    pub fn unquotes(&self) -> bool {
        let takes = |method: &Method| match method {
            Method::Literal => true,
            Method::Strip(Some(characters)) => characters.contains(['"', '\'']),
            _ => false,
        };
        let mut below = vec![&self.read.expression];
        for _ in 0..200 {
            let Some(expr) = below.pop() else { return false };
            if matches!(expr, Expr::Method(_, method) if takes(method)) {
                return true;
            }
            below.extend(walk::children(expr));
        }
        false
    }

    /// Whether the program is seen to stop without it, whatever else holds.
    #[must_use]
    pub fn stops(&self) -> bool {
        let nothing = matches!(self.missed, Some(Outcome::Missing | Outcome::Unset));
        let required = self.required && self.fallback == Fallback::Required;
        self.run && nothing && (required || self.ends && self.fallback == Fallback::Nothing)
    }
}

/// What a program does without a variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fallback {
    /// It is seen to stop.
    Required,
    /// It takes this.
    Default(String),
    /// It takes something that is not known here.
    Computed,
    /// It goes on with nothing.
    Nothing,
}

/// Expressions that are looked through in a module for what reads fall back to.
const MAX_EXPRESSIONS: usize = 50_000;

/// The variables of a service, by name. A read of several names belongs to the first that is set, else to its first.
/// Reads whose name is put together while the program runs are not among them; those on branches are.
#[must_use]
pub fn of<'a>(facts: &'a ServiceFacts<'_>) -> Vec<Seen<'a>> {
    let blank = |name: &str| Seen {
        name: name.to_string(),
        set: None,
        by_runtime: set_by_runtime(name),
        readers: Vec::new(),
    };
    let mut seen: BTreeMap<String, Seen<'a>> = BTreeMap::new();
    for (name, effective) in facts.environment.iter() {
        seen.insert(name.to_string(), Seen { set: Some(effective), ..blank(name) });
    }
    let uses = facts.program.uses();
    let ended = without_address(facts);
    for module in facts.program.modules.iter().filter(|module| !module.reads.is_empty()) {
        let around = surroundings(module);
        let stored = std::cell::OnceCell::new();
        for read in &module.reads {
            let made = made_by(read);
            let names = names(facts, read, made);
            let set = names.iter().position(|name| facts.environment.value(name).is_some()).unwrap_or(0);
            let Some(name) = names.get(set) else { continue };
            let also = names.iter().filter(|other| *other != name).cloned().collect();
            let fallback = fallback(facts, module, read, made, around.get(&read.span).copied());
            let entered = facts.program.entry_known || matches!(module.role, Role::Script | Role::Proxy);
            let at_start = entered && uses.starts(module, read.span);
            let run = uses.runs(module, read.span);
            let used = uses.looks_at(read);
            let missed =
                super::values::absence(facts.program, &facts.environment, module, &read.expression, name);
            let ends = ended.contains(&read.span);
            let here =
                is_required_here(facts, module, read) || super::helpers::is_required(facts, module, read);
            let required = read.required || here;
            // What is asked for beside it is not there either.
            let fallback = if here && fallback == Fallback::Nothing { Fallback::Required } else { fallback };
            let looked_up = matches!(read.expression, Expr::Lookup(..));
            let fallback = match looked_up && fallback == Fallback::Required {
                // A store of secrets may have the setting.
                true if *stored.get_or_init(|| has_secrets_elsewhere(facts, module)) => Fallback::Computed,
                _ => fallback,
            };
            let reader = Reader { read, required, fallback, used, missed, run, at_start, also, ends };
            seen.entry(name.clone()).or_insert_with(|| blank(name)).readers.push(reader);
        }
    }
    for one in seen.values_mut() {
        one.readers.sort_by_key(|reader| (reader.read.span, !reader.required));
        one.readers.dedup_by_key(|reader| reader.read.span);
    }
    seen.into_values().collect()
}

/// The reads that give nothing to an engine of SQLAlchemy which is made when the program starts: it raises an
/// `ArgumentError`.
fn without_address(facts: &ServiceFacts<'_>) -> HashSet<Span> {
    let uses = facts.program.uses();
    let mut found = HashSet::new();
    for module in &facts.program.modules {
        let engines = module.sinks.iter().filter(|sink| {
            matches!(sink.kind, SinkKind::SqlAlchemy | SinkKind::SqlAlchemyAsync)
                && uses.starts(module, sink.span)
        });
        for sink in engines {
            // On a branch that is not taken nothing is made.
            if let evaluate::Value::Null(origin) = facts.evaluate(module, &sink.target)
                && origin.written != sink.callee.span
                && let Some((_, read)) = origin.unset_read()
            {
                found.insert(read);
            }
        }
    }
    found
}

/// The read as an expression, conversions and defaults around it taken off.
#[must_use]
pub fn made_by(read: &Read) -> Option<&ReadExpr> {
    let mut below = vec![&read.expression];
    for _ in 0..200 {
        match below.pop()? {
            Expr::Read(found) if found.span == read.span => return Some(found),
            expr => below.extend(walk::children(expr).into_iter().rev()),
        }
    }
    None
}

/// Whether the conditions hold under which the program stops without what is read.
fn is_required_here(facts: &ServiceFacts<'_>, module: &Module, read: &Read) -> bool {
    let of_read = module.required_where.iter().filter(|(span, _)| *span == read.span);
    let holds = |condition: &Condition| {
        let asked = Expr::Test(Box::new(condition.clone()), read.span);
        matches!(facts.evaluate(module, &asked), evaluate::Value::Bool(true, _))
    };
    of_read.map(|(_, condition)| condition).any(holds)
}

/// The names that a read tries, in order, as the environment has them.
fn names(facts: &ServiceFacts<'_>, read: &Read, made: Option<&ReadExpr>) -> Vec<String> {
    let written = std::iter::once(&read.name.value).chain(made.into_iter().flat_map(|made| &made.aliases));
    let mut names: Vec<String> = Vec::new();
    for name in written {
        let ignores_case = made.is_some_and(|made| made.ignore_case);
        let known = || {
            let same = |(known, _): &(&str, _)| known.eq_ignore_ascii_case(name);
            facts.environment.iter().find(same).map(|(known, _)| known.to_string())
        };
        let name = match facts.environment.get(name) {
            None if ignores_case => known().unwrap_or_else(|| name.clone()),
            _ => name.clone(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What stands beside the reads of a module in `a or b`: for each read the operands after it.
fn surroundings(module: &Module) -> HashMap<Span, &[Expr]> {
    let mut found = HashMap::new();
    let sinks = module
        .sinks
        .iter()
        .flat_map(|sink| std::iter::once(&sink.target).chain(sink.arguments.iter().map(|(_, value)| value)));
    let reads = module.reads.iter().map(|read| &read.expression);
    let mut below: Vec<&Expr> = reads.chain(module.names.values()).chain(sinks).collect();
    for _ in 0..MAX_EXPRESSIONS {
        let Some(expr) = below.pop() else { break };
        if let Expr::FirstNonEmpty(parts) | Expr::FirstSet(parts) = expr {
            for (index, part) in parts.iter().enumerate() {
                if let Some(read) = crate::programs::reading::read_within(part)
                    && let Some(after @ [_, ..]) = parts.get(index + 1..)
                {
                    found.entry(read.span).or_insert(after);
                }
            }
        }
        below.extend(walk::children(expr));
    }
    found
}

fn fallback(
    facts: &ServiceFacts<'_>,
    module: &Module,
    read: &Read,
    made: Option<&ReadExpr>,
    after: Option<&[Expr]>,
) -> Fallback {
    if let Some(default) = made.and_then(|made| made.default.as_ref()) {
        let found = shown(facts, module, default);
        if found != Fallback::Nothing {
            return found;
        }
    }
    // What stops the program where it is read is not looked at by what stands after it.
    let by_library = |expr: &Expr| match expr.peel() {
        Expr::Url(parts, _) => matches!(parts.host, Some(Expr::LibraryDefault(_))),
        other => matches!(other, Expr::LibraryDefault(_)),
    };
    let asked = read.required && after.is_some_and(|after| after.iter().all(by_library));
    let stops = asked || made.is_some_and(|made| made.required);
    if let Some(after) = after.filter(|_| !stops) {
        let first = after.iter().map(|expr| shown(facts, module, expr));
        return first.into_iter().find(|found| *found != Fallback::Nothing).unwrap_or(Fallback::Nothing);
    }
    match read.required || made.is_some_and(|made| made.required) {
        true => Fallback::Required,
        false => Fallback::Nothing,
    }
}

/// What an expression gives in this environment.
fn shown(facts: &ServiceFacts<'_>, module: &Module, expr: &Expr) -> Fallback {
    use evaluate::Value;
    let text = |text: &Text| Fallback::Default(text.assumed());
    match facts.evaluate(module, expr) {
        Value::Text(value) | Value::Number(value) if value.complete().is_some() => text(&value),
        Value::Bool(value, _) => Fallback::Default(value.to_string()),
        Value::Null(_) => Fallback::Nothing,
        Value::List(items) if items.is_empty() => Fallback::Default("[]".to_string()),
        Value::Record(fields) if fields.is_empty() => Fallback::Default("{}".to_string()),
        _ => Fallback::Computed,
    }
}
