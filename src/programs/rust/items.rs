//! The items of a file: constants, types with their methods, functions.

use std::sync::Arc;

use tree_sitter::Node;

use super::instances::instance;
use super::reader::{Frame, Own, Reader};
use crate::programs::expr::{PATH, RECEIVER};
use crate::programs::reading::parts;
use crate::programs::{ArgumentExpr, CallExpr, Expr, Function};
use crate::source::{Span, Spanned};

/// Functions within functions are summarised only this deep.
const MAX_NESTED: usize = 4;

/// An item with what stands in the attributes above it.
#[derive(Clone)]
struct Item<'t> {
    node: Node<'t>,
    attributes: String,
}

impl<'t> Reader<'t> {
    /// Reads a whole file.
    pub fn file(&mut self, root: Node<'t>) {
        let items = self.items(root, 0);
        for item in items.iter().filter(|item| item.node.kind() == "mod_item") {
            self.modules.insert(self.child(item.node, "name").to_string());
        }
        for item in &items {
            match item.node.kind() {
                "use_declaration" => self.use_declaration(item.node),
                "struct_item" => {
                    let name = self.child(item.node, "name").to_string();
                    if let Some(body) = item.node.child_by_field_name("body") {
                        self.structs.insert(name, (body, item.attributes.clone()));
                    }
                }
                _ => {}
            }
        }
        for item in items.iter().filter(|item| item.node.kind() == "impl_item") {
            let name = self.type_name(item.node.child_by_field_name("type"));
            for method in self.methods(item.node) {
                self.added.insert((name.clone(), self.child(method, "name").to_string()));
            }
        }
        for item in &items {
            if matches!(item.node.kind(), "const_item" | "static_item") {
                let name = self.child(item.node, "name").to_string();
                if let Some(value) = item.node.child_by_field_name("value") {
                    let value = self.silently(|reader| reader.expr(value)).share();
                    self.top.insert(name, value);
                }
            }
        }
        for item in items.iter().filter(|item| item.node.kind() == "function_item") {
            let function = self.silently(|reader| reader.function(item.node));
            self.top.insert(self.child(item.node, "name").to_string(), function);
        }
        self.types(&items);
        for item in &items {
            self.in_depth(item);
        }
    }

    /// The items below a node, those of modules that are written out and of `lazy_static!` among them.
    fn items(&self, node: Node<'t>, depth: usize) -> Vec<Item<'t>> {
        let mut out = Vec::new();
        let mut attributes = String::new();
        for part in parts(node) {
            let inner: Vec<Node<'t>> = match part.kind() {
                "attribute_item" => {
                    attributes.push_str(self.text(part));
                    continue;
                }
                "mod_item" if attributes.contains("cfg(test)") => Vec::new(),
                "mod_item" => part.child_by_field_name("body").into_iter().collect(),
                "expression_statement" | "macro_invocation" => {
                    let invoked = match part.kind() {
                        "macro_invocation" => Some(part),
                        _ => parts(part).into_iter().find(|inner| inner.kind() == "macro_invocation"),
                    };
                    let tokens = invoked
                        .and_then(|node| parts(node).into_iter().find(|part| part.kind() == "token_tree"));
                    tokens
                        .filter(|_| {
                            invoked.is_some_and(|node| self.child(node, "macro").ends_with("lazy_static"))
                        })
                        .map(|tokens| self.inside.arguments(tokens).map(|(_, code)| code).collect())
                        .unwrap_or_default()
                }
                _ => Vec::new(),
            };
            let test = attributes.contains("cfg(test)");
            if depth < 6 && !test {
                inner.into_iter().for_each(|inner| out.extend(self.items(inner, depth + 1)));
            }
            if !test {
                out.push(Item { node: part, attributes: std::mem::take(&mut attributes) });
            }
            attributes.clear();
        }
        out
    }

