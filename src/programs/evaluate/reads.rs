//! Reads: of the environment, of flags, and of settings that a variable may replace.

use std::sync::Arc;

use super::lazy::{Frame, Val};
use super::{Evaluator, Given, MAX_TRAIL, Outcome, TrailRead, set_by_runtime};
use crate::compose::Variable;
use crate::programs::reading::read_within;
use crate::programs::{Blank, FlagExpr, ReadExpr};
use crate::source::{Origin, Span, Text, Via};

impl<'p> Evaluator<'p> {
    pub(super) fn flag(&mut self, flag: &'p FlagExpr, frame: &Frame<'p>) -> Val<'p> {
        let otherwise = flag.otherwise.as_ref();
        match self.environment.flag(&flag.names) {
            Given::Value(text) => Val::Text(text.via(&Via::Flag(flag.span))),
            Given::Nothing => match otherwise {
                Some(otherwise) => self.eval(otherwise, frame),
                None => Val::Null(Origin::at(flag.span)),
            },
            // What is a variable first of all is set by one, as a rule.
            Given::Unknown => match otherwise {
                Some(otherwise) if read_within(otherwise).is_some() => self.eval(otherwise, frame),
                _ => Val::Unknown,
            },
        }
    }

    pub(super) fn read(&mut self, read: &'p ReadExpr, frame: &Frame<'p>) -> Val<'p> {
        let name = self.eval(&read.name, frame);
        let Some(name) = name.plain() else { return Val::Unknown };
        match self.set(read, &name) {
            Some(value) => value,
            None => self.unset(read, name, frame),
        }
    }

    /// What a setting of a file is: that of the file is no default of the program, so nobody needs to set the
    /// variable.
    pub(super) fn setting(&mut self, read: &'p ReadExpr, frame: &Frame<'p>) -> Val<'p> {
        let name = self.eval(&read.name, frame);
        let Some(name) = name.plain() else { return Val::Unknown };
        if let Some(value) = self.set(read, &name) {
            return value;
        }
        let Some(value) = &read.default else { return Val::Unknown };
        self.eval(value, frame).via_all(&[Via::Setting { variable: name.into(), span: read.span }])
    }

    /// The value of the first variable that a read looks for and finds.
    fn set(&mut self, read: &'p ReadExpr, name: &str) -> Option<Val<'p>> {
        let environment = self.environment;
        for name in std::iter::once(name).chain(read.aliases.iter().map(String::as_str)) {
            let found = match read.ignore_case {
                true => environment
                    .variable(name)
                    .map(|variable| (name, variable))
                    .or_else(|| environment.variable_ignoring_case(name)),
                false => environment.variable(name).map(|variable| (name, variable)),
            };
            let Some((name, Variable { value: Some(text), .. })) = found else { continue };
            if read.blank == Blank::Unset && text.is_blank() == Some(true) {
                continue;
            }
            let variable: Arc<str> = name.into();
            self.note(&variable, read.span, Outcome::Set);
            let step = Via::Read { variable, span: read.span, fallback: false };
            return Some(Val::Text(text.clone().via(&step)));
        }
        None
    }

    fn unset(&mut self, read: &'p ReadExpr, name: String, frame: &Frame<'p>) -> Val<'p> {
        let variable: Arc<str> = name.into();
        let step = Via::Read { variable: variable.clone(), span: read.span, fallback: true };
        if set_by_runtime(&variable) {
            self.note(&variable, read.span, Outcome::Unknown);
            return Val::Text(Text::unknown(Origin::at(read.span)));
        }
        if let Some(default) = &read.default {
            let at = self.trail.reads.len();
            self.note(&variable, read.span, Outcome::FellBack);
            let value = self.eval(default, frame);
            // A default that is nothing is none: that of a parameter which the call does not give.
            if matches!(value, Val::Null(_))
                && let Some(noted) = self.trail.reads.get_mut(at)
            {
                noted.outcome = if read.required { Outcome::Missing } else { Outcome::Unset };
            }
            return value.via_all(&[step]);
        }
        if read.required {
            self.note(&variable, read.span, Outcome::Missing);
            let step = Via::Read { variable, span: read.span, fallback: false };
            return Val::Text(Text::unknown(Origin::at(read.span).via(step)));
        }
        self.note(&variable, read.span, Outcome::Unset);
        Val::Null(Origin::default().via(step))
    }

    pub(super) fn note(&mut self, variable: &Arc<str>, span: Span, outcome: Outcome) {
        if self.trail.reads.len() < MAX_TRAIL {
            self.trail.reads.push(TrailRead { variable: variable.clone(), span, outcome });
        }
    }
}
