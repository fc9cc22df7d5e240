//! A second opinion: what the libyaml grammar, which Compose's YAML library follows, refuses although
//! YAML 1.2 allows it.

use serde::Deserialize as _;
use serde::de::IgnoredAny;

use super::refused::character;
use crate::finding::{Problem, ProblemKind};
use crate::source::SourceFile;

/// libyaml's work grows with the square of the flow collections that are open at once.
const MOST_OPENING_BRACKETS: usize = 4096;

/// Why the libyaml grammar refuses the text, if it does, and Compose's library with it.
///
/// The caller has bounded the nesting.
pub(super) fn refusal(file: &SourceFile) -> Option<Problem> {
    let error = error(file)?;
    let said = error.to_string();
    // Compose's library knows the anchors of earlier documents and takes more characters in names than
    // this one; the tree's builder has judged aliases.
    if said.starts_with("unknown anchor") || said.contains("while scanning an a") {
        return None;
    }
    let at = error.location().map_or(0, |location| offset(&file.text, location.index()));
    let message = format!("Compose's YAML does not allow this: {}", without_places(&said));
    Some(Problem::refusal(ProblemKind::InvalidYaml, character(file, at), message))
}

/// Whether the libyaml grammar takes a text that the other parser did not.
pub(super) fn accepts(file: &SourceFile) -> bool {
    let brackets = file.text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    brackets <= MOST_OPENING_BRACKETS && error(file).is_none()
}

/// Documents are read as events and not made into values, so aliases are not expanded, and neither
/// duplicate keys nor types matter.
fn error(file: &SourceFile) -> Option<serde_yaml::Error> {
    // This one gives the mark a column, in which the first key would then stand alone.
    let text = file.text.strip_prefix('\u{FEFF}').unwrap_or(&file.text);
    serde_yaml::Deserializer::from_str(text).map(IgnoredAny::deserialize).find_map(Result::err)
}

/// Byte offset of a place that libyaml counts in characters, a byte order mark left out.
fn offset(text: &str, index: usize) -> usize {
    let mark = text.starts_with('\u{FEFF}');
    text.char_indices().nth(index + usize::from(mark)).map_or(text.len(), |(at, _)| at)
}

/// The message without its ` at line 2 column 1`: the problem carries its place.
fn without_places(message: &str) -> String {
    let mut parts = message.split(" at line ");
    let mut text = parts.next().unwrap_or("").to_string();
    for part in parts {
        let after = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let after = after.strip_prefix(" column ").unwrap_or(after);
        text.push_str(after.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    text
}
