//! Conditions.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::made::there;
use crate::programs::reading::{operands, parts};
use crate::programs::{Condition, Expr};

impl<'t> Reader<'t> {
    /// What a condition asks.
    pub fn condition(&mut self, node: Node<'t>) -> Condition {
        self.deeper(|reader| reader.ask(node)).unwrap_or(Condition::Opaque)
    }

    fn ask(&mut self, node: Node<'t>) -> Condition {
        match node.kind() {
            "block" => parts(node).first().map_or(Condition::Opaque, |inner| self.condition(*inner)),
            "unary_operator" => {
                let operator =
                    node.child_by_field_name("operator").map_or("", |operator| self.text(operator));
                match node.child_by_field_name("operand") {
                    Some(operand) if matches!(operator, "!" | "not") => self.condition(operand).negated(),
                    _ => there(self.expr(node)),
                }
            }
            "binary_operator" => self.compared(node),
            _ => there(self.expr(node)),
        }
    }

    fn compared(&mut self, node: Node<'t>) -> Condition {
        let Some((left, operator, right)) = operands(node) else { return Condition::Opaque };
        match self.text(operator) {
            "&&" | "and" => Condition::All(vec![self.condition(left), self.condition(right)]),
            "||" | "or" => Condition::Any(vec![self.condition(left), self.condition(right)]),
            "==" | "===" => self.equal(left, right),
            "!=" | "!==" => self.equal(left, right).negated(),
            "in" => {
                let value = self.expr(left);
                match self.expr(right).peel() {
                    Expr::List(items) if !matches!(value, Expr::Opaque(_)) => {
                        Condition::OneOf(value, items.clone())
                    }
                    _ => Condition::Opaque,
                }
            }
            "|>" => there(self.expr(node)),
            _ => {
                self.expr(left);
                self.expr(right);
                Condition::Opaque
            }
        }
    }

    fn equal(&mut self, left: Node<'t>, right: Node<'t>) -> Condition {
        for (nil, value) in [(left, right), (right, left)] {
            if nil.kind() == "nil" {
                return match self.expr(value) {
                    Expr::Opaque(_) => Condition::Opaque,
                    value => Condition::IsSet(value).negated(),
                };
            }
            if nil.kind() == "boolean" {
                let inner = self.condition(value);
                return if self.text(nil) == "true" { inner } else { inner.negated() };
            }
        }
        match (self.expr(left), self.expr(right)) {
            (Expr::Opaque(_), _) | (_, Expr::Opaque(_)) => Condition::Opaque,
            (left, right) => Condition::Equals(left, right),
        }
    }

    /// Whether a value matches the pattern of a clause; its names are bound.
    pub fn pattern(&mut self, value: &Expr, pattern: Node<'t>) -> Condition {
        let known = !matches!(value.peel(), Expr::Opaque(_));
        match pattern.kind() {
            "nil" if known => Condition::IsSet(value.clone()).negated(),
            "string" | "integer" | "atom" | "charlist" if known => {
                // What `System.fetch_env` and `Application.fetch_env` give when there is nothing.
                if self.text(pattern) == ":error" {
                    return Condition::IsSet(value.clone()).negated();
                }
                match self.expr(pattern) {
                    Expr::Opaque(_) => Condition::Opaque,
                    constant => Condition::Equals(value.clone(), constant),
                }
            }
            "boolean" if known => match self.text(pattern) {
                "true" => there(value.clone()),
                _ => there(value.clone()).negated(),
            },
            "identifier" => {
                let name = self.text(pattern);
                self.names.bind(name, value.clone());
                Condition::All(Vec::new())
            }
            // `{:ok, value}`
            "tuple" => match parts(pattern).as_slice() {
                [ok, inner] if self.text(*ok) == ":ok" && known => {
                    self.pattern(value, *inner);
                    Condition::IsSet(value.clone())
                }
                _ => Condition::Opaque,
            },
            // `value when guard`
            "binary_operator" => {
                let left = pattern.child_by_field_name("left");
                let inner = left.map(|left| {
                    if left.kind() == "arguments" { parts(left).first().copied() } else { Some(left) }
                });
                match inner.flatten() {
                    Some(inner) => {
                        self.pattern(value, inner);
                        Condition::IsSet(value.clone())
                    }
                    None => Condition::Opaque,
                }
            }
            "arguments" => match parts(pattern).first() {
                Some(inner) => self.pattern(value, *inner),
                None => Condition::Opaque,
            },
            _ => Condition::Opaque,
        }
    }
}
