//! What a file declares for its package: imports, constants, variables, types, functions.

use std::sync::Arc;

use tree_sitter::Node;

use super::reader::{Frame, Own, Reader};
use crate::programs::expr::{PATH, RECEIVER};
use crate::programs::reading::{fields, parts};
use crate::programs::{ArgumentExpr, CallExpr, Expr, Function, Method};
use crate::source::{Span, Spanned};

/// Functions within functions are summarised only this deep.
const MAX_NESTED: usize = 4;

/// A parameter, or a result, as written.
#[derive(Clone)]
pub(super) struct Parameter<'t> {
    /// Blank for results without a name.
    pub name: &'t str,
    pub kind: Option<Node<'t>>,
}

impl<'t> Reader<'t> {
    /// Reads a whole file.
    pub fn file(&mut self, root: Node<'t>) {
        let all = parts(root);
        let of = |kind: &'static str| all.iter().copied().filter(move |node| node.kind() == kind);
        for node in of("import_declaration") {
            self.import_declaration(node);
        }
        self.silently(|reader| {
            for node in of("const_declaration").chain(of("var_declaration")) {
                reader.specs(node, |reader, name, value| {
                    reader.top.insert(name.to_string(), value.share());
                });
            }
        });
        let types: Vec<Node<'t>> = of("type_declaration").flat_map(parts).collect();
        for node in &types {
            if let Some(body) = node.child_by_field_name("type").filter(|body| body.kind() == "struct_type") {
                self.structs.insert(self.child(*node, "name").to_string(), body);
            }
        }
        self.look_at_viper(root);
        self.note_embedded();
        for node in of("function_declaration") {
            let function = self.silently(|reader| reader.function(node));
            self.top.insert(self.child(node, "name").to_string(), function);
        }
        let methods: Vec<Node<'t>> = of("method_declaration").collect();
        self.types(&methods);
        self.instances(of("function_declaration"));
        self.read_in_depth(&all);
    }

    fn import_declaration(&mut self, node: Node<'t>) {
        let specs = parts(node).into_iter().flat_map(|part| match part.kind() {
            "import_spec_list" => parts(part),
            _ => vec![part],
        });
        for spec in specs {
            let Some(path) = spec.child_by_field_name("path").and_then(|path| self.literal(path)) else {
                continue;
            };
            let alias = spec.child_by_field_name("name").map(|name| self.text(name));
            self.import(&path, alias);
        }
    }

