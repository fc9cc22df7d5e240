//! The substitution of `$NAME`, `${NAME}` and `${NAME<operator>word}` in one text, as Compose does
//! it in values of compose files and in env files.
//!
//! The grammar is that of the Compose specification's chapter on interpolation, with the corners of
//! compose-go's pattern: a `${…}` with an operator ends at the brace that balances it, on the same
//! line; a lone `$` is a `$`; names are ASCII.

mod variables;

pub use variables::Referenced;
pub(crate) use variables::variables;

use std::sync::Arc;

use crate::finding::{Problem, ProblemKind};
use crate::source::{Certainty, Origin, Piece, Span, Text, Via};

/// How deep references may nest in each other's words.
const MAX_DEPTH: usize = 64;

/// Where the bytes of a text stand in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The whole value.
    pub whole: Span,
    /// The text itself, when it stands in the file byte for byte.
    pub exact: Option<Span>,
}

impl Place {
    /// Where the bytes `from..to` of the text are written.
    pub(crate) fn span(self, from: usize, to: usize) -> Span {
        self.exact.map_or(self.whole, |exact| exact.slice(from, to))
    }
}

/// What a name stands for, if anything sets it.
pub(crate) type Lookup<'a> = dyn Fn(&str) -> Option<Text> + 'a;

/// The text with every reference replaced. What is wrong with a reference is pushed to `problems`;
/// its place in the text is then unknown.
pub(crate) fn substitute(text: &str, place: Place, lookup: &Lookup, problems: &mut Vec<Problem>) -> Text {
    if !text.contains('$') {
        return Text::known(text, Origin::at(place.span(0, text.len())));
    }
    let mut template = Template { text, place, lookup, problems, invalid: false };
    let pieces = template.run(0, text.len(), 0);
    if pieces.is_empty() {
        return Text::known("", Origin::at(place.span(0, text.len())));
    }
    Text::concat(pieces.into_iter().map(Text::from_piece))
}

struct Template<'a> {
    text: &'a str,
    place: Place,
    lookup: &'a Lookup<'a>,
    problems: &'a mut Vec<Problem>,
    /// Whether something was found to be no reference. Of one text that is told once.
    invalid: bool,
}

/// A reference in the text; all numbers are offsets.
struct Reference<'a> {
    name: &'a str,
    operator: Option<Operator>,
    word: std::ops::Range<usize>,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy)]
struct Operator {
    kind: OperatorKind,
    /// Written with a colon: a blank value counts as none.
    blank_is_none: bool,
}

#[derive(Clone, Copy)]
enum OperatorKind {
    Default,
    Alternative,
    Required,
}

/// The last `}` of the line that ends at `line_end`; kept so that each line is searched once.
struct LineBrace {
    line_end: usize,
    last: Option<usize>,
}

impl<'a> Template<'a> {
    fn run(&mut self, from: usize, to: usize, depth: usize) -> Vec<Piece> {
        let bytes = self.text.as_bytes();
        let mut pieces = Vec::new();
        let mut brace = LineBrace { line_end: from, last: None };
        let (mut literal, mut at) = (from, from);
        while let Some(dollar) = find(bytes, b'$', at, to) {
            let next = if dollar + 1 < to { bytes.get(dollar + 1).copied() } else { None };
            at = match next {
                Some(b'$') => {
                    self.literal(&mut pieces, literal, dollar);
                    pieces.push(self.known("$", dollar, dollar + 2));
                    literal = dollar + 2;
                    literal
                }
                Some(b'{') => {
                    self.literal(&mut pieces, literal, dollar);
                    literal = match self.braced(dollar, to, &mut brace) {
                        Ok(reference) => {
                            pieces.extend(self.replace(&reference, depth));
                            reference.end
                        }
                        Err(reason) => {
                            pieces.push(self.invalid(dollar, to, reason));
                            dollar + 2
                        }
                    };
                    literal
                }
                Some(first) if is_start(first) => {
                    let end = name_end(bytes, dollar + 1, to);
                    self.literal(&mut pieces, literal, dollar);
                    let name = self.text.get(dollar + 1..end).unwrap_or("");
                    let reference = Reference { name, operator: None, word: end..end, start: dollar, end };
                    pieces.extend(self.replace(&reference, depth));
                    literal = end;
                    literal
                }
                _ => dollar + 1,
            };
        }
        self.literal(&mut pieces, literal, to);
        pieces
    }

