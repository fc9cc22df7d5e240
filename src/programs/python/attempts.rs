//! What tries again when it fails: loops around `try` that sleep, and functions that a library calls again.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Attempts;
use crate::programs::reading::{descend, parts};

/// No more of the calls in one loop are kept.
const MAX_CALLS: usize = 40;

/// Decorators of tenacity, backoff, retrying and retry.
const AGAIN: [&str; 5] = ["retry", "on_exception", "retry_if_exception", "retry_with_backoff", "with_retry"];

impl<'t> Reader<'t> {
    /// Notes a loop that catches what fails, waits, and does it again.
    pub fn note_attempts_of_loop(&mut self, node: Node<'t>) {
        let text = self.text(node);
        if !self.notes.recording || !text.contains("sleep(") {
            return;
        }
        if ["try:", "except"].iter().all(|word| text.contains(word)) || self.calls_what_catches(node) {
            self.note_attempts(node);
        }
    }

    /// Whether the code calls a function of the file that catches all that fails in it, and goes on.
    fn calls_what_catches(&self, node: Node<'t>) -> bool {
        let Some(root) = self.root else { return false };
        let mut called: Vec<&str> = Vec::new();
        descend(node, |at, _| {
            let callee = at.child_by_field_name("function").filter(|_| at.kind() == "call");
            called.extend(callee.filter(|it| it.kind() == "identifier").map(|it| self.text(it)));
            called.len() < MAX_CALLS
        });
        let defined = |at: &Node<'t>| {
            let name = at.child_by_field_name("name").map_or("", |name| self.text(name));
            at.kind() == "function_definition" && called.contains(&name)
        };
        parts(root).into_iter().filter(defined).any(|function| {
            let body = function.child_by_field_name("body").map(parts).unwrap_or_default();
            let mut tries = body.into_iter().filter(|part| part.kind() == "try_statement");
            tries.any(|part| {
                let mut clauses = parts(part).into_iter().filter(|it| it.kind() == "except_clause");
                clauses.any(|clause| {
                    let text = self.text(clause);
                    let head = text.lines().next().unwrap_or("");
                    let all = head.contains("Exception") || head.split(':').next() == Some("except");
                    all && !["raise", "exit(", "quit("].iter().any(|word| text.contains(word))
                })
            })
        })
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
        let attempts = self.attempts_of(node);
        self.notes.module.attempts.push(attempts);
    }

    /// Notes the body of a `try` after whose failure the program goes on.
    pub fn note_caught(&mut self, body: Node<'t>) {
        if self.notes.recording {
            let caught = self.attempts_of(body);
            self.notes.module.caught.push(caught);
        }
    }

    fn attempts_of(&self, node: Node<'t>) -> Attempts {
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
        Attempts { span: self.span(node), calls }
    }
}
