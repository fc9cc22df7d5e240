//! The style in which go-yaml writes a text: without quotes where nothing else could be read.

use crate::yaml::{self, Resolved, Scalar};

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// `|`
    Literal,
}

/// Words that YAML 1.1 takes for flags and YAML 1.2 for texts.
const OLD_FLAGS: [&str; 16] =
    ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"];

impl Style {
    /// The style of a text (`stringv` and `yaml_emitter_select_scalar_style` of go-yaml).
    pub fn of(text: &str) -> Self {
        let found = Found::in_text(text);
        if text.contains('\n') {
            let only_breaks = text.chars().all(|it| it == '\n');
            return if found.no_block || only_breaks { Self::Double } else { Self::Literal };
        }
        if OLD_FLAGS.contains(&text) || is_base_60(text) || text == "<<" {
            return Self::Single;
        }
        if yaml::resolve(&Scalar { text: text.to_string(), style: yaml::Style::Plain }, None)
            != Resolved::String
        {
            return Self::Double;
        }
        match (found.no_plain, found.no_single) {
            (false, _) => Self::Plain,
            (true, false) => Self::Single,
            (true, true) => Self::Double,
        }
    }
}

/// `22:22`: a number to the base of 60 in YAML 1.1.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = text.split(':');
    let digits = |part: &str| part.chars().all(|it| it.is_ascii_digit() || it == '_');
    let first =
        parts.next().is_some_and(|part| part.starts_with(|it: char| it.is_ascii_digit()) && digits(part));
    let rest: Vec<&str> = parts.collect();
    let Some((last, middle)) = rest.split_last() else { return false };
    let sixtieth = |part: &str| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    first && middle.iter().all(|part| sixtieth(part)) && sixtieth(last) && digits(fraction)
}

/// What a text rules out (`yaml_emitter_analyze_scalar`).
#[derive(Default)]
struct Found {
    no_plain: bool,
    no_single: bool,
    no_block: bool,
}

impl Found {
    fn in_text(text: &str) -> Self {
        let mut found =
            Self { no_plain: text.starts_with("---") || text.starts_with("..."), ..Self::default() };
        let blank = |it: char| matches!(it, ' ' | '\t' | '\n' | '\r');
        let chars: Vec<char> = text.chars().collect();
        let mut before = None;
        for (at, it) in chars.iter().copied().enumerate() {
            let next = chars.get(at + 1).copied();
            let ends = next.is_none_or(blank);
            found.no_plain |= match (it, before) {
                (
                    '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                    | '`',
                    None,
                ) => true,
                ('?' | '-', None) => ends,
                (':', _) => ends,
                ('#', Some(before)) => blank(before),
                _ => false,
            };
            match it {
                ' ' => {
                    found.no_plain |= at == 0 || next.is_none();
                    found.no_block |= next.is_none();
                    if before == Some('\n') {
                        (found.no_plain, found.no_single) = (true, true);
                    }
                }
                '\n' => {
                    found.no_plain = true;
                    if before == Some(' ') {
                        (found.no_single, found.no_block) = (true, true);
                    }
                }
                '\t' => (found.no_plain, found.no_single) = (true, true),
                _ if !is_printable(it) => found = Self { no_plain: true, no_single: true, no_block: true },
                _ => {}
            }
            before = Some(it);
        }
        found
    }
}

/// Whether go-yaml writes a character as it is. Of line breaks only `\n` is one to it here.
fn is_printable(it: char) -> bool {
    matches!(it, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// A character between double quotes.
pub fn escaped(it: char) -> String {
    let short = match it {
        '"' | '\\' => it,
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ if is_printable(it) => return it.to_string(),
        _ => {
            let code = u32::from(it);
            return match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the real one writes of each text.
    #[test]
    fn styles_are_those_of_compose() {
        let style = |style: Style, texts: &[&str]| {
            for text in texts {
                assert_eq!(Style::of(text), style, "{text:?}");
            }
        };
        style(
            Style::Plain,
            &[
                "-a", "--", "a:b", ":a", "a#b", "it's", "?a", "=", "<a", "nULL", "60:60", "0o8", "~a", "\\",
                "1e",
            ],
        );
        style(
            Style::Single,
            &[
                "n", "Off", "22:22", "<<", "- a", "-", "a: b", "a:", "a # b", " a", "a ", "---x", "*a", "'",
                "! ",
            ],
        );
        style(
            Style::Double,
            &[
                "",
                "true",
                "~",
                "017",
                "1_000",
                "2001-01-01",
                ".inf",
                "a\tb",
                "\n",
                "a \nb",
                "a\nb ",
                "a\rb",
                "😀",
            ],
        );
        style(Style::Literal, &["a\nb", "a\n", "a\n\n", "\n a", " a\nb", "#a\nb", "x\ta\nb"]);
    }
}
