//! The comments of a file that may say something to us, and what each of them stands above.

use std::ops::Range;

use super::directive::NEEDLE;
use super::plain;
use crate::programs::comments as source;
use crate::source::{SourceFile, Span};
use crate::yaml::{self, Entry, Node, NodeKind, Style};

/// How the text of a file is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Syntax {
    /// As YAML.
    Yaml,
    /// As a Dockerfile.
    Dockerfile,
    /// As an env file.
    Env,
    /// As its name says.
    ByName,
}

/// A comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Comment {
    /// Where it stands, leader included.
    pub at: Range<usize>,
    /// Whether it has its lines for itself.
    pub alone: bool,
    /// Whether nothing but comments stands before it.
    pub at_top: bool,
    /// What it is for: the lines of the comment with what follows them, or its line.
    pub covers: Range<usize>,
    /// The services whose definitions that is.
    pub services: Vec<String>,
}

/// The comments of a file in which a directive may stand.
pub(super) fn of(file: &SourceFile, syntax: Syntax) -> Vec<Comment> {
    if file.invalid_utf8.is_some() || !file.text.contains(NEEDLE) {
        return Vec::new();
    }
    let extension = file.path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    let is_yaml = matches!(extension, "yml" | "yaml") || file.path.as_os_str() == "-";
    let mut comments = match syntax {
        Syntax::Yaml => in_yaml(file),
        Syntax::Dockerfile => in_plain(file, plain::DOCKERFILE),
        Syntax::Env => in_plain(file, plain::ENV),
        Syntax::ByName if is_yaml => in_yaml(file),
        Syntax::ByName => match source::comments(file) {
            Some(comments) => in_source(file, &comments),
            None => in_plain(file, plain::syntax(&file.path)),
        },
    };
    let top = top(file, &comments);
    for comment in &mut comments {
        comment.at_top = comment.at.start < top;
    }
    comments.retain(|comment| file.text.get(comment.at.clone()).is_some_and(|text| text.contains(NEEDLE)));
    comments
}

/// Where the content begins.
fn top(file: &SourceFile, comments: &[Comment]) -> usize {
    for line in 0..file.line_count() {
        let text = file.line(line);
        let bare = text.trim_start_matches('\u{FEFF}').trim();
        let start = file.line_start(line) + (text.len() - text.trim_start().len());
        let is_comment = comments.iter().any(|comment| {
            let lines = file.line_start(file.line_of(comment.at.start));
            comment.alone && lines <= start && start < comment.at.end
        });
        // A marker of the file's kind is no content.
        let marker = bare.is_empty()
            || bare == "---"
            || ["%YAML", "#!", "<?php", "<?xml"].iter().any(|marker| bare.starts_with(marker));
        if !is_comment && !marker {
            return file.line_start(line);
        }
    }
    file.text.len()
}

fn in_yaml(file: &SourceFile) -> Vec<Comment> {
    let stream = yaml::parse(file);
    let mut places = Places::default();
    for document in &stream.documents {
        places.collect(document);
    }
    places.parts.sort_by_key(|part| (part.span.lo, !part.item));
    let comment = |comment: &yaml::Comment| {
        let at = file.range(comment.span);
        if !comment.own_line {
            let mut covers = line(file, &at);
            let starts = |scalar: &&Span| covers.contains(&file.local(scalar.lo));
            // The text of a block scalar has no place for comments: that of its header is for all of it.
            let below = places.long.iter().filter(starts).map(|scalar| file.local(scalar.hi)).max();
            covers.end = covers.end.max(below.unwrap_or(0));
            return Comment { at, covers, ..Comment::default() };
        }
        let index = places.parts.partition_point(|part| part.span.lo < comment.span.hi);
        let part = places.parts.get(index);
        let below = part.map(|part| file.range(part.span));
        let services = part.map(|part| part.services.clone()).unwrap_or_default();
        Comment { alone: true, covers: with(file, &at, below), at, services, at_top: false }
    };
    stream.comments.iter().map(comment).collect()
}

