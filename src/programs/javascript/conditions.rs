//! What is asked where a condition stands.

use tree_sitter::Node;

use super::expressions::unwrapped;
use super::reader::Reader;
use crate::programs::reading::made::truth;
use crate::programs::reading::operands;
use crate::programs::{Condition, Expr};

impl<'t> Reader<'t> {
    /// What a node asks when it stands where a condition does.
    pub fn condition(&mut self, node: Node<'t>) -> Condition {
        self.deeper(|reader| reader.question(node)).unwrap_or(Condition::Opaque)
    }

    fn question(&mut self, node: Node<'t>) -> Condition {
        let node = unwrapped(node);
        match node.kind() {
            "unary_expression" if self.text(node).starts_with('!') => {
                match node.child_by_field_name("argument").map(|inner| self.condition(inner)) {
                    None | Some(Condition::Opaque) => Condition::Opaque,
                    Some(Condition::Not(inner)) => *inner,
                    Some(inner) => Condition::Not(Box::new(inner)),
                }
            }
            "binary_expression" => self.comparison(node),
            "call_expression" => self.asking_call(node),
            _ => truth(self.expr(node)),
        }
    }

    fn comparison(&mut self, node: Node<'t>) -> Condition {
        let Some((left, operator, right)) = operands(node) else { return Condition::Opaque };
        let not = |condition| match condition {
            Condition::Opaque => Condition::Opaque,
            condition => Condition::Not(Box::new(condition)),
        };
        match operator.kind() {
            "||" => Condition::Any(vec![self.condition(left), self.condition(right)]),
            "&&" => Condition::All(vec![self.condition(left), self.condition(right)]),
            "===" | "==" => self.equality(left, right),
            "!==" | "!=" => not(self.equality(left, right)),
            "in" => {
                let (name, whole) = (self.expr(left), self.expr(right));
                match whole.peel() {
                    Expr::Library(library) if super::environment::is_environment(&library.value) => {
                        Condition::InEnvironment(name)
                    }
                    Expr::Opaque(_) | Expr::Library(_) => Condition::Opaque,
                    _ => Condition::Contains(whole, name),
                }
            }
            _ => Condition::Opaque,
        }
    }

    fn equality(&mut self, left: Node<'t>, right: Node<'t>) -> Condition {
        // `typeof x === "undefined"`
        if left.kind() == "unary_expression" && self.text(left).starts_with("typeof") {
            return match (left.child_by_field_name("argument"), self.text(right).trim_matches(['"', '\''])) {
                (Some(argument), "undefined") if self.text(argument) == "window" => {
                    Condition::All(Vec::new())
                }
                (Some(argument), "undefined") => not_set(self.expr(argument)),
                _ => Condition::Opaque,
            };
        }
        let (left, right) = (self.expr(left), self.expr(right));
        match (left.peel(), right.peel()) {
            (Expr::Opaque(_), _) | (_, Expr::Opaque(_)) => Condition::Opaque,
            (_, Expr::Null(_)) => not_set(left),
            (Expr::Null(_), _) => not_set(right),
            _ => Condition::Equals(left, right),
        }
    }

    fn asking_call(&mut self, node: Node<'t>) -> Condition {
        let callee = node.child_by_field_name("function");
        let member = callee.filter(|callee| callee.kind() == "member_expression");
        let arguments = self.arguments(node);
        if let (Some(object), Some(name), Some(first)) = (
            member.and_then(|member| member.child_by_field_name("object")),
            member.and_then(|member| member.child_by_field_name("property")),
            arguments.at(0),
        ) {
            let name = self.text(name);
            if matches!(name, "startsWith" | "endsWith" | "includes") {
                let (value, part) = (self.expr(object), self.expr(first));
                return match (name, value.peel()) {
                    (_, Expr::Opaque(_) | Expr::Library(_)) => Condition::Opaque,
                    ("startsWith", _) => Condition::StartsWith(value, part),
                    ("endsWith", _) => Condition::EndsWith(value, part),
                    (_, Expr::List(items)) => Condition::OneOf(part, items.clone()),
                    _ => Condition::Contains(value, part),
                };
            }
        }
        match (callee.map(|callee| self.text(callee)), arguments.at(0)) {
            (Some("Boolean"), Some(value)) if self.builtin("Boolean") => self.condition(value),
            // Programs ask so whether they run in a container, and here they do.
            (Some(name), Some(path))
                if name.ends_with("existsSync") && self.text(path).contains("/.dockerenv") =>
            {
                Condition::All(Vec::new())
            }
            _ => truth(self.expr(node)),
        }
    }
}

fn not_set(value: Expr) -> Condition {
    match value.peel() {
        Expr::Opaque(_) | Expr::Library(_) => Condition::Opaque,
        _ => Condition::Not(Box::new(Condition::IsSet(value))),
    }
}
