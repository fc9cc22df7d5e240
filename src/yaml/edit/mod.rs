//! Edits that keep every byte they need not touch: new lines take indentation and line ending from
//! their neighbours, scalars keep their quotes, comments stay.
//!
//! Every method says `None` where a change would not be local: what an alias or a merge key shares
//! with other places is not touched, nor what is written in a way that the method does not know.

mod insert;
mod locate;
mod quote;
mod replace;
mod value;
mod verify;

pub use value::Value;
pub use verify::changes_only;

use locate::{Located, locate};
use value::Layout;

use crate::finding::Edit;
use crate::source::{SourceFile, Span};
use crate::yaml::{NodeKind, Stream};

/// Makes edits of one file.
pub struct Editor<'a> {
    file: &'a SourceFile,
    stream: &'a Stream,
    /// Whether the file can be edited.
    sound: bool,
}

impl<'a> Editor<'a> {
    /// An editor of a file that was read without problems; of another it edits nothing.
    #[must_use]
    pub fn new(file: &'a SourceFile, stream: &'a Stream) -> Self {
        // What else than a line feed ends lines in some YAML: there, lines are not what they seem.
        let returns = file.text.matches('\r').count() == file.text.matches("\r\n").count();
        let others = file.text.contains(['\u{85}', '\u{2028}', '\u{2029}']);
        Self { file, stream, sound: returns && !others && stream.problems.is_empty() }
    }

    /// Adds `key: value` at the end of the mapping at `block`, or begins the mapping where the value
    /// is null. `block` is the place of the mapping or of the key it stands under.
    #[must_use]
    pub fn append_entry(&self, block: Span, key: &str, value: &Value) -> Option<Vec<Edit>> {
        let found = self.find(block)?;
        match &found.node.kind {
            NodeKind::Mapping(mapping) if mapping.get(key).is_some() => None,
            NodeKind::Mapping(mapping) if mapping.flow => self.append_flow_entry(&found, mapping, key, value),
            NodeKind::Mapping(mapping) => self.append_block_entry(mapping, key, value),
            _ => self.begin(&found, &Value::Map(vec![(key.to_string(), value.clone())])),
        }
    }

    /// Adds `- value` at the end of the list at `block`, or begins the list where the value is null.
    #[must_use]
    pub fn append_item(&self, block: Span, value: &Value) -> Option<Vec<Edit>> {
        let found = self.find(block)?;
        match &found.node.kind {
            NodeKind::Sequence(sequence) if sequence.flow => self.append_flow_item(&found, sequence, value),
            NodeKind::Sequence(sequence) => self.append_block_item(&found, sequence, value),
            _ => self.begin(&found, &Value::List(vec![value.clone()])),
        }
    }

    /// Sets one variable of an `environment`, `labels`, `args` … block, in its list or mapping form.
    #[must_use]
    pub fn set_variable(&self, block: Span, name: &str, text: &str) -> Option<Vec<Edit>> {
        let found = self.find(block)?;
        match &found.node.kind {
            NodeKind::Sequence(sequence) => {
                let written = format!("{name}={text}");
                let named = |item: &str| item.split('=').next() == Some(name);
                let mut items = sequence
                    .items
                    .iter()
                    .filter(|item| matches!(&item.kind, NodeKind::Scalar(scalar) if named(&scalar.text)));
                match items.next_back() {
                    Some(item) => self.replace_scalar(item.span, &written),
                    None => self.append_item(block, &Value::Text(written)),
                }
            }
            _ => self.set_attribute(block, name, &Value::Text(text.to_string())),
        }
    }

    /// Adds `item` to the list, or `entry` to the mapping, that stands under `key` of the mapping at `block`; gives
    /// the key the value `begin` where there is none.
    #[must_use]
    pub fn add_name(
        &self,
        block: Span,
        key: &str,
        item: &str,
        (name, value): (&str, &Value),
        begin: &Value,
    ) -> Option<Vec<Edit>> {
        let found = self.find(block)?;
        let Some(entry) = found.node.as_mapping()?.get(key) else {
            return self.append_entry(block, key, begin);
        };
        match &entry.value.kind {
            NodeKind::Sequence(_) => self.append_item(entry.key.span, &Value::Text(item.to_string())),
            NodeKind::Mapping(_) => self.append_entry(entry.key.span, name, value),
            _ => None,
        }
    }

    /// Gives the key of the mapping at `block` this value: replaces the one it has, or adds an entry.
    #[must_use]
    pub fn set_attribute(&self, block: Span, key: &str, value: &Value) -> Option<Vec<Edit>> {
        let found = self.find(block)?;
        match found.node.as_mapping().and_then(|mapping| mapping.get(key)) {
            Some(entry) => match (&entry.value.kind, value) {
                (NodeKind::Scalar(_), Value::Text(text)) if !entry.value.span.is_empty() => {
                    self.replace_scalar(entry.value.span, text)
                }
                _ => self.replace_value(entry.key.span, value),
            },
            None => self.append_entry(block, key, value),
        }
    }

    fn find(&self, span: Span) -> Option<Located<'a>> {
        if !self.sound {
            return None;
        }
        let found = locate(self.stream, span)?;
        (!found.shared).then_some(found)
    }

    fn edit(span: Span, text: impl Into<String>) -> Edit {
        Edit { span, text: text.into() }
    }

    /// The line ending of the line that holds this offset; of the file's first line where it has none.
    fn line_ending(&self, offset: u32) -> &'static str {
        let text = &self.file.text;
        let rest = text.get(self.file.local(offset)..).unwrap_or("");
        let until = |text: &str| text.split_once('\n').map(|(line, _)| line.ends_with('\r'));
        if until(rest).or_else(|| until(text)).unwrap_or(false) { "\r\n" } else { "\n" }
    }

    /// Where the line that holds this offset ends, its line break excluded.
    fn line_end(&self, offset: u32) -> Span {
        let local = self.file.local(offset);
        let rest = self.file.text.get(local..).unwrap_or("");
        let line = rest.split('\n').next().unwrap_or("");
        let end = local + line.strip_suffix('\r').unwrap_or(line).len();
        self.file.slice(end, end)
    }

    /// The text of the line before this offset.
    fn line_before(&self, offset: u32) -> &'a str {
        let text = self.file.text.get(..self.file.local(offset)).unwrap_or("");
        text.rsplit('\n').next().unwrap_or("").trim_start_matches('\u{FEFF}')
    }

    /// The column in which something stands, if only blanks and the signs of a list stand before it.
    fn column(&self, offset: u32) -> Option<usize> {
        let before = self.line_before(offset);
        before.chars().all(|c| matches!(c, ' ' | '-')).then_some(before.len())
    }

    /// How new lines near this place look.
    fn layout(&self, place: Span, habit: locate::Habit) -> Layout<'static> {
        Layout { line: self.line_ending(place.lo), step: habit.step, list: habit.list }
    }

    /// Whether a comment stands within the span.
    fn has_comment(&self, span: Span) -> bool {
        self.stream.comments.iter().any(|comment| span.contains(comment.span))
    }
}