    fn literal(&self, pieces: &mut Vec<Piece>, from: usize, to: usize) {
        if let Some(text) = self.text.get(from..to).filter(|text| !text.is_empty()) {
            pieces.push(self.known(text, from, to));
        }
    }

    fn known(&self, text: &str, from: usize, to: usize) -> Piece {
        Piece {
            text: text.to_string(),
            origin: Origin::at(self.place.span(from, to)),
            certainty: Certainty::Known,
        }
    }

    /// The reference whose `${` stands at `start`, or what is wrong with it.
    fn braced(&self, start: usize, to: usize, brace: &mut LineBrace) -> Result<Reference<'a>, String> {
        let text: &'a str = self.text;
        let bytes = text.as_bytes();
        let at = |i: usize| if i < to { bytes.get(i).copied() } else { None };
        let from = start + 2;
        let after = match at(from) {
            Some(first) if is_start(first) => name_end(bytes, from, to),
            Some(b'}') => return Err("it names no variable".into()),
            None => return Err("its `}` is missing".into()),
            Some(_) => {
                let word: String = text.get(from..to).unwrap_or("").chars().take(1).collect();
                return Err(format!("a variable's name can't start with `{word}`"));
            }
        };
        let name = text.get(from..after).unwrap_or("");
        if at(after) == Some(b'}') {
            let end = after + 1;
            return Ok(Reference { name, operator: None, word: after..after, start, end });
        }
        let colon = usize::from(at(after) == Some(b':'));
        let kind = match at(after + colon) {
            Some(b'-') => OperatorKind::Default,
            Some(b'+') => OperatorKind::Alternative,
            Some(b'?') => OperatorKind::Required,
            None => return Err("its `}` is missing".into()),
            Some(_) => {
                let found: String = text.get(after..to).unwrap_or("").chars().take(1).collect();
                return Err(format!("`{found}` can't follow the name `{name}`"));
            }
        };
        let word = after + colon + 1;
        if brace.line_end <= start {
            brace.line_end = find(bytes, b'\n', start, to).unwrap_or(to);
            brace.last = bytes.get(..brace.line_end).and_then(|line| line.iter().rposition(|b| *b == b'}'));
        }
        let Some(last) = brace.last.filter(|last| *last >= word) else {
            return Err("its `}` is not on the same line".into());
        };
        let close = balanced(bytes, start, last).unwrap_or(last).max(word);
        let operator = Some(Operator { kind, blank_is_none: colon == 1 });
        Ok(Reference { name, operator, word: word..close, start, end: close + 1 })
    }

    fn replace(&mut self, reference: &Reference, depth: usize) -> Vec<Piece> {
        let found = (self.lookup)(reference.name);
        let Some(Operator { kind, blank_is_none }) = reference.operator else {
            return match found {
                Some(value) => self.value(reference, value),
                None => {
                    self.warn_unset(reference);
                    vec![self.blank(reference, true)]
                }
            };
        };
        let has_value = found.as_ref().is_some_and(|value| !blank_is_none || value.is_blank() != Some(true));
        match (kind, found) {
            (OperatorKind::Default | OperatorKind::Required, Some(value)) if has_value => {
                self.value(reference, value)
            }
            (OperatorKind::Default, found) => self.word(reference, depth, found.is_none(), true),
            (OperatorKind::Alternative, Some(_)) if has_value => self.word(reference, depth, false, false),
            (OperatorKind::Alternative, found) => vec![self.blank(reference, found.is_none())],
            (OperatorKind::Required, found) => vec![self.missing(reference, depth, found.is_some())],
        }
    }

    /// The variable's own value.
    fn value(&self, reference: &Reference, value: Text) -> Vec<Piece> {
        value.via(&self.step(reference, false)).pieces().to_vec()
    }

    /// The word after the operator.
    fn word(&mut self, reference: &Reference, depth: usize, depends: bool, fallback: bool) -> Vec<Piece> {
        if depth >= MAX_DEPTH {
            return vec![self.invalid(reference.start, reference.end, "it is nested too deeply".into())];
        }
        let mut pieces = self.run(reference.word.start, reference.word.end, depth + 1);
        if pieces.is_empty() {
            pieces.push(self.known("", reference.word.start, reference.word.end));
        }
        let step = self.step(reference, fallback);
        for piece in &mut pieces {
            piece.origin.through.push(step.clone());
            if depends && piece.certainty == Certainty::Known {
                piece.certainty = Certainty::Depends(Arc::from(reference.name));
            }
        }
        pieces
    }

    /// Nothing, because of what the variable is or is not set to.
    fn blank(&self, reference: &Reference, depends: bool) -> Piece {
        let mut piece = self.known("", reference.start, reference.end);
        piece.origin.through.push(self.step(reference, true));
        if depends {
            piece.certainty = Certainty::Depends(Arc::from(reference.name));
        }
        piece
    }

    fn step(&self, reference: &Reference, fallback: bool) -> Via {
        let span = self.place.span(reference.start, reference.end);
        Via::Interpolation { variable: Arc::from(reference.name), span, fallback }
    }

    fn unknown(&self, from: usize, to: usize) -> Piece {
        let origin = Origin::at(self.place.span(from, to));
        Piece { text: Text::HOLE.to_string(), origin, certainty: Certainty::Unknown }
    }

    fn missing(&mut self, reference: &Reference, depth: usize, blank: bool) -> Piece {
        let reason = if depth < MAX_DEPTH {
            let pieces = self.run(reference.word.start, reference.word.end, depth + 1);
            pieces.into_iter().map(|piece| piece.text).collect::<String>()
        } else {
            String::new()
        };
        let name = reference.name;
        let state = if blank { "is blank" } else { "is not set" };
        let message = match reason.trim() {
            "" => format!("`{name}` is required but {state}"),
            reason => format!("`{name}` is required but {state}: {}", shortened(reason)),
        };
        let span = self.place.span(reference.start, reference.end);
        self.problems.push(
            Problem::refusal(ProblemKind::RequiredVariableMissing, span, message)
                .subject(name)
                .help(format!("set `{name}` in the environment or in the project's `.env`")),
        );
        let mut piece = self.unknown(reference.start, reference.end);
        piece.origin.through.push(self.step(reference, true));
        piece
    }

    fn warn_unset(&mut self, reference: &Reference) {
        let name = reference.name;
        let span = self.place.span(reference.start, reference.end);
        self.problems.push(
            Problem::warning(
                ProblemKind::UnsetInterpolation,
                span,
                format!("`{name}` is not set; a blank takes its place"),
            )
            .subject(name)
            .help(format!(
                "set `{name}`, give it a default with `${{{name}:-…}}`, or write `$$` for a plain `$`"
            )),
        );
    }

    fn invalid(&mut self, from: usize, to: usize, reason: String) -> Piece {
        if self.invalid {
            return self.unknown(from, from + 2);
        }
        self.invalid = true;
        let bytes = self.text.as_bytes();
        let line = find(bytes, b'\n', from, to).unwrap_or(to);
        let end = find(bytes, b'}', from, line).map_or(line, |at| at + 1);
        let written = shortened(self.text.get(from..end).unwrap_or("${"));
        self.problems.push(
            Problem::refusal(
                ProblemKind::InvalidInterpolation,
                self.place.span(from, end),
                format!("`{written}` is no variable reference: {reason}"),
            )
            .help("write `$$` where a plain `$` is meant"),
        );
        self.unknown(from, end)
    }
}

