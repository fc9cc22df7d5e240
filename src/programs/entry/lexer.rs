//! The words and operators of shell text, with what its parameters stand for put in.

use super::parameters::{Parameters, braced};
use crate::source::Text;

/// A part of a shell command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word as written gave these words: none, one, or several (`"$@"`).
    Words(Vec<String>),
    /// `NAME=(…)`, and with the sign `NAME+=(…)`: the words of an array.
    Array(String, bool, Vec<String>),
    /// `;`, `&&`, `||`, `|`, `&`, `;;`, `(`, `)`; a line break is `;`
    Operator(&'static str),
}

/// Cuts shell text into tokens, one at a time: what a word gives depends on the commands before it.
pub(super) struct Lexer<'t> {
    text: &'t str,
    pub(super) at: usize,
    /// The first word of the current command.
    command: Option<String>,
    /// The words that end the here-documents which begin on the next line, each with whether tabs may stand before it.
    documents: Vec<(String, bool)>,
    /// Whether the body of some function has no end: the text is not looked through again for that of another.
    open: bool,
}

/// Words of an array beyond this number are left out.
const MAX_ITEMS: usize = 500;

const OPERATORS: &[&str] = &[";;", "&&", "||", ";", "&", "|", "(", ")"];

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, command: None, documents: Vec::new(), open: false }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn next_char(&mut self) -> Option<char> {
        let character = self.rest().chars().next()?;
        self.at += character.len_utf8();
        Some(character)
    }

    /// The body of a function, where the text goes on with `) { …; }` or `{ …; }` after its name; nothing is taken of other texts.
    pub(super) fn body(&mut self) -> Option<&'t str> {
        let start = self.at;
        let found = if self.open { None } else { self.group() };
        if found.is_none() {
            self.open |= self.rest().is_empty();
            self.at = start;
        }
        found
    }

    fn group(&mut self) -> Option<&'t str> {
        let nothing = Parameters::default();
        let mut token = self.next(&nothing)?;
        if token == Token::Operator(")") {
            token = self.next(&nothing)?;
        }
        while token == Token::Operator(";") {
            token = self.next(&nothing)?;
        }
        let is =
            |token: &Token, brace: &str| matches!(token, Token::Words(words) if words.as_slice() == [brace]);
        if !is(&token, "{") {
            return None;
        }
        let from = self.at;
        let (mut depth, mut first) = (1, true);
        loop {
            let before = self.at;
            let token = self.next(&nothing)?;
            if first && is(&token, "}") {
                depth -= 1;
            } else if first && is(&token, "{") {
                depth += 1;
            }
            if depth == 0 {
                return self.text.get(from..before);
            }
            // A command may stand after an operator, and after these words.
            first = match &token {
                Token::Operator(_) => true,
                Token::Words(words) => {
                    matches!(words.as_slice(), [word] if matches!(word.as_str(), "{" | "then" | "do" | "else" | "!"))
                }
                Token::Array(..) => false,
            };
        }
    }

    pub(super) fn next(&mut self, parameters: &Parameters) -> Option<Token> {
        loop {
            let rest = self.rest();
            let character = rest.chars().next()?;
            if character == '\n' {
                self.at += 1;
                self.skip_documents();
                self.command = None;
                return Some(Token::Operator(";"));
            }
            if character.is_whitespace() {
                self.at += character.len_utf8();
            } else if let Some(after) = rest.strip_prefix("\\\n").or_else(|| rest.strip_prefix("\\\r\n")) {
                self.at += rest.len() - after.len();
            } else if character == '#' {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if let Some(skipped) = redirection(rest) {
                self.note_document(rest.get(..skipped).unwrap_or(""), skipped);
                self.at += skipped;
                self.skip_target(parameters);
            } else if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
                self.at += operator.len();
                self.command = None;
                return Some(Token::Operator(operator));
            } else if let Some(array) = self.array(parameters) {
                return Some(array);
            } else {
                let words = self.word(parameters);
                if self.command.is_none() {
                    self.command = words.first().cloned();
                }
                return Some(Token::Words(words));
            }
        }
    }

    /// Notes that a here-document follows, unless it is what a shell is to run.
    fn note_document(&mut self, operator: &str, length: usize) {
        const RUN: [&str; 8] = ["sh", "bash", "ash", "dash", "su", "sudo", "gosu", "su-exec"];
        let tabs = operator.ends_with("<<-");
        let run =
            self.command.as_ref().is_some_and(|word| RUN.contains(&word.rsplit('/').next().unwrap_or(word)));
        if run || !tabs && !operator.ends_with("<<") || operator.ends_with("<<<") {
            return;
        }
        let after = self.rest().get(length..).unwrap_or("").trim_start_matches([' ', '\t']);
        let end = after.find(|c: char| c.is_whitespace() || ";|&<>()".contains(c)).unwrap_or(after.len());
        let word: String =
            after.get(..end).unwrap_or("").chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect();
        if !word.is_empty() {
            self.documents.push((word, tabs));
        }
    }

    /// Goes on behind the here-documents that begin at the current place.
    fn skip_documents(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.documents) {
            let mut lines = self.rest().split_inclusive('\n');
            let mut length = 0;
            let found = lines.any(|line| {
                length += line.len();
                let line = line.trim_end_matches(['\n', '\r']);
                (if tabs { line.trim_start_matches('\t') } else { line }) == end
            });
            // Without its end it is taken for what it is not.
            if found {
                self.at += length;
            }
        }
    }

    /// The array that an assignment at the current place gives: `args=(--port 80)`.
    fn array(&mut self, parameters: &Parameters) -> Option<Token> {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        let (name, after) = rest.split_at_checked(length)?;
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let (adds, inside) = match after.strip_prefix("=(") {
            Some(inside) => (false, inside),
            None => (true, after.strip_prefix("+=(")?),
        };
        let name = name.to_string();
        self.at += rest.len() - inside.len();
        let mut words = Vec::new();
        while let Some(character) = self.rest().chars().next() {
            match character {
                ')' => {
                    self.at += 1;
                    break;
                }
                '#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                '\\' if self.rest().starts_with("\\\n") => self.at += 2,
                ';' | '&' | '|' | '(' | '<' | '>' => self.at += 1,
                _ if character.is_whitespace() => self.at += character.len_utf8(),
                _ if words.len() < MAX_ITEMS => words.extend(self.word(parameters)),
                _ => drop(self.word(parameters)),
            }
        }
        Some(Token::Array(name, adds, words))
    }

    /// The words of the array that stands at the current place: `${args[@]}`.
    fn items<'p>(&mut self, parameters: &'p Parameters) -> Option<&'p [String]> {
        let inside = self.rest().strip_prefix("${")?;
        let (name, rest) = inside.split_once('[')?;
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let after = rest.strip_prefix("@]}").or_else(|| rest.strip_prefix("*]}")).filter(|_| plain)?;
        let words = parameters.arrays.get(name)?;
        self.at += self.rest().len() - after.len();
        Some(words)
    }

    /// Skips the file that a redirection names.
    fn skip_target(&mut self, parameters: &Parameters) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if !self.rest().starts_with(['\n', ';', '&', '|']) {
            self.word(parameters);
        }
    }

    fn word(&mut self, parameters: &Parameters) -> Vec<String> {
        let mut word = Word::default();
        while let Some(character) = self.rest().chars().next() {
            match character {
                _ if character.is_whitespace() => break,
                ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
                '\'' => {
                    self.at += 1;
                    let rest = self.rest();
                    let end = rest.find('\'').unwrap_or(rest.len());
                    word.quoted(&rest[..end]);
                    self.at += (end + 1).min(rest.len());
                }
                '"' => {
                    self.at += 1;
                    self.double_quoted(parameters, &mut word);
                }
                '\\' => {
                    self.at += 1;
                    match self.next_char() {
                        Some('\n') | None => {}
                        Some(escaped) => word.quoted(escaped.encode_utf8(&mut [0; 4])),
                    }
                }
                '$' | '`' => {
                    if let Some(items) = self.items(parameters) {
                        word.arguments(items);
                        continue;
                    }
                    if self.all_arguments(parameters, &["$@", "${@}"], &mut word) {
                        continue;
                    }
                    let value = self.expansion(parameters);
                    word.split(&value);
                }
                other => {
                    self.at += other.len_utf8();
                    word.quoted(other.encode_utf8(&mut [0; 4]));
                }
            }
        }
        word.finish()
    }

    fn double_quoted(&mut self, parameters: &Parameters, word: &mut Word) {
        word.quoted("");
        while let Some(character) = self.rest().chars().next() {
            match character {
                '"' => {
                    self.at += 1;
                    return;
                }
                '\\' => {
                    self.at += 1;
                    match self.next_char() {
                        Some('\n') | None => {}
                        Some(escaped @ ('"' | '\\' | '$' | '`')) => {
                            word.quoted(escaped.encode_utf8(&mut [0; 4]));
                        }
                        Some(other) => {
                            word.quoted("\\");
                            word.quoted(other.encode_utf8(&mut [0; 4]));
                        }
                    }
                }
                '$' | '`' => {
                    if let Some(items) = self.items(parameters) {
                        word.arguments(items);
                        continue;
                    }
                    if self.all_arguments(parameters, &["$@", "${@}", "$*"], word) {
                        continue;
                    }
                    let value = self.expansion(parameters);
                    word.quoted(&value);
                }
                other => {
                    self.at += other.len_utf8();
                    word.quoted(other.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }

    /// All arguments as words of their own, in one of these ways or as `${@:-word}`; says whether they stood here.
    fn all_arguments(&mut self, parameters: &Parameters, ways: &[&str], word: &mut Word) -> bool {
        let rest = self.rest();
        if let Some(all) = ways.iter().find(|all| rest.starts_with(**all)) {
            self.at += all.len();
            word.arguments(&parameters.arguments);
            return true;
        }
        let default = rest.strip_prefix("${@:-").and_then(|rest| rest.split_once('}'));
        let Some((default, _)) = default.filter(|(default, _)| !default.contains(['$', '{', '`'])) else {
            return false;
        };
        self.at += "${@:-}".len() + default.len();
        match parameters.arguments.as_slice() {
            [] => word.quoted(default.trim_matches(['"', '\''])),
            arguments => word.arguments(arguments),
        }
        true
    }

    /// `$NAME`, `${NAME…}`, `$(…)` or a backquoted command at the current place.
    pub(super) fn expansion(&mut self, parameters: &Parameters) -> String {
        let unknown = Text::HOLE.to_string();
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix('`') {
            let end = inside.find('`').map_or(rest.len(), |end| end + 2);
            self.at += end;
            return unknown;
        }
        if rest.starts_with("$(") {
            self.at += balanced(rest, '(', ')');
            return unknown;
        }
        if rest.starts_with("${") {
            let length = balanced(rest, '{', '}');
            self.at += length;
            return braced(rest.get(2..length.saturating_sub(1)).unwrap_or(""), parameters);
        }
        let after = &rest[1..];
        let length = match after.chars().next() {
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len())
            }
            Some(c) if c.is_ascii_digit() || "#?$!@*-".contains(c) => 1,
            _ => 0,
        };
        self.at += 1 + length;
        if length == 0 {
            return "$".to_string();
        }
        parameters.get(&after[..length]).unwrap_or_default()
    }
}

/// The length of the bracketed part that starts after the first character.
fn balanced(text: &str, open: char, close: char) -> usize {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        if character == open {
            depth += 1;
        } else if character == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + close.len_utf8();
            }
        }
    }
    text.len()
}

