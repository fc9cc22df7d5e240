//! The node at a place, and what an edit must know about its surroundings.

use std::collections::HashSet;

use crate::source::{SourceFile, Span};
use crate::yaml::{Node, NodeKind, Stream};

/// A node that may be edited.
pub(super) struct Located<'a> {
    /// The node.
    pub(super) node: &'a Node,
    /// The key it stands under.
    pub(super) key: Option<&'a Node>,
    /// Whether it stands between brackets.
    pub(super) inside_flow: bool,
    /// Whether an alias repeats it elsewhere.
    pub(super) shared: bool,
}

/// Finds the node with this span, or the value of the key with this span.
pub(super) fn locate(stream: &Stream, span: Span) -> Option<Located<'_>> {
    let repeated = repeated(stream);
    let mut pending: Vec<Located<'_>> = stream
        .documents
        .iter()
        .map(|node| Located { node, key: None, inside_flow: false, shared: false })
        .collect();
    while let Some(mut found) = pending.pop() {
        let node = found.node;
        found.shared |= node.anchor.as_ref().is_some_and(|anchor| repeated.contains(anchor.value.as_str()));
        if node.span == span || found.key.is_some_and(|key| key.span == span) {
            return Some(found);
        }
        match &node.kind {
            NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
            NodeKind::Sequence(sequence) => pending.extend(sequence.items.iter().map(|item| Located {
                node: item,
                key: None,
                inside_flow: found.inside_flow || sequence.flow,
                shared: found.shared,
            })),
            NodeKind::Mapping(mapping) => pending.extend(mapping.entries.iter().map(|entry| Located {
                node: &entry.value,
                key: Some(&entry.key),
                inside_flow: found.inside_flow || mapping.flow,
                shared: found.shared,
            })),
        }
    }
    None
}

/// The scalar that holds the span.
pub(super) fn scalar_around(stream: &Stream, span: Span) -> Option<Located<'_>> {
    let mut pending: Vec<&Node> = stream.documents.iter().collect();
    while let Some(node) = pending.pop() {
        match &node.kind {
            NodeKind::Alias(_) => {}
            NodeKind::Scalar(_) if node.span.contains(span) => return locate(stream, node.span),
            NodeKind::Scalar(_) => {}
            NodeKind::Sequence(sequence) => pending.extend(sequence.items.iter()),
            NodeKind::Mapping(mapping) => pending.extend(mapping.entries.iter().map(|entry| &entry.value)),
        }
    }
    None
}

/// Whether something below the node has an anchor that an alias repeats.
pub(super) fn is_repeated_within(stream: &Stream, node: &Node) -> bool {
    let repeated = repeated(stream);
    let mut found = false;
    walk_from(vec![node], |node| {
        found |= node.anchor.as_ref().is_some_and(|anchor| repeated.contains(anchor.value.as_str()));
    });
    found
}

/// The names of all anchors that some alias repeats.
fn repeated(stream: &Stream) -> HashSet<&str> {
    let mut names = HashSet::new();
    walk(stream, |node| {
        if let NodeKind::Alias(alias) = &node.kind {
            names.insert(alias.name.as_str());
        }
    });
    names
}

/// How the file indents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Habit {
    /// Columns of a mapping under its key.
    pub(super) step: usize,
    /// Columns of a list under its key.
    pub(super) list: usize,
}

/// How the file indents blocks, from the ones it has: the commonest step of its mappings and lists.
pub(super) fn habit(file: &SourceFile, stream: &Stream) -> Habit {
    let column = |node: &Node| {
        let text = file.text.get(..file.local(node.span.lo)).unwrap_or("");
        text.rsplit('\n').next().unwrap_or("").trim_start_matches('\u{FEFF}').len()
    };
    let (mut maps, mut lists) = ([0_usize; 9], [0_usize; 9]);
    walk(stream, |node| {
        let NodeKind::Mapping(mapping) = &node.kind else { return };
        for entry in mapping.entries.iter().filter(|_| !mapping.flow) {
            let counts = match &entry.value.kind {
                NodeKind::Mapping(inner) if !inner.flow => &mut maps,
                NodeKind::Sequence(inner) if !inner.flow => &mut lists,
                _ => continue,
            };
            let step = column(&entry.value).checked_sub(column(&entry.key));
            if let Some(count) = step.and_then(|step| counts.get_mut(step)) {
                *count += 1;
            }
        }
    });
    let commonest = |counts: [usize; 9]| {
        let most = counts.iter().enumerate().max_by_key(|(step, count)| (**count, usize::MAX - step))?;
        (*most.1 > 0).then_some(most.0)
    };
    let step = commonest(maps).unwrap_or(2);
    Habit { step, list: commonest(lists).unwrap_or(step) }
}

fn walk<'a>(stream: &'a Stream, visit: impl FnMut(&'a Node)) {
    walk_from(stream.documents.iter().collect(), visit);
}

fn walk_from<'a>(mut pending: Vec<&'a Node>, mut visit: impl FnMut(&'a Node)) {
    while let Some(node) = pending.pop() {
        visit(node);
        match &node.kind {
            NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
            NodeKind::Sequence(sequence) => pending.extend(sequence.items.iter()),
            NodeKind::Mapping(mapping) => {
                pending.extend(mapping.entries.iter().flat_map(|entry| [&entry.key, &entry.value]));
            }
        }
    }
}
