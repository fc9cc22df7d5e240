//! Deciding conditions: three-valued, and with the reason.

use std::sync::Arc;

use super::lazy::{Frame, Val};
use super::{Evaluator, depends};
use crate::programs::{Condition, Expr, IfExpr};
use crate::source::{Origin, Span, Via};

/// How a condition came out.
#[derive(Default)]
pub(super) struct Decision {
    /// `None` when it hangs on something unknown.
    pub outcome: Option<bool>,
    /// The host variable whose default it was decided by.
    pub depends: Option<Arc<str>>,
    /// The variables whose absence it was decided by.
    pub absent: Vec<Via>,
}

impl Decision {
    fn of(outcome: Option<bool>) -> Self {
        Self { outcome, ..Self::default() }
    }

    fn looking_at(mut self, value: &Val<'_>, absence_matters: bool) -> Self {
        if let Val::Text(text) | Val::Number(text) = value {
            self.depends = self.depends.or_else(|| depends(text));
        }
        if absence_matters {
            self.absent.extend(value.absence());
        }
        self
    }
}

impl<'p> Evaluator<'p> {
    pub(super) fn branch(&mut self, branch: &'p IfExpr, frame: &Frame<'p>) -> Val<'p> {
        let decision = self.decide(&branch.condition, frame);
        self.trail.branches.push((branch.span, decision.outcome));
        let value = match decision.outcome {
            Some(true) => self.eval(&branch.then, frame),
            Some(false) => self.eval(&branch.otherwise, frame),
            None => {
                let then = self.eval(&branch.then, frame);
                let otherwise = self.eval(&branch.otherwise, frame);
                return if then.same(&otherwise) == Some(true) { then } else { Val::Unknown };
            }
        };
        let value = match is_of_setting(&value) {
            true => value,
            false => value.via_all(&decision.absent),
        };
        match (decision.depends, value) {
            (Some(on), Val::Text(text)) => Val::Text(text.depending(&on)),
            (Some(on), Val::Number(text)) => Val::Number(text.depending(&on)),
            (_, value) => value,
        }
    }

    pub(super) fn test(&mut self, condition: &'p Condition, span: Span, frame: &Frame<'p>) -> Val<'p> {
        let decision = self.decide(condition, frame);
        match decision.outcome {
            Some(value) => Val::Bool(value, Origin { written: span, through: decision.absent }),
            None => Val::Unknown,
        }
    }

    pub(super) fn decide(&mut self, condition: &'p Condition, frame: &Frame<'p>) -> Decision {
        if self.depth >= super::MAX_RECURSION || self.steps == 0 {
            return Decision::default();
        }
        self.steps -= 1;
        self.depth += 1;
        let decision = self.decide_one(condition, frame);
        self.depth -= 1;
        decision
    }

    fn decide_one(&mut self, condition: &'p Condition, frame: &Frame<'p>) -> Decision {
        match condition {
            Condition::Truthy(expr) => self.presence(expr, frame, Val::truthy),
            Condition::IsSet(expr) => self.presence(expr, frame, Val::is_set),
            Condition::InEnvironment(name) => self.in_environment(name, frame),
            Condition::Equals(a, b) => {
                let (a, b) = (self.eval(a, frame), self.eval(b, frame));
                Decision::of(a.same(&b)).looking_at(&a, true).looking_at(&b, true)
            }
            Condition::OneOf(value, among) => self.one_of(value, among, frame),
            Condition::StartsWith(value, part) => {
                self.about_text(value, part, frame, |text, part| text.starts_with(part))
            }
            Condition::EndsWith(value, part) => {
                self.about_text(value, part, frame, |text, part| text.ends_with(part))
            }
            Condition::Contains(whole, part) => self.contains(whole, part, frame),
            Condition::Not(inner) => {
                let decision = self.decide(inner, frame);
                Decision { outcome: decision.outcome.map(|outcome| !outcome), ..decision }
            }
            Condition::Possibly(inner) => {
                let decision = self.decide(inner, frame);
                Decision { outcome: Some(decision.outcome.unwrap_or(true)), ..decision }
            }
            Condition::All(all) => self.several(all, frame, false),
            Condition::Any(any) => self.several(any, frame, true),
            Condition::Opaque => Decision::default(),
        }
    }

    fn presence(
        &mut self,
        expr: &'p Expr,
        frame: &Frame<'p>,
        present: fn(&Val<'p>) -> Option<bool>,
    ) -> Decision {
        let value = self.eval(expr, frame);
        let outcome = present(&value);
        Decision::of(outcome).looking_at(&value, outcome == Some(false))
    }

    fn in_environment(&mut self, name: &'p Expr, frame: &Frame<'p>) -> Decision {
        let Some(name) = self.eval(name, frame).plain() else { return Decision::default() };
        let set = self.environment.variable(&name).is_some_and(|variable| variable.value.is_some());
        let absent = match set {
            true => Vec::new(),
            false => vec![Via::Read { variable: name.as_str().into(), span: Span::NONE, fallback: true }],
        };
        let outcome = (set || !super::FROM_RUNTIME.contains(&name.as_str())).then_some(set);
        Decision { outcome, depends: None, absent }
    }

    fn one_of(&mut self, value: &'p Expr, among: &'p [Expr], frame: &Frame<'p>) -> Decision {
        let value = self.eval(value, frame);
        let mut outcome = Some(false);
        for item in among {
            let item = self.eval(item, frame);
            match value.same(&item) {
                Some(true) => {
                    outcome = Some(true);
                    break;
                }
                Some(false) => {}
                None => outcome = None,
            }
        }
        Decision::of(outcome).looking_at(&value, true)
    }

    fn about_text(
        &mut self,
        value: &'p Expr,
        part: &'p Expr,
        frame: &Frame<'p>,
        ask: fn(&crate::source::Text, &str) -> Option<bool>,
    ) -> Decision {
        let value = self.eval(value, frame);
        let part = self.eval(part, frame);
        let outcome = match (&value, &part) {
            (Val::Text(text), Val::List(parts)) => {
                let each: Vec<_> =
                    parts.iter().map(|part| part.plain().and_then(|part| ask(text, &part))).collect();
                match each.contains(&Some(true)) {
                    true => Some(true),
                    false if each.contains(&None) => None,
                    false => Some(false),
                }
            }
            (Val::Text(text), part) => part.plain().and_then(|part| ask(text, &part)),
            _ => None,
        };
        Decision::of(outcome).looking_at(&value, false)
    }

    fn contains(&mut self, whole: &'p Expr, part: &'p Expr, frame: &Frame<'p>) -> Decision {
        let whole = self.eval(whole, frame);
        let part = self.eval(part, frame);
        let outcome = match &whole {
            Val::Text(text) => part.plain().and_then(|part| text.contains(&part)),
            Val::List(items) => {
                let each: Vec<_> = items.iter().map(|item| item.same(&part)).collect();
                match each.contains(&Some(true)) {
                    true => Some(true),
                    false if each.contains(&None) => None,
                    false => Some(false),
                }
            }
            Val::Record(record) => part
                .plain()
                .map(|name| record.fields.iter().any(|(field, _)| *field == name))
                .filter(|found| *found || !record.open),
            _ => None,
        };
        Decision::of(outcome).looking_at(&whole, false).looking_at(&part, false)
    }

    /// `Any` for `decisive`, `All` otherwise.
    fn several(&mut self, conditions: &'p [Condition], frame: &Frame<'p>, decisive: bool) -> Decision {
        let mut all = Decision::of(Some(!decisive));
        for condition in conditions {
            let one = self.decide(condition, frame);
            all.depends = all.depends.or(one.depends);
            if one.outcome == Some(decisive) {
                return Decision { outcome: Some(decisive), depends: all.depends, absent: one.absent };
            }
            all.absent.extend(one.absent);
            if one.outcome.is_none() {
                all.outcome = None;
            }
        }
        all
    }
}

/// Whether a variable that would replace it is known: who wants another value sets that, and not what led here.
fn is_of_setting(value: &Val<'_>) -> bool {
    let (Val::Text(text) | Val::Number(text)) = value else { return false };
    let mut steps = text.pieces().iter().flat_map(|piece| &piece.origin.through);
    steps.any(|via| matches!(via, Via::Setting { .. }))
}
