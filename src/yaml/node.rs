//! The one tree of a YAML file.

use std::sync::Arc;

use crate::source::{Span, Spanned};

/// A node of a document, with everything the text says about it.
///
/// Cloning is cheap: collections share their children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// From the first to the last byte of the node's content: quotes and block scalar headers
    /// included, anchor, tag and trailing line break excluded. A null that is not written has
    /// the empty span where it would stand.
    pub span: Span,
    /// The tag as written (`!reset`, `!!str`), if one is.
    pub tag: Option<Spanned<String>>,
    /// The anchor's name without `&`, if one is written. The span includes the `&`.
    pub anchor: Option<Spanned<String>>,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A scalar.
    Scalar(Scalar),
    /// A sequence.
    Sequence(Sequence),
    /// A mapping.
    Mapping(Mapping),
    /// An alias; the node it stands for is shared, not copied.
    Alias(Alias),
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A scalar before its type is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text with escapes and folding undone; blank for a null that is not written.
    pub text: String,
    /// How it is written.
    pub style: Style,
}

/// A sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The items.
    pub items: Arc<[Node]>,
    /// Whether it is written `[…]`.
    pub flow: bool,
}

/// A mapping with its keys in order, duplicates and merge keys (`<<`) included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The entries.
    pub entries: Arc<[Entry]>,
    /// Whether it is written `{…}`.
    pub flow: bool,
}

/// One `key: value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key; any node in YAML, a scalar in Compose.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// An alias and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name without `*`.
    pub name: String,
    /// The anchored node. `None` when it is not known yet at this place: the alias stands inside
    /// the node it names.
    pub target: Option<Arc<Node>>,
}

/// A `# …` comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From the `#` to the end of the line, line break excluded.
    pub span: Span,
    /// The text after the `#`, trimmed.
    pub text: String,
    /// Whether nothing but blanks stands before it on its line.
    pub own_line: bool,
}

impl Node {
    /// The scalar, if this is one. Aliases are followed.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.resolved().kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The mapping, if this is one. Aliases are followed.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.resolved().kind {
            NodeKind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The sequence, if this is one. Aliases are followed.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&Sequence> {
        match &self.resolved().kind {
            NodeKind::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }

    /// The node itself, or what the alias stands for. An alias of an alias can't be written, so
    /// one step is enough; an alias inside its own target stays as it is.
    #[must_use]
    pub fn resolved(&self) -> &Node {
        match &self.kind {
            NodeKind::Alias(Alias { target: Some(target), .. }) => target,
            _ => self,
        }
    }
}

impl Mapping {
    /// The first entry with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.as_scalar().is_some_and(|scalar| scalar.text == key))
    }
}
