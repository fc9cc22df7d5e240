//! How a text is written so that it reads back as the same string, in every YAML there is.

use crate::yaml::{Resolved, Scalar, Style, resolve};

/// Words that some YAML takes for a truth value, a null or a number.
const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"];

/// The text as a scalar that is a string: plain where that is safe, else in quotes.
pub(super) fn string(text: &str, flow: bool) -> String {
    let is_string =
        resolve(&Scalar { text: text.to_string(), style: Style::Plain }, None) == Resolved::String;
    let is_word = WORDS.contains(&text.to_lowercase().as_str());
    // `22:22` is a number of base 60 to older YAML; ports and times are the usual victims.
    let looks_like_number = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '_' | '-' | '/'));
    if is_string && !is_word && !looks_like_number && is_plain(text, flow) {
        text.to_string()
    } else {
        quoted(text)
    }
}

/// The text in quotes: double ones, unless single ones save escapes.
pub(super) fn quoted(text: &str) -> String {
    let printable = !text.contains(|c: char| c.is_control() || c == '\u{FEFF}');
    if printable && text.contains(['"', '\\']) && !text.contains('\'') { single(text) } else { double(text) }
}

/// The text as it stands between quotes of this style, or plain; `None` where that style can't hold it.
pub(super) fn in_style(text: &str, style: Style, flow: bool) -> Option<String> {
    match style {
        Style::Plain => is_plain(text, flow).then(|| text.to_string()),
        Style::SingleQuoted => (!text.contains(char::is_control)).then(|| single(text)),
        Style::DoubleQuoted => Some(double(text)),
        Style::Literal | Style::Folded => None,
    }
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(super) fn double(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() || matches!(other, '\u{2028}' | '\u{2029}' | '\u{FEFF}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Whether the text can stand without quotes: stricter than YAML is.
fn is_plain(text: &str, flow: bool) -> bool {
    let begins_well =
        text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '$' | '(' | '+'));
    let ends_well = !text.ends_with(|c: char| c.is_whitespace() || c == ':');
    let flow_signs = flow && text.contains([',', '[', ']', '{', '}', '?']);
    begins_well
        && ends_well
        && !flow_signs
        && text != "..."
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(|c: char| {
            c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}')
        })
}
