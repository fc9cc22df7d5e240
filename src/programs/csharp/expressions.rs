//! Expressions.

use tree_sitter::Node;

use super::conditions::environment_name;
use super::reader::{Argument, CONFIGURATION, HOST_ENVIRONMENT, Own, Reader};
use crate::programs::reading::{Frame, operands, parts, sides};
use crate::programs::{Condition, Expr, IfExpr, LookupExpr, Method, UrlPart};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// The expression that a node is.
    pub fn expr(&mut self, node: Node<'t>) -> Expr {
        self.deeper(|reader| reader.expression(node)).unwrap_or_else(|| Expr::Opaque(self.span(node)))
    }

    fn expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        if let Some(text) = self.literal(node) {
            return Expr::Text(text);
        }
        match node.kind() {
            "interpolated_string_expression" => self.interpolated(node),
            "integer_literal" | "real_literal" => {
                let digits = self.text(node).replace('_', "");
                Expr::Number(Spanned::new(digits.trim_end_matches(char::is_alphabetic).to_string(), span))
            }
            "character_literal" => {
                let text = self.text(node).trim_matches('\'').to_string();
                Expr::Text(Spanned::new(text, span.slice(1, (span.len() as usize).saturating_sub(1))))
            }
            "boolean_literal" => Expr::Bool(self.text(node) == "true", span),
            "null_literal" => Expr::Null(span),
            "identifier" => self.name(node),
            "member_access_expression" => self.member_access(node),
            "conditional_access_expression" => self.conditional_access(node),
            "element_access_expression" => self.element(node),
            "invocation_expression" => self.invocation(node),
            "object_creation_expression" | "implicit_object_creation_expression" => {
                self.made(node, None, None)
            }
            "binary_expression" => self.binary(node),
            "conditional_expression" => self.conditional(node),
            "switch_expression" => self.switch(node),
            "assignment_expression" => self.assignment(node),
            "is_pattern_expression" | "prefix_unary_expression" | "unary_expression" => self.test(node),
            "parenthesized_expression" | "await_expression" | "checked_expression" | "ref_expression" => {
                parts(node).first().map_or(Expr::Opaque(span), |inner| self.expr(*inner))
            }
            "postfix_unary_expression" => match parts(node).first() {
                Some(inner) if self.text(node).ends_with('!') => self.expr(*inner),
                _ => Expr::Opaque(span),
            },
            "cast_expression" => {
                node.child_by_field_name("value").map_or(Expr::Opaque(span), |value| self.expr(value))
            }
            "as_expression" => {
                node.child_by_field_name("left").map_or(Expr::Opaque(span), |value| self.expr(value))
            }
            "lambda_expression" | "anonymous_method_expression" => self.lambda(node),
            "array_creation_expression" | "implicit_array_creation_expression" => {
                let items = parts(node).into_iter().find(|part| part.kind() == "initializer_expression");
                items.map_or(Expr::Opaque(span), |items| self.items(items))
            }
            "collection_expression" | "initializer_expression" => self.items(node),
            "throw_expression" => Expr::Opaque(span),
            "argument"
            | "switch_expression_arm"
            | "tuple_expression"
            | "anonymous_object_creation_expression"
            | "with_expression"
            | "range_expression"
            | "query_expression" => {
                for part in parts(node) {
                    self.expr(part);
                }
                Expr::Opaque(span)
            }
            _ => Expr::Opaque(span),
        }
    }

    fn test(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        match self.condition(node) {
            Condition::Opaque => Expr::Opaque(span),
            condition => Expr::Test(Box::new(condition), span),
        }
    }

    fn items(&mut self, node: Node<'t>) -> Expr {
        let items = parts(node).into_iter().take(500).map(|item| match item.kind() {
            "expression_element" => parts(item).first().copied().unwrap_or(item),
            _ => item,
        });
        Expr::List(items.map(|item| self.expr(item)).collect())
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, operator, right)) = operands(node) else { return Expr::Opaque(span) };
        match self.text(operator) {
            "??" => {
                let value = self.expr(left);
                if right.kind() == "throw_expression" {
                    return self.require(value);
                }
                let otherwise = self.expr(right);
                let both = Expr::FirstSet(vec![value, otherwise]);
                self.widen(&both);
                both
            }
            "+" => {
                let mut terms = vec![self.expr(right)];
                // A long sum leans to the left.
                let mut at = left;
                while at.kind() == "binary_expression" && terms.len() < 500 {
                    let plus = at.child_by_field_name("operator").is_some_and(|sign| self.text(sign) == "+");
                    let inner = at.child_by_field_name("left").zip(at.child_by_field_name("right"));
                    let Some((left, right)) = inner.filter(|_| plus) else { break };
                    terms.push(self.expr(right));
                    at = left;
                }
                terms.push(self.expr(at));
                terms.reverse();
                Expr::Concat(terms)
            }
            _ => self.test(node),
        }
    }

    /// A noted read is more than it was: it has a default now.
    fn widen(&mut self, whole: &Expr) {
        let Expr::FirstSet(both) = whole else { return };
        let span = match both.first().map(Expr::peel) {
            Some(Expr::Read(read)) => read.span,
            Some(Expr::Lookup(setting)) => setting.span,
            _ => return,
        };
        if self.notes.module.reads.last().is_some_and(|read| read.span >= span)
            && let Some(noted) = self.notes.module.reads.iter_mut().find(|read| read.span == span)
        {
            noted.expression = whole.clone();
        }
    }

    fn conditional(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(asked), Some(then), Some(otherwise)) = (
            node.child_by_field_name("condition"),
            node.child_by_field_name("consequence"),
            node.child_by_field_name("alternative"),
        ) else {
            return Expr::Opaque(span);
        };
        let condition = self.condition(asked);
        if otherwise.kind() == "throw_expression" {
            return self.expr(then);
        }
        if then.kind() == "throw_expression" {
            return self.expr(otherwise);
        }
        let (then, otherwise) = (self.expr(then), self.expr(otherwise));
        Expr::If(Box::new(IfExpr { condition, then, otherwise, span: self.span(asked) }))
    }

    fn switch(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let inner = parts(node);
        let Some((subject, arms)) = inner.split_first() else { return Expr::Opaque(span) };
        let subject = self.expr(*subject).share();
        let mut value: Option<Expr> = None;
        let mut choices = Vec::new();
        for arm in arms.iter().filter(|arm| arm.kind() == "switch_expression_arm").take(64) {
            let parts = parts(*arm);
            let (Some(pattern), Some(result)) = (parts.first(), parts.last()) else { continue };
            let condition = self.pattern(&subject, *pattern, 0);
            let given = (result.kind() != "throw_expression").then(|| self.expr(*result));
            match pattern.kind() {
                "discard" | "var_pattern" => value = given,
                _ => choices.push((condition, given.unwrap_or(Expr::Opaque(span)))),
            }
        }
        let mut value = value.unwrap_or(Expr::Opaque(span));
        for (condition, then) in choices.into_iter().rev() {
            value = Expr::If(Box::new(IfExpr { condition, then, otherwise: value, span })).share();
        }
        value
    }

    fn assignment(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, right)) = sides(node) else { return Expr::Opaque(span) };
        let operator = node.child_by_field_name("operator").map_or("=", |operator| self.text(operator));
        let name = self.assigned(left);
        let mut value = self.made(right, None, name);
        match operator {
            "=" => {}
            // `_instance ??= new Settings()`
            "??=" => match self.expr(left) {
                Expr::Opaque(_) => {}
                before => value = Expr::FirstSet(vec![before, value]),
            },
            "+=" => value = Expr::Concat(vec![self.expr(left), value]),
            _ => value = Expr::Opaque(span),
        }
        if let Some(name) = name {
            self.names.bind(name, value.clone());
        } else if left.kind() == "member_access_expression" {
            self.property_set(left, &value, right, node);
        }
        value
    }

    /// The name that an assignment gives a value: of a variable or of a field of `this`.
    fn assigned(&self, left: Node<'t>) -> Option<&'t str> {
        if left.kind() == "identifier" {
            return Some(self.text(left));
        }
        let object = left.child_by_field_name("expression")?;
        (self.text(object) == "this").then(|| left.child_by_field_name("name").map(|name| self.text(name)))?
    }

    fn lambda(&mut self, node: Node<'t>) -> Expr {
        // What makes a service, or answers a request, runs when somebody asks for that.
        const LATER: [&str; 9] = [
            "AddSingleton",
            "AddScoped",
            "AddTransient",
            "TryAddSingleton",
            "TryAddScoped",
            "MapGet",
            "MapPost",
            "MapPut",
            "MapDelete",
        ];
        if self.within.last().is_some_and(|method| LATER.contains(method)) {
            let place = self.span(node);
            self.notes.module.later.push(place);
        }
        let mut frame = Frame::new(Own::Method);
        for (name, kind, _) in self.parameters(node) {
            let known = kind.and_then(|kind| self.of_type(kind));
            frame.names.insert(name.to_string(), known.unwrap_or_else(|| Expr::Opaque(self.span(node))));
        }
        self.names.frames.push(frame);
        let body = node.child_by_field_name("body");
        let body = body.or_else(|| parts(node).into_iter().find(|part| part.kind() == "block"));
        match body {
            Some(body) if body.kind() == "block" => {
                self.block(&parts(body));
            }
            Some(body) => {
                self.expr(body);
            }
            None => {}
        }
        self.names.frames.pop();
        Expr::Opaque(self.span(node))
    }

    fn member_access(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(object), Some(name)) =
            (node.child_by_field_name("expression"), node.child_by_field_name("name"))
        else {
            return Expr::Opaque(span);
        };
        if self.text(object) == "this" {
            return self.name(name);
        }
        let base = self.expr(object);
        self.member(&base, name, span)
    }

    fn conditional_access(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(object) = node.child_by_field_name("condition") else { return Expr::Opaque(span) };
        let base = self.expr(object);
        let Some(binding) = parts(node).into_iter().find(|part| *part != object) else { return base };
        match binding.kind() {
            "member_binding_expression" => match binding.child_by_field_name("name") {
                Some(name) => self.member(&base, name, span),
                None => Expr::Opaque(span),
            },
            "invocation_expression" => self.chained(&base, binding),
            _ => Expr::Opaque(span),
        }
    }

    /// `base.name`
    pub fn member(&mut self, base: &Expr, name: Node<'t>, span: Span) -> Expr {
        let spanned = self.spanned(name);
        let library = |name: &str| Expr::Library(Spanned::new(name.to_string(), span));
        match base.peel() {
            Expr::Library(of) if of.value == HOST_ENVIRONMENT => match spanned.value.as_str() {
                "EnvironmentName" => environment_name(span),
                _ => Expr::Opaque(span),
            },
            // The scaffold's address stands there for a context that nobody configured.
            _ if spanned.value == "IsConfigured" => Expr::Bool(true, span),
            Expr::Library(_) => Expr::Opaque(span),
            Expr::Lookup(section) if spanned.value == "Value" => {
                self.setting(None, section.key.clone(), None, span)
            }
            Expr::Opaque(_) | Expr::Imported { .. } | Expr::Parameter(_) | Expr::Own(_) | Expr::Call(_)
                if matches!(spanned.value.as_str(), "Configuration" | "Config") && !self.is_class(base) =>
            {
                library(CONFIGURATION)
            }
            Expr::Opaque(_) if matches!(spanned.value.as_str(), "Environment" | "HostingEnvironment") => {
                library(HOST_ENVIRONMENT)
            }
            Expr::Opaque(_) => Expr::Opaque(span),
            Expr::Method(inner, method) if **method == Method::Text => match spanned.value.as_str() {
                "Host" | "DnsSafeHost" | "IdnHost" => of_url(inner, UrlPart::Host),
                "Port" => of_url(inner, UrlPart::Port),
                "Scheme" => of_url(inner, UrlPart::Scheme),
                "AbsoluteUri" | "OriginalString" => inner.as_ref().clone(),
                _ => Expr::Opaque(span),
            },
            Expr::Record(fields) => {
                let found = fields.iter().rev().find(|(field, _)| field.value == spanned.value);
                found.map_or(Expr::Opaque(span), |(_, value)| value.clone())
            }
            _ => Expr::Member(Box::new(base.clone()), spanned),
        }
    }

    /// Whether the value is a class of the program, of which a member may have any name.
    fn is_class(&self, base: &Expr) -> bool {
        match base.peel() {
            Expr::Own(name) => self.types.contains(name.value.as_str()),
            // An instance of options.
            Expr::Call(call) => {
                call.arguments.iter().any(|(name, _)| name.as_deref() == Some(super::types::SECTION))
            }
            _ => false,
        }
    }

    fn element(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(object), Some(subscript)) =
            (node.child_by_field_name("expression"), node.child_by_field_name("subscript"))
        else {
            return Expr::Opaque(span);
        };
        let base = self.expr(object);
        let index = parts(subscript).first().and_then(|argument| parts(*argument).last().copied());
        let Some(index) = index else { return Expr::Opaque(span) };
        let key = self.expr(index);
        match base.peel() {
            Expr::Library(of) if of.value == CONFIGURATION => self.setting(None, key, None, span),
            Expr::Lookup(section) => {
                let section = section.key.clone();
                self.setting(Some(section), key, None, span)
            }
            Expr::Opaque(_) | Expr::Library(_) => Expr::Opaque(span),
            _ => match key.peel() {
                Expr::Number(number) => match number.value.parse::<i64>() {
                    Ok(at) => Expr::Method(Box::new(base), Box::new(Method::Index(at))),
                    Err(_) => Expr::Opaque(span),
                },
                _ => Expr::Item(Box::new(base), Box::new(key), None),
            },
        }
    }

    /// A setting by its key, within a section or not; it is noted when the key is known.
    pub fn setting(&mut self, section: Option<Expr>, key: Expr, default: Option<Expr>, span: Span) -> Expr {
        let key = joined(section, key);
        let known = plain(&key);
        let expression = Expr::Lookup(Box::new(LookupExpr { key, default, required: false, span }));
        if let Some(key) = known {
            self.note_read(Spanned::new(key.replace(':', "__"), span), expression.clone(), false, span);
        }
        expression
    }

    /// The arguments of a call, evaluated; lambdas among them know which call they configure.
    pub fn arguments(&mut self, list: Option<Node<'t>>, of: &'t str) -> Vec<Argument<'t>> {
        self.within.push(of);
        let mut out = Vec::new();
        for argument in list.into_iter().flat_map(parts).filter(|part| part.kind() == "argument").take(200) {
            let name = argument.child_by_field_name("name");
            let Some(node) = parts(argument).into_iter().rev().find(|part| Some(*part) != name) else {
                continue;
            };
            let value = self.expr(node);
            out.push(Argument { name: name.map(|name| self.spanned(name)), value, node });
        }
        self.within.pop();
        out
    }
}

fn of_url(url: &Expr, part: UrlPart) -> Expr {
    Expr::Method(Box::new(url.clone()), Box::new(Method::UrlPart(part)))
}

/// A key within a section.
pub(super) fn joined(section: Option<Expr>, key: Expr) -> Expr {
    let Some(section) = section else { return key };
    let colon = Spanned::new(":".to_string(), Span::NONE);
    match (plain(&section), plain(&key), key.peel()) {
        (Some(section), Some(name), Expr::Text(text)) => {
            Expr::Text(Spanned::new(format!("{section}:{name}"), text.span))
        }
        _ => Expr::Concat(vec![section, Expr::Text(colon), key]),
    }
}

/// The text of an expression that is written out.
pub(super) fn plain(expr: &Expr) -> Option<String> {
    match expr.peel() {
        Expr::Text(text) => Some(text.value.clone()),
        Expr::Concat(parts) => parts.iter().map(plain).collect(),
        _ => None,
    }
}
