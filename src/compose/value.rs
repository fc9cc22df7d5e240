//! The merged tree of a project: what several documents say together, each value with its origin.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::schema::{PathKind, Shape};
use crate::source::{Origin, Span, Text, Via, clean};
use crate::yaml::float_text;

/// How many steps from where it is written to where it is used are kept of a value.
const MAX_STEPS: usize = 32;

/// A value of the merged tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where it is written and how it came here.
    pub origin: Origin,
    /// The directory against which relative paths in it resolve: the project's, that of the
    /// `include` it came through, or that of the file it was extended from. `None` for values that
    /// no file holds.
    pub base: Option<Arc<Path>>,
}

/// What a value is, resolved as Compose's YAML library resolves it.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float, also an integer beyond 64 bits.
    Float(f64),
    /// An unquoted date or time, as Compose prints it once it is text.
    Timestamp(String),
    /// A string, with the origin of each part that interpolation put in.
    String(Text),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping without duplicates; the key's own span is kept.
    Map(IndexMap<String, Member>),
}

/// A value of a mapping, and where its key stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Where the key is written.
    pub key: Span,
    /// The value.
    pub value: Value,
}

impl Value {
    /// A value that is written nowhere, but follows from what is written at `origin`.
    #[must_use]
    pub const fn made(data: Data, origin: Origin) -> Self {
        Self { data, origin, base: None }
    }

    /// Another value in the place of this one.
    #[must_use]
    pub fn with(&self, data: Data) -> Self {
        Self { data, origin: self.origin.clone(), base: self.base.clone() }
    }

    /// Where it is written.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.origin.written
    }

    /// The mapping, if it is one.
    #[must_use]
    pub const fn as_map(&self) -> Option<&IndexMap<String, Member>> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping, if it is one, to change.
    #[must_use]
    pub const fn as_map_mut(&mut self) -> Option<&mut IndexMap<String, Member>> {
        match &mut self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The sequence, if it is one.
    #[must_use]
    pub const fn as_list(&self) -> Option<&Vec<Value>> {
        match &self.data {
            Data::List(list) => Some(list),
            _ => None,
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub const fn as_text(&self) -> Option<&Text> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key).map(|member| &member.value)
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// What it is, for messages: "a mapping", "a string" …
    #[must_use]
    pub const fn kind_name(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "a boolean",
            Data::Int(_) => "an integer",
            Data::Float(_) => "a number",
            Data::Timestamp(_) => "a timestamp",
            Data::String(_) => "a string",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }

    /// Whether two values say the same, wherever they are written.
    #[must_use]
    pub fn same(&self, other: &Value) -> bool {
        self.same_at(other, None)
    }

    /// Whether two values say the same at a place of this shape, where a relative path is another
    /// one when it resolves against another directory.
    pub(super) fn same_at(&self, other: &Value, shape: Option<&Shape>) -> bool {
        match (&self.data, &other.data) {
            (Data::Map(one), Data::Map(two)) => {
                let same = |key: &str, one: &Value, two: &Value| {
                    one.same_at(two, shape.and_then(|shape| shape.member(key)))
                };
                one.len() == two.len()
                    && one.iter().all(|(key, member)| {
                        two.get(key).is_some_and(|other| same(key, &member.value, &other.value))
                    })
            }
            (Data::List(one), Data::List(two)) => {
                let item = shape.and_then(Shape::item);
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.same_at(two, item))
            }
            (Data::String(_), Data::String(_)) => self.identity(shape) == other.identity(shape),
            (one, two) => one == two,
        }
    }

    /// What makes a string that string: its text, or the place that a relative path names.
    pub(super) fn identity(&self, shape: Option<&Shape>) -> Option<String> {
        let text = self.as_text()?.assumed();
        let is_path = match shape.and_then(|shape| shape.path) {
            None => false,
            Some(PathKind::Volume) => text.starts_with('.'),
            Some(PathKind::Context | PathKind::Ssh) => !text.contains(':'),
            Some(_) => true,
        };
        match &self.base {
            Some(base) if is_path => Some(clean(&base.join(&text)).to_string_lossy().into_owned()),
            _ => Some(text),
        }
    }

    /// The text of a scalar where Compose makes text of it: `1.50` is `1.5`, `true` is `true`.
    /// `None` for null, sequences and mappings.
    #[must_use]
    pub fn to_text(&self) -> Option<Text> {
        match &self.data {
            Data::String(text) => Some(text.clone()),
            data => go_text(data).map(|text| Text::known(text, self.origin.clone())),
        }
    }

    /// The same value, every part of it having taken one more step.
    #[must_use]
    pub fn via(mut self, step: &Via) -> Self {
        self.add_step(step);
        self
    }

    fn add_step(&mut self, step: &Via) {
        // A story of more steps helps nobody, and chains of thousands would cost as many each.
        if self.origin.through.len() >= MAX_STEPS {
            return;
        }
        self.origin.through.push(step.clone());
        match &mut self.data {
            Data::String(text) => *text = std::mem::take(text).via(step),
            Data::List(list) => list.iter_mut().for_each(|item| item.add_step(step)),
            Data::Map(map) => map.values_mut().for_each(|member| member.value.add_step(step)),
            _ => {}
        }
    }
}

/// The text of a scalar that stands where text is wanted, as Go prints it.
fn go_text(data: &Data) -> Option<String> {
    match data {
        Data::Bool(value) => Some(value.to_string()),
        Data::Int(value) => Some(value.to_string()),
        Data::Float(value) => Some(float_text(*value)),
        Data::Timestamp(text) => Some(text.clone()),
        Data::Null | Data::String(_) | Data::List(_) | Data::Map(_) => None,
    }
}
