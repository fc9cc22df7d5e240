//! Env files: the `.env` grammar of Compose, and the `raw` format of `env_file`.
//!
//! The grammar is compose-go's: `KEY=value` and `KEY: value` lines, `export`, comments, quotes that
//! may span lines, references to variables. See the Compose documentation, "Env file syntax".

use std::sync::Arc;

use indexmap::IndexMap;

use super::template::{Lookup, Place, substitute};
use super::{Variable, notes};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Origin, SourceFile, Span, Text, Via};

/// One setting of an env file.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Where the name is written.
    pub key: Span,
    /// The name and what follows it.
    pub span: Span,
    /// The value. Each part knows where it is written.
    pub value: Text,
}

impl Setting {
    /// The variable that it gives to who names its file at `by`.
    #[must_use]
    pub fn variable(self, by: Span) -> Variable {
        let step = Via::EnvFile(by);
        let origin = Origin::at(self.span).via(step.clone());
        Variable { key: self.key, value: Some(self.value.via(&step)), origin }
    }
}

/// What an env file sets, in order; a later setting of a name takes the place of an earlier one.
pub type Settings = IndexMap<String, Setting>;

/// Reads an env file. `outer` is asked first for what a reference stands for, then what is set so
/// far (`settings`, to which the file's own are added). Reading ends at the first thing that is
/// wrong, as it does in Compose; that is pushed to `problems`.
pub fn read(file: &SourceFile, outer: &Lookup, settings: &mut Settings, problems: &mut Vec<Problem>) {
    let mut reader = Reader { file, text: &file.text, at: 0, outer, settings, problems };
    if reader.text.starts_with('\u{FEFF}') {
        reader.at = '\u{FEFF}'.len_utf8();
    }
    while reader.skip_blanks() {
        if reader.statement().is_none() {
            break;
        }
    }
}

/// Reads an env file of the format `raw`, which is that of `docker run --env-file`: no quotes, no
/// references, `#` only at the start of a line.
pub fn read_raw(file: &SourceFile, outer: &Lookup, settings: &mut Settings, problems: &mut Vec<Problem>) {
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let line = line.trim_end_matches('\n').trim_end_matches('\r');
        let bom = if at == 0 && line.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let trimmed = line[bom..].trim_start();
        let from = at + line.len() - trimmed.len();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let (name, value) = match trimmed.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (trimmed, None),
        };
        let key = file.slice(from, from + name.len());
        if name.is_empty() || name.contains(char::is_whitespace) {
            let message = if name.is_empty() {
                format!("`{trimmed}` names no variable")
            } else {
                format!("`{name}` is no variable name: it holds a blank")
            };
            let at = file.slice(from, from + trimmed.len());
            problems.push(Problem::refusal(ProblemKind::InvalidEnvFile, at, message));
            return;
        }
        let span = file.slice(from, from + trimmed.len());
        let value = match value {
            Some(value) => {
                let lo = from + name.len() + 1;
                Some(Text::known(value, Origin::at(file.slice(lo, lo + value.len()))))
            }
            None => outer(name),
        };
        if let Some(value) = value {
            set(file, settings, problems, name.to_string(), Setting { key, span, value });
        }
    }
}

/// Takes a setting in, and notes when the file has set the name to something else before.
fn set(
    file: &SourceFile,
    settings: &mut Settings,
    problems: &mut Vec<Problem>,
    name: String,
    setting: Setting,
) {
    let (at, value) = (setting.key, setting.value.assumed());
    let Some(first) = settings.insert(name.clone(), setting) else { return };
    if file.owns(first.key) && first.value.assumed() != value {
        problems.push(notes::twice(&name, "file", first.key, at));
    }
}

