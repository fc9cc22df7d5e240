//! Expressions.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::made::{joined, truth};
use crate::programs::reading::{self, parts, sides};
use crate::programs::{Condition, Expr, Method, UrlPart};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// The expression that a node is.
    pub fn expr(&mut self, node: Node<'t>) -> Expr {
        self.deeper(|reader| reader.expression(node)).unwrap_or_else(|| Expr::Opaque(self.span(node)))
    }

    fn expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        match node.kind() {
            "interpreted_string_literal" | "raw_string_literal" => self.string(node),
            "int_literal" | "float_literal" => {
                Expr::Number(Spanned::new(self.text(node).replace('_', ""), span))
            }
            "true" => Expr::Bool(true, span),
            "false" => Expr::Bool(false, span),
            "nil" => Expr::Null(span),
            "identifier" | "type_identifier" | "package_identifier" => self.name(node),
            "selector_expression" => self.selector(node, "operand", "field"),
            "qualified_type" => self.selector(node, "package", "name"),
            "generic_type" => {
                node.child_by_field_name("type").map_or(Expr::Opaque(span), |kind| self.expr(kind))
            }
            "index_expression" => self.index(node),
            "slice_expression" => self.slice(node),
            "call_expression" => self.call(node),
            "composite_literal" => self.composite(node),
            "func_literal" => self.silently(|reader| reader.function(node)),
            "binary_expression" => self.binary(node),
            "unary_expression" => self.unary(node),
            "parenthesized_expression" | "literal_element" => {
                parts(node).first().map_or(Expr::Opaque(span), |inner| self.expr(*inner))
            }
            "type_assertion_expression" | "type_conversion_expression" => {
                node.child_by_field_name("operand").map_or(Expr::Opaque(span), |inner| self.expr(inner))
            }
            _ => Expr::Opaque(span),
        }
    }

    fn selector(&mut self, node: Node<'t>, operand: &str, field: &str) -> Expr {
        let (Some(operand), Some(field)) =
            (node.child_by_field_name(operand), node.child_by_field_name(field))
        else {
            return Expr::Opaque(self.span(node));
        };
        let base = self.expr(operand);
        let name = self.spanned(field);
        if let Some(library) = self.held_by_field(&base, &name.value) {
            return Expr::Library(Spanned::new(library, self.span(node)));
        }
        match base.peel() {
            // The one address that a library has a name for.
            Expr::Library(library)
                if library.value.starts_with("github.com/nats-io/") && name.value == "DefaultURL" =>
            {
                Expr::LibraryDefault(Spanned::new("nats://127.0.0.1:4222".to_string(), self.span(node)))
            }
            Expr::Library(library) => {
                Expr::Library(Spanned::new(format!("{}.{}", library.value, name.value), self.span(node)))
            }
            Expr::Imported { module, name: whole, .. } if whole.is_empty() => {
                Expr::Imported { module: module.clone(), name: name.value, span: self.span(node) }
            }
            _ => member(base, name),
        }
    }

    /// The object of a library that a field of a struct of the file holds: `app` of `type Server struct { app *fiber.App }`.
    fn held_by_field(&mut self, base: &Expr, name: &str) -> Option<String> {
        let Expr::Own(kind) = base.peel() else { return None };
        let body = *self.structs.get(kind.value.strip_prefix('*')?)?;
        let field = self.fields_of(body).into_iter().find(|field| field.name.value == name)?;
        if field.kind.kind() != "qualified_type" {
            return None;
        }
        match self.expr(field.kind) {
            Expr::Library(kind) => Some(format!("{}()", kind.value)),
            _ => None,
        }
    }

    fn index(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(operand), Some(index)) =
            (node.child_by_field_name("operand"), node.child_by_field_name("index"))
        else {
            return Expr::Opaque(span);
        };
        let base = self.expr(operand);
        if matches!(base.peel(), Expr::Opaque(_) | Expr::Library(_)) {
            return Expr::Opaque(span);
        }
        match self.expr(index) {
            Expr::Text(name) => member(base, name),
            Expr::Number(number) => match number.value.parse() {
                Ok(index) => Expr::Method(Box::new(base), Box::new(Method::Index(index))),
                Err(_) => Expr::Opaque(span),
            },
            Expr::Opaque(_) => Expr::Opaque(span),
            key => Expr::Item(Box::new(base), Box::new(key), Some(Box::new(Expr::Null(span)))),
        }
    }

    fn slice(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(operand) = node.child_by_field_name("operand") else { return Expr::Opaque(span) };
        let bound = |reader: &Self, field: &str| match reader.child(node, field) {
            "" => Some(None),
            number => number.parse::<i64>().ok().map(Some),
        };
        match (bound(self, "start"), bound(self, "end")) {
            (Some(from), Some(to)) => {
                Expr::Method(Box::new(self.expr(operand)), Box::new(Method::Slice(from, to)))
            }
            _ => Expr::Opaque(span),
        }
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        if self.child(node, "operator") != "+" {
            return match self.condition(node) {
                Condition::Opaque => Expr::Opaque(span),
                condition => Expr::Test(Box::new(condition), span),
            };
        }
        let Some((left, right)) = sides(node) else { return Expr::Opaque(span) };
        let (left, right) = (self.expr(left), self.expr(right));
        if matches!(left.peel(), Expr::Number(_)) || matches!(right.peel(), Expr::Number(_)) {
            return Expr::Opaque(span);
        }
        joined(left, right)
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(operand) = node.child_by_field_name("operand") else { return Expr::Opaque(span) };
        match self.child(node, "operator") {
            "&" | "*" => self.expr(operand),
            "!" => match self.condition(node) {
                Condition::Opaque => Expr::Opaque(span),
                condition => Expr::Test(Box::new(condition), span),
            },
            "-" if operand.kind() == "int_literal" => {
                Expr::Number(Spanned::new(self.text(node).replace(['_', ' '], ""), span))
            }
            _ => Expr::Opaque(span),
        }
    }

    /// `T{…}`: a record of its fields over what the type has; a list, or a map.
    fn composite(&mut self, node: Node<'t>) -> Expr {
        let (Some(kind), Some(body)) = (node.child_by_field_name("type"), node.child_by_field_name("body"))
        else {
            return Expr::Opaque(self.span(node));
        };
        if matches!(kind.kind(), "slice_type" | "array_type" | "implicit_length_array_type") {
            return Expr::List(parts(body).into_iter().take(200).map(|item| self.element(item)).collect());
        }
        let mut fields = self.keyed(body);
        let of_struct = match kind.kind() {
            "struct_type" => Some(kind),
            _ => self.structs.get(self.text(kind)).copied(),
        };
        if let Some(declared) = of_struct.filter(|_| fields.is_empty()) {
            fields = self.in_order(declared, body);
        }
        if matches!(kind.kind(), "map_type" | "struct_type") {
            return Expr::Record(fields);
        }
        match self.expr(kind) {
            Expr::Library(name) if name.value == "net/url.URL" => self.url_of(&fields, self.span(node)),
            Expr::Library(name) => {
                let mut all = vec![(Spanned::new(TYPE.to_string(), Span::NONE), Expr::Library(name))];
                all.extend(fields);
                Expr::Record(all)
            }
            class @ (Expr::Own(_) | Expr::Imported { .. }) => Expr::Merge(vec![class, Expr::Record(fields)]),
            _ => Expr::Record(fields),
        }
    }

    /// The fields of a literal that gives all of them without their names: `Mail{host, port}`.
    fn in_order(&mut self, declared: Node<'t>, body: Node<'t>) -> Vec<(Spanned<String>, Expr)> {
        let values = parts(body);
        let names = if values.is_empty() { Vec::new() } else { self.fields_of(declared) };
        if names.len() != values.len() {
            return Vec::new();
        }
        names.into_iter().zip(values).map(|(field, value)| (field.name, self.element(value))).collect()
    }

    /// An item of a literal; one without a type of its own is a record.
    fn element(&mut self, node: Node<'t>) -> Expr {
        match parts(node).first() {
            Some(inner) if inner.kind() == "literal_value" => Expr::Record(self.keyed(*inner)),
            _ => self.expr(node),
        }
    }

    /// The fields of a literal that are named, or keyed by a text.
    pub fn keyed(&mut self, body: Node<'t>) -> Vec<(Spanned<String>, Expr)> {
        let mut fields = Vec::new();
        for pair in parts(body).into_iter().filter(|part| part.kind() == "keyed_element").take(500) {
            let (Some(key), Some(value)) =
                (pair.child_by_field_name("key"), pair.child_by_field_name("value"))
            else {
                continue;
            };
            let plain = parts(key).first().copied().filter(|inner| inner.kind() == "identifier");
            let name = match plain {
                Some(name) => Some(self.spanned(name)),
                None => self.literal(key),
            };
            if let Some(name) = name {
                let value = self.element(value);
                fields.push((name, value));
            }
        }
        fields
    }

    /// The text of a string literal, or of a constant of the file.
    pub fn literal(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        let value = self.expr(node);
        let value = match value.peel() {
            Expr::Own(name) => self.top.get(&name.value)?.clone(),
            _ => value,
        };
        match value.peel() {
            Expr::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// The field of a literal of a library's struct that says which; no field can be named so.
pub(super) const TYPE: &str = "type";

/// `base.name`; of a URL that was taken apart, its part.
pub(super) fn member(base: Expr, name: Spanned<String>) -> Expr {
    match base.peel() {
        Expr::Method(inner, method) if **method == Method::Text => {
            let part = match name.value.as_str() {
                "Scheme" => UrlPart::Scheme,
                "Path" => UrlPart::Database,
                _ => return Expr::Opaque(name.span),
            };
            Expr::Method(inner.clone(), Box::new(Method::UrlPart(part)))
        }
        _ => reading::member(base, name),
    }
}

/// A condition as a value.
pub(super) fn test(value: Expr, span: Span) -> Expr {
    match truth(value) {
        Condition::Opaque => Expr::Opaque(span),
        condition => Expr::Test(Box::new(condition), span),
    }
}
