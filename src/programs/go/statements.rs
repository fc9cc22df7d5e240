//! Statements: what names stand for after them.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::clients::Clients;
use crate::programs::reading::{parts, pool, sides, with_field};
use crate::programs::{Condition, Expr, IfExpr, Method};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// Reads the statements of a block; whether the last one leaves it (`return`, `panic`, …).
    pub fn block(&mut self, node: Node<'t>) -> bool {
        let all = parts(node).into_iter().flat_map(|part| match part.kind() {
            "statement_list" => parts(part),
            _ => vec![part],
        });
        let all: Vec<Node<'t>> = all.collect();
        self.statements(&all)
    }

    /// Reads statements one after the other.
    pub fn statements(&mut self, all: &[Node<'t>]) -> bool {
        self.deeper(|reader| all.iter().any(|statement| reader.statement(*statement))).unwrap_or(false)
    }

    fn statement(&mut self, node: Node<'t>) -> bool {
        if !self.work_left() {
            return true;
        }
        match node.kind() {
            "short_var_declaration" => self.assignment(node, true),
            "assignment_statement" => self.assignment(node, false),
            "var_declaration" | "const_declaration" => {
                self.scan(node);
                self.specs(node, |reader, name, value| reader.declare(name, value));
            }
            "expression_statement" => {
                self.scan(node);
                return parts(node).first().is_some_and(|part| self.expression_statement(*part));
            }
            "if_statement" => return self.if_statement(node),
            "for_statement" => return self.for_statement(node),
            "expression_switch_statement" => return self.switch_statement(node),
            "type_switch_statement" | "select_statement" => self.unknown_cases(node),
            "return_statement" => return self.return_statement(node),
            "block" => {
                let branch = self.block_under(None, |reader| reader.block(node));
                let leaves = branch.leaves;
                self.names.adopt(branch);
                return leaves;
            }
            "labeled_statement" => {
                return parts(node).into_iter().skip(1).any(|part| self.statement(part));
            }
            "break_statement" | "continue_statement" | "goto_statement" => return true,
            "ERROR" => return self.block(node),
            _ => self.scan(node),
        }
        false
    }

    /// Whether the expression ends the program: `log.Fatal(…)`, `panic(…)`, `os.Exit(1)`.
    fn expression_statement(&mut self, node: Node<'t>) -> bool {
        self.effect(node);
        self.ends(node)
    }

    /// Whether a call ends the program.
    pub fn ends(&self, node: Node<'t>) -> bool {
        let mut at = node;
        for _ in 0..8 {
            if at.kind() != "call_expression" {
                return false;
            }
            let Some(callee) = at.child_by_field_name("function") else { return false };
            if callee.kind() != "selector_expression" {
                return self.text(callee) == "panic";
            }
            let name = self.child(callee, "field");
            if ["Fatal", "Panic", "Exit"].iter().any(|word| name.starts_with(word)) {
                return true;
            }
            // `log.Fatal().Msg(…)`
            let Some(inner) = callee.child_by_field_name("operand") else { return false };
            at = inner;
        }
        false
    }

    /// The values that `a, b = …` gives to so many names.
    pub fn values_for(&mut self, values: &[Node<'t>], names: usize) -> Vec<Expr> {
        match values {
            [only] if names > 1 => {
                let value = self.expr(*only).share();
                (0..names).map(|at| nth(&value, at)).collect()
            }
            values => values.iter().map(|value| self.expr(*value)).collect(),
        }
    }

    /// `a, b := …`, `a.b = …`, `a += …`
    pub fn assignment(&mut self, node: Node<'t>, declares: bool) {
        let Some((left, right)) = sides(node) else { return self.scan(node) };
        // What a variable is made of is looked at by whoever looks at the variable.
        let variables = parts(left).iter().all(|target| target.kind() == "identifier");
        if variables {
            self.holders.begin();
        }
        self.scan(node);
        let (targets, values) = (parts(left), parts(right));
        let operator = if declares { ":=" } else { self.child(node, "operator") };
        let made = self.values_for(&values, targets.len());
        if variables {
            self.holders.end(&made);
        }
        for (target, value) in targets.into_iter().zip(made) {
            let value = match operator {
                ":=" | "=" => value,
                "+=" => Expr::Concat(vec![self.expr(target), value]),
                _ => Expr::Opaque(self.span(node)),
            };
            match target.kind() {
                "identifier" if declares => self.declare(self.text(target), value),
                _ => self.assign(target, value),
            }
        }
    }

    /// Binds a name, a field of one, or an item of one.
    pub fn assign(&mut self, target: Node<'t>, value: Expr) {
        if target.kind() == "selector_expression" && Clients::of("go").caps(self.child(target, "field")) {
            self.notes.pool(Some(pool::cap(value.clone(), self.span(target))));
        }
        if target.kind() == "selector_expression" {
            self.option(target, &value);
            self.field_sink(target, &value);
        }
        let mut path = Vec::new();
        let mut at = target;
        while at.kind() != "identifier" {
            if path.len() > 8 {
                return;
            }
            let (operand, key) = match at.kind() {
                "selector_expression" => (
                    at.child_by_field_name("operand"),
                    at.child_by_field_name("field").map(|field| self.spanned(field)),
                ),
                "index_expression" => (
                    at.child_by_field_name("operand"),
                    at.child_by_field_name("index").and_then(|index| self.literal(index)),
                ),
                "unary_expression" | "parenthesized_expression" => {
                    let Some(inner) = parts(at).first().copied() else { return };
                    at = inner;
                    continue;
                }
                _ => return,
            };
            let (Some(operand), Some(key)) = (operand, key) else { return };
            path.push(key);
            at = operand;
        }
        let name = self.text(at);
        let local = self.names.bound(name).cloned();
        let package = local.is_none() && self.in_function();
        let before = match (&local, package) {
            (Some(value), _) => value.clone(),
            (None, true) => {
                let known = self.assigned.get(name).or_else(|| self.top.get(name));
                known.cloned().unwrap_or(Expr::Record(Vec::new()))
            }
            (None, false) => Expr::Record(Vec::new()),
        };
        if local.as_ref().is_some_and(|value| matches!(value.peel(), Expr::Library(_))) && !path.is_empty() {
            return;
        }
        self.overlaid(&before, &path, &value);
        let value = with_field(before, &path, value);
        match package {
            false => self.names.bind(name, value),
            true => self.assign_of_package(name, path.is_empty(), value),
        }
    }

    /// `if v := os.Getenv("X"); v != "" { cfg.Host = v }`: what was there before is the default.
    fn overlaid(&mut self, before: &Expr, path: &[Spanned<String>], value: &Expr) {
        let Expr::Read(_) = value.peel() else { return };
        let Some(condition) = self.names.frames.last().and_then(|frame| frame.path.last()).cloned() else {
            return;
        };
        let mut otherwise = before.clone();
        for key in path.iter().rev() {
            otherwise = super::expressions::member(otherwise, key.clone());
        }
        let (then, span) = (value.clone(), Span::NONE);
        self.widen(&Expr::If(Box::new(IfExpr { condition, then, otherwise, span })));
    }

    /// A function assigns to a variable of the package.
    fn assign_of_package(&mut self, name: &str, whole: bool, value: Expr) {
        if name == "_" || !self.notes.recording || self.packages.contains_key(name) {
            return;
        }
        if let Some(value) = self.fallback_of_package(name, &value).filter(|_| whole) {
            self.assigned.insert(name.to_string(), value.share());
            return;
        }
        // What is assigned in several ways, or on a branch, is not known.
        let certain = self.names.path().next().is_none();
        let known = self.assigned.get(name).filter(|_| whole);
        let value = match known {
            Some(known) if known.peel() != value.peel() => Expr::Opaque(Span::NONE),
            _ if !certain && self.top.get(name).is_some_and(|value| !is_nothing(value)) => {
                Expr::Opaque(Span::NONE)
            }
            _ => value.share(),
        };
        self.assigned.insert(name.to_string(), value);
    }

    /// `if Host == "" { Host = "localhost" }`, `if v := os.Getenv("HOST"); v != "" { Host = v }`
    fn fallback_of_package(&self, name: &str, value: &Expr) -> Option<Expr> {
        let known = self.assigned.get(name).or_else(|| self.top.get(name))?;
        let asked = self.names.frames.last()?.path.last()?;
        let both = |first: &Expr, then: &Expr| Some(Expr::FirstNonEmpty(vec![first.clone(), then.clone()]));
        let itself = |asked: &Expr| {
            matches!(asked.peel(), Expr::Own(own) if own.value == name) || asked.peel() == known.peel()
        };
        match asked {
            Condition::Not(inner) => match inner.as_ref() {
                Condition::Truthy(asked) if itself(asked) => both(known, value),
                _ => None,
            },
            Condition::Truthy(asked) if asked.peel() == value.peel() => both(value, known),
            _ => None,
        }
    }

    fn return_statement(&mut self, node: Node<'t>) -> bool {
        self.scan(node);
        let values = parts(node).first().map(|list| parts(*list)).unwrap_or_default();
        let Some(frame) = self.names.frames.last() else { return true };
        let (results, fails) = (frame.own.results.clone(), frame.own.fails);
        let value = match values.as_slice() {
            // What else is given along with an error says nothing.
            [] | [_, _, ..] if fails && self.is_failure(node) => return true,
            // Nor does what stands in for what a library could not get: it mostly does.
            [_] if !fails && self.is_unforeseen() && self.is_failure(node) => return true,
            [] => {
                let span = self.span(node);
                let named = results.iter().map(|name| self.names.bound(name).cloned());
                let mut all: Vec<Expr> = named.map(|value| value.unwrap_or(Expr::Null(span))).collect();
                match (all.len(), all.pop()) {
                    (1, Some(only)) => only,
                    (_, last) => Expr::List(all.into_iter().chain(last).collect()),
                }
            }
            [only] => self.expr(*only),
            all => {
                let error = all.last().is_some_and(|last| last.kind() != "nil");
                // The other result of an error says nothing.
                if fails && error && all.first().is_some_and(|first| self.is_blank(*first)) {
                    return true;
                }
                Expr::List(all.iter().map(|value| self.expr(*value)).collect())
            }
        };
        if let Some(frame) = self.names.frames.last_mut().filter(|_| !(fails && results.len() == 1)) {
            frame.returned(value);
        }
        true
    }

    /// Whether nothing is known of when the code around is run.
    fn is_unforeseen(&self) -> bool {
        let frame = self.names.frames.last();
        frame.is_some_and(|frame| frame.path.last() == Some(&Condition::Opaque))
    }

    /// Whether code is run only where an error came back: `if err != nil { … }`.
    fn is_failure(&self, node: Node<'t>) -> bool {
        let mut at = node;
        for _ in 0..3 {
            let Some(above) = at.parent() else { return false };
            if above.kind() == "if_statement" {
                let question = self.child(above, "condition");
                let error = question.split("!=").next().is_some_and(|name| name.trim_end().ends_with("err"));
                return error
                    && question.ends_with("nil")
                    && above.child_by_field_name("consequence") == Some(at);
            }
            at = above;
        }
        false
    }

    /// `nil`, `""`, `0`, `Config{}`: what is returned along with an error.
    fn is_blank(&self, node: Node<'t>) -> bool {
        matches!(self.text(node), "nil" | "\"\"" | "0" | "false" | "``")
            || node.kind() == "composite_literal" && self.text(node).ends_with("{}")
    }
}

/// Whether it is what a variable holds before anything is assigned.
fn is_nothing(value: &Expr) -> bool {
    matches!(value.peel(), Expr::Null(_) | Expr::Opaque(_) | Expr::Call(_))
        || matches!(value.peel(), Expr::Number(number) if number.value == "0")
        || matches!(value.peel(), Expr::Text(text) if text.value.is_empty())
}

/// One of several results.
pub(super) fn nth(value: &Expr, at: usize) -> Expr {
    match value.peel() {
        Expr::List(items) => items.get(at).cloned().unwrap_or(Expr::Opaque(Span::NONE)),
        Expr::Library(_) if at == 0 => value.clone(),
        Expr::Library(name) => Expr::Opaque(name.span),
        Expr::Opaque(span) => Expr::Opaque(*span),
        Expr::Call(_) | Expr::If(_) => {
            Expr::Method(Box::new(value.clone()), Box::new(Method::Index(i64::try_from(at).unwrap_or(0))))
        }
        // `v, ok := m[k]`, `v, ok := x.(T)`
        _ if at == 0 => value.clone(),
        _ => Expr::Opaque(Span::NONE),
    }
}
