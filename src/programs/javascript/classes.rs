//! Classes: the fields that their instances have.

use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use tree_sitter::Node;

use super::reader::{FrameKind, Pending, Reader, frame};
use crate::programs::reading::parts;
use crate::programs::{CallExpr, Expr, Function};
use crate::source::Spanned;

/// Members of a class that are looked at.
const MAX_MEMBERS: usize = 300;

impl<'t> Reader<'t> {
    /// A class as a value: a call makes an instance, a record of its fields.
    pub fn class(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let name = node.child_by_field_name("name").map_or("class", |name| self.text(name));
        let Some(body) = node.child_by_field_name("body") else { return Expr::Opaque(span) };
        let members: Vec<Node<'t>> = parts(body).into_iter().take(MAX_MEMBERS).collect();
        let constructor = members.iter().copied().find(|member| self.is_constructor(*member));
        let mut fields = self.silently(|reader| reader.initial_fields(&members));
        let parameters = constructor.map(|node| self.bound_parameters(node)).unwrap_or_default();
        if let Some(constructor) = constructor {
            let set = self.set_by(constructor, &fields, false);
            fields.extend(set);
        }
        let this = Rc::new(self.instance(&members, constructor));
        for member in members.iter().copied().filter(|member| member.kind() == "method_definition") {
            let Some(key) = member.child_by_field_name("name").and_then(|name| self.key(name)) else {
                continue;
            };
            if key.value == "constructor" {
                continue;
            }
            let getter = self.has_word(member, "get");
            if let Some(instance) = self.only_instance(member, name) {
                let value = match getter {
                    true => instance,
                    false => Expr::Function(Arc::new(Function {
                        name: key.value.clone(),
                        parameters: Vec::new(),
                        body: instance,
                        class: false,
                    })),
                };
                fields.insert(key.value, value);
                continue;
            }
            let value = self.with_this(&this, |reader| match getter {
                true => reader.summary_of(member),
                false => reader.function(member, &key.value),
            });
            fields.insert(key.value, value);
        }
        let fields = fields.into_iter().map(|(name, value)| (Spanned::new(name, span), value)).collect();
        let own = Expr::Record(fields);
        let base = parts(node).into_iter().find(|part| part.kind() == "class_heritage");
        let base = base.and_then(|heritage| heritage_of(heritage)).map(|base| self.expr(base));
        let body = match base {
            Some(base) => Expr::Merge(vec![base, own]),
            None => own,
        };
        Expr::Function(Arc::new(Function { name: name.to_string(), parameters, body, class: true }))
    }

    pub fn class_declaration(&mut self, node: Node<'t>) {
        let value = self.class(node);
        if let Some(name) = node.child_by_field_name("name") {
            self.bind(self.text(name), value);
        }
        self.class_members(node);
    }

    /// Reads what a class's fields and methods read and dial.
    pub fn class_members(&mut self, node: Node<'t>) {
        if !self.notes.recording {
            return;
        }
        self.decorators_of(node, node);
        let Some(body) = node.child_by_field_name("body") else { return };
        self.classes.push(body);
        let members: Vec<Node<'t>> = parts(body).into_iter().take(MAX_MEMBERS).collect();
        let constructor = members.iter().copied().find(|member| self.is_constructor(*member));
        let this = Rc::new(self.instance(&members, constructor));
        let class = node.child_by_field_name("name").map(|name| self.text(name));
        let mut decorated = false;
        for member in members {
            match member.kind() {
                "decorator" => {
                    decorated = true;
                    self.scan(member);
                    continue;
                }
                "method_definition" => {
                    let name = member.child_by_field_name("name").map(|name| self.text(name));
                    let own = parts(member).iter().any(|part| part.kind() == "decorator");
                    let name = name.filter(|_| !decorated && !own);
                    let (this, browser) = (Some(this.clone()), self.browser.now);
                    self.wait(Pending { node: member, name, this, class, path: Vec::new(), browser });
                }
                "field_definition" | "public_field_definition" => {
                    let key = field_name(member).and_then(|name| self.key(name));
                    match (key, member.child_by_field_name("value")) {
                        (Some(_), Some(value)) if super::declarations::is_function(value) => {
                            let (this, browser) = (Some(this.clone()), self.browser.now);
                            let name = class
                                .is_some()
                                .then(|| field_name(member).map(|name| self.text(name)))
                                .flatten();
                            self.wait(Pending { node: value, name, this, class, path: Vec::new(), browser });
                        }
                        (Some(key), Some(value)) => self.scan_field(&key.value, value, &this),
                        _ => {}
                    }
                }
                "class_static_block" => {
                    member.child_by_field_name("body").into_iter().for_each(|body| {
                        self.block(body);
                    });
                }
                _ => {}
            }
            decorated = false;
        }
    }

    fn scan_field(&mut self, name: &str, value: Node<'t>, this: &super::reader::Fields) {
        let held = self.held.replace(name.to_string());
        let owner = self.owner.clone();
        if owner.is_none() {
            self.owner = Some(name.to_string());
        }
        // The frame is gone before the functions in the value are read.
        let before = self.names.frames.last_mut().map(|frame| frame.own.this.replace(this.clone()));
        self.scan(value);
        if let (Some(frame), Some(before)) = (self.names.frames.last_mut(), before) {
            frame.own.this = before;
        }
        self.held = held;
        self.owner = owner;
    }

