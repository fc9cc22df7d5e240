//! Java's syntax as the common tree.

use tree_sitter::Node;

use super::syntax::{Source, first, of_kind};
use super::tree::{
    Annotation, Argument, Call, Class, Code, Field, Function, Import, Parameter, Statement, Unit,
};
use crate::programs::reading::{fields, parse, parts};
use crate::source::{SourceFile, Spanned};

/// The file as a tree; an empty one when it takes too long to parse.
pub(super) fn unit(file: &SourceFile) -> Unit {
    let Some(tree) = parse(&tree_sitter_java::LANGUAGE.into(), &file.text) else { return Unit::default() };
    let mut source = Source::new(file);
    let mut unit = Unit::default();
    for node in parts(tree.root_node()) {
        match node.kind() {
            "package_declaration" => {
                let name = parts(node).into_iter().find(|it| it.kind().contains("identifier"));
                unit.package = name.map(|name| source.text(name).to_string()).unwrap_or_default();
            }
            "import_declaration" => unit.imports.extend(import(&source, node)),
            "method_declaration" => unit.functions.push(source.function(node)),
            "field_declaration" => unit.fields.extend(source.fields(node)),
            _ => match source.class(node) {
                Some(class) => unit.classes.push(class),
                None => unit.statements.extend(source.statement(node)),
            },
        }
    }
    unit
}

fn import(source: &Source<'_>, node: Node<'_>) -> Option<Import> {
    let name = parts(node).into_iter().find(|it| it.kind().contains("identifier"))?;
    let path: String = source.text(name).split_whitespace().collect();
    let name = path.rsplit('.').next().unwrap_or(&path).to_string();
    Some(Import { path, name, all: first(node, "asterisk").is_some() })
}

/// The name of a type as it is written, without its arguments: `WebClient.Builder`.
pub(super) fn type_name(text: &str) -> String {
    text.split(['<', '[', '?']).next().unwrap_or(text).trim().to_string()
}

/// The plain name of a type: `List<String>` is `List`.
pub(super) fn plain(text: &str) -> String {
    let text = text.split(['<', '[', '?']).next().unwrap_or(text).trim();
    text.rsplit('.').next().unwrap_or(text).to_string()
}

