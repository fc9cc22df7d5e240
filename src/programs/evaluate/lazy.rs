//! Values while an evaluation runs: records, calls and names are only evaluated as far as they are used.

use std::rc::Rc;

use super::Evaluator;
use super::nested::NestedLazy;
use crate::programs::expr::{PROPERTY, RECEIVER};
use crate::programs::{CallExpr, Expr, Function, ModuleIndex};
use crate::source::{Origin, Span, Spanned, Text, Via};

/// A value under way.
#[derive(Clone)]
pub(super) enum Val<'p> {
    Text(Text),
    Number(Text),
    Bool(bool, Origin),
    Null(Origin),
    List(Vec<Val<'p>>),
    Record(Rc<RecordVal<'p>>),
    Function(&'p Function, Frame<'p>),
    Module(ModuleIndex),
    Library(String),
    Unknown,
}

/// A record whose fields are evaluated when they are asked for.
#[derive(Default)]
pub(super) struct RecordVal<'p> {
    pub fields: Vec<(&'p str, Lazy<'p>)>,
    /// Whether there may be fields that are not known.
    pub open: bool,
}

/// An expression and what its parameters stand for, or a value.
#[derive(Clone)]
pub(super) enum Lazy<'p> {
    Later(&'p Expr, Frame<'p>),
    Now(Val<'p>),
    /// What stands in a file that is loaded there.
    Filed(Rc<Lazy<'p>>, Span),
    /// What a variable replaces that is named after it.
    Nested(Rc<NestedLazy<'p>>),
}

/// The module whose names are seen, and the parameters of the calls around.
#[derive(Clone)]
pub(super) struct Frame<'p>(Rc<FrameData<'p>>);

struct FrameData<'p> {
    module: ModuleIndex,
    parameters: Vec<(&'p str, Lazy<'p>)>,
    parent: Option<Frame<'p>>,
}

impl<'p> Frame<'p> {
    pub fn top(module: ModuleIndex) -> Self {
        Self(Rc::new(FrameData { module, parameters: Vec::new(), parent: None }))
    }

    pub fn module(&self) -> ModuleIndex {
        self.0.module
    }

    fn call(&self, parameters: Vec<(&'p str, Lazy<'p>)>) -> Self {
        Self(Rc::new(FrameData { module: self.0.module, parameters, parent: Some(self.clone()) }))
    }

    pub fn parameter(&self, name: &str) -> Option<Lazy<'p>> {
        let mut at = Some(self);
        while let Some(frame) = at {
            if let Some((_, lazy)) = frame.0.parameters.iter().find(|(parameter, _)| *parameter == name) {
                return Some(lazy.clone());
            }
            at = frame.0.parent.as_ref();
        }
        None
    }
}

impl<'p> Val<'p> {
    /// Whether it counts as true; `None` when that is not known.
    pub fn truthy(&self) -> Option<bool> {
        match self {
            Val::Text(text) => text.is_blank().map(|blank| !blank),
            Val::Number(text) => text.complete().and_then(|n| n.parse::<f64>().ok()).map(|n| n != 0.0),
            Val::Bool(value, _) => Some(*value),
            Val::Null(_) => Some(false),
            Val::List(items) => Some(!items.is_empty()),
            Val::Record(record) if record.open => None,
            Val::Record(record) => Some(!record.fields.is_empty()),
            Val::Function(..) | Val::Module(_) | Val::Library(_) => Some(true),
            Val::Unknown => None,
        }
    }

    /// Whether there is a value at all.
    pub fn is_set(&self) -> Option<bool> {
        match self {
            Val::Null(_) => Some(false),
            Val::Unknown => None,
            _ => Some(true),
        }
    }

    /// The text when all of it is known.
    pub fn plain(&self) -> Option<String> {
        match self {
            Val::Text(text) | Val::Number(text) => text.complete(),
            _ => None,
        }
    }

