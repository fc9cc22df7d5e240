//! Where the values of a resolved model are written.

use serde_json::Value as Json;

use super::{Data, Project, Value};
use crate::source::{Origin, Span, Text};

/// Where one value of the model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueOrigin {
    /// The names and numbers that lead to the value.
    pub path: Vec<String>,
    /// The entry that decides it.
    pub origin: Origin,
    /// Parts that came from elsewhere by interpolation.
    pub parts: Vec<Origin>,
}

/// The origins of all values of a model that stand in files, in the order of the model. What only follows from
/// the rest (the name of a network) has none.
pub(super) fn of(model: &Json, tree: &Value, project: &Project) -> Vec<ValueOrigin> {
    let mut walk = Walk { project, path: Vec::new(), found: Vec::new() };
    walk.value(model, Some(tree), None);
    walk.found
}

struct Walk<'a> {
    project: &'a Project,
    path: Vec<String>,
    found: Vec<ValueOrigin>,
}

impl Walk<'_> {
    fn value(&mut self, json: &Json, value: Option<&Value>, around: Option<Span>) {
        match json {
            Json::Object(members) => {
                for (name, member) in members {
                    self.path.push(name.clone());
                    if !self.variable() {
                        let around = value.filter(|value| value.as_map().is_some()).map(Value::span);
                        self.value(member, value.and_then(|value| member_of(value, name)), around);
                    }
                    self.path.pop();
                }
            }
            Json::Array(items) => {
                let written = value.map(Value::items).unwrap_or_default();
                // What one text was taken apart into is written there as a whole.
                let same = written.len() == items.len();
                for (at, item) in items.iter().enumerate() {
                    self.path.push(at.to_string());
                    self.value(item, if same { written.get(at) } else { value }, None);
                    self.path.pop();
                }
            }
            _ => {
                // What has no place of its own only follows from what stands around it.
                if let Some(value) = value.filter(|value| around != Some(value.span())) {
                    self.note(value.origin.clone(), value.as_text());
                }
            }
        }
    }

    /// Notes the origin of a variable or label of a service, which may stand in a file of its own; says whether
    /// the path leads to one.
    fn variable(&mut self) -> bool {
        let [section, service, attribute, name] = self.path.as_slice() else { return false };
        let Some(service) = self.project.services.get(service).filter(|_| section == "services") else {
            return false;
        };
        match attribute.as_str() {
            "environment" => {
                let own = service.environment.variables.get(name);
                let files = || service.env_files.iter().rev().find_map(|file| file.variables.get(name));
                let Some(variable) = own.or_else(files) else { return false };
                self.note(variable.origin.clone(), variable.value.as_ref());
            }
            "labels" => {
                let Some(label) = service.labels.get(name) else { return false };
                self.note(label.origin.clone(), Some(&label.value));
            }
            _ => return false,
        }
        true
    }

    fn note(&mut self, origin: Origin, text: Option<&Text>) {
        if origin.written.is_none() {
            return;
        }
        let pieces = text.map(Text::pieces).unwrap_or_default();
        let elsewhere = pieces.iter().map(|piece| &piece.origin).filter(|part| {
            !origin.written.contains(part.written) || part.through.len() > origin.through.len()
        });
        let parts = elsewhere.cloned().collect();
        self.found.push(ValueOrigin { path: self.path.clone(), origin, parts });
    }
}

/// The member of a mapping, or the item of a list of `name=value`.
fn member_of<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match &value.data {
        Data::Map(_) => value.get(name),
        Data::List(items) => items.iter().rev().find(|item| {
            let text = item.printed().unwrap_or_default();
            text.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        }),
        // `build: .`
        _ => Some(value),
    }
}
