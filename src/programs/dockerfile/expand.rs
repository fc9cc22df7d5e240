//! `$NAME` in the instructions of a Dockerfile, as the build expands it.
//!
//! See [Environment replacement](https://docs.docker.com/reference/dockerfile/#environment-replacement).

use crate::source::{Origin, Text};

/// Nested `${a:-${b:-…}}` beyond this depth are left unknown.
const DEPTH: usize = 16;
/// So is a text that grows beyond this many bytes or pieces: `ENV A=$A$A` doubles it each time.
const MAX_LENGTH: usize = 32 << 10;
const MAX_PIECES: usize = 500;

/// What a name stands for while an image is built.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// It is set to this.
    Set(Text),
    /// It is not set.
    Unset,
    /// The base image may set it, and nothing is known of that.
    Hidden,
}

/// What the names of a build stand for.
pub trait Scope {
    /// The value of a name.
    fn lookup(&self, name: &str) -> Lookup;
}

impl<F: Fn(&str) -> Lookup> Scope for F {
    fn lookup(&self, name: &str) -> Lookup {
        self(name)
    }
}

/// The word with its quotes taken away and its references replaced. References that are malformed
/// give an unknown part: Docker refuses the build.
#[must_use]
pub fn expand(word: &Text, escape: char, scope: &dyn Scope) -> Text {
    let plain = word.assumed();
    let mut lexer = Lexer { word, plain: &plain, at: 0, escape, scope, depth: 0, room: MAX_LENGTH };
    let text = lexer.until(None);
    if lexer.room == 0 || text.pieces().len() > MAX_PIECES {
        return Text::unknown(Origin::at(super::text::span_of(word)));
    }
    text
}

struct Lexer<'a> {
    word: &'a Text,
    plain: &'a str,
    at: usize,
    escape: char,
    scope: &'a dyn Scope,
    depth: usize,
    /// How many bytes the references may still put in.
    room: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.plain[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    /// The text up to `stop` (which is taken) or the end.
    fn until(&mut self, stop: Option<char>) -> Text {
        let mut out = Text::default();
        let mut from = self.at;
        loop {
            let at = self.at;
            let Some(character) = self.next() else { break };
            let ends = Some(character) == stop;
            if !ends && !matches!(character, '\'' | '"' | '$') && character != self.escape {
                continue;
            }
            out.push(self.word.slice(from, at));
            match character {
                _ if ends => return out,
                '\'' => out.push(self.single_quoted()),
                '"' => out.push(self.double_quoted()),
                '$' => out.push(self.reference()),
                _ => {
                    let escaped = self.at;
                    self.next();
                    out.push(self.word.slice(escaped, self.at));
                }
            }
            from = self.at;
        }
        out.push(self.word.slice(from, self.at));
        out
    }

    fn single_quoted(&mut self) -> Text {
        let from = self.at;
        while let Some(character) = self.next() {
            if character == '\'' {
                return self.kept(from, self.at - 1);
            }
        }
        self.kept(from, self.at)
    }

    fn double_quoted(&mut self) -> Text {
        let mut out = Text::default();
        let mut from = self.at;
        loop {
            let at = self.at;
            match self.next() {
                None => break,
                Some('"') => {
                    out.push(self.kept(from, at));
                    return out;
                }
                Some('$') => {
                    out.push(self.word.slice(from, at));
                    out.push(self.reference());
                    from = self.at;
                }
                Some(character) if character == self.escape => {
                    let escapable = |c: char| c == '"' || c == '$' || c == self.escape;
                    if self.peek().is_some_and(escapable) {
                        out.push(self.word.slice(from, at));
                        from = self.at;
                        self.next();
                    }
                }
                Some(_) => {}
            }
        }
        out.push(self.word.slice(from, self.at));
        out
    }

    /// The slice, or a blank piece that keeps its place: `""` is a value, too.
    fn kept(&self, from: usize, to: usize) -> Text {
        let slice = self.word.slice(from, to);
        if slice.pieces().is_empty() {
            let around = self.word.slice(from.saturating_sub(1), to + 1);
            return Text::known("", Origin::at(around.span().slice(1, 1)));
        }
        slice
    }

    /// What follows a `$`.
    fn reference(&mut self) -> Text {
        let dollar = self.at - 1;
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return self.word.slice(dollar, self.at);
            }
            return self.value(&name, dollar);
        }
        self.next();
        let name = self.name();
        let mut operator = self.next();
        let blank_counts = operator == Some(':');
        if blank_counts {
            operator = self.next();
        }
        if name.is_empty() || self.depth >= DEPTH {
            return self.unknown(dollar);
        }
        match operator {
            Some('}') if !blank_counts => self.value(&name, dollar),
            Some(operator @ ('-' | '+' | '?')) => {
                self.depth += 1;
                let word = self.until(Some('}'));
                self.depth -= 1;
                let set = match self.scope.lookup(&name) {
                    Lookup::Set(value) => !blank_counts || value.is_blank() != Some(true),
                    Lookup::Unset | Lookup::Hidden => false,
                };
                match (operator, set) {
                    ('-', false) | ('+', true) => word,
                    ('+', false) => Text::default(),
                    ('?', false) => self.unknown(dollar),
                    _ => self.value(&name, dollar),
                }
            }
            // `#`, `%` and `/` cut and replace by shell patterns.
            _ => {
                self.depth += 1;
                self.until(Some('}'));
                self.depth -= 1;
                self.unknown(dollar)
            }
        }
    }

    fn value(&mut self, name: &str, dollar: usize) -> Text {
        match self.scope.lookup(name) {
            Lookup::Set(value) => {
                let length: usize = value.pieces().iter().map(|piece| piece.text.len() + 1).sum();
                self.room = self.room.saturating_sub(length);
                if self.room > 0 { value } else { Text::default() }
            }
            Lookup::Unset => Text::default(),
            Lookup::Hidden => self.unknown(dollar),
        }
    }

    fn unknown(&self, from: usize) -> Text {
        Text::unknown(Origin::at(super::text::span_of(&self.word.slice(from, self.at))))
    }

    /// A name: letters, digits and underscores, or one special character.
    fn name(&mut self) -> String {
        let rest = &self.plain[self.at..];
        let length = match rest.chars().next() {
            Some(c) if c.is_alphabetic() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            Some(c) if c.is_ascii_digit() => rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()),
            Some('@' | '*' | '#' | '!' | '?' | '-') => 1,
            _ => 0,
        };
        let name = rest[..length].to_string();
        self.at += length;
        name
    }
}
