//! The text of a Dockerfile, cut by byte ranges, with the origin of each part.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Origin, SourceFile, Span, Text};

const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// The text of a Dockerfile: a file's, or the value of `dockerfile_inline`.
#[derive(Clone, Debug)]
pub struct Body {
    plain: Arc<str>,
    text: Text,
    offset: usize,
}

impl Body {
    /// The text of a file; a byte order mark is left out, as Docker leaves it out.
    #[must_use]
    pub fn of_file(file: &SourceFile) -> Self {
        let plain = file.text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&file.text);
        Self {
            plain: plain.into(),
            text: Text::known(&*file.text, Origin::at(file.span())),
            offset: file.text.len() - plain.len(),
        }
    }

    /// The value of `dockerfile_inline`.
    #[must_use]
    pub fn inline(text: &Text) -> Self {
        Self { plain: text.assumed().into(), text: text.clone(), offset: 0 }
    }

    /// The text without a byte order mark.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.plain
    }

    /// The bytes of the range with their origins.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Text {
        self.text.slice(range.start + self.offset, range.end + self.offset)
    }

    /// Where the range stands.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        span_of(&self.part(range))
    }

    /// The part of the range that remains when lines are joined at the escape character: the
    /// line breaks after it, and blank lines and comments that follow, are gone.
    #[must_use]
    pub fn joined(&self, range: Range<usize>, escape: char) -> Text {
        let Some(text) = self.plain.get(range.clone()) else { return Text::default() };
        let mut parts = Vec::new();
        let mut from = 0;
        let mut at = 0;
        while let Some(found) = text[at..].find(escape) {
            let found = at + found;
            match after_continuation(text, found + escape.len_utf8()) {
                Some(next) => {
                    parts.push(self.part(range.start + from..range.start + found));
                    (from, at) = (next, next);
                }
                None => at = found + escape.len_utf8(),
            }
        }
        parts.push(self.part(range.start + from..range.end));
        Text::concat(parts)
    }
}

/// The smallest span around all pieces of a text that stand in one piece of a file.
#[must_use]
pub fn span_of(text: &Text) -> Span {
    text.pieces().iter().fold(Span::NONE, |span, piece| span.to(piece.origin.written))
}

/// Where the text goes on when the escape character before `at` ends its line.
fn after_continuation(text: &str, at: usize) -> Option<usize> {
    let mut next = end_of_blank_line(text, at)?;
    while let Some(line) = text.get(next..).filter(|rest| !rest.is_empty()) {
        let end = line.find('\n').map_or(text.len(), |end| next + end + 1);
        let trimmed = line.get(..end - next).unwrap_or("").trim();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            break;
        }
        next = end;
    }
    Some(next)
}

fn end_of_blank_line(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let line = rest.find('\n')?;
    rest[..line].trim_matches([' ', '\t', '\r']).is_empty().then_some(at + line + 1)
}