    /// The fields of `this` in methods, as far as they are known without knowing who makes the instance.
    fn instance(&mut self, members: &[Node<'t>], constructor: Option<Node<'t>>) -> IndexMap<String, Expr> {
        let mut fields = self.silently(|reader| reader.initial_fields(members));
        if let Some(constructor) = constructor {
            let set = self.set_by(constructor, &fields, true);
            fields.extend(set);
        }
        for member in members.iter().filter(|member| member.kind() == "method_definition") {
            let Some(name) = member.child_by_field_name("name") else { continue };
            let name = self.text(name).trim_start_matches('#');
            if !fields.contains_key(name) && self.has_word(*member, "get") {
                let this = Rc::new(fields.clone());
                let value = self.with_this(&this, |reader| reader.summary_of(*member));
                fields.insert(name.to_string(), value);
            }
        }
        fields
    }

    /// `static getInstance() { if (!Config.instance) Config.instance = new Config(); return Config.instance; }`
    fn only_instance(&self, member: Node<'t>, class: &str) -> Option<Expr> {
        let body = self.text(member.child_by_field_name("body").filter(|_| self.has_word(member, "static"))?);
        let made = [format!("new {class}()"), "new this()".to_string()];
        let keeps =
            body.to_ascii_lowercase().contains("instance") && made.iter().any(|made| body.contains(made));
        let span = self.span(member);
        keeps.then(|| {
            let callee = Expr::Own(Spanned::new(class.to_string(), span));
            Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }))
        })
    }

    fn initial_fields(&mut self, members: &[Node<'t>]) -> IndexMap<String, Expr> {
        let mut fields: IndexMap<String, Expr> = IndexMap::new();
        for member in members {
            if !matches!(member.kind(), "field_definition" | "public_field_definition") {
                continue;
            }
            let (Some(name), Some(value)) = (field_name(*member), member.child_by_field_name("value")) else {
                continue;
            };
            let Some(key) = self.key(name) else { continue };
            let this = Rc::new(fields.clone());
            let value = self.with_this(&this, |reader| reader.expr(value)).share();
            fields.insert(key.value, value);
        }
        fields
    }

    /// The fields that a constructor sets; with `assumed`, its parameters are what they are when the caller passes
    /// nothing that can be seen.
    fn set_by(
        &mut self,
        constructor: Node<'t>,
        fields: &IndexMap<String, Expr>,
        assumed: bool,
    ) -> IndexMap<String, Expr> {
        let span = self.span(constructor);
        self.silently(|reader| {
            let mut inner = frame(FrameKind::Function);
            let mut set = IndexMap::new();
            let mut values = Vec::new();
            let class = class_of(constructor).map(|name| reader.text(name)).filter(|_| reader.at_top());
            for (at, parameter) in reader.parameters(constructor).into_iter().enumerate() {
                let value = match assumed {
                    true => reader.handed(class, at, &parameter, span).share(),
                    false => Expr::Parameter(parameter.name.clone()),
                };
                if parameter.is_field {
                    set.insert(parameter.name.clone(), value.clone());
                }
                values.push((parameter, value));
            }
            let mut this = fields.clone();
            this.extend(set.clone());
            inner.own.this = Some(Rc::new(this));
            reader.names.frames.push(inner);
            values.into_iter().for_each(|(parameter, value)| reader.assign(parameter.pattern, value));
            if let Some(body) = constructor.child_by_field_name("body") {
                reader.block(body);
            }
            let names = reader.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
            let assigned = names.into_iter().filter_map(|(name, value)| {
                let field = name.strip_prefix("this.")?.trim_start_matches('#');
                (!field.contains('.')).then(|| (field.to_string(), value))
            });
            set.extend(assigned);
            set
        })
    }

    fn with_this<T>(&mut self, this: &super::reader::Fields, go: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.names.frames.last_mut().map(|frame| frame.own.this.replace(this.clone()));
        let out = go(self);
        if let (Some(frame), Some(before)) = (self.names.frames.last_mut(), before) {
            frame.own.this = before;
        }
        out
    }

    fn is_constructor(&self, member: Node<'t>) -> bool {
        member.kind() == "method_definition"
            && member.child_by_field_name("name").is_some_and(|name| self.text(name) == "constructor")
    }

    /// Whether a word stands before the name of a member: `get`, `static`.
    fn has_word(&self, member: Node<'t>, word: &str) -> bool {
        let Some(name) = member.child_by_field_name("name") else { return false };
        let before = self.file.text.get(member.start_byte()..name.start_byte()).unwrap_or("");
        before.split_whitespace().any(|found| found == word)
    }

    /// `enum Name { A = "a" }`
    pub fn enumeration(&mut self, node: Node<'t>) {
        let (Some(name), Some(body)) = (node.child_by_field_name("name"), node.child_by_field_name("body"))
        else {
            return;
        };
        let mut fields = Vec::new();
        for part in parts(body).into_iter().take(500) {
            let key = part.child_by_field_name("name").and_then(|name| self.key(name));
            if let (Some(key), Some(value)) = (key, part.child_by_field_name("value")) {
                let value = self.expr(value);
                fields.push((key, value));
            }
        }
        self.bind(self.text(name), Expr::Record(fields));
    }
}

fn field_name(member: Node<'_>) -> Option<Node<'_>> {
    member.child_by_field_name("name").or_else(|| member.child_by_field_name("property"))
}

/// The name of the class whose member this is.
fn class_of(member: Node<'_>) -> Option<Node<'_>> {
    member.parent()?.parent()?.child_by_field_name("name")
}

/// The class after `extends`.
fn heritage_of(heritage: Node<'_>) -> Option<Node<'_>> {
    let first = parts(heritage).into_iter().next()?;
    match first.kind() {
        "extends_clause" => first.child_by_field_name("value"),
        "implements_clause" => None,
        _ => Some(first),
    }
}
