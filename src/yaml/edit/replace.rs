//! Other values in place of those that are there, and entries taken out.

use super::insert::begin_of;
use super::locate::{self, habit, locate};
use super::{Editor, Value, quote};
use crate::finding::Edit;
use crate::source::Span;
use crate::yaml::{Node, NodeKind, Resolved, Scalar, Style, resolve};

impl Editor<'_> {
    /// Writes another text in place of the scalar at `span`, in the quotes it has. Plain text gets
    /// quotes where it would otherwise be read as something else than it was; a block scalar becomes
    /// a quoted one.
    #[must_use]
    pub fn replace_scalar(&self, span: Span, text: &str) -> Option<Vec<Edit>> {
        let found = self.find(span)?;
        let NodeKind::Scalar(scalar) = &found.node.kind else { return None };
        if found.node.span.is_empty() {
            if !self.line_before(span.lo).ends_with([':', '-']) {
                return None;
            }
            let written = quote::string(text, found.inside_flow);
            return Some(vec![Self::edit(found.node.span, format!(" {written}"))]);
        }
        let written = match scalar.style {
            Style::Plain if same_type(scalar, text) => quote::in_style(text, Style::Plain, found.inside_flow),
            Style::Plain => Some(quote::string(text, found.inside_flow)),
            style => quote::in_style(text, style, found.inside_flow),
        };
        let written = written.unwrap_or_else(|| quote::quoted(text));
        Some(vec![Self::edit(found.node.span, written)])
    }

    /// Writes another text in place of a part of a scalar (`localhost` of a URL). The part must stand in
    /// the file as it is read: `None` where quotes, escapes or the start and end of plain text would
    /// make something else of it.
    #[must_use]
    pub fn replace_within(&self, span: Span, text: &str) -> Option<Vec<Edit>> {
        let around = locate::scalar_around(self.stream, span)?;
        let found = self.find(around.node.span)?;
        let NodeKind::Scalar(scalar) = &found.node.kind else { return None };
        let old = self.file.snippet(span);
        let from = (span.lo - found.node.span.lo) as usize;
        let to = (span.hi - found.node.span.lo) as usize;
        let snippet = self.file.snippet(found.node.span);
        let written = format!("{}{text}{}", snippet.get(..from)?, snippet.get(to..)?);
        let safe = |text: &str| !text.contains(['\n', '\r', '\\', '"', '\'']);
        let fits = match scalar.style {
            Style::Plain => quote::in_style(&written, Style::Plain, found.inside_flow).is_some(),
            Style::Literal | Style::Folded => snippet.get(..from)?.contains('\n') && safe(text),
            Style::SingleQuoted | Style::DoubleQuoted => {
                from > 0 && to < snippet.len() && safe(text) && safe(old)
            }
        };
        fits.then(|| vec![Self::edit(span, text)])
    }

    /// Writes another value in place of the one at `place` (or of the key at `place`), whatever the two are.
    #[must_use]
    pub fn replace_value(&self, place: Span, value: &Value) -> Option<Vec<Edit>> {
        let found = self.find(place)?;
        let old = found.node;
        let marked = old.anchor.is_some() || old.tag.is_some();
        if marked || self.has_comment(old.span) || locate::is_repeated_within(self.stream, old) {
            return None;
        }
        let one_line = match value {
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            _ => true,
        };
        if found.inside_flow {
            let written = !old.span.is_empty();
            return written.then(|| vec![Self::edit(old.span, value.flow(true))]);
        }
        let key = found.key?;
        let is_block = matches!(&old.kind, NodeKind::Mapping(mapping) if !mapping.flow)
            || matches!(&old.kind, NodeKind::Sequence(sequence) if !sequence.flow);
        if is_block || one_line {
            return self.overwrite(key, old, value);
        }
        self.put_below(key, old, value)
    }

    /// Everything from the key's `:` to the end of the old value gives way.
    fn overwrite(&self, key: &Node, old: &Node, value: &Value) -> Option<Vec<Edit>> {
        let column = self.column(begin_of(key).lo)?;
        let layout = self.layout(key.span, habit(self.file, self.stream));
        let between = self.file.snippet(Span::new(key.span.hi, old.span.lo));
        let colon = key.span.hi + u32::try_from(between.find(':')? + 1).ok()?;
        let place = Span::new(colon, old.span.hi);
        if self.has_comment(place) {
            return None;
        }
        Some(vec![Self::edit(place, value.after_colon(column, layout))])
    }

    /// Writes one text in place of the items from `first` to `last` of a list, in the quotes of the first.
    #[must_use]
    pub fn join_items(&self, first: Span, last: Span, text: &str) -> Option<Vec<Edit>> {
        let (begin, end) = (self.find(first)?, self.find(last)?);
        let whole = begin.node.span.to(end.node.span);
        let marked = [begin.node, end.node].iter().any(|node| node.anchor.is_some() || node.tag.is_some());
        if marked || self.has_comment(whole) || begin.node.span.hi > end.node.span.lo {
            return None;
        }
        let edits = self.replace_scalar(begin.node.span, text)?;
        edits.into_iter().next().map(|edit| vec![Self::edit(whole, edit.text)])
    }

    /// Makes a mapping of the list of names at `list`: each name becomes a key, `value` says of what.
    /// `depends_on: [db]` becomes `depends_on: {db: {condition: …}}` in the file's own style. `more` is one more entry.
    #[must_use]
    pub fn list_to_map(
        &self,
        list: Span,
        value: &dyn Fn(&str) -> Value,
        more: Option<(&str, &Value)>,
    ) -> Option<Vec<Edit>> {
        let found = self.find(list)?;
        let NodeKind::Sequence(sequence) = &found.node.kind else { return None };
        let name = |item: &Node| match &item.kind {
            NodeKind::Scalar(scalar) if item.anchor.is_none() && item.tag.is_none() => {
                Some(scalar.text.clone())
            }
            _ => None,
        };
        let names: Option<Vec<String>> = sequence.items.iter().map(name).collect();
        let names = names.filter(|names| !names.is_empty())?;
        if sequence.flow {
            let entries = names.into_iter().map(|name| {
                let value = value(&name);
                (name, value)
            });
            let more = more.map(|(name, value)| (name.to_string(), value.clone()));
            return self.replace_value(list, &Value::Map(entries.chain(more).collect()));
        }
        let key = self.column(begin_of(found.key?).lo)?;
        let dash = self.column(found.node.span.lo)?;
        let layout = self.layout(found.node.span, habit(self.file, self.stream));
        // A list may stand in its key's column, a mapping may not.
        let shift = if dash > key { 0 } else { layout.step };
        let mut edits = Vec::new();
        for (item, name) in sequence.items.iter().zip(&names) {
            let before = self.line_before(item.span.lo);
            let dash =
                before.rfind('-').filter(|dash| before.get(..*dash).is_some_and(|b| b.trim().is_empty()))?;
            let start = item.span.lo - u32::try_from(before.len() - dash).ok()?;
            let entry = value(name).entry(name, dash + shift, layout);
            let (head, below) = entry.split_once(layout.line).unwrap_or((&entry, ""));
            let place = Span::new(start, item.span.hi);
            edits.push(Self::edit(place, format!("{}{head}", " ".repeat(shift))));
            if !below.is_empty() {
                edits.push(Self::edit(self.line_end(item.span.hi), format!("{}{below}", layout.line)));
            }
        }
        if let (Some((name, value)), Some(last)) = (more, sequence.items.last()) {
            let column = dash + shift;
            let entry = value.entry(name, column, layout);
            let text = format!("{}{}{entry}", layout.line, " ".repeat(column));
            edits.push(Self::edit(self.line_end(last.span.hi), text));
        }
        Some(edits)
    }

    /// Writes another key in place of the one at `key`, in the quotes it has.
    #[must_use]
    pub fn rename_key(&self, key: Span, name: &str) -> Option<Vec<Edit>> {
        let found = self.find(key)?;
        let written = found.key.filter(|written| written.span == key)?;
        let NodeKind::Scalar(scalar) = &written.kind else { return None };
        let marked = written.anchor.is_some() || written.tag.is_some();
        let text = quote::in_style(name, scalar.style, true).filter(|_| !marked)?;
        Some(vec![Self::edit(key, text)])
    }

    /// Takes the entry with the key at `key` out of its block mapping, with the comment on its line.
    /// `None` where it is the only one, or shares a line with something else.
    #[must_use]
    pub fn remove_entry(&self, key: Span) -> Option<Vec<Edit>> {
        let found = self.find(key)?;
        let written = found.key.filter(|written| written.span == key)?;
        if [written, found.node].into_iter().any(|node| locate::is_repeated_within(self.stream, node)) {
            return None;
        }
        if found.inside_flow
            || !self.has_neighbours(key)
            || !self.line_before(begin_of(written).lo).trim().is_empty()
        {
            return None;
        }
        let start = self.file.line_start(self.file.line_of(self.file.local(key.lo)));
        let end = self.file.line_of(self.file.local(found.node.span.to(key).hi)) + 1;
        let first = self.file.text.get(..start).unwrap_or("").trim_start_matches('\u{FEFF}').is_empty();
        let blank = end < self.file.line_count() && self.file.line(end).trim().is_empty();
        let end = self.file.line_start(if first && blank { end + 1 } else { end });
        let start = start + if start == 0 && self.file.text.starts_with('\u{FEFF}') { 3 } else { 0 };
        Some(vec![Self::edit(self.file.slice(start, end), "")])
    }

    /// Takes the item around `place` out of its block list, with the comment on its line. `None` where it
    /// is the only one, or shares a line with something else.
    #[must_use]
    pub fn remove_item(&self, place: Span) -> Option<Vec<Edit>> {
        let around = locate::scalar_around(self.stream, place)?;
        let found = self.find(around.node.span)?;
        let alone = found.key.is_some() || found.inside_flow || self.is_only_item(found.node.span);
        let before = self.line_before(found.node.span.lo);
        if alone || before.trim() != "-" || locate::is_repeated_within(self.stream, found.node) {
            return None;
        }
        let start = self.file.line_start(self.file.line_of(self.file.local(found.node.span.lo)));
        let end = self.file.line_start(self.file.line_of(self.file.local(found.node.span.hi)) + 1);
        Some(vec![Self::edit(self.file.slice(start, end), "")])
    }

    /// Puts the plain scalar at `span` in quotes.
    #[must_use]
    pub fn quote(&self, span: Span) -> Option<Vec<Edit>> {
        let found = self.find(span)?;
        let NodeKind::Scalar(scalar) = &found.node.kind else { return None };
        let plain = scalar.style == Style::Plain && !found.node.span.is_empty() && found.node.tag.is_none();
        plain.then(|| vec![Self::edit(found.node.span, quote::quoted(&scalar.text))])
    }

    fn is_only_item(&self, item: Span) -> bool {
        let mut pending: Vec<&Node> = self.stream.documents.iter().collect();
        while let Some(node) = pending.pop() {
            match &node.kind {
                NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
                NodeKind::Sequence(sequence) => {
                    if sequence.items.iter().any(|node| node.span == item) {
                        return sequence.items.len() == 1;
                    }
                    pending.extend(sequence.items.iter());
                }
                NodeKind::Mapping(mapping) => {
                    pending.extend(mapping.entries.iter().map(|entry| &entry.value));
                }
            }
        }
        true
    }

    fn has_neighbours(&self, key: Span) -> bool {
        let mut pending: Vec<&Node> = self.stream.documents.iter().collect();
        while let Some(node) = pending.pop() {
            match &node.kind {
                NodeKind::Scalar(_) | NodeKind::Alias(_) => {}
                NodeKind::Sequence(sequence) => pending.extend(sequence.items.iter()),
                NodeKind::Mapping(mapping) => {
                    if mapping.entries.iter().any(|entry| entry.key.span == key) {
                        return mapping.entries.len() > 1;
                    }
                    pending.extend(mapping.entries.iter().map(|entry| &entry.value));
                }
            }
        }
        false
    }

    /// The place of a whole `key: value` or item in the file, for those who want to say where it is.
    #[must_use]
    pub fn extent(&self, place: Span) -> Option<Span> {
        let found = locate(self.stream, place)?;
        Some(begin_of(found.key.unwrap_or(found.node)).to(found.node.span))
    }
}

/// Whether the new text is what the old was: a number stays a number.
fn same_type(old: &Scalar, text: &str) -> bool {
    let of = |text: &str| {
        std::mem::discriminant(&resolve(&Scalar { text: text.to_string(), style: Style::Plain }, None))
    };
    let new = of(text);
    new == of(&old.text)
        && new != std::mem::discriminant(&Resolved::Null)
        && new != std::mem::discriminant(&Resolved::String)
}
