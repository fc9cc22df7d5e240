//! Configurations of one directive a line.

use super::Config;
use crate::source::Spanned;

/// The words of a line with their places; quotes are taken off, comments left out.
pub(super) fn words(config: &Config<'_>, start: usize, line: &str) -> Vec<Spanned<String>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if first == '#' {
            break;
        }
        if matches!(first, '"' | '`') {
            let inside = rest.get(1..).unwrap_or("");
            let end = inside.find(first).unwrap_or(inside.len());
            words.push(config.text(start + at + 1, start + at + 1 + end));
            at += (end + 2).min(rest.len());
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        words.push(config.text(start + at, start + at + end));
        at += end;
    }
    words
}

/// The lines of the file with the place where each starts.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}
