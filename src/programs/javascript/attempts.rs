//! Code that tries again when what it does fails: loops around a `try`, and functions that libraries call again.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Attempts;
use crate::programs::reading::parts;

/// Libraries' functions that call what they are given until it works.
const RETRIERS: [&str; 8] = [
    "retry",
    "asyncRetry",
    "promiseRetry",
    "pRetry",
    "backOff",
    "retryAsync",
    "withRetry",
    "connectWithRetry",
];
/// Nodes of a loop that are looked at.
const MAX_NODES: usize = 3_000;
/// Calls that are kept of one.
const MAX_CALLS: usize = 60;

impl<'t> Reader<'t> {
    /// `while (retries > 0) { try { await connect() } catch { await sleep(5000) } }`
    pub fn note_attempts_of_loop(&mut self, node: Node<'t>) {
        let body = node.child_by_field_name("body");
        let tries =
            |part: &Node<'t>| part.kind() == "try_statement" && part.child_by_field_name("handler").is_some();
        let waits =
            ["setTimeout", "sleep(", "delay(", "wait("].iter().any(|word| self.text(node).contains(word));
        let found = waits && body.is_some_and(|body| parts(body).iter().any(tries));
        if found {
            self.note_attempts(node);
        }
    }

    /// `retry(() => connect(), { retries: 5 })`
    pub fn note_attempts_of_call(&mut self, node: Node<'t>, callee: Node<'t>) {
        let name = self.text(callee).rsplit('.').next().unwrap_or("");
        // node-redis connects again without end once somebody listens to its errors.
        let listens =
            || ['"', '\''].iter().any(|quote| self.file.text.contains(&format!(".on({quote}error{quote}")));
        if RETRIERS.contains(&name) || name == "createClient" && self.file.text.contains("redis") && listens()
        {
            self.note_attempts(node);
        }
    }

    /// A function that calls itself again after a while: `const connect = () => dial().catch(() => setTimeout(connect, 5000))`.
    pub fn note_attempts_of_function(&mut self, name: &str, node: Node<'t>) {
        let text = self.text(node);
        let mut later = text.match_indices("setTimeout(");
        let again = later.any(|(at, word)| {
            let rest = text.get(at + word.len()..).unwrap_or("");
            let first = rest.split([',', ';', '\n']).next().unwrap_or("");
            first.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
        });
        if again {
            self.note_attempts(node);
        }
    }

    fn note_attempts(&mut self, node: Node<'t>) {
        if !self.notes.recording {
            return;
        }
        let (mut queue, mut calls) = (vec![node], Vec::new());
        for _ in 0..MAX_NODES {
            let Some(at) = queue.pop() else { break };
            if matches!(at.kind(), "call_expression" | "new_expression") && calls.len() < MAX_CALLS {
                let callee =
                    at.child_by_field_name("function").or_else(|| at.child_by_field_name("constructor"));
                let name = callee.map_or("", |callee| self.text(callee).rsplit('.').next().unwrap_or(""));
                calls.push(name.to_string());
            }
            queue.extend(parts(at));
        }
        let span = self.span(node);
        self.notes.module.attempts.push(Attempts { span, calls });
    }
}
