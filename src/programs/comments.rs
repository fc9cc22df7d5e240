//! The comments of source files, and the statement that follows each.

use tree_sitter::{Language, Node, Tree};

use super::reading::{descend, parse};
use super::{front_end, javascript, ruby};
use crate::source::{SourceFile, Span};

/// A comment of a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceComment {
    /// All of it, with its leader.
    pub span: Span,
    /// The statement, entry or argument after it; [`Span::NONE`] when none follows.
    pub next: Span,
}

/// The comments of a file in a programming language; `None` when the language has no grammar here, or the
/// file can't be parsed.
#[must_use]
pub fn comments(file: &SourceFile) -> Option<Vec<SourceComment>> {
    let tree = tree(file)?;
    let mut spans = Vec::new();
    descend(tree.root_node(), |node, _| {
        let comment = is_comment(node);
        if comment {
            spans.push(node.byte_range());
        }
        !comment
    });
    let all = spans.clone();
    let comment = |range: std::ops::Range<usize>| {
        let start = code_after(&file.text, range.end, &all);
        let next = start.and_then(|start| statement(tree.root_node(), start));
        SourceComment {
            span: file.slice(range.start, range.end),
            next: next.map_or(Span::NONE, |node| file.slice(node.start_byte(), node.end_byte())),
        }
    };
    Some(spans.into_iter().map(comment).collect())
}

fn is_comment(node: Node<'_>) -> bool {
    node.is_named() && node.kind().ends_with("comment")
}

fn tree(file: &SourceFile) -> Option<Tree> {
    let language: Language = match front_end(&file.path)?.name() {
        "javascript" => return javascript::tree(&file.path, &file.text),
        "ruby" => return ruby::tree(&file.text),
        "python" => tree_sitter_python::LANGUAGE.into(),
        "go" => tree_sitter_go::LANGUAGE.into(),
        "java" => tree_sitter_java::LANGUAGE.into(),
        "kotlin" => tree_sitter_kotlin_ng::LANGUAGE.into(),
        "csharp" => tree_sitter_c_sharp::LANGUAGE.into(),
        "php" => tree_sitter_php::LANGUAGE_PHP.into(),
        "rust" => tree_sitter_rust::LANGUAGE.into(),
        "elixir" => tree_sitter_elixir::LANGUAGE.into(),
        "shell" => tree_sitter_bash::LANGUAGE.into(),
        _ => return None,
    };
    parse(&language, &file.text)
}

/// Where the first code behind `from` begins.
fn code_after(text: &str, from: usize, comments: &[std::ops::Range<usize>]) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        at += rest.len() - rest.trim_start().len();
        let index = comments.partition_point(|comment| comment.start < at);
        match comments.get(index).filter(|comment| comment.start == at && comment.end > at) {
            Some(comment) => at = comment.end,
            None => return (at < text.len()).then_some(at),
        }
    }
}

/// Nodes that hold one statement after the other, and may begin where the first of them does.
const LISTS: [&str; 15] = [
    "block",
    "block_body",
    "body",
    "body_statement",
    "class_body",
    "compilation_unit",
    "declaration_list",
    "do",
    "module",
    "program",
    "source",
    "source_file",
    "statement_list",
    "statements",
    "then",
];

/// The largest node that begins there and is no list of statements.
fn statement(root: Node<'_>, start: usize) -> Option<Node<'_>> {
    let mut node = root;
    loop {
        if node.start_byte() == start && !LISTS.contains(&node.kind()) {
            return Some(node);
        }
        let mut cursor = node.walk();
        let child = node
            .children(&mut cursor)
            .find(|child| !is_comment(*child) && child.start_byte() <= start && start < child.end_byte());
        node = child?;
    }
}
