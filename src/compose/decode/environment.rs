//! `environment`, and what the files of `env_file` set.

use std::path::Path;

use indexmap::IndexMap;

use super::super::dotenv::{self, Setting, Settings};
use super::super::{Data, EnvFile, Environment, EnvironmentForm, Located, Value, Variable};
use super::build::entries;
use super::{Input, key_span};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Kind, Origin, Piece, Text, Via};

/// `environment`; names without a value take the host's.
pub(super) fn decode(service: &Value, input: &Input) -> Environment {
    let Some(value) = service.get("environment") else { return Environment::default() };
    let variables = entries(Some(value)).into_iter().map(|entry| {
        let text = entry.value.or_else(|| input.environment.get(&entry.name).cloned());
        (entry.name, Variable { key: entry.key, value: text, origin: entry.origin })
    });
    Environment {
        key: key_span(service, "environment"),
        block: value.span(),
        form: form(value),
        variables: variables.collect(),
    }
}

/// How the last block is written. Merging makes a list of a mapping: the `=` of such an item stands
/// in no file, while its key and value stand apart.
fn form(value: &Value) -> EnvironmentForm {
    let items = match &value.data {
        Data::Map(_) => return EnvironmentForm::Mapping,
        Data::List(items) => items,
        _ => return EnvironmentForm::Absent,
    };
    let from_mapping = |item: &Value| {
        let pieces = item.as_text().map(Text::pieces).unwrap_or_default();
        let joined = pieces.get(1).is_some_and(|piece| piece.text == "=" && piece.origin.written.is_none());
        // A bare name that took the host's value was joined the same way.
        let passed = |piece: &Piece| {
            let last = piece.origin.through.last();
            matches!(last, Some(Via::Interpolation { span, .. }) if *span == item.span())
        };
        joined && !pieces.get(2).is_some_and(passed)
    };
    let in_block = |item: &&Value| value.span().contains(item.span());
    match items.iter().rev().filter(in_block).any(from_mapping) {
        true => EnvironmentForm::Mapping,
        false => EnvironmentForm::List,
    }
}

/// `env_file`, each with what it sets. Missing files of services that do not run are no problem.
pub(super) fn files(
    service: &Value,
    environment: &Environment,
    input: &Input,
    problems: &mut Vec<Problem>,
    name: &str,
) -> Vec<EnvFile> {
    let active = super::is_active(service, input.profiles);
    let mut earlier = Settings::new();
    let mut files = Vec::new();
    for item in service.get("env_file").map(Value::items).unwrap_or_default() {
        let Some(path) = item.get("path") else { continue };
        let Some(text) = path.to_text() else { continue };
        let file = input.places.absolute(&text.assumed(), path);
        let required = super::boolean_at(item, "required").unwrap_or(true);
        let reading = Reading { environment, input, earlier: &earlier, labels: false };
        let mut found = Vec::new();
        let settings = reading.read(&file, item, &mut found);
        if active {
            problems.extend(found.into_iter().map(|problem| problem.service(name)));
        }
        if settings.is_none() && required && active {
            let message = format!("the env file `{}` {}", text.assumed(), input.why_unread(&file));
            let problem = Problem::refusal(ProblemKind::EnvFileMissing, path.span(), message);
            problems.push(problem.service(name).help("create it, or say `required: false`"));
        }
        let at = path.span();
        let variables =
            settings.iter().flatten().map(|(name, setting)| (name.clone(), setting.clone().variable(at)));
        files.push(EnvFile {
            path: Located::new(text, path.origin.clone()),
            file,
            required,
            found: settings.is_some(),
            sample: None,
            documented: false,
            untold: false,
            left_out: false,
            variables: variables.collect(),
        });
        earlier.extend(settings.into_iter().flatten());
    }
    files
}

/// The labels that the files of `label_file` set. They must all be there.
pub(super) fn labels(
    service: &Value,
    environment: &Environment,
    input: &Input,
    problems: &mut Vec<Problem>,
    name: &str,
) -> IndexMap<String, Located<Text>> {
    let active = super::is_active(service, input.profiles);
    let mut labels = Settings::new();
    for path in service.get("label_file").map(Value::items).unwrap_or_default() {
        let Some(text) = path.to_text() else { continue };
        let file = input.places.absolute(&text.assumed(), path);
        let reading = Reading { environment, input, earlier: &labels, labels: true };
        let mut found = Vec::new();
        match reading.read(&file, path, &mut found) {
            Some(settings) => labels.extend(settings),
            None => {
                let message = format!("the label file `{}` {}", text.assumed(), input.why_unread(&file));
                found.push(Problem::refusal(ProblemKind::MissingFile, path.span(), message));
            }
        }
        if active {
            problems.extend(found.into_iter().map(|problem| problem.service(name)));
        }
    }
    let located = |setting: Setting| Located::new(setting.value, Origin::at(setting.span));
    labels.into_iter().map(|(name, setting)| (name, located(setting))).collect()
}

struct Reading<'a> {
    environment: &'a Environment,
    input: &'a Input<'a>,
    earlier: &'a Settings,
    /// Labels are read: they see what earlier files set, and nothing of the project.
    labels: bool,
}

impl Reading<'_> {
    /// What the file sets; `None` when it is not there.
    fn read(&self, path: &Path, item: &Value, problems: &mut Vec<Problem>) -> Option<Settings> {
        if self.input.sources.files().kind(path) != Some(Kind::File) {
            return None;
        }
        let file = self.input.sources.load(path).ok()?;
        let lookup = |name: &str| self.lookup(name);
        let mut settings = if self.labels { Settings::new() } else { self.earlier.clone() };
        let format = item.get("format").and_then(Value::printed).unwrap_or_default();
        match format.as_str() {
            "" => dotenv::read(&file, &lookup, &mut settings, problems),
            "raw" => dotenv::read_raw(&file, &lookup, &mut settings, problems),
            other => {
                let at = item.get("format").map_or_else(|| item.span(), Value::span);
                let message = format!("`{other}` is no format of env files");
                let problem = Problem::refusal(ProblemKind::InvalidValue, at, message);
                problems.push(problem.help("write `raw`, or leave `format` out"));
            }
        }
        settings.retain(|_, setting| file.owns(setting.span));
        Some(settings)
    }

    /// The project's variables, then the service's; the reader asks itself for those of earlier files.
    fn lookup(&self, name: &str) -> Option<Text> {
        if self.labels {
            return Some(self.earlier.get(name)?.value.clone());
        }
        let own = || self.environment.variables.get(name)?.value.clone();
        self.input.environment.get(name).cloned().or_else(own)
    }
}
