//! Requests of a client that a struct keeps: `self.http.get(format!("{}/users", self.base)).send()`.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::{Sink, SinkKind};

/// The methods that begin a request, with which argument its address is.
const METHODS: [(&str, usize); 7] =
    [("get", 0), ("post", 0), ("put", 0), ("patch", 0), ("delete", 0), ("head", 0), ("request", 1)];
/// Calls between a request and its sending.
const MAX_CHAIN: usize = 40;

impl<'t> Reader<'t> {
    /// Notes a request, where its client is not seen to be made: it is one that is sent in the same chain of calls.
    pub fn request_of_field(&mut self, node: Node<'t>, callee: Node<'t>, arguments: &[Node<'t>]) {
        let Some(field) = callee.child_by_field_name("field").filter(|_| self.notes.recording) else {
            return;
        };
        let name = self.text(field);
        let Some((_, at)) = METHODS.iter().find(|(method, _)| *method == name) else { return };
        let Some(address) = arguments.get(*at).filter(|_| arguments.len() == at + 1) else { return };
        if !self.file.text.contains("reqwest") || !self.is_sent(node) {
            return;
        }
        let (target, callee, span) = (self.expr(*address), self.spanned(field), self.span(node));
        let sink = Sink { kind: SinkKind::Http, target, arguments: Vec::new(), callee, span };
        self.notes.sink(sink, self.names.path());
    }

    fn is_sent(&self, node: Node<'t>) -> bool {
        let mut at = node;
        for _ in 0..MAX_CHAIN {
            let Some(above) = at.parent() else { return false };
            match above.kind() {
                "field_expression" if self.child(above, "field") == "send" => return true,
                "field_expression" | "call_expression" | "try_expression" | "await_expression" => at = above,
                _ => return false,
            }
        }
        false
    }
}
