//! Settings: what the environment or a configuration file gives for a key.

use std::sync::Arc;

use super::lazy::{Frame, Val};
use super::{Evaluator, Outcome};
use crate::programs::LookupExpr;
use crate::source::{Origin, Via};

impl<'p> Evaluator<'p> {
    pub(super) fn setting(&mut self, setting: &'p LookupExpr, frame: &Frame<'p>) -> Val<'p> {
        let Some(key) = self.eval(&setting.key, frame).plain() else { return Val::Unknown };
        let scope = self.scope;
        let Some((place, source)) = scope.get(frame.module()) else { return Val::Unknown };
        let Some(settings) = source.front_end.settings() else { return Val::Unknown };
        let names = settings.variables(scope, place, &key);
        let environment = self.environment;
        for name in &names {
            let exact = environment.variable(name).map(|variable| (name.as_str(), variable));
            let found = exact.or_else(|| environment.variable_ignoring_case(name));
            let Some((name, Some(text))) = found.map(|(name, variable)| (name, &variable.value)) else {
                continue;
            };
            let variable: Arc<str> = name.into();
            self.note(&variable, setting.span, Outcome::Set);
            return Val::Text(text.clone().via(&Via::Read { variable, span: setting.span, fallback: false }));
        }
        let variable: Arc<str> = names.first().map_or(key.as_str(), String::as_str).into();
        let Some(files) = settings.files(scope, place, environment) else { return Val::Unknown };
        let name = settings.name(&key);
        for file in files {
            let names = scope.get(file).map(|(_, source)| &source.full().names);
            let Some((name, _)) = names.and_then(|names| names.get_key_value(&name)) else { continue };
            self.note(&variable, setting.span, Outcome::FellBack);
            let value = self.name(file, name);
            let span = match &value {
                Val::Text(text) | Val::Number(text) => text.span(),
                _ => setting.span,
            };
            return value.via_all(&[Via::Setting { variable, span }]);
        }
        self.unset_setting(setting, variable, frame)
    }

    /// Neither the environment nor a file has it.
    fn unset_setting(&mut self, setting: &'p LookupExpr, variable: Arc<str>, frame: &Frame<'p>) -> Val<'p> {
        let step = Via::Read { variable: variable.clone(), span: setting.span, fallback: true };
        match &setting.default {
            Some(default) => {
                self.note(&variable, setting.span, Outcome::FellBack);
                self.eval(default, frame).via_all(&[step])
            }
            None if setting.required => {
                self.note(&variable, setting.span, Outcome::Missing);
                Val::Unknown
            }
            None => {
                self.note(&variable, setting.span, Outcome::Unset);
                Val::Null(Origin::default().via(step))
            }
        }
    }
}
