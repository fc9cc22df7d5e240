//! What must be true of a text before a grammar's scanner may see it.
//!
//! The scanners are C code. Between two tokens they save what they must remember in 1024 bytes, and some end the
//! process, or write past the end, when that is too little; one never ends at the end of a text. Nothing of that can
//! be caught, so it must not happen: here stands, for each of these grammars, what keeps it from happening, for
//! every text and also where the parser tries to recover from errors.
//!
//! The scanners of the other grammars were read for this, too: those of JavaScript, TypeScript, Elixir and Kotlin
//! save nothing, Rust's one byte; those of Bash, C# and PHP save nothing rather than too much. Go and Java have none.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use tree_sitter::Language;

use super::GaveUp;

/// What the parser is shown in place of a text.
pub struct Screened<'t> {
    /// As many bytes as the text has, and those that were added at the end.
    pub bytes: Cow<'t, [u8]>,
    /// How many were added.
    pub added: usize,
}

/// What the parser of this language may see of the text.
pub fn of<'t>(language: &Language, text: &'t str) -> Result<Screened<'t>, GaveUp> {
    let as_it_is = Screened { bytes: Cow::Borrowed(text.as_bytes()), added: 0 };
    if *language == tree_sitter_python::LANGUAGE.into() {
        return if indentations(text) > MAX_INDENTATIONS { Err(GaveUp::TooDeep) } else { Ok(as_it_is) };
    }
    if *language == tree_sitter_ruby::LANGUAGE.into() {
        return Ok(
            here_documents(text).map_or(as_it_is, |bytes| Screened { bytes: Cow::Owned(bytes), added: 0 })
        );
    }
    if *language == tree_sitter_kotlin_ng::LANGUAGE.into() && annotation_at_end(text) {
        let bytes = [text.as_bytes(), b"\n"].concat();
        return Ok(Screened { bytes: Cow::Owned(bytes), added: 1 });
    }
    Ok(as_it_is)
}

/// Python's scanner saves its stack of indentations in two bytes for each, after at most 257 others, and checks the
/// room before each byte pair only for its first byte.
const MAX_INDENTATIONS: usize = 300;

/// How many widths of indentation Python's scanner can come to. Its stack is strictly increasing, so it is never
/// higher than that. A backslash joins the next line, whose blanks then count on.
fn indentations(text: &str) -> usize {
    let mut widths = HashSet::new();
    let mut bytes = text.bytes().peekable();
    loop {
        let mut width = 0_u32;
        loop {
            match bytes.peek() {
                Some(b' ') => width = width.saturating_add(1),
                Some(b'\t') => width = width.saturating_add(8),
                Some(b'\n' | b'\r' | 0x0c) => width = 0,
                Some(b'\\') => {
                    bytes.next();
                    bytes.next_if_eq(&b'\r');
                    if bytes.peek() != Some(&b'\n') {
                        break;
                    }
                }
                _ => break,
            }
            bytes.next();
        }
        widths.insert(width);
        // The rest of the line.
        loop {
            match bytes.next() {
                Some(b'\n' | b'\r') => break,
                Some(_) => {}
                None => return widths.len(),
            }
        }
    }
}

/// Kotlin's scanner runs from an annotation to the next blank or line break, also past the end of the text, where it
/// stays. A line break at the end stops it.
fn annotation_at_end(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte != b'\n').any(|byte| byte == b'@')
}

/// The longest name of a here-document that Ruby's scanner can save: its length takes one byte.
const MAX_NAME: usize = 255;

/// Ruby's scanner saves a count, five bytes for each open literal (at most 204 of them), a count, and four bytes and
/// the name for each open here-document. It sees to it that two of those four bytes fit, so it can write one byte
/// too many, and does exactly when it comes to 1025. Where no name in the text can bring it there, nothing is done.
/// Else all names are shortened to lengths of one more than a multiple of five, in what the parser is shown: then
/// it comes to two more than a multiple of five, always.
///
/// A name that is too long is none: what stands there is a string that is appended without a blank (`out <<"…"`),
/// and is shown as a sum.
fn here_documents(text: &str) -> Option<Vec<u8>> {
    let names: Vec<Name> = names(text).collect();
    let saved: usize = names.iter().map(|name| 4 + if name.open { MAX_NAME } else { name.length }).sum();
    let literals = text.bytes().filter(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'%' | b'/')).count();
    let long = names.iter().any(|name| name.length > MAX_NAME);
    if names.is_empty() || !long && saved.saturating_add(5 * literals.min(204)) < 1020 {
        return None;
    }
    let fits = |name: Name| !name.open && name.length <= MAX_NAME && name.length % 5 == 1;
    let shown = shortened(text, &names);
    // Names within names can leave what was not meant. Then the text has none.
    if std::str::from_utf8(&shown).is_ok_and(|shown| self::names(shown).all(fits)) {
        return Some(shown);
    }
    let mut shown = text.as_bytes().to_vec();
    for name in &names {
        put(&mut shown, name.at, b" +");
    }
    Some(shown)
}

