//! Assignments and branches: what names stand for after them, and what they give.

use tree_sitter::Node;

use super::reader::{Kind, Reader};
use crate::programs::reading::made::not;
use crate::programs::reading::{Branch, fields, parts, sides};
use crate::programs::{Condition, Expr, IfExpr, Method};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    pub fn assignment(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, right)) = sides(node) else { return Expr::Opaque(span) };
        let made = self.expr(right).share();
        if left.kind() == "constant" {
            let (name, span) = (self.text(left), self.span(right));
            self.hold(name, span);
        }
        self.assign(left, made.clone());
        made
    }

    pub fn operator_assignment(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, right)) = sides(node) else { return Expr::Opaque(span) };
        let operator = node.child_by_field_name("operator").map_or("", |operator| self.text(operator));
        let before = match left.kind() {
            "identifier" => self.local(self.text(left)).cloned(),
            "instance_variable" | "class_variable" | "global_variable" | "constant" => {
                self.names.bound(self.text(left)).cloned()
            }
            _ => None,
        };
        let added = self.expr(right);
        let value = match (operator, before) {
            // A memo that nothing was put into yet.
            ("||=", None) if left.kind() != "element_reference" => added,
            ("||=", Some(before)) => Expr::FirstSet(vec![before, added]),
            ("+=" | "<<=", Some(before)) => Expr::Concat(vec![before, added]),
            _ => Expr::Opaque(span),
        };
        let value = value.share();
        self.assign(left, value.clone());
        value
    }

    /// Gives a name, a setting or a key a value.
    fn assign(&mut self, target: Node<'t>, value: Expr) {
        match target.kind() {
            "identifier" | "instance_variable" | "class_variable" | "global_variable" | "constant" => {
                let name = self.text(target);
                self.names.bind(name, value);
            }
            "call" => self.assign_setting(target, value),
            "element_reference" => self.assign_item(target, value),
            "left_assignment_list" | "destructured_left_assignment" => {
                for (at, part) in parts(target).into_iter().enumerate().take(64) {
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

    /// `record[:key] = value`: the record with one more field.
    fn assign_item(&mut self, target: Node<'t>, value: Expr) {
        let Some(object) = target.child_by_field_name("object") else { return };
        let name = self.text(object);
        if name == "ENV" {
            self.changes_environment = true;
            return;
        }
        let Some(key) = parts(target).into_iter().find(|part| *part != object) else { return };
        let Expr::Text(key) = self.expr(key) else { return };
        let before = self.local(name).or_else(|| self.names.bound(name)).cloned();
        if let Some(before) =
            before.filter(|before| matches!(before.peel(), Expr::Record(_) | Expr::Merge(_)))
        {
            let field = Expr::Record(vec![(key, value)]);
            self.names.bind(name, Expr::Merge(vec![before, field]));
        }
    }

    /// `if`, `unless`, their modifiers, and `question ? a : b`.
    pub fn choice(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(question) = node.child_by_field_name("condition") else { return Expr::Opaque(span) };
        let body = node.child_by_field_name("consequence").or_else(|| node.child_by_field_name("body"));
        let condition = match node.kind().starts_with("unless") {
            true => not(self.condition(question)),
            false => self.condition(question),
        };
        let (then, value) = self.branch(Some(condition.clone()), |reader| match body {
            Some(body) => reader.expr(body),
            None => Expr::Null(span),
        });
        if then.leaves && body.is_some_and(|body| self.stops(body)) {
            self.require_present(&condition);
        }
        let rest = node.child_by_field_name("alternative");
        let (otherwise, other) = self.branch(Some(not(condition.clone())), |reader| match rest {
            Some(rest) => reader.expr(rest),
            None => Expr::Null(span),
        });
        let at = self.span(question);
        self.left |= then.leaves && otherwise.leaves;
        let result = match (then.leaves, otherwise.leaves) {
            (true, false) => other,
            (false, true) => value,
            _ => {
                let whole = Expr::If(Box::new(IfExpr {
                    condition: condition.clone(),
                    then: value.clone(),
                    otherwise: other,
                    span: at,
                }))
                .share();
                self.widen(&[&value], &whole);
                whole
            }
        };
        self.names.merge_if(&condition, then, otherwise, at);
        result
    }

    /// Whether a block ends the program.
    fn stops(&self, body: Node<'t>) -> bool {
        let last = match body.kind() {
            "then" | "else" => parts(body).into_iter().last(),
            _ => Some(body),
        };
        let name = last.map_or("", |last| self.text(last));
        let name = name.split([' ', '(', '\n']).next().unwrap_or("");
        matches!(name, "raise" | "abort" | "exit" | "exit!" | "fail")
    }

    pub fn case(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let subject = node.child_by_field_name("value").map(|value| self.expr(value).share());
        let mut value = Expr::Null(span);
        let mut all = Vec::new();
        let mut arms = Vec::new();
        for part in parts(node) {
            let (condition, body) = match part.kind() {
                "when" => {
                    let cases: Vec<Node<'t>> = fields(part, "pattern");
                    let cases = cases.into_iter().map(|case| parts(case).first().copied().unwrap_or(case));
                    let condition = match &subject {
                        Some(subject) => {
                            let cases: Vec<Expr> = cases.map(|case| self.expr(case)).collect();
                            all.extend(cases.iter().cloned());
                            Condition::OneOf(subject.clone(), cases)
                        }
                        None => Condition::Any(cases.map(|case| self.condition(case)).collect()),
                    };
                    (condition, part.child_by_field_name("body"))
                }
                "else" => {
                    let condition = match &subject {
                        Some(subject) => not(Condition::OneOf(subject.clone(), all.clone())),
                        None => Condition::Opaque,
                    };
                    (condition, Some(part))
                }
                _ => continue,
            };
            let (branch, given) = self.branch(Some(condition.clone()), |reader| match body {
                Some(body) => reader.sequence(body),
                None => Expr::Null(span),
            });
            let leaves = branch.leaves;
            let none = self.branch(None, |_| Expr::Null(span)).0;
            let at = self.span(part);
            self.names.merge_if(&condition, branch, none, at);
            match part.kind() {
                "else" => value = if leaves { Expr::Opaque(at) } else { given },
                _ => arms.push((condition, if leaves { Expr::Opaque(at) } else { given }, at)),
            }
        }
        for (condition, then, span) in arms.into_iter().rev().take(40) {
            value = Expr::If(Box::new(IfExpr { condition, then, otherwise: value, span })).share();
        }
        value
    }

    /// Statements with what rescues them.
    pub fn begin(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let inner = parts(node);
        let rescued = inner.iter().any(|part| part.kind() == "rescue");
        if !rescued {
            return self.sequence(node);
        }
        let goes_on = inner.iter().any(|part| part.kind() == "rescue" && self.goes_on(*part));
        self.guarded += usize::from(goes_on);
        let (mut tried, mut value) = self.branch(None, |reader| {
            let mut value = Expr::Null(span);
            for part in inner.iter().filter(|part| part.kind() != "rescue") {
                value = reader.expr(*part);
                if reader.left {
                    break;
                }
            }
            value
        });
        self.guarded -= usize::from(goes_on);
        tried.leaves = false;
        self.names.adopt(tried);
        for clause in inner.iter().filter(|part| part.kind() == "rescue") {
            let missing = parts(*clause).iter().any(|part| self.text(*part).contains("KeyError"));
            let body = clause.child_by_field_name("body");
            let (caught, other) = self.branch(Some(Condition::Opaque), |reader| match body {
                Some(body) => reader.sequence(body),
                None => Expr::Null(span),
            });
            let caught = Branch { leaves: false, ..caught };
            let none = self.branch(None, |_| Expr::Null(span)).0;
            let at = self.span(*clause);
            self.names.merge(caught, none, |then, otherwise| unknown_choice(then, otherwise, at));
            if missing {
                // `ENV.fetch('X')` with a handler for what it raises.
                value = unknown_choice(value, other, at);
            }
        }
        value
    }

    /// Whether a `rescue` catches what `ENV.fetch` raises, and the program goes on.
    fn goes_on(&self, clause: Node<'t>) -> bool {
        let caught = clause.child_by_field_name("exceptions");
        let catches = caught.is_none_or(|caught| {
            ["KeyError", "IndexError", "StandardError"].iter().any(|name| self.text(caught).contains(name))
        });
        catches && clause.child_by_field_name("body").is_none_or(|body| !self.stops(body))
    }

    /// `value rescue other`
    pub fn rescue_modifier(&mut self, node: Node<'t>) -> Expr {
        let inner = parts(node);
        let (Some(&body), Some(&handler)) = (inner.first(), inner.get(1)) else {
            return Expr::Opaque(self.span(node));
        };
        self.guarded += 1;
        let value = self.expr(body);
        self.guarded -= 1;
        let (_, other) = self.branch(Some(Condition::Opaque), |reader| reader.expr(handler));
        unknown_choice(value, other, self.span(node))
    }

    pub fn turns(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let body = node.child_by_field_name("body");
        for part in parts(node) {
            if Some(part) != body && node.child_by_field_name("pattern") != Some(part) {
                self.expr(part);
            }
        }
        let (turn, _) = self.branch(Some(Condition::Opaque), |reader| match body {
            Some(body) => reader.sequence(body),
            None => Expr::Null(span),
        });
        let turn = Branch { leaves: false, ..turn };
        let none = self.branch(None, |_| Expr::Null(span)).0;
        self.names.merge(turn, none, |then, otherwise| unknown_choice(then, otherwise, span));
        Expr::Opaque(span)
    }

    /// `return value`, `next value`
    pub fn leave(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let value = match parts(node).first() {
            Some(value) => self.expr(*value),
            None => Expr::Null(span),
        };
        self.returns(value);
        self.left = true;
        Expr::Opaque(span)
    }

    /// Notes what the method returns where the branches around hold.
    pub fn returns(&mut self, value: Expr) {
        if let Some(frame) = self.names.frames.last_mut()
            && matches!(frame.own, Kind::Method | Kind::Block)
        {
            frame.returned(value);
        }
    }

    /// `object.name = value`
    fn assign_setting(&mut self, target: Node<'t>, value: Expr) {
        let (Some(receiver), Some(name)) =
            (target.child_by_field_name("receiver"), target.child_by_field_name("method"))
        else {
            return;
        };
        let setting = self.text(name);
        let span = self.span(target);
        let name = self.spanned(name);
        if let Some(whole) = self.rails_setting(receiver, setting) {
            return self.configure_rails(&whole, value, name, span);
        }
        if receiver.kind() == "self" {
            self.names.bind(&format!("@{setting}"), value);
            return;
        }
        if let Expr::Library(library) = self.expr(receiver) {
            let full = format!("{}.{setting}=", library.value);
            self.client(&full, crate::programs::reading::given::Arguments::one(value), name, span);
        }
    }
}

pub(super) fn unknown_choice(then: Expr, otherwise: Expr, span: Span) -> Expr {
    Expr::If(Box::new(IfExpr { condition: Condition::Opaque, then, otherwise, span }))
}

/// A name as a text at the place.
pub(super) fn named(name: &str, span: Span) -> Spanned<String> {
    Spanned::new(name.to_string(), span)
}
