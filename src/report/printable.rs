//! Text from files, made harmless for a terminal and for one-line formats.

use crate::source::Text;

/// The text with every character replaced that would move the cursor, change colours, reorder
/// the line or hide: control characters become their pictures (`␛`), bidirectional and invisible
/// format characters `�`, tabs a blank, unknown parts `…`.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c == '\t' { ' ' } else { visible(c) }).collect()
}

/// What stands for `c` on a screen. Tabs are kept.
#[must_use]
pub fn visible(c: char) -> char {
    match c {
        '\t' => '\t',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        Text::HOLE => '…',
        c if hides(c) => '\u{fffd}',
        c => c,
    }
}

/// Whether a character acts on the text around it, or is one that nobody sees.
#[must_use]
pub fn hides(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'          // C1 controls: CSI and friends in one byte
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}'    // zero width, left-to-right and right-to-left marks
        | '\u{2028}' | '\u{2029}'    // line and paragraph separators
        | '\u{202a}'..='\u{202e}'    // embeddings and overrides
        | '\u{2060}'..='\u{206f}'    // isolates, invisible operators
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}' | '\u{ffff}'      // no characters at all
        | '\u{e0000}'..='\u{e007f}') // tags
}

/// The text in characters that every terminal has.
#[must_use]
pub fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '…' => plain.push_str("..."),
            '‘' | '’' => plain.push('\''),
            '“' | '”' => plain.push('"'),
            '–' | '—' | '─' | '·' | '•' => plain.push('-'),
            '→' => plain.push_str("->"),
            c if c.is_ascii() => plain.push(c),
            _ => plain.push('?'),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        assert_eq!(printable("a\u{1b}[31m\nb\tc"), "a␛[31m␊b c");
        assert_eq!(printable("x\u{202e}y\u{9b}z\u{200b}"), "x\u{fffd}y\u{fffd}z\u{fffd}");
        assert_eq!(printable("postgres://app@\u{fffc}/db"), "postgres://app@…/db");
        assert_eq!(printable("日本 ü"), "日本 ü");
    }
}
