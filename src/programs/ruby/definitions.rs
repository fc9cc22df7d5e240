//! Methods, classes and blocks.

use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use tree_sitter::Node;

use super::reader::{Kind, Pending, Reader};
use super::statements::named;
use crate::programs::reading::{Frame, parts};
use crate::programs::{Expr, Function};
use crate::source::Span;

/// Methods within methods are summarised only this deep.
const MAX_NESTED: usize = 5;
/// Classes with more methods are summarised once: their helpers do not matter.
const MANY_METHODS: usize = 60;

impl<'t> Reader<'t> {
    /// `def name(…) … end`: summarised for its calls now, read in depth when the names around are complete.
    pub fn define_method(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(name) = node.child_by_field_name("name") else { return Expr::Opaque(span) };
        let name = format!("{}()", self.text(name));
        let function = self.method(node, &name);
        self.names.bind(&name, function);
        if self.notes.recording && self.pending.len() < 2_000 {
            // Their names are known when each class is complete.
            self.pending.push(Pending { node, classes: vec![Rc::default(); self.classes()] });
        }
        Expr::Text(named(&name, span))
    }

    /// What a call of the method gives.
    pub fn method(&mut self, node: Node<'t>, name: &str) -> Expr {
        let span = self.span(node);
        let parameters = self.parameters(node);
        if self.names.frames.len() > MAX_NESTED {
            return Expr::Opaque(span);
        }
        let body = self.silently(|reader| {
            reader.enter(Kind::Method, &parameters, None);
            reader.run(node)
        });
        Expr::Function(Arc::new(Function { name: name.to_string(), parameters, body, class: false }))
    }

    /// Runs a body in the frame that was entered for it, and leaves that: what it returned.
    fn run(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let before = std::mem::replace(&mut self.left, false);
        let value = node.child_by_field_name("body").map(|body| self.expr(body));
        let leaves = std::mem::replace(&mut self.left, before);
        if let (Some(value), false) = (value, leaves) {
            self.returns(value);
        }
        match self.names.frames.pop() {
            // A method without a body gives nothing.
            Some(frame) if frame.returns.is_empty() && !leaves => Expr::Null(span),
            Some(frame) => frame.result(true, span),
            None => Expr::Opaque(span),
        }
    }

    fn parameters(&mut self, node: Node<'t>) -> Vec<(String, Option<Expr>)> {
        let list = node.child_by_field_name("parameters").into_iter().flat_map(parts).take(64);
        let mut out = Vec::new();
        for part in list {
            let name = part.child_by_field_name("name").unwrap_or(part);
            let default = part.child_by_field_name("value").map(|value| self.expr(value));
            out.push((self.text(name).to_string(), default));
        }
        out
    }

    /// Reads a method for its reads and clients; parameters are their defaults.
    pub fn read_method(&mut self, pending: Pending<'t>) {
        let node = pending.node;
        let name = node.child_by_field_name("name").map_or("", |name| self.text(name));
        let of_class = !pending.classes.is_empty();
        if self.notes.recording && node.kind() == "method" && of_class && name != "initialize" {
            let place = self.span(node);
            self.notes.module.later.push(place);
        }
        let span = self.span(node);
        let frames = self.names.frames.len();
        for names in pending.classes {
            let mut frame = Frame::new(Kind::Class);
            frame.names = IndexMap::clone(&names);
            self.names.frames.push(frame);
        }
        let parameters = self.parameters(node);
        self.enter(Kind::Method, &parameters, Some(span));
        self.run(node);
        self.names.frames.truncate(frames);
    }

    /// How many classes are around.
    fn classes(&self) -> usize {
        self.names.frames.iter().filter(|frame| frame.own == Kind::Class).count()
    }