    /// The names that a `var` or `const` declares, and their values.
    pub fn specs(&mut self, node: Node<'t>, mut each: impl FnMut(&mut Self, &'t str, Expr)) {
        let specs = parts(node).into_iter().flat_map(|part| match part.kind() {
            "var_spec_list" => parts(part),
            _ => vec![part],
        });
        for spec in specs {
            let names = fields(spec, "name");
            let names: Vec<Node<'t>> = names.into_iter().filter(|name| name.kind() == "identifier").collect();
            let values = spec.child_by_field_name("value").map(parts).unwrap_or_default();
            let made = self.values_for(&values, names.len());
            for (at, name) in names.into_iter().enumerate() {
                let value = match made.get(at) {
                    Some(value) => value.clone(),
                    None => self.zero(spec.child_by_field_name("type")),
                };
                each(self, self.text(name), value);
            }
        }
    }

    /// What a variable of this type holds before anything is assigned.
    pub fn zero(&mut self, kind: Option<Node<'t>>) -> Expr {
        let Some(kind) = kind else { return Expr::Opaque(Span::NONE) };
        let span = self.span(kind);
        match (kind.kind(), self.text(kind)) {
            (_, "string") => Expr::Null(span),
            (_, "int" | "int8" | "int16" | "int32" | "int64" | "uint" | "uint16" | "uint32" | "uint64") => {
                Expr::Number(Spanned::new("0".to_string(), span))
            }
            (_, "bool") => Expr::Bool(false, span),
            (_, "error") | ("pointer_type", _) => Expr::Null(span),
            ("map_type", _) => Expr::Record(Vec::new()),
            ("slice_type", _) => Expr::List(Vec::new()),
            ("type_identifier" | "qualified_type" | "generic_type", _) => self.instance_of_zero(kind),
            ("struct_type", _) => self.record_of(kind, "", "", 0),
            _ => Expr::Opaque(span),
        }
    }

    fn instance_of_zero(&mut self, kind: Node<'t>) -> Expr {
        let span = self.span(kind);
        match self.expr(kind) {
            callee @ (Expr::Own(_) | Expr::Imported { .. }) => {
                Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }))
            }
            Expr::Library(name) => Expr::Library(Spanned::new(format!("{}()", name.value), span)),
            _ => Expr::Opaque(span),
        }
    }

    /// What a call of the function gives.
    pub fn function(&mut self, node: Node<'t>) -> Expr {
        let name = match self.child(node, "name") {
            "" => "func",
            name => name,
        };
        let nested = self.names.frames.len();
        if nested > MAX_NESTED {
            return Expr::Opaque(self.span(node));
        }
        let written = self.parameters(node, "parameters");
        let parameters: Vec<(String, Option<Expr>)> =
            written.iter().map(|parameter| (parameter.name.to_string(), None)).collect();
        let mut frame = self.frame_of(node);
        for parameter in &written {
            frame.names.insert(parameter.name.to_string(), Expr::Parameter(parameter.name.to_string()));
        }
        if let Some(receiver) = self.parameters(node, "receiver").into_iter().next() {
            frame.names.insert(receiver.name.to_string(), Expr::Parameter(RECEIVER.to_string()));
        }
        let (leaves, frame) = self
            .framed(frame, |reader| node.child_by_field_name("body").is_some_and(|body| reader.block(body)));
        let body = frame.result(leaves, self.span(node));
        Expr::Function(Arc::new(Function { name: name.to_string(), parameters, body, class: false }))
    }

    /// A frame for the function, with its named results.
    fn frame_of(&mut self, node: Node<'t>) -> Frame {
        let result = node.child_by_field_name("result");
        let results = match result {
            Some(result) if result.kind() == "parameter_list" => self.parameters(node, "result"),
            other => vec![Parameter { name: "", kind: other }],
        };
        let last = results.last().and_then(|result| result.kind).map(|kind| self.text(kind));
        let own = Own {
            fails: last == Some("error"),
            starts: starts_with(self.child(node, "name")),
            results: results.iter().map(|result| result.name.to_string()).collect(),
        };
        let mut frame = Frame::new(own);
        for result in results.iter().filter(|result| !result.name.is_empty()) {
            let zero = self.zero(result.kind);
            frame.names.insert(result.name.to_string(), zero);
        }
        frame
    }

    /// The parameters in a list; `a, b string` are two, and `*config.Config` alone is one without a name.
    pub fn parameters(&self, node: Node<'t>, field: &str) -> Vec<Parameter<'t>> {
        let mut out = Vec::new();
        for declaration in node.child_by_field_name(field).into_iter().flat_map(parts).take(64) {
            let kind = declaration.child_by_field_name("type");
            let names = fields(declaration, "name");
            match names.is_empty() {
                true => out.push(Parameter { name: "", kind }),
                false => out.extend(names.iter().map(|name| Parameter { name: self.text(*name), kind })),
            }
        }
        out
    }

    /// The types of the file as classes: their fields and methods.
    fn types(&mut self, methods: &[Node<'t>]) {
        let mut of_types: indexmap::IndexMap<&'t str, Vec<(Spanned<String>, Expr)>> =
            indexmap::IndexMap::new();
        for method in methods {
            let Some(receiver) = self.parameters(*method, "receiver").into_iter().next() else { continue };
            let Some(name) = method.child_by_field_name("name") else { continue };
            let owner = receiver.kind.map_or("", |kind| self.text(kind));
            let owner = owner.trim_start_matches('*').split('[').next().unwrap_or("");
            let function = self.silently(|reader| reader.function(*method));
            of_types.entry(owner).or_default().push((self.spanned(name), function));
        }
        let structs: Vec<(String, Node<'t>)> =
            self.structs.iter().map(|(name, body)| (name.clone(), *body)).collect();
        let prefixes = self.prefixes();
        for (name, body) in structs {
            let prefix = prefixes.get(&name).cloned().unwrap_or_default();
            let fields = self.record_of(body, &prefix, "", 0);
            let methods = of_types.shift_remove(name.as_str()).unwrap_or_default();
            self.add_type(&name, fields, methods);
        }
        for (name, methods) in of_types {
            // The type is declared in another file, or is no struct.
            self.add_methods(name, methods);
        }
    }

    fn add_type(&mut self, name: &str, fields: Expr, methods: Vec<(Spanned<String>, Expr)>) {
        let body = match methods.is_empty() {
            true => fields,
            false => Expr::Merge(vec![fields, Expr::Record(methods)]),
        };
        // A struct that is filled from a file is told where its fields stand there.
        let parameters = vec![(PATH.to_string(), Some(Expr::Null(Span::NONE)))];
        let class = Function { name: name.to_string(), parameters, body, class: true };
        self.top.insert(name.to_string(), Expr::Function(Arc::new(class)));
    }

    fn add_methods(&mut self, name: &str, methods: Vec<(Spanned<String>, Expr)>) {
        for (method, function) in methods {
            self.top.insert(format!("{name}.{}", method.value), function);
        }
    }

    /// For each type the value that functions mean that are handed one: what its constructor makes. Programs
    /// make their configuration once, and pass it on.
    fn instances(&mut self, functions: impl Iterator<Item = Node<'t>>) {
        let mut made: indexmap::IndexMap<String, (usize, Expr)> = indexmap::IndexMap::new();
        for node in functions {
            let Some(result) = node.child_by_field_name("result") else { continue };
            let several = result.kind() == "parameter_list";
            let kind = match several {
                true => self.parameters(node, "result").into_iter().next().and_then(|result| result.kind),
                false => Some(result),
            };
            let name = kind.map_or("", |kind| self.text(kind)).trim_start_matches('*');
            let plain = name.starts_with(|c: char| c.is_alphabetic()) && !name.contains(['.', '[', '(', ' ']);
            if !plain || matches!(name, "string" | "int" | "bool" | "error") {
                continue;
            }
            let count = self.parameters(node, "parameters").len();
            if made.get(name).is_some_and(|(known, _)| *known <= count) {
                continue;
            }
            let (span, function) = (self.span(node), self.child(node, "name"));
            let callee = Expr::Own(Spanned::new(function.to_string(), span));
            let handed = |at: usize| argument(function, at, Expr::Opaque(span), span);
            let arguments = (0..count).map(|at| (None, handed(at))).collect();
            let call = Expr::Call(Box::new(CallExpr { callee, arguments, span }));
            let value = match several {
                true => Expr::Method(Box::new(call), Box::new(Method::Index(0))),
                false => call,
            };
            made.insert(name.to_string(), (count, value));
        }
        for (name, (_, value)) in made {
            self.top.insert(instance(&name), value);
        }
        let structs: Vec<(String, Node<'t>)> =
            self.structs.iter().map(|(name, body)| (name.clone(), *body)).collect();
        for (name, body) in &structs {
            if !self.top.contains_key(&instance(name)) && self.is_tagged(*body) {
                let callee = Expr::Own(Spanned::new(name.clone(), Span::NONE));
                let call = CallExpr { callee, arguments: Vec::new(), span: Span::NONE };
                self.top.insert(instance(name), Expr::Call(Box::new(call)));
            }
        }
        // A type that is a field of another is that field of the other's value.
        for (whole, body) in &structs {
            for field in self.fields_of(*body) {
                let kind = self.text(field.kind).trim_start_matches('*').to_string();
                if kind != *whole
                    && self.structs.contains_key(&kind)
                    && !self.top.contains_key(&instance(&kind))
                {
                    let base = Expr::Own(Spanned::new(instance(whole), Span::NONE));
                    self.top.insert(instance(&kind), Expr::Member(Box::new(base), field.name));
                }
            }
        }
    }

    /// Reads initialisers and functions for their reads and sinks.
    fn read_in_depth(&mut self, all: &[Node<'t>]) {
        for node in all {
            match node.kind() {
                "const_declaration" | "var_declaration" => self.scan(*node),
                "type_declaration" => {
                    for declared in parts(*node) {
                        self.note_tags(declared);
                    }
                }
                "function_declaration" | "method_declaration" => self.read_function(*node),
                // What is half written may be a function.
                "ERROR" => {
                    self.framed(Frame::new(Own::default()), |reader| reader.block(*node));
                }
                _ => {}
            }
        }
    }

    /// Reads a function; parameters are what their types say.
    fn read_function(&mut self, node: Node<'t>) {
        let Some(body) = node.child_by_field_name("body") else { return };
        let mut frame = self.frame_of(node);
        let name = self.child(node, "name");
        for receiver in self.parameters(node, "receiver") {
            let value = self.of_type(receiver.kind);
            frame.names.insert(receiver.name.to_string(), value);
        }
        for (at, parameter) in self.parameters(node, "parameters").into_iter().enumerate() {
            let span = parameter.kind.map_or(Span::NONE, |kind| self.span(kind));
            let value = match self.of_type(parameter.kind) {
                object @ Expr::Library(_) => object,
                otherwise => argument(name, at, otherwise, span),
            };
            frame.names.insert(parameter.name.to_string(), value);
        }
        self.owner = (!matches!(name, "main" | "init")).then(|| name.to_string());
        // Methods that others can see may be called by libraries.
        let called = node.kind() == "function_declaration" || name.starts_with(char::is_lowercase);
        if self.owner.is_some() && called {
            self.notes.module.functions.push(Spanned::new(name.to_string(), self.span(node)));
        }
        let (leaves, frame) = self.framed(frame, |reader| reader.block(body));
        self.owner = None;
        let span = self.span(node);
        self.widen(&frame.result(leaves, span));
    }

    /// What a parameter of this type is handed.
    pub fn of_type(&mut self, kind: Option<Node<'t>>) -> Expr {
        let Some(mut kind) = kind else { return Expr::Opaque(Span::NONE) };
        let span = self.span(kind);
        if kind.kind() == "pointer_type" {
            kind = parts(kind).first().copied().unwrap_or(kind);
        }
        if !matches!(kind.kind(), "type_identifier" | "qualified_type") {
            return Expr::Opaque(span);
        }
        match self.expr(kind) {
            Expr::Own(name)
                if name.value.chars().any(char::is_uppercase) || self.structs.contains_key(&name.value) =>
            {
                Expr::Own(Spanned::new(instance(&name.value), name.span))
            }
            Expr::Imported { module, name, span } => Expr::Imported { module, name: instance(&name), span },
            Expr::Library(name) => Expr::Library(Spanned::new(format!("{}()", name.value), span)),
            _ => Expr::Opaque(span),
        }
    }
}

/// What the parameter of a function of the file is handed.
fn argument(function: &str, at: usize, otherwise: Expr, span: Span) -> Expr {
    let function = function.to_string();
    Expr::Argument(Box::new(ArgumentExpr { function, at, name: None, otherwise, span }))
}

/// The name under which the value of a type is kept; no name of a program has a star.
pub(super) fn instance(name: &str) -> String {
    format!("*{name}")
}

/// Whether an error that a function of this name returns is one that the program does not start with.
fn starts_with(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = [
        "load",
        "new",
        "init",
        "must",
        "parse",
        "validate",
        "setup",
        "connect",
        "run",
        "main",
        "config",
        "open",
        "start",
        "create",
        "build",
        "fromenv",
        "require",
        "bootstrap",
    ];
    words.iter().any(|word| name.contains(word))
}
