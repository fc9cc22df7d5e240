//! Conditions, and the patterns that ask.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::made::truth;
use crate::programs::reading::{not, parts, sides};
use crate::programs::{Condition, Expr};

/// What a condition asks, and the names that it gives values to where it holds.
pub(super) type Asked = (Condition, Vec<(String, Expr)>);

impl<'t> Reader<'t> {
    /// What a pattern asks of a value, and what it binds.
    pub fn matched(&mut self, pattern: Node<'t>, value: &Expr) -> Asked {
        let always = || Condition::All(Vec::new());
        match pattern.kind() {
            "tuple_struct_pattern" => {
                let kind = self.child(pattern, "type").rsplit("::").next().unwrap_or("");
                let inner = parts(pattern).into_iter().nth(1);
                match kind {
                    "Ok" | "Some" => {
                        let set = set(value);
                        match inner {
                            Some(name) if name.kind() == "identifier" => {
                                (set, vec![(self.text(name).to_string(), value.clone())])
                            }
                            Some(inner)
                                if inner.kind().ends_with("literal") || inner.kind() == "or_pattern" =>
                            {
                                self.matched(inner, value)
                            }
                            _ => (set, Vec::new()),
                        }
                    }
                    "Err" => (not(set(value)), Vec::new()),
                    _ => (Condition::Opaque, Vec::new()),
                }
            }
            "identifier" if self.text(pattern) == "None" => (not(set(value)), Vec::new()),
            "identifier" => (always(), vec![(self.text(pattern).to_string(), value.clone())]),
            "_" => (always(), Vec::new()),
            "string_literal" | "integer_literal" | "boolean_literal" => {
                let literal = self.expr(pattern);
                (equality(value.clone(), literal), Vec::new())
            }
            "or_pattern" => {
                let all: Vec<Condition> =
                    parts(pattern).into_iter().map(|part| self.matched(part, value).0).collect();
                match all.contains(&Condition::Opaque) {
                    true => (Condition::Opaque, Vec::new()),
                    false => (Condition::Any(all), Vec::new()),
                }
            }
            _ if self.text(pattern) == "_" => (always(), Vec::new()),
            _ => (Condition::Opaque, Vec::new()),
        }
    }

    /// What a node asks.
    pub fn condition(&mut self, node: Node<'t>) -> Asked {
        let asking = std::mem::replace(&mut self.asking, true);
        let asked = self.asked(node);
        self.asking = asking;
        asked
    }

    fn asked(&mut self, node: Node<'t>) -> Asked {
        self.deeper(|reader| reader.question(node)).unwrap_or((Condition::Opaque, Vec::new()))
    }

    fn question(&mut self, node: Node<'t>) -> Asked {
        let plain = |condition| (condition, Vec::new());
        match node.kind() {
            "let_condition" => {
                let (Some(pattern), Some(value)) =
                    (node.child_by_field_name("pattern"), node.child_by_field_name("value"))
                else {
                    return plain(Condition::Opaque);
                };
                let value = self.expr(value).share();
                self.matched(pattern, &value)
            }
            "let_chain" => {
                let mut all = Vec::new();
                let mut bound = Vec::new();
                for part in parts(node) {
                    let (condition, names) = self.condition(part);
                    // Later parts see the names of the earlier.
                    for (name, value) in &names {
                        self.names.declare(name, value.clone());
                    }
                    all.push(condition);
                    bound.extend(names);
                }
                (Condition::All(all), bound)
            }
            "parenthesized_expression" => match parts(node).first() {
                Some(inner) => self.condition(*inner),
                None => plain(Condition::Opaque),
            },
            "unary_expression" if self.text(node).starts_with('!') => match parts(node).first() {
                Some(inner) => plain(not(self.condition(*inner).0)),
                None => plain(Condition::Opaque),
            },
            "binary_expression" => {
                let Some((left, right)) = sides(node) else { return plain(Condition::Opaque) };
                plain(match self.child(node, "operator") {
                    "&&" => Condition::All(vec![self.condition(left).0, self.condition(right).0]),
                    "||" => Condition::Any(vec![self.condition(left).0, self.condition(right).0]),
                    "==" => equality(self.expr(left), self.expr(right)),
                    "!=" => not(equality(self.expr(left), self.expr(right))),
                    _ => {
                        let _ = (self.expr(left), self.expr(right));
                        Condition::Opaque
                    }
                })
            }
            _ => plain(truth(self.expr(node))),
        }
    }
}

/// Whether there is a value.
pub(super) fn set(value: &Expr) -> Condition {
    match value.peel() {
        Expr::Opaque(_) | Expr::Library(_) => Condition::Opaque,
        _ => Condition::IsSet(value.clone()),
    }
}

fn equality(a: Expr, b: Expr) -> Condition {
    match (a.peel(), b.peel()) {
        (Expr::Opaque(_) | Expr::Library(_), _) | (_, Expr::Opaque(_) | Expr::Library(_)) => {
            Condition::Opaque
        }
        (_, Expr::Null(_)) => not(Condition::IsSet(a)),
        (_, Expr::Bool(true, _)) => truth(a),
        (_, Expr::Bool(false, _)) => not(truth(a)),
        _ => Condition::Equals(a, b),
    }
}