impl Source<'_> {
    fn class(&mut self, node: Node<'_>) -> Option<Class> {
        let known = [
            "class_declaration",
            "interface_declaration",
            "enum_declaration",
            "record_declaration",
            "annotation_type_declaration",
        ];
        if !known.contains(&node.kind()) || !self.bounds.down() {
            return None;
        }
        let name =
            node.child_by_field_name("name").map(|name| self.text(name).to_string()).unwrap_or_default();
        let mut class = Class { name, annotations: self.annotations(node), ..Class::default() };
        if let Some(head) = node.child_by_field_name("parameters") {
            class.parameters = self.parameters(head);
        }
        for body in node.child_by_field_name("body").into_iter() {
            self.members(body, &mut class);
        }
        self.bounds.up();
        Some(class)
    }

    fn members(&mut self, body: Node<'_>, class: &mut Class) {
        for member in parts(body) {
            match member.kind() {
                "field_declaration" | "constant_declaration" => class.fields.extend(self.fields(member)),
                "method_declaration" => class.functions.push(self.function(member)),
                "constructor_declaration" | "compact_constructor_declaration" => {
                    class.constructors.push(self.function(member));
                }
                "static_initializer" => {
                    let block = first(member, "block").map(|block| self.block(block));
                    class.blocks.extend(block);
                }
                "block" => class.blocks.push(self.block(member)),
                "enum_body_declarations" => {
                    if self.bounds.down() {
                        self.members(member, class);
                        self.bounds.up();
                    }
                }
                // Half-written members.
                "ERROR" => {
                    let inner = self.block(member);
                    class.blocks.push(vec![Statement::Maybe(inner)]);
                }
                _ => class.classes.extend(self.class(member)),
            }
        }
    }

    fn annotations(&mut self, node: Node<'_>) -> Vec<Annotation> {
        let modifiers = first(node, "modifiers");
        let mut out = Vec::new();
        for annotation in modifiers.into_iter().flat_map(parts) {
            let Some(name) = annotation.child_by_field_name("name") else { continue };
            let name = plain(self.text(name));
            let arguments = annotation.child_by_field_name("arguments").map_or_else(Vec::new, |list| {
                let pairs = parts(list).into_iter();
                pairs
                    .map(|argument| match argument.kind() {
                        "element_value_pair" => Argument {
                            name: argument.child_by_field_name("key").map(|key| self.text(key).to_string()),
                            value: self.optional(argument.child_by_field_name("value"), argument),
                        },
                        _ => Argument { name: None, value: self.code(argument) },
                    })
                    .collect()
            });
            out.push(Annotation { name, arguments, span: self.span(annotation) });
        }
        out
    }

    fn kind(&self, node: Node<'_>) -> Option<String> {
        node.child_by_field_name("type").map(|kind| type_name(self.text(kind)))
    }

    fn fields(&mut self, node: Node<'_>) -> Vec<Field> {
        let kind = self.kind(node);
        let mut out = Vec::new();
        for declarator in fields(node, "declarator") {
            let Some(name) = declarator.child_by_field_name("name") else { continue };
            let annotations = self.annotations(node);
            let value = declarator.child_by_field_name("value").map(|value| self.code(value));
            out.push(Field { name: self.spanned(name), kind: kind.clone(), annotations, value });
        }
        out
    }

    fn parameters(&mut self, list: Node<'_>) -> Vec<Parameter> {
        let mut out = Vec::new();
        for node in of_kind(list, "formal_parameter") {
            let Some(name) = node.child_by_field_name("name") else { continue };
            let annotations = self.annotations(node);
            out.push(Parameter { name: self.spanned(name), kind: self.kind(node), annotations, value: None });
        }
        out
    }

    fn function(&mut self, node: Node<'_>) -> Function {
        let name = node.child_by_field_name("name").map(|name| self.spanned(name));
        let name = name.unwrap_or_else(|| Spanned::new(String::new(), self.span(node)));
        let annotations = self.annotations(node);
        let parameters = node.child_by_field_name("parameters").map(|list| self.parameters(list));
        let body = node.child_by_field_name("body").map(|body| self.block(body));
        let (parameters, body) = (parameters.unwrap_or_default(), body.unwrap_or_default());
        Function { name, annotations, parameters, body, span: self.span(node) }
    }

    fn block(&mut self, node: Node<'_>) -> Vec<Statement> {
        if !self.bounds.down() {
            return Vec::new();
        }
        let statements = parts(node).into_iter().flat_map(|statement| self.statement(statement)).collect();
        self.bounds.up();
        statements
    }

    /// The statements of one that may stand without a block.
    fn body(&mut self, node: Option<Node<'_>>) -> Vec<Statement> {
        match node {
            Some(node) if node.kind() == "block" => self.block(node),
            Some(node) => self.statement(node),
            None => Vec::new(),
        }
    }

    fn statement(&mut self, node: Node<'_>) -> Vec<Statement> {
        if !self.bounds.down() {
            return Vec::new();
        }
        let statements = self.statement_within(node);
        self.bounds.up();
        statements
    }

    fn statement_within(&mut self, node: Node<'_>) -> Vec<Statement> {
        let field = |name| node.child_by_field_name(name);
        match node.kind() {
            "local_variable_declaration" | "field_declaration" => {
                let all = self.fields(node).into_iter();
                all.map(|field| Statement::Local(field.name, field.kind, field.value)).collect()
            }
            "expression_statement" => {
                parts(node).into_iter().map(|it| Statement::Code(self.code(it))).collect()
            }
            "if_statement" => {
                let condition = self.optional(field("condition"), node);
                let then = self.body(field("consequence"));
                let otherwise = self.body(field("alternative"));
                vec![Statement::If(condition, then, otherwise)]
            }
            "return_statement" | "yield_statement" => {
                let value = parts(node).into_iter().next().map(|value| self.code(value));
                vec![Statement::Return(value, self.span(node))]
            }
            "throw_statement" => {
                let value = parts(node).into_iter().next().map(|value| self.code(value));
                vec![Statement::Throw(value)]
            }
            "break_statement" | "continue_statement" => vec![Statement::Leave],
            "block" => vec![Statement::Block(self.block(node))],
            "synchronized_statement" | "labeled_statement" => {
                let inner = parts(node).into_iter().flat_map(|it| self.statement(it)).collect();
                vec![Statement::Block(inner)]
            }
            "try_statement" | "try_with_resources_statement" => {
                let mut all = Vec::new();
                for resource in field("resources").into_iter().flat_map(|list| of_kind(list, "resource")) {
                    let value = resource.child_by_field_name("value").map(|value| self.code(value));
                    match resource.child_by_field_name("name") {
                        Some(name) => {
                            all.push(Statement::Local(self.spanned(name), self.kind(resource), value))
                        }
                        None => all.extend(value.map(Statement::Code)),
                    }
                }
                all.extend(self.body(field("body")));
                for clause in parts(node) {
                    match clause.kind() {
                        "catch_clause" => {
                            let body = self.body(clause.child_by_field_name("body"));
                            all.push(Statement::Maybe(body));
                        }
                        "finally_clause" => all.push(Statement::Block(self.body(first(clause, "block")))),
                        _ => {}
                    }
                }
                vec![Statement::Block(all)]
            }
            "for_statement" | "enhanced_for_statement" | "while_statement" | "do_statement" => {
                let condition =
                    field("value").or(field("condition")).map(|it| Statement::Code(self.code(it)));
                let mut body = self.body(field("body"));
                body.splice(0..0, condition);
                vec![Statement::Maybe(body)]
            }
            "switch_expression" | "switch_statement" => vec![Statement::Maybe(self.arms(node))],
            "class_declaration" | "comment" | "line_comment" | "block_comment" => Vec::new(),
            _ => vec![Statement::Code(self.code(node))],
        }
    }

    fn arms(&mut self, node: Node<'_>) -> Vec<Statement> {
        let mut all = Vec::new();
        for arm in node.child_by_field_name("body").into_iter().flat_map(parts) {
            let inner = parts(arm).into_iter().filter(|it| it.kind() != "switch_label");
            let body = inner.collect::<Vec<_>>().into_iter().flat_map(|it| self.statement(it)).collect();
            all.push(Statement::Maybe(body));
        }
        all
    }

    fn optional(&mut self, node: Option<Node<'_>>, around: Node<'_>) -> Code {
        match node {
            Some(node) => self.code(node),
            None => Code::Other(Vec::new(), self.span(around)),
        }
    }

    fn code(&mut self, node: Node<'_>) -> Code {
        if !self.bounds.down() {
            return Code::Other(Vec::new(), self.span(node));
        }
        let code = self.code_within(node);
        self.bounds.up();
        code
    }

    fn code_within(&mut self, node: Node<'_>) -> Code {
        let span = self.span(node);
        let field = |name| node.child_by_field_name(name);
        match node.kind() {
            "string_literal" => {
                let quotes = if self.text(node).starts_with("\"\"\"") { 3 } else { 1 };
                Code::Text(self.quoted(node, quotes))
            }
            "character_literal" => Code::Text(self.quoted(node, 1)),
            "decimal_integer_literal" | "decimal_floating_point_literal" => {
                let text = self.text(node).replace('_', "");
                let digits = text.trim_end_matches(['l', 'L', 'f', 'F', 'd', 'D']).to_string();
                Code::Number(Spanned::new(digits, span))
            }
            "true" => Code::Bool(true, span),
            "false" => Code::Bool(false, span),
            "null_literal" => Code::Null(span),
            "identifier" | "type_identifier" => Code::Name(self.spanned(node)),
            "this" => Code::This,
            "parenthesized_expression" => self.optional(parts(node).into_iter().next(), node),
            "cast_expression" => self.optional(field("value"), node),
            "field_access" | "scoped_identifier" | "scoped_type_identifier" => {
                match (field("object").or(field("scope")), field("field").or(field("name"))) {
                    (Some(object), Some(name)) => {
                        Code::Member(Box::new(self.code(object)), self.spanned(name))
                    }
                    _ => Code::Other(Vec::new(), span),
                }
            }
            "method_invocation" => {
                let receiver = field("object").map(|object| self.code(object));
                let Some(name) = field("name").map(|name| self.spanned(name)) else {
                    return Code::Other(Vec::new(), span);
                };
                let arguments = self.arguments(field("arguments"));
                Code::Call(Box::new(Call { receiver, name, arguments, new: false, span }))
            }
            "object_creation_expression" => {
                let Some(kind) = field("type") else { return Code::Other(Vec::new(), span) };
                let name = Spanned::new(plain(self.text(kind)), self.span(kind));
                // `new Request.Builder()`
                let receiver = (kind.kind() == "scoped_type_identifier")
                    .then(|| parts(kind).into_iter().next())
                    .flatten()
                    .map(|outer| self.code(outer));
                let arguments = self.arguments(field("arguments"));
                let body = first(node, "class_body");
                let call = Code::Call(Box::new(Call { receiver, name, arguments, new: true, span }));
                match body {
                    Some(body) => {
                        let mut class = Class::default();
                        self.members(body, &mut class);
                        let functions = class.functions.into_iter().map(|it| Statement::Maybe(it.body));
                        let inner = Code::Lambda(Vec::new(), functions.collect(), span);
                        Code::Other(vec![call, inner], span)
                    }
                    None => call,
                }
            }
            "ternary_expression" => {
                let condition = self.optional(field("condition"), node);
                let then = self.optional(field("consequence"), node);
                let otherwise = self.optional(field("alternative"), node);
                Code::If(Box::new(condition), Box::new(then), Box::new(otherwise), span)
            }
            "binary_expression" => self.binary(node),
            "unary_expression" if self.text(node).starts_with('!') => {
                Code::Not(Box::new(self.optional(field("operand"), node)), span)
            }
            "assignment_expression" => {
                let left = self.optional(field("left"), node);
                let right = self.optional(field("right"), node);
                if field("operator").is_some_and(|operator| self.text(operator) != "=") {
                    let other = Code::Other(vec![right], span);
                    return Code::Assign(Box::new(left), Box::new(other));
                }
                Code::Assign(Box::new(left), Box::new(right))
            }
            "array_access" => {
                let array = self.optional(field("array"), node);
                let index = self.optional(field("index"), node);
                Code::Index(Box::new(array), Box::new(index), span)
            }
            "array_creation_expression" => self.optional(field("value"), node),
            "array_initializer" | "element_value_array_initializer" => {
                Code::List(parts(node).into_iter().map(|item| self.code(item)).collect())
            }
            "lambda_expression" => {
                let names = field("parameters").map(|list| self.names(list)).unwrap_or_default();
                let body = match field("body") {
                    Some(body) if body.kind() == "block" => self.block(body),
                    Some(body) => vec![Statement::Return(Some(self.code(body)), self.span(body))],
                    None => Vec::new(),
                };
                Code::Lambda(names, body, span)
            }
            "switch_expression" => Code::Block(vec![Statement::Maybe(self.arms(node))], span),
            _ => Code::Other(parts(node).into_iter().map(|inner| self.code(inner)).collect(), span),
        }
    }

    /// Operators in a row nest to the left; they are taken one after the other, however many.
    fn binary(&mut self, node: Node<'_>) -> Code {
        let mut row = Vec::new();
        let mut at = node;
        while at.kind() == "binary_expression" && self.bounds.work() {
            let operator = at.child_by_field_name("operator").map_or("", |operator| self.text(operator));
            let operator = OPERATORS.iter().find(|known| **known == operator).copied().unwrap_or("?");
            row.push((operator, at.child_by_field_name("right"), self.span(at)));
            match at.child_by_field_name("left") {
                Some(left) => at = left,
                None => break,
            }
        }
        if row.len() > 500 {
            return Code::Other(Vec::new(), self.span(node));
        }
        let mut code = self.code(at);
        for (operator, right, span) in row.into_iter().rev() {
            let right = self.optional(right, node);
            code = match (operator, code) {
                ("+", Code::Template(mut parts)) => {
                    parts.push(right);
                    Code::Template(parts)
                }
                ("+", first) => Code::Template(vec![first, right]),
                (operator, code) => Code::Binary(operator, Box::new(code), Box::new(right), span),
            };
        }
        code
    }

    fn names(&self, list: Node<'_>) -> Vec<String> {
        if list.kind() == "identifier" {
            return vec![self.text(list).to_string()];
        }
        let names = parts(list).into_iter().map(|it| it.child_by_field_name("name").unwrap_or(it));
        names.map(|name| self.text(name).to_string()).collect()
    }

    fn arguments(&mut self, list: Option<Node<'_>>) -> Vec<Argument> {
        let all = list.into_iter().flat_map(parts);
        all.map(|argument| Argument { name: None, value: self.code(argument) }).collect()
    }
}

/// The operators that are understood.
pub(super) const OPERATORS: [&str; 5] = ["+", "==", "!=", "&&", "||"];
