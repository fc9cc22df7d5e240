//! The lines of the sources that a picture needs, masked and harmless, as miette wants them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use miette::{MietteError, SourceCode, SourceSpan, SpanContents};

use super::mask::{self, Kind};
use super::{Screen, printable, shown};
use crate::source::{SourceFile, SourceMap, Span};

/// How many columns the text of a label should have.
const LABEL: usize = 16;

/// How many lines are shown before and after a labelled one.
pub const CONTEXT: usize = 1;

/// Lines of several files in one offset space of their own, because masking moves bytes.
///
/// A label is a span of that space, so it names its file by itself and one diagnostic can show
/// several files: miette asks for the lines around each label and gets a snippet with the file's
/// name. A span over two snippets is refused, which keeps them apart.
#[derive(Debug, Default)]
pub struct Excerpt {
    text: String,
    chunks: Vec<Chunk>,
    /// Where each label starts here, and its column in the file, counted from 0.
    columns: Vec<(usize, usize)>,
}

/// Consecutive lines of one file.
#[derive(Debug)]
struct Chunk {
    name: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    /// 0-based, in the file.
    number: usize,
    /// In the excerpt, line break included.
    range: Range<usize>,
}

impl Excerpt {
    /// The lines around `spans`, and each span as it stands in the excerpt, in the same order.
    /// Spans that lie in no file have none. Files stand in the order of their first span.
    pub fn new(
        sources: &SourceMap,
        directory: &std::path::Path,
        spans: &[Span],
        screen: &Screen,
    ) -> (Self, Vec<Option<Range<usize>>>) {
        let mut files: Vec<(Arc<SourceFile>, Vec<usize>)> = Vec::new();
        for (index, span) in spans.iter().enumerate() {
            let Some(file) = sources.file(*span) else { continue };
            match files.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &file)) {
                Some((_, members)) => members.push(index),
                None => files.push((file, vec![index])),
            }
        }
        let mut excerpt = Self::default();
        let mut places = vec![None; spans.len()];
        for (file, members) in files {
            let ranges: Vec<_> = members.iter().map(|index| (*index, file.range(spans[*index]))).collect();
            let name = shown(&file.path, directory);
            let url = url::Url::from_file_path(&file.path).ok().filter(|_| screen.links);
            let name = url.map(|url| screen.link(&name, url.as_str())).unwrap_or(name);
            excerpt.add(&file, name, &ranges, screen, &mut places);
        }
        (excerpt, places)
    }

    /// How many characters stand before the middle of a place on its line.
    pub fn column(&self, place: &Range<usize>) -> usize {
        let before = self.text.get(..place.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.chars().count() + place.len() / 2
    }

    fn add(
        &mut self,
        file: &SourceFile,
        name: String,
        labels: &[(usize, Range<usize>)],
        screen: &Screen,
        places: &mut [Option<Range<usize>>],
    ) {
        // A label that goes over many lines is shown by its first: the picture stays a picture.
        let cut = |range: &Range<usize>| {
            let line = file.line_of(range.start);
            let end = file.line_start(line) + file.line(line).len();
            range.start.min(end)..range.end.clamp(range.start.min(end), end)
        };
        let labels: Vec<(usize, usize, Range<usize>)> =
            labels.iter().map(|(index, range)| (*index, file.line_of(range.start), cut(range))).collect();
        let mut wanted: BTreeMap<usize, Vec<(usize, Range<usize>)>> = BTreeMap::new();
        for (index, line, range) in labels {
            let last = (line + CONTEXT).min(file.line_count().saturating_sub(1));
            for near in line.saturating_sub(CONTEXT)..=last {
                wanted.entry(near).or_default();
            }
            wanted.entry(line).or_default().push((index, range));
        }
        let kind = Kind::of(&file.path);
        let mut before = None;
        for (number, labels) in wanted {
            // The line after the last line break of a file has no text and need not be shown.
            let blank = number > 0 && file.line_start(number) == file.text.len();
            if blank && labels.is_empty() {
                continue;
            }
            if before.is_none_or(|line: usize| line + 1 != number) {
                // Bytes between chunks: an empty span at the end of one is not the start of the next.
                self.text.push('\n');
                self.chunks.push(Chunk { name: name.clone(), lines: Vec::new() });
            }
            before = Some(number);
            let start = file.line_start(number);
            let local: Vec<_> =
                labels.iter().map(|(_, range)| range.start - start..range.end - start).collect();
            let from = self.text.len();
            let view = View::new(file.line(number), kind, &local, screen);
            self.text.push_str(&view.text);
            self.text.push('\n');
            for ((index, range), place) in labels.iter().zip(view.places) {
                let place = from + place.start..from + place.end;
                let position = file.position(file.slice(range.start, range.end).lo);
                self.columns.push((place.start, position.column.saturating_sub(1)));
                if let Some(slot) = places.get_mut(*index) {
                    *slot = Some(place);
                }
            }
            if let Some(chunk) = self.chunks.last_mut() {
                chunk.lines.push(Line { number, range: from..self.text.len() });
            }
        }
    }
}

/// A line as it is shown.
struct View {
    text: String,
    places: Vec<Range<usize>>,
}

/// Of a longer line, only what stands around the labels is looked at.
const LONG: usize = 8192;

