//! Small helpers to build and change trees.

use indexmap::IndexMap;

use super::super::{Data, Member, Value};
use crate::source::{Origin, Span, Text};

impl Value {
    /// A mapping that stands for this value.
    pub(in crate::compose) fn to_map(
        &self,
        members: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Value {
        let members =
            members.into_iter().map(|(key, value)| (key.to_string(), Member { key: Span::NONE, value }));
        self.with(Data::Map(members.collect()))
    }

    /// A string that is written nowhere, but follows from this value.
    pub(in crate::compose) fn implied(&self, text: impl Into<String>) -> Value {
        self.with(Data::String(Text::known(text, self.origin.clone())))
    }

    /// The bytes `from..to` of this string as a value of its own.
    pub(in crate::compose) fn cut(&self, from: usize, to: usize) -> Value {
        let Some(text) = self.as_text() else { return self.clone() };
        let part = text.slice(from, to);
        let written = part.span();
        let part = if part.pieces().is_empty() { Text::known("", self.origin.clone()) } else { part };
        let written = if written.is_none() { self.origin.written } else { written };
        Value {
            data: Data::String(part),
            origin: Origin { written, through: self.origin.through.clone() },
            base: self.base.clone(),
        }
    }

    /// The text of a string value.
    pub(in crate::compose) fn string(&self) -> Option<String> {
        self.as_text().map(Text::assumed)
    }

    /// The text under a key.
    pub(in crate::compose) fn string_at(&self, key: &str) -> Option<String> {
        self.get(key)?.string()
    }

    /// A scalar as Compose turns it into text; `None` for `null`, sequences and mappings.
    pub(in crate::compose) fn printed(&self) -> Option<String> {
        self.to_text().map(|text| text.assumed())
    }

    /// The value of a key, to change.
    pub(in crate::compose) fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.as_map_mut()?.get_mut(key).map(|member| &mut member.value)
    }

    /// The items of a sequence; none of anything else.
    pub(in crate::compose) fn items(&self) -> &[Value] {
        self.as_list().map_or(&[], Vec::as_slice)
    }

    /// The items of a sequence, to change; none of anything else.
    pub(in crate::compose) fn items_mut(&mut self) -> &mut [Value] {
        match &mut self.data {
            Data::List(items) => items,
            _ => &mut [],
        }
    }

    /// The members of a mapping; none of anything else.
    pub(in crate::compose) fn members(&self) -> impl Iterator<Item = (&String, &Member)> {
        self.as_map().into_iter().flatten()
    }

    /// The members of a mapping, to change; none of anything else.
    pub(in crate::compose) fn members_mut(&mut self) -> impl Iterator<Item = (&String, &mut Member)> {
        self.as_map_mut().into_iter().flatten()
    }

    /// Puts a value under a key that is not there.
    pub(in crate::compose) fn set_default(&mut self, key: &str, value: impl FnOnce(&Value) -> Value) {
        if self.get(key).is_none() && self.as_map().is_some() {
            let value = value(self);
            self.put(key, value);
        }
    }

    /// Puts a value under a key. What was there is replaced.
    pub(in crate::compose) fn put(&mut self, key: &str, value: Value) {
        if let Some(map) = self.as_map_mut() {
            match map.get_mut(key) {
                Some(member) => member.value = value,
                None => {
                    map.insert(key.to_string(), Member { key: Span::NONE, value });
                }
            }
        }
    }

    /// An empty mapping in the place of this value.
    pub(in crate::compose) fn empty_map(&self) -> Value {
        self.with(Data::Map(IndexMap::new()))
    }
}
