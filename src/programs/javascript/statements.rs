//! Statements: what names stand for after them.

use tree_sitter::Node;

use super::reader::{FrameKind, Reader};
use crate::programs::reading::{Branch, parts};
use crate::programs::{Condition, Expr, IfExpr};
use crate::source::Span;

/// Conditions that code is read under; what more come are not kept.
const MAX_PATH: usize = 24;

impl<'t> Reader<'t> {
    /// Reads a whole file.
    pub fn program(&mut self, node: Node<'t>) {
        self.hoist(node);
        self.deeper(|reader| {
            for statement in parts(node) {
                reader.statement(statement);
            }
        });
        self.read_pending();
    }

    /// Functions can be called above the place where they are declared.
    fn hoist(&mut self, node: Node<'t>) {
        for statement in parts(node) {
            let declaration = match statement.kind() {
                "export_statement" => statement.child_by_field_name("declaration"),
                _ => Some(statement),
            };
            let function = declaration.filter(|node| {
                matches!(node.kind(), "function_declaration" | "generator_function_declaration")
            });
            if let Some(function) = function
                && let Some(name) = function.child_by_field_name("name")
            {
                let name = self.text(name);
                let value = self.function(function, name);
                self.bind(name, value);
            }
        }
    }

    /// Reads the statements of a block, or a single one; whether the last one leaves it (`return`, `throw`, …).
    pub fn block(&mut self, node: Node<'t>) -> bool {
        self.deeper(|reader| match node.kind() {
            "statement_block" | "ERROR" => {
                parts(node).into_iter().any(|statement| reader.statement(statement))
            }
            _ => reader.statement(node),
        })
        .unwrap_or(false)
    }

    pub fn statement(&mut self, node: Node<'t>) -> bool {
        if !self.work_left() {
            return true;
        }
        match node.kind() {
            "expression_statement" => return self.expression_statement(node),
            "import_statement" => self.import_statement(node),
            "export_statement" => self.export_statement(node),
            "lexical_declaration" | "variable_declaration" | "using_declaration" => {
                for part in parts(node).into_iter().filter(|part| part.kind() == "variable_declarator") {
                    self.declarator(part);
                }
            }
            "if_statement" => return self.if_statement(node),
            "try_statement" => return self.try_statement(node),
            "switch_statement" => return self.switch_statement(node),
            "for_statement" | "for_in_statement" | "while_statement" | "do_statement" => {
                self.loop_statement(node);
            }
            "function_declaration" | "generator_function_declaration" => self.definition(node),
            "class_declaration" | "abstract_class_declaration" => self.class_declaration(node),
            "enum_declaration" => self.enumeration(node),
            "return_statement" => return self.return_statement(node),
            "throw_statement" => {
                self.scan(node);
                self.stopped(self.span(node));
                return true;
            }
            "continue_statement" | "break_statement" => return true,
            "labeled_statement" => {
                return node.child_by_field_name("body").is_some_and(|body| self.block(body));
            }
            "statement_block" | "ERROR" => return self.block(node),
            "internal_module" | "module" => {
                node.child_by_field_name("body").into_iter().for_each(|body| {
                    self.block(body);
                });
            }
            "interface_declaration"
            | "type_alias_declaration"
            | "ambient_declaration"
            | "empty_statement" => {}
            _ => self.scan(node),
        }
        false
    }

    fn expression_statement(&mut self, node: Node<'t>) -> bool {
        let Some(inner) = parts(node).into_iter().next() else { return false };
        match inner.kind() {
            "assignment_expression" => self.assignment(inner),
            "augmented_assignment_expression" => self.augmented(inner),
            _ => self.scan(inner),
        }
        // `process.exit(1)` ends the program as a `throw` does.
        let exits = self.exits(inner);
        if exits {
            self.stopped(self.span(inner));
        }
        exits
    }

    /// Notes that the program stops here.
    pub fn stopped(&mut self, span: Span) {
        self.throws.insert(span);
        self.returned(Expr::Opaque(span));
    }

