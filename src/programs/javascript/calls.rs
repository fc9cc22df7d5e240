//! Calls: the language's own functions, those of libraries, and functions of the program.

use tree_sitter::Node;

use super::expressions::unwrapped;
use super::reader::Reader;
use crate::programs::reading::queues;
use crate::programs::{CallExpr, Expr, Method};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// What a call gives.
    pub fn call(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(callee) = node.child_by_field_name("function").map(unwrapped) else {
            return Expr::Opaque(span);
        };
        if let Some(module) = self.required(node) {
            return self.import(&module.value, "", span);
        }
        if let Some(module) = self.required_by_mode(node) {
            return module;
        }
        if callee.kind() == "member_expression"
            && let Some(value) = self.method_call(node, callee)
        {
            return value;
        }
        let function = self.expr(callee);
        match function.peel() {
            Expr::Library(name) => {
                let name = name.value.clone();
                self.library_call(&name, node)
            }
            Expr::Opaque(_)
            | Expr::Text(_)
            | Expr::Read(_)
            | Expr::Null(_)
            | Expr::Record(_)
            | Expr::List(_) => Expr::Opaque(span),
            _ => self.program_call(function, node),
        }
    }

    /// `new Name(…)`
    pub fn construction(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(callee) = node.child_by_field_name("constructor").map(unwrapped) else {
            return Expr::Opaque(span);
        };
        let class = self.expr(callee);
        match class.peel() {
            Expr::Library(name) if name.value == "URL" || name.value == "url.URL" => self.new_url(node, span),
            Expr::Library(name) if name.value == "String" || name.value == "Number" => {
                let name = name.value.clone();
                self.library_call(&name, node)
            }
            Expr::Library(name) => Expr::Library(Spanned::new(format!("{}()", name.value), span)),
            Expr::Opaque(_) | Expr::Null(_) => Expr::Opaque(span),
            _ => self.program_call(class, node),
        }
    }

    /// Notes the queue that a call, or the making of an object, names.
    pub fn queue(&mut self, node: Node<'t>, callee: Node<'t>) {
        let sign = if node.kind() == "new_expression" { "new " } else { "" };
        let name = callee.child_by_field_name("property").unwrap_or(callee);
        if !self.notes.recording || !matches!(name.kind(), "property_identifier" | "identifier") {
            return;
        }
        let call = format!("{sign}{}", self.text(name));
        if !queues::is_known("javascript", &call) {
            return;
        }
        let arguments: Vec<Node<'t>> = self.arguments(node).iter().collect();
        let given = vec![None; arguments.len()];
        let found = queues::named(("javascript", &call), &given, self.span(node), |at| {
            let argument = *arguments.get(at)?;
            Some((self.expr(argument), self.span(argument)))
        });
        self.notes.queues(found);
    }

    /// `new URL(text)`, `new URL(path, base)`: of the latter what counts is where it leads.
    fn new_url(&mut self, node: Node<'t>, span: Span) -> Expr {
        let arguments = self.arguments(node);
        let (Some(first), base) = (arguments.at(0), arguments.at(1)) else { return Expr::Opaque(span) };
        let value = match (self.expr(first), base) {
            (whole @ Expr::Text(_), Some(_)) if matches!(&whole, Expr::Text(text) if text.value.contains("://")) => {
                whole
            }
            (_, Some(base)) => self.expr(base),
            (whole, None) => whole,
        };
        match value {
            Expr::Opaque(_) | Expr::Library(_) => Expr::Opaque(span),
            // Of what is not there none is made: the program stops.
            value => Expr::Method(Box::new(value), Box::new(Method::OnlyText)),
        }
    }

    fn program_call(&mut self, callee: Expr, node: Node<'t>) -> Expr {
        let arguments = self.arguments(node);
        let span = self.span(node);
        // What Express' generator writes gives the number, or the name of a pipe.
        let called = node.child_by_field_name("function").map_or("", |callee| self.text(callee));
        if called == "normalizePort"
            && let Some(first) = arguments.at(0)
        {
            return Expr::Method(Box::new(self.expr(first)), Box::new(Method::Number));
        }
        if arguments.open() {
            return Expr::Opaque(span);
        }
        let arguments = arguments.iter().map(|argument| (None, self.expr(argument))).collect();
        Expr::Call(Box::new(CallExpr { callee, arguments, span }))
    }

    /// A call of a library's function; a name that ends in `()` is what such a call gave.
    pub fn library_call(&mut self, name: &str, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let arguments = self.arguments(node);
        if let Some(value) = self.environment_call(name, node, &arguments) {
            return value;
        }
        let first = arguments.at(0);
        let through = |reader: &mut Self, method: Method| match first.map(|first| reader.expr(first)) {
            None | Some(Expr::Opaque(_)) => Expr::Opaque(span),
            Some(value) => Expr::Method(Box::new(value), Box::new(method)),
        };
        match (name, first) {
            ("String", _) => through(self, Method::Text),
            ("Number" | "parseInt" | "parseFloat" | "Number.parseInt" | "Number.parseFloat", _) => {
                through(self, Method::Number)
            }
            ("encodeURIComponent" | "encodeURI", _) => through(self, Method::Quote),
            (_, Some(first)) if super::scan::is_parser(name) => match self.json_file(first) {
                Some(module) => self.import(&module.value, "", span),
                None => Expr::Library(Spanned::new(format!("{name}()"), span)),
            },
            ("useRuntimeConfig", _) => self.runtime_config(span),
            (_, Some(first)) if name.ends_with(".defineConfig") => self.expr(first),
            ("url.parse", _) => through(self, Method::OnlyText),
            ("Boolean", Some(first)) => match self.condition(first) {
                crate::programs::Condition::Opaque => Expr::Opaque(span),
                condition => Expr::Test(Box::new(condition), span),
            },
            ("Object.freeze" | "Object.seal" | "Promise.resolve" | "structuredClone", Some(first)) => {
                self.expr(first)
            }
            ("Object.assign", Some(_)) => {
                let mut laid = Vec::new();
                for part in arguments.iter() {
                    let more = self.expr(part);
                    super::expressions::laid_over(&mut laid, more, span);
                }
                Expr::Merge(laid)
            }
            _ => Expr::Library(Spanned::new(format!("{name}()"), span)),
        }
    }
}
