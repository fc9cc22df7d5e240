//! Quoted text that goes on further left than YAML 1.2 allows; Compose's YAML library allows it.
//!
//! Such text is put on one line for the parser, byte for byte, so that no place changes; its value
//! is then read from the text as it is.

use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScanError};

use super::{dialect, refused};
use crate::source::{SourceFile, Span};

/// Each makes the parser begin anew.
const MOST: usize = 32;

/// A file's text with some quoted scalars put on one line.
pub(super) struct Outdented<'a> {
    file: &'a SourceFile,
    text: Option<String>,
    joined: Vec<Range<usize>>,
    accepted: Option<bool>,
}

impl<'a> Outdented<'a> {
    pub(super) fn new(file: &'a SourceFile) -> Self {
        Self { file, text: None, joined: Vec::new(), accepted: None }
    }

    /// The text for the parser.
    pub(super) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or(&self.file.text)
    }

    /// Puts the quoted scalar that the parser stumbled over on one line, if that is what is wrong.
    pub(super) fn join(&mut self, error: &ScanError, read: usize) -> bool {
        let about_indentation =
            matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation);
        if !about_indentation || self.joined.len() >= MOST {
            return false;
        }
        let Some(range) = refused::open_quote(self.file, error, read) else { return false };
        if self.joined.contains(&range) || !*self.accepted.get_or_insert_with(|| dialect::accepts(self.file))
        {
            return false;
        }
        let mut bytes = self.text().as_bytes().to_vec();
        for byte in bytes.get_mut(range.clone()).into_iter().flatten() {
            if matches!(byte, b'\n' | b'\r' | b'\t') {
                *byte = b' ';
            }
        }
        let Ok(text) = String::from_utf8(bytes) else { return false };
        self.text = Some(text);
        self.joined.push(range);
        true
    }

    /// The value of the scalar at `span`, if it is one that was put on one line.
    pub(super) fn value(&self, span: Span) -> Option<String> {
        let range = self.file.range(span);
        if !self.joined.iter().any(|joined| joined.start == range.start) {
            return None;
        }
        // Between brackets the column does not matter.
        let alone = format!("[{}]", self.file.snippet(span));
        let mut events = Parser::new_from_str(&alone).map_while(Result::ok);
        events.find_map(|(event, _)| match event {
            Event::Scalar(text, ..) => Some(text.into_owned()),
            _ => None,
        })
    }
}
