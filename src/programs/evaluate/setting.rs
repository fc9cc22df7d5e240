//! Settings: what the environment or a configuration file gives for a key.

use std::rc::Rc;
use std::sync::Arc;

use super::lazy::{Frame, Lazy, RecordVal, Val};
use super::{Evaluator, Outcome};
use crate::programs::load::IN_FILES;
use crate::programs::{LookupExpr, Module, ModuleIndex, Role};
use crate::source::{Origin, Span, Text, Via};

impl<'p> Evaluator<'p> {
    pub(super) fn looked_up(&mut self, setting: &'p LookupExpr, frame: &Frame<'p>) -> Val<'p> {
        let Some(key) = self.eval(&setting.key, frame).plain() else { return Val::Unknown };
        let scope = self.scope;
        if key == IN_FILES {
            return self.whole_files(setting);
        }
        let Some((place, source)) = scope.get(frame.module()) else { return Val::Unknown };
        let Some(settings) = source.front_end.settings() else { return Val::Unknown };
        let same = |(given, _): &&(String, String)| settings.name(given) == settings.name(&key);
        if let Some((_, value)) = scope.given.iter().rev().find(same) {
            return Val::Text(Text::known(value, Origin::default()));
        }
        let names = settings.variables(scope, place, &key);
        let environment = self.environment;
        for name in &names {
            let exact = environment.variable(name).map(|variable| (name.as_str(), variable));
            let found = exact.or_else(|| environment.variable_ignoring_case(name));
            let Some((name, Some(text))) = found.map(|(name, variable)| (name, &variable.value)) else {
                continue;
            };
            if settings.skips_blank() && text.is_blank() == Some(true) {
                continue;
            }
            let variable: Arc<str> = name.into();
            self.note(&variable, setting.span, Outcome::Set);
            return Val::Text(text.clone().via(&Via::Read { variable, span: setting.span, fallback: false }));
        }
        if let Some(name) = settings.holder(&key)
            && let Some(held) = environment.variable(name)
        {
            let Some(text) = &held.value else { return Val::Unknown };
            let Some(at) = settings.held(&key, &text.assumed()) else { return Val::Unknown };
            let variable: Arc<str> = name.into();
            self.note(&variable, setting.span, Outcome::Set);
            let via = Via::Read { variable, span: setting.span, fallback: false };
            return Val::Text(text.slice(at.start, at.end).via(&via));
        }
        let variable: Option<Arc<str>> = names.first().map(|name| name.as_str().into());
        let Some(files) = settings.files(scope, place, environment) else { return Val::Unknown };
        let name = settings.name(&key);
        let mut absent = Vec::new();
        for file in files {
            let Some((_, source)) = scope.get(file) else { continue };
            let value = match source.full().names.get_key_value(&name) {
                Some((name, _)) => self.name(file, name),
                None => match self.within(file, &name) {
                    Some(value) => value,
                    None => continue,
                },
            };
            if let Val::Null(_) = value {
                // What the file gives hangs on something that is not there.
                absent.extend(value.absence());
                continue;
            }
            // What stands in a file of the program's is no default of its code.
            let filed = source.full().role == Role::Settings;
            let Some(variable) = variable else {
                absent.extend(filed.then_some(Via::File(setting.span)));
                return value.via_all(&absent);
            };
            self.note(&variable, setting.span, Outcome::FellBack);
            let span = match &value {
                Val::Text(text) | Val::Number(text) => text.span(),
                _ => setting.span,
            };
            absent.push(match settings.are_defaults() && !filed {
                true => Via::Read { variable, span: setting.span, fallback: true },
                false => Via::Setting { variable, span },
            });
            return value.via_all(&absent);
        }
        if settings.is_open(scope, place, &key) {
            return Val::Unknown;
        }
        self.unset_setting(setting, variable, absent, frame)
    }

    /// What a path of names is in the settings that modules of a program register by the first of them.
    pub(super) fn registered(&mut self, module: &'p str, path: &'p str, within: ModuleIndex) -> Val<'p> {
        let mut names = path.split('.');
        let first = names.next().unwrap_or_default();
        let target = self.scope.resolve(within, module);
        let target = target.filter(|target| self.scope.lookup(*target, module).is_some());
        let Some(target) = target else {
            return match self.scope.registers_no(first) {
                true => Val::Null(Origin::default()),
                false => Val::Unknown,
            };
        };
        let mut value = self.name(target, module);
        for name in names {
            value = match value {
                Val::Record(record)
                    if !record.open && !record.fields.iter().any(|(field, _)| *field == name) =>
                {
                    return Val::Null(Origin::default());
                }
                value => self.member_of(value, name),
            };
        }
        value
    }

    /// What a section of a file that is made as a whole, by a call or the like, gives for a key within it.
    fn within(&mut self, file: ModuleIndex, key: &str) -> Option<Val<'p>> {
        let (_, source) = self.scope.get(file)?;
        let mut sections = key.match_indices(':').map(|(at, _)| at).skip(1).collect::<Vec<_>>().into_iter();
        let (at, section) = sections
            .by_ref()
            .rev()
            .find_map(|at| Some((at, source.full().names.get_key_value(key.get(..at)?)?.0)))?;
        let mut value = self.name(file, section);
        for name in key.get(at + 1..)?.split(':') {
            value = match value {
                Val::Record(record) => self.field(&record, name)?,
                Val::Unknown => return Some(Val::Unknown),
                _ => return None,
            };
        }
        Some(value)
    }

    /// All that stands in the files that the program loads, as one record: what is loaded later replaces what was there.
    fn whole_files(&mut self, setting: &'p LookupExpr) -> Val<'p> {
        let Some(files) = self.scope.filed() else { return Val::Unknown };
        let mut record = RecordVal::default();
        for file in files.iter().rev() {
            let value = self.name(*file, Module::ITSELF);
            match self.filed(value, setting.span) {
                Val::Record(of_file) => {
                    record.fields.extend(of_file.fields.iter().cloned());
                    record.open |= of_file.open;
                }
                other if files.len() == 1 => return other,
                _ => record.open = true,
            }
        }
        // Nothing is known of a file that is not there.
        if files.is_empty() { Val::Unknown } else { Val::Record(Rc::new(record)) }
    }

    /// A value that stands in a file which the expression loads.
    pub(super) fn filed(&mut self, value: Val<'p>, place: Span) -> Val<'p> {
        match value {
            Val::Record(record) => {
                let fields = record.fields.iter();
                let fields = fields.map(|(name, lazy)| (*name, Lazy::Filed(Rc::new(lazy.clone()), place)));
                Val::Record(Rc::new(RecordVal { fields: fields.collect(), open: record.open }))
            }
            other => other.via_all(&[Via::File(place)]),
        }
    }

    /// Neither the environment nor a file has it; `absent` is what the files asked for.
    fn unset_setting(
        &mut self,
        setting: &'p LookupExpr,
        variable: Option<Arc<str>>,
        absent: Vec<Via>,
        frame: &Frame<'p>,
    ) -> Val<'p> {
        let step = |variable: &Arc<str>| Via::Read {
            variable: variable.clone(),
            span: setting.span,
            fallback: true,
        };
        let steps: Vec<Via> = variable.iter().map(step).chain(absent).collect();
        let outcome = match &setting.default {
            Some(_) => Outcome::FellBack,
            None if setting.required => Outcome::Missing,
            None => Outcome::Unset,
        };
        if let Some(variable) = &variable {
            self.note(variable, setting.span, outcome);
        }
        match &setting.default {
            Some(default) => self.eval(default, frame).via_all(&steps),
            None if setting.required => Val::Unknown,
            None => Val::Null(Origin { through: steps, ..Origin::default() }),
        }
    }
}
