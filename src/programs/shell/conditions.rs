//! `[ … ]`, `[[ … ]]`, `test …`, and what else a branch may hang on.

use std::rc::Rc;

use tree_sitter::Node;

use super::reader::{Reader, Unit};
use super::words::Word;
use crate::programs::reading::{parts, sides};
use crate::programs::{Condition, Expr};
use crate::source::Spanned;

impl Reader<'_> {
    /// What a command that decides a branch asks; reads it, too.
    pub(super) fn condition(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Condition {
        if !self.bounds.down() {
            return Condition::Opaque;
        }
        let condition = self.condition_of(unit, node);
        self.bounds.up();
        condition
    }

    fn condition_of(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Condition {
        match node.kind() {
            "test_command" => match parts(node).first() {
                Some(inner) => self.tested(unit, *inner),
                None => Condition::Opaque,
            },
            "negated_command" => match parts(node).first() {
                Some(inner) => {
                    let waiting = std::mem::replace(&mut self.waiting, false);
                    self.waiting = waiting || self.waits_while_not;
                    let inner = self.condition(unit, *inner);
                    self.waiting = waiting;
                    negated(inner)
                }
                None => Condition::Opaque,
            },
            "list" => {
                let children = parts(node);
                let (Some(left), Some(right)) = (children.first(), children.last()) else {
                    return Condition::Opaque;
                };
                let both = vec![self.condition(unit, *left), self.condition(unit, *right)];
                match operator_of(unit, node) {
                    "&&" => Condition::All(both),
                    "||" => Condition::Any(both),
                    _ => Condition::Opaque,
                }
            }
            "command" => {
                let words = self.words(unit, node);
                let [name, inside @ ..] = words.as_slice() else { return Condition::Opaque };
                match name.str() {
                    "test" => of_words(inside),
                    "[" => of_words(unbracketed(inside)),
                    "true" | ":" => Condition::All(Vec::new()),
                    "false" => Condition::Any(Vec::new()),
                    _ => {
                        self.run(unit, node, &words);
                        Condition::Opaque
                    }
                }
            }
            "redirected_statement" | "compound_statement" | "subshell" if parts(node).len() == 1 => {
                parts(node).first().map_or(Condition::Opaque, |inner| self.condition(unit, *inner))
            }
            _ => {
                self.statement(unit, node);
                Condition::Opaque
            }
        }
    }

    /// What stands between the brackets.
    fn tested(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Condition {
        if !self.bounds.down() {
            return Condition::Opaque;
        }
        let condition = self.tested_of(unit, node);
        self.bounds.up();
        condition
    }

    fn tested_of(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Condition {
        match node.kind() {
            "unary_expression" => {
                let operator = node.child_by_field_name("operator").map_or("", |node| unit.str(node));
                let inner = parts(node).into_iter().rfind(|part| part.kind() != "test_operator");
                let Some(inner) = inner else { return Condition::Opaque };
                if operator == "!" {
                    return negated(self.tested(unit, inner));
                }
                let word = self.word(unit, inner);
                unary(operator, &word)
            }
            "binary_expression" => {
                let operator = node.child_by_field_name("operator").map_or("", |node| unit.str(node));
                let Some((left, right)) = sides(node) else { return Condition::Opaque };
                if matches!(operator, "&&" | "||" | "-a" | "-o") {
                    let both = vec![self.tested(unit, left), self.tested(unit, right)];
                    return match operator {
                        "&&" | "-a" => Condition::All(both),
                        _ => Condition::Any(both),
                    };
                }
                let (left, right) = (self.word(unit, left), self.word(unit, right));
                binary(&left, operator, &right)
            }
            "parenthesized_expression" => {
                parts(node).first().map_or(Condition::Opaque, |inner| self.tested(unit, *inner))
            }
            "word" | "string" | "raw_string" | "simple_expansion" | "expansion" | "concatenation" => {
                Condition::Truthy(self.value(unit, node))
            }
            _ => {
                for part in parts(node) {
                    self.value(unit, part);
                }
                Condition::Opaque
            }
        }
    }
}

/// The words before the closing bracket.
fn unbracketed(words: &[Word]) -> &[Word] {
    match words.split_last() {
        Some((last, before)) if last.str() == "]" => before,
        _ => words,
    }
}

/// Which operator stands between the two parts of a list.
pub(super) fn operator_of<'u>(unit: &'u Unit, node: Node<'_>) -> &'u str {
    let mut cursor = node.walk();
    let operator = node.children(&mut cursor).find(|child| !child.is_named());
    operator.and_then(|operator| unit.body.as_str().get(operator.byte_range())).unwrap_or("")
}

pub(super) fn negated(condition: Condition) -> Condition {
    match condition {
        Condition::Opaque => Condition::Opaque,
        Condition::Not(inner) => *inner,
        condition => Condition::Not(Box::new(condition)),
    }
}

fn of_words(words: &[Word]) -> Condition {
    match words {
        [not, rest @ ..] if not.str() == "!" => negated(of_words(rest)),
        [word] => Condition::Truthy(word.value.clone()),
        [operator, word] => unary(operator.str(), word),
        [left, operator, right] => binary(left, operator.str(), right),
        _ => Condition::Opaque,
    }
}

fn unary(operator: &str, word: &Word) -> Condition {
    match operator {
        "-n" => Condition::Truthy(word.value.clone()),
        "-z" => negated(Condition::Truthy(word.value.clone())),
        "-v" => match &word.text {
            Some(_) => Condition::InEnvironment(word.value.clone()),
            None => Condition::Opaque,
        },
        _ => Condition::Opaque,
    }
}

fn binary(left: &Word, operator: &str, right: &Word) -> Condition {
    let equal = || match right.str() {
        pattern if pattern.contains(['?', '[']) => Condition::Opaque,
        pattern if pattern.ends_with('*') && pattern.matches('*').count() == 1 => {
            let start = pattern.trim_end_matches('*').to_string();
            Condition::StartsWith(left.value.clone(), Expr::Text(Spanned::new(start, right.span)))
        }
        pattern if pattern.contains('*') => Condition::Opaque,
        _ => Condition::Equals(left.value.clone(), right.value.clone()),
    };
    match operator {
        "=" | "==" | "-eq" => equal(),
        "!=" | "-ne" => negated(equal()),
        _ => Condition::Opaque,
    }
}
