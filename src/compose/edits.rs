//! Changes to a project's files, asked for in its own nouns; how they are written is no concern of
//! those who ask.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Dependency, Service};
use crate::finding::Edit;
use crate::source::{SourceFile, SourceMap, Span};
use crate::yaml::{self, Stream, edit::Editor};

pub use crate::yaml::edit::Value;

type Read = Arc<(Arc<SourceFile>, Stream)>;

/// Makes the edits of fixes.
///
/// Every method says `None` where the change would not be local or is not known to be right: the
/// place is shared through an alias or a merge key, is not written in a file, or is written in an
/// unusual way.
pub struct Edits<'a> {
    sources: &'a SourceMap,
    read: Mutex<HashMap<PathBuf, Read>>,
}

impl<'a> Edits<'a> {
    /// Edits of files that these sources have read.
    #[must_use]
    pub fn new(sources: &'a SourceMap) -> Self {
        Self { sources, read: Mutex::default() }
    }

    /// Sets a variable in the service's `environment`, in the form the block has; begins the block
    /// where there is none.
    #[must_use]
    pub fn set_variable(&self, service: &Service, name: &str, text: &str) -> Option<Vec<Edit>> {
        if service.environment.block.is_none() && service.environment.key.is_none() {
            let block = Value::Map(vec![(name.to_string(), text.into())]);
            return self.set_attribute(service, "environment", &block);
        }
        let block = if service.environment.block.is_none() {
            service.environment.key
        } else {
            service.environment.block
        };
        self.with(block, |editor| editor.set_variable(block, name, text))
    }

    /// Gives the service an attribute, in place of the one it has.
    #[must_use]
    pub fn set_attribute(&self, service: &Service, key: &str, value: &Value) -> Option<Vec<Edit>> {
        let mapping = service.origin.written;
        self.with(mapping, |editor| editor.set_attribute(mapping, key, value))
    }

    /// Makes the service wait for another: adds it to `depends_on`, in the form that has, with the
    /// condition if one is given (`service_healthy`).
    #[must_use]
    pub fn add_dependency(
        &self,
        service: &Service,
        name: &str,
        condition: Option<&str>,
    ) -> Option<Vec<Edit>> {
        let entry = |condition: &str| Value::Map(vec![("condition".to_string(), condition.into())]);
        if service.depends_on_key.is_none() {
            let block = match condition {
                Some(condition) => Value::Map(vec![(name.to_string(), entry(condition))]),
                None => Value::List(vec![name.into()]),
            };
            return self.set_attribute(service, "depends_on", &block);
        }
        let key = service.depends_on_key;
        self.with(key, |editor| {
            let with = entry(condition.unwrap_or("service_started"));
            // A list says no condition: there the entry would have to wait for the list's change.
            editor.append_entry(key, name, &with).or_else(|| match condition {
                None => editor.append_item(key, &name.into()),
                Some(_) => None,
            })
        })
    }

    /// Makes the service wait until what it depends on is healthy. A list becomes a mapping, in which
    /// the other entries keep their meaning, `service_started`.
    #[must_use]
    pub fn wait_until_healthy(&self, service: &Service, dependency: &Dependency) -> Option<Vec<Edit>> {
        let (key, entry) = (service.depends_on_key, dependency.service.span());
        let name = dependency.service.value.as_str();
        self.with(key, |editor| {
            let condition = |other: &str| {
                let condition = if other == name { "service_healthy" } else { "service_started" };
                Value::Map(vec![("condition".to_string(), condition.into())])
            };
            editor
                .list_to_map(key, &condition)
                .or_else(|| editor.set_attribute(entry, "condition", &"service_healthy".into()))
        })
    }

    /// Writes another text in place of a part of a scalar (`localhost` of a URL).
    #[must_use]
    pub fn replace_within(&self, span: Span, text: &str) -> Option<Vec<Edit>> {
        self.with(span, |editor| editor.replace_within(span, text))
    }

    /// Writes another text in place of a whole scalar, in the quotes it has.
    #[must_use]
    pub fn replace(&self, span: Span, text: &str) -> Option<Vec<Edit>> {
        self.with(span, |editor| editor.replace_scalar(span, text))
    }

    /// Takes out the entry whose key stands at this place.
    #[must_use]
    pub fn remove_entry(&self, key: Span) -> Option<Vec<Edit>> {
        self.with(key, |editor| editor.remove_entry(key))
    }

    /// Takes out the list item that stands at this place, or around it.
    #[must_use]
    pub fn remove_item(&self, item: Span) -> Option<Vec<Edit>> {
        self.with(item, |editor| editor.remove_item(item))
    }

    /// Puts the plain scalar at this place in quotes, so that its text is what is read.
    #[must_use]
    pub fn quote(&self, scalar: Span) -> Option<Vec<Edit>> {
        self.with(scalar, |editor| editor.quote(scalar))
    }

    fn with<T>(&self, span: Span, make: impl FnOnce(&Editor<'_>) -> Option<T>) -> Option<T> {
        let read = self.read(span)?;
        make(&Editor::new(&read.0, &read.1))
    }

    fn read(&self, span: Span) -> Option<Read> {
        let file = self.sources.file(span)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let known = read.entry(file.path.clone()).or_insert_with(|| {
            let stream = yaml::parse(&file);
            Arc::new((file, stream))
        });
        Some(known.clone())
    }
}
