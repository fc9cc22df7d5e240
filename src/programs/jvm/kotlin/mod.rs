//! Kotlin's syntax as the common tree: declarations and statements.

mod code;

use tree_sitter::Node;

use super::java::{plain, type_name};
use super::syntax::{Source, first, of_kind};
use super::tree::{Annotation, Class, Code, Field, Function, Import, Parameter, Statement, Unit};
use crate::programs::reading::{parse, parts};
use crate::source::{SourceFile, Spanned};

/// The file as a tree; an empty one when it takes too long to parse.
pub(super) fn unit(file: &SourceFile) -> Unit {
    let Some(tree) = parse(&tree_sitter_kotlin_ng::LANGUAGE.into(), &file.text) else {
        return Unit::default();
    };
    let mut source = Kotlin(Source::new(file));
    let mut unit = Unit::default();
    for node in parts(tree.root_node()) {
        match node.kind() {
            "package_header" => {
                let name = first(node, "qualified_identifier").or_else(|| first(node, "identifier"));
                unit.package = name.map(|name| source.0.text(name).to_string()).unwrap_or_default();
            }
            "import" => unit.imports.extend(source.import(node)),
            "function_declaration" => unit.functions.push(source.function(node)),
            "property_declaration" => unit.fields.extend(source.property(node)),
            _ => match source.class(node) {
                Some(class) => unit.classes.push(class),
                None => unit.statements.extend(source.statement(node)),
            },
        }
    }
    unit
}

/// A Kotlin file under translation.
struct Kotlin<'f>(Source<'f>);

const TYPES: [&str; 3] = ["user_type", "nullable_type", "non_nullable_type"];

