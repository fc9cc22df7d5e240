//! Classes, records and structs: their members as a record, and what their code does.

use std::collections::HashSet;
use std::sync::Arc;

use tree_sitter::Node;

use super::reader::{Class, Own, Reader};
use crate::programs::reading::{Frame, parts};
use crate::programs::{Condition, Expr, Function, IfExpr, LookupExpr};
use crate::source::{Span, Spanned};

/// The parameter of every class: the section of the configuration that its properties are bound to.
pub(super) const SECTION: &str = "section";

/// Types within types are read only this deep.
const MAX_NESTED: usize = 6;

/// What a method that reads a variable or setting for others calls.
const HELPS: [&str; 3] = ["GetEnvironmentVariable(", "GetValue<", "onfiguration["];

/// Whether the node declares a type with members.
pub(super) fn is_type(node: Node<'_>) -> bool {
    matches!(node.kind(), "class_declaration" | "record_declaration" | "struct_declaration")
}

/// Whether the node holds declarations of others.
fn is_namespace(node: Node<'_>) -> bool {
    matches!(node.kind(), "namespace_declaration" | "declaration_list" | "preproc_if" | "preproc_else")
}

impl<'t> Reader<'t> {
    /// Notes the names of all types below this node.
    pub fn collect_types(&mut self, node: Node<'t>, depth: usize) {
        for part in parts(node) {
            if is_type(part) || part.kind() == "enum_declaration" {
                self.types.extend(part.child_by_field_name("name").map(|name| self.text(name)));
            }
            let body = part.child_by_field_name("body").filter(|_| is_type(part));
            let inner = body.or_else(|| is_namespace(part).then_some(part));
            if let Some(inner) = inner.filter(|_| depth < MAX_NESTED) {
                self.collect_types(inner, depth + 1);
            }
        }
    }

    /// Reads every type below this node.
    pub fn declarations_of_types(&mut self, node: Node<'t>) {
        for part in parts(node) {
            if is_type(part) {
                self.deeper(|reader| reader.class_declaration(part));
            } else if is_namespace(part) {
                let body = part.child_by_field_name("body").unwrap_or(part);
                self.deeper(|reader| reader.declarations_of_types(body));
            }
        }
    }

