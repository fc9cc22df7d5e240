//! Expressions that decide which part of them is run: `a ? b : c` and `a && b`.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Condition;

impl<'t> Reader<'t> {
    /// Whether the expression decides which part of it is run.
    pub fn chooses(&self, node: Node<'t>) -> bool {
        let operator = || node.child_by_field_name("operator").map(|operator| operator.kind());
        node.kind() == "ternary_expression" || operator() == Some("&&")
    }

    /// Notes the reads and sinks of such an expression, each part under the condition that it is run.
    pub fn choice(&mut self, node: Node<'t>) {
        let part = |name: &str| node.child_by_field_name(name);
        let Some(question) = part("condition").or_else(|| part("left")) else { return };
        self.around.push(node);
        self.scan_within(question);
        let condition = self.condition(question);
        let negated = match condition.clone() {
            Condition::Opaque => Condition::Opaque,
            Condition::Not(inner) => *inner,
            condition => Condition::Not(Box::new(condition)),
        };
        let then = self.branch(Some(condition.clone()), |reader| {
            part("consequence")
                .or_else(|| part("right"))
                .into_iter()
                .for_each(|then| reader.scan_within(then));
            false
        });
        let otherwise = self.branch(Some(negated), |reader| {
            part("alternative").into_iter().for_each(|otherwise| reader.scan_within(otherwise));
            false
        });
        self.names.merge_if(&condition, then, otherwise, self.span(question));
        self.around.pop();
    }
}
