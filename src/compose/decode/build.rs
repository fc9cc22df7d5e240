//! `build`, and what is written as a mapping or a list of `key=value`.

use indexmap::IndexMap;

use super::super::{Build, Data, Located, Value};
use super::{Input, text_at};
use crate::source::{Span, Text};

pub(super) fn decode(value: &Value, input: &Input) -> Option<Build> {
    value.as_map()?;
    let context = text_at(value, "context");
    let directory = match (&context, value.get("context")) {
        (Some(text), Some(written)) => {
            let path = text.complete().map(|path| if path.is_empty() { ".".to_string() } else { path });
            path.and_then(|path| input.places.context(&path, written))
        }
        _ => Some(input.places.absolute(".", value)),
    };
    Some(Build {
        origin: value.origin.clone(),
        context,
        directory,
        dockerfile: text_at(value, "dockerfile"),
        dockerfile_inline: text_at(value, "dockerfile_inline"),
        args: args(value.get("args"), input),
        target: text_at(value, "target"),
        contexts: entries(value.get("additional_contexts")).into_iter().map(|entry| entry.name).collect(),
        network: text_at(value, "network"),
    })
}

/// Arguments without a value are the host's.
fn args(value: Option<&Value>, input: &Input) -> IndexMap<String, Located<Option<Text>>> {
    let resolved = entries(value).into_iter().map(|entry| {
        let text = entry.value.or_else(|| input.environment.get(&entry.name).cloned());
        (entry.name, Located::new(text, entry.origin))
    });
    resolved.collect()
}

/// Labels; one without a value is blank.
pub(super) fn labels(value: Option<&Value>) -> IndexMap<String, Located<Text>> {
    let blank = |entry: &Entry| Text::known("", entry.origin.clone());
    let labels = entries(value).into_iter().map(|entry| {
        let text = entry.value.clone().unwrap_or_else(|| blank(&entry));
        (entry.name, Located::new(text, entry.origin))
    });
    labels.collect()
}

/// One `key=value`, in either form.
pub(super) struct Entry {
    pub name: String,
    pub key: Span,
    pub value: Option<Text>,
    pub origin: crate::source::Origin,
}

/// The entries of a mapping or of a list of `key=value`, in order.
pub(super) fn entries(value: Option<&Value>) -> Vec<Entry> {
    let Some(value) = value else { return Vec::new() };
    match &value.data {
        Data::Map(map) => map
            .iter()
            .map(|(name, member)| {
                let mut origin = member.value.origin.clone();
                origin.written = member.key.to(origin.written);
                Entry { name: name.clone(), key: member.key, value: member.value.to_text(), origin }
            })
            .collect(),
        Data::List(items) => items.iter().filter_map(listed).collect(),
        _ => Vec::new(),
    }
}

fn listed(item: &Value) -> Option<Entry> {
    let text = item.as_text()?;
    let whole = text.assumed();
    let origin = item.origin.clone();
    Some(match whole.find('=') {
        Some(equals) => {
            let mut value = text.within(equals + 1, whole.len());
            if value.pieces().is_empty() {
                value = Text::known("", origin.clone());
            }
            Entry {
                name: whole[..equals].to_string(),
                key: text.slice(0, equals).span(),
                value: Some(value),
                origin,
            }
        }
        None => Entry { key: item.span(), name: whole, value: None, origin },
    })
}