    fn class_declaration(&mut self, node: Node<'t>) {
        // Tools make a context with it, never the program.
        let bases = parts(node).into_iter().find(|part| part.kind() == "base_list");
        if bases.is_some_and(|bases| self.text(bases).contains("IDesignTimeDbContextFactory")) {
            return;
        }
        let Some(name) = node.child_by_field_name("name").map(|name| self.text(name)) else { return };
        let members = self.members(node);
        let names = members.iter().flat_map(|member| self.names_of(*member)).map(|name| self.text(name));
        let mut names: HashSet<&'t str> = names.collect();
        let parameters = self.parameters(node);
        names.extend(parameters.iter().map(|(name, ..)| *name));
        self.classes.push(Class { name, members: names });
        self.names.frames.push(Frame::new(Own::Type));
        let since = self.notes.mark();
        let mut own = Vec::new();
        let record = node.kind() == "record_declaration";
        for (name, kind, default) in parameters {
            let default = default.map(|default| self.expr(default).share());
            let value = match kind.and_then(|kind| self.of_type(kind)) {
                Some(known) => known,
                None if record => {
                    let given = Expr::Parameter(name.to_string());
                    self.bound_property(name, default.clone(), given, self.span(node))
                }
                None => Expr::Parameter(name.to_string()),
            };
            self.names.bind(name, value);
            own.push((name.to_string(), default));
        }
        // Code sees all members, so what it reads comes first.
        let is_auto = |member: &Node<'t>| member.kind() == "property_declaration" && is_automatic(*member);
        let field = |member: &Node<'t>| member.kind() == "field_declaration";
        let constructor = |member: &Node<'t>| member.kind() == "constructor_declaration";
        // Fields are often read by a helper that stands below them.
        let helper = |member: &Node<'t>| {
            member.kind() == "method_declaration"
                && !self.parameters(*member).is_empty()
                && HELPS.iter().any(|call| self.text(*member).contains(call))
        };
        let helpers: Vec<Node<'t>> = members.iter().copied().filter(helper).collect();
        self.silently(|reader| {
            for member in helpers {
                reader.method(member, true);
            }
        });
        let objects = self.objects.len();
        for member in members.iter().filter(|member| field(member)) {
            self.field(*member);
        }
        self.finish_objects(objects);
        for member in members.iter().filter(|member| is_auto(member)) {
            self.property(*member);
        }
        let made_by = members.iter().copied().find(&constructor);
        for member in members.iter().filter(|member| constructor(member)) {
            self.method(*member, false);
        }
        for member in members {
            match member.kind() {
                "property_declaration" if !is_auto(&member) => self.computed(member),
                "method_declaration" => {
                    self.again_by_itself(member);
                    self.method(member, true);
                }
                _ if is_type(member) => {
                    self.deeper(|reader| reader.class_declaration(member));
                }
                _ => {}
            }
        }
        let names = self.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
        self.classes.pop();
        let span = self.span(node);
        let field = |(name, value): (String, Expr)| (Spanned::new(name, span), value);
        let record = Expr::Record(names.into_iter().map(field).collect());
        let body = match self.base(node) {
            Some(base) => Expr::Merge(vec![base, record]),
            None => record,
        };
        if own.is_empty()
            && let Some(constructor) = made_by
        {
            // They take the arguments that a constructor is given.
            own.extend(self.parameters(constructor).iter().map(|(name, ..)| ((*name).to_string(), None)));
        }
        let mut parameters = own;
        self.notes.ask_callers(&Spanned::new(name.to_string(), span), &parameters, since);
        parameters.push((SECTION.to_string(), Some(Expr::Null(Span::NONE))));
        let function = Function { name: name.to_string(), parameters, body: body.share(), class: true };
        let function = Expr::Function(Arc::new(function));
        self.names.bind(name, function.clone());
        // Nested types are known by their own name in the whole file.
        if let Some(file) = self.names.frames.first_mut() {
            file.names.insert(name.to_string(), function);
        }
    }

    /// The members of a type, those of compiled `#if`s among them.
    fn members(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut out = Vec::new();
        let mut queue: Vec<Node<'t>> =
            node.child_by_field_name("body").into_iter().flat_map(parts).collect::<Vec<_>>();
        queue.reverse();
        while let Some(member) = queue.pop() {
            if out.len() > 5_000 {
                break;
            }
            if member.kind().starts_with("preproc_") {
                let (own, alternative) = self.compiled(member);
                queue.extend(own.into_iter().chain(alternative).rev());
            } else {
                out.push(member);
            }
        }
        out
    }

    /// The base class, when it brings properties of its own.
    fn base(&self, node: Node<'t>) -> Option<Expr> {
        let list = parts(node).into_iter().find(|part| part.kind() == "base_list")?;
        let base = parts(list).into_iter().next().filter(|base| base.kind() == "identifier")?;
        let name = self.text(base);
        if !super::options::is_options(name) || super::options::is_interface(name) {
            return None;
        }
        let section = Expr::Parameter(SECTION.to_string());
        Some(self.instance(self.class(name, self.span(base)), section, self.span(base)))
    }

    /// The nodes that name what a member declares.
    fn names_of(&self, member: Node<'t>) -> Vec<Node<'t>> {
        if member.kind() != "field_declaration" {
            return member.child_by_field_name("name").into_iter().collect();
        }
        let declarations = parts(member).into_iter().filter(|part| part.kind() == "variable_declaration");
        let declarators = declarations.flat_map(parts).filter(|part| part.kind() == "variable_declarator");
        declarators.filter_map(|declarator| declarator.child_by_field_name("name")).collect()
    }

    fn field(&mut self, member: Node<'t>) {
        for declaration in parts(member).into_iter().filter(|part| part.kind() == "variable_declaration") {
            let kind = declaration.child_by_field_name("type");
            for declarator in
                parts(declaration).into_iter().filter(|part| part.kind() == "variable_declarator")
            {
                let Some(name) = declarator.child_by_field_name("name") else { continue };
                self.declared.insert(name.start_byte());
                self.held = Some(self.text(name));
                let value = self.declared_value(declarator, kind, name);
                self.held = None;
                // A field without a value is set elsewhere.
                let value = match value {
                    Expr::Null(span) => Expr::Opaque(span),
                    value => value,
                };
                let name = self.text(name);
                self.names.bind(name, value);
            }
        }
    }

    /// A property that only holds a value: bound to its key in the class' section, if it has one.
    fn property(&mut self, member: Node<'t>) {
        let Some(name) = member.child_by_field_name("name") else { return };
        self.declared.insert(name.start_byte());
        let kind = member.child_by_field_name("type");
        self.held = Some(self.text(name));
        let value = self.declared_value(member, kind, name).share();
        self.held = None;
        let span = self.span(name);
        let is_static = parts(member)
            .into_iter()
            .any(|part| part.kind() == "modifier" && matches!(self.text(part), "static" | "const"));
        let text = self.text(name);
        // A service of the host is no value of the configuration.
        let service = matches!(value.peel(), Expr::Library(_) | Expr::Record(_));
        if is_static || service {
            return self.names.bind(text, value);
        }
        let value = match kind.and_then(|kind| self.nested(kind)) {
            Some(class) => {
                let bound = self.instance(class, section_key(text, span), span);
                in_section(bound, value, span)
            }
            None => self.bound_property(text, Some(value.clone()), value, span),
        };
        self.names.bind(text, value);
    }

    /// What a property holds: its key's value where the class is bound to a section, else `otherwise`.
    fn bound_property(&self, name: &str, default: Option<Expr>, otherwise: Expr, span: Span) -> Expr {
        let key = section_key(name, span);
        let lookup = LookupExpr { key, default, required: false, span };
        in_section(Expr::Lookup(Box::new(lookup)), otherwise, span)
    }

    /// `Type Name => value;`, `Type Name { get { return value; } }`
    fn computed(&mut self, member: Node<'t>) {
        let Some(name) = member.child_by_field_name("name") else { return };
        self.declared.insert(name.start_byte());
        self.held = Some(self.text(name));
        let value = match member.child_by_field_name("value") {
            Some(value) => {
                let inner = if value.kind() == "arrow_expression_clause" {
                    parts(value).first().copied()
                } else {
                    Some(value)
                };
                inner.map(|inner| self.expr(inner))
            }
            None => self.getter(member),
        };
        self.held = None;
        let value = value.unwrap_or_else(|| Expr::Opaque(self.span(name)));
        let name = self.text(name);
        self.names.bind(name, value);
    }

    fn getter(&mut self, member: Node<'t>) -> Option<Expr> {
        let accessors = member.child_by_field_name("accessors")?;
        let get = parts(accessors).into_iter().find(|accessor| {
            accessor.child_by_field_name("name").is_some_and(|name| self.text(name) == "get")
        })?;
        let body = get.child_by_field_name("body")?;
        if body.kind() == "arrow_expression_clause" {
            return parts(body).first().map(|value| self.expr(*value));
        }
        self.names.frames.push(Frame::new(Own::Method));
        let leaves = self.block(&parts(body));
        let frame = self.names.frames.pop()?;
        Some(frame.result(leaves, self.span(body)))
    }
}

