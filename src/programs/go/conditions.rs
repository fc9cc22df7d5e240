//! Conditions.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::made::truth;
use crate::programs::reading::{not, parts, sides};
use crate::programs::{Condition, Expr};

impl<'t> Reader<'t> {
    /// What a node asks.
    pub fn condition(&mut self, node: Node<'t>) -> Condition {
        self.deeper(|reader| reader.question(node)).unwrap_or(Condition::Opaque)
    }

    fn question(&mut self, node: Node<'t>) -> Condition {
        match node.kind() {
            "parenthesized_expression" => match parts(node).first() {
                Some(inner) => self.condition(*inner),
                None => Condition::Opaque,
            },
            "unary_expression" if self.child(node, "operator") == "!" => node
                .child_by_field_name("operand")
                .map_or(Condition::Opaque, |inner| not(self.condition(inner))),
            "binary_expression" => self.comparison(node),
            _ => truth(self.expr(node)),
        }
    }

    fn comparison(&mut self, node: Node<'t>) -> Condition {
        let Some((left, right)) = sides(node) else { return Condition::Opaque };
        match self.child(node, "operator") {
            "&&" => Condition::All(vec![self.condition(left), self.condition(right)]),
            "||" => Condition::Any(vec![self.condition(left), self.condition(right)]),
            operator @ ("==" | "!=" | ">") => {
                if let Some(counted) = self.counted(left) {
                    return match (operator, self.text(right)) {
                        ("==", "0") => not(truth(counted)),
                        ("!=" | ">", "0") => truth(counted),
                        _ => Condition::Opaque,
                    };
                }
                let (left, right) = (self.expr(left), self.expr(right));
                match operator {
                    "==" => equality(left, right),
                    "!=" => not(equality(left, right)),
                    _ => Condition::Opaque,
                }
            }
            _ => Condition::Opaque,
        }
    }

    /// `x` of `len(x)`.
    fn counted(&mut self, node: Node<'t>) -> Option<Expr> {
        let called = node.kind() == "call_expression" && self.child(node, "function") == "len";
        let arguments = node.child_by_field_name("arguments").filter(|_| called)?;
        let only = parts(arguments).first().copied()?;
        Some(self.expr(only))
    }
}

/// `a == b`. A variable that is not set gives `""`, and so does one that is blank.
pub(super) fn equality(a: Expr, b: Expr) -> Condition {
    let blank = |value: &Expr| matches!(value.peel(), Expr::Text(text) if text.value.is_empty());
    match (a.peel(), b.peel()) {
        (Expr::Opaque(_) | Expr::Library(_), _) | (_, Expr::Opaque(_) | Expr::Library(_)) => {
            Condition::Opaque
        }
        (_, Expr::Null(_)) => not(Condition::IsSet(a)),
        (Expr::Null(_), _) => not(Condition::IsSet(b)),
        (_, Expr::Bool(true, _)) => truth(a),
        (_, Expr::Bool(false, _)) => not(truth(a)),
        _ if blank(&b) => not(truth(a)),
        _ if blank(&a) => not(truth(b)),
        _ => Condition::Equals(a, b),
    }
}
