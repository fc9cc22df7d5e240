//! Statements: what names stand for after them.

use tree_sitter::Node;

use super::reader::{FrameKind, Pending, Reader};
use crate::programs::reading::{Branch, fields, parts, sides};
use crate::programs::{Condition, Expr, IfExpr, Method, Module};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// Reads the statements of a block; whether the last one leaves it (`return`, `raise`, …).
    pub fn block(&mut self, node: Node<'t>) -> bool {
        self.deeper(|reader| parts(node).into_iter().any(|statement| reader.statement(statement)))
            .unwrap_or(false)
    }

    fn statement(&mut self, node: Node<'t>) -> bool {
        if !self.work_left() {
            return true;
        }
        match node.kind() {
            "expression_statement" => return self.expression_statement(node),
            "import_statement" => self.import_statement(node),
            "import_from_statement" => self.import_from(node),
            "if_statement" => return self.if_statement(node),
            "try_statement" => return self.try_statement(node),
            "with_statement" => return self.with_statement(node),
            "for_statement" | "while_statement" => return self.loop_statement(node),
            "match_statement" => self.match_statement(node),
            "function_definition" => self.definition(node, &[]),
            "class_definition" => self.class_definition(node),
            "decorated_definition" => self.decorated(node),
            "return_statement" => return self.return_statement(node),
            "raise_statement" => {
                self.scan(node);
                self.returned(Expr::Opaque(self.span(node)));
                return true;
            }
            "continue_statement" | "break_statement" => return true,
            "assert_statement" => self.assert_statement(node),
            "block" | "ERROR" => return self.block(node),
            _ => self.scan(node),
        }
        false
    }

    fn expression_statement(&mut self, node: Node<'t>) -> bool {
        let mut leaves = false;
        for part in parts(node) {
            match part.kind() {
                "assignment" => self.assignment(part),
                "augmented_assignment" => self.augmented(part),
                _ => {
                    self.scan(part);
                    match part.kind() {
                        "named_expression" => drop(self.expr(part)),
                        // A call of a generator gives what it yields, to whoever depends on it.
                        "yield" => {
                            if let Some(value) = parts(part).first() {
                                let value = self.expr(*value);
                                self.returned(value);
                            }
                        }
                        _ => {}
                    }
                    leaves |= self.exits(part);
                }
            }
        }
        leaves
    }

    /// Whether the expression ends the process: `sys.exit(…)`.
    fn exits(&mut self, node: Node<'t>) -> bool {
        let Some(callee) = (node.kind() == "call").then(|| node.child_by_field_name("function")).flatten()
        else {
            return false;
        };
        let name = self.text(callee);
        let exits = matches!(name, "sys.exit" | "os._exit" | "os.abort")
            || matches!(name, "exit" | "quit") && self.builtin(name);
        if exits {
            self.returned(Expr::Opaque(self.span(node)));
        }
        exits
    }

    fn assignment(&mut self, node: Node<'t>) {
        let Some(left) = node.child_by_field_name("left") else { return };
        let right = node.child_by_field_name("right");
        if self.kind() == FrameKind::Class
            && self.settings_field(left, node.child_by_field_name("type"), right)
        {
            return;
        }
        let Some(right) = right else { return };
        // `a = b = value`: the value stands at the end.
        let mut targets = vec![left];
        let mut value = right;
        while value.kind() == "assignment" && targets.len() < 16 {
            targets.extend(value.child_by_field_name("left"));
            let Some(next) = value.child_by_field_name("right") else { return };
            value = next;
        }
        self.scan(value);
        let made = self.expr(value).share();
        self.held_in(&targets, value);
        for target in targets {
            self.configured(target, &made);
            self.server_setting(target, &made);
            self.framework_setting(target, value);
            self.assign(target, made.clone());
        }
    }

    /// Notes in which field or module-level name the reads of a value end up.
    fn held_in(&mut self, targets: &[Node<'t>], value: Node<'t>) {
        let &[target] = targets else { return };
        if self.kind() == FrameKind::Function || target.kind() != "identifier" {
            return;
        }
        let (name, span) = (self.text(target), self.span(value));
        for read in self.notes.module.reads.iter_mut().rev().take_while(|read| span.contains(read.span)) {
            read.held = Some(name.to_string());
        }
    }

    /// Binds a target: a name, `a.b`, `a["b"]`, or several names.
    pub fn assign(&mut self, target: Node<'t>, value: Expr) {
        match target.kind() {
            "identifier" => self.bind(self.text(target), value),
            "attribute" => {
                if let Some(name) = self.dotted(target) {
                    self.bind(&name, value);
                }
            }
            "subscript" => self.assign_item(target, value),
            "pattern_list" | "tuple_pattern" | "list_pattern" => {
                for (at, part) in parts(target).into_iter().enumerate() {
                    let index = i64::try_from(at).unwrap_or(0);
                    let item = match value.peel() {
                        Expr::List(items) => items.get(at).cloned().unwrap_or(Expr::Opaque(Span::NONE)),
                        Expr::Opaque(span) => Expr::Opaque(*span),
                        _ => Expr::Method(Box::new(value.clone()), Box::new(Method::Index(index))),
                    };
                    self.deeper(|reader| reader.assign(part, item));
                }
            }
            _ => {}
        }
    }

    /// `record["key"] = value`: the record with one more field.
    fn assign_item(&mut self, target: Node<'t>, value: Expr) {
        let (Some(object), Some(key)) =
            (target.child_by_field_name("value"), target.child_by_field_name("subscript"))
        else {
            return;
        };
        let Some(name) = self.dotted(object) else { return };
        let Some(before) = self.bound(&name).cloned() else { return };
        if !matches!(before.peel(), Expr::Record(_) | Expr::Merge(_)) {
            return;
        }
        let field = match self.expr(key).peel() {
            Expr::Text(key) => Expr::Record(vec![(key.clone(), value)]),
            _ => Expr::Opaque(self.span(target)),
        };
        self.bind(&name, Expr::Merge(vec![before, field]));
    }

    fn augmented(&mut self, node: Node<'t>) {
        let Some((left, right)) = sides(node) else { return };
        self.scan(right);
        let plus = node.child_by_field_name("operator").is_some_and(|operator| self.text(operator) == "+=");
        let before = self.expr(left);
        let added = self.expr(right);
        let value = match plus && !matches!(before.peel(), Expr::List(_) | Expr::Number(_)) {
            true => Expr::Concat(vec![before, added]),
            false => Expr::Opaque(self.span(node)),
        };
        self.assign(left, value);
    }

    fn if_statement(&mut self, node: Node<'t>) -> bool {
        let Some(question) = node.child_by_field_name("condition") else { return false };
        let rest = fields(node, "alternative");
        self.alternatives(question, node.child_by_field_name("consequence"), &rest)
    }

    /// `if question: body`, and the `elif`s and `else` that follow.
    fn alternatives(&mut self, question: Node<'t>, body: Option<Node<'t>>, rest: &[Node<'t>]) -> bool {
        self.scan(question);
        let condition = self.condition(question);
        if self.constant_branch(&condition) {
            // What stands there is run as a function is that only an interpreter calls which is given the file.
            if let (Condition::Equals(..), Some(body)) = (&condition, body)
                && self.notes.recording
            {
                let span = self.span(body);
                self.notes.module.run_alone.push(span);
                self.notes.module.functions.push(Spanned::new(Module::UNDER_MAIN.to_string(), span));
            }
            return body.is_some_and(|body| self.block(body));
        }
        let then = self.branch(Some(condition.clone()), |reader| body.is_some_and(|body| reader.block(body)));
        if then.leaves && body.is_some_and(|body| self.stops(body)) {
            self.require_present(&condition);
        }
        let negated = Condition::Not(Box::new(condition.clone()));
        let otherwise = self.branch(Some(negated.clone()), |reader| match rest.split_first() {
            None => false,
            Some((next, rest)) if next.kind() == "elif_clause" => {
                let question = next.child_by_field_name("condition");
                let body = next.child_by_field_name("consequence");
                question.is_some_and(|question| {
                    reader.deeper(|reader| reader.alternatives(question, body, rest)).unwrap_or(false)
                })
            }
            Some((next, _)) => next.child_by_field_name("body").is_some_and(|body| reader.block(body)),
        });
        let leaves = then.leaves && otherwise.leaves;
        let span = self.span(question);
        self.names.merge_if(&condition, then, otherwise, span);
        leaves
    }

    /// `if TYPE_CHECKING`, `if __name__ == "__main__"`: what is read is what would run.
    fn constant_branch(&self, condition: &Condition) -> bool {
        let dunder = |expr: &Expr| matches!(expr, Expr::Own(name) if name.value == "__name__");
        match condition {
            Condition::Truthy(Expr::Library(name)) => name.value.ends_with("TYPE_CHECKING"),
            Condition::Equals(a, _) => dunder(a),
            _ => false,
        }
    }

    fn try_statement(&mut self, node: Node<'t>) -> bool {
        let Some(body) = node.child_by_field_name("body") else { return false };
        self.remark_on_try(node, self.loops > 0);
        let clauses = parts(node);
        let handlers: Vec<Node<'t>> =
            clauses.iter().copied().filter(|clause| clause.kind() == "except_clause").collect();
        let handled: Vec<(Branch, bool)> = handlers.iter().map(|handler| self.handler(*handler)).collect();
        let goes_on = handled.iter().any(|(branch, missing)| *missing && !branch.leaves);
        if handled.iter().any(|(branch, _)| !branch.leaves) {
            self.note_caught(body);
        }
        let before = std::mem::take(&mut self.guarded_reads);
        self.guarded += usize::from(goes_on);
        let mut tried = self.branch(None, |reader| reader.block(body));
        self.guarded -= usize::from(goes_on);
        let reads = std::mem::replace(&mut self.guarded_reads, before);
        let all_leave = tried.leaves && handled.iter().all(|(branch, _)| branch.leaves);
        // A `return` in the body ends the function only when the body gets there.
        tried.leaves &= handled.is_empty();
        let handler = handled.into_iter().find(|(branch, _)| !branch.leaves && !branch.names.is_empty());
        match handler {
            None => self.names.adopt(tried),
            Some((otherwise, missing)) => {
                let condition = match missing && !reads.is_empty() {
                    true => Condition::All(reads.into_iter().map(Condition::IsSet).collect()),
                    false => Condition::Opaque,
                };
                let span = self.span(body);
                self.names.merge(tried, otherwise, |then, otherwise| {
                    Expr::If(Box::new(IfExpr { condition: condition.clone(), then, otherwise, span }))
                });
            }
        }
        let mut leaves = all_leave;
        for clause in clauses {
            if matches!(clause.kind(), "else_clause" | "finally_clause")
                && let Some(body) = parts(clause).into_iter().find(|part| part.kind() == "block")
            {
                leaves |= self.block(body);
            }
        }
        leaves
    }

    /// What a handler leaves, and whether it catches the `KeyError` of a missing variable.
    fn handler(&mut self, node: Node<'t>) -> (Branch, bool) {
        let caught = node.child_by_field_name("value").map(|value| self.text(value));
        let missing = caught.is_none_or(|caught| {
            [
                "KeyError",
                "LookupError",
                "Exception",
                "UndefinedValueError",
                "EnvError",
                "ImproperlyConfigured",
            ]
            .iter()
            .any(|name| caught.contains(name))
        });
        let branch = self.branch(Some(Condition::Opaque), |reader| {
            let body = parts(node).into_iter().find(|part| part.kind() == "block");
            body.is_some_and(|body| reader.block(body))
        });
        (branch, missing)
    }

    fn with_statement(&mut self, node: Node<'t>) -> bool {
        let mut prefixes = 0;
        for clause in parts(node).into_iter().filter(|part| part.kind() == "with_clause") {
            for item in parts(clause) {
                let Some(value) = item.child_by_field_name("value") else { continue };
                self.scan(value);
                let (value, alias) = match value.kind() {
                    "as_pattern" => {
                        (parts(value).into_iter().next().unwrap_or(value), value.child_by_field_name("alias"))
                    }
                    _ => (value, None),
                };
                prefixes += usize::from(self.enter_prefix(value));
                if let Some(target) = alias.and_then(|alias| parts(alias).into_iter().next()) {
                    let made = self.expr(value);
                    self.assign(target, made);
                }
            }
        }
        let leaves = node.child_by_field_name("body").is_some_and(|body| self.block(body));
        self.prefixes.truncate(self.prefixes.len() - prefixes);
        leaves
    }

    fn loop_statement(&mut self, node: Node<'t>) -> bool {
        self.note_attempts_of_loop(node);
        if self.copies_entries(node) {
            return false;
        }
        self.loops += 1;
        let leaves = self.loop_turns(node);
        self.loops -= 1;
        leaves
    }

    fn loop_turns(&mut self, node: Node<'t>) -> bool {
        let endless =
            node.child_by_field_name("condition").is_some_and(|c| matches!(self.text(c), "True" | "1"));
        for field in ["condition", "right"] {
            node.child_by_field_name(field).into_iter().for_each(|part| self.scan(part));
        }
        let opaque = Expr::Opaque(self.span(node));
        let body = node.child_by_field_name("body");
        let turn = self.branch((!endless).then_some(Condition::Opaque), |reader| {
            if let Some(target) = node.child_by_field_name("left") {
                reader.assign(target, opaque);
            }
            body.is_some_and(|body| reader.block(body))
        });
        let turn = Branch { leaves: false, ..turn };
        match endless {
            true => self.names.adopt(turn),
            false => {
                let none = self.branch(None, |_| false);
                let span = self.span(node);
                self.names.merge(turn, none, |then, otherwise| unknown_choice(then, otherwise, span));
            }
        }
        if let Some(body) =
            node.child_by_field_name("alternative").and_then(|part| part.child_by_field_name("body"))
        {
            return self.block(body);
        }
        false
    }

    fn match_statement(&mut self, node: Node<'t>) {
        node.child_by_field_name("subject").into_iter().for_each(|subject| self.scan(subject));
        let Some(body) = node.child_by_field_name("body") else { return };
        let span = self.span(node);
        for case in parts(body) {
            let Some(block) = case.child_by_field_name("consequence") else { continue };
            let taken = self.branch(Some(Condition::Opaque), |reader| reader.block(block));
            let none = self.branch(None, |_| false);
            self.names.merge(taken, none, |then, otherwise| unknown_choice(then, otherwise, span));
        }
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

    fn assert_statement(&mut self, node: Node<'t>) {
        self.scan(node);
        if let Some(question) = parts(node).into_iter().next() {
            let condition = Condition::Not(Box::new(self.condition(question)));
            self.require_present(&condition);
        }
    }

    fn import_statement(&mut self, node: Node<'t>) {
        for name in fields(node, "name") {
            let span = self.span(name);
            if let (Some(path), Some(alias)) =
                (name.child_by_field_name("name"), name.child_by_field_name("alias"))
            {
                let value = self.import(self.text(path), "", span);
                self.imports(self.text(path), span);
                self.bind(self.text(alias), value);
                continue;
            }
            let path = self.text(name);
            self.imports(path, span);
            let whole = self.import(path, "", span);
            if let Some((top, _)) = path.split_once('.') {
                let value = self.import(top, "", span);
                self.bind(top, value);
            }
            self.bind(path, whole);
        }
    }

    fn import_from(&mut self, node: Node<'t>) {
        let Some(from) = node.child_by_field_name("module_name") else { return };
        let module = self.text(from).replace(char::is_whitespace, "");
        self.imports(&module, self.span(from));
        if parts(node).iter().any(|part| part.kind() == "wildcard_import") {
            self.take_over(module);
            self.celery_may_be_told(self.span(node));
            return;
        }
        for name in fields(node, "name") {
            let (path, alias) = match name.kind() {
                "aliased_import" => (name.child_by_field_name("name"), name.child_by_field_name("alias")),
                _ => (Some(name), Some(name)),
            };
            let (Some(path), Some(alias)) = (path, alias) else { continue };
            let value = self.import(&module, self.text(path), self.span(path));
            self.bind(self.text(alias), value);
        }
    }

    /// `from module import *`: on a branch, what was bound before may as well stay.
    fn take_over(&mut self, module: String) {
        self.notes.module.takes_over.push(module);
        if self.names.path().next().is_some() {
            let all = self.notes.module.takes_over.len();
            self.bound_after.values_mut().for_each(|count| *count = all);
        }
    }

    fn imports(&mut self, module: &str, span: Span) {
        if self.notes.recording {
            self.notes.module.imports.push(Spanned::new(module.to_string(), span));
        }
    }

    fn decorated(&mut self, node: Node<'t>) {
        let decorators: Vec<Node<'t>> =
            parts(node).into_iter().filter(|part| part.kind() == "decorator").collect();
        decorators.iter().for_each(|decorator| self.scan(*decorator));
        self.note_attempts_of_decorators(node, &decorators);
        match node.child_by_field_name("definition") {
            Some(inner) if inner.kind() == "class_definition" => self.class_definition(inner),
            Some(inner) => self.definition(inner, &decorators),
            None => {}
        }
    }

    /// A function: summarised for its calls now, read in depth when the names around are complete.
    fn definition(&mut self, node: Node<'t>, decorators: &[Node<'t>]) {
        if self.kind() == FrameKind::Class {
            return self.method(node, decorators);
        }
        let Some(name) = node.child_by_field_name("name") else { return };
        let function = self.function(node);
        self.bind(self.text(name), function);
        let decorated = self.called_by_others(decorators);
        if self.notes.recording
            && let Some(frame) = self.names.frames.last_mut()
        {
            frame.own.pending.push(Pending { node, decorated, instance: None });
        }
    }
}

fn unknown_choice(then: Expr, otherwise: Expr, span: Span) -> Expr {
    Expr::If(Box::new(IfExpr { condition: Condition::Opaque, then, otherwise, span }))
}
