//! Expressions. Reading one notes the reads and clients in it.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::given::{Arguments, Given};
use crate::programs::reading::made::{as_value, not, plus};
use crate::programs::reading::{operands, parts, strange};
use crate::programs::{Condition, Expr, IfExpr, Method};
use crate::source::Spanned;

impl<'t> Reader<'t> {
    /// The expression that a node is.
    pub fn expr(&mut self, node: Node<'t>) -> Expr {
        self.deeper(|reader| reader.expression(node)).unwrap_or_else(|| Expr::Opaque(self.span(node)))
    }

    fn expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        match node.kind() {
            "string" | "bare_string" | "bare_symbol" | "delimited_symbol" | "string_content" => {
                let found = strange::literal(self.file, node.start_byte(), node.end_byte());
                if let Some(sink) = found.filter(|_| self.notes.recording) {
                    self.sink(sink);
                }
                self.string(node)
            }
            "chained_string" => Expr::Concat(parts(node).into_iter().map(|part| self.expr(part)).collect()),
            "simple_symbol" | "hash_key_symbol" => {
                let name = self.text(node).trim_start_matches(':').to_string();
                Expr::Text(Spanned::new(name, span))
            }
            "integer" | "float" => Expr::Number(Spanned::new(self.text(node).replace('_', ""), span)),
            "true" => Expr::Bool(true, span),
            "false" => Expr::Bool(false, span),
            "nil" => Expr::Null(span),
            "identifier" => self.identifier(node),
            "instance_variable" | "class_variable" | "global_variable" => {
                let known = self.names.bound(self.text(node));
                known.cloned().unwrap_or(Expr::Opaque(span))
            }
            "constant" | "scope_resolution" => self.constant(self.text(node), span),
            "assignment" => self.assignment(node),
            "operator_assignment" => self.operator_assignment(node),
            "binary" => self.binary(node),
            "unary" => self.unary(node),
            "conditional" | "if" | "unless" | "elsif" | "if_modifier" | "unless_modifier" => {
                self.choice(node)
            }
            "case" => self.case(node),
            "block" | "do_block" => match node.child_by_field_name("body") {
                Some(body) => self.expr(body),
                None => Expr::Null(span),
            },
            "begin"
            | "body_statement"
            | "block_body"
            | "then"
            | "else"
            | "parenthesized_statements"
            | "do"
            | "ensure"
            | "ERROR"
            | "begin_block" => self.begin(node),
            "rescue_modifier" => self.rescue_modifier(node),
            "while" | "until" | "for" | "while_modifier" | "until_modifier" => self.turns(node),
            "call" => self.call(node),
            "element_reference" => self.element(node),
            "array" | "right_assignment_list" => self.list(node),
            "string_array" | "symbol_array" => {
                Expr::List(parts(node).into_iter().map(|part| self.expr(part)).collect())
            }
            "hash" => self.hash(node),
            "method" | "singleton_method" => self.define_method(node),
            "class" | "module" => self.define_class(node),
            "singleton_class" => match node.child_by_field_name("body") {
                Some(body) => self.sequence(body),
                None => Expr::Null(span),
            },
            "lambda" => self.lambda(node),
            "return" | "next" | "break" | "redo" => self.leave(node),
            "argument_list" => {
                let inner = parts(node);
                match inner.as_slice() {
                    [only] => self.expr(*only),
                    _ => self.list(node),
                }
            }
            _ => {
                for part in parts(node) {
                    self.expr(part);
                }
                Expr::Opaque(span)
            }
        }
    }

    /// `"text #{value}"`, also symbols and words of `%w[…]`.
    fn string(&mut self, node: Node<'t>) -> Expr {
        if node.kind() == "string_content" {
            return Expr::Text(self.spanned(node));
        }
        let mut out = Vec::new();
        for part in parts(node) {
            match part.kind() {
                "string_content" => out.push(Expr::Text(self.spanned(part))),
                "escape_sequence" => {
                    let written = self.text(part);
                    let text = match written.strip_prefix('\\').unwrap_or(written) {
                        "n" => "\n",
                        "t" => "\t",
                        "e" => "\u{1b}",
                        "s" => " ",
                        other => other,
                    };
                    out.push(Expr::Text(Spanned::new(text.to_string(), self.span(part))));
                }
                "interpolation" => {
                    let inner = parts(part);
                    let value = match inner.last() {
                        Some(last) => self.expr(*last),
                        None => Expr::Null(self.span(part)),
                    };
                    out.push(value);
                }
                _ => out.push(Expr::Opaque(self.span(part))),
            }
        }
        match (out.len(), out.pop()) {
            (1, Some(only @ Expr::Text(_))) => only,
            (_, Some(last)) => {
                out.push(last);
                Expr::Concat(out)
            }
            (_, None) => {
                let inside = (node.start_byte() + 1).min(node.end_byte());
                Expr::Text(Spanned::new(String::new(), self.file.slice(inside, inside)))
            }
        }
    }

    fn identifier(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let name = self.text(node);
        if let Some(value) = self.local(name) {
            return value.clone();
        }
        if matches!(name, "raise" | "exit" | "abort" | "exit!") {
            self.left = true;
            return Expr::Opaque(span);
        }
        self.bare_call(name, Arguments::default(), span, self.spanned(node))
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, operator, right)) = operands(node) else { return Expr::Opaque(span) };
        match self.text(operator) {
            "||" | "or" => self.otherwise(left, right),
            "&&" | "and" => {
                let condition = self.condition(left);
                let first = self.expr(left);
                let (branch, then) = self.branch(Some(condition.clone()), |reader| reader.expr(right));
                let none = self.branch(None, |_| first.clone()).0;
                self.names.merge_if(&condition, branch, none, span);
                match first {
                    Expr::Test(..) | Expr::Bool(..) | Expr::Opaque(_) if matches!(then, Expr::Test(..)) => {
                        as_value(self.condition(node), span)
                    }
                    first => Expr::If(Box::new(IfExpr { condition, then, otherwise: first, span })),
                }
            }
            "+" => {
                let left = self.expr(left);
                let right = self.expr(right);
                plus(left, right, span)
            }
            "==" | "!=" => as_value(self.condition(node), span),
            _ => {
                self.expr(left);
                self.expr(right);
                Expr::Opaque(span)
            }
        }
    }

    /// `left || right`
    fn otherwise(&mut self, left: Node<'t>, right: Node<'t>) -> Expr {
        let condition = self.condition(left);
        let first = self.expr(left);
        let (branch, second) = self.branch(Some(not(condition.clone())), |reader| reader.expr(right));
        if branch.leaves {
            self.require(&[&first]);
            self.require_present(&not(condition));
            return first;
        }
        if let (Expr::Test(..), Expr::Test(..)) = (&first, &second) {
            return Expr::Test(
                Box::new(Condition::Any(vec![condition, self.condition(right)])),
                self.span(left),
            );
        }
        let part = first.clone();
        let mut all = match first.peel() {
            Expr::FirstSet(all) => all.clone(),
            _ => vec![first],
        };
        match second.peel() {
            Expr::FirstSet(more) => all.extend(more.iter().cloned()),
            _ => all.push(second),
        }
        let whole = Expr::FirstSet(all).share();
        let within: Vec<&Expr> = match part.peel() {
            Expr::FirstSet(all) => all.iter().collect(),
            _ => vec![&part],
        };
        self.widen(&within, &whole);
        whole
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let text = self.text(node);
        if text.starts_with('!') || text.starts_with("not") {
            return as_value(self.condition(node), span);
        }
        let Some(inner) = node.child_by_field_name("operand") else { return Expr::Opaque(span) };
        match inner.kind() {
            "integer" | "float" if text.starts_with('-') => {
                Expr::Number(Spanned::new(text.replace(['_', ' '], ""), span))
            }
            _ => {
                self.expr(inner);
                Expr::Opaque(span)
            }
        }
    }

    fn list(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let items = parts(node);
        let fields: Vec<Node<'t>> = items.iter().copied().filter(|item| item.kind() == "pair").collect();
        let mut out: Vec<Expr> =
            items.iter().filter(|item| item.kind() != "pair").map(|item| self.expr(*item)).collect();
        if !fields.is_empty() {
            out.push(self.record(&fields, node));
        }
        match items.iter().any(|item| item.kind() == "splat_argument") {
            true => Expr::Opaque(span),
            false => Expr::List(out),
        }
    }

    fn hash(&mut self, node: Node<'t>) -> Expr {
        let inner = parts(node);
        self.record(&inner, node)
    }

    /// Pairs, and what `**` lays under and over them.
    fn record(&mut self, pairs: &[Node<'t>], node: Node<'t>) -> Expr {
        let mut fields = Vec::new();
        let mut laid = Vec::new();
        for pair in pairs {
            if pair.kind() == "hash_splat_argument" {
                laid.push(Expr::Record(std::mem::take(&mut fields)));
                let value = parts(*pair).first().map(|value| self.expr(*value));
                laid.push(value.unwrap_or(Expr::Opaque(self.span(node))));
                continue;
            }
            let Some((key, value)) = self.pair(*pair) else { continue };
            match key {
                Some(key) => fields.push((key, value)),
                None => {
                    laid.push(Expr::Record(std::mem::take(&mut fields)));
                    laid.push(Expr::Opaque(self.span(*pair)));
                }
            }
        }
        if laid.is_empty() {
            return Expr::Record(fields);
        }
        laid.push(Expr::Record(fields));
        Expr::Merge(laid)
    }

    /// Key and value of a pair; no key when it is not written out.
    fn pair(&mut self, pair: Node<'t>) -> Option<(Option<Spanned<String>>, Expr)> {
        let key = pair.child_by_field_name("key")?;
        let name = match self.expr(key).peel() {
            Expr::Text(name) => Some(name.clone()),
            _ => None,
        };
        let value = match pair.child_by_field_name("value") {
            Some(value) => self.expr(value),
            // `{host:}` is the variable of that name.
            None => self.local(self.text(key)).cloned().unwrap_or(Expr::Opaque(self.span(pair))),
        };
        Some((name, value))
    }

    /// The arguments of a call node.
    pub fn arguments(&mut self, call: Node<'t>) -> Arguments {
        let mut out = Vec::new();
        for part in call.child_by_field_name("arguments").into_iter().flat_map(parts).take(200) {
            match part.kind() {
                "pair" => {
                    if let Some((name, value)) = self.pair(part) {
                        let splat = name.is_none();
                        out.push(Given { name, value, splat });
                    }
                }
                "splat_argument" | "hash_splat_argument" => {
                    let value = parts(part).first().map(|value| self.expr(*value));
                    let value = value.unwrap_or(Expr::Opaque(self.span(part)));
                    out.push(Given { name: None, value, splat: true });
                }
                "block_argument" => drop(self.expr(part)),
                _ => {
                    let value = self.expr(part);
                    out.push(Given { name: None, value, splat: false });
                }
            }
        }
        Arguments(out)
    }

    /// `value[key]`
    fn element(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(object) = node.child_by_field_name("object") else { return Expr::Opaque(span) };
        let base = self.expr(object);
        let keys: Vec<Node<'t>> = parts(node).into_iter().filter(|part| *part != object).collect();
        let &[key] = keys.as_slice() else { return Expr::Opaque(span) };
        let key = self.expr(key);
        if super::environment::is_env(&base) {
            return self.env_call("[]", &Arguments::one(key), None, span);
        }
        if matches!(base.peel(), Expr::Opaque(_) | Expr::Library(_)) {
            return Expr::Opaque(span);
        }
        match key {
            Expr::Text(name) => {
                let nothing = Expr::Null(span);
                Expr::Item(Box::new(base), Box::new(Expr::Text(name)), Some(Box::new(nothing)))
            }
            Expr::Number(number) => match number.value.parse() {
                Ok(index) => Expr::Method(Box::new(base), Box::new(Method::Index(index))),
                Err(_) => Expr::Opaque(span),
            },
            Expr::Opaque(_) => Expr::Opaque(span),
            key => Expr::Item(Box::new(base), Box::new(key), Some(Box::new(Expr::Null(span)))),
        }
    }
}
