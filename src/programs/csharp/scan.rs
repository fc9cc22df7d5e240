//! The names that a file mentions.

use std::collections::HashSet;

use indexmap::IndexSet;

use crate::programs::Mention;

/// Every word of the text outside comments, but for those that stand where something is declared.
pub(super) fn mentions(text: &str, declared: &HashSet<usize>) -> Vec<Mention> {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let mut found: IndexSet<String> = IndexSet::new();
    let mut quoted = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match byte {
            b'/' if !quoted && next == Some(b'/') => {
                at = text.get(at..).and_then(|rest| rest.find('\n')).map_or(bytes.len(), |end| at + end);
                continue;
            }
            b'/' if !quoted && next == Some(b'*') => {
                at = text.get(at..).and_then(|rest| rest.find("*/")).map_or(bytes.len(), |end| at + end + 2);
                continue;
            }
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'\n' => quoted = false,
            _ if is_part(byte) => {
                let end =
                    bytes.iter().skip(at).position(|byte| !is_part(*byte)).map_or(bytes.len(), |n| at + n);
                if !declared.contains(&at)
                    && let Some(word) = text.get(at..end).filter(|word| word.len() < 100)
                {
                    found.insert(super::mentioned(word.trim_start_matches('_')));
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found.into_iter().map(|name| Mention { name, within: None }).collect()
}
