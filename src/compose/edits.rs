//! Changes to a project's files, asked for in its own nouns; how they are written is no concern of
//! those who ask.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Dependency, Project, Service};
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
    project: Option<Ownership<'a>>,
}

/// Whose text is whose in a project.
struct Ownership<'a> {
    project: &'a Project,
    /// The project's compose files, and those that it includes.
    files: HashSet<PathBuf>,
}

impl<'a> Edits<'a> {
    /// Edits of files that these sources have read.
    #[must_use]
    pub fn new(sources: &'a SourceMap) -> Self {
        Self { sources, read: Mutex::default(), project: None }
    }

    /// The same for a project's services: what one of them takes over from another by `extends` is not changed
    /// for it.
    #[must_use]
    pub fn of(self, project: &'a Project) -> Self {
        let defining = project.services.values().map(|service| service.origin.written);
        let defining = defining.filter_map(|span| self.sources.file(span)).map(|file| file.path.clone());
        let files = project.files.iter().cloned().chain(defining).collect();
        Self { project: Some(Ownership { project, files }), ..self }
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
        self.with_own(service, block, |editor| editor.set_variable(block, name, text))
    }

    /// Gives the service an attribute, in place of the one it has.
    #[must_use]
    pub fn set_attribute(&self, service: &Service, key: &str, value: &Value) -> Option<Vec<Edit>> {
        let mapping = service.origin.written;
        self.with(mapping, |editor| editor.set_attribute(mapping, key, value))
    }

    /// Adds an entry to an attribute of the service that is a list or a mapping of names, in the form it has:
    /// `name:value` or `name: value`; without a value, the name alone. Where the service has no such attribute,
    /// it gets `begin`. `known` are the places of the entries there are: where one stands outside
    /// the service, the attribute comes from elsewhere and is left alone.
    #[must_use]
    pub fn add_name(
        &self,
        service: &Service,
        attribute: &str,
        (name, value): (&str, Option<&str>),
        begin: &Value,
        known: &[Span],
    ) -> Option<Vec<Edit>> {
        let mapping = service.origin.written;
        if known.iter().any(|span| !span.is_none() && !mapping.contains(*span)) {
            return None;
        }
        let item = value.map_or_else(|| name.to_string(), |value| format!("{name}:{value}"));
        let entry = value.map_or_else(|| Value::Map(Vec::new()), Value::from);
        self.with(mapping, |editor| editor.add_name(mapping, attribute, &item, (name, &entry), begin))
    }

    /// Gives the key of the mapping at `block` a value, in place of the one it has.
    #[must_use]
    pub fn set_entry(&self, block: Span, key: &str, value: &Value) -> Option<Vec<Edit>> {
        self.with(block, |editor| editor.set_attribute(block, key, value))
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
        self.with_own(service, key, |editor| {
            let with = entry(condition.unwrap_or("service_started"));
            editor.append_entry(key, name, &with).or_else(|| match condition {
                None => editor.append_item(key, &name.into()),
                // A list says no condition: it has to become a mapping.
                Some(_) => editor.list_to_map(key, &|_| entry("service_started"), Some((name, &with))),
            })
        })
    }

