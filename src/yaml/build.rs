//! Parser events to nodes.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span as Place, StructureStyle};

use super::{
    Alias, Comment, Entry, Mapping, Node, NodeKind, Scalar, Sequence, Stream, Style, outdent::Outdented,
    refused,
};
use crate::source::{SourceFile, Span, Spanned};

/// Builds the tree of a text that is UTF-8.
pub(super) fn build(file: &SourceFile) -> Stream {
    let mut outdented = Outdented::new(file);
    loop {
        let mut builder = Builder::new(file, &outdented);
        let error = builder.run();
        let read = builder.read;
        let mut stream = builder.stream;
        if let Some(error) = error {
            if outdented.join(&error, read) {
                continue;
            }
            stream.problems.push(refused::problem(file, &error, read));
        }
        stream.comments.sort_by_key(|comment| comment.span);
        return stream;
    }
}

/// A collection that is not complete yet.
struct Open {
    mapping: bool,
    flow: bool,
    start: usize,
    tag: Option<Spanned<String>>,
    anchor: Option<Anchor>,
    /// The children; of a mapping, keys and values in turn.
    children: Vec<Node>,
    /// Through how many aliases one can go below it.
    hops: usize,
}

/// Aliases that lead to aliases nest what they stand for without adding text; followed without end,
/// that would use up the stack.
const MAX_HOPS: usize = 32;

#[derive(Clone)]
struct Anchor {
    id: usize,
    name: Spanned<String>,
}

struct Builder<'a> {
    file: &'a SourceFile,
    text: &'a Outdented<'a>,
    stream: Stream,
    open: Vec<Open>,
    /// A scalar whose anchor may follow as the next event.
    waiting: Option<Node>,
    anchored: HashMap<usize, Arc<Node>>,
    /// Through how many aliases one can go below an anchored node, where that is any.
    hops: HashMap<*const Node, usize>,
    /// The last node of each anchor's name in all documents.
    named: HashMap<String, Arc<Node>>,
    root: Option<Node>,
    /// Where the last event of content ended.
    read: usize,
}

impl<'a> Builder<'a> {
    fn new(file: &'a SourceFile, text: &'a Outdented<'a>) -> Self {
        Self {
            file,
            text,
            stream: Stream::default(),
            open: Vec::new(),
            waiting: None,
            anchored: HashMap::new(),
            hops: HashMap::new(),
            named: HashMap::new(),
            root: None,
            read: 0,
        }
    }

    /// Reads to the end, or to the first error.
    fn run(&mut self) -> Option<ScanError> {
        // Comments are as many as the file has lines; everything else keeps the parser's limits.
        let options = granit_parser::options! {
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
            max_buffered_comment_events: usize::MAX,
        };
        for event in Parser::new_from_str_with_options(self.text.text(), options) {
            match event {
                Ok((Event::UnresolvedAlias(name), place)) => {
                    if !self.earlier_alias(&name, place) {
                        break;
                    }
                }
                Ok((event, place)) => self.event(event, place),
                Err(error) => return Some(error),
            }
        }
        None
    }

    fn event(&mut self, event: Event<'_>, place: Place) {
        if let Event::Anchor(id, name) = event {
            let name = Spanned::new(name.into_owned(), self.span(place));
            if name.value.ends_with(':') {
                self.stream.problems.push(refused::anchor_with_colon(&name));
            }
            return self.anchor(Anchor { id, name });
        }
        if let Event::Comment(text, _) = event {
            return self.comment(&text, place);
        }
        self.settle();
        let seen = if matches!(event, Event::DocumentStart(false, _)) { None } else { place.byte_range() };
        match event {
            Event::DocumentStart(false, _) if !self.stream.documents.is_empty() => {
                let at = place.byte_range().map_or(0, |range| range.start);
                self.stream.problems.push(refused::bare_document(refused::character(self.file, at)));
            }
            Event::Scalar(text, style, _, _) => self.waiting = Some(self.scalar(&text, style, place)),
            Event::SequenceStart(style, _, _) => self.start(false, style, place),
            Event::MappingStart(style, _, _) => self.start(true, style, place),
            Event::SequenceEnd | Event::MappingEnd => self.end(place),
            Event::Alias(id) => {
                let target = self.anchored.get(&id).cloned();
                self.alias(place, target);
            }
            Event::DocumentEnd => self.stream.documents.extend(self.root.take()),
            _ => {}
        }
        self.read = self.read.max(seen.map_or(0, |range| range.end));
    }

