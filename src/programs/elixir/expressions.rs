//! Expressions.

use std::sync::Arc;

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::{operands, parts};
use crate::programs::{Condition, Expr, Function, IfExpr};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// Reads expressions in order; gives what the last one is.
    pub fn block(&mut self, nodes: &[Node<'t>]) -> Expr {
        let mut last = Expr::Null(Span::NONE);
        for node in nodes {
            last = self.expr(*node);
        }
        last
    }

    /// The expression that a node is.
    pub fn expr(&mut self, node: Node<'t>) -> Expr {
        self.deeper(|reader| reader.expression(node)).unwrap_or_else(|| Expr::Opaque(self.span(node)))
    }

    fn expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        match node.kind() {
            "string" | "charlist" => self.string(node),
            "sigil" => self.sigil(node),
            "integer" | "float" => Expr::Number(Spanned::new(self.text(node).replace('_', ""), span)),
            "boolean" => Expr::Bool(self.text(node) == "true", span),
            "nil" => Expr::Null(span),
            "atom" => {
                let name = self.text(node).trim_start_matches(':').to_string();
                Expr::Text(Spanned::new(name, span.slice(1, span.len() as usize)))
            }
            "alias" => {
                let name = self.module(self.text(node));
                Expr::Library(Spanned::new(name, span))
            }
            "identifier" => self.name(node),
            "binary_operator" => self.binary(node),
            "unary_operator" => self.unary(node),
            "list" | "tuple" => self.list(node),
            "keywords" => self.keywords(node),
            "map" => self.map(node),
            "block" | "body" => self.block(&parts(node)),
            "access_call" => self.access(node),
            "call" => self.call(node),
            "dot" => Expr::Opaque(span),
            "anonymous_function" => self.anonymous(node),
            _ => {
                for part in parts(node).into_iter().take(200) {
                    self.expr(part);
                }
                Expr::Opaque(span)
            }
        }
    }

    /// `fn name -> System.get_env(name) || raise("…") end`: of one clause it is known what it makes of plain names.
    fn anonymous(&mut self, node: Node<'t>) -> Expr {
        let clauses: Vec<Node<'t>> =
            parts(node).into_iter().filter(|part| part.kind() == "stab_clause").collect();
        let mut made = None;
        for clause in &clauses {
            let body = clause.child_by_field_name("right");
            let taken = clause.child_by_field_name("left").map(|left| self.taken(left)).unwrap_or_default();
            let plain = taken.iter().all(|part| part.kind() == "identifier");
            let names: Vec<String> = taken.iter().map(|part| self.text(*part).to_string()).collect();
            let value = self.branch(Condition::Opaque, |reader| {
                for name in names.iter().filter(|_| plain) {
                    reader.names.bind(name, Expr::Parameter(name.clone()));
                }
                body.map(|body| reader.expr(body))
            });
            made = value.filter(|_| plain).map(|body| (names, body));
        }
        match made {
            Some((names, body)) if clauses.len() == 1 => Expr::Function(Arc::new(Function {
                name: "fn".to_string(),
                parameters: names.into_iter().map(|name| (name, None)).collect(),
                body,
                class: false,
            })),
            _ => Expr::Opaque(self.span(node)),
        }
    }

    /// What a clause of a function takes, without its guard: `pairs when is_list(pairs)`.
    fn taken(&self, left: Node<'t>) -> Vec<Node<'t>> {
        let guarded = |node: &Node<'t>| {
            operands(*node).filter(|(_, operator, _)| self.text(*operator) == "when").map(|(inner, ..)| inner)
        };
        let whole = guarded(&left).unwrap_or(left);
        let within = if whole.kind() == "arguments" { parts(whole) } else { vec![whole] };
        within.into_iter().map(|part| guarded(&part).unwrap_or(part)).collect()
    }

    /// What a name stands for: a variable, else a function of the module without arguments.
    fn name(&mut self, node: Node<'t>) -> Expr {
        let name = self.text(node);
        if name == "__MODULE__" {
            return Expr::Library(Spanned::new(self.module(name), self.span(node)));
        }
        if let Some(value) = self.names.bound(name) {
            return value.clone();
        }
        self.local_call(name, Vec::new(), self.span(node))
    }

    fn string(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let mut out = Vec::new();
        for part in parts(node) {
            match part.kind() {
                "quoted_content" => out.push(Expr::Text(self.spanned(part))),
                "escape_sequence" => {
                    let text = match self.text(part) {
                        "\\n" => "\n",
                        "\\t" => "\t",
                        other => other.trim_start_matches('\\'),
                    };
                    out.push(Expr::Text(Spanned::new(text.to_string(), self.span(part))));
                }
                "interpolation" => {
                    let value = parts(part).first().map(|inner| self.expr(*inner));
                    out.push(value.unwrap_or(Expr::Opaque(span)));
                }
                _ => {}
            }
        }
        match out.len() {
            0 => Expr::Text(Spanned::new(String::new(), span.slice(1, 1))),
            1 => out.swap_remove(0),
            _ => Expr::Concat(out),
        }
    }

    /// `~w(a b)` is a list, `~s(a)` a text.
    fn sigil(&mut self, node: Node<'t>) -> Expr {
        let inner = parts(node);
        let name = inner.iter().find(|part| part.kind() == "sigil_name").map(|name| self.text(*name));
        let content = inner.iter().find(|part| part.kind() == "quoted_content");
        let Some(content) = content.map(|content| self.spanned(*content)) else {
            return Expr::Opaque(self.span(node));
        };
        match name {
            Some("w" | "W") => {
                let words = content.value.split_whitespace();
                let word = |word: &str| Expr::Text(Spanned::new(word.to_string(), content.span));
                Expr::List(words.map(word).collect())
            }
            Some("s" | "S" | "c" | "C") => Expr::Text(content),
            _ => Expr::Opaque(content.span),
        }
    }

    fn list(&mut self, node: Node<'t>) -> Expr {
        let items = parts(node);
        if let [only] = items.as_slice()
            && only.kind() == "keywords"
        {
            return self.keywords(*only);
        }
        // `[{:url, "…"}]` is `[url: "…"]`.
        let keyed = |item: &Node<'t>| {
            item.kind() == "tuple"
                && matches!(parts(*item).as_slice(), [key, _] if key.kind() == "atom" && self.text(*key) != ":system")
        };
        let pairs = node.kind() == "list" && !items.is_empty() && items.iter().all(keyed);
        let items: Vec<Expr> = items.into_iter().take(2_000).map(|item| self.expr(item)).collect();
        if pairs {
            let pair = |item: Expr| match item {
                Expr::List(mut pair) => {
                    let value = pair.pop()?;
                    match pair.pop()? {
                        Expr::Text(key) => Some((key, value)),
                        _ => None,
                    }
                }
                _ => None,
            };
            return Expr::Record(items.into_iter().filter_map(pair).collect());
        }
        if node.kind() == "tuple" {
            if let Some(value) = self.system_tuple(&items, self.span(node)) {
                return value;
            }
            if let Some(address) = of_eight(&items, self.span(node)) {
                return address;
            }
            self.child_sink(&items, node);
        }
        Expr::List(items)
    }

    /// `key: value, …`
    pub fn keywords(&mut self, node: Node<'t>) -> Expr {
        let mut fields = Vec::new();
        for pair in parts(node).into_iter().filter(|part| part.kind() == "pair").take(2_000) {
            let (Some(key), Some(value)) =
                (pair.child_by_field_name("key"), pair.child_by_field_name("value"))
            else {
                continue;
            };
            let name = self.text(key).trim_end().trim_end_matches(':').trim_matches('"').to_string();
            let value = self.expr(value);
            fields.push((Spanned::new(name, self.span(key)), value));
        }
        Expr::Record(fields)
    }

    /// `%{key: value, "key" => value}`
    fn map(&mut self, node: Node<'t>) -> Expr {
        let mut fields = Vec::new();
        let content = parts(node).into_iter().filter(|part| part.kind() == "map_content");
        for part in content.flat_map(parts).take(2_000) {
            if part.kind() == "keywords" {
                if let Expr::Record(named) = self.keywords(part) {
                    fields.extend(named);
                }
                continue;
            }
            let pair = part.child_by_field_name("left").zip(part.child_by_field_name("right"));
            let Some((key, value)) = pair else {
                self.expr(part);
                continue;
            };
            let (key, value) = (self.expr(key), self.expr(value));
            if let Expr::Text(name) = key {
                fields.push((name, value));
            }
        }
        Expr::Record(fields)
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, operator, right)) = operands(node) else { return Expr::Opaque(span) };
        match self.text(operator) {
            "=" => {
                let value = self.expr(right);
                self.pattern(&value.clone().share(), left);
                value
            }
            "||" => {
                let value = self.expr(left);
                if is_raise(self.text(right)) {
                    self.branch(Condition::Opaque, |reader| reader.expr(right));
                    return self.require(value);
                }
                let otherwise = self.expr(right);
                let both = Expr::FirstSet(vec![value.clone(), otherwise]);
                if let Expr::Read(read) = value.peel()
                    && let Some(noted) =
                        self.notes.module.reads.iter_mut().find(|noted| noted.span == read.span)
                {
                    noted.expression = both.clone();
                }
                both
            }
            "<>" => Expr::Concat(vec![self.expr(left), self.expr(right)]),
            "++" => {
                let (left, right) = (self.expr(left), self.expr(right));
                match (left.peel(), right.peel()) {
                    (Expr::List(a), Expr::List(b)) => Expr::List(a.iter().chain(b).cloned().collect()),
                    (Expr::Record(_), _) | (_, Expr::Record(_)) => Expr::Merge(vec![left, right]),
                    _ => Expr::Opaque(span),
                }
            }
            "|>" => {
                let value = self.expr(left);
                self.piped(value, right)
            }
            "when" | "::" | "->" | "\\\\" | "/" | "<-" => {
                self.expr(right);
                Expr::Opaque(span)
            }
            _ => match self.condition(node) {
                Condition::Opaque => Expr::Opaque(span),
                condition => Expr::Test(Box::new(condition), span),
            },
        }
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let operator = node.child_by_field_name("operator").map_or("", |operator| self.text(operator));
        let Some(operand) = node.child_by_field_name("operand") else { return Expr::Opaque(span) };
        match operator {
            "@" => self.attribute(operand),
            "!" | "not" => match self.condition(operand) {
                Condition::Opaque => Expr::Opaque(span),
                condition => Expr::Test(Box::new(condition.negated()), span),
            },
            _ => {
                self.expr(operand);
                Expr::Opaque(span)
            }
        }
    }

    /// `@name value` sets an attribute of the module, `@name` is what it was set to.
    fn attribute(&mut self, operand: Node<'t>) -> Expr {
        let span = self.span(operand);
        let name = operand.child_by_field_name("target").unwrap_or(operand);
        let key = format!("@{}", self.text(name));
        let value = parts(operand).into_iter().find(|part| part.kind() == "arguments");
        match value.and_then(|arguments| parts(arguments).first().copied()) {
            Some(value) => {
                let value = self.expr(value);
                self.names.bind(&key, value);
                Expr::Opaque(span)
            }
            None => self.names.bound(&key).cloned().unwrap_or(Expr::Opaque(span)),
        }
    }

    fn access(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (Some(target), Some(key)) = (node.child_by_field_name("target"), node.child_by_field_name("key"))
        else {
            return Expr::Opaque(span);
        };
        let value = self.expr(target);
        let key = self.expr(key);
        self.item(value, key, None, span)
    }

    /// `if condition do … else … end`, with `unless` the other way round.
    pub fn if_call(
        &mut self,
        arguments: &[Node<'t>],
        block: Option<Node<'t>>,
        unless: bool,
        span: Span,
    ) -> Expr {
        let Some((asked, rest)) = arguments.split_first() else { return Expr::Opaque(span) };
        let condition = self.condition(*asked);
        let condition = if unless { condition.negated() } else { condition };
        let (then, otherwise) = self.bodies(rest, block);
        let then_value = self.branch(condition.clone(), |reader| reader.block(&then));
        let not = condition.clone().negated();
        let other_value = self.branch(not, |reader| reader.block(&otherwise));
        if then.last().is_some_and(|last| is_raise(self.text(*last))) {
            if let Condition::Not(inner) = &condition
                && let Condition::IsSet(value) = inner.as_ref()
            {
                self.require(value.clone());
            }
            return other_value;
        }
        if otherwise.last().is_some_and(|last| is_raise(self.text(*last))) {
            if let Condition::IsSet(value) = &condition {
                self.require(value.clone());
            }
            return then_value;
        }
        Expr::If(Box::new(IfExpr { condition, then: then_value, otherwise: other_value, span }))
    }

    /// The expressions after `do` and `else`, in either form.
    pub fn bodies(&self, keywords: &[Node<'t>], block: Option<Node<'t>>) -> (Vec<Node<'t>>, Vec<Node<'t>>) {
        if let Some(block) = block {
            let inner = parts(block);
            let other = inner.iter().find(|part| part.kind() == "else_block");
            let then = inner.iter().filter(|part| !part.kind().ends_with("_block")).copied().collect();
            return (then, other.map(|other| parts(*other)).unwrap_or_default());
        }
        let pairs: Vec<Node<'t>> =
            keywords.iter().filter(|part| part.kind() == "keywords").flat_map(|part| parts(*part)).collect();
        let of = |name: &str| {
            let pair = pairs.iter().find(|pair| {
                pair.child_by_field_name("key").is_some_and(|key| self.text(key).trim_end() == name)
            });
            pair.and_then(|pair| pair.child_by_field_name("value")).into_iter().collect()
        };
        (of("do:"), of("else:"))
    }

    /// `case value do pattern -> … end`, `cond do condition -> … end`
    pub fn clauses(&mut self, subject: Option<Expr>, block: Node<'t>, span: Span) -> Expr {
        let subject = subject.map(Expr::share);
        let mut choices = Vec::new();
        for clause in parts(block).into_iter().filter(|part| part.kind() == "stab_clause").take(64) {
            let (Some(left), right) =
                (clause.child_by_field_name("left"), clause.child_by_field_name("right"))
            else {
                continue;
            };
            let mark = self.names.enter(None);
            let condition = match &subject {
                Some(subject) => self.pattern(subject, left),
                None => parts(left).first().map_or(Condition::Opaque, |asked| self.condition(*asked)),
            };
            let value = self.branch(condition.clone(), |reader| right.map(|right| reader.expr(right)));
            let _ = self.names.leave(mark, false);
            let raises =
                right.is_some_and(|right| parts(right).last().is_some_and(|last| is_raise(self.text(*last))));
            match (raises, &condition) {
                (true, Condition::Not(inner)) => {
                    if let Condition::IsSet(value) = inner.as_ref() {
                        self.require(value.clone());
                    }
                }
                (true, _) => {}
                (false, _) => choices.push((condition, value.unwrap_or(Expr::Null(span)))),
            }
        }
        let mut value = None;
        for (condition, then) in choices.into_iter().rev() {
            let always = matches!(&condition, Condition::All(all) if all.is_empty());
            value = Some(match value {
                Some(otherwise) if !always => {
                    Expr::If(Box::new(IfExpr { condition, then, otherwise, span })).share()
                }
                _ => then,
            });
        }
        value.unwrap_or(Expr::Opaque(span))
    }
}

/// Whether an expression only stops the program.
fn is_raise(text: &str) -> bool {
    ["raise ", "raise(", "raise\n", "throw(", "exit(", "System.halt"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// An address of IPv6 as a tuple of its eight numbers, as the one text of a list: `{0, 0, 0, 0, 0, 0, 0, 1}` is `::1`.
fn of_eight(items: &[Expr], span: Span) -> Option<Expr> {
    let [first @ .., last] = items else { return None };
    let is = |item: &Expr, number: &str| matches!(item, Expr::Number(found) if found.value == number);
    let zeros = first.len() == 7 && first.iter().all(|item| is(item, "0"));
    let text = if is(last, "1") { "::1" } else { "::" };
    (zeros && (is(last, "0") || is(last, "1")))
        .then(|| Expr::List(vec![Expr::Text(Spanned::new(text.to_string(), span))]))
}
