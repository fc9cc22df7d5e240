//! A model as YAML, byte for byte as Docker Compose's library (go-yaml) writes it: block style, two spaces a
//! level, list items indented, lines of text folded beyond 80 columns.

mod style;

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::compose::DATE;
use style::Style;

/// Beyond this column a text is folded at its next blank.
const WIDTH: usize = 80;
/// A longer key stands on a line of its own, after `?`.
const MAX_KEY: usize = 128;

/// The text of a mapping, with a line end. `notes` are comments on values, by the path that leads to each.
pub fn print(model: &Json, notes: &HashMap<&[String], String>) -> String {
    let mut printer = Printer { out: String::new(), column: 0, notes, path: Vec::new() };
    match model {
        Json::Object(members) if !members.is_empty() => printer.block(model, 0),
        other => {
            printer.inline(other, 0);
            printer.line(0);
        }
    }
    printer.out
}

struct Printer<'a> {
    out: String,
    /// How many characters stand on the current line.
    column: usize,
    notes: &'a HashMap<&'a [String], String>,
    path: Vec<String>,
}

impl Printer<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    /// Ends the line and indents the next one.
    fn line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    /// The lines of a mapping or list that is not blank. The first is not indented.
    fn block(&mut self, value: &Json, indent: usize) {
        match value {
            Json::Object(members) => {
                for (at, (name, value)) in members.iter().enumerate() {
                    self.begin(at, indent);
                    self.key(name, indent);
                    self.put(":");
                    self.down(name);
                    if is_block(value) {
                        self.line(indent + 2);
                        self.block(value, indent + 2);
                    } else {
                        self.put(" ");
                        self.inline(value, indent);
                        self.out.push('\n');
                    }
                    self.path.pop();
                }
            }
            Json::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.begin(at, indent);
                    self.put("- ");
                    self.down(&at.to_string());
                    if is_block(item) {
                        self.block(item, indent + 2);
                    } else {
                        self.inline(item, indent);
                        self.out.push('\n');
                    }
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    /// One step down in the model, whose names stand there with one `$` for two.
    fn down(&mut self, name: &str) {
        self.path.push(if self.notes.is_empty() { String::new() } else { name.replace("$$", "$") });
    }

    /// The comment on the value at hand.
    fn note(&mut self) {
        if let Some(note) = self.notes.get(self.path.as_slice()) {
            self.put(&format!("  # {note}"));
        }
    }

    /// Indents every entry but the first, which goes on where the line is.
    fn begin(&mut self, at: usize, indent: usize) {
        if at > 0 {
            self.out.extend(std::iter::repeat_n(' ', indent));
            self.column = indent;
        }
    }

    fn key(&mut self, name: &str, indent: usize) {
        let long = name.len() > MAX_KEY;
        if long {
            self.put("? ");
        }
        match Style::of(name) {
            Style::Plain => self.put(name),
            Style::Single => self.put(&format!("'{}'", name.replace('\'', "''"))),
            Style::Literal | Style::Double => {
                let escaped: String = name.chars().map(style::escaped).collect();
                self.put(&format!("\"{escaped}\""));
            }
        }
        if long {
            self.line(indent);
        }
    }

    /// A value on the line of its key; a text may go on in lines below, indented deeper than the key.
    fn inline(&mut self, value: &Json, indent: usize) {
        match value {
            Json::String(text) if text.starts_with(DATE) => self.put(text.trim_start_matches(DATE)),
            Json::String(text) => match Style::of(text) {
                Style::Plain => self.folded(text, indent + 2, false),
                Style::Single => {
                    self.put("'");
                    self.folded(text, indent + 2, true);
                    self.put("'");
                }
                Style::Double => self.double(text, indent + 2),
                // Within the text a comment would be a part of it.
                Style::Literal => return self.literal(text, indent + 2),
            },
            Json::Array(_) => self.put("[]"),
            Json::Object(_) => self.put("{}"),
            // Null, numbers and truth are written in YAML as in JSON.
            other => self.put(&other.to_string()),
        }
        self.note();
    }

    /// A text without escapes, its quotes doubled where it stands in them.
    fn folded(&mut self, text: &str, indent: usize, quoted: bool) {
        let mut spaces = false;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(it) = chars.next() {
            let next = chars.peek();
            let inside = !quoted || !first && next.is_some();
            if it == ' ' && inside && !spaces && self.column > WIDTH && next != Some(&' ') {
                self.line(indent);
            } else {
                self.out.push(it);
                self.column += 1;
                if it == '\'' && quoted {
                    self.put("'");
                }
            }
            spaces = it == ' ';
            first = false;
        }
    }

    fn double(&mut self, text: &str, indent: usize) {
        self.put("\"");
        let mut spaces = false;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(it) = chars.next() {
            if it == ' ' && !first && chars.peek().is_some() && !spaces && self.column > WIDTH {
                self.line(indent);
                if chars.peek() == Some(&' ') {
                    self.put("\\");
                }
            } else {
                self.put(&style::escaped(it));
            }
            spaces = it == ' ';
            first = false;
        }
        self.put("\"");
    }

    /// `|`: the lines as they are, without the end of the last one, which the caller writes.
    fn literal(&mut self, text: &str, indent: usize) {
        self.put("|");
        if text.starts_with(' ') {
            self.put("2");
        }
        let (text, keep) = match text.strip_suffix('\n') {
            None => (text, "-"),
            Some(text) if text.ends_with('\n') => (text, "+"),
            Some(text) => (text, ""),
        };
        self.put(keep);
        self.note();
        for line in text.split('\n') {
            self.line(if line.is_empty() { 0 } else { indent });
            self.put(line);
        }
    }
}

fn is_block(value: &Json) -> bool {
    match value {
        Json::Object(members) => !members.is_empty(),
        Json::Array(items) => !items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_again() {
        let texts = [
            "",
            "yes",
            "N",
            "1:30",
            "0o17",
            "- a",
            "a: b",
            "a # b",
            "it's",
            "a\nb\n",
            "\t",
            " x",
            "é\u{85}",
            "1e3",
            "2020-01-01",
            "<<",
            "=",
            "*a",
            "&a",
            "{a",
            "[a",
            "${A:-b}",
            "a:",
            "!x",
            "%",
            "@a",
            "`a",
            "null",
            "x\"y",
        ];
        let model = json!({
            "name": "p", "texts": texts, "x": {"9": null, "a: b": [[1, [2]], {"b": {}, "c": []}, 1.5, true]},
        });
        let read: Json = serde_yaml::from_str(&print(&model, &HashMap::new())).expect("it is YAML");
        assert_eq!(read, model, "{}", print(&model, &HashMap::new()));
    }

    #[test]
    fn it_looks_as_people_write_it() {
        let model = json!({"services": {"a": {"command": ["sh", "-c"], "ports": [{"target": 80}], "x": []}}});
        let expected = "services:\n  a:\n    command:\n      - sh\n      - -c\n    ports:\n      - target: 80\n    x: []\n";
        assert_eq!(print(&model, &HashMap::new()), expected);
    }
}