/// The parts of documents that comments can stand above.
#[derive(Default)]
struct Places {
    parts: Vec<Part>,
    /// The scalars of several lines.
    long: Vec<Span>,
}

struct Part {
    span: Span,
    /// Whether it is an item of a list; one that is a mapping begins where its first key does.
    item: bool,
    services: Vec<String>,
}

impl Places {
    fn collect(&mut self, document: &Node) {
        let mut below = vec![(document, Within::Top)];
        while let Some((node, within)) = below.pop() {
            match &node.kind {
                NodeKind::Scalar(scalar) => {
                    if scalar.style == Style::Literal || scalar.style == Style::Folded {
                        self.long.push(node.span);
                    }
                }
                NodeKind::Sequence(sequence) => {
                    for item in sequence.items.iter() {
                        self.parts.push(Part { span: item.span, item: true, services: Vec::new() });
                        below.push((item, Within::Other));
                    }
                }
                NodeKind::Mapping(mapping) => {
                    for entry in mapping.entries.iter() {
                        let is_services = within == Within::Top && key(entry) == Some("services");
                        let services = match within {
                            Within::Services => key(entry).map(str::to_string).into_iter().collect(),
                            _ if is_services => names(&entry.value),
                            _ => Vec::new(),
                        };
                        let span = entry.key.span.to(entry.value.span);
                        self.parts.push(Part { span, item: false, services });
                        let inner = if is_services { Within::Services } else { Within::Other };
                        below.push((&entry.value, inner));
                    }
                }
                NodeKind::Alias(_) => {}
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Top,
    Services,
    Other,
}

fn key(entry: &Entry) -> Option<&str> {
    entry.key.as_scalar().map(|scalar| scalar.text.as_str())
}

fn names(services: &Node) -> Vec<String> {
    let entries = services.as_mapping().map(|mapping| mapping.entries.iter()).into_iter().flatten();
    entries.filter_map(key).map(str::to_string).collect()
}

fn in_source(file: &SourceFile, comments: &[source::SourceComment]) -> Vec<Comment> {
    let comment = |comment: &source::SourceComment| {
        let next = (!comment.next.is_none()).then(|| file.range(comment.next));
        placed(file, file.range(comment.span), next)
    };
    comments.iter().map(comment).collect()
}

fn in_plain(file: &SourceFile, syntax: plain::Syntax) -> Vec<Comment> {
    let scan = syntax.scan(file);
    let comment = |at: &Range<usize>| {
        let below = file.line_of(at.end.saturating_sub(1)) + 1;
        placed(file, at.clone(), scan.statement(file, below))
    };
    scan.comments.iter().map(comment).collect()
}

fn placed(file: &SourceFile, at: Range<usize>, next: Option<Range<usize>>) -> Comment {
    let lines = lines(file, &at);
    let blank = |range: Range<usize>| file.text.get(range).is_some_and(|text| text.trim().is_empty());
    let alone = blank(lines.start..at.start) && blank(at.end.min(lines.end)..lines.end);
    let covers = if alone { with(file, &at, next) } else { line(file, &at) };
    Comment { at, alone, covers, ..Comment::default() }
}

/// The lines of a comment and those of what stands below it.
fn with(file: &SourceFile, at: &Range<usize>, below: Option<Range<usize>>) -> Range<usize> {
    let own = lines(file, at);
    below.map_or(own.clone(), |below| own.start..lines(file, &below).end)
}

/// The line that a range begins on.
fn line(file: &SourceFile, at: &Range<usize>) -> Range<usize> {
    lines(file, &(at.start..at.start))
}

/// The lines that a range touches, without the last line break.
fn lines(file: &SourceFile, at: &Range<usize>) -> Range<usize> {
    let (first, last) = (file.line_of(at.start), file.line_of(at.end.max(at.start)));
    file.line_start(first)..file.line_start(last) + file.line(last).len()
}
