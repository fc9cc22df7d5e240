//! Secrets that are known by what stands around them.

use std::ops::Range;

use super::Kind;
use super::names::{is_secret, is_variable};

/// How far from its name a literal in code may stand.
const REACH: usize = 60;

/// The text with every `${…}` made one word, byte for byte: what stands in a reference neither
/// starts nor ends anything around it.
pub fn flat(text: &str) -> String {
    let mut flat = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(at) = text[from..].find("${").map(|at| from + at) {
        let line = &text[at..at + text[at..].find('\n').unwrap_or(text.len() - at)];
        let length = reference(line, 0).map_or(2, |range| range.end);
        flat.push_str(&text[from..at]);
        flat.extend(std::iter::repeat_n('x', length));
        from = at + length;
    }
    flat.push_str(&text[from..]);
    flat
}

/// Adds the passwords of URLs and of Go's MySQL addresses (`user:password@tcp(host)`).
pub fn url_passwords(text: &str, flat: &str, found: &mut Vec<Range<usize>>) {
    for (at, _) in flat.match_indices("://") {
        let start = at + 3;
        let rest = &flat[start..];
        let segment = &rest[..rest.find(ends_url).unwrap_or(rest.len())];
        let authority = &segment[..segment.find(['/', '?', '#']).unwrap_or(segment.len())];
        let Some(colon) = authority.find(':') else { continue };
        // A password may hold `/` and `#` unescaped; a port may not.
        let end = authority.rfind('@').or_else(|| {
            let after = &authority[colon + 1..];
            let is_port = !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit());
            if is_port { None } else { segment.rfind('@') }
        });
        if let Some(end) = end.filter(|end| *end > colon) {
            literal(text, start + colon + 1..start + end, found);
        }
    }
    for (at, _) in flat.match_indices("@tcp(") {
        let head = &flat[..at];
        let from = head.rfind(ends_url).map_or(0, |i| i + head[i..].chars().next().map_or(1, char::len_utf8));
        if let Some(colon) = head[from..].find(':') {
            literal(text, from + colon + 1..at, found);
        }
    }
}

fn ends_url(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>')
}

/// Adds the values that are given to secret names.
pub fn of_names(text: &str, flat: &str, kind: Kind, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    for (line, flat) in text.split_inclusive('\n').zip(flat.split_inclusive('\n')) {
        let mut names = Vec::new();
        identifiers(line, |range| names.push(range));
        for name in names.into_iter().filter(|range| is_secret(&line[range.clone()])) {
            let value = match kind {
                _ if line[..name.start].ends_with("${") => reference(line, name.start - 2),
                // Part of a path.
                _ if line[..name.start].ends_with('/') => None,
                Kind::Code => literal_after(flat, name),
                Kind::Config => value_after(flat, name),
                Kind::Message => in_backticks(flat, name.clone()).or_else(|| value_after(flat, name)),
            };
            // `password: "<%= ENV.fetch("NAME") { "secret" } %>"`: the quotes around are not those that end it.
            let template =
                value.as_ref().map(|value| &flat[value.start..]).filter(|rest| rest.starts_with("<%"));
            if let (Some(template), Some(value)) = (template, &value) {
                let end = template.find("%>").unwrap_or(template.len());
                for inner in literals(&template[..end]) {
                    let at = from + value.start;
                    literal(text, at + inner.start..at + inner.end, found);
                }
            } else if let Some(value) = value {
                literal(text, from + value.start..from + value.end, found);
            }
        }
        if kind != Kind::Code {
            password_flags(flat, from, text, found);
        }
        from += line.len();
    }
}

/// What stands in quotes in a template, but the names of variables in brackets: `ENV["NAME"]`, `fetch("NAME")`.
fn literals(template: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = template[at..].find(['"', '\'']).map(|open| at + open) {
        let quote = if template[open..].starts_with('"') { '"' } else { '\'' };
        let Some(close) = template[open + 1..].find(quote).map(|close| open + 1 + close) else { break };
        if !template[..open].ends_with(['(', '[']) {
            found.push(open + 1..close);
        }
        at = close + 1;
    }
    found
}

/// Calls `each` with the range of every name in the line.
fn identifiers(line: &str, mut each: impl FnMut(Range<usize>)) {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii_alphabetic() || *byte == b'_' {
            let length = bytes[at..].iter().take_while(|byte| inner(**byte)).count();
            each(at..at + length);
            at += length;
        } else {
            at += 1;
        }
    }
}

/// Whether the text starts with a port that nothing else follows.
fn is_port(text: &str) -> bool {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let ends =
        text[digits..].chars().next().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'));
    (2..=5).contains(&digits) && ends && text[..digits].parse::<u16>().is_ok()
}