/// Whatever may be the name of a here-document.
fn names(text: &str) -> impl Iterator<Item = Name> + '_ {
    let bytes = text.as_bytes();
    text.match_indices('<')
        .filter_map(|(at, _)| (bytes.get(at + 1) == Some(&b'<')).then(|| Name::at(text, at))?)
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + what.len()) {
        place.copy_from_slice(what);
    }
}

fn shortened(text: &str, names: &[Name]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let mut shortened: HashMap<&str, usize> = HashMap::new();
    for name in names {
        let written = text.get(name.from..name.to).unwrap_or_default();
        if name.length > MAX_NAME || name.open || written.contains('\n') {
            put(&mut bytes, name.at, b" +");
            continue;
        }
        let keep = name.length.saturating_sub(1) / 5 * 5 + 1;
        let kept = written.char_indices().nth(keep).map_or(written.len(), |(end, _)| end);
        shortened.insert(written, kept);
        let end = name.to + usize::from(name.quote.is_some());
        let mut at = name.from + kept;
        if let (Some(quote), Some(byte)) = (name.quote, bytes.get_mut(at)) {
            *byte = quote;
            at += 1;
        }
        if let Some(rest) = bytes.get_mut(at..end.min(text.len())) {
            rest.fill(b' ');
        }
    }
    // The lines that end them.
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let name = line.trim_matches([' ', '\t', '\r', '\n']);
        if let Some(kept) = shortened.get(name) {
            let from = start + (line.len() - line.trim_start_matches([' ', '\t', '\r', '\n']).len());
            if let Some(rest) = bytes.get_mut(from + kept..from + name.len()) {
                rest.fill(b' ');
            }
        }
        start += line.len();
    }
    bytes
}

/// The name of what may be a here-document.
struct Name {
    /// Where `<<` stands.
    at: usize,
    from: usize,
    to: usize,
    /// In characters; at most one more than the longest that can be saved.
    length: usize,
    quote: Option<u8>,
    /// Whether it depends on the machine where it ends: at a letter that is not ASCII.
    open: bool,
}

impl Name {
    fn at(text: &str, at: usize) -> Option<Self> {
        let after = text.get(at + 2..)?;
        let after = after.strip_prefix(['-', '~']).unwrap_or(after);
        let quote = after.bytes().next().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        let word = if quote.is_some() { after.get(1..)? } else { after };
        let from = text.len() - word.len();
        let part = |c: char| match quote {
            Some(quote) => c != quote as char,
            None => c.is_ascii_alphanumeric() || c == '_',
        };
        let (mut length, mut to) = (0, from);
        for c in word.chars().take(MAX_NAME + 1).take_while(|c| part(*c)) {
            length += 1;
            to += c.len_utf8();
        }
        let next = text.get(to..).and_then(|rest| rest.chars().next());
        let open = quote.is_none() && next.is_some_and(|c| !c.is_ascii() && c.is_alphanumeric());
        (length > 0 || open).then_some(Self { at, from, to, length, quote, open })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        String::from_utf8(here_documents(text).unwrap_or_else(|| text.as_bytes().to_vec())).unwrap()
    }

    #[test]
    fn indentation_is_counted_as_the_scanner_does() {
        assert_eq!(indentations("a\n  b\n\tc\n        d\n"), 3);
        assert_eq!(indentations("a\n  \\\n   b\n"), 2, "five blanks, and none");
        let joined: String = (0..20)
            .flat_map(|a| (0..20).map(move |b| (a * 20, b)))
            .fold(String::new(), |all, (a, b)| all + &format!("{}\\\n{}x\n", " ".repeat(a), " ".repeat(b)));
        assert!(indentations(&joined) > MAX_INDENTATIONS);
    }

    #[test]
    fn ordinary_here_documents_are_shown_as_they_are() {
        let text = "a = <<~SQL\n  select 'a'\nSQL\nclass << self\n  list <<1\nend\n";
        assert!(here_documents(text).is_none());
        assert!(here_documents("no documents, \"many\" 'quotes'".repeat(1_000).as_str()).is_none());
    }

    #[test]
    fn many_names_are_shortened() {
        let quotes = "'a' ".repeat(400);
        let text = format!("{quotes}\nf(<<~SQL, <<-'HT ML')\n  x\n  SQL\nHT ML\n");
        let expected = format!("{quotes}\nf(<<~S  , <<-'H'    )\n  x\n  S  \nH    \n");
        assert_eq!(shown(&text), expected);
        assert_eq!(shown(&text).len(), text.len());
    }

    #[test]
    fn names_within_names_are_none() {
        let text = format!("{}<<'a <<\"b' c\" <<<\"x\" <<éa", "''".repeat(200));
        let shown = shown(&text);
        assert!(names(&shown).all(|name| !name.open && name.length % 5 == 1), "{shown}");
        assert_eq!(shown.len(), text.len());
    }

    #[test]
    fn a_string_is_no_name() {
        let long = "é".repeat(300);
        assert_eq!(shown(&format!("out <<\"{long}\"\n")), format!("out  +\"{long}\"\n"));
    }

    #[test]
    fn annotations_at_the_end() {
        assert!(annotation_at_end("class A\n@Foo"));
        assert!(annotation_at_end("@"));
        assert!(!annotation_at_end("class A\n@Foo\n"));
        assert!(!annotation_at_end("@A\nclass B"));
    }
}