impl Kotlin<'_> {
    fn import(&self, node: Node<'_>) -> Option<Import> {
        let path = first(node, "qualified_identifier").or_else(|| first(node, "identifier"))?;
        let all = self.0.text(node).trim_end().ends_with('*');
        let mut alias = parts(node).into_iter().filter(|it| it.start_byte() >= path.end_byte());
        let alias = alias.next_back().map(|alias| self.0.text(alias).to_string());
        let path: String = self.0.text(path).split_whitespace().collect();
        let name = alias.unwrap_or_else(|| path.rsplit('.').next().unwrap_or(&path).to_string());
        Some(Import { path, name, all })
    }

    fn class(&mut self, node: Node<'_>) -> Option<Class> {
        let known = ["class_declaration", "object_declaration", "companion_object"];
        if !known.contains(&node.kind()) || !self.0.bounds.down() {
            return None;
        }
        let name = node.child_by_field_name("name").map(|name| self.0.text(name).to_string());
        let annotations = self.annotations(node);
        let mut class = Class { name: name.unwrap_or_default(), annotations, ..Class::default() };
        let head = first(node, "primary_constructor").and_then(|head| first(head, "class_parameters"));
        for parameter in head.into_iter().flat_map(|list| of_kind(list, "class_parameter")) {
            class.parameters.extend(self.parameter(parameter));
        }
        for body in of_kind(node, "class_body").into_iter().chain(of_kind(node, "enum_class_body")) {
            self.members(body, &mut class);
        }
        self.0.bounds.up();
        Some(class)
    }

    fn members(&mut self, body: Node<'_>, class: &mut Class) {
        for member in parts(body) {
            match member.kind() {
                "property_declaration" => class.fields.extend(self.property(member)),
                "function_declaration" => class.functions.push(self.function(member)),
                "anonymous_initializer" => {
                    let block = first(member, "block").map(|block| self.block(block));
                    class.blocks.extend(block);
                }
                // What a companion has, its class has.
                "companion_object" => {
                    if let Some(companion) = self.class(member) {
                        class.fields.extend(companion.fields);
                        class.functions.extend(companion.functions);
                        class.blocks.extend(companion.blocks);
                        class.classes.extend(companion.classes);
                    }
                }
                _ => class.classes.extend(self.class(member)),
            }
        }
    }

    fn annotations(&mut self, node: Node<'_>) -> Vec<Annotation> {
        let mut out = Vec::new();
        for annotation in of_kind(node, "modifiers").into_iter().flat_map(|it| of_kind(it, "annotation")) {
            let call = first(annotation, "constructor_invocation");
            let Some(kind) = first(call.unwrap_or(annotation), "user_type") else { continue };
            let arguments = call.and_then(|call| first(call, "value_arguments"));
            let arguments = self.arguments(arguments);
            out.push(Annotation { name: plain(self.0.text(kind)), arguments, span: self.0.span(annotation) });
        }
        out
    }

    fn kind(&self, node: Node<'_>) -> Option<String> {
        let kind = parts(node).into_iter().find(|it| TYPES.contains(&it.kind()))?;
        Some(type_name(self.0.text(kind)))
    }

    fn parameter(&mut self, node: Node<'_>) -> Option<Parameter> {
        let annotations = self.annotations(node);
        let name = first(node, "identifier")?;
        let kind = self.kind(node);
        let mut after = parts(node).into_iter().filter(|it| it.start_byte() > name.end_byte());
        let value = after.rfind(|it| !it.kind().contains("type") && it.kind() != "modifiers");
        let value = value.map(|value| self.code(value));
        Some(Parameter { name: self.0.spanned(name), kind, annotations, value })
    }

    fn property(&mut self, node: Node<'_>) -> Option<Field> {
        let declared = first(node, "variable_declaration")?;
        let name = self.0.spanned(first(declared, "identifier")?);
        let kind = self.kind(declared);
        let annotations = self.annotations(node);
        let inner = parts(node).into_iter().filter(|it| it.start_byte() >= declared.end_byte());
        let mut value = None;
        for part in inner {
            match part.kind() {
                "getter" => {
                    let body = first(part, "function_body");
                    if let (None, Some(body)) = (&value, body) {
                        value = Some(Code::Block(self.function_body(body), self.0.span(part)));
                    }
                }
                "setter" | "type_constraints" => {}
                "property_delegate" => {
                    let delegate = parts(part).into_iter().next().map(|it| self.code(it));
                    value = delegate.map(|delegate| match delegate {
                        // `by lazy { … }`
                        Code::Call(mut call) if call.name.value == "lazy" => {
                            match call.arguments.pop().map(|argument| argument.value) {
                                Some(Code::Lambda(_, body, span)) => Code::Block(body, span),
                                _ => Code::Other(Vec::new(), call.span),
                            }
                        }
                        other => Code::Other(vec![other], self.0.span(part)),
                    });
                }
                // A line that begins with an assignment to the property before belongs to it in the grammar.
                kind if value.is_none() && !TYPES.contains(&kind) => value = Some(self.code(part)),
                _ => {}
            }
        }
        Some(Field { name, kind, annotations, value })
    }

    fn function(&mut self, node: Node<'_>) -> Function {
        let span = self.0.span(node);
        let name = node.child_by_field_name("name").map(|name| self.0.spanned(name));
        let annotations = self.annotations(node);
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut pending = Vec::new();
        for part in first(node, "function_value_parameters").into_iter().flat_map(parts) {
            match part.kind() {
                "parameter_modifiers" => pending = self.annotations_of(part),
                "parameter" => {
                    if let Some(mut parameter) = self.parameter(part) {
                        parameter.annotations.append(&mut pending);
                        parameters.push(parameter);
                    }
                }
                _ => {
                    let value = self.code(part);
                    if let Some(last) = parameters.last_mut() {
                        last.value = Some(value);
                    }
                }
            }
        }
        let body = first(node, "function_body").map(|body| self.function_body(body)).unwrap_or_default();
        let name = name.unwrap_or_else(|| Spanned::new(String::new(), span));
        Function { name, annotations, parameters, body, span }
    }

    fn annotations_of(&mut self, modifiers: Node<'_>) -> Vec<Annotation> {
        let mut out = Vec::new();
        for annotation in of_kind(modifiers, "annotation") {
            let call = first(annotation, "constructor_invocation");
            let Some(kind) = first(call.unwrap_or(annotation), "user_type") else { continue };
            let arguments = self.arguments(call.and_then(|call| first(call, "value_arguments")));
            out.push(Annotation { name: plain(self.0.text(kind)), arguments, span: self.0.span(annotation) });
        }
        out
    }

    fn function_body(&mut self, body: Node<'_>) -> Vec<Statement> {
        match parts(body).into_iter().next() {
            Some(block) if block.kind() == "block" => self.block(block),
            Some(value) => vec![Statement::Return(Some(self.code(value)), self.0.span(value))],
            None => Vec::new(),
        }
    }

    fn block(&mut self, node: Node<'_>) -> Vec<Statement> {
        if !self.0.bounds.down() {
            return Vec::new();
        }
        let statements = parts(node).into_iter().flat_map(|it| self.statement(it)).collect();
        self.0.bounds.up();
        statements
    }

    fn body(&mut self, node: Node<'_>) -> Vec<Statement> {
        if node.kind() == "block" { self.block(node) } else { self.statement(node) }
    }

    fn statement(&mut self, node: Node<'_>) -> Vec<Statement> {
        if !self.0.bounds.down() {
            return Vec::new();
        }
        let statements = self.statement_within(node);
        self.0.bounds.up();
        statements
    }

    fn statement_within(&mut self, node: Node<'_>) -> Vec<Statement> {
        match node.kind() {
            "property_declaration" => {
                let mut out = Vec::new();
                // In a block, the grammar takes an assignment in the next line for a part of the declaration.
                let rest: Vec<_> = of_kind(node, "assignment");
                if let Some(field) = self.property(node) {
                    let value = field.value.filter(|value| !matches!(value, Code::Assign(..)));
                    out.push(Statement::Local(field.name, field.kind, value));
                }
                out.extend(rest.into_iter().map(|it| Statement::Code(self.code(it))));
                out
            }
            "if_expression" => {
                let condition = self.optional(node.child_by_field_name("condition"), node);
                let (then, otherwise) = self.branches(node);
                vec![Statement::If(condition, then, otherwise)]
            }
            "return_expression" => {
                let value = parts(node).into_iter().find(|it| it.kind() != "label").map(|it| self.code(it));
                vec![Statement::Return(value, self.0.span(node))]
            }
            "throw_expression" => {
                let value = parts(node).into_iter().next().map(|value| self.code(value));
                vec![Statement::Throw(value)]
            }
            "for_statement" | "while_statement" | "do_while_statement" => {
                let inner = parts(node).into_iter().filter(|it| it.kind() != "variable_declaration");
                let inner = inner.collect::<Vec<_>>().into_iter().flat_map(|it| self.body(it)).collect();
                vec![Statement::Maybe(inner)]
            }
            "try_expression" => vec![Statement::Block(self.tried(node))],
            "when_expression" => vec![Statement::Maybe(self.arms(node))],
            "block" => vec![Statement::Block(self.block(node))],
            "function_declaration" | "class_declaration" | "object_declaration" | "import" => Vec::new(),
            _ => vec![Statement::Code(self.code(node))],
        }
    }

    /// The two branches of an `if`.
    fn branches(&mut self, node: Node<'_>) -> (Vec<Statement>, Vec<Statement>) {
        let condition = node.child_by_field_name("condition").map(|it| it.end_byte()).unwrap_or(0);
        let mut cursor = node.walk();
        let mut otherwise = false;
        let (mut then, mut rest) = (Vec::new(), Vec::new());
        for child in node.children(&mut cursor).filter(|child| child.start_byte() >= condition) {
            if child.kind() == "else" {
                otherwise = true;
            } else if child.is_named() && !child.kind().ends_with("comment") {
                let body = self.body(child);
                if otherwise { rest.extend(body) } else { then.extend(body) }
            }
        }
        (then, rest)
    }

    fn tried(&mut self, node: Node<'_>) -> Vec<Statement> {
        let mut all = Vec::new();
        for part in parts(node) {
            match part.kind() {
                "block" => all.extend(self.block(part)),
                "catch_block" => {
                    let body = first(part, "block").map(|block| self.block(block)).unwrap_or_default();
                    all.push(Statement::Maybe(body));
                }
                "finally_block" => {
                    let body = first(part, "block").map(|block| self.block(block)).unwrap_or_default();
                    all.push(Statement::Block(body));
                }
                _ => {}
            }
        }
        all
    }

    fn arms(&mut self, node: Node<'_>) -> Vec<Statement> {
        let mut all = Vec::new();
        for subject in of_kind(node, "when_subject").into_iter().flat_map(parts) {
            all.push(Statement::Code(self.code(subject)));
        }
        for entry in of_kind(node, "when_entry") {
            let body = parts(entry).into_iter().next_back().map(|body| self.body(body));
            all.push(Statement::Maybe(body.unwrap_or_default()));
        }
        all
    }
}
