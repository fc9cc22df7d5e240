//! `.properties` files, as `java.util.Properties` reads them, with the place of every key and value.

use super::settings::Setting;
use crate::source::{SourceFile, Spanned};

/// Settings of one file that are read; the rest is left out.
pub(super) const MAX_SETTINGS: usize = 20_000;

/// The documents of the file: `#---` begins another one (Spring Boot).
pub(super) fn documents(file: &SourceFile) -> Vec<Vec<Setting>> {
    let mut documents = vec![Vec::new()];
    let text: &str = &file.text;
    let mut at = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let mut count = 0;
    while at < text.len() && count < MAX_SETTINGS {
        let (line, next) = logical_line(text, at);
        at = next;
        match line.chars.first() {
            None => {}
            Some((_, '#' | '!')) => {
                let marks: String = line.chars.iter().map(|(_, c)| *c).collect();
                if matches!(marks.trim_end(), "#---" | "!---") {
                    documents.push(Vec::new());
                }
            }
            Some(_) => {
                if let (Some(setting), Some(document)) = (setting(file, &line), documents.last_mut()) {
                    document.push(setting);
                    count += 1;
                }
            }
        }
    }
    documents
}

/// A line with those that continue it: its characters with their places, blanks at the starts left out.
struct Line {
    chars: Vec<(usize, char)>,
}

fn logical_line(text: &str, from: usize) -> (Line, usize) {
    let mut chars = Vec::new();
    let mut at = from;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default();
        let after = rest.get(length..).unwrap_or_default();
        let next = at + length + if after.starts_with("\r\n") { 2 } else { usize::from(!after.is_empty()) };
        let blanks = line.len() - line.trim_start().len();
        let body = line.get(blanks..).unwrap_or_default();
        let comment = chars.is_empty() && body.starts_with(['#', '!']);
        chars.extend(body.char_indices().map(|(offset, c)| (at + blanks + offset, c)));
        let slashes = body.len() - body.trim_end_matches('\\').len();
        if comment || slashes % 2 == 0 || next >= text.len() {
            return (Line { chars }, next);
        }
        chars.pop();
        at = next;
    }
}

fn setting(file: &SourceFile, line: &Line) -> Option<Setting> {
    let chars = &line.chars;
    let mut end = 0;
    while let Some((_, c)) = chars.get(end) {
        match c {
            '\\' => end += 2,
            '=' | ':' => break,
            c if c.is_whitespace() => break,
            _ => end += 1,
        }
    }
    let end = end.min(chars.len());
    let blank = |at: usize| chars.get(at).is_some_and(|(_, c)| c.is_whitespace());
    let mut value = end;
    while blank(value) {
        value += 1;
    }
    if matches!(chars.get(value), Some((_, '=' | ':'))) {
        value += 1;
    }
    while blank(value) {
        value += 1;
    }
    let key = unescaped(file, chars.get(..end)?, 0)?;
    let value = chars.get(value..).unwrap_or_default();
    let at = chars.last().map_or(0, |(at, c)| at + c.len_utf8());
    Some(Setting { key, value: unescaped(file, value, at)? })
}

/// The text with its escapes undone; `empty` is its place when there is none.
fn unescaped(file: &SourceFile, chars: &[(usize, char)], empty: usize) -> Option<Spanned<String>> {
    let from = chars.first().map_or(empty, |(at, _)| *at);
    let to = chars.last().map_or(empty, |(at, c)| at + c.len_utf8());
    let mut text = String::new();
    let mut rest = chars.iter().map(|(_, c)| *c);
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next() {
            Some('t') => text.push('\t'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('u') => {
                let digits: String = rest.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                text.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => text.push(other),
            None => {}
        }
    }
    let cut = text.trim_end().len();
    let trailing = text.len() - cut;
    text.truncate(cut);
    let to = if to - from == cut + trailing { from + cut } else { to };
    Some(Spanned::new(text, file.slice(from, to)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn read(text: &str) -> Vec<Vec<(String, String, String)>> {
        let sources = SourceMap::new(Memory::new([("a.properties", text)]));
        let file = sources.load(std::path::Path::new("a.properties")).unwrap();
        let shown = |setting: &Setting| {
            let written = file.snippet(setting.value.span).to_string();
            (setting.key.value.clone(), setting.value.value.clone(), written)
        };
        documents(&file).iter().map(|document| document.iter().map(shown).collect()).collect()
    }

    #[test]
    fn lines_are_read_as_java_does() {
        let found = read(
            "# a comment \\\na.b=c d \n! other\n key\\:x : v\\=\\u0041\nlist=a,\\\n   b,\\\n\tc\nempty\nurl = http\\://h:1/x\\\\\n",
        );
        let found: Vec<(&str, &str)> = found[0].iter().map(|(k, v, _)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            found,
            [("a.b", "c d"), ("key:x", "v=A"), ("list", "a,b,c"), ("empty", ""), ("url", "http://h:1/x\\")]
        );
    }

    #[test]
    fn places_are_those_of_the_values() {
        let found = read("a=b\r\n#---\r\nc.d =  localhost  \r\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[1][0].2, "localhost");
        assert_eq!(read("")[0].len(), 0);
        assert_eq!(read("=x\n\\")[0].len(), 2);
    }
}
