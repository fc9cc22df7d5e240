//! A model as YAML, in block style: two spaces a level, list items indented, and every text in quotes
//! that some version of YAML would read as something else.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// Words that are no texts in YAML 1.1 or 1.2 when they stand without quotes.
const WORDS: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", ""];

/// The text of a mapping, with a line end.
pub fn print(model: &Json) -> String {
    let mut out = String::new();
    match model {
        Json::Object(members) if !members.is_empty() => block(model, 0, &mut out),
        other => {
            inline(other, &mut out);
            out.push('\n');
        }
    }
    out
}

/// The lines of a mapping or list that is not blank. The first is not indented.
fn block(value: &Json, indent: usize, out: &mut String) {
    let mut first = true;
    let mut start = |out: &mut String| {
        if !std::mem::take(&mut first) {
            out.extend(std::iter::repeat_n(' ', indent));
        }
    };
    match value {
        Json::Object(members) => {
            for (name, value) in members {
                start(out);
                scalar(name, out);
                out.push(':');
                if is_block(value) {
                    out.push('\n');
                    out.extend(std::iter::repeat_n(' ', indent + 2));
                    block(value, indent + 2, out);
                } else {
                    out.push(' ');
                    inline(value, out);
                    out.push('\n');
                }
            }
        }
        Json::Array(items) => {
            for item in items {
                start(out);
                out.push_str("- ");
                if is_block(item) {
                    block(item, indent + 2, out);
                } else {
                    inline(item, out);
                    out.push('\n');
                }
            }
        }
        _ => {}
    }
}

fn is_block(value: &Json) -> bool {
    match value {
        Json::Object(members) => !members.is_empty(),
        Json::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn inline(value: &Json, out: &mut String) {
    match value {
        Json::String(text) => scalar(text, out),
        Json::Array(_) => out.push_str("[]"),
        Json::Object(_) => out.push_str("{}"),
        // Null, numbers and truth are written in YAML as in JSON.
        other => out.push_str(&other.to_string()),
    }
}

fn scalar(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
    } else if text.chars().any(|it| it.is_control() || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}')) {
        quoted(text, out);
    } else {
        let _ = write!(out, "'{}'", text.replace('\'', "''"));
    }
}

/// Whether a text without quotes is that text, and nothing else, to every reader.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    // Numbers, dates and times start with a digit, a sign or a dot.
    let starts = first.is_alphabetic() || matches!(first, '/' | '_' | '$');
    let holds = |it: char| it.is_alphanumeric() || "/_$.-+=@:{}()?,;^ ~|*&!".contains(it);
    let ends = !text.ends_with([' ', ':']);
    starts
        && ends
        && text.chars().all(holds)
        && !text.contains(": ")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// In double quotes, with what cannot stand for itself escaped.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for it in text.chars() {
        let _ = match it {
            '"' | '\\' => write!(out, "\\{it}"),
            '\n' => write!(out, "\\n"),
            '\t' => write!(out, "\\t"),
            '\r' => write!(out, "\\r"),
            it if it.is_control() || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                write!(out, "\\u{:04x}", u32::from(it))
            }
            it => write!(out, "{it}"),
        };
    }
    out.push('"');
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
        let read: Json = serde_yaml::from_str(&print(&model)).expect("it is YAML");
        assert_eq!(read, model, "{}", print(&model));
    }

    #[test]
    fn it_looks_as_people_write_it() {
        let model = json!({"services": {"a": {"command": ["sh", "-c"], "ports": [{"target": 80}], "x": []}}});
        let expected = "services:\n  a:\n    command:\n      - sh\n      - '-c'\n    ports:\n      - target: 80\n    x: []\n";
        assert_eq!(print(&model), expected);
    }
}