struct Reader<'a> {
    file: &'a SourceFile,
    text: &'a Arc<str>,
    at: usize,
    outer: &'a Lookup<'a>,
    settings: &'a mut Settings,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Moves to the next statement, over blanks and comments; whether there is one.
    fn skip_blanks(&mut self) -> bool {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !self.rest().starts_with('#') {
                return !self.rest().is_empty();
            }
            match self.rest().find('\n') {
                Some(end) => self.at += end,
                None => return false,
            }
        }
    }

    /// Reads one setting; `None` when it can't be read.
    fn statement(&mut self) -> Option<()> {
        if let Some(after) =
            self.rest().strip_prefix("export").filter(|rest| rest.starts_with(is_regex_blank))
        {
            let blanks = after.len() - after.trim_start_matches(is_blank).len();
            self.at += "export".len() + blanks;
        }
        let start = self.at;
        let (name_length, separator) = self.name()?;
        let name = self.text.get(start..start + name_length).unwrap_or("").trim_end().to_string();
        let key = self.file.slice(start, start + name.len());
        if name.contains(' ') {
            return self.refuse(key, format!("`{name}` is no variable name: it holds a blank"));
        }
        if separator == Some('\n') {
            if let Some(value) = (self.outer)(&name).or_else(|| self.known(&name)) {
                self.set(name, Setting { key, span: key, value });
            }
            return Some(());
        }
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_blank).len();
        let value = self.value()?;
        let span = self.file.slice(start, self.at);
        self.set(name, Setting { key, span, value });
        Some(())
    }

    fn set(&mut self, name: String, setting: Setting) {
        set(self.file, self.settings, self.problems, name, setting);
    }

    fn known(&self, name: &str) -> Option<Text> {
        self.settings.get(name).map(|setting| setting.value.clone())
    }

    /// The length of the name and what ends it; moves behind that. A name that runs to the end of
    /// the file is a blank name's value for Compose, and sets nothing anyone could read.
    fn name(&mut self) -> Option<(usize, Option<char>)> {
        let rest = self.rest();
        for (length, character) in rest.char_indices() {
            match character {
                '=' | ':' | '\n' => {
                    self.at += length + 1;
                    return Some((length, Some(character)));
                }
                '_' | '.' | '-' | '[' | ']' => {}
                _ if is_blank(character) || character.is_alphabetic() || character.is_numeric() => {}
                _ => {
                    let at = self.at + length;
                    let line = rest.lines().next().unwrap_or("").trim_end();
                    let message =
                        format!("`{character}` can't stand in a variable's name: `{}`", shortened(line));
                    return self.refuse(self.file.slice(at, at + character.len_utf8()), message);
                }
            }
        }
        Some((0, None))
    }

    fn value(&mut self) -> Option<Text> {
        match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            _ => Some(self.unquoted()),
        }
    }

    fn unquoted(&mut self) -> Text {
        let start = self.at;
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or("");
        let value = line.split(" #").next().unwrap_or("").trim_end().to_string();
        let end = start + line.len();
        self.at = (end + 1).min(self.text.len());
        let exact = self.file.slice(start, start + value.len());
        self.expand(&value, Place { whole: exact, exact: Some(exact) })
    }

    fn quoted(&mut self, quote: char) -> Option<Text> {
        let start = self.at;
        let rest = self.text.get(start + 1..).unwrap_or("");
        let mut value = String::new();
        let mut escaped = false;
        for (length, character) in rest.char_indices() {
            if escaped {
                escaped = false;
                if character != quote {
                    value.push('\\');
                }
                value.push(character);
            } else if character == '\\' {
                escaped = true;
            } else if character == quote {
                self.at = start + 1 + length + 1;
                let exact = rest.get(..length) == Some(value.as_str());
                let whole = self.file.slice(start, self.at);
                let inner = self.file.slice(start + 1, start + 1 + length);
                return Some(self.unquote(value, quote, Place { whole, exact: exact.then_some(inner) }));
            } else {
                value.push(character);
            }
        }
        let line = rest.lines().next().unwrap_or("");
        let at = self.file.slice(start, start + 1 + line.len());
        self.refuse(at, format!("the quote `{quote}` is not closed"))
    }

    fn unquote(&mut self, value: String, quote: char, place: Place) -> Text {
        if quote == '\'' {
            return Text::known(value, Origin::at(place.exact.unwrap_or(place.whole)));
        }
        let unescaped = unescape(&value);
        let exact = place.exact.filter(|_| unescaped == value);
        self.expand(&unescaped, Place { whole: place.whole, exact })
    }

    fn expand(&mut self, value: &str, place: Place) -> Text {
        let Self { outer, settings, problems, .. } = self;
        let lookup = |name: &str| outer(name).or_else(|| settings.get(name).map(|it| it.value.clone()));
        substitute(value, place, &lookup, problems)
    }

    fn refuse<T>(&mut self, at: Span, message: String) -> Option<T> {
        self.problems.push(Problem::refusal(ProblemKind::InvalidEnvFile, at, message));
        None
    }
}

/// The escapes that double quotes know. `\$` becomes `$$`, which interpolation makes a `$`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (written, length) = escape(after);
        match written {
            Some(written) => out.push_str(&written),
            None => out.push_str(rest.get(at..at + 1 + length).unwrap_or("\\")),
        }
        rest = after.get(length..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// What the escape whose backslash is before `after` stands for, and how long it is.
fn escape(after: &str) -> (Option<String>, usize) {
    let Some(first) = after.chars().next() else { return (None, 0) };
    let plain = match first {
        '$' => "$$",
        'a' => "\u{7}",
        'b' => "\u{8}",
        'f' => "\u{C}",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'v' => "\u{B}",
        '"' => "\"",
        '\\' => "\\",
        '0' => {
            let digits = after[1..].bytes().take(3).take_while(u8::is_ascii_digit).count();
            let octal = after.get(1..=digits).unwrap_or("");
            let character = (digits == 3)
                .then(|| u32::from_str_radix(octal, 8).ok().filter(|code| *code <= 255))
                .flatten()
                .and_then(char::from_u32);
            return (character.map(String::from), 1 + digits);
        }
        // `\c` is matched, and no escape of Go's: it stays as it is.
        _ => return (None, first.len_utf8()),
    };
    (Some(plain.to_string()), 1)
}

/// A blank that does not end a line.
const fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\u{B}' | '\u{C}' | '\r' | ' ' | '\u{85}' | '\u{A0}')
}

/// What `\s` matches.
const fn is_regex_blank(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\u{C}' | '\r' | ' ')
}

fn shortened(line: &str) -> String {
    // The rest of a line may be a secret: only what looks like a name is shown.
    let name: String = line.chars().take_while(|c| !matches!(c, '=' | ':')).take(40).collect();
    if name.len() < line.len() { format!("{name}…") } else { name }
}
