//! The merged tree of a project: what several documents say together, each value with its origin.

use indexmap::IndexMap;

use crate::source::{Origin, Span, Text};

/// A value of the merged tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where it is written and how it came here.
    pub origin: Origin,
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
