//! Keys that stand twice in one mapping.

use std::collections::HashMap;

use super::{Alias, Node, NodeKind};
use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

/// What Compose compares: the text, whatever its quotes and type, and of an alias its name.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Scalar(&'a str),
    Alias(&'a str),
}

/// A problem for every key below `node` that its mapping already has. The merge key (`<<`) counts:
/// several mappings are merged with a list, `<<: [*a, *b]`.
///
/// Aliases are not followed, so what an anchor names is judged once, where it is written.
#[must_use]
pub fn duplicate_keys(node: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        match &node.kind {
            NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
            NodeKind::Sequence(sequence) => pending.extend(sequence.items.iter()),
            NodeKind::Mapping(mapping) => {
                let mut seen: HashMap<Key<'_>, Span> = HashMap::with_capacity(mapping.entries.len());
                for entry in mapping.entries.iter() {
                    pending.extend([&entry.key, &entry.value]);
                    let Some(key) = key(&entry.key) else { continue };
                    let name = match &key {
                        Key::Scalar(text) => (*text).to_string(),
                        Key::Alias(name) => format!("*{name}"),
                    };
                    match seen.get(&key) {
                        Some(first) => problems.push(problem(&name, entry.key.span, *first)),
                        None => {
                            seen.insert(key, entry.key.span);
                        }
                    }
                }
            }
        }
    }
    problems.sort_by_key(|problem| problem.at);
    problems
}

fn key(node: &Node) -> Option<Key<'_>> {
    match &node.kind {
        NodeKind::Scalar(scalar) => Some(Key::Scalar(&scalar.text)),
        NodeKind::Alias(Alias { name, .. }) => Some(Key::Alias(name)),
        NodeKind::Sequence(_) | NodeKind::Mapping(_) => None,
    }
}

fn problem(name: &str, at: Span, first: Span) -> Problem {
    let problem = Problem::refusal(
        ProblemKind::DuplicateKey,
        at,
        format!("the key `{name}` stands twice in this mapping"),
    );
    let help = match name {
        "<<" => "merge several mappings with one list: `<<: [*first, *second]`".to_string(),
        _ => format!("keep one `{name}`, with everything it should hold"),
    };
    problem.also(first, "first written here").help(help)
}