impl View {
    /// The line with secrets masked, nothing that moves a cursor, and cut to the screen around
    /// the labels; and where the labels stand in that.
    fn new(line: &str, kind: Kind, labels: &[Range<usize>], screen: &Screen) -> Self {
        // A byte order mark has no width, and columns do not count it.
        let mark = if line.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let (from, to) = around(line, labels);
        let from = from.max(mark);
        let shown = line.get(from..to).unwrap_or_default();
        let secrets = mask::secrets(shown, kind);
        let mut view = Self { text: String::with_capacity(shown.len()), places: Vec::new() };
        let mut moved: Vec<(usize, usize)> = Vec::with_capacity(shown.len() + 1);
        let mut secrets = secrets.into_iter().peekable();
        let mut skip = 0;
        for (at, c) in shown.char_indices() {
            moved.push((at, view.text.len()));
            if let Some(secret) = secrets.next_if(|secret| secret.start == at) {
                view.text.push_str(mask::MASK);
                skip = secret.end;
            }
            if at >= skip {
                let c = printable::visible(c);
                view.text.push(if screen.unicode || c.is_ascii() { c } else { '?' });
            }
        }
        moved.push((shown.len(), view.text.len()));
        let place = |offset: usize| {
            let local = offset.saturating_sub(from).min(shown.len());
            let index = moved.partition_point(|(original, _)| *original < local);
            moved.get(index).map_or(view.text.len(), |(_, shown)| *shown)
        };
        view.places = labels.iter().map(|label| place(label.start)..place(label.end)).collect();
        view.cut(screen);
        view
    }

    /// Cuts the view to the screen, so that the first label starts on it and as much as possible of
    /// the rest stands before it.
    fn cut(&mut self, screen: &Screen) {
        // The line number and the frame take their share of the width.
        let room = screen.width.saturating_sub(9).max(24);
        let dots = if screen.unicode { "…" } else { "..." };
        let columns: Vec<(usize, usize)> = self
            .text
            .char_indices()
            .scan(0, |column, (at, c)| {
                *column += columns(c);
                Some((at, *column))
            })
            .collect();
        let column = |at: usize| {
            let index = columns.partition_point(|(offset, _)| *offset < at);
            index.checked_sub(1).and_then(|before| columns.get(before)).map_or(0, |(_, end)| *end)
        };
        let offset = |column: usize| {
            let index = columns.partition_point(|(_, end)| *end <= column);
            columns.get(index).map_or(self.text.len(), |(at, _)| *at)
        };
        let width = column(self.text.len());
        let start = column(self.places.iter().map(|place| place.start).min().unwrap_or(0));
        let end = column(self.places.iter().map(|place| place.end).max().unwrap_or(0));
        // The text of a label begins below the middle of its place.
        let wanted = start + (end - start) / 2 + LABEL;
        if width <= room && wanted <= room {
            return;
        }
        let room = room - 2 * dots.chars().count();
        let first = end.max(wanted).saturating_sub(room).min(start);
        let (from, to) = (offset(first), offset(first + room));
        let before = if from > 0 { dots } else { "" };
        let after = if to < self.text.len() { dots } else { "" };
        for place in &mut self.places {
            let at = |offset: usize| before.len() + offset.clamp(from, to) - from;
            *place = at(place.start)..at(place.end);
        }
        self.text = format!("{before}{}{after}", self.text.get(from..to).unwrap_or_default());
    }
}

/// The part of a line that is looked at: all of it, or what stands around the labels.
fn around(line: &str, labels: &[Range<usize>]) -> (usize, usize) {
    if line.len() <= LONG {
        return (0, line.len());
    }
    let start = labels.iter().map(|label| label.start).min().unwrap_or(0);
    let floor = |at: usize| (0..=at.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    (floor(start.saturating_sub(LONG / 2)), floor(start + LONG / 2))
}

/// How many columns a character takes, near enough: wide scripts take two.
fn columns(c: char) -> usize {
    match c {
        '\t' => 4,
        '\u{300}'..='\u{36f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' => 2,
        '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (lo, hi) = (span.offset(), span.offset() + span.len());
        let holds = |line: &Line, at: usize| line.range.contains(&at);
        let chunk = self.chunks.iter().find(|chunk| chunk.lines.iter().any(|line| holds(line, lo)));
        let chunk = chunk.ok_or(MietteError::OutOfBounds)?;
        let first = chunk.lines.iter().position(|line| holds(line, lo)).ok_or(MietteError::OutOfBounds)?;
        let last = chunk.lines.iter().position(|line| holds(line, hi)).ok_or(MietteError::OutOfBounds)?;
        let lines = &chunk.lines
            [first.saturating_sub(before)..=(last + after).min(chunk.lines.len().saturating_sub(1))];
        let (Some(top), Some(bottom)) = (lines.first(), lines.last()) else {
            return Err(MietteError::OutOfBounds);
        };
        let range = top.range.start..bottom.range.end;
        let text = self.text.get(range.clone()).ok_or(MietteError::OutOfBounds)?;
        // Asked for a label alone, miette wants to print its column: ours, as every format has it.
        let column = match before {
            0 => self.columns.iter().find(|(start, _)| *start == lo).map_or(0, |(_, column)| *column),
            _ => 0,
        };
        Ok(Box::new(Contents {
            text: text.as_bytes(),
            span: (range.start, range.len()).into(),
            name: &chunk.name,
            line: top.number,
            column,
            lines: lines.len(),
        }))
    }
}

struct Contents<'a> {
    text: &'a [u8],
    span: SourceSpan,
    name: &'a str,
    line: usize,
    column: usize,
    lines: usize,
}

impl<'a> SpanContents<'a> for Contents<'a> {
    fn data(&self) -> &'a [u8] {
        self.text
    }

    fn span(&self) -> &SourceSpan {
        &self.span
    }

    fn line(&self) -> usize {
        self.line
    }

    fn column(&self) -> usize {
        self.column
    }

    fn line_count(&self) -> usize {
        self.lines
    }

    fn name(&self) -> Option<&str> {
        Some(self.name)
    }
}
