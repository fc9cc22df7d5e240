//! What tries again when it fails: loops around `try` that sleep, and functions that a library calls again.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Attempts;
use crate::programs::reading::descend;

/// No more of the calls in one loop are kept.
const MAX_CALLS: usize = 40;

/// Decorators of tenacity, backoff, retrying and retry.
const AGAIN: [&str; 5] = ["retry", "on_exception", "retry_if_exception", "retry_with_backoff", "with_retry"];

impl<'t> Reader<'t> {
    /// Notes a loop that catches what fails, waits, and does it again.
    pub fn note_attempts_of_loop(&mut self, node: Node<'t>) {
        let text = self.text(node);
        if self.notes.recording && ["try:", "except", "sleep("].iter().all(|word| text.contains(word)) {
            self.note_attempts(node);
        }
    }

    /// Notes a function that is called again when it fails.
    pub fn note_attempts_of_decorators(&mut self, node: Node<'t>, decorators: &[Node<'t>]) {
        let again = decorators.iter().any(|decorator| {
            let text = self.text(*decorator).trim_start_matches('@').trim();
            let name = text.split('(').next().unwrap_or(text).rsplit('.').next().unwrap_or(text);
            AGAIN.contains(&name)
        });
        if again && self.notes.recording {
            self.note_attempts(node);
        }
    }

    fn note_attempts(&mut self, node: Node<'t>) {
        let mut calls: Vec<String> = Vec::new();
        descend(node, |at, _| {
            if at.kind() == "call"
                && let Some(callee) = at.child_by_field_name("function")
            {
                let name = self.text(callee).rsplit('.').next().unwrap_or_default();
                calls.push(name.to_string());
            }
            calls.len() < MAX_CALLS
        });
        self.notes.module.attempts.push(Attempts { span: self.span(node), calls });
    }
}
