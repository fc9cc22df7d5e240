//! Blocks, branches and loops, and the conditions they ask.

use tree_sitter::Node;

use super::reader::{Left, Reader};
use crate::programs::reading::{Branch, Round, asks_for, not, parts, read_within};
use crate::programs::{Condition, Expr, IfExpr};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// The value of a block: that of its last expression.
    pub fn block(&mut self, node: Node<'t>) -> Expr {
        let (branch, value, left) = self.under(None, |reader| reader.statements(node));
        self.names.adopt(branch);
        self.left = left;
        value
    }

    fn statements(&mut self, node: Node<'t>) -> Expr {
        let mut value = Expr::Null(self.span(node));
        for part in parts(node).into_iter().filter(|part| part.kind() != "label") {
            value = self.statement(part);
            if self.left != Left::No {
                break;
            }
        }
        value
    }

    /// Reads a statement; an expression without `;` is the value of the block.
    pub fn statement(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        match node.kind() {
            "let_declaration" => {
                self.let_declaration(node);
                Expr::Null(span)
            }
            "expression_statement" => {
                let Some(inner) = parts(node).first().copied() else { return Expr::Null(span) };
                let value = self.expr(inner);
                if self.text(node).ends_with(';') { Expr::Null(span) } else { value }
            }
            "const_item" | "static_item" => {
                let value = node.child_by_field_name("value").map(|value| self.expr(value));
                self.names.declare(self.child(node, "name"), value.unwrap_or(Expr::Opaque(span)));
                Expr::Null(span)
            }
            "use_declaration" => {
                self.use_declaration(node);
                Expr::Null(span)
            }
            "function_item" => {
                let function = self.silently(|reader| reader.function(node));
                self.names.declare(self.child(node, "name"), function);
                Expr::Null(span)
            }
            "attribute_item" | "empty_statement" | "struct_item" | "impl_item" | "enum_item" | "mod_item" => {
                Expr::Null(span)
            }
            _ => self.expr(node),
        }
    }

    fn let_declaration(&mut self, node: Node<'t>) {
        let Some(pattern) = node.child_by_field_name("pattern") else { return };
        self.holders.begin();
        let value = node.child_by_field_name("value").map(|value| self.expr(value));
        self.holders.end(value.as_slice());
        let value = match value {
            Some(value) => value.share(),
            None => Expr::Opaque(self.span(node)),
        };
        if let Some(otherwise) = node.child_by_field_name("alternative") {
            // `let Ok(x) = … else { panic!(…) }`
            let (condition, bound) = self.matched(pattern, &value);
            let negated = not(condition.clone());
            let (_, _, left) = self.under(Some(negated), |reader| reader.statements(otherwise));
            self.bind_all(bound);
            match left {
                Left::Stops => self.require_for(&condition, &value),
                _ => self.after(condition),
            }
            return;
        }
        self.bind_pattern(pattern, value);
    }

    fn bind_all(&mut self, bound: Vec<(String, Expr)>) {
        for (name, value) in bound {
            self.names.declare(&name, value);
        }
    }

    fn bind_pattern(&mut self, pattern: Node<'t>, value: Expr) {
        match pattern.kind() {
            "identifier" => self.names.declare(self.text(pattern), value),
            "tuple_pattern" => {
                for (at, part) in parts(pattern).into_iter().enumerate() {
                    let item = match value.peel() {
                        Expr::List(items) => items.get(at).cloned().unwrap_or(Expr::Opaque(Span::NONE)),
                        _ => Expr::Opaque(Span::NONE),
                    };
                    let _ = self.deeper(|reader| reader.bind_pattern(part, item));
                }
            }
            "struct_pattern" => {
                for part in parts(pattern).into_iter().filter(|part| part.kind() == "field_pattern") {
                    if let Some(name) = part.child_by_field_name("name") {
                        let field = self.spanned(name);
                        let inner = crate::programs::reading::member(value.clone(), field.clone());
                        self.names.declare(&field.value, inner);
                    }
                }
            }
            "mut_pattern" | "ref_pattern" | "reference_pattern" => {
                let inner = parts(pattern).into_iter().rfind(|part| part.kind() != "mutable_specifier");
                if let Some(inner) = inner {
                    let _ = self.deeper(|reader| reader.bind_pattern(inner, value));
                }
            }
            _ => {}
        }
    }

    /// `if question { … } else { … }`
    pub fn if_expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(question) = node.child_by_field_name("condition") else { return Expr::Opaque(span) };
        let (condition, bound) = self.condition(question);
        let then = self.under(Some(condition.clone()), |reader| {
            reader.bind_all(bound);
            let body = node.child_by_field_name("consequence");
            body.map_or(Expr::Null(span), |body| reader.statements(body))
        });
        let otherwise = self.under(Some(not(condition.clone())), |reader| {
            let alternative =
                node.child_by_field_name("alternative").and_then(|part| parts(part).first().copied());
            match alternative {
                Some(inner) if inner.kind() == "block" => reader.statements(inner),
                Some(inner) => reader.expr(inner),
                None => Expr::Null(span),
            }
        });
        self.join(&condition, then, otherwise, self.span(question))
    }

    /// What two branches leave: names, a value, and how they end.
    fn join(
        &mut self,
        condition: &Condition,
        then: (Branch, Expr, Left),
        otherwise: (Branch, Expr, Left),
        span: Span,
    ) -> Expr {
        let (then, then_value, then_left) = then;
        let (otherwise, other_value, other_left) = otherwise;
        self.names.merge_if(condition, then, otherwise, span);
        match (then_left, other_left) {
            (Left::No, Left::No) => {
                let read = [&then_value, &other_value]
                    .into_iter()
                    .find_map(|side| read_within(side).filter(|read| asks_for(condition, read)).cloned());
                let value = match then_value == other_value {
                    true => then_value,
                    false => Expr::If(Box::new(IfExpr {
                        condition: condition.clone(),
                        then: then_value.share(),
                        otherwise: other_value.share(),
                        span,
                    })),
                };
                self.widen(read.as_ref(), &value);
                value
            }
            (left, Left::No) => {
                self.left_alone(left, not(condition.clone()));
                other_value
            }
            (Left::No, left) => {
                self.left_alone(left, condition.clone());
                then_value
            }
            (a, b) => {
                self.left = if a == Left::Stops && b == Left::Stops { Left::Stops } else { Left::Returns };
                Expr::Opaque(span)
            }
        }
    }

    /// One of two branches left: the other's condition holds from here on.
    fn left_alone(&mut self, left: Left, holds: Condition) {
        match left {
            Left::Stops => self.require_present(&holds),
            _ => self.after(holds),
        }
    }

    /// After a guard that returns, what follows hangs on it.
    fn after(&mut self, condition: Condition) {
        if condition != Condition::Opaque
            && let Some(frame) = self.names.frames.last_mut()
        {
            frame.path.push(condition);
        }
    }

    fn require_for(&mut self, condition: &Condition, value: &Expr) {
        if matches!(condition, Condition::IsSet(_)) {
            self.require(value);
        }
    }

    /// The program goes on only where the condition holds.
    fn require_present(&mut self, holds: &Condition) {
        match holds {
            Condition::IsSet(value) | Condition::Truthy(value) => {
                let value = value.clone();
                self.require(&value);
            }
            Condition::All(all) => all.iter().for_each(|one| self.require_present(one)),
            Condition::Not(inner) => match inner.as_ref() {
                Condition::Any(any) => any.iter().for_each(|one| self.require_present(&not(one.clone()))),
                Condition::Not(inner) => self.require_present(inner),
                _ => {}
            },
            _ => {}
        }
    }

    /// `match value { pattern => …, … }`, read as the `if`s that it is.
    pub fn match_expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(value) = node.child_by_field_name("value") else { return Expr::Opaque(span) };
        let value = self.expr(value).share();
        let arms = node.child_by_field_name("body").map(parts).unwrap_or_default();
        let arms: Vec<Node<'t>> =
            arms.into_iter().filter(|arm| arm.kind() == "match_arm").take(100).collect();
        self.arms(&value, &arms, span)
    }

    fn arms(&mut self, value: &Expr, arms: &[Node<'t>], span: Span) -> Expr {
        let Some((arm, rest)) = arms.split_first() else { return Expr::Opaque(span) };
        let pattern = arm.child_by_field_name("pattern");
        let inner = pattern.and_then(|pattern| parts(pattern).first().copied());
        let (mut condition, bound) = match inner {
            Some(inner) => self.matched(inner, value),
            None => (Condition::All(Vec::new()), Vec::new()),
        };
        let arm = *arm;
        let body = move |reader: &mut Self| {
            arm.child_by_field_name("value").map_or(Expr::Null(span), |body| reader.expr(body))
        };
        let guard = pattern.and_then(|pattern| pattern.child_by_field_name("condition"));
        if let Some(guard) = guard {
            let (branch, asked, _) = self.under(Some(condition.clone()), |reader| {
                reader.bind_all(bound.clone());
                reader.condition(guard).0
            });
            drop(branch);
            condition = match (&condition, asked) {
                (_, Condition::Opaque) => Condition::Opaque,
                (Condition::All(all), asked) if all.is_empty() => asked,
                // What is asked of the value says more than that there is one.
                (_, asked) => Condition::All(vec![condition.clone(), asked]),
            };
        }
        let always = rest.is_empty() || matches!(&condition, Condition::All(all) if all.is_empty());
        if always {
            let (branch, value, left) = self.under(None, |reader| {
                reader.bind_all(bound);
                body(reader)
            });
            self.names.adopt(branch);
            self.left = left;
            return value;
        }
        let then = self.under(Some(condition.clone()), |reader| {
            reader.bind_all(bound);
            body(reader)
        });
        let otherwise = self.under(Some(not(condition.clone())), |reader| {
            reader.deeper(|reader| reader.arms(value, rest, span)).unwrap_or(Expr::Opaque(span))
        });
        self.join(&condition, then, otherwise, span)
    }

    /// Loops: their bodies may run or not.
    pub fn looped(&mut self, node: Node<'t>) {
        let span = self.span(node);
        let endless = node.kind() == "loop_expression";
        let text = self.text(node);
        if self.notes.recording && text.contains("sleep(") && self.rounds.len() < 100 {
            self.rounds.push(Round::of(span, text));
        }
        if let Some(value) =
            node.child_by_field_name("value").or_else(|| node.child_by_field_name("condition"))
        {
            let _ = self.expr(value);
        }
        let (turn, _, _) = self.under((!endless).then_some(Condition::Opaque), |reader| {
            if let Some(pattern) = node.child_by_field_name("pattern") {
                reader.bind_pattern(pattern, Expr::Opaque(span));
            }
            node.child_by_field_name("body").map(|body| reader.statements(body))
        });
        let turn = Branch { leaves: false, ..turn };
        if endless {
            return self.names.adopt(turn);
        }
        let (none, _, _) = self.under(None, |_| ());
        self.names.merge(turn, none, |then, otherwise| {
            Expr::If(Box::new(IfExpr { condition: Condition::Opaque, then, otherwise, span }))
        });
    }

    /// `if let Ok(v) = env::var("X") { config.host = v; }`: what was there before is the default.
    pub fn overlaid(&mut self, before: &Expr, path: &[Spanned<String>], value: &Expr) {
        let Some(read) = read_within(value).cloned() else { return };
        let Some(condition) = self.names.frames.last().and_then(|frame| frame.path.last()).cloned() else {
            return;
        };
        if !asks_for(&condition, &read) {
            return;
        }
        let keys = path.iter().rev();
        let otherwise =
            keys.fold(before.clone(), |base, key| crate::programs::reading::member(base, key.clone()));
        let (then, span) = (value.clone(), Span::NONE);
        self.widen(Some(&read), &Expr::If(Box::new(IfExpr { condition, then, otherwise, span })));
    }
}
