//! Expressions.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::expr::RECEIVER;
use crate::programs::reading::made::{joined, or, or_if_unset};
use crate::programs::reading::{operands, parts};
use crate::programs::{Expr, IfExpr, Method, UrlPart};
use crate::source::{Span, Spanned};

/// Wrappers of types and the like around an expression: what is inside counts.
const TRANSPARENT: [&str; 8] = [
    "parenthesized_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
    "type_assertion",
    "await_expression",
    "instantiation_expression",
    "spread_element",
];

/// Whether the node only wraps the expression inside it.
pub(super) fn is_transparent(node: Node<'_>) -> bool {
    TRANSPARENT.contains(&node.kind())
}

/// The expression inside wrappers.
pub(super) fn unwrapped(mut node: Node<'_>) -> Node<'_> {
    while is_transparent(node) {
        // The type stands first in `<T>value`, last in all others.
        let inner = match node.kind() {
            "type_assertion" => parts(node).pop(),
            _ => parts(node).into_iter().next(),
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// What a method is called on.
fn receiver() -> Expr {
    Expr::Parameter(RECEIVER.to_string())
}

impl<'t> Reader<'t> {
    /// The expression that a node is.
    pub fn expr(&mut self, node: Node<'t>) -> Expr {
        self.deeper(|reader| reader.expression(node)).unwrap_or_else(|| Expr::Opaque(self.span(node)))
    }

    fn expression(&mut self, node: Node<'t>) -> Expr {
        let node = unwrapped(node);
        let span = self.span(node);
        match node.kind() {
            "string" => self.string(node),
            "template_string" => self.template(node),
            "number" => Expr::Number(Spanned::new(self.text(node).replace('_', ""), span)),
            "true" => Expr::Bool(true, span),
            "false" => Expr::Bool(false, span),
            "null" | "undefined" => Expr::Null(span),
            "identifier" | "shorthand_property_identifier" => self.name(self.text(node), span),
            "meta_property" => Expr::Library(Spanned::new("import.meta".to_string(), span)),
            "member_expression" => self.member_expression(node),
            "subscript_expression" => self.subscript(node),
            "binary_expression" => self.binary(node),
            "unary_expression" => self.unary(node),
            "ternary_expression" => self.ternary(node),
            "object" => self.object(node),
            "array" => Expr::List(parts(node).into_iter().take(500).map(|part| self.item_of(part)).collect()),
            "call_expression" => self.call(node),
            "new_expression" => self.construction(node),
            "arrow_function" | "function_expression" | "function" | "generator_function" => {
                self.function(node, "function")
            }
            "class" => self.class(node),
            "this" if self.this().is_some() => receiver(),
            "assignment_expression" => match node.child_by_field_name("right") {
                Some(right) => self.expr(right),
                None => Expr::Opaque(span),
            },
            "sequence_expression" => match parts(node).last() {
                Some(last) => self.expr(*last),
                None => Expr::Opaque(span),
            },
            _ => Expr::Opaque(span),
        }
    }

    fn item_of(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "spread_element" => Expr::Opaque(self.span(node)),
            _ => self.expr(node),
        }
    }

    /// `a.b.c` as text, when it is names all the way.
    pub fn dotted(&self, node: Node<'_>) -> Option<String> {
        let mut names = Vec::new();
        let mut at = node;
        loop {
            match at.kind() {
                "identifier" | "this" => {
                    names.push(self.text(at));
                    names.reverse();
                    return Some(names.join("."));
                }
                "member_expression" if names.len() < 12 => {
                    names.push(self.text(at.child_by_field_name("property")?));
                    at = at.child_by_field_name("object")?;
                }
                "non_null_expression" => at = at.named_child(0)?,
                _ => return None,
            }
        }
    }

    fn member_expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(object), Some(property)) =
            (node.child_by_field_name("object"), node.child_by_field_name("property"))
        else {
            return Expr::Opaque(span);
        };
        if let Some(value) = self.dotted(node).and_then(|name| self.bound(&name)) {
            return value.clone();
        }
        let name = Spanned::new(self.text(property).trim_start_matches('#').to_string(), self.span(property));
        if unwrapped(object).kind() == "this" {
            return self.field_of_this(&name, span);
        }
        let base = self.expr(object);
        self.member(base, name, span)
    }

    fn field_of_this(&self, name: &Spanned<String>, span: Span) -> Expr {
        match self.this().and_then(|fields| fields.get(&name.value)) {
            Some(value) => value.clone(),
            // Its other methods are those of what it is called on.
            None if self.this().is_some() => Expr::Member(Box::new(receiver()), name.clone()),
            None => Expr::Opaque(span),
        }
    }

    /// `base.name`
    pub fn member(&mut self, base: Expr, name: Spanned<String>, span: Span) -> Expr {
        match base.peel() {
            Expr::Library(library) => {
                if let Some(read) = self.read_of_member(&library.value, &name, span) {
                    return read;
                }
                let library = match library.value.as_str() {
                    "globalThis" | "global" => name.value.clone(),
                    // What an answer or a promise of a library holds.
                    whole if name.value == "default" => whole.to_string(),
                    whole => format!("{whole}.{}", name.value),
                };
                Expr::Library(Spanned::new(library, span))
            }
            Expr::Imported { module, name: whole, .. } if whole.is_empty() => {
                Expr::Imported { module: module.clone(), name: name.value, span }
            }
            Expr::Record(fields) => match fields.iter().rev().find(|(field, _)| field.value == name.value) {
                Some((_, value)) => value.clone(),
                None => Expr::Null(span),
            },
            Expr::Opaque(_) | Expr::Null(_) => Expr::Opaque(span),
            Expr::Method(inner, method) if matches!(**method, Method::Text | Method::OnlyText) => {
                self.part_of_url(inner, &name.value, span)
            }
            _ if name.value == "length" => Expr::Opaque(span),
            _ => Expr::Member(Box::new(base), name),
        }
    }

    /// Attributes of a `URL`.
    fn part_of_url(&self, inner: &Expr, name: &str, span: Span) -> Expr {
        let part = match name {
            "hostname" => UrlPart::Host,
            "username" => UrlPart::User,
            "password" => UrlPart::Password,
            "port" => UrlPart::Port,
            "pathname" => {
                let slash = Expr::Text(Spanned::new("/".to_string(), Span::NONE));
                let path =
                    Expr::Method(Box::new(inner.clone()), Box::new(Method::UrlPart(UrlPart::Database)));
                return Expr::Concat(vec![slash, path]);
            }
            "href" => return inner.clone(),
            _ => return Expr::Opaque(span),
        };
        Expr::Method(Box::new(inner.clone()), Box::new(Method::UrlPart(part)))
    }

    fn subscript(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(object), Some(index)) =
            (node.child_by_field_name("object"), node.child_by_field_name("index"))
        else {
            return Expr::Opaque(span);
        };
        let base = self.expr(object);
        let key = self.expr(index);
        if let Expr::Library(library) = base.peel() {
            if super::environment::is_environment(&library.value) {
                return super::environment::read(key, span);
            }
            return Expr::Opaque(span);
        }
        match key {
            Expr::Text(name) => self.member(base, name, span),
            Expr::Opaque(_) => Expr::Opaque(span),
            Expr::Number(number) => match number.value.parse() {
                Ok(index) => Expr::Method(Box::new(base), Box::new(Method::Index(index))),
                Err(_) => Expr::Opaque(span),
            },
            _ if matches!(base.peel(), Expr::Opaque(_)) => Expr::Opaque(span),
            key => Expr::Item(Box::new(base), Box::new(key), Some(Box::new(Expr::Null(span)))),
        }
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, operator, right)) = operands(node) else { return Expr::Opaque(span) };
        match operator.kind() {
            "||" => {
                let first = self.expr(left);
                or(first, self.expr(right))
            }
            "??" => {
                let first = self.expr(left);
                or_if_unset(first, self.expr(right))
            }
            "&&" => {
                let condition = self.condition(left);
                let otherwise = self.expr(left);
                let then = self.expr(right);
                Expr::If(Box::new(IfExpr { condition, then, otherwise, span: self.span(left) }))
            }
            "+" => {
                let slash = self.slash_before(right);
                let left = self.expr(left);
                let right = self.expr(right);
                let plain = |expr: &Expr| matches!(expr.peel(), Expr::Number(_));
                if plain(&left) && plain(&right) || matches!(left.peel(), Expr::List(_)) {
                    return Expr::Opaque(span);
                }
                let slash = slash.filter(|_| matches!(right.peel(), Expr::Opaque(_) | Expr::Library(_)));
                let left = slash.into_iter().fold(left, joined);
                joined(left, right)
            }
            "===" | "==" | "!==" | "!=" | "in" => self.tested(node, span),
            _ => Expr::Opaque(span),
        }
    }

    /// A condition that is used as a value.
    pub fn tested(&mut self, node: Node<'t>, span: Span) -> Expr {
        match self.condition(node) {
            crate::programs::Condition::Opaque => Expr::Opaque(span),
            condition => Expr::Test(Box::new(condition), span),
        }
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(argument) = node.child_by_field_name("argument") else { return Expr::Opaque(span) };
        match node.child_by_field_name("operator").map(|operator| operator.kind()) {
            Some("!") => self.tested(node, span),
            Some("+") => Expr::Method(Box::new(self.expr(argument)), Box::new(Method::Number)),
            Some("-") if argument.kind() == "number" => {
                Expr::Number(Spanned::new(self.text(node).replace(['_', ' '], ""), span))
            }
            Some("void") => Expr::Null(span),
            _ => Expr::Opaque(span),
        }
    }

    fn ternary(&mut self, node: Node<'t>) -> Expr {
        let (Some(question), Some(then), Some(otherwise)) = (
            node.child_by_field_name("condition"),
            node.child_by_field_name("consequence"),
            node.child_by_field_name("alternative"),
        ) else {
            return Expr::Opaque(self.span(node));
        };
        let condition = self.condition(question);
        let then = self.expr(then);
        let otherwise = self.expr(otherwise);
        Expr::If(Box::new(IfExpr { condition, then, otherwise, span: self.span(question) }))
    }

    fn object(&mut self, node: Node<'t>) -> Expr {
        let mut laid = Vec::new();
        let mut fields = Vec::new();
        for part in parts(node) {
            match part.kind() {
                "pair" => {
                    let Some(value) = part.child_by_field_name("value") else { continue };
                    match part.child_by_field_name("key").and_then(|key| self.key(key)) {
                        Some(key) => {
                            let value = self.expr(value);
                            fields.push((key, value));
                        }
                        None => laid.push(Expr::Opaque(self.span(part))),
                    }
                }
                "shorthand_property_identifier" => {
                    let value = self.expr(part);
                    fields.push((self.spanned(part), value));
                }
                "spread_element" => {
                    laid.push(Expr::Record(std::mem::take(&mut fields)));
                    let more = self.expr(part);
                    laid_over(&mut laid, more, self.span(part));
                }
                "method_definition" => {
                    let Some(name) = part.child_by_field_name("name").and_then(|name| self.key(name)) else {
                        continue;
                    };
                    let getter = self.text(part).trim_start().starts_with("get ");
                    let value = if getter { self.summary_of(part) } else { self.function(part, &name.value) };
                    fields.push((name, value));
                }
                _ => {}
            }
        }
        if laid.is_empty() {
            return Expr::Record(fields);
        }
        if !fields.is_empty() {
            laid.push(Expr::Record(fields));
        }
        laid.retain(|part| !matches!(part, Expr::Record(fields) if fields.is_empty()));
        Expr::Merge(laid)
    }

    /// The name of a field.
    pub fn key(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        match node.kind() {
            "property_identifier" | "identifier" | "private_property_identifier" | "number" => {
                Some(Spanned::new(self.text(node).trim_start_matches('#').to_string(), self.span(node)))
            }
            "string" => self.literal(node),
            "computed_property_name" => {
                let inner = parts(node).into_iter().next()?;
                self.literal(inner)
            }
            _ => None,
        }
    }
}

/// Lays more fields over those of an object; of the environment, each variable over the default of its name.
pub(super) fn laid_over(laid: &mut Vec<Expr>, more: Expr, span: Span) {
    let environment =
        matches!(more.peel(), Expr::Library(library) if super::environment::is_environment(&library.value));
    if !environment {
        return laid.push(more);
    }
    if laid.iter().any(|below| !matches!(below.peel(), Expr::Record(_))) {
        // What is below may be replaced, and is not seen.
        laid.clear();
        return laid.push(Expr::Opaque(span));
    }
    let mut variables: Vec<(Spanned<String>, Expr)> = Vec::new();
    for below in laid.iter() {
        let Expr::Record(fields) = below.peel() else { continue };
        let fields = fields.iter().filter(|(name, _)| super::scan::is_variable(&name.value));
        variables.extend(fields.map(|(name, value)| {
            let key = Expr::Text(Spanned::new(name.value.clone(), span));
            (name.clone(), super::environment::with_default(key, Some(value.clone()), span))
        }));
    }
    laid.push(Expr::Record(variables));
}