    /// Makes the service wait until what it depends on is healthy. A list becomes a mapping, in which
    /// the other entries keep their meaning, `service_started`.
    #[must_use]
    pub fn wait_until_healthy(&self, service: &Service, dependency: &Dependency) -> Option<Vec<Edit>> {
        let (key, entry) = (service.depends_on_key, dependency.service.span());
        let name = dependency.service.value.as_str();
        let holds = |editor: &Editor<'_>| editor.extent(key).is_some_and(|all| all.contains(entry));
        if !self.with(key, |editor| Some(holds(editor))).unwrap_or(false) {
            // The entry comes from another file's `depends_on`.
            return self.with_own(service, entry, |editor| {
                editor.set_attribute(entry, "condition", &"service_healthy".into())
            });
        }
        self.with_own(service, key, |editor| {
            let condition = |other: &str| {
                let condition = if other == name { "service_healthy" } else { "service_started" };
                Value::Map(vec![("condition".to_string(), condition.into())])
            };
            editor
                .list_to_map(key, &condition, None)
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

    /// Doubles the `$` of the reference to this variable at this place, so that Compose leaves it as it is. In a
    /// text of several lines or with escapes, of all references to it.
    #[must_use]
    pub fn escape_references(&self, place: Span, name: &str) -> Option<Vec<Edit>> {
        let file = self.sources.file(place)?;
        let text = file.snippet(place);
        let exact = text.starts_with('$');
        let found = references(text, name).take(if exact { 1 } else { usize::MAX });
        let dollar = |at: usize| Edit { span: place.slice(at, at), text: "$".to_string() };
        let edits: Vec<Edit> = found.map(dollar).collect();
        (!edits.is_empty()).then_some(edits)
    }

    /// Writes another text in place of one that stands so in a file of any kind: `localhost` in a string of a
    /// program's source. Neither may be more than a plain word, so that no language reads it otherwise.
    #[must_use]
    pub fn replace_word(&self, span: Span, word: &str, other: &str) -> Option<Vec<Edit>> {
        self.replace_plain(span, (word, other), &[b'.', b'-', b'_'])
    }

    /// Writes another image in place of one that stands so in a Dockerfile.
    #[must_use]
    pub fn replace_image(&self, span: Span, image: &str, other: &str) -> Option<Vec<Edit>> {
        self.replace_plain(span, (image, other), &[b'.', b'-', b'_', b':', b'/', b'@'])
    }

    fn replace_plain(&self, span: Span, (word, other): (&str, &str), signs: &[u8]) -> Option<Vec<Edit>> {
        let plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || signs.contains(&b))
        };
        let file = self.sources.file(span)?;
        let stands = file.snippet(span) == word && plain(word) && plain(other);
        stands.then(|| vec![Edit { span, text: other.to_string() }])
    }

    /// Writes one text in place of neighbouring items of a list.
    #[must_use]
    pub fn join_items(&self, first: Span, last: Span, text: &str) -> Option<Vec<Edit>> {
        self.with(first, |editor| editor.join_items(first, last, text))
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

    /// Writes another name in place of the one of an entry.
    #[must_use]
    pub fn rename_key(&self, key: Span, name: &str) -> Option<Vec<Edit>> {
        self.with(key, |editor| editor.rename_key(key, name))
    }

    /// Edits what belongs to the service alone.
    fn with_own<T>(
        &self,
        service: &Service,
        span: Span,
        make: impl FnOnce(&Editor<'_>) -> Option<T>,
    ) -> Option<T> {
        self.with(span, make).filter(|_| self.owns(service, span))
    }

    /// Whether what stands at this place is the service's own: in its mapping, or in one of another compose
    /// file that adds to it.
    fn owns(&self, service: &Service, span: Span) -> bool {
        let Some(Ownership { project, files }) = &self.project else { return true };
        if service.origin.written.contains(span) {
            return true;
        }
        let others = project.services.values().any(|other| other.origin.written.contains(span));
        !others && self.sources.file(span).is_some_and(|file| files.contains(&file.path))
    }

    fn with<T>(&self, span: Span, make: impl FnOnce(&Editor<'_>) -> Option<T>) -> Option<T> {
        let read = self.read(span)?;
        make(&Editor::new(&read.0, &read.1))
    }

    fn read(&self, span: Span) -> Option<Read> {
        let file = self.sources.file(span).filter(|file| self.is_yaml(&file.path))?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let known = read.entry(file.path.clone()).or_insert_with(|| {
            let stream = yaml::parse(&file);
            Arc::new((file, stream))
        });
        Some(known.clone())
    }

    /// Whether the file is meant as YAML: much else reads like it by chance, such as env files.
    fn is_yaml(&self, path: &Path) -> bool {
        let named = path.extension().is_some_and(|it| ["yml", "yaml", "json"].iter().any(|name| it == *name));
        named || self.project.as_ref().is_none_or(|owned| owned.files.contains(path))
    }
}

/// Where a text refers to the variable, `$$NAME` left out.
fn references<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices('$').map(|(at, _)| at).filter(move |at| {
        let before = text.get(..*at).unwrap_or("");
        let dollars = before.len() - before.trim_end_matches('$').len();
        let rest = text.get(at + 1..).unwrap_or("");
        let rest = rest.strip_prefix('{').unwrap_or(rest).strip_prefix(name);
        dollars % 2 == 0 && rest.is_some_and(|rest| !rest.starts_with(is_part))
    })
}
