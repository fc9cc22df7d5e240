//! What must be absent for something to happen, and what a helper function reads.

use super::read_within;
use crate::programs::expr::UNSCHEMED;
use crate::programs::walk::children;
use crate::programs::{Condition, Expr, Function, ReadExpr};
use crate::source::Span;

/// The parameter that names the variable a function reads, and whether the read stops without it.
#[must_use]
pub fn named_by_parameter(function: &Function) -> Option<(String, bool)> {
    let mut queue = vec![&function.body];
    let mut stopping = Vec::new();
    for _ in 0..200 {
        let expr = queue.pop()?;
        if let Expr::If(branch) = expr
            && matches!(branch.then.peel(), Expr::Opaque(_))
        {
            absent_in(&branch.condition, &mut stopping);
        }
        if let Expr::Read(read) = expr
            && let Expr::Parameter(name) = read.name.peel()
        {
            let required = read.required || stopping.contains(&read.span);
            return Some((name.clone(), required && read.default.is_none()));
        }
        queue.extend(children(expr));
    }
    None
}

/// The reads that must give nothing for the condition to hold.
pub fn absent_in(condition: &Condition, out: &mut Vec<Span>) {
    match condition {
        Condition::Not(inner) => match inner.as_ref() {
            Condition::Truthy(value) | Condition::IsSet(value) => {
                out.extend(bare_read(value).map(|read| read.span))
            }
            // `if not (a and b)`: each of them stops the program.
            Condition::All(all) => {
                let negated = all.iter().cloned().map(|one| Condition::Not(Box::new(one)));
                negated.for_each(|one| absent_in(&one, out));
            }
            _ => {}
        },
        Condition::Any(any) => any.iter().for_each(|one| absent_in(one, out)),
        Condition::All(all) if all.len() == 1 => all.iter().for_each(|one| absent_in(one, out)),
        Condition::Equals(value, other) if matches!(other.peel(), Expr::Text(text) if text.value.is_empty()) =>
        {
            out.extend(bare_read(value).map(|read| read.span));
        }
        _ => {}
    }
}

/// The read that a value is, when it has no default but nothing.
#[must_use]
pub fn bare_read(value: &Expr) -> Option<&ReadExpr> {
    let read = read_within(value)?;
    let blank = |default: &Expr| match default.peel() {
        Expr::Null(_) => true,
        Expr::Text(text) => text.value.is_empty(),
        _ => false,
    };
    (read.default.as_ref().is_none_or(blank)).then_some(read)
}

/// Conditions and branches nest at most this deep in what is decided here.
const MAX_DEPTH: usize = 12;

/// Whether a call of the function ends in nothing but an error when the variable it reads is not set: `given` is what
/// the call hands over for a parameter, `raised` whether an error is raised at a place.
#[must_use]
pub fn stops_without(
    function: &Function,
    given: &dyn Fn(&str) -> Option<Expr>,
    raised: &dyn Fn(Span) -> bool,
) -> bool {
    let unset = Unset { function, given, raised };
    unset.stops(&function.body, MAX_DEPTH)
}

/// A call of a function that reads a variable which is not set.
struct Unset<'a> {
    function: &'a Function,
    given: &'a dyn Fn(&str) -> Option<Expr>,
    raised: &'a dyn Fn(Span) -> bool,
}

impl Unset<'_> {
    fn stops(&self, expr: &Expr, depth: usize) -> bool {
        let Expr::If(branch) = expr.peel() else { return false };
        let taken = match (depth, self.decide(&branch.condition, depth)) {
            (0, _) | (_, None) => return false,
            (_, Some(true)) => &branch.then,
            (_, Some(false)) => &branch.otherwise,
        };
        let ends = matches!(taken.peel(), Expr::Opaque(place) if (self.raised)(*place));
        ends || self.stops(taken, depth - 1)
    }

    fn decide(&self, condition: &Condition, depth: usize) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        match condition {
            Condition::Truthy(value) => self.is_something(value, depth),
            Condition::IsSet(value) => match self.value(value)?.peel() {
                Expr::Null(_) => Some(false),
                Expr::Text(_) | Expr::Number(_) | Expr::Bool(..) => Some(true),
                _ => None,
            },
            Condition::Equals(value, other) => match (self.value(value)?.peel(), other.peel()) {
                (Expr::Null(_), Expr::Text(_) | Expr::Number(_) | Expr::Bool(..)) => Some(false),
                (Expr::Text(one), Expr::Text(other)) => Some(one.value == other.value),
                _ => None,
            },
            Condition::Not(inner) => self.decide(inner, depth).map(|holds| !holds),
            Condition::All(all) => {
                let mut each = all.iter().map(|one| self.decide(one, depth));
                if each.clone().any(|one| one == Some(false)) {
                    Some(false)
                } else {
                    each.all(|one| one == Some(true)).then_some(true)
                }
            }
            Condition::Any(any) => {
                let mut each = any.iter().map(|one| self.decide(one, depth));
                if each.clone().any(|one| one == Some(true)) {
                    Some(true)
                } else {
                    each.all(|one| one == Some(false)).then_some(false)
                }
            }
            _ => None,
        }
    }

    fn is_something(&self, value: &Expr, depth: usize) -> Option<bool> {
        if let Expr::Test(condition, _) = value.peel() {
            return self.decide(condition, depth);
        }
        match self.value(value)?.peel() {
            Expr::Null(_) => Some(false),
            Expr::Bool(value, _) => Some(*value),
            Expr::Text(text) => Some(!text.value.is_empty()),
            _ => None,
        }
    }

    /// What a parameter is handed, and a read of the variable gives.
    fn value(&self, expr: &Expr) -> Option<Expr> {
        match expr.peel() {
            Expr::Parameter(name) => {
                let own = || {
                    let mut parameters = self.function.parameters.iter();
                    parameters.find(|(parameter, _)| parameter == name)?.1.clone()
                };
                (self.given)(name).or_else(own)
            }
            Expr::Read(read) if matches!(read.name.peel(), Expr::Parameter(_)) => match &read.default {
                None => Some(Expr::Null(read.span)),
                Some(default) => self.value(default),
            },
            Expr::FirstSet(all) => {
                for one in all {
                    match self.value(one)? {
                        Expr::Null(_) => {}
                        something => return Some(something),
                    }
                }
                all.last().and_then(|last| self.value(last))
            }
            // Where there is one, the caller asks first.
            Expr::Imported { module, .. } if module == UNSCHEMED => Some(Expr::Null(Span::NONE)),
            plain @ (Expr::Null(_) | Expr::Bool(..) | Expr::Text(_)) => Some(plain.clone()),
            _ => None,
        }
    }
}
