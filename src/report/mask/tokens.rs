//! Tokens that are known by their looks, whatever they are called.

use std::ops::Range;

/// How tokens of well-known issuers start, and how many characters follow at least.
const PREFIXES: [(&str, usize); 30] = [
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxa-", 16),
    ("xapp-", 16),
    ("sk-", 20),
    ("sk_live_", 12),
    ("sk_test_", 12),
    ("rk_live_", 12),
    ("rk_test_", 12),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("npm_", 30),
    ("pypi-", 20),
    ("dop_v1_", 20),
    ("hf_", 20),
    ("SG.", 20),
    ("whsec_", 16),
    ("shpat_", 16),
    ("ya29.", 16),
    ("dckr_pat_", 16),
    ("AGE-SECRET-KEY-", 20),
    ("hvs.", 16),
];

/// Base64 of at least this many characters is taken for a key.
const LONG: usize = 40;

/// Adds the ranges of tokens in `text`.
pub fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        let start = from + (line.len() - line.trim_start().len());
        if body.len() >= LONG && body.bytes().all(is_base64) && is_mixed(body) {
            found.push(start..start + body.len());
        }
        from += line.len();
    }
    let mut at = 0;
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+'))) {
        if is_token(word.trim_end_matches('.')) {
            found.push(at..at + word.trim_end_matches('.').len());
        }
        // What splits may be longer than one byte.
        let end = at + word.len();
        at = end + text.get(end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
}

fn is_token(word: &str) -> bool {
    let known = PREFIXES.iter().any(|(prefix, least)| {
        word.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= *least && (rest.bytes().any(|b| b.is_ascii_digit()) || *least >= 30)
        })
    });
    let jwt = word.starts_with("eyJ") && word.len() >= 20 && word.bytes().filter(|b| *b == b'.').count() >= 2;
    let key = word.len() >= LONG && word.bytes().all(is_base64) && is_mixed(word);
    known || jwt || key
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Digits and letters of both cases: a key rather than a word, a path or a digest.
fn is_mixed(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
    has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase)
}
