//! Clients that are made again after a while when it did not work.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::Round;

/// What waits between two tries.
const WAITS: &[&str] = &["time.Sleep(", "time.After(", ".NextBackOff(", "time.NewTimer("];
/// Functions of libraries that call what they are given until it works, whatever that is.
const RETRY: &[&str] =
    &["backoff.Retry", "backoff.RetryNotify", "retry.Do", "retry.DoWithData", "retry.Retry"];

impl<'t> Reader<'t> {
    /// Notes a loop that waits between its turns.
    pub fn round(&mut self, node: Node<'t>) {
        let text = self.text(node);
        if self.notes.recording && WAITS.iter().any(|wait| text.contains(wait)) && self.rounds.len() < 100 {
            self.rounds.push(Round::of(self.span(node), text));
        }
    }

    /// Notes a call of a library that tries until it works.
    pub fn retry_call(&mut self, node: Node<'t>) {
        let callee = self.child(node, "function");
        let text = || self.text(node);
        // Or any that is called so and is given a function.
        let called = ["retry", "backoff"].iter().any(|word| callee.to_ascii_lowercase().contains(word));
        let tries = RETRY.contains(&callee) || called && text().contains("func(");
        if self.notes.recording && tries && self.rounds.len() < 100 {
            self.rounds.push(Round::of(self.span(node), text()));
        }
    }
}