    fn if_statement(&mut self, node: Node<'t>) -> bool {
        let Some(question) = node.child_by_field_name("condition") else { return false };
        self.scan(question);
        let condition = self.condition(question);
        let body = node.child_by_field_name("consequence");
        if is_main(self.text(question)) {
            return body.is_some_and(|body| self.block(body));
        }
        let then = self.branch(Some(condition.clone()), |reader| body.is_some_and(|body| reader.block(body)));
        let stops = then.leaves && body.is_some_and(|body| self.stops(body));
        if stops {
            self.require_present(&condition);
        }
        let negated = match condition.clone() {
            Condition::Not(inner) => *inner,
            condition => Condition::Not(Box::new(condition)),
        };
        let rest =
            node.child_by_field_name("alternative").and_then(|clause| parts(clause).into_iter().next());
        let otherwise =
            self.branch(Some(negated.clone()), |reader| rest.is_some_and(|body| reader.block(body)));
        let leaves = then.leaves && otherwise.leaves;
        let returns = then.leaves && !stops && !leaves;
        self.names.merge_if(&condition, then, otherwise, self.span(question));
        // What follows `if (!url) return;` is reached only with one.
        if returns
            && condition != Condition::Opaque
            && let Some(frame) = self.names.frames.last_mut()
            && frame.path.len() < MAX_PATH
        {
            frame.path.push(negated);
        }
        leaves
    }

    fn try_statement(&mut self, node: Node<'t>) -> bool {
        let Some(body) = node.child_by_field_name("body") else { return false };
        let mut tried = self.branch(None, |reader| reader.block(body));
        let handler =
            node.child_by_field_name("handler").and_then(|clause| clause.child_by_field_name("body"));
        let caught =
            handler.map(|handler| self.branch(Some(Condition::Opaque), |reader| reader.block(handler)));
        let finalizer =
            node.child_by_field_name("finalizer").and_then(|clause| clause.child_by_field_name("body"));
        let leaves = tried.leaves && caught.as_ref().is_none_or(|branch| branch.leaves);
        tried.leaves &= caught.is_none();
        match caught.filter(|branch| !branch.leaves && !branch.names.is_empty()) {
            None => self.names.adopt(tried),
            Some(otherwise) => {
                let span = self.span(body);
                self.names.merge(tried, otherwise, |then, otherwise| unknown_choice(then, otherwise, span));
            }
        }
        leaves | finalizer.is_some_and(|body| self.block(body))
    }

    /// Cases as if they were an `if` with alternatives; what falls through has the conditions of all above it.
    fn switch_statement(&mut self, node: Node<'t>) -> bool {
        let Some(subject) = node.child_by_field_name("value") else { return false };
        self.scan(subject);
        let value = self.expr(subject).share();
        let Some(body) = node.child_by_field_name("body") else { return false };
        let mut open: Vec<Expr> = Vec::new();
        let mut seen: Vec<Condition> = Vec::new();
        let mut taken: Vec<(Condition, Branch)> = Vec::new();
        let mut exhaustive = false;
        for case in parts(body).into_iter().take(100) {
            let label = case.child_by_field_name("value");
            open.extend(label.map(|label| self.expr(label)));
            let default = case.kind() == "switch_default";
            let statements: Vec<Node<'t>> = parts(case)
                .into_iter()
                .filter(|part| Some(part.id()) != label.map(|label| label.id()))
                .collect();
            if statements.is_empty() && !default {
                continue;
            }
            let one = match (default, open.len(), open.pop()) {
                (true, ..) => Condition::Not(Box::new(Condition::Any(seen.clone()))),
                (false, 1, Some(only)) => Condition::Equals(value.clone(), only),
                (false, _, last) => {
                    open.extend(last);
                    Condition::OneOf(value.clone(), std::mem::take(&mut open))
                }
            };
            open.clear();
            let known = !matches!(value.peel(), Expr::Opaque(_));
            let one = if known { one } else { Condition::Opaque };
            seen.push(one.clone());
            exhaustive |= default;
            let branch = self.branch(Some(one.clone()), |reader| {
                let mut broken = false;
                statements.into_iter().any(|statement| {
                    broken = breaks(statement);
                    reader.statement(statement)
                }) && !broken
            });
            taken.push((one, branch));
        }
        let all_leave = exhaustive && taken.iter().all(|(_, branch)| branch.leaves);
        let span = self.span(subject);
        for (condition, branch) in taken.into_iter().rev() {
            let none = self.branch(None, |_| false);
            self.names.merge_if(&condition, branch, none, span);
        }
        all_leave
    }

