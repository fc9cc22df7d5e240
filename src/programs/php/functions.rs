//! Functions and closures: what a call of one gives, and what one does with the names around it.

use std::sync::Arc;

use tree_sitter::Node;

use super::reader::{Kind, Reader};
use crate::programs::reading::{Frame, parts};
use crate::programs::{Expr, Function};
use crate::source::{Span, Spanned};

/// Functions within functions are summarised only this deep.
const MAX_NESTED: usize = 4;

/// Types that containers of services inject, and what makes such clients elsewhere.
const INJECTED: [(&str, &str); 4] = [
    ("Symfony.Contracts.HttpClient.HttpClientInterface", "Symfony.Component.HttpClient.HttpClient.create()"),
    ("GuzzleHttp.ClientInterface", "GuzzleHttp.Client()"),
    ("GuzzleHttp.Client", "GuzzleHttp.Client()"),
    ("Redis", "Redis()"),
];

impl<'t> Reader<'t> {
    /// `function name(…) { … }`: summarised for its calls.
    pub fn define_function(&mut self, node: Node<'t>) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let name = format!("{}()", self.text(name));
        let function = self.function(node, &name);
        self.names.bind(&name, function);
    }

    /// What a call of the function gives.
    pub fn function(&mut self, node: Node<'t>, name: &str) -> Expr {
        let parameters = self.parameters(node);
        let span = self.span(node);
        let nested = self.names.frames.iter().filter(|frame| frame.own != Kind::Class).count();
        if nested > MAX_NESTED {
            return Expr::Opaque(span);
        }
        let body = self.silently(|reader| {
            reader.enter(Kind::Function, &parameters, None);
            let leaves = node.child_by_field_name("body").is_some_and(|body| reader.block(body));
            let frame = reader.names.frames.pop();
            frame.map_or(Expr::Opaque(span), |frame| frame.result(leaves, span))
        });
        Expr::Function(Arc::new(Function { name: name.to_string(), parameters, body, class: false }))
    }

    /// Enters a frame in which parameters stand for themselves, or for their defaults where `missing` is what
    /// those without one are.
    pub fn enter(&mut self, kind: Kind, parameters: &[(String, Option<Expr>)], missing: Option<Span>) {
        let mut frame = Frame::new(kind);
        for (name, default) in parameters {
            let value = match missing {
                None => Expr::Parameter(name.clone()),
                Some(span) => default.clone().unwrap_or(Expr::Opaque(span)),
            };
            frame.names.insert(format!("${name}"), value.share());
        }
        self.names.frames.push(frame);
    }

    /// The parameters with their defaults, without the dollar.
    pub fn parameters(&mut self, node: Node<'t>) -> Vec<(String, Option<Expr>)> {
        let list = node.child_by_field_name("parameters").into_iter().flat_map(parts).take(64);
        let mut out = Vec::new();
        for part in list {
            let Some(name) = part.child_by_field_name("name") else { continue };
            let default = part.child_by_field_name("default_value").map(|value| self.expr(value));
            let default = default.or_else(|| self.injected(part.child_by_field_name("type")?));
            out.push((self.text(name).trim_start_matches('$').to_string(), default));
        }
        out
    }

    /// The client that a framework hands over where a parameter has its type.
    fn injected(&mut self, kind: Node<'t>) -> Option<Expr> {
        let span = self.span(kind);
        let Expr::Library(class) = self.class(self.text(kind).trim_start_matches('?'), span) else {
            return None;
        };
        let (_, made) = INJECTED.iter().find(|(of, _)| *of == class.value)?;
        Some(Expr::Library(Spanned::new((*made).to_string(), span)))
    }

    /// Reads a function for its reads and clients; parameters are their defaults.
    pub fn read_function(&mut self, node: Node<'t>) {
        let parameters = self.parameters(node);
        let span = self.span(node);
        self.enter(Kind::Function, &parameters, Some(span));
        if let Some(body) = node.child_by_field_name("body") {
            self.block(body);
        }
        self.names.frames.pop();
    }

    /// `function () use ($x) { … }`, `fn () => …`: read where it stands.
    pub fn closure(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let parameters = self.parameters(node);
        if self.names.frames.len() > MAX_NESTED * 2 {
            return Expr::Opaque(span);
        }
        let Some(body) = node.child_by_field_name("body") else { return Expr::Opaque(span) };
        self.enter(Kind::Closure, &parameters, Some(span));
        match body.kind() {
            "compound_statement" => drop(self.block(body)),
            _ => drop(self.expr(body)),
        }
        self.names.frames.pop();
        let made = self.silently(|reader| {
            reader.enter(Kind::Closure, &parameters, None);
            let result = match body.kind() {
                "compound_statement" => {
                    let leaves = reader.block(body);
                    reader.names.frames.pop().map(|frame| frame.result(leaves, span))
                }
                _ => {
                    let value = reader.expr(body);
                    reader.names.frames.pop();
                    Some(value)
                }
            };
            result.unwrap_or(Expr::Opaque(span))
        });
        Expr::Function(Arc::new(Function {
            name: "function".to_string(),
            parameters,
            body: made,
            class: false,
        }))
    }
}