/// The key of a property in its class' section.
fn section_key(name: &str, span: Span) -> Expr {
    Expr::Concat(vec![
        Expr::Parameter(SECTION.to_string()),
        Expr::Text(Spanned::new(":".to_string(), Span::NONE)),
        Expr::Text(Spanned::new(name.to_string(), span)),
    ])
}

/// A property that had a value before its instance was bound to a section: what the section does not say stays.
pub(super) fn bound_over(section: Expr, name: &Spanned<String>, value: &Expr) -> Expr {
    let colon = Expr::Text(Spanned::new(":".to_string(), Span::NONE));
    let key = Expr::Concat(vec![section, colon, Expr::Text(name.clone())]);
    let lookup = LookupExpr { key, default: None, required: false, span: name.span };
    Expr::FirstSet(vec![Expr::Lookup(Box::new(lookup)), value.clone()])
}

/// `bound` in an instance that is bound to a section.
fn in_section(bound: Expr, otherwise: Expr, span: Span) -> Expr {
    let condition = Condition::IsSet(Expr::Parameter(SECTION.to_string()));
    Expr::If(Box::new(IfExpr { condition, then: bound, otherwise, span }))
}

/// Whether a property is `{ get; set; }`, with or without a value to start with.
fn is_automatic(member: Node<'_>) -> bool {
    let bodies = member.child_by_field_name("accessors").into_iter().flat_map(parts);
    member.child_by_field_name("accessors").is_some()
        && bodies.into_iter().all(|accessor| accessor.child_by_field_name("body").is_none())
}