    /// `class Name … end`: a record of its constants and methods.
    pub fn define_class(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(name) = node.child_by_field_name("name") else { return Expr::Opaque(span) };
        let written = self.text(name).to_string();
        let name = written.rsplit("::").next().unwrap_or("").to_string();
        let Some(body) = node.child_by_field_name("body") else { return Expr::Null(span) };
        if self.names.frames.len() > MAX_NESTED {
            return Expr::Opaque(span);
        }
        let mut frame = Frame::new(Kind::Class);
        // A class may be opened again.
        if let Some(Expr::Function(known)) = self.names.bound(&name).map(Expr::peel)
            && known.class
            && let Expr::Record(fields) = known.body.peel()
        {
            frame.names.extend(fields.iter().map(|(name, value)| (name.value.clone(), value.clone())));
        }
        self.names.frames.push(frame);
        let (first, level) = (self.pending.len(), self.classes());
        let initializer = parts(body).into_iter().find(|part| {
            let name = part.child_by_field_name("name");
            part.kind() == "method" && name.is_some_and(|name| self.text(name) == "initialize")
        });
        let parameters = initializer.map(|method| self.parameters(method)).unwrap_or_default();
        if let Some(method) = initializer {
            self.silently(|reader| reader.initialize(method, &parameters, None));
        }
        self.sequence(body);
        // Again, for methods that call those below them.
        let own = self.pending.iter().skip(first).filter(|pending| pending.classes.len() == level);
        let methods: Vec<Node<'t>> = own.map(|pending| pending.node).take(200).collect();
        for _ in 0..if methods.len() > MANY_METHODS { 0 } else { 2 } {
            for method in methods.iter().filter(|method| Some(**method) != initializer) {
                let Some(name) = method.child_by_field_name("name") else { continue };
                let name = format!("{}()", self.text(name));
                let function = self.method(*method, &name);
                self.names.bind(&name, function);
            }
        }
        let record = self.members(span);
        if let (Some(method), true) = (initializer, self.notes.recording) {
            let span = self.span(method);
            self.silently(|reader| reader.initialize(method, &parameters, Some(span)));
        }
        let names = Rc::new(self.names.frames.pop().map(|frame| frame.names).unwrap_or_default());
        for pending in self.pending.iter_mut().skip(first) {
            if let Some(known) = level.checked_sub(1).and_then(|at| pending.classes.get_mut(at)) {
                *known = names.clone();
            }
        }
        let function = Function { name: name.clone(), parameters, body: record, class: true };
        let class = Expr::Function(Arc::new(function)).share();
        self.names.bind(&name, class.clone());
        if written != name {
            self.names.bind(&written, class);
        }
        Expr::Null(span)
    }

    /// Runs an initializer; the instance variables that it sets are the class's.
    fn initialize(&mut self, node: Node<'t>, parameters: &[(String, Option<Expr>)], missing: Option<Span>) {
        self.enter(Kind::Method, parameters, missing);
        let before = std::mem::replace(&mut self.left, false);
        node.child_by_field_name("body").map(|body| self.expr(body));
        self.left = before;
        let made = self.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
        for (name, value) in made.into_iter().filter(|(name, _)| name.starts_with('@')) {
            self.names.bind(&name, value);
        }
    }

    /// The members of the class whose body was read, as the fields of a record. An attribute that is only read
    /// is a method that gives the variable.
    fn members(&self, span: Span) -> Expr {
        let members = self.names.frames.last().into_iter().flat_map(|frame| &frame.names);
        let mut fields = Vec::new();
        for (name, value) in members {
            fields.push((named(name, Span::NONE), value.clone()));
            if let Some(attribute) = name.strip_prefix('@') {
                let name = format!("{}()", attribute.trim_start_matches('@'));
                let function = Function {
                    name: name.clone(),
                    parameters: Vec::new(),
                    body: value.clone(),
                    class: false,
                };
                fields.insert(0, (named(&name, span), Expr::Function(Arc::new(function))));
            }
        }
        Expr::Record(fields).share()
    }

    /// A block: read where it stands, with `given` for its first parameter. What it gives, and whether it never
    /// comes to its end.
    pub fn block(&mut self, block: Node<'t>, given: Option<Expr>) -> (Expr, bool) {
        let span = self.span(block);
        let mut parameters = self.parameters(block);
        if let (Some(first), Some(given)) = (parameters.first_mut(), given) {
            first.1 = Some(given);
        }
        if self.names.frames.len() > MAX_NESTED * 2 {
            return (Expr::Opaque(span), false);
        }
        self.enter(Kind::Block, &parameters, Some(span));
        let left = std::mem::replace(&mut self.left, false);
        let value = match block.child_by_field_name("body") {
            Some(body) => self.expr(body),
            None => Expr::Null(span),
        };
        let leaves = std::mem::replace(&mut self.left, left);
        let mark = self.names.frames.pop();
        // What a block changes in the code around it.
        let around = mark.map(|frame| frame.names).unwrap_or_default();
        for (name, value) in around {
            let known = self.local(&name).is_some() || name.starts_with('@');
            if known && !parameters.iter().any(|(parameter, _)| *parameter == name) {
                self.names.bind(&name, value);
            }
        }
        (value, leaves)
    }

    pub fn lambda(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let parameters = self.parameters(node);
        self.enter(Kind::Block, &parameters, Some(span));
        self.run(node);
        let body = self.silently(|reader| {
            reader.enter(Kind::Block, &parameters, None);
            reader.run(node)
        });
        Expr::Function(Arc::new(Function { name: "lambda".to_string(), parameters, body, class: false }))
    }
}
