//! Commands written as one string, split the way Compose splits them (`command`, `entrypoint`).
//!
//! This is no shell: quotes and backslashes are taken away, nothing is expanded, and everything
//! from the first `;`, `&`, `|`, `<` or `>` outside quotes is dropped without a word.

use super::Unreadable;
use crate::source::{Piece, Text};

/// A word of a command: what it says, and which bytes of the command it was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Word {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// These bytes as they stand.
    Same(usize, usize),
    /// Another character in the place of these bytes.
    Other(usize, usize, char),
}

/// A command that was split.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The words.
    pub words: Vec<Text>,
    /// Where the rest begins that Compose drops, at a `;`, `&`, `|`, `<` or `>`.
    pub dropped: Option<usize>,
}

/// Splits a command into words. Each word keeps the origins of its characters.
///
/// # Errors
/// When a quote, a `$(` or a backslash is not closed, or a parenthesis stands where none may.
pub fn split(command: &Text) -> Result<Split, Unreadable> {
    let line = command.assumed();
    let (words, dropped) = Splitter::default().split(&line)?;
    Ok(Split { words: words.iter().map(|word| word.text(command)).collect(), dropped })
}

impl Word {
    fn push(&mut self, from: usize, to: usize) {
        match self.parts.last_mut() {
            Some(Part::Same(_, end)) if *end == from => *end = to,
            _ => self.parts.push(Part::Same(from, to)),
        }
    }

    fn text(&self, command: &Text) -> Text {
        let text = Text::concat(self.parts.iter().map(|part| match *part {
            Part::Same(from, to) => command.within(from, to),
            Part::Other(from, to, character) => {
                let whole = command.slice(from, to);
                let origin = whole.origin().cloned().unwrap_or_default();
                let certainty = whole.certainty();
                Text::from_piece(Piece { text: character.to_string(), origin, certainty })
            }
        }));
        if text.pieces().is_empty() {
            // A blank word (`""`) still comes from the command.
            return Text::known("", command.origin().cloned().unwrap_or_default());
        }
        text
    }
}

#[derive(Default)]
struct Splitter {
    words: Vec<Word>,
    word: Word,
    /// What the word says so far; only its end is looked at.
    said: String,
    started: bool,
    single: bool,
    double: bool,
    back: bool,
    dollar: bool,
}

impl Splitter {
    fn split(mut self, line: &str) -> Result<(Vec<Word>, Option<usize>), Unreadable> {
        let mut escape: Option<usize> = None;
        let mut dropped = None;
        for (at, c) in line.char_indices() {
            let end = at + c.len_utf8();
            if let Some(backslash) = escape.take() {
                self.escaped(backslash, end, c);
                continue;
            }
            match c {
                '\\' if !self.single => escape = Some(at),
                ' ' | '\t' | '\r' | '\n' if !self.quoted() => self.finish(),
                ';' | '&' | '|' | '<' | '>' if !self.quoted() => {
                    let numbered =
                        c == '>' && !self.said.is_empty() && self.said.bytes().all(|b| b.is_ascii_digit());
                    if numbered {
                        // A file descriptor belongs to what is dropped: `2>file`.
                        self.started = false;
                    }
                    dropped = Some(at);
                    break;
                }
                '"' if !self.single && !self.dollar && !self.back => {
                    self.started |= self.double;
                    self.double = !self.double;
                }
                '\'' if !self.double && !self.dollar && !self.back => {
                    self.started |= self.single;
                    self.single = !self.single;
                }
                _ => self.plain(c, at, end)?,
            }
        }
        if self.quoted() || escape.is_some() {
            return Err(Unreadable::new("has a quote that is not closed"));
        }
        self.finish();
        Ok((self.words, dropped))
    }

    const fn quoted(&self) -> bool {
        self.single || self.double || self.back || self.dollar
    }

    fn finish(&mut self) {
        let word = std::mem::take(&mut self.word);
        if self.started {
            self.words.push(word);
        }
        self.started = false;
        self.said.clear();
    }

    fn escaped(&mut self, from: usize, to: usize, c: char) {
        self.started = true;
        if self.back || self.dollar {
            self.said.push('\\');
            self.said.push(c);
            self.word.push(from, to);
            return;
        }
        let c = match c {
            't' => '\t',
            'n' => '\n',
            other => other,
        };
        self.said.push(c);
        self.word.parts.push(Part::Other(from, to, c));
    }

    fn plain(&mut self, c: char, from: usize, to: usize) -> Result<(), Unreadable> {
        let parenthesis = || Unreadable::new("has a parenthesis that Compose can't read; quote it");
        let bare = !self.single && !self.double && !self.back;
        match c {
            '`' if !self.single && !self.double && !self.dollar => self.back = !self.back,
            ')' if bare && !self.dollar => return Err(parenthesis()),
            ')' if bare => self.dollar = false,
            '(' if bare && !self.dollar && self.said.ends_with('$') => self.dollar = true,
            '(' if bare => return Err(parenthesis()),
            _ => {}
        }
        self.started = true;
        self.said.push(c);
        self.word.push(from, to);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Origin, Span};

    fn words(line: &str) -> Option<Vec<String>> {
        let text = Text::known(line, Origin::default());
        split(&text).ok().map(|split| split.words.iter().map(Text::assumed).collect())
    }

    #[test]
    fn splits_like_compose() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("a  b\tc", &["a", "b", "c"]),
            (r#"sh -c "echo 'hi there'""#, &["sh", "-c", "echo 'hi there'"]),
            (r"a\ b c\n", &["a b", "c\n"]),
            (r#"a "" b"#, &["a", "", "b"]),
            ("a | b", &["a"]),
            ("a && b", &["a"]),
            ("run 2>/dev/null", &["run"]),
            ("run x2>/dev/null", &["run", "x2"]),
            ("echo $(date +%s) x", &["echo", "$(date +%s)", "x"]),
            ("echo `date +%s`", &["echo", "`date +%s`"]),
            (r#"--x="a b""#, &["--x=a b"]),
        ];
        for (line, expected) in cases {
            assert_eq!(
                words(line).as_deref(),
                Some(expected.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
                "{line}"
            );
        }
        for line in ["'a", "\"a", "a (b)", "a)", "$(a", "a\\"] {
            assert_eq!(words(line), None, "{line}");
        }
    }

    #[test]
    fn words_know_where_they_stand() {
        let text = Text::known("run 'a b' c", Origin::at(Span::new(10, 21)));
        let split = split(&text).unwrap();
        assert_eq!(split.words[1].span(), Span::new(15, 18));
        assert_eq!(split.words[2].span(), Span::new(20, 21));
    }
}
