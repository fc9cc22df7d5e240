//! Why the parser refuses a text, in words that help.

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};

use super::dialect;
use crate::finding::{Problem, ProblemKind};
use crate::source::{SourceFile, Span, Spanned};

/// The problem that a parser error stands for, at its precise place. `read` is where the last
/// content ended that the parser could make sense of.
pub(super) fn problem(file: &SourceFile, error: &ScanError, read: usize) -> Problem {
    let at = error.marker().byte_offset().unwrap_or(0).min(file.text.len());
    let place = character(file, at);
    if error.kind() == &ErrorKind::RecursionLimitExceeded {
        let message = "collections are nested more than 255 deep here; dockworthy reads no further";
        return Problem::warning(ProblemKind::InvalidYaml, place, message);
    }
    if let Some(problem) = conflict(file) {
        return problem;
    }
    if dialect::accepts(file) {
        let message = format!("dockworthy cannot read this, though Compose may: {}", error.info());
        return Problem::warning(ProblemKind::InvalidYaml, place, message);
    }
    let place = Place { file, at, read, span: place };
    place.explained(error.kind()).unwrap_or_else(|| place.says(error.info()))
}

/// The quoted text within which the parser stopped, quotes included, if it is closed at all.
pub(super) fn open_quote(file: &SourceFile, error: &ScanError, read: usize) -> Option<Range<usize>> {
    let at = error.marker().byte_offset().filter(|at| *at <= file.text.len())?;
    let place = Place { file, at, read, span: character(file, at) };
    let (opened, quote) = place.opening_quote()?;
    let length = closing(file.text.get(opened + 1..)?, quote)?;
    Some(opened..opened + 1 + length)
}

/// An alias of nothing.
pub(super) fn unknown_anchor(name: &str, at: Span) -> Problem {
    let message = format!("the alias `*{name}` names no anchor that stands before it");
    Problem::refusal(ProblemKind::InvalidYaml, at, message).help(format!(
        "write `&{name}` before the value it should repeat; if it is text, quote it: `'*{name}'`"
    ))
}

/// Aliases of aliases of aliases …
pub(super) fn too_many_hops(at: Span) -> Problem {
    let message = "aliases lead through more than 32 others here";
    Problem::refusal(ProblemKind::AliasBomb, at, message).help("write the value itself")
}

/// YAML 1.2 begins a document behind a `...` by itself.
pub(super) fn bare_document(at: Span) -> Problem {
    let message = "after `...` Compose's YAML wants a document to begin with `---`";
    Problem::refusal(ProblemKind::InvalidYaml, at, message)
        .help("write `---` above this line, or delete the `...`")
}

/// YAML 1.2 takes the `:` into the name, Compose's library does not.
pub(super) fn anchor_with_colon(name: &Spanned<String>) -> Problem {
    let message = format!("the anchor's name cannot end with a `:`, as `&{}` does", name.value);
    let bare = name.value.trim_end_matches(':');
    Problem::refusal(ProblemKind::InvalidYaml, name.span, message)
        .help(format!("write the anchor before the value: `key: &{bare} value`"))
}

/// A `?` and a blank in a plain scalar between brackets.
pub(super) fn question_mark(at: Span) -> Problem {
    let message = "a `?` before a blank ends the text here: Compose's YAML reads it as the sign of a key";
    Problem::refusal(ProblemKind::InvalidYaml, at, message).help("quote the text")
}

/// The character at a byte offset; nothing at the end of a line.
pub(super) fn character(file: &SourceFile, at: usize) -> Span {
    let next = file.text.get(at..).and_then(|rest| rest.chars().next());
    file.slice(at, at + next.filter(|next| !matches!(next, '\n' | '\r')).map_or(0, char::len_utf8))
}

/// Whatever the parser stumbled over, an unresolved merge is the reason.
fn conflict(file: &SourceFile) -> Option<Problem> {
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let content = line.trim_end();
        if content.starts_with("<<<<<<< ") || content.starts_with(">>>>>>> ") {
            let place = file.slice(at, at + content.len());
            let problem =
                Problem::refusal(ProblemKind::InvalidYaml, place, "a merge conflict is left in the file");
            return Some(problem.help("keep one side of the conflict, and delete the markers"));
        }
        at += line.len();
    }
    None
}

struct Place<'a> {
    file: &'a SourceFile,
    at: usize,
    read: usize,
    span: Span,
}