    /// An alias of what an earlier document anchors: YAML forbids it, Compose's YAML library allows
    /// it. Says no, and why, when there is no such anchor.
    fn earlier_alias(&mut self, name: &str, place: Place) -> bool {
        self.settle();
        let target = self.named.get(name).cloned();
        let known = target.is_some();
        if known {
            self.alias(place, target);
            self.read = self.read.max(place.byte_range().map_or(0, |range| range.end));
        } else {
            self.stream.problems.push(refused::unknown_anchor(name, self.span(place)));
        }
        known
    }

    fn alias(&mut self, place: Place, target: Option<Arc<Node>>) {
        let span = self.span(place);
        let name = self.file.snippet(span).trim_start_matches('*').to_string();
        let hops =
            target.as_ref().and_then(|target| self.hops.get(&Arc::as_ptr(target))).map_or(1, |n| n + 1);
        let kind = if hops > MAX_HOPS {
            self.stream.problems.push(refused::too_many_hops(span));
            NodeKind::Scalar(Scalar { text: String::new(), style: Style::Plain })
        } else {
            if let Some(open) = self.open.last_mut() {
                open.hops = open.hops.max(hops);
            }
            NodeKind::Alias(Alias { name, target })
        };
        self.add(Node { span, tag: None, anchor: None, kind });
    }

    fn span(&self, place: Place) -> Span {
        let range = place.byte_range().unwrap_or(0..0);
        self.file.slice(range.start, range.end)
    }

    /// Where, between the last content and the end of `place`, the first word that begins with one
    /// of these characters stands. Comments are passed over.
    fn token(&self, place: Place, first: &[char]) -> Option<usize> {
        let tag = place.tag_span().and_then(|tag| tag.byte_range()).map_or(0, |tag| tag.end);
        let from = self.read.max(tag);
        let text = self.file.text.get(from..place.byte_range()?.end)?;
        let mut at = 0;
        while let Some(next) = text.get(at..)?.chars().next() {
            let rest = text.get(at..)?;
            at += if next.is_whitespace() {
                next.len_utf8()
            } else if next == '#' {
                rest.find(['\n', '\r']).unwrap_or(rest.len())
            } else if first.contains(&next) {
                return Some(from + at);
            } else {
                rest.find(char::is_whitespace).unwrap_or(rest.len())
            };
        }
        None
    }

    fn tag(&self, place: Place) -> Option<Spanned<String>> {
        let span = self.span(place.tag_span()?);
        Some(Spanned::new(self.file.snippet(span).to_string(), span))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, place: Place) -> Node {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let mut span = self.span(place);
        if matches!(style, Style::Literal | Style::Folded) {
            // The parser's place begins after the header.
            let header = self.token(place, &['|', '>']).map_or(span, |at| self.file.slice(at, at));
            span = header.to(span);
            span = span.slice(0, block_scalar_length(self.file.snippet(span)));
        }
        if style == Style::Plain && self.open.last().is_some_and(|open| open.flow) {
            self.question_mark(span);
        }
        let unwritten = style == Style::Plain && span.is_empty();
        if unwritten {
            span = self.unwritten(place);
        }
        self.read = self.read.max(self.file.local(span.hi));
        // The parser says `~` for what is not written.
        let text = if unwritten { String::new() } else { text.to_string() };
        let text = self.text.value(span).unwrap_or(text);
        let kind = NodeKind::Scalar(Scalar { text, style });
        Node { span, tag: self.tag(place), anchor: None, kind }
    }

    /// Between brackets, Compose's YAML library ends a plain scalar at a `?` before a blank.
    fn question_mark(&mut self, span: Span) {
        let text = self.file.snippet(span);
        let Some(at) = text.find("? ").or_else(|| text.ends_with('?').then(|| text.len() - 1)) else {
            return;
        };
        let next = self.file.text.get(self.file.local(span.lo) + at + 1..).unwrap_or("");
        if next.starts_with([' ', '\t', '\r', '\n']) {
            let place = span.slice(at, at + 1);
            self.stream.problems.push(refused::question_mark(place));
        }
    }

    /// The place after the `:` and the tag of a node that is not written.
    fn unwritten(&self, place: Place) -> Span {
        let tag = place.tag_span().and_then(|tag| tag.byte_range()).map_or(0, |tag| tag.end);
        let place = place.byte_range().map_or(0, |range| range.end).max(tag);
        let is_value =
            self.open.last().is_some_and(|parent| parent.mapping && parent.children.len() % 2 == 1);
        if is_value && tag == 0 {
            let mut rest = self.file.text.get(self.read..).unwrap_or("");
            while let Some(comment) = rest.trim_start().strip_prefix('#') {
                rest = comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or("");
            }
            if let Some(after) = rest.trim_start().strip_prefix(':') {
                let colon = self.file.text.len() - after.len();
                return self.file.slice(place.max(colon), place.max(colon));
            }
            // No value at all: `{key}`, `? key`.
            let key = self.open.last().and_then(|parent| parent.children.last());
            return key.map_or(self.file.slice(place, place), |key| key.span.end());
        }
        self.file.slice(place, place)
    }