    fn types(&mut self, items: &[Item<'t>]) {
        let mut methods: indexmap::IndexMap<String, Vec<(Spanned<String>, Expr)>> = indexmap::IndexMap::new();
        let mut makers: Vec<(String, Node<'t>)> = Vec::new();
        for item in items.iter().filter(|item| item.node.kind() == "impl_item") {
            let name = self.type_name(item.node.child_by_field_name("type"));
            self.this = Some(name.clone());
            for method in self.methods(item.node) {
                let function = self.silently(|reader| reader.function(method));
                let Some(own) = method.child_by_field_name("name") else { continue };
                methods.entry(name.clone()).or_default().push((self.spanned(own), function));
                makers.push((name.clone(), method));
            }
            self.this = None;
        }
        let structs: Vec<(String, (Node<'t>, String))> =
            self.structs.iter().map(|(name, known)| (name.clone(), known.clone())).collect();
        for (name, (body, attributes)) in structs {
            let fields = self.filled_record(&name, body, &attributes);
            let mut methods = methods.shift_remove(&name).unwrap_or_default();
            if self.is_filled(&name) {
                methods.extend(made_by_clap(&name));
            }
            let body = Expr::Merge(vec![fields, Expr::Record(methods)]);
            self.add_type(&name, body);
        }
        for (name, methods) in methods {
            self.add_type(&name, Expr::Record(methods));
        }
        let functions: Vec<Node<'t>> =
            items.iter().map(|item| item.node).filter(|node| node.kind() == "function_item").collect();
        self.instances(&makers, &functions);
    }

    fn add_type(&mut self, name: &str, body: Expr) {
        // A struct that is filled from a file is told where its fields stand there.
        let parameters = vec![(PATH.to_string(), Some(Expr::Null(Span::NONE)))];
        let class = Function { name: name.to_string(), parameters, body, class: true };
        self.top.insert(name.to_string(), Expr::Function(Arc::new(class)));
    }

    fn methods(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let body = node.child_by_field_name("body").map(parts).unwrap_or_default();
        body.into_iter().filter(|part| part.kind() == "function_item").collect()
    }

    /// The name of a type without references, wrappers and arguments: `Settings` of `&Arc<Settings>`.
    pub fn type_name(&self, kind: Option<Node<'t>>) -> String {
        let Some(kind) = kind else { return String::new() };
        let mut text = self.text(kind).trim_start_matches(['&', ' ']);
        for _ in 0..6 {
            text =
                text.trim_start_matches(['&', ' ']).trim_start_matches("mut ").trim_start_matches("'static ");
            let Some((outer, inner)) = text.split_once('<') else { break };
            let outer = outer.rsplit("::").next().unwrap_or(outer);
            if !matches!(outer, "Arc" | "Rc" | "Box" | "Data" | "State" | "Extension" | "Option" | "Result") {
                text = text.split('<').next().unwrap_or(text);
                break;
            }
            text = inner.split([',', '>']).next().unwrap_or(inner);
        }
        text.rsplit("::").next().unwrap_or(text).trim().to_string()
    }

    /// The parameters of a function: their names and types; the receiver is `self`.
    pub fn parameters(&self, node: Node<'t>) -> Vec<(&'t str, Option<Node<'t>>)> {
        let list = node.child_by_field_name("parameters").map(parts).unwrap_or_default();
        list.into_iter()
            .filter_map(|part| match part.kind() {
                "self_parameter" => Some(("self", None)),
                "parameter" => {
                    let pattern = part.child_by_field_name("pattern")?;
                    let name = match pattern.kind() {
                        "identifier" => pattern,
                        // `State(config): State<Config>`
                        _ => parts(pattern).into_iter().rfind(|inner| inner.kind() == "identifier")?,
                    };
                    Some((self.text(name), part.child_by_field_name("type")))
                }
                _ => None,
            })
            .take(64)
            .collect()
    }

    /// What a call of the function gives.
    pub fn function(&mut self, node: Node<'t>) -> Expr {
        if self.names.frames.len() > MAX_NESTED {
            return Expr::Opaque(self.span(node));
        }
        let mut frame = self.frame_of(node);
        let mut parameters = Vec::new();
        for (name, _) in self.parameters(node) {
            if name == "self" {
                frame.names.insert(name.to_string(), Expr::Parameter(RECEIVER.to_string()));
                continue;
            }
            frame.names.insert(name.to_string(), Expr::Parameter(name.to_string()));
            parameters.push((name.to_string(), None));
        }
        let body = self.body(node, frame);
        let name = self.child(node, "name").to_string();
        Expr::Function(Arc::new(Function { name, parameters, body, class: false }))
    }

    /// What the body gives in a frame: what it returned on each path, and its last expression.
    fn body(&mut self, node: Node<'t>, frame: Frame) -> Expr {
        let ((value, left), mut frame) = self.framed(frame, |reader| {
            let value = node.child_by_field_name("body").map(|body| reader.block(body));
            (value, reader.left)
        });
        let leaves = left != super::reader::Left::No;
        if let Some(value) = value.filter(|_| !leaves) {
            frame.returned(value);
        }
        frame.result(true, self.span(node))
    }

    fn frame_of(&self, node: Node<'t>) -> Frame {
        let name = self.child(node, "name").to_ascii_lowercase();
        let words = [
            "main", "new", "load", "from_env", "init", "connect", "config", "run", "start", "build", "setup",
        ];
        let more = ["create", "settings", "try_from", "bootstrap", "serve", "establish", "read"];
        Frame::new(Own { starts: words.iter().chain(&more).any(|word| name.contains(word)) })
    }

    /// Reads an item for its reads and sinks.
    fn in_depth(&mut self, item: &Item<'t>) {
        match item.node.kind() {
            "const_item" | "static_item" => {
                self.field = Some(self.child(item.node, "name").to_string());
                if let Some(value) = item.node.child_by_field_name("value") {
                    let _ = self.expr(value);
                }
                self.field = None;
            }
            "struct_item" => {
                self.rocket_database(&item.attributes, item.node);
                self.note_filled(item.node, &item.attributes);
            }
            "function_item" => self.read_function(item.node, !item.attributes.is_empty()),
            "impl_item" => {
                self.this = Some(self.type_name(item.node.child_by_field_name("type")));
                let of_trait = item.node.child_by_field_name("trait").is_some();
                for method in self.methods(item.node) {
                    self.read_function(method, of_trait);
                }
                self.this = None;
            }
            // What is half written may hold statements.
            "ERROR" | "let_declaration" | "expression_statement" => {
                let frame = Frame::new(Own::default());
                let statements = match item.node.kind() {
                    "ERROR" => parts(item.node),
                    _ => vec![item.node],
                };
                self.framed(frame, |reader| {
                    statements.into_iter().for_each(|part| drop(reader.statement(part)))
                });
            }
            _ => {}
        }
    }

    /// Reads a function; parameters are what its callers hand over, or what their types say.
    fn read_function(&mut self, node: Node<'t>, called_by_others: bool) {
        let mut frame = self.frame_of(node);
        let name = self.child(node, "name");
        let parameters = self.parameters(node);
        let method = parameters.first().is_some_and(|(name, _)| *name == "self");
        for (at, (parameter, kind)) in parameters.into_iter().enumerate() {
            let value = match parameter {
                "self" => match &self.this {
                    Some(this) => Expr::Own(Spanned::new(instance(this), Span::NONE)),
                    None => Expr::Opaque(Span::NONE),
                },
                _ => {
                    let otherwise = self.of_type(kind);
                    let span = kind.map_or(Span::NONE, |kind| self.span(kind));
                    argument(name, at - usize::from(method), otherwise, span)
                }
            };
            frame.names.insert(parameter.to_string(), value);
        }
        self.owner = (name != "main" && !called_by_others).then(|| name.to_string());
        if self.owner.is_some() {
            self.notes.module.functions.push(Spanned::new(name.to_string(), self.span(node)));
        }
        let _ = self.body(node, frame);
        self.owner = None;
    }

    /// What a parameter of this type is handed.
    fn of_type(&mut self, kind: Option<Node<'t>>) -> Expr {
        let name = self.type_name(kind);
        let span = kind.map_or(Span::NONE, |kind| self.span(kind));
        match self.used.get(&name) {
            Some(Expr::Imported { module, name, .. }) => {
                Expr::Imported { module: module.clone(), name: instance(name), span }
            }
            Some(Expr::Library(name)) => Expr::Library(Spanned::new(format!("{}.new()", name.value), span)),
            _ if self.structs.contains_key(&name) => Expr::Own(Spanned::new(instance(&name), span)),
            _ => Expr::Opaque(span),
        }
    }
}

/// The functions that clap, structopt and envconfig give a struct: each makes one.
fn made_by_clap(name: &str) -> Vec<(Spanned<String>, Expr)> {
    let make = |function: &str| {
        let callee = Expr::Own(Spanned::new(name.to_string(), Span::NONE));
        let body = Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span: Span::NONE }));
        let (name, parameters) = (function.to_string(), Vec::new());
        let made = Function { name: name.clone(), parameters, body, class: false };
        (Spanned::new(name, Span::NONE), Expr::Function(Arc::new(made)))
    };
    ["parse", "try_parse", "from_args", "init_from_env"].map(make).into()
}

/// What the parameter of a function of the file is handed.
pub(super) fn argument(function: &str, at: usize, otherwise: Expr, span: Span) -> Expr {
    let function = function.to_string();
    Expr::Argument(Box::new(ArgumentExpr { function, at, name: None, otherwise, span }))
}