/// `NAME: value`, `NAME=value`, `"NAME": "value"`, `"--name", "value"`, `--name value`.
fn value_after(line: &str, name: Range<usize>) -> Option<Range<usize>> {
    let before = &line[..name.start];
    let opened = before.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`')).or_else(|| {
        before.strip_suffix("--").and_then(|b| b.chars().next_back()).filter(|c| matches!(c, '"' | '\''))
    });
    let mut at = name.end;
    let closed = opened.is_some_and(|quote| line[at..].starts_with(quote));
    if closed {
        at += 1;
    }
    let spaces = spaces(line, at);
    let rest = &line[at + spaces..];
    let flag = before.ends_with("--") || line[name.clone()].eq_ignore_ascii_case("requirepass");
    let (separator, colon) = if rest.starts_with("=>") || rest.starts_with(":=") {
        (2, false)
    } else if rest.starts_with('=') {
        (1, false)
    } else if rest.starts_with(':') {
        (1, true)
    } else if (closed && opened != Some('`') && rest.starts_with(',')) || (flag && spaces > 0) {
        (usize::from(rest.starts_with(',')), false)
    } else {
        return None;
    };
    at += spaces + separator;
    // `auth:5432` is an address; a value with nothing before it would be in quotes, or no value at all.
    if colon && !closed && spaces == 0 && is_port(&line[at..]) {
        return None;
    }
    at += self::spaces(line, at);
    let value = &line[at..];
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
        let length = value[1..].find(quote).unwrap_or(value.trim_end().len().saturating_sub(1));
        return Some(at + 1..at + 1 + length);
    }
    // "`PASSWORD`: what is said of it".
    if closed && opened == Some('`') {
        return None;
    }
    let head = before.trim_start_matches([' ', '\t', '-', '"', '\'']).trim_start();
    let alone = head.is_empty() || head == "export ";
    let length = match opened.filter(|_| !closed) {
        Some(quote) => value.find(quote).unwrap_or(value.trim_end().len()),
        None if alone && (colon || !flag) => {
            let line = value.trim_end();
            line.find(" #").map_or(line.len(), |comment| line[..comment].trim_end().len())
        }
        None if before.contains(';') || value.contains(';') => {
            value.find([';', '"', '\'', '`']).unwrap_or(value.trim_end().len())
        }
        None => value.find(|c: char| c.is_whitespace() || ",&)]}\"'`".contains(c)).unwrap_or(value.len()),
    };
    // A value that goes on in a keyword string ends at its semicolon.
    let length = value[..length].find(';').filter(|_| before.contains(';')).unwrap_or(length);
    Some(at..at + length)
}

/// The whole `${…}` that starts at `at`.
fn reference(line: &str, at: usize) -> Option<Range<usize>> {
    let mut depth = 0usize;
    for (offset, byte) in line[at..].bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at..at + offset + 1),
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The first literal after a name in code that is no name itself.
fn literal_after(line: &str, name: Range<usize>) -> Option<Range<usize>> {
    let mut at = name.end;
    if line[at..].starts_with(['"', '\'', '`']) {
        at += 1;
    }
    let rest = &line[at..];
    let open = rest.find(['"', '\'', '`'])?;
    let between = &rest[..open];
    let passive = |c: char| c.is_alphanumeric() || "_ \t:=[]|.,()?<>".contains(c);
    if open == 0
        || open > REACH
        || !between.chars().all(passive)
        || !between.contains([':', '=', ',', '|', '?'])
    {
        return None;
    }
    let quote = rest[open..].chars().next()?;
    let start = at + open + 1;
    let length = line[start..].find(quote)?;
    let value = &line[start..start + length];
    (!is_variable(value) && !value.contains("://")).then_some(start..start + length)
}

/// A value in backticks after a word for it: "the password `x`", "password is `x`".
fn in_backticks(line: &str, name: Range<usize>) -> Option<Range<usize>> {
    let rest = line[name.end..].strip_prefix(' ')?;
    let word = ["", "is ", "of ", "= "]
        .into_iter()
        .find(|word| rest.strip_prefix(word).is_some_and(|rest| rest.starts_with('`')))?;
    let start = name.end + 1 + word.len() + 1;
    let length = line[start..].find('`')?;
    let value = &line[start..start + length];
    (!is_variable(value)).then_some(start..start + length)
}

/// `mysql … -pSECRET`, `redis-cli -a SECRET`: flags without a telling name.
fn password_flags(line: &str, from: usize, text: &str, found: &mut Vec<Range<usize>>) {
    let flags = [("mysql", " -p"), ("mariadb", " -p"), ("redis-cli", " -a ")];
    for (_, flag) in flags.into_iter().filter(|(program, _)| line.contains(program)) {
        for (at, _) in line.match_indices(flag) {
            let start = at + flag.len();
            let rest = &line[start..];
            let length =
                rest.find(|c: char| c.is_whitespace() || "\"'`,;&|)]".contains(c)).unwrap_or(rest.len());
            literal(text, from + start..from + start + length, found);
        }
    }
}

/// Adds a value, or the part of it that is written here: `${X}` is no secret, the default in
/// `${X:-default}` is one.
fn literal(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut range = range;
    // Nested defaults go one level deeper each time, so this ends.
    while let Some(value) = text.get(range.clone()).filter(|value| !is_harmless(value)) {
        let Some(inner) = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
            found.push(range);
            return;
        };
        let name = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let operator = inner[name..].bytes().take_while(|byte| matches!(byte, b':' | b'-' | b'+')).count();
        if operator == 0 || inner[name..].starts_with(":?") {
            return;
        }
        range = range.start + 2 + name + operator..range.end - 1;
    }
}

/// Whether a value can be shown whatever its name: blank, a switch, a reference, a path.
fn is_harmless(value: &str) -> bool {
    const SWITCHES: [&str; 10] =
        ["true", "false", "yes", "no", "on", "off", "null", "none", "nil", "undefined"];
    const PATHS: [&str; 9] = ["./", "../", "/run/", "/etc/", "/var/", "/usr/", "/opt/", "/app/", "/home/"];
    let value = value.trim();
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let reference = value.trim_start_matches('$');
    !value.chars().any(char::is_alphanumeric)
        || SWITCHES.iter().any(|word| value.eq_ignore_ascii_case(word))
        || PATHS.iter().any(|path| value.starts_with(path))
        || value.starts_with('*') && is_name(&value[1..])
        || reference.len() < value.len() && (is_name(reference) || reference.starts_with('('))
        || value.starts_with("{{") && value.ends_with("}}")
}

fn spaces(line: &str, at: usize) -> usize {
    line[at..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