    fn start(&mut self, mapping: bool, style: StructureStyle, place: Place) {
        let flow = style == StructureStyle::Flow;
        let mut start = place.byte_range().map_or(0, |range| range.start);
        if !mapping && !flow && self.open.last().is_some_and(|parent| parent.mapping) {
            // The parser's place of a sequence no deeper than its key begins after the first `-`.
            start = self.token(place, &['-']).unwrap_or(start);
        }
        self.open.push(Open {
            mapping,
            flow,
            start,
            tag: self.tag(place),
            anchor: None,
            children: Vec::new(),
            hops: 0,
        });
    }

    /// An anchor comes right after the scalar or the start of the collection that bears it.
    fn anchor(&mut self, anchor: Anchor) {
        if let Some(mut node) = self.waiting.take() {
            if node.span.is_empty() && node.span.lo < anchor.name.span.hi {
                node.span = anchor.name.span.end();
            }
            node.anchor = Some(anchor.name);
            self.remember(anchor.id, &node, 0);
            self.add(node);
        } else if let Some(open) = self.open.last_mut() {
            open.anchor = Some(anchor);
        }
    }

    fn remember(&mut self, id: usize, node: &Node, hops: usize) {
        let target = Arc::new(node.clone());
        if hops > 0 {
            self.hops.insert(Arc::as_ptr(&target), hops);
        }
        if let Some(name) = &node.anchor {
            self.named.insert(name.value.clone(), target.clone());
        }
        self.anchored.insert(id, target);
    }

    fn end(&mut self, place: Place) {
        let Some(open) = self.open.pop() else { return };
        let start = self.file.slice(open.start, open.start);
        let span = match open.children.last() {
            // A block collection has no closing character: it ends where its last child ends.
            Some(last) if !open.flow => start.to(extent(last)),
            _ => start.to(self.span(place)),
        };
        let kind = if open.mapping {
            NodeKind::Mapping(Mapping { entries: pairs(open.children), flow: open.flow })
        } else {
            NodeKind::Sequence(Sequence { items: open.children.into(), flow: open.flow })
        };
        let (id, name) = open.anchor.map_or((None, None), |anchor| (Some(anchor.id), Some(anchor.name)));
        let node = Node { span, tag: open.tag, anchor: name, kind };
        if let Some(id) = id {
            self.remember(id, &node, open.hops);
        }
        if let Some(outer) = self.open.last_mut() {
            outer.hops = outer.hops.max(open.hops);
        }
        self.add(node);
    }

    fn settle(&mut self) {
        if let Some(node) = self.waiting.take() {
            self.add(node);
        }
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.root = Some(node),
        }
    }

    fn comment(&mut self, text: &str, place: Place) {
        let span = self.span(place);
        let before = self.file.text.get(..self.file.local(span.lo)).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        let own_line = line.chars().all(|c| matches!(c, ' ' | '\t' | '\u{FEFF}'));
        self.stream.comments.push(Comment { span, text: text.trim().to_string(), own_line });
    }
}

fn pairs(children: Vec<Node>) -> Arc<[Entry]> {
    let mut entries = Vec::with_capacity(children.len() / 2);
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        entries.push(Entry { key, value });
    }
    entries.into()
}

/// The node with its anchor and tag.
fn extent(node: &Node) -> Span {
    let tag = node.tag.as_ref().map_or(Span::NONE, |tag| tag.span);
    let anchor = node.anchor.as_ref().map_or(Span::NONE, |anchor| anchor.span);
    node.span.to(tag).to(anchor)
}

/// How much of a block scalar is content: without the last line break, and without the blank lines
/// after it unless the header (`|+`) keeps them.
fn block_scalar_length(text: &str) -> usize {
    let header = text.lines().next().unwrap_or("");
    let indicators = header.split_once([' ', '\t', '#']).map_or(header, |(indicators, _)| indicators);
    if indicators.contains('+') {
        // The parser's place may reach to the indentation of what follows.
        let blank = text.trim_end_matches([' ', '\t']);
        let text = if blank.ends_with('\n') { blank } else { text };
        let text = text.strip_suffix('\n').unwrap_or(text);
        return text.strip_suffix('\r').unwrap_or(text).len();
    }
    let mut text = text;
    while let Some((before, last)) = text.rsplit_once('\n') {
        if !last.trim_matches([' ', '\r']).is_empty() {
            break;
        }
        text = before;
    }
    text.strip_suffix('\r').unwrap_or(text).len()
}
