//! `environment`, and what the files of `env_file` set.

use super::super::{Data, EnvFile, Environment, EnvironmentForm, Located, Value, Variable};
use super::build::entries;
use super::{Input, key_span};
use crate::finding::Problem;

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

/// How the last block is written. Merging makes lists of mappings: the `=` of such an item stands
/// in no file.
fn form(value: &Value) -> EnvironmentForm {
    match &value.data {
        Data::Map(_) => EnvironmentForm::Mapping,
        Data::List(items) => {
            let made = |item: &Value| {
                let pieces = item.as_text().map(crate::source::Text::pieces).unwrap_or_default();
                pieces.get(1).is_some_and(|piece| piece.text == "=" && piece.origin.written.is_none())
            };
            let in_block = |item: &&Value| value.span().contains(item.span());
            match items.iter().rev().find(in_block) {
                Some(item) if made(item) => EnvironmentForm::Mapping,
                _ => EnvironmentForm::List,
            }
        }
        _ => EnvironmentForm::Absent,
    }
}

/// `env_file`, each with what it sets.
pub(super) fn files(
    service: &Value,
    _environment: &Environment,
    input: &Input,
    _problems: &mut Vec<Problem>,
    _name: &str,
) -> Vec<EnvFile> {
    let items = service.get("env_file").map(Value::items).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let path = item.get("path")?;
            let text = path.scalar_text()?;
            let file = input.places.absolute(&text.assumed(), path);
            let found = input.sources.files().kind(&file) == Some(crate::source::Kind::File);
            Some(EnvFile {
                path: Located::new(text, path.origin.clone()),
                file,
                required: super::boolean_at(item, "required").unwrap_or(true),
                found,
                ..EnvFile::default()
            })
        })
        .collect()
}
