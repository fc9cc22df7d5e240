//! JSON as people write it: HJSON and JSON5, with comments, and keys and texts without quotes.

use super::entries::Entry;
use crate::source::{SourceFile, Spanned};

/// Settings beyond this number are not read.
const MAX_ENTRIES: usize = 20_000;

/// The settings of a file, line by line, in order.
pub(super) fn entries(file: &SourceFile) -> Vec<Entry> {
    let mut found = Vec::new();
    // What is open: a section by its name, or a list or the whole without one.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let text = line.trim();
        if found.len() >= MAX_ENTRIES || open.len() > 64 {
            break;
        }
        if text.is_empty() || text.starts_with(['#', '/', '*']) {
            continue;
        }
        if text.starts_with(['}', ']']) {
            open.pop();
            continue;
        }
        if matches!(text, "{" | "[") {
            open.push(None);
            continue;
        }
        let Some((key, value)) = text.split_once(':') else { continue };
        let key = key.trim().trim_matches(['"', '\'']);
        let value = value.trim();
        if matches!(value, "{" | "[") {
            open.push(Some(key.to_string()));
            continue;
        }
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let inside = match quote {
            Some(quote) => value.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or(""),
            None => value.split([',', '#']).next().unwrap_or("").trim_end(),
        };
        let from = start + line.find(':').map_or(0, |colon| colon + 1);
        let skipped = file.text.get(from..).and_then(|rest| rest.find(inside)).unwrap_or(0);
        let place = file.slice(from + skipped, from + skipped + inside.len());
        let mut path: Vec<String> = open.iter().flatten().cloned().collect();
        path.push(key.to_string());
        let value = Spanned::new(inside.to_string(), place);
        found.push(Entry { path, value, items: Vec::new() });
    }
    found
}
