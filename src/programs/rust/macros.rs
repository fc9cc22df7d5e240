//! What stands within macros: the grammar leaves it a heap of tokens, so it is parsed by itself.

use std::collections::HashMap;

use tree_sitter::{Node, Tree};

use crate::programs::reading::{descend, parse_within, parts};

/// Parts of macros in one file that are parsed.
const MAX_PARTS: usize = 3_000;

/// The arguments of macros as code, by the place of the macro's arguments.
#[derive(Default)]
pub(super) struct Inside {
    /// The trees of the arguments of each.
    arguments: HashMap<usize, Vec<(Option<String>, Tree)>>,
}

impl Inside {
    /// Parses what stands in the macros of a file.
    pub fn of(tree: &Tree, text: &str) -> Self {
        let mut inside = Self::default();
        let mut left = MAX_PARTS;
        descend(tree.root_node(), |node, _| {
            if node.kind() == "macro_invocation" {
                inside.add(node, text, &mut left);
            }
            left > 0
        });
        inside
    }

    fn add(&mut self, node: Node<'_>, text: &str, left: &mut usize) {
        let name =
            node.child_by_field_name("macro").and_then(|name| text.get(name.byte_range())).unwrap_or("");
        let Some(tokens) = parts(node).into_iter().find(|part| part.kind() == "token_tree") else { return };
        let (from, to) = (tokens.start_byte() + 1, tokens.end_byte().saturating_sub(1));
        let ranges = match name.rsplit("::").next().unwrap_or(name) {
            "format" | "vec" | "expect_env" | "dotenv" => arguments(tokens, from, to),
            "lazy_static" => vec![(from, to)],
            _ => return,
        };
        let language = tree_sitter_rust::LANGUAGE.into();
        let mut trees = Vec::new();
        for (from, to) in ranges {
            *left = left.saturating_sub(1);
            if *left == 0 {
                break;
            }
            let (name, from) = named(text, from, to);
            if let Some(tree) = parse_within(&language, text, from, to) {
                trees.push((name, tree));
            }
        }
        self.arguments.insert(tokens.start_byte(), trees);
    }

    /// The arguments of the macro whose tokens these are: their names, if they have some, and their code.
    pub fn arguments(&self, tokens: Node<'_>) -> impl Iterator<Item = (Option<&str>, Node<'_>)> {
        let found = self.arguments.get(&tokens.start_byte());
        found.into_iter().flatten().filter_map(|(name, tree)| {
            let root = tree.root_node();
            let code = match root.named_child_count() {
                0 => return None,
                _ => root,
            };
            Some((name.as_deref(), code))
        })
    }
}

/// The places between the commas.
fn arguments(tokens: Node<'_>, from: usize, to: usize) -> Vec<(usize, usize)> {
    let mut cursor = tokens.walk();
    let mut out = Vec::new();
    let mut start = from;
    for child in tokens.children(&mut cursor) {
        if child.kind() == "," {
            out.push((start, child.start_byte()));
            start = child.end_byte();
        }
    }
    out.push((start, to));
    out.retain(|(from, to)| from < to);
    out
}

/// `name = value`
fn named(text: &str, from: usize, to: usize) -> (Option<String>, usize) {
    let argument = text.get(from..to).unwrap_or("");
    if let Some((name, rest)) = argument.split_once('=') {
        let plain = name.trim();
        let is_name = !plain.is_empty() && plain.chars().all(|c| c.is_alphanumeric() || c == '_');
        if is_name && !rest.starts_with('=') {
            return (Some(plain.to_string()), from + name.len() + 1);
        }
    }
    (None, from)
}
