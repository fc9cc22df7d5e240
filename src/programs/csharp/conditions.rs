//! Conditions.

use tree_sitter::Node;

use super::configuration::{ENVIRONMENT, PRODUCTION};
use super::reader::{HOST_ENVIRONMENT, Reader};
use crate::programs::reading::made::truth;
use crate::programs::reading::{operands, parts};
use crate::programs::{Blank, Condition, Expr, Method, ReadExpr};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// What a condition asks.
    pub fn condition(&mut self, node: Node<'t>) -> Condition {
        self.deeper(|reader| reader.ask(node)).unwrap_or(Condition::Opaque)
    }

    fn ask(&mut self, node: Node<'t>) -> Condition {
        match node.kind() {
            "parenthesized_expression" => {
                parts(node).first().map_or(Condition::Opaque, |inner| self.condition(*inner))
            }
            "prefix_unary_expression" if self.text(node).starts_with('!') => {
                let inner = parts(node).first().map_or(Condition::Opaque, |inner| self.condition(*inner));
                inner.negated()
            }
            "unary_expression" if self.text(node).starts_with('!') => {
                let inner = parts(node).first().map_or(Condition::Opaque, |inner| self.condition(*inner));
                inner.negated()
            }
            "binary_expression" => self.compared(node),
            "is_pattern_expression" => self.matched(node),
            "invocation_expression" => {
                let value = self.expr(node);
                truth(value)
            }
            _ => truth(self.expr(node)),
        }
    }

    fn compared(&mut self, node: Node<'t>) -> Condition {
        let Some((left, operator, right)) = operands(node) else { return Condition::Opaque };
        match self.text(operator) {
            "&&" => Condition::All(vec![self.condition(left), self.condition(right)]),
            "||" => Condition::Any(vec![self.condition(left), self.condition(right)]),
            "==" => self.equal(left, right),
            "!=" => self.equal(left, right).negated(),
            _ => {
                self.expr(left);
                self.expr(right);
                Condition::Opaque
            }
        }
    }

    fn equal(&mut self, left: Node<'t>, right: Node<'t>) -> Condition {
        for (null, value) in [(left, right), (right, left)] {
            if null.kind() == "null_literal" || self.text(null) == "default" {
                return match self.expr(value) {
                    Expr::Opaque(_) => Condition::Opaque,
                    value => Condition::IsSet(value).negated(),
                };
            }
            if null.kind() == "boolean_literal" {
                let inner = self.condition(value);
                return if self.text(null) == "true" { inner } else { inner.negated() };
            }
        }
        match (self.expr(left), self.expr(right)) {
            (Expr::Opaque(_), _) | (_, Expr::Opaque(_)) => Condition::Opaque,
            (left, right) => Condition::Equals(left, right),
        }
    }

    /// `value is pattern`
    fn matched(&mut self, node: Node<'t>) -> Condition {
        let (Some(value), Some(pattern)) =
            (node.child_by_field_name("expression"), node.child_by_field_name("pattern"))
        else {
            return Condition::Opaque;
        };
        let value = self.expr(value).share();
        self.pattern(&value, pattern, 0)
    }

    pub fn pattern(&mut self, value: &Expr, pattern: Node<'t>, depth: usize) -> Condition {
        if depth > 16 || matches!(value, Expr::Opaque(_)) {
            return Condition::Opaque;
        }
        let inner = parts(pattern);
        match pattern.kind() {
            "constant_pattern" => match inner.first() {
                Some(constant) => self.constant(value, *constant),
                None => self.constant(value, pattern),
            },
            "negated_pattern" | "parenthesized_pattern" => {
                let Some(first) = inner.first() else { return Condition::Opaque };
                let condition = self.pattern(value, *first, depth + 1);
                if pattern.kind() == "negated_pattern" { condition.negated() } else { condition }
            }
            "or_pattern" | "and_pattern" => {
                let both = inner.iter().map(|part| self.pattern(value, *part, depth + 1)).collect();
                if pattern.kind() == "or_pattern" { Condition::Any(both) } else { Condition::All(both) }
            }
            "declaration_pattern" | "var_pattern" => {
                if let Some(name) = pattern.child_by_field_name("name").map(|name| self.text(name)) {
                    self.names.bind(name, value.clone());
                }
                Condition::IsSet(value.clone())
            }
            // `{ Length: > 0 }`, `{ }`
            "recursive_pattern" => {
                if let Some(name) = pattern.child_by_field_name("name").map(|name| self.text(name)) {
                    self.names.bind(name, value.clone());
                }
                match self.text(pattern).contains("Length") {
                    true => Condition::Truthy(value.clone()),
                    false => Condition::IsSet(value.clone()),
                }
            }
            _ => Condition::Opaque,
        }
    }

    fn constant(&mut self, value: &Expr, constant: Node<'t>) -> Condition {
        match constant.kind() {
            "null_literal" => Condition::IsSet(value.clone()).negated(),
            "boolean_literal" => match self.text(constant) {
                "true" => truth(value.clone()),
                _ => truth(value.clone()).negated(),
            },
            // The grammar takes `a is null || b` for `a is (null || b)`.
            "binary_expression" => {
                let Some((left, operator, right)) = operands(constant) else { return Condition::Opaque };
                let both = vec![self.constant(value, left), self.condition(right)];
                match self.text(operator) {
                    "||" => Condition::Any(both),
                    "&&" => Condition::All(both),
                    _ => Condition::Opaque,
                }
            }
            _ => match self.expr(constant) {
                Expr::Opaque(_) => Condition::Opaque,
                constant => Condition::Equals(value.clone(), constant),
            },
        }
    }

    /// What a call asks, by the name of the method: `IsNullOrEmpty`, `IsDevelopment` …
    pub fn asking_call(
        &mut self,
        receiver: Option<&Expr>,
        name: &str,
        arguments: &[Expr],
        span: Span,
    ) -> Option<Condition> {
        let host =
            matches!(receiver.map(Expr::peel), Some(Expr::Library(of)) if of.value == HOST_ENVIRONMENT);
        let first = arguments.first();
        let same = |value: Expr, text: Expr| {
            let lower = |value: Expr| Expr::Method(Box::new(value), Box::new(Method::Lower));
            Condition::Equals(lower(value), lower(text))
        };
        let named = |name: &str| Expr::Text(Spanned::new(name.to_string(), span));
        Some(match (name, first) {
            ("IsNullOrEmpty" | "IsNullOrWhiteSpace", Some(value)) => match value {
                Expr::Opaque(_) => Condition::Opaque,
                value => Condition::Truthy(value.clone()).negated(),
            },
            ("IsDevelopment" | "IsProduction" | "IsStaging", _) if host || receiver.is_none_or(is_opaque) => {
                same(environment_name(span), named(name.trim_start_matches("Is")))
            }
            ("IsEnvironment", Some(wanted)) => same(environment_name(span), wanted.clone()),
            ("Equals", Some(other)) => {
                let receiver = receiver.filter(|value| !is_opaque(value));
                let (value, other) = match (receiver, arguments) {
                    // `string.Equals(a, b, …)`
                    (Some(Expr::Imported { .. }) | None, [a, b, ..]) => (a.clone(), b.clone()),
                    (Some(value), _) => (value.clone(), other.clone()),
                    _ => return None,
                };
                match is_opaque(&value) || is_opaque(&other) {
                    true => Condition::Opaque,
                    false if arguments.len() > 1 => same(value, other),
                    false => Condition::Equals(value, other),
                }
            }
            ("StartsWith" | "EndsWith" | "Contains", Some(part)) => {
                let value = receiver.filter(|value| !is_opaque(value))?.clone();
                match name {
                    _ if is_opaque(part) => Condition::Opaque,
                    "StartsWith" => Condition::StartsWith(value, part.clone()),
                    "EndsWith" => Condition::EndsWith(value, part.clone()),
                    _ => Condition::Contains(value, part.clone()),
                }
            }
            _ => return None,
        })
    }
}

/// The name of the environment, as the host knows it.
pub(super) fn environment_name(span: Span) -> Expr {
    let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), span));
    let read = |name: &str, default: Expr| {
        Expr::Read(Box::new(ReadExpr {
            name: text(name),
            aliases: Vec::new(),
            ignore_case: false,
            default: Some(default),
            blank: Blank::Unset,
            required: false,
            span,
        }))
    };
    let [first, second] = ENVIRONMENT;
    read(first, read(second, text(PRODUCTION))).share()
}

fn is_opaque(value: &Expr) -> bool {
    matches!(value.peel(), Expr::Opaque(_))
}
