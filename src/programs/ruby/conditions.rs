//! Conditions. Only `nil` and `false` are false in Ruby: a blank text is true.

use tree_sitter::Node;

use super::environment::{self, rails_environment};
use super::reader::Reader;
use crate::programs::reading::made::{not, there};
use crate::programs::reading::{operands, parts};
use crate::programs::{Condition, Expr};
use crate::source::Spanned;

impl<'t> Reader<'t> {
    /// What a node asks when it stands where a condition does.
    pub fn condition(&mut self, node: Node<'t>) -> Condition {
        self.deeper(|reader| reader.question(node)).unwrap_or(Condition::Opaque)
    }

    fn question(&mut self, node: Node<'t>) -> Condition {
        match node.kind() {
            "parenthesized_statements" => match parts(node).as_slice() {
                [inner] => self.condition(*inner),
                _ => there(self.expr(node)),
            },
            "unary" if self.text(node).starts_with('!') || self.text(node).starts_with("not") => {
                match node.child_by_field_name("operand") {
                    Some(inner) => not(self.condition(inner)),
                    None => Condition::Opaque,
                }
            }
            "binary" => self.binary_question(node),
            "call" => match self.asking_call(node) {
                Some(condition) => condition,
                None => there(self.expr(node)),
            },
            _ => there(self.expr(node)),
        }
    }

    fn binary_question(&mut self, node: Node<'t>) -> Condition {
        let Some((left, operator, right)) = operands(node) else { return Condition::Opaque };
        match self.text(operator) {
            "&&" | "and" => Condition::All(vec![self.condition(left), self.condition(right)]),
            "||" | "or" => Condition::Any(vec![self.condition(left), self.condition(right)]),
            "==" => {
                let (left, right) = (self.expr(left), self.expr(right));
                equal(left, right)
            }
            "!=" => {
                let (left, right) = (self.expr(left), self.expr(right));
                not(equal(left, right))
            }
            _ => there(self.expr(node)),
        }
    }

    /// A call of a method that ends in a question mark; `None` when it is another.
    pub fn asking_call(&mut self, node: Node<'t>) -> Option<Condition> {
        let method = self.text(node.child_by_field_name("method")?);
        let name = method.strip_suffix('?')?;
        let receiver = node.child_by_field_name("receiver")?;
        let written = self.text(receiver);
        if matches!(written, "Rails.env" | "::Rails.env") {
            let span = self.span(node);
            let name = Expr::Text(Spanned::new(name.to_string(), span));
            return Some(Condition::Equals(rails_environment(span), name));
        }
        let value = self.expr(receiver);
        let arguments = self.arguments(node);
        let first = arguments.at(0).cloned();
        let unless_opaque = |condition: Condition, value: &Expr| match value {
            Expr::Opaque(_) => Condition::Opaque,
            _ => condition,
        };
        Some(match (name, first) {
            ("key" | "has_key" | "include" | "member", Some(key)) if environment::is_env(&value) => {
                Condition::InEnvironment(key)
            }
            ("nil", _) => unless_opaque(not(Condition::IsSet(value.clone())), &value),
            ("present", _) => unless_opaque(Condition::Truthy(value.clone()), &value),
            ("blank" | "empty", _) => unless_opaque(not(Condition::Truthy(value.clone())), &value),
            ("start_with", Some(part)) => Condition::StartsWith(value, part),
            ("end_with", Some(part)) => Condition::EndsWith(value, part),
            ("include" | "key" | "in", Some(part)) => match (value.peel(), part.peel(), name) {
                (_, Expr::List(items), "in") => Condition::OneOf(value.clone(), items.clone()),
                (Expr::List(items), _, _) => Condition::OneOf(part.clone(), items.clone()),
                (Expr::Opaque(_) | Expr::Library(_), ..) | (.., "in") => Condition::Opaque,
                _ => Condition::Contains(value.clone(), part.clone()),
            },
            ("eql" | "equal", Some(other)) => equal(value, other),
            ("exist" | "file", Some(path)) => match path.peel() {
                Expr::Text(path) if path.value == "/.dockerenv" => Condition::All(Vec::new()),
                _ => Condition::Opaque,
            },
            _ => Condition::Opaque,
        })
    }
}

/// Whether two values are the same.
fn equal(left: Expr, right: Expr) -> Condition {
    match (left, right) {
        (Expr::Opaque(_), _) | (_, Expr::Opaque(_)) => Condition::Opaque,
        (left, Expr::Null(_)) => Condition::Not(Box::new(Condition::IsSet(left))),
        (Expr::Null(_), right) => Condition::Not(Box::new(Condition::IsSet(right))),
        (left, right) => Condition::Equals(left, right),
    }
}
