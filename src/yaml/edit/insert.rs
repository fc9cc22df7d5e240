//! New entries and items.

use super::locate::{Located, habit};
use super::{Editor, Value};
use crate::finding::Edit;
use crate::source::Span;
use crate::yaml::{Mapping, Node, NodeKind, Resolved, Sequence, Style, resolve};

impl Editor<'_> {
    /// After the line on which the last entry ends.
    pub(super) fn append_block_entry(
        &self,
        mapping: &Mapping,
        key: &str,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        let (first, last) = (mapping.entries.first()?, mapping.entries.last()?);
        let column = self.column(begin_of(&first.key).lo)?;
        let layout = self.layout(first.key.span, habit(self.file, self.stream));
        let end = last.value.span.to(last.key.span).end();
        Some(vec![self.new_line(end, &value.entry(key, column, layout), column)])
    }

    /// After the line on which the last item ends.
    pub(super) fn append_block_item(
        &self,
        found: &Located<'_>,
        sequence: &Sequence,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        let last = sequence.items.last()?;
        let column = self.column(found.node.span.lo)?;
        let layout = self.layout(found.node.span, habit(self.file, self.stream));
        let text = match (value, &last.kind) {
            // A list of quoted items stays one.
            (Value::Text(text), NodeKind::Scalar(scalar)) if scalar.style != Style::Plain => {
                let quoted = super::quote::in_style(text, scalar.style, false);
                quoted.map_or_else(|| value.item(column, layout), |quoted| format!("- {quoted}"))
            }
            _ => value.item(column, layout),
        };
        Some(vec![self.new_line(last.span.end(), &text, column)])
    }

    pub(super) fn append_flow_entry(
        &self,
        found: &Located<'_>,
        mapping: &Mapping,
        key: &str,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        let json = mapping.entries.last().is_some_and(|last| is_double_quoted(&last.key));
        let text = if json {
            format!("{}: {}", super::quote::double(key), value.json())
        } else {
            value.flow_entry(key)
        };
        let last =
            mapping.entries.last().map(|last| (begin_of(&last.key), last.value.span.to(last.key.span)));
        self.append_flow(found.node, last, &text)
    }

    pub(super) fn append_flow_item(
        &self,
        found: &Located<'_>,
        sequence: &Sequence,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        let quoted = sequence.items.last().is_some_and(is_double_quoted);
        let text = if quoted { value.json() } else { value.flow(true) };
        self.append_flow(found.node, sequence.items.last().map(|last| (begin_of(last), last.span)), &text)
    }

    /// Between the last member of a bracketed collection and its closing bracket.
    fn append_flow(&self, node: &Node, last: Option<(Span, Span)>, text: &str) -> Option<Vec<Edit>> {
        // A pair in a list, `[a: b]`, has no brackets of its own.
        if !self.file.snippet(node.span).ends_with([']', '}'])
            || !self.file.snippet(node.span).starts_with(['[', '{'])
        {
            return None;
        }
        let closing = node.span.slice(node.span.len() as usize - 1, node.span.len() as usize).start();
        let Some((begin, end)) = last else {
            let inner = Span::new(node.span.lo + 1, closing.lo);
            let blank = self.file.snippet(inner).trim().is_empty();
            return blank.then(|| vec![Self::edit(inner, text)]);
        };
        let after = Span::new(end.hi, closing.lo);
        if self.has_comment(after) && !self.line_before(begin.lo).trim().is_empty() {
            return None;
        }
        let comma = self.file.snippet(after).find(',');
        let own_line = self.line_before(begin.lo).trim().is_empty();
        if !own_line || !self.file.snippet(after).contains('\n') {
            return Some(vec![match comma {
                Some(comma) => Self::edit(after.slice(comma + 1, comma + 1), format!(" {text}")),
                None => Self::edit(end.end(), format!(", {text}")),
            }]);
        }
        let line = format!("{}{}{text}", self.line_ending(end.hi), self.line_before(begin.lo));
        let line_end = self.line_end(end.hi);
        Some(match comma {
            // A comma behind the last member may stay there, and the new one gets one too.
            Some(_) => vec![Self::edit(line_end, format!("{line},"))],
            None if line_end == end.end() => vec![Self::edit(line_end, format!(",{line}"))],
            None => vec![Self::edit(end.end(), ","), Self::edit(line_end, line)],
        })
    }

    /// The first entry or item of a collection where there is a null so far.
    pub(super) fn begin(&self, found: &Located<'_>, value: &Value) -> Option<Vec<Edit>> {
        let NodeKind::Scalar(scalar) = &found.node.kind else { return None };
        let bare = found.node.tag.is_none() && found.node.anchor.is_none();
        if resolve(scalar, None) != Resolved::Null || !bare || found.inside_flow {
            return None;
        }
        self.put_below(found.key?, found.node, value)
    }

    /// Takes the value away from behind its key and writes another below it.
    pub(super) fn put_below(&self, key: &Node, old: &Node, value: &Value) -> Option<Vec<Edit>> {
        let column = self.column(begin_of(key).lo)?;
        let layout = self.layout(key.span, habit(self.file, self.stream));
        let between = self.file.snippet(Span::new(key.span.hi, old.span.lo));
        let colon = between.find(':')?;
        let behind = Span::new(key.span.hi + u32::try_from(colon + 1).ok()?, old.span.hi);
        if self.has_comment(behind) || !between.get(colon + 1..)?.trim().is_empty() {
            return None;
        }
        let below = self.line_end(old.span.hi);
        let text = value.after_colon(column, layout);
        if behind.is_empty() {
            Some(vec![Self::edit(below, text)])
        } else if below == behind.end() {
            Some(vec![Self::edit(behind, text)])
        } else {
            Some(vec![Self::edit(behind, ""), Self::edit(below, text)])
        }
    }

    /// A line below the one that holds `end`. A block scalar that keeps its line breaks ends with a
    /// blank line, on which the new one begins.
    fn new_line(&self, end: Span, text: &str, column: usize) -> Edit {
        let place = self.line_end(end.lo);
        Self::edit(place, format!("{}{}{text}", self.line_ending(end.lo), " ".repeat(column)))
    }
}

/// Where a node's text begins, its anchor and tag included.
pub(super) fn begin_of(node: &Node) -> Span {
    let tag = node.tag.as_ref().map_or(Span::NONE, |tag| tag.span);
    let anchor = node.anchor.as_ref().map_or(Span::NONE, |anchor| anchor.span);
    node.span.to(tag).to(anchor).start()
}

fn is_double_quoted(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Scalar(scalar) if scalar.style == Style::DoubleQuoted)
}
