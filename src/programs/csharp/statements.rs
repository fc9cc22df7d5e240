//! Statements: what they leave in names.

use tree_sitter::Node;

use super::reader::{CONFIGURATION, Own, Reader};
use crate::programs::reading::{Frame, parts};
use crate::programs::{Condition, Expr};
use crate::source::Spanned;

impl<'t> Reader<'t> {
    /// Reads statements in order; says whether what follows them is not reached.
    pub fn block(&mut self, statements: &[Node<'t>]) -> bool {
        let objects = self.objects.len();
        for statement in statements.iter().filter(|node| node.kind() == "local_function_statement") {
            self.method(*statement, true);
        }
        let mut leaves = false;
        for statement in statements {
            if self.statement(*statement) {
                leaves = true;
                break;
            }
        }
        self.finish_objects(objects);
        leaves
    }

    /// Reads one statement, one level deeper.
    pub fn statement(&mut self, node: Node<'t>) -> bool {
        self.deeper(|reader| reader.run(node)).unwrap_or(false)
    }

    fn run(&mut self, node: Node<'t>) -> bool {
        match node.kind() {
            "block" | "checked_statement" | "unsafe_statement" | "fixed_statement" => {
                self.block(&parts(node))
            }
            "global_statement" => {
                let inner = parts(node);
                inner.first().is_some_and(|inner| self.run(*inner))
            }
            "local_declaration_statement" | "variable_declaration" => {
                self.declarations(node);
                false
            }
            "expression_statement" => {
                for part in parts(node) {
                    self.expr(part);
                }
                false
            }
            "return_statement" => {
                let value = parts(node).first().map(|value| self.expr(*value));
                let value = value.unwrap_or(Expr::Null(self.span(node)));
                if let Some(frame) = self.names.frames.last_mut() {
                    frame.returned(value);
                }
                true
            }
            "throw_statement" | "break_statement" | "continue_statement" | "goto_statement" => {
                for part in parts(node) {
                    self.expr(part);
                }
                true
            }
            "if_statement" => self.if_statement(node),
            "try_statement" => self.try_statement(node),
            "using_statement" | "lock_statement" | "foreach_statement" | "for_statement"
            | "while_statement" | "do_statement" | "switch_statement" => {
                self.others(node);
                false
            }
            "preproc_if" | "preproc_elif" | "preproc_else" => self.preprocessed(node),
            "local_function_statement" | "labeled_statement" | "empty_statement" => false,
            _ => false,
        }
    }

    /// `Type a = value, b = value;`
    fn declarations(&mut self, node: Node<'t>) {
        let declarations = match node.kind() {
            "variable_declaration" => vec![node],
            _ => parts(node).into_iter().filter(|part| part.kind() == "variable_declaration").collect(),
        };
        for declaration in declarations {
            let kind = declaration.child_by_field_name("type");
            for declarator in
                parts(declaration).into_iter().filter(|part| part.kind() == "variable_declarator")
            {
                let Some(name) = declarator.child_by_field_name("name") else {
                    // `var (a, b) = (…, …)`
                    for part in parts(declarator) {
                        self.expr(part);
                    }
                    continue;
                };
                let value = self.declared_value(declarator, kind, name);
                let name = self.text(name);
                self.names.bind(name, value);
            }
        }
    }

    /// The value that a declarator or property starts with, else what its type says.
    pub fn declared_value(&mut self, node: Node<'t>, kind: Option<Node<'t>>, name: Node<'t>) -> Expr {
        let value = match node.child_by_field_name("value") {
            Some(value) => Some(value),
            None => {
                parts(node).into_iter().filter(|part| *part != name && Some(*part) != kind).find(|part| {
                    !matches!(
                        part.kind(),
                        "modifier"
                            | "accessor_list"
                            | "attribute_list"
                            | "bracketed_argument_list"
                            | "explicit_interface_specifier"
                    )
                })
            }
        };
        let known = kind.and_then(|kind| self.of_type(kind));
        match value {
            Some(value) => {
                let made = self.made(value, kind, Some(self.text(name)));
                // What is asked for by its type alone is that, wherever it comes from.
                match (made.peel(), known) {
                    (Expr::Opaque(_), Some(known)) => known,
                    (Expr::Opaque(span), None)
                        if super::reader::is_configuration(self.text(name))
                            && self.text(value).contains("onfiguration") =>
                    {
                        Expr::Library(Spanned::new(CONFIGURATION.to_string(), *span))
                    }
                    _ => made,
                }
            }
            None => known.unwrap_or(Expr::Null(self.span(name))),
        }
    }

    fn if_statement(&mut self, node: Node<'t>) -> bool {
        let Some(asked) = node.child_by_field_name("condition") else { return false };
        let condition = self.condition(asked);
        let consequence = node.child_by_field_name("consequence");
        let alternative = node.child_by_field_name("alternative");
        let then = self
            .branch(Some(condition.clone()), |reader| consequence.is_some_and(|body| reader.statement(body)));
        let not = Condition::Not(Box::new(condition.clone()));
        let otherwise =
            self.branch(Some(not), |reader| alternative.is_some_and(|body| reader.statement(body)));
        let leaves = then.leaves && otherwise.leaves;
        let throws = then.leaves && alternative.is_none() && consequence.is_some_and(throws);
        let span = self.span(asked);
        self.names.merge_if(&condition, then, otherwise, span);
        if throws {
            self.demanded(&condition);
        }
        leaves
    }

    /// What must be set, as the program stops under this condition.
    fn demanded(&mut self, condition: &Condition) {
        match condition {
            Condition::Not(inner) => match inner.as_ref() {
                Condition::Truthy(value) | Condition::IsSet(value) => {
                    self.require(value.clone());
                }
                _ => {}
            },
            Condition::Any(any) => any.iter().for_each(|one| self.demanded(one)),
            _ => {}
        }
    }

    fn try_statement(&mut self, node: Node<'t>) -> bool {
        let body = node.child_by_field_name("body");
        let leaves = body.is_some_and(|body| self.statement(body));
        for part in parts(node) {
            if matches!(part.kind(), "catch_clause" | "finally_clause") {
                let blocks = parts(part).into_iter().filter(|inner| inner.kind() == "block");
                for block in blocks.collect::<Vec<_>>() {
                    // What a handler does happens rarely; its names are not kept.
                    let _ = self.branch(Some(Condition::Opaque), |reader| reader.statement(block));
                }
            }
        }
        leaves
    }

    /// Statements whose bodies run some number of times.
    fn others(&mut self, node: Node<'t>) {
        for part in parts(node) {
            match part.kind() {
                "variable_declaration" => self.declarations(part),
                "switch_body" => {
                    for section in parts(part) {
                        let statements = parts(section);
                        let branch = self.branch(Some(Condition::Opaque), |reader| reader.block(&statements));
                        let kept = self.branch(None, |_| false);
                        self.names.merge_if(&Condition::Opaque, branch, kept, self.file.slice(0, 0));
                    }
                }
                kind if kind.ends_with("statement") || kind == "block" => {
                    // What a body leaves is there or not; a `using` always runs.
                    if node.kind() == "using_statement" || node.kind() == "lock_statement" {
                        self.statement(part);
                    } else {
                        let branch = self.branch(None, |reader| reader.statement(part));
                        let kept = self.branch(None, |_| false);
                        self.names.merge_if(&Condition::Opaque, branch, kept, self.file.slice(0, 0));
                    }
                }
                kind if kind == "identifier" || kind.ends_with("type") => {}
                _ => {
                    self.expr(part);
                }
            }
        }
    }

    /// `#if`: what is compiled in a release.
    fn preprocessed(&mut self, node: Node<'t>) -> bool {
        let (own, alternative) = self.compiled(node);
        let leaves = self.block(&own);
        leaves | alternative.is_some_and(|alternative| self.statement(alternative))
    }

    /// The parts of an `#if` that are compiled, and the `#else` if that is.
    pub fn compiled(&self, node: Node<'t>) -> (Vec<Node<'t>>, Option<Node<'t>>) {
        let condition = node.child_by_field_name("condition");
        let alternative = node.child_by_field_name("alternative");
        let own =
            parts(node).into_iter().filter(|part| Some(*part) != condition && Some(*part) != alternative);
        match condition.map(|condition| self.text(condition)) {
            Some("DEBUG") => (Vec::new(), alternative),
            Some("!DEBUG" | "RELEASE") => (own.collect(), None),
            _ => (own.collect(), alternative),
        }
    }

    /// Reads a method, local function or constructor: gives what a call returns. `bind` names it in the frame.
    pub fn method(&mut self, node: Node<'t>, bind: bool) -> Expr {
        let span = self.span(node);
        let Some(name) = node.child_by_field_name("name").map(|name| self.text(name)) else {
            return Expr::Opaque(span);
        };
        let parameters = self.parameters(node);
        let mut frame = Frame::new(Own::Method);
        for (name, kind, default) in &parameters {
            let known = kind.and_then(|kind| self.of_type(kind));
            let value = known.unwrap_or(Expr::Parameter((*name).to_string()));
            let _ = default;
            frame.names.insert((*name).to_string(), value.share());
        }
        self.names.frames.push(frame);
        let since = self.notes.mark();
        let held = self.held.take();
        let body = node.child_by_field_name("body");
        let result = self.deeper(|reader| reader.body(body)).flatten();
        self.held = held;
        let Some(frame) = self.names.frames.pop() else { return Expr::Opaque(span) };
        let value = match result {
            Some(Returned::Value(value)) => value,
            Some(Returned::Ran(leaves)) => {
                if node.kind() == "constructor_declaration" {
                    self.hoist(&frame);
                }
                frame.result(leaves, span)
            }
            None => Expr::Opaque(span),
        };
        let parameters = parameters
            .into_iter()
            .map(|(name, _, default)| (name.to_string(), default.map(|default| self.expr(default))));
        let parameters: Vec<(String, Option<Expr>)> = parameters.collect();
        // The first parameter of an extension is what it is called on.
        let list = node.child_by_field_name("parameters").map_or("", |list| self.text(list));
        let first = usize::from(list.trim_start_matches(['(', ' ']).starts_with("this "));
        let handed = parameters.get(first..).unwrap_or_default();
        self.notes.ask_callers(&Spanned::new(name.to_string(), span), handed, since);
        let function = crate::programs::Function {
            name: name.to_string(),
            parameters,
            body: value.share(),
            class: false,
        };
        let function = Expr::Function(std::sync::Arc::new(function));
        if bind {
            self.names.bind(name, function.clone());
        }
        function
    }

    fn body(&mut self, body: Option<Node<'t>>) -> Option<Returned> {
        let body = body?;
        Some(match body.kind() {
            "arrow_expression_clause" => Returned::Value(self.expr(*parts(body).first()?)),
            "block" => Returned::Ran(self.block(&parts(body))),
            _ => Returned::Value(self.expr(body)),
        })
    }

    /// Keeps what a constructor left in fields.
    fn hoist(&mut self, frame: &Frame<Own>) {
        if self.names.frames.last().is_none_or(|around| around.own != Own::Type) {
            return;
        }
        let Some(class) = self.classes.last() else { return };
        let left: Vec<(String, Expr)> = frame
            .names
            .iter()
            .filter(|(name, value)| {
                // The parameter of that name is no field.
                let itself = matches!(value.peel(), Expr::Parameter(parameter) if parameter == *name);
                class.members.contains(name.as_str()) && !itself
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, value) in left {
            self.names.bind(&name, value);
        }
    }

    /// The parameters of a method, lambda or type: name, type and default.
    pub fn parameters(&self, node: Node<'t>) -> Vec<(&'t str, Option<Node<'t>>, Option<Node<'t>>)> {
        let list = node.child_by_field_name("parameters");
        let list = list.or_else(|| parts(node).into_iter().find(|part| part.kind() == "parameter_list"));
        let Some(list) = list else { return Vec::new() };
        if list.kind() == "implicit_parameter" || list.kind() == "identifier" {
            return vec![(self.text(list), None, None)];
        }
        let parameters = parts(list).into_iter().filter(|part| part.kind() == "parameter").take(100);
        let parameters = parameters.filter_map(|parameter| {
            let name = parameter.child_by_field_name("name")?;
            let kind = parameter.child_by_field_name("type");
            let default = parts(parameter).into_iter().find(|part| {
                *part != name && Some(*part) != kind && !matches!(part.kind(), "modifier" | "attribute_list")
            });
            Some((self.text(name), kind, default))
        });
        parameters.collect()
    }
}

/// How a body ended.
enum Returned {
    Value(Expr),
    Ran(bool),
}

/// Whether a statement ends by throwing.
fn throws(node: Node<'_>) -> bool {
    match node.kind() {
        "throw_statement" => true,
        "block" => parts(node).last().is_some_and(|last| last.kind() == "throw_statement"),
        _ => false,
    }
}