/// The length of a redirection's operator: `>`, `2>&1`, `<`, `<<`.
fn redirection(text: &str) -> Option<usize> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = text.get(digits..)?;
    let operator = ["&>>", "&>", ">>", ">&", ">|", "<<<", "<<-", "<<", "<&", ">", "<"]
        .iter()
        .find(|operator| rest.starts_with(**operator))?;
    Some(digits + operator.len())
}

/// A word that grows longer than this is not known.
const MAX_WORD: usize = 64 << 10;

/// A word while it is put together.
#[derive(Default)]
struct Word {
    done: Vec<String>,
    current: Option<String>,
}

impl Word {
    fn quoted(&mut self, text: &str) {
        let current = self.current.get_or_insert_default();
        current.push_str(text);
        // `B=$B$B` over and over.
        if current.len() > MAX_WORD {
            *current = Text::HOLE.to_string();
        }
    }

    /// An unquoted expansion: blanks in it end the word.
    fn split(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.done.extend(self.current.take());
        }
        let mut parts = text.split_whitespace().peekable();
        while let Some(part) = parts.next() {
            self.quoted(part);
            if parts.peek().is_some() || text.ends_with(char::is_whitespace) {
                self.done.extend(self.current.take());
            }
        }
    }

    fn arguments(&mut self, arguments: &[String]) {
        let Some((last, before)) = arguments.split_last() else {
            // `"$@"` without arguments is no word at all.
            if self.current.as_deref() == Some("") {
                self.current = None;
            }
            return;
        };
        for argument in before {
            self.quoted(argument);
            self.done.extend(self.current.take());
        }
        self.quoted(last);
    }

    fn finish(mut self) -> Vec<String> {
        self.done.extend(self.current.take());
        self.done
    }
}
