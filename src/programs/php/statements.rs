//! Statements: what names stand for after them.

use tree_sitter::Node;

use super::reader::{Kind, Reader};
use crate::programs::reading::made::not;
use crate::programs::reading::{Branch, fields, parts, sides};
use crate::programs::{Condition, Expr, IfExpr, Method};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// Reads the statements of a block; whether the last one leaves it (`return`, `throw`, …).
    pub fn block(&mut self, node: Node<'t>) -> bool {
        self.deeper(|reader| parts(node).into_iter().any(|statement| reader.statement(statement)))
            .unwrap_or(false)
    }

    fn statement(&mut self, node: Node<'t>) -> bool {
        if !self.bounds.work() {
            return true;
        }
        match node.kind() {
            "expression_statement" => return self.expression_statement(node),
            "compound_statement" | "colon_block" | "ERROR" | "else_clause" => return self.block(node),
            "namespace_definition" => self.enter_namespace(node),
            "namespace_use_declaration" => self.use_declaration(node),
            "if_statement" => return self.if_statement(node),
            "switch_statement" => self.switch_statement(node),
            "while_statement" | "do_statement" | "for_statement" | "foreach_statement" => self.turns(node),
            "try_statement" => return self.try_statement(node),
            "return_statement" => return self.return_statement(node),
            "exit_statement" | "break_statement" | "continue_statement" => {
                let exits = node.kind() == "exit_statement";
                parts(node).into_iter().for_each(|part| drop(self.expr(part)));
                if exits {
                    self.returns(Expr::Opaque(self.span(node)));
                }
                return true;
            }
            "function_definition" => {
                self.define_function(node);
                if self.notes.recording && self.pending.len() < 2_000 {
                    self.pending.push(node);
                }
            }
            "class_declaration" | "trait_declaration" | "enum_declaration" => self.class_declaration(node),
            "const_declaration" => self.constants(node, ""),
            "global_declaration" => {
                for part in parts(node) {
                    let name = self.text(part).to_string();
                    let value = Expr::Own(Spanned::new(name.clone(), self.span(part)));
                    self.names.bind(&name, value);
                }
            }
            "text" | "php_tag" | "text_interpolation" | "interface_declaration" => {}
            _ => {
                for part in parts(node) {
                    let block = part.kind().ends_with("_statement") || part.kind().ends_with("_block");
                    match block {
                        true => drop(self.deeper(|reader| reader.statement(part))),
                        false => drop(self.expr(part)),
                    }
                }
            }
        }
        false
    }

    fn expression_statement(&mut self, node: Node<'t>) -> bool {
        let mut leaves = false;
        for part in parts(node) {
            self.expr(part);
            if self.is_stop(part) {
                self.returns(Expr::Opaque(self.span(part)));
                leaves = true;
            }
        }
        leaves
    }

    fn enter_namespace(&mut self, node: Node<'t>) {
        let name = node.child_by_field_name("name").map_or("", |name| self.text(name));
        self.namespace = name.replace('\\', ".");
        if let Some(body) = node.child_by_field_name("body") {
            self.block(body);
        }
    }

    fn use_declaration(&mut self, node: Node<'t>) {
        let prefix = parts(node).into_iter().find(|part| part.kind() == "namespace_name");
        let prefix = prefix.map(|prefix| self.text(prefix).replace('\\', ".") + ".").unwrap_or_default();
        let group = node.child_by_field_name("body");
        for clause in parts(group.unwrap_or(node)) {
            if clause.kind() != "namespace_use_clause" {
                continue;
            }
            let Some(name) = parts(clause).into_iter().next() else { continue };
            let full = format!("{prefix}{}", self.text(name).trim_start_matches('\\').replace('\\', "."));
            let alias = clause.child_by_field_name("alias").map(|alias| self.text(alias));
            let alias = alias.unwrap_or_else(|| full.rsplit('.').next().unwrap_or("")).to_string();
            self.use_name(&alias, &full);
        }
    }

    /// `const A = …`; within a class the names are those of its members.
    pub fn constants(&mut self, node: Node<'t>, prefix: &str) {
        for element in parts(node).into_iter().filter(|part| part.kind() == "const_element") {
            let inner = parts(element);
            let (Some(&name), Some(&value)) = (inner.first(), inner.get(1)) else { continue };
            let made = self.expr(value);
            let (name, span) = (self.text(name), self.span(value));
            self.hold(name, span);
            self.names.bind(&format!("{prefix}{name}"), made);
        }
    }

    fn if_statement(&mut self, node: Node<'t>) -> bool {
        let Some(question) = node.child_by_field_name("condition") else { return false };
        let rest = fields(node, "alternative");
        self.alternatives(question, node.child_by_field_name("body"), &rest)
    }

    /// `if (question) body`, and the `elseif`s and `else` that follow.
    fn alternatives(&mut self, question: Node<'t>, body: Option<Node<'t>>, rest: &[Node<'t>]) -> bool {
        let condition = self.condition(question);
        // What the file itself defines unless it is there: read as it runs.
        if condition == Condition::All(Vec::new())
            || matches!(&condition, Condition::Not(inner) if **inner == Condition::Any(Vec::new()))
        {
            return body.is_some_and(|body| self.body(body));
        }
        let then = self.branch(Some(condition.clone()), |reader| body.is_some_and(|body| reader.body(body)));
        if then.leaves && body.is_some_and(|body| self.stops(body)) {
            self.require_present(&condition);
        }
        let negated = not(condition.clone());
        let otherwise = self.branch(Some(negated), |reader| match rest.split_first() {
            None => false,
            Some((next, rest)) if next.kind() == "else_if_clause" => {
                let question = next.child_by_field_name("condition");
                let body = next.child_by_field_name("body");
                question.is_some_and(|question| {
                    reader.deeper(|reader| reader.alternatives(question, body, rest)).unwrap_or(false)
                })
            }
            Some((next, _)) => next.child_by_field_name("body").is_some_and(|body| reader.body(body)),
        });
        let leaves = then.leaves && otherwise.leaves;
        let span = self.span(question);
        self.names.merge_if(&condition, then, otherwise, span);
        leaves
    }

    /// A block, or the one statement in its place.
    fn body(&mut self, node: Node<'t>) -> bool {
        self.deeper(|reader| reader.statement(node)).unwrap_or(false)
    }

    /// Whether a block ends with the end of the program.
    fn stops(&self, body: Node<'t>) -> bool {
        let last = match body.kind() {
            "compound_statement" | "colon_block" => parts(body).into_iter().last(),
            _ => Some(body),
        };
        let Some(last) = last else { return false };
        match last.kind() {
            "exit_statement" => true,
            "expression_statement" => parts(last).first().is_some_and(|inner| self.is_stop(*inner)),
            _ => false,
        }
    }

    fn switch_statement(&mut self, node: Node<'t>) {
        let (Some(subject), Some(body)) =
            (node.child_by_field_name("condition"), node.child_by_field_name("body"))
        else {
            return;
        };
        let subject = self.expr(subject).share();
        let mut cases: Vec<Expr> = Vec::new();
        let mut all: Vec<Expr> = Vec::new();
        for case in parts(body) {
            let value = case.child_by_field_name("value");
            if let Some(value) = value {
                let value = self.expr(value).share();
                all.push(value.clone());
                cases.push(value);
            }
            let inner: Vec<Node<'t>> = parts(case).into_iter().filter(|part| Some(*part) != value).collect();
            if inner.is_empty() {
                // It falls through to the next case.
                continue;
            }
            let condition = match value {
                Some(_) => Condition::OneOf(subject.clone(), std::mem::take(&mut cases)),
                None => not(Condition::OneOf(subject.clone(), all.clone())),
            };
            let taken = self.branch(Some(condition.clone()), |reader| {
                let mut statements = inner.into_iter().take_while(|part| part.kind() != "break_statement");
                statements.any(|part| reader.statement(part))
            });
            let none = self.branch(None, |_| false);
            let span = self.span(case);
            self.names.merge_if(&condition, taken, none, span);
        }
    }

    fn turns(&mut self, node: Node<'t>) {
        let body = node.child_by_field_name("body");
        for part in parts(node) {
            if Some(part) != body && part.kind() != "pair" {
                self.expr(part);
            }
        }
        let span = self.span(node);
        let turn = self.branch(Some(Condition::Opaque), |reader| {
            if node.kind() == "foreach_statement" {
                let inner = parts(node);
                let targets = inner.iter().skip(1).filter(|part| Some(**part) != body);
                for target in targets {
                    let pair = if target.kind() == "pair" { parts(*target) } else { vec![*target] };
                    pair.into_iter().for_each(|name| reader.assign(name, Expr::Opaque(span)));
                }
            }
            body.is_some_and(|body| reader.body(body))
        });
        let turn = Branch { leaves: false, ..turn };
        let none = self.branch(None, |_| false);
        self.names.merge(turn, none, |then, otherwise| unknown_choice(then, otherwise, span));
    }

    fn try_statement(&mut self, node: Node<'t>) -> bool {
        let Some(body) = node.child_by_field_name("body") else { return false };
        let clauses = parts(node);
        let mut tried = self.branch(None, |reader| reader.body(body));
        tried.leaves = false;
        self.names.adopt(tried);
        for clause in clauses {
            let Some(body) = clause.child_by_field_name("body").filter(|_| clause != body) else { continue };
            if clause.kind() == "finally_clause" {
                self.body(body);
                continue;
            }
            let caught = self.branch(Some(Condition::Opaque), |reader| reader.body(body));
            let none = self.branch(None, |_| false);
            let span = self.span(clause);
            self.names.merge(caught, none, |then, otherwise| unknown_choice(then, otherwise, span));
        }
        false
    }

    fn return_statement(&mut self, node: Node<'t>) -> bool {
        let value = match parts(node).into_iter().next() {
            Some(value) => self.expr(value),
            None => Expr::Null(self.span(node)),
        };
        self.returns(value);
        true
    }

    /// Notes what the function, or the file, returns where the branches around hold.
    pub fn returns(&mut self, value: Expr) {
        if self.at_top() {
            let unconditional = self.names.path().next().is_none();
            if self.returned.is_none() && unconditional {
                self.returned = Some(value);
            }
            return;
        }
        if let Some(frame) = self.names.frames.last_mut()
            && matches!(frame.own, Kind::Function | Kind::Closure)
        {
            frame.returned(value);
        }
    }

    pub fn assignment(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, right)) = sides(node) else { return Expr::Opaque(span) };
        let made = self.expr(right).share();
        self.assign(left, made.clone());
        made
    }

    pub fn augmented(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, right)) = sides(node) else { return Expr::Opaque(span) };
        let operator = node.child_by_field_name("operator").map_or("", |operator| self.text(operator));
        let before = self.expr(left);
        let added = self.expr(right);
        let value = match operator {
            ".=" => Expr::Concat(vec![before, added]),
            "??=" => Expr::FirstSet(vec![before, added]),
            _ => Expr::Opaque(span),
        };
        let value = value.share();
        self.assign(left, value.clone());
        value
    }

    /// Gives a variable, a property or a key a value.
    pub fn assign(&mut self, target: Node<'t>, value: Expr) {
        match target.kind() {
            "variable_name" => {
                let name = self.text(target);
                self.names.bind(name, value);
            }
            "member_access_expression" => self.assign_property(target, value),
            "scoped_property_access_expression" => {
                let name = parts(target).last().map_or("", |name| self.text(*name));
                let scope = parts(target).first().map_or("", |scope| self.text(*scope));
                if matches!(scope, "self" | "static") {
                    self.names.bind(&format!("self::{name}"), value);
                }
            }
            "subscript_expression" => self.assign_item(target, value),
            "list_literal" | "array_creation_expression" => {
                for (at, part) in parts(target).into_iter().enumerate().take(64) {
                    let index = i64::try_from(at).unwrap_or(0);
                    let item = match value.peel() {
                        Expr::List(items) => items.get(at).cloned().unwrap_or(Expr::Opaque(Span::NONE)),
                        Expr::Opaque(span) => Expr::Opaque(*span),
                        _ => Expr::Method(Box::new(value.clone()), Box::new(Method::Index(index))),
                    };
                    let part = match part.kind() {
                        "array_element_initializer" => parts(part).last().copied().unwrap_or(part),
                        _ => part,
                    };
                    self.deeper(|reader| reader.assign(part, item));
                }
            }
            _ => {}
        }
    }

    fn assign_property(&mut self, target: Node<'t>, value: Expr) {
        let (Some(object), Some(name)) =
            (target.child_by_field_name("object"), target.child_by_field_name("name"))
        else {
            return;
        };
        let property = self.text(name);
        if self.text(object) == "$this" {
            return self.names.bind(&format!("this->{property}"), value);
        }
        if let Expr::Library(library) = self.expr(object) {
            let span = self.span(target);
            self.setting(&format!("{}.{property}=", library.value), value, self.spanned(name), span);
        }
    }

    /// `$record['key'] = value`: the record with one more field.
    fn assign_item(&mut self, target: Node<'t>, value: Expr) {
        let inner = parts(target);
        let (Some(&object), Some(&key)) = (inner.first(), inner.get(1)) else { return };
        let Some(key) = self.literal(key) else { return };
        if self.setting_of_codeigniter(object, &key, &value) {
            return;
        }
        self.setting_of_drupal(object, &key, &value);
        let before = match object.kind() {
            "variable_name" => self.variable(self.text(object), self.span(object)),
            "member_access_expression" => self.expr(object),
            _ => return,
        };
        if matches!(before.peel(), Expr::Record(_) | Expr::Merge(_) | Expr::List(_)) {
            let field = Expr::Record(vec![(key, value)]);
            let base = match before.peel() {
                Expr::List(_) => Expr::Record(Vec::new()),
                _ => before,
            };
            self.assign(object, Expr::Merge(vec![base, field]));
        }
    }
}

fn unknown_choice(then: Expr, otherwise: Expr, span: Span) -> Expr {
    Expr::If(Box::new(IfExpr { condition: Condition::Opaque, then, otherwise, span }))
}
