//! What is to be written, and how it looks as YAML.

use super::quote;

/// A value to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string; it is quoted where it would be read as something else.
    Text(String),
    /// A number, a truth value, a duration: written as it is.
    Bare(String),
    /// A short list that is written `["a", "b"]`, as Compose files write commands.
    Words(Vec<String>),
    /// A list, an item a line.
    List(Vec<Value>),
    /// A mapping.
    Map(Vec<(String, Value)>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_string())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

/// How the lines around the new ones are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout<'a> {
    /// The line ending.
    pub(super) line: &'a str,
    /// Columns by which a block is indented under its key.
    pub(super) step: usize,
    /// Columns by which a list is indented under its key.
    pub(super) list: usize,
}

impl Value {
    /// `key: value` and the lines below it, for a key that stands in this column.
    pub(super) fn entry(&self, key: &str, column: usize, layout: Layout<'_>) -> String {
        format!("{}:{}", quote::string(key, false), self.after_colon(column, layout))
    }

    /// What follows the `:` of a key that stands in this column: a blank and a scalar, or lines.
    pub(super) fn after_colon(&self, column: usize, layout: Layout<'_>) -> String {
        let lines = |step: usize| {
            self.lines(column + step, layout)
                .iter()
                .map(|line| format!("{}{line}", layout.line))
                .collect::<String>()
        };
        match self {
            Value::List(items) if !items.is_empty() => lines(layout.list),
            Value::Map(entries) if !entries.is_empty() => lines(layout.step),
            other => format!(" {}", other.flow(false)),
        }
    }

    /// `- value` and the lines below it, for a dash that stands in this column.
    pub(super) fn item(&self, column: usize, layout: Layout<'_>) -> String {
        match self {
            Value::Map(entries) if !entries.is_empty() => {
                let lines = self.lines(column + 2, layout);
                format!("- {}", lines.join(layout.line).trim_start_matches(' '))
            }
            other => format!("- {}", other.flow(false)),
        }
    }

    /// The lines of a list or mapping whose signs or keys stand in this column.
    pub(super) fn lines(&self, column: usize, layout: Layout<'_>) -> Vec<String> {
        let indentation = " ".repeat(column);
        let indented = |text: String| format!("{indentation}{text}");
        match self {
            Value::List(items) => items.iter().map(|item| indented(item.item(column, layout))).collect(),
            Value::Map(entries) => {
                entries.iter().map(|(key, value)| indented(value.entry(key, column, layout))).collect()
            }
            scalar => vec![indented(scalar.flow(false))],
        }
    }

    /// The value on one line; `inside` says whether it stands between brackets.
    pub(super) fn flow(&self, inside: bool) -> String {
        match self {
            Value::Text(text) => quote::string(text, inside),
            Value::Bare(text) => text.clone(),
            Value::Words(words) => {
                let words: Vec<String> = words.iter().map(|word| quote::double(word)).collect();
                format!("[{}]", words.join(", "))
            }
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.flow(true)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(entries) => {
                let entries: Vec<String> = entries.iter().map(|(key, value)| value.flow_entry(key)).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// `key: value` between brackets.
    pub(super) fn flow_entry(&self, key: &str) -> String {
        format!("{}: {}", quote::string(key, true), self.flow(true))
    }

    /// The value as JSON, for files that are written so.
    pub(super) fn json(&self) -> String {
        match self {
            Value::Text(text) => quote::double(text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::json).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(entries) => {
                let entry =
                    |(key, value): &(String, Value)| format!("{}: {}", quote::double(key), value.json());
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            other => other.flow(true),
        }
    }
}