/// A text for a message, cut where it is long.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or("")),
        None => text.to_string(),
    }
}

/// The `}` that balances the first `{` of `bytes[start..=last]`, found as Compose finds it: the
/// character after any `{` is skipped.
fn balanced(bytes: &[u8], start: usize, last: usize) -> Option<usize> {
    let mut open = 0_usize;
    let mut at = start;
    while at <= last {
        match bytes.get(at) {
            Some(b'}') => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some(at);
                }
            }
            Some(b'{') => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn find(bytes: &[u8], byte: u8, from: usize, to: usize) -> Option<usize> {
    bytes.get(from..to)?.iter().position(|b| *b == byte).map(|at| from + at)
}

fn name_end(bytes: &[u8], from: usize, to: usize) -> usize {
    let rest = bytes.get(from..to).unwrap_or(&[]);
    from + rest.iter().position(|b| !is_start(*b) && !b.is_ascii_digit()).unwrap_or(rest.len())
}

const fn is_start(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> (String, Vec<ProblemKind>) {
        let mut problems = Vec::new();
        let exact = Span::new(1, 1 + u32::try_from(text.len()).unwrap_or(0));
        let lookup = |name: &str| match name {
            "S" => Some(Text::known("sv", Origin::default())),
            "E" => Some(Text::known("", Origin::default())),
            _ => None,
        };
        let place = Place { whole: exact, exact: Some(exact) };
        let text = substitute(text, place, &lookup, &mut problems);
        (text.assumed(), problems.iter().map(|problem| problem.kind).collect())
    }

    #[test]
    fn every_operator_does_what_compose_does() {
        for (text, expected) in [
            ("a$$b", "a$b"),
            ("$S-${S}", "sv-sv"),
            ("${U:-d}${U-d}${E:-d}${E-d}|", "ddd|"),
            ("${S:+r}${S+r}${E:+r}${E+r}${U:+r}|", "rrr|"),
            ("${U:-${E:-${U-x}}}", "x"),
            ("${U-a:b-c?d}", "a:b-c?d"),
            ("${U:-{ab}} and ${U:-b}", "{ab} and b"),
            ("$ $1 $- $", "$ $1 $- $"),
            ("${S:?}${S?no}", "svsv"),
        ] {
            assert_eq!(run(text), (expected.to_string(), vec![]), "{text}");
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in ["${}", "${1A}", "${A }", "${A#x}", "${A=1}", "${A", "${A:-x\n}", "${"] {
            assert_eq!(run(text).1, [ProblemKind::InvalidInterpolation], "{text}");
        }
        assert_eq!(run("${U:?}").1, [ProblemKind::RequiredVariableMissing]);
        assert_eq!(run("${U:+${}}").1, []);
        assert_eq!(run("$U").1, [ProblemKind::UnsetInterpolation]);
    }

    #[test]
    fn pieces_know_where_they_are_written() {
        let mut problems = Vec::new();
        let exact = Span::new(11, 24);
        let place = Place { whole: Span::new(10, 25), exact: Some(exact) };
        let text = substitute("db:${PORT:-1}", place, &|_| None, &mut problems);
        let spans: Vec<_> = text.pieces().iter().map(|piece| piece.origin.written).collect();
        assert_eq!(spans, [Span::new(11, 14), Span::new(22, 23)]);
        assert_eq!(text.certainty(), Certainty::Depends("PORT".into()));
    }

    #[test]
    fn deep_nesting_and_long_lines_end() {
        assert_eq!(run(&format!("{}{}", "${U:-".repeat(5000), "}".repeat(5000))).1.len(), 1);
        assert_eq!(run(&"${S:-x}".repeat(20_000)).0.len(), 40_000);
    }
}
