//! JSON with the place of every value: comments and trailing commas are taken, as the configuration readers
//! of .NET, TypeScript and others take them.

use crate::source::{SourceFile, Span, Spanned};

/// A configuration file nests deeper than this only when it is hostile.
const MAX_DEPTH: usize = 64;
/// More values than this are no configuration.
const MAX_VALUES: usize = 200_000;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// A text; the span is what stands between the quotes.
    Text(Spanned<String>),
    /// A number as written.
    Number(Spanned<String>),
    /// `true`, `false`
    Bool(bool, Span),
    /// `null`
    Null(Span),
    /// An array.
    List(Vec<Json>, Span),
    /// An object; later entries of one name win.
    Record(Vec<(Spanned<String>, Json)>, Span),
}

impl Json {
    /// The last value of this name, if it is an object that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Record(fields, _) => {
                fields.iter().rev().find(|(key, _)| key.value == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&Spanned<String>> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads a file; of a broken one, what stands before the break. `None` when that is nothing.
#[must_use]
pub fn read(file: &SourceFile) -> Option<Json> {
    let mut reader = Reader { file, text: &file.text, at: 0, left: MAX_VALUES };
    if reader.text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    reader.value(0)
}

struct Reader<'a> {
    file: &'a SourceFile,
    text: &'a str,
    at: usize,
    left: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes this character if it comes next.
    fn takes(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// Goes past blanks and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let code = rest.trim_start();
            let skipped = rest.len() - code.len();
            let comment = if code.starts_with("//") {
                code.find('\n').unwrap_or(code.len())
            } else if code.starts_with("/*") {
                code.find("*/").map_or(code.len(), |end| end + 2)
            } else {
                0
            };
            self.at += skipped + comment;
            if comment == 0 {
                return;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.blanks();
        self.left = self.left.checked_sub(1)?;
        if depth > MAX_DEPTH {
            return None;
        }
        let start = self.at;
        match self.peek()? {
            '{' => Some(self.record(start, depth)),
            '[' => Some(self.list(start, depth)),
            '"' => self.string().map(Json::Text),
            _ => self.word(start),
        }
    }

    fn record(&mut self, start: usize, depth: usize) -> Json {
        self.at += 1;
        let mut fields = Vec::new();
        loop {
            self.blanks();
            if self.takes(',') {
                continue;
            }
            if self.takes('}') {
                break;
            }
            let Some(name) = (self.peek() == Some('"')).then(|| self.string()).flatten() else { break };
            self.blanks();
            if !self.takes(':') {
                break;
            }
            let Some(value) = self.value(depth + 1) else { break };
            fields.push((name, value));
        }
        Json::Record(fields, self.file.slice(start, self.at))
    }

    fn list(&mut self, start: usize, depth: usize) -> Json {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.takes(',') {
                continue;
            }
            if self.takes(']') {
                break;
            }
            let Some(value) = self.value(depth + 1) else { break };
            items.push(value);
        }
        Json::List(items, self.file.slice(start, self.at))
    }

    fn string(&mut self) -> Option<Spanned<String>> {
        let start = self.at + 1;
        let mut text = String::new();
        let mut letters = self.text.get(start..)?.char_indices();
        while let Some((at, c)) = letters.next() {
            match c {
                '"' => {
                    self.at = start + at + 1;
                    return Some(Spanned::new(text, self.file.slice(start, start + at)));
                }
                '\n' => break,
                '\\' => match letters.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'u' => {
                        let digits: String = letters.by_ref().take(4).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                        text.push(code.unwrap_or('\u{fffd}'));
                    }
                    other => text.push(other),
                },
                c => text.push(c),
            }
        }
        self.at = self.text.len();
        None
    }

    fn word(&mut self, start: usize) -> Option<Json> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')))
            .unwrap_or(rest.len());
        let word = rest.get(..end)?.to_string();
        self.at += end;
        let span = self.file.slice(start, self.at);
        match word.as_str() {
            "true" => Some(Json::Bool(true, span)),
            "false" => Some(Json::Bool(false, span)),
            "null" => Some(Json::Null(span)),
            _ if word.parse::<f64>().is_ok() => Some(Json::Number(Spanned::new(word, span))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn json(text: &str) -> Option<Json> {
        let sources = SourceMap::new(Memory::new([("/a.json", text)]));
        read(&sources.load(std::path::Path::new("/a.json")).unwrap())
    }

    #[test]
    fn comments_and_trailing_commas_are_taken() {
        let text = "\u{feff}// head\n{ \"a\": [1, 2.5e3, true, null,], /* b */ \"b\": \"x\\\"\\u0041\\n\", }";
        let json = json(text).unwrap();
        assert_eq!(json.get("b").unwrap().text().unwrap().value, "x\"A\n");
        let Some(Json::List(items, _)) = json.get("a") else { panic!() };
        assert_eq!(items.len(), 4);
    }

    #[test]
    fn spans_are_what_stands_between_the_quotes() {
        let text = "{\"a\": \"höst\"}";
        let json = json(text).unwrap();
        assert_eq!(json.get("a").unwrap().text().unwrap().span.len(), 5);
    }

    #[test]
    fn broken_files_give_what_stands_before_the_break() {
        assert_eq!(json(""), None);
        assert_eq!(
            json("{\"a\": \"x\", \"b\": {\"c\": ").unwrap().get("a").unwrap().text().unwrap().value,
            "x"
        );
        assert!(json("{\"a\": \"x\n\"}").unwrap().get("a").is_none());
        assert!(json(&"[".repeat(100_000)).is_some());
        assert!(json("\u{0}\u{1}").is_none());
    }
}