    /// The reads that gave nothing, or only a default, in this value.
    pub fn absence(&self) -> Vec<Via> {
        let mut out: Vec<Via> = Vec::new();
        let mut take = |origin: &Origin, blank: bool| {
            for via in &origin.through {
                let gave_nothing = match via {
                    Via::Read { variable, span, fallback } if *fallback || blank => Some((variable, span)),
                    Via::Setting { variable, span } if blank => Some((variable, span)),
                    _ => None,
                };
                if let Some((variable, span)) = gave_nothing {
                    let step = Via::Read { variable: variable.clone(), span: *span, fallback: true };
                    if !out.contains(&step) {
                        out.push(step);
                    }
                }
            }
        };
        match self {
            Val::Null(origin) | Val::Bool(_, origin) => take(origin, false),
            Val::Text(text) | Val::Number(text) => {
                text.pieces().iter().for_each(|piece| take(&piece.origin, piece.text.is_empty()));
            }
            _ => {}
        }
        out
    }

    /// The value after these steps.
    pub fn via_all(self, steps: &[Via]) -> Self {
        let longer = |mut origin: Origin| {
            origin.through.extend(
                steps.iter().filter(|step| !origin.through.contains(step)).cloned().collect::<Vec<_>>(),
            );
            origin
        };
        match self {
            _ if steps.is_empty() => self,
            Val::Text(text) => Val::Text(text.via_all(steps)),
            Val::Number(text) => Val::Number(text.via_all(steps)),
            Val::Bool(value, origin) => Val::Bool(value, longer(origin)),
            Val::Null(origin) => Val::Null(longer(origin)),
            Val::List(items) => Val::List(items.into_iter().map(|item| item.via_all(steps)).collect()),
            other => other,
        }
    }

    /// Whether both are known to be the same.
    pub fn same(&self, other: &Val<'p>) -> Option<bool> {
        match (self, other) {
            (Val::Unknown, _) | (_, Val::Unknown) => None,
            (Val::Text(a), Val::Text(b)) => a.equals(b),
            (Val::Number(a), Val::Number(b)) => match (number(a), number(b)) {
                (Some(a), Some(b)) => Some((a - b).abs() < f64::EPSILON),
                _ => a.equals(b),
            },
            (Val::Bool(a, _), Val::Bool(b, _)) => Some(a == b),
            (Val::Null(_), Val::Null(_)) => Some(true),
            (Val::List(a), Val::List(b)) if a.len() != b.len() => Some(false),
            (Val::List(a), Val::List(b)) => {
                let each: Vec<_> = a.iter().zip(b).map(|(a, b)| a.same(b)).collect();
                match each.contains(&Some(false)) {
                    true => Some(false),
                    false if each.contains(&None) => None,
                    false => Some(true),
                }
            }
            (Val::Library(a), Val::Library(b)) => Some(a == b),
            (Val::Record(_) | Val::Function(..), Val::Record(_) | Val::Function(..)) => None,
            _ => Some(false),
        }
    }
}

fn number(text: &Text) -> Option<f64> {
    text.complete()?.parse().ok()
}

/// The parameters of a function with what a call hands over.
fn bound<'p>(
    function: &'p Function,
    home: &Frame<'p>,
    call: &'p CallExpr,
    frame: &Frame<'p>,
) -> Vec<(&'p str, Lazy<'p>)> {
    let mut positional = call.arguments.iter().filter(|(name, _)| name.is_none());
    let parameters = function.parameters.iter().map(|(parameter, default)| {
        let named = call.arguments.iter().find(|(name, _)| name.as_deref() == Some(parameter));
        let lazy = match (named.or_else(|| positional.next()), default) {
            (Some((_, argument)), _) => Lazy::Later(argument, frame.clone()),
            (None, Some(default)) => Lazy::Later(default, home.clone()),
            (None, None) => Lazy::Now(Val::Unknown),
        };
        (parameter.as_str(), lazy)
    });
    parameters.collect()
}

