//! Records whose fields variables replace that are named after where those stand: `SHOP__POSTGRES__HOST`.

use std::rc::Rc;
use std::sync::Arc;

use super::lazy::{Lazy, RecordVal, Val};
use super::{Evaluator, Outcome};
use crate::compose::Variable;
use crate::programs::expr::Nested;
use crate::source::Via;

/// A field, and the variable that replaces it.
#[derive(Clone)]
pub(super) struct NestedLazy<'p> {
    inner: Lazy<'p>,
    name: String,
    how: &'p Nested,
}

impl<'p> Evaluator<'p> {
    /// What is not a record, or the class of one, is not known: text for all of it may be anything.
    pub(super) fn nested(&mut self, value: Val<'p>, prefix: &str, how: &'p Nested) -> Val<'p> {
        let record = match value {
            Val::Record(record) => record,
            Val::Function(class, home) if class.class => match self.eval(&class.body, &home) {
                Val::Record(record) => record,
                _ => return Val::Unknown,
            },
            _ => return Val::Unknown,
        };
        let fields = record.fields.iter().map(|(field, lazy)| {
            let name = if how.ignore_case { field.to_ascii_uppercase() } else { (*field).to_string() };
            let name = format!("{prefix}{}{name}", how.delimiter);
            (*field, Lazy::Nested(Rc::new(NestedLazy { inner: lazy.clone(), name, how })))
        });
        Val::Record(Rc::new(RecordVal { fields: fields.collect(), open: record.open }))
    }

    pub(super) fn nested_field(&mut self, field: &NestedLazy<'p>) -> Val<'p> {
        let how = field.how;
        let environment = self.environment;
        let exact = environment.variable(&field.name).map(|variable| (field.name.as_str(), variable));
        let found = match how.ignore_case {
            true => exact.or_else(|| environment.variable_ignoring_case(&field.name)),
            false => exact,
        };
        if let Some((name, Variable { value: Some(text), .. })) = found {
            let variable: Arc<str> = name.into();
            self.note(&variable, how.span, Outcome::Set);
            return Val::Text(text.clone().via(&Via::Read { variable, span: how.span, fallback: false }));
        }
        match self.force(&field.inner) {
            record @ Val::Record(_) => self.nested(record, &field.name, how),
            method @ Val::Function(..) => method,
            value => {
                let variable: Arc<str> = field.name.as_str().into();
                self.note(&variable, how.span, Outcome::FellBack);
                value.via_all(&[Via::Read { variable, span: how.span, fallback: true }])
            }
        }
    }
}
