//! The lines of the sources that a picture needs, masked and harmless, as miette wants them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use miette::{MietteError, SourceCode, SourceSpan, SpanContents};

use super::mask::{self, Kind};
use super::{Screen, printable, shown};
use crate::source::{SourceFile, SourceMap, Span};

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
            excerpt.add(&file, shown(&file.path, directory), &ranges, screen, &mut places);
        }
        (excerpt, places)
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

impl View {
    /// The line with secrets masked, nothing that moves a cursor, and cut to the screen around
    /// the labels; and where the labels stand in that.
    fn new(line: &str, kind: Kind, labels: &[Range<usize>], screen: &Screen) -> Self {
        let line = line.strip_prefix('\u{feff}').map_or((line, 0), |rest| (rest, 3));
        let (line, mark) = line;
        let labels: Vec<_> =
            labels.iter().map(|l| l.start.saturating_sub(mark)..l.end.saturating_sub(mark)).collect();
        let window = Window::of(line, &labels, screen);
        let shown = &line[window.range.clone()];
        let secrets = mask::secrets(shown, kind);
        let base = window.range.start;
        let mut view = Self { text: String::new(), places: vec![0..0; labels.len()] };
        let dots = if screen.unicode { "…" } else { "..." };
        if window.cut_before {
            view.text.push_str(dots);
        }
        let mut ends: Vec<(usize, usize)> = Vec::with_capacity(shown.len() + 1);
        let mut skip = 0;
        for (at, c) in shown.char_indices() {
            ends.push((at, view.text.len()));
            if at < skip {
                continue;
            }
            if let Some(secret) = secrets.iter().find(|secret| secret.start == at) {
                view.text.push_str(mask::MASK);
                skip = secret.end;
                continue;
            }
            let c = printable::visible(c);
            if screen.unicode || c.is_ascii() {
                view.text.push(c);
            } else {
                view.text.push('?');
            }
        }
        ends.push((shown.len(), view.text.len()));
        for (place, label) in view.places.iter_mut().zip(&labels) {
            let at = |offset: usize| {
                let local = offset.saturating_sub(base).min(shown.len());
                let index = ends.partition_point(|(original, _)| *original < local);
                ends.get(index).map_or(view.text.len(), |(_, shown)| *shown)
            };
            *place = at(label.start)..at(label.end);
        }
        if window.cut_after {
            view.text.push_str(dots);
        }
        view
    }
}

/// The part of a line that is shown.
struct Window {
    range: Range<usize>,
    cut_before: bool,
    cut_after: bool,
}

impl Window {
    fn of(line: &str, labels: &[Range<usize>], screen: &Screen) -> Self {
        // Line number, frame and dots take their share of the width.
        let room = screen.width.saturating_sub(14).max(24);
        if line.len() <= room || line.chars().take(room + 1).count() <= room {
            return Self { range: 0..line.len(), cut_before: false, cut_after: false };
        }
        let focus = labels.iter().map(|label| label.start).min().unwrap_or(0);
        let end = labels.iter().map(|label| label.end).max().unwrap_or(0);
        let mut boundaries = line.char_indices().map(|(at, _)| at).chain([line.len()]);
        // The label's start decides; what stands before it is shown as far as the label leaves room.
        let label = line.get(focus..end.max(focus)).map_or(1, |text| text.chars().count()).min(room);
        let column = line.get(..focus).map_or(0, |text| text.chars().count());
        let first = if column + label <= room { 0 } else { (column + label - room).min(column) };
        let from = boundaries.by_ref().nth(first).unwrap_or(0);
        let to = boundaries.nth(room - 1).unwrap_or(line.len());
        Self { range: from..to, cut_before: from > 0, cut_after: to < line.len() }
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