impl<'p> Evaluator<'p> {
    pub(super) fn record(&mut self, expr: &'p Expr, frame: &Frame<'p>) -> Val<'p> {
        let mut record = RecordVal::default();
        self.add_fields(expr, frame, &mut record);
        Val::Record(Rc::new(record))
    }

    fn add_fields(&mut self, expr: &'p Expr, frame: &Frame<'p>, record: &mut RecordVal<'p>) {
        match expr.peel() {
            Expr::Record(fields) => {
                let later = |(name, value): &'p (Spanned<String>, Expr)| {
                    (name.value.as_str(), Lazy::Later(value, frame.clone()))
                };
                record.fields.extend(fields.iter().map(later));
            }
            Expr::Merge(parts) => {
                for part in parts {
                    match part.peel() {
                        Expr::Record(_) => self.add_fields(part, frame, record),
                        _ => {
                            let value = self.eval(part, frame);
                            self.add_value(value, record);
                        }
                    }
                }
            }
            _ => record.open = true,
        }
    }

    fn add_value(&mut self, value: Val<'p>, record: &mut RecordVal<'p>) {
        match value {
            Val::Record(other) => {
                record.fields.extend(other.fields.iter().cloned());
                record.open |= other.open;
            }
            // A base class: its fields, with its own parameters left open.
            Val::Function(function, home) if function.class => {
                let handed = self.inherited.take_if(|_| !function.parameters.is_empty());
                let home = match handed {
                    Some((call, frame)) => home.call(bound(function, &home, call, &frame)),
                    None => home,
                };
                let value = self.eval(&function.body, &home);
                self.add_value(value, record);
            }
            Val::Library(_) | Val::Null(_) | Val::Bool(false, _) => {}
            _ => record.open = true,
        }
    }

    pub(super) fn member(
        &mut self,
        value: &'p Expr,
        name: &'p Spanned<String>,
        frame: &Frame<'p>,
    ) -> Val<'p> {
        let value = self.eval(value, frame);
        self.member_of(value, &name.value)
    }

    pub(super) fn member_of(&mut self, value: Val<'p>, name: &'p str) -> Val<'p> {
        match value {
            Val::Record(record) => match self.field(&record, name) {
                Some(Val::Function(property, home)) if property.name == PROPERTY => {
                    let receiver = (RECEIVER, Lazy::Now(Val::Record(record)));
                    self.eval(&property.body, &home.call(vec![receiver]))
                }
                // A method sees what it is called on.
                Some(Val::Function(method, home)) if !method.class => {
                    let receiver = (RECEIVER, Lazy::Now(Val::Record(record)));
                    Val::Function(method, home.call(vec![receiver]))
                }
                value => value.unwrap_or(Val::Unknown),
            },
            Val::Function(function, home) if function.class => {
                let value = self.eval(&function.body, &home);
                match value {
                    Val::Record(record) => match self.field(&record, name) {
                        Some(Val::Function(property, _)) if property.name == PROPERTY => Val::Unknown,
                        value => value.unwrap_or(Val::Unknown),
                    },
                    _ => Val::Unknown,
                }
            }
            Val::Module(module) => self.name(module, name),
            Val::Library(library) => Val::Library(format!("{library}.{name}")),
            // `Environment.PRODUCTION.value` of an enumeration.
            text @ Val::Text(_) if name == "value" => text,
            _ => Val::Unknown,
        }
    }

    /// A field; `None` when the record is known not to have it.
    pub(super) fn field(&mut self, record: &RecordVal<'p>, name: &str) -> Option<Val<'p>> {
        match record.fields.iter().rev().find(|(field, _)| *field == name) {
            Some((_, lazy)) => Some(self.force(&lazy.clone())),
            None if record.open => Some(Val::Unknown),
            None => None,
        }
    }

    /// The module of this name, or what the last part of the name is in the module before it.
    pub(super) fn named(&mut self, name: &str, frame: &Frame<'p>) -> Val<'p> {
        if let Some(module) = self.scope.resolve(frame.module(), name) {
            return Val::Module(module);
        }
        let Some((module, last)) = name.rsplit_once([':', '.']) else { return Val::Unknown };
        match self.scope.resolve(frame.module(), module) {
            Some(module) => self.named_in(module, last).unwrap_or(Val::Unknown),
            None => Val::Unknown,
        }
    }

    /// What a module's own name is worth; `None` when it has no such name.
    fn named_in(&mut self, module: ModuleIndex, name: &str) -> Option<Val<'p>> {
        let scope = self.scope;
        let (home, _) = scope.lookup(module, name)?;
        let (_, source) = scope.get(home)?;
        let (name, _) = source.full().names.get_key_value(name)?;
        Some(self.name(home, name))
    }

    pub(super) fn item(
        &mut self,
        value: &'p Expr,
        key: &'p Expr,
        missing: Option<&'p Expr>,
        frame: &Frame<'p>,
    ) -> Val<'p> {
        let key = self.eval(key, frame);
        let value = self.eval(value, frame);
        let absent = key.absence();
        // A class has the items of its instances, as far as those do not hang on how they are made.
        let value = match value {
            Val::Function(class, home) if class.class => self.eval(&class.body, &home),
            value => value,
        };
        match (value, key.plain()) {
            (Val::Module(module), Some(name)) => match self.named_in(module, &name) {
                Some(value) => value.via_all(&absent),
                None => missing.map_or(Val::Unknown, |missing| self.eval(missing, frame).via_all(&absent)),
            },
            // `config.get("HOST", "localhost")` where the program says itself what `get` does.
            (Val::Record(record), Some(_)) if missing.is_some() && self.own_get(&record).is_some() => {
                match self.own_get(&record) {
                    Some((get, home)) => {
                        let mut given = get.parameters.iter().map(|(parameter, _)| parameter.as_str());
                        let mut bound = Vec::new();
                        bound.extend(given.next().map(|name| (name, Lazy::Now(key))));
                        let default = missing.map(|missing| Lazy::Later(missing, frame.clone()));
                        bound.extend(given.next().zip(default));
                        bound.push((RECEIVER, Lazy::Now(Val::Record(record))));
                        self.eval(&get.body, &home.call(bound))
                    }
                    None => Val::Unknown,
                }
            }
            (Val::Record(record), Some(name)) => match self.field(&record, &name) {
                Some(value) => value.via_all(&absent),
                None => missing.map_or(Val::Unknown, |missing| self.eval(missing, frame).via_all(&absent)),
            },
            (Val::List(items), Some(index)) => {
                let at =
                    index.parse::<i64>().ok().and_then(|index| super::method::position(index, items.len()));
                at.and_then(|at| items.get(at).cloned()).unwrap_or(Val::Unknown)
            }
            // Nothing has no items, where that is no mistake.
            (value @ Val::Null(_), _) if missing.is_some() => {
                let absent = value.absence();
                missing.map_or(Val::Unknown, |missing| self.eval(missing, frame).via_all(&absent))
            }
            (Val::Record(_), None) if matches!(key, Val::Null(_)) => {
                missing.map_or(Val::Unknown, |missing| self.eval(missing, frame).via_all(&absent))
            }
            _ => Val::Unknown,
        }
    }

    /// The method `get` of an object of a class that the program defines.
    fn own_get(&mut self, record: &RecordVal<'p>) -> Option<(&'p Function, Frame<'p>)> {
        let (_, lazy) = record.fields.iter().rev().find(|(name, _)| *name == "get")?;
        match self.force(&lazy.clone()) {
            Val::Function(function, home) if !function.class => Some((function, home)),
            _ => None,
        }
    }

    pub(super) fn call(&mut self, call: &'p CallExpr, frame: &Frame<'p>) -> Val<'p> {
        let (function, home) = match self.eval(&call.callee, frame) {
            Val::Function(function, home) => (function, home),
            Val::Library(name) if name.starts_with("builtins.") => return self.builtin(&name, call, frame),
            // What makes sessions stands for its sessions.
            Val::Record(made) if made.fields.iter().any(|(name, _)| *name == "expire_on_commit") => {
                return Val::Record(made);
            }
            // The accessor of a record's field is called like the field.
            value @ (Val::Text(_) | Val::Number(_) | Val::Bool(..)) if call.arguments.is_empty() => {
                return value;
            }
            _ => return Val::Unknown,
        };
        let later = |expr: &'p Expr| Lazy::Later(expr, frame.clone());
        // A class without a maker of its own is made by that of the class it extends.
        let by_base = function.class && function.parameters.is_empty() && !call.arguments.is_empty();
        self.inherited = by_base.then(|| (call, frame.clone()));
        let value = self.eval(&function.body, &home.call(bound(function, &home, call, frame)));
        self.inherited = None;
        let Val::Record(record) = value else { return value };
        let extra = call.arguments.iter().filter_map(|(name, value)| {
            let name = name.as_deref()?;
            let known = function.parameters.iter().any(|(parameter, _)| parameter == name);
            (function.class && !known).then(|| (name, later(value)))
        });
        let mut fields = record.fields.clone();
        fields.extend(extra);
        Val::Record(Rc::new(RecordVal { fields, open: record.open }))
    }
}