impl Place<'_> {
    fn says(&self, message: impl Into<String>) -> Problem {
        Problem::refusal(ProblemKind::InvalidYaml, self.span, message)
    }

    /// The text of the line before the place.
    fn before(&self) -> &str {
        let text = self.file.text.get(..self.at).unwrap_or("");
        text.rsplit('\n').next().unwrap_or("")
    }

    /// The line before the place's line that is not blank.
    fn line_above(&self) -> &str {
        let end = self.at - self.before().len();
        let text = self.file.text.get(..end).unwrap_or("");
        text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("")
    }

    fn rest(&self) -> &str {
        let rest = self.file.text.get(self.at..).unwrap_or("");
        rest.lines().next().unwrap_or("")
    }

    fn is_item(&self) -> bool {
        self.rest().starts_with("- ") || self.before().trim_start().starts_with('-')
    }

    fn explained(&self, kind: &ErrorKind) -> Option<Problem> {
        Some(match kind {
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
                if self.before().trim().is_empty() =>
            {
                let tab = self.before().find('\t').map_or(self.at, |tab| self.at - self.before().len() + tab);
                let problem = Problem::refusal(
                    ProblemKind::InvalidYaml,
                    character(self.file, tab),
                    "a tab stands in the indentation, where YAML allows only spaces",
                );
                problem.help("indent with spaces")
            }
            ErrorKind::UnexpectedCharacter { character } => self.character(*character),
            ErrorKind::MappingValueNotAllowed => self.colon(),
            ErrorKind::ExpectedBlockMappingKey if self.is_item() => self
                .says("a list item stands among the keys of a mapping")
                .help("write `key: value` here, or make every line of this block a list item"),
            ErrorKind::ExpectedBlockMappingKey => self
                .says("this line's indentation fits none of the mappings above it")
                .help("give it the same number of spaces as the keys it belongs to"),
            ErrorKind::ExpectedBlockSequenceEntry => self
                .says("a list goes on here without a `-`")
                .help("begin the line with `- `, or give it the indentation of the mapping it belongs to"),
            ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
                self.says("text follows the closing quote")
                    .help("put the whole value into one pair of quotes")
            }
            ErrorKind::UnclosedQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::DocumentIndicatorInQuotedScalar => self.quote(),
            ErrorKind::UnknownQuotedScalarEscape => self.escape()?,
            ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::InvalidColonPlacement => self.flow(),
            ErrorKind::UnclosedFlowCollection { open } => self.says(format!("`{open}` is never closed")),
            ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
                self.says(format!("`{open}` is closed by `{close}`"))
            }
            ErrorKind::InvalidBlockScalarHeader => self
                .says("text stands behind the sign of a block scalar")
                .help("begin the text on the next line, or quote the value"),
            ErrorKind::MissingAnchorOrAliasName => self
                .says(format!("`{}` stands without a name", self.rest().chars().next().unwrap_or('&')))
                .help("if it is text, quote the value"),
            ErrorKind::ExpectedDocumentStart => self
                .says("the document has ended before this line")
                .help("give all top-level keys of the file the same indentation, and begin each with `key:`"),
            _ => return None,
        })
    }

    fn character(&self, character: char) -> Problem {
        if character.is_control() {
            let code = u32::from(character);
            return self.says(format!("the control character U+{code:04X} is not allowed in YAML"));
        }
        let value = self.rest().split(" #").next().unwrap_or("").trim_end();
        let quoted = value.replace('\'', "''");
        self.says(format!("a value cannot begin with `{character}`")).help(format!("quote it: `'{quoted}'`"))
    }

    /// A `:` where no key can be.
    fn colon(&self) -> Problem {
        let above = self.line_above();
        if let Some((key, value)) = self.before().split_once(": ") {
            let value = format!("{value}{}", self.rest()).trim().replace('\'', "''");
            return self
                .says("a second `: ` stands in this value")
                .help(format!("quote the value: `{}: '{value}'`", key.trim().trim_start_matches("- ")));
        }
        if above.contains(": ") {
            return self
                .says("this line is indented under a key that already has a value")
                .help("give it the same number of spaces as the key above it");
        }
        self.says("this line continues the text above it, which is no `key:`").help(format!(
            "the line above, `{}`, lacks a `:` followed by a space or the end of the line",
            above.trim()
        ))
    }

    /// A quoted scalar that does not end: the place to look at is where it began.
    fn quote(&self) -> Problem {
        let Some((opened, quote)) = self.opening_quote() else {
            return self.says("a quote is never closed");
        };
        let place = character(self.file, opened);
        let problem = Problem::refusal(
            ProblemKind::InvalidYaml,
            place,
            format!("the quote `{quote}` that opens here is never closed"),
        );
        let problem = problem.help(format!("close it with `{quote}` at the end of the value"));
        if self.span.is_empty() {
            problem
        } else {
            problem.also(self.span, "this is still read as quoted text")
        }
    }

    fn opening_quote(&self) -> Option<(usize, char)> {
        let text = self.file.text.get(self.read..self.at)?;
        let mut at = 0;
        let mut previous = ' ';
        while let Some(next) = text.get(at..)?.chars().next() {
            let opens = previous.is_whitespace() || matches!(previous, '[' | '{' | ',' | ':' | '-');
            let after = at + next.len_utf8();
            if next == '#' && previous.is_whitespace() {
                at += text.get(at..)?.find('\n').unwrap_or(text.len() - at);
                previous = ' ';
                continue;
            }
            at = if opens && matches!(next, '"' | '\'') {
                match closing(text.get(after..)?, next) {
                    Some(end) => after + end,
                    None => return Some((self.read + at, next)),
                }
            } else {
                after
            };
            previous = next;
        }
        // The parser may point at the quote itself.
        self.rest().chars().next().filter(|next| matches!(next, '"' | '\'')).map(|quote| (self.at, quote))
    }

    fn escape(&self) -> Option<Problem> {
        let text = self.file.text.get(self.at..)?;
        let mut escaped = false;
        for (at, next) in text.char_indices() {
            if escaped && !"0abt\tnvfre \"/\\N_LPxuU\n\r".contains(next) {
                let place = self.file.slice(self.at + at - 1, self.at + at + next.len_utf8());
                let message = format!("`\\{next}` means nothing between double quotes");
                return Some(
                    Problem::refusal(ProblemKind::InvalidYaml, place, message)
                        .help(format!("use single quotes, or write `\\\\{next}`")),
                );
            }
            escaped = next == '\\' && !escaped;
        }
        None
    }

    fn flow(&self) -> Problem {
        let problem = self.says("a `,` or the closing bracket is missing before this");
        if self.before().ends_with('$') || self.before().contains("${") {
            return problem.help("quote items that hold `${…}`: braces have a meaning of their own here");
        }
        problem.help("separate the items with `,`, and quote those that hold `,`, `[`, `]`, `{` or `}`")
    }
}

/// Where the quoted text ends, quote included.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut characters = text.char_indices().peekable();
    while let Some((at, next)) = characters.next() {
        match next {
            '\\' if quote == '"' => {
                characters.next();
            }
            '\'' if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
            }
            _ if next == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}
