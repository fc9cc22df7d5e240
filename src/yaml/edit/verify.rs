//! Whether edits changed what they touch and nothing else.

use crate::source::{SourceFile, Span};
use crate::yaml::{Entry, Mapping, Node, NodeKind, Sequence, Stream, duplicate_keys};

/// Whether `after`, the text with the edits made, says the same as `before` in every place that no
/// edit touches, and is as sound: it can be read and has no duplicate key that was not there.
///
/// `edits` are the places in `file` that are replaced or inserted at.
#[must_use]
pub fn changes_only(file: &SourceFile, before: &Stream, after: &Stream, edits: &[Span]) -> bool {
    let duplicates =
        |stream: &Stream| stream.documents.iter().map(|node| duplicate_keys(node).len()).sum::<usize>();
    let touch = Touch { file, edits };
    before.problems.is_empty()
        && after.problems.is_empty()
        && before.documents.len() == after.documents.len()
        && before.comments.len() <= after.comments.len() + touch.comments(before)
        && duplicates(after) <= duplicates(before)
        && before.documents.iter().zip(&after.documents).all(|(old, new)| touch.allows(old, new))
}

struct Touch<'a> {
    file: &'a SourceFile,
    edits: &'a [Span],
}

impl Touch<'_> {
    /// How many comments the edits take away.
    fn comments(&self, stream: &Stream) -> usize {
        let covered = |span: Span| self.edits.iter().any(|edit| edit.lo < span.hi && span.lo < edit.hi);
        stream.comments.iter().filter(|comment| covered(comment.span)).count()
    }

    /// Whether an edit lies in the node. A collection reaches to the end of its last line, where
    /// members are added; a scalar only to its own last character.
    fn touches(&self, node: &Node) -> bool {
        let marks = [&node.tag, &node.anchor].into_iter().flatten();
        let span = marks.fold(node.span, |span, mark| span.to(mark.span));
        let is_scalar = matches!(node.kind, NodeKind::Scalar(_) | NodeKind::Alias(_));
        if is_scalar && !span.is_empty() {
            return self.edits.iter().any(|edit| edit.lo < span.hi && span.lo < edit.hi);
        }
        let line = self.file.line_of(self.file.local(span.hi));
        let end = self.file.slice(0, self.file.line_start(line + 1)).hi.max(span.hi);
        self.edits.iter().any(|edit| span.lo <= edit.hi && edit.lo <= end)
    }

    fn allows(&self, old: &Node, new: &Node) -> bool {
        if !self.touches(old) {
            return same(old, new);
        }
        match (&old.kind, &new.kind) {
            (NodeKind::Mapping(old), NodeKind::Mapping(new)) => self.allows_entries(old, new),
            (NodeKind::Sequence(old), NodeKind::Sequence(new)) => self.allows_items(old, new),
            _ => true,
        }
    }

    /// What is not touched is still there in its order; what is touched may be gone or another.
    fn allows_entries(&self, old: &Mapping, new: &Mapping) -> bool {
        let mut rest = new.entries.iter();
        old.entries.iter().all(|entry| {
            let mut later = rest.clone();
            let found = later.find(|candidate| same(&entry.key, &candidate.key));
            match found {
                Some(candidate) => {
                    rest = later;
                    self.allows(&entry.value, &candidate.value)
                }
                None => self.takes_away(entry),
            }
        })
    }

    fn takes_away(&self, entry: &Entry) -> bool {
        self.edits.iter().any(|edit| edit.contains(entry.key.span))
    }

    fn allows_items(&self, old: &Sequence, new: &Sequence) -> bool {
        let mut rest = new.items.iter();
        let mut fewer = old.items.len().saturating_sub(new.items.len());
        old.items.iter().all(|item| {
            let gone = self.edits.iter().any(|edit| edit.contains(item.span));
            // Where items are gone, the one after a gone one must not be taken for what became of it.
            if gone && fewer > 0 {
                fewer -= 1;
                return true;
            }
            let mut later = rest.clone();
            let found = later.find(|candidate| self.allows(item, candidate));
            if found.is_some() {
                rest = later;
            }
            found.is_some() || gone
        })
    }
}

/// Whether two nodes say the same, wherever they stand. Aliases are compared by name.
fn same(old: &Node, new: &Node) -> bool {
    let name = |node: &Node| node.tag.as_ref().map(|tag| tag.value.clone());
    let anchor = |node: &Node| node.anchor.as_ref().map(|anchor| anchor.value.clone());
    if name(old) != name(new) || anchor(old) != anchor(new) {
        return false;
    }
    match (&old.kind, &new.kind) {
        (NodeKind::Scalar(old), NodeKind::Scalar(new)) => old == new,
        (NodeKind::Alias(old), NodeKind::Alias(new)) => old.name == new.name,
        (NodeKind::Sequence(old), NodeKind::Sequence(new)) => {
            old.items.len() == new.items.len()
                && old.items.iter().zip(new.items.iter()).all(|(old, new)| same(old, new))
        }
        (NodeKind::Mapping(old), NodeKind::Mapping(new)) => {
            old.entries.len() == new.entries.len()
                && old
                    .entries
                    .iter()
                    .zip(new.entries.iter())
                    .all(|(old, new)| same(&old.key, &new.key) && same(&old.value, &new.value))
        }
        _ => false,
    }
}
