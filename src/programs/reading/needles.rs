//! Fixed texts of which a file must hold one to be parsed.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// A search for many fixed texts at once, made when it is first asked.
pub struct Needles(OnceLock<Option<AhoCorasick>>);

impl Needles {
    /// A search that has not been made yet; for a `static`.
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Whether the text holds one of `words`, which are taken at the first question and must be the same at each. A
    /// search that can't be made finds something everywhere: then too much is parsed, but nothing is missed.
    pub fn any_in<W: AsRef<[u8]>>(&self, words: impl IntoIterator<Item = W>, text: &str) -> bool {
        // The table of a DFA takes some megabytes for all languages together, and each byte of a tree goes through one.
        let made = || AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(words).ok();
        self.0.get_or_init(made).as_ref().is_none_or(|search| search.is_match(text))
    }
}
