//! Colours for a terminal, and characters that it has.

use std::io::{self, Write};

use super::{Screen, ascii};

/// How a text stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    #[default]
    Plain,
    /// What a line is about.
    Strong,
    /// What is only looked at when it is looked for.
    Dim,
    /// What is wrong.
    Wrong,
}

impl Style {
    /// The text with the escapes of the style, where the screen takes colours.
    #[must_use]
    pub fn paint(self, text: &str, screen: &Screen) -> String {
        let code = match self {
            // No colour but red: it is the only one that can be read on every background.
            Self::Plain => return text.to_string(),
            Self::Strong => "1",
            Self::Dim => "2",
            Self::Wrong => "31",
        };
        match screen.color && !text.is_empty() {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_string(),
        }
    }
}

/// Writes text in the characters that the screen has.
///
/// # Errors
/// Those of `out`.
pub fn put(text: &str, screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let plain;
    let text = if screen.unicode {
        text
    } else {
        plain = text.split_inclusive('\n').fold(String::new(), |all, line| {
            let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
            // The escapes of colours and links are no text.
            let parts = line.split('\u{1b}').map(ascii).collect::<Vec<_>>();
            all + &parts.join("\u{1b}") + end
        });
        &plain
    };
    out.write_all(text.as_bytes())
}