    fn loop_statement(&mut self, node: Node<'t>) {
        for field in ["condition", "initializer", "increment", "right"] {
            node.child_by_field_name(field).into_iter().for_each(|part| match part.kind() {
                "lexical_declaration" => drop(self.statement(part)),
                _ => self.scan(part),
            });
        }
        self.note_attempts_of_loop(node);
        if let (Some(over), Some(body)) =
            (node.child_by_field_name("right"), node.child_by_field_name("body"))
        {
            self.required_names(over, body);
        }
        let opaque = Expr::Opaque(self.span(node));
        let turn = self.branch(Some(Condition::Opaque), |reader| {
            if let Some(target) = node.child_by_field_name("left") {
                reader.assign(target, opaque);
            }
            node.child_by_field_name("body").is_some_and(|body| reader.block(body))
        });
        let none = self.branch(None, |_| false);
        let span = self.span(node);
        let turn = Branch { leaves: false, ..turn };
        self.names.merge(turn, none, |then, otherwise| unknown_choice(then, otherwise, span));
    }

    fn return_statement(&mut self, node: Node<'t>) -> bool {
        self.scan(node);
        let value = match parts(node).into_iter().next() {
            Some(value) => self.expr(value),
            None => Expr::Null(self.span(node)),
        };
        self.returned(value);
        true
    }

    /// Notes what the function returns where the branches around hold.
    pub fn returned(&mut self, value: Expr) {
        let Some(frame) = self.names.frames.last_mut() else { return };
        if frame.own.kind == FrameKind::Function {
            frame.returned(value);
        }
    }

    /// Whether the expression ends the process.
    fn exits(&mut self, node: Node<'t>) -> bool {
        let callee =
            (node.kind() == "call_expression").then(|| node.child_by_field_name("function")).flatten();
        callee
            .is_some_and(|callee| matches!(self.text(callee), "process.exit" | "process.abort" | "Deno.exit"))
    }

    /// Whether a branch stops the program, rather than answers a request.
    pub fn stops(&self, body: Node<'t>) -> bool {
        let last = match body.kind() {
            "statement_block" => parts(body).into_iter().last(),
            _ => Some(body),
        };
        let Some(last) = last else { return false };
        let text = self.text(last);
        match last.kind() {
            "throw_statement" => !text.contains("HttpException") && !text.contains("TRPCError"),
            _ => ["process.exit(", "process.abort(", "Deno.exit("].iter().any(|exit| text.starts_with(exit)),
        }
    }
}

/// `require.main === module`, `import.meta.main`: what is read is what would run.
fn is_main(question: &str) -> bool {
    question.contains("require.main") || question.contains("import.meta.main")
}

/// Whether the statement leaves a `switch`, but not the function.
fn breaks(node: Node<'_>) -> bool {
    match node.kind() {
        "break_statement" => true,
        "statement_block" => parts(node).last().is_some_and(|last| last.kind() == "break_statement"),
        _ => false,
    }
}

pub(super) fn unknown_choice(then: Expr, otherwise: Expr, span: Span) -> Expr {
    Expr::If(Box::new(IfExpr { condition: Condition::Opaque, then, otherwise, span }))
}
