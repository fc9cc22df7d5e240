//! Conditions.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::made::{not, truth};
use crate::programs::reading::{operands, parts};
use crate::programs::{Condition, Expr};

impl<'t> Reader<'t> {
    /// What a node asks when it stands where a condition does.
    pub fn condition(&mut self, node: Node<'t>) -> Condition {
        self.deeper(|reader| reader.question(node)).unwrap_or(Condition::Opaque)
    }

    fn question(&mut self, node: Node<'t>) -> Condition {
        match node.kind() {
            "parenthesized_expression" => match parts(node).first() {
                Some(inner) => self.condition(*inner),
                None => Condition::Opaque,
            },
            "unary_op_expression" if self.text(node).starts_with('!') => {
                match node.child_by_field_name("argument") {
                    Some(inner) => not(self.condition(inner)),
                    None => Condition::Opaque,
                }
            }
            "binary_expression" => self.binary_question(node),
            "function_call_expression" => self.asking_call(node),
            _ => truth(self.expr(node)),
        }
    }

    fn binary_question(&mut self, node: Node<'t>) -> Condition {
        let Some((left, operator, right)) = operands(node) else { return Condition::Opaque };
        match self.text(operator).to_ascii_lowercase().as_str() {
            "&&" | "and" => Condition::All(vec![self.condition(left), self.condition(right)]),
            "||" | "or" => Condition::Any(vec![self.condition(left), self.condition(right)]),
            operator @ ("===" | "==") => self.equality(left, right, operator.len() == 2),
            "!==" => not(self.equality(left, right, false)),
            "!=" | "<>" => not(self.equality(left, right, true)),
            _ => truth(self.expr(node)),
        }
    }

    fn equality(&mut self, left: Node<'t>, right: Node<'t>, loose: bool) -> Condition {
        let (left, right) = (self.expr(left), self.expr(right));
        equal(left, right, loose)
    }

    fn asking_call(&mut self, node: Node<'t>) -> Condition {
        let Some(callee) = node.child_by_field_name("function") else { return Condition::Opaque };
        let name = self.text(callee).trim_start_matches('\\').to_ascii_lowercase();
        let list = node.child_by_field_name("arguments").map(parts).unwrap_or_default();
        let nodes: Vec<Node<'t>> =
            list.iter().map(|argument| parts(*argument).into_iter().last().unwrap_or(*argument)).collect();
        match (name.as_str(), nodes.as_slice()) {
            ("isset", all) => Condition::All(all.iter().map(|one| is_set(self.expr(*one))).collect()),
            ("empty", [one]) => not(truth(self.expr(*one))),
            ("is_null", [one]) => not(is_set(self.expr(*one))),
            ("is_string" | "boolval", [one]) => truth(self.expr(*one)),
            ("defined", [one]) => match self.literal(*one) {
                Some(constant) if self.names.bound(&constant.value).is_some() => Condition::All(Vec::new()),
                _ => Condition::Any(Vec::new()),
            },
            ("function_exists", [one]) => match self.literal(*one) {
                // What is asked for right before it is defined is not there yet.
                Some(_) => Condition::Any(Vec::new()),
                None => Condition::Opaque,
            },
            ("array_key_exists", [key, record]) if matches!(self.text(*record), "$_ENV" | "$_SERVER") => {
                Condition::InEnvironment(self.expr(*key))
            }
            ("str_starts_with", [whole, part]) => Condition::StartsWith(self.expr(*whole), self.expr(*part)),
            ("str_ends_with", [whole, part]) => Condition::EndsWith(self.expr(*whole), self.expr(*part)),
            ("str_contains", [whole, part]) => Condition::Contains(self.expr(*whole), self.expr(*part)),
            ("in_array", [value, list, ..]) => {
                let value = self.expr(*value);
                match self.expr(*list).peel() {
                    Expr::List(items) => Condition::OneOf(value, items.clone()),
                    _ => Condition::Opaque,
                }
            }
            ("file_exists", [path]) if self.text(*path).contains("/.dockerenv") => Condition::All(Vec::new()),
            (name, _) if super::calls::ASKING.contains(&name) => Condition::Opaque,
            _ => truth(self.expr(node)),
        }
    }
}

/// Whether two values are the same; `false` is what a read gives that found nothing.
pub(super) fn equal(left: Expr, right: Expr, loose: bool) -> Condition {
    let blank = |value: &Expr| matches!(value.peel(), Expr::Text(text) if text.value.is_empty());
    let nothing = |value: &Expr| matches!(value.peel(), Expr::Null(_) | Expr::Bool(false, _));
    match (left, right) {
        (Expr::Opaque(_), _) | (_, Expr::Opaque(_)) => Condition::Opaque,
        (left, right) if nothing(&right) && !loose => not(is_set(left)),
        (left, right) if nothing(&left) && !loose => not(is_set(right)),
        (left, right) if loose && (nothing(&right) || blank(&right)) => not(truth(left)),
        (left, right) if loose && (nothing(&left) || blank(&left)) => not(truth(right)),
        (left, right) => Condition::Equals(left, right),
    }
}

fn is_set(value: Expr) -> Condition {
    match value {
        Expr::Opaque(_) => Condition::Opaque,
        value => Condition::IsSet(value),
    }
}
