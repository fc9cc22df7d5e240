//! What both translations to the common tree need.

use tree_sitter::Node;

use crate::programs::reading::{Bounds, parts};
use crate::source::{SourceFile, Span, Spanned};

/// A file under translation.
pub struct Source<'f> {
    /// The file.
    pub file: &'f SourceFile,
    /// How far it may go.
    pub bounds: Bounds,
}

impl<'f> Source<'f> {
    /// A file from its start.
    #[must_use]
    pub fn new(file: &'f SourceFile) -> Self {
        Self { file, bounds: Bounds::default() }
    }

    /// Where the node stands.
    #[must_use]
    pub fn span(&self, node: Node<'_>) -> Span {
        self.file.slice(node.start_byte(), node.end_byte())
    }

    /// The node's text.
    #[must_use]
    pub fn text(&self, node: Node<'_>) -> &'f str {
        self.file.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The node's text with its place.
    #[must_use]
    pub fn spanned(&self, node: Node<'_>) -> Spanned<String> {
        Spanned::new(self.text(node).to_string(), self.span(node))
    }

    /// The text of a string between its quotes, which are so long at each side; escapes undone.
    #[must_use]
    pub fn quoted(&self, node: Node<'_>, quotes: usize) -> Spanned<String> {
        let (from, to) = (
            node.start_byte() + quotes,
            node.end_byte().saturating_sub(quotes).max(node.start_byte() + quotes),
        );
        let raw = self.file.text.get(from..to).unwrap_or_default();
        if quotes == 3 {
            return Spanned::new(unindented(raw), self.file.slice(from, to));
        }
        Spanned::new(unescaped(raw), self.file.slice(from, to))
    }
}

/// The children of that kind.
pub fn of_kind<'t>(node: Node<'t>, kind: &str) -> Vec<Node<'t>> {
    parts(node).into_iter().filter(|child| child.kind() == kind).collect()
}

/// The first child of that kind.
pub fn first<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    of_kind(node, kind).into_iter().next()
}

/// The text with its escapes undone.
pub fn unescaped(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_string();
    }
    let mut out = String::new();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                out.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// The text of a text block, without the indentation that its lines share.
fn unindented(raw: &str) -> String {
    let body = raw.strip_prefix('\n').unwrap_or(raw);
    if body.len() == raw.len() {
        return raw.to_string();
    }
    let indent = body
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = body.lines().map(|line| line.get(indent..).unwrap_or("")).collect();
    unescaped(&lines.join("\n"))
}
