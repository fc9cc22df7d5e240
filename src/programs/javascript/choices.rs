//! Expressions that decide which part of them is run: `a ? b : c`, `a && b`, `a || b` and `a ?? b`.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::{Condition, Expr};

impl<'t> Reader<'t> {
    /// Whether the expression decides which part of it is run.
    pub fn chooses(&self, node: Node<'t>) -> bool {
        match operator(node) {
            Some("||" | "??") => !is_question(node),
            operator => node.kind() == "ternary_expression" || operator == Some("&&"),
        }
    }

    /// Notes the reads and sinks of such an expression, each part under the condition that it is run.
    pub fn choice(&mut self, node: Node<'t>) {
        let part = |name: &str| node.child_by_field_name(name);
        let Some(question) = part("condition").or_else(|| part("left")) else { return };
        self.around.push(node);
        self.scan_within(question);
        let condition = match operator(node) {
            // What takes the place of something is run where that is not there.
            Some("||") => negated(self.condition(question)),
            Some("??") => match self.expr(question) {
                Expr::Opaque(_) | Expr::Library(_) => Condition::Opaque,
                value => Condition::Not(Box::new(Condition::IsSet(value))),
            },
            _ => self.condition(question),
        };
        let otherwise = negated(condition.clone());
        let then = self.branch(Some(condition.clone()), |reader| {
            part("consequence")
                .or_else(|| part("right"))
                .into_iter()
                .for_each(|then| reader.scan_within(then));
            false
        });
        let otherwise = self.branch(Some(otherwise), |reader| {
            part("alternative").into_iter().for_each(|otherwise| reader.scan_within(otherwise));
            false
        });
        self.names.merge_if(&condition, then, otherwise, self.span(question));
        self.around.pop();
    }
}

/// Whether the expression is only asked for being true: `if (!a || !b) …` looks at both.
fn is_question(node: Node<'_>) -> bool {
    let mut at = node;
    for _ in 0..8 {
        let Some(parent) = at.parent() else { return false };
        match parent.kind() {
            "parenthesized_expression" | "binary_expression" | "unary_expression" => at = parent,
            "if_statement" | "while_statement" | "do_statement" => return true,
            "ternary_expression" => {
                let asked = parent.child_by_field_name("condition");
                return asked.is_some_and(|asked| asked.id() == at.id());
            }
            _ => return false,
        }
    }
    false
}

fn operator(node: Node<'_>) -> Option<&'static str> {
    node.child_by_field_name("operator").map(|operator| operator.kind())
}

fn negated(condition: Condition) -> Condition {
    match condition {
        Condition::Opaque => Condition::Opaque,
        Condition::Not(inner) => *inner,
        condition => Condition::Not(Box::new(condition)),
    }
}
