//! From the canonical tree to the typed [`Project`]. What has another type than it should is left
//! out here: the validation of the tree has told it already.

mod build;
mod command;
mod environment;
mod health;
mod network;
mod ports;
mod relations;
mod resources;
mod service;
mod volumes;

pub(super) use relations::implied;

use std::path::Path;

use indexmap::IndexMap;

use super::environment::said;
use super::paths::Places;
use super::{Data, Located, Project, Value};
use crate::source::{SourceMap, Span, Text};

/// What decoding needs besides the tree.
pub(super) struct Input<'a> {
    /// Where env files are read.
    pub sources: &'a SourceMap,
    /// Against what paths are resolved.
    pub places: &'a Places,
    /// What references and bare names of variables see.
    pub environment: &'a IndexMap<String, Text>,
    /// The active profiles.
    pub profiles: &'a [String],
}

impl Input<'_> {
    /// Why a file can't be read, after its name.
    pub fn why_unread(&self, file: &Path) -> String {
        // A pipe or device is refused before it is opened.
        self.sources
            .load(file)
            .err()
            .map_or_else(|| "is not a regular file".to_string(), |reason| said(&reason))
    }
}

/// Fills services, networks, volumes, secrets and configs of the project from the canonical tree.
pub(super) fn decode(tree: &Value, input: &Input, project: &mut Project) {
    for (name, member) in tree.get("services").into_iter().flat_map(Value::members) {
        let service = service::decode(name, member, input, &mut project.problems);
        project.services.insert(name.clone(), service);
    }
    resources::decode(tree, input, project);
}

/// Whether a service runs under these profiles.
pub(super) fn is_active(service: &Value, profiles: &[String]) -> bool {
    let wanted = service.get("profiles").map(Value::items).unwrap_or_default();
    let asked = |profile: &Value| {
        profile.string().is_some_and(|profile| profiles.iter().any(|asked| *asked == profile || asked == "*"))
    };
    wanted.is_empty() || wanted.iter().any(asked)
}

/// A scalar with its place.
fn text(value: &Value) -> Option<Located<Text>> {
    Some(Located::new(value.to_text()?, value.origin.clone()))
}

/// The scalar under a key.
fn text_at(value: &Value, key: &str) -> Option<Located<Text>> {
    text(value.get(key)?)
}

/// The scalar under a key, as a plain string.
fn string_at(value: &Value, key: &str) -> Option<Located<String>> {
    let value = value.get(key)?;
    Some(Located::new(value.printed()?, value.origin.clone()))
}

/// A boolean, also where it is written as a string.
fn boolean(value: &Value) -> Option<bool> {
    match &value.data {
        Data::Bool(value) => Some(*value),
        Data::String(text) => match text.assumed().to_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The boolean under a key.
fn boolean_at(value: &Value, key: &str) -> Option<bool> {
    boolean(value.get(key)?)
}

/// A whole number, also where it is written as a string.
fn integer(value: &Value) -> Option<i64> {
    match &value.data {
        Data::Int(value) => Some(*value),
        #[allow(clippy::cast_possible_truncation)]
        Data::Float(value) if value.fract() == 0.0 => Some(*value as i64),
        Data::String(text) => super::short::number::integer(&text.assumed()),
        _ => None,
    }
}

/// The strings of a list.
fn strings(value: Option<&Value>) -> Vec<Located<String>> {
    let items = value.map(Value::items).unwrap_or_default();
    items.iter().filter_map(|item| Some(Located::new(item.printed()?, item.origin.clone()))).collect()
}

/// Where the key of a mapping stands.
fn key_span(value: &Value, key: &str) -> Span {
    value.as_map().and_then(|map| map.get(key)).map_or(Span::NONE, |member| member.key)
}
