//! HCL, as Vault, Consul and Nomad are told: blocks with labels (`listener "tcp" { … }`), and `key = value` in them.

use super::entries::Entry;
use crate::source::{SourceFile, Spanned};

/// Settings beyond this number are not read.
const MAX_ENTRIES: usize = 20_000;
/// Blocks nest this deep.
const MAX_DEPTH: usize = 64;

/// The settings of a file, line by line, in order; a block is a section of its name and its labels.
pub(super) fn entries(file: &SourceFile) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut open: Vec<Vec<String>> = Vec::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let mut from = at;
        at += line.len();
        if found.len() >= MAX_ENTRIES || open.len() > MAX_DEPTH {
            break;
        }
        if line.trim_start().starts_with(['#', '/', '*']) {
            continue;
        }
        // A block may stand in one line.
        for part in line.split_inclusive(['{', '}']) {
            let start = from;
            from += part.len();
            let body = part.trim_end_matches(['{', '}']);
            if part.ends_with('{') {
                let words = body.split_whitespace().map(|word| word.trim_matches('"').to_string());
                open.push(words.filter(|word| word != "=").collect());
                continue;
            }
            if let Some((key, value)) = body.split_once('=') {
                let path = open.iter().flatten().cloned().chain([key.trim().trim_matches('"').to_string()]);
                let bare = value.trim().trim_end_matches(',').trim_matches('"');
                let begin = body.len() - value.len() + value.find(bare).unwrap_or(0);
                let span = file.slice(start + begin, start + begin + bare.len());
                let value = Spanned::new(bare.to_string(), span);
                found.push(Entry { path: path.collect(), value, items: Vec::new() });
            }
            if part.ends_with('}') {
                open.pop();
            }
        }
    }
    found
}
