//! Kotlin's expressions.

use tree_sitter::Node;

use super::Kotlin;
use crate::programs::jvm::java::OPERATORS;
use crate::programs::jvm::syntax::{first, of_kind, unescaped};
use crate::programs::jvm::tree::{Argument, Call, Code, Statement};
use crate::programs::reading::parts;
use crate::source::Spanned;

impl Kotlin<'_> {
    pub(super) fn optional(&mut self, node: Option<Node<'_>>, around: Node<'_>) -> Code {
        match node {
            Some(node) => self.code(node),
            None => Code::Other(Vec::new(), self.0.span(around)),
        }
    }

    pub(super) fn code(&mut self, node: Node<'_>) -> Code {
        if !self.0.bounds.down() {
            return Code::Other(Vec::new(), self.0.span(node));
        }
        let code = self.code_within(node);
        self.0.bounds.up();
        code
    }

    fn code_within(&mut self, node: Node<'_>) -> Code {
        let span = self.0.span(node);
        let inner = parts(node);
        match node.kind() {
            "string_literal" => self.string(node, 1),
            "multiline_string_literal" => self.string(node, 3),
            "character_literal" => Code::Text(self.0.quoted(node, 1)),
            "number_literal" | "float_literal" => {
                let digits = self.0.text(node).replace('_', "");
                Code::Number(Spanned::new(
                    digits.trim_end_matches(['L', 'f', 'F', 'u', 'U']).to_string(),
                    span,
                ))
            }
            "identifier" => match self.0.text(node) {
                "null" => Code::Null(span),
                "true" => Code::Bool(true, span),
                "false" => Code::Bool(false, span),
                _ => Code::Name(self.0.spanned(node)),
            },
            "null" | "null_literal" => Code::Null(span),
            "boolean_literal" => Code::Bool(self.0.text(node) == "true", span),
            "this_expression" => Code::This,
            "parenthesized_expression" | "annotated_expression" | "labeled_expression" => {
                self.optional(inner.into_iter().next_back(), node)
            }
            "as_expression" => self.optional(node.child_by_field_name("left"), node),
            "navigation_expression" => match inner.as_slice() {
                [object, .., name] => {
                    let name = self.0.spanned(*name);
                    Code::Member(Box::new(self.code(*object)), name)
                }
                _ => Code::Other(Vec::new(), span),
            },
            "call_expression" => self.call(node),
            "index_expression" => match inner.as_slice() {
                [array, index] => {
                    let array = self.code(*array);
                    Code::Index(Box::new(array), Box::new(self.code(*index)), span)
                }
                _ => Code::Other(Vec::new(), span),
            },
            "binary_expression" => self.binary(node),
            "unary_expression" => {
                let argument = self.optional(node.child_by_field_name("argument"), node);
                match self.0.text(node) {
                    text if text.ends_with("!!") => Code::NotNull(Box::new(argument), span),
                    text if text.starts_with('!') => Code::Not(Box::new(argument), span),
                    _ => Code::Other(vec![argument], span),
                }
            }
            "infix_expression" => {
                let (values, names): (Vec<_>, Vec<_>) =
                    inner.iter().partition(|it| it.kind() != "identifier" || self.0.text(**it) != "to");
                match (values.as_slice(), names.is_empty()) {
                    // `"a" to "b"`: an entry of a map.
                    ([key, value], false) => {
                        let key = self.code(*key);
                        Code::List(vec![key, self.code(*value)])
                    }
                    _ => Code::Other(inner.into_iter().map(|it| self.code(it)).collect(), span),
                }
            }
            "if_expression" => {
                let condition = self.optional(node.child_by_field_name("condition"), node);
                let (then, otherwise) = self.branches(node);
                let block = |body: Vec<Statement>| Box::new(Code::Block(body, span));
                Code::If(Box::new(condition), block(then), block(otherwise), span)
            }
            "try_expression" => Code::Block(self.tried(node), span),
            "when_expression" => Code::Block(vec![Statement::Maybe(self.arms(node))], span),
            "throw_expression" => Code::Throw(span),
            "return_expression" => Code::Block(self.statement_within(node), span),
            "assignment" => {
                let left = self.optional(node.child_by_field_name("left"), node);
                let right = self.optional(node.child_by_field_name("right"), node);
                let operator = node.child_by_field_name("operator").map_or("=", |it| self.0.text(it));
                let right = if operator == "=" { right } else { Code::Other(vec![right], span) };
                Code::Assign(Box::new(left), Box::new(right))
            }
            "lambda_literal" => self.lambda(node),
            "annotated_lambda" => self.optional(first(node, "lambda_literal"), node),
            "collection_literal" => Code::List(inner.into_iter().map(|it| self.code(it)).collect()),
            _ => Code::Other(inner.into_iter().map(|it| self.code(it)).collect(), span),
        }
    }

    fn lambda(&mut self, node: Node<'_>) -> Code {
        let names = first(node, "lambda_parameters").into_iter().flat_map(parts);
        let names: Vec<String> =
            names.filter_map(|it| first(it, "identifier")).map(|it| self.0.text(it).to_string()).collect();
        let names = if names.is_empty() { vec!["it".to_string()] } else { names };
        let body = parts(node).into_iter().filter(|it| it.kind() != "lambda_parameters");
        let body = body.collect::<Vec<_>>().into_iter().flat_map(|it| self.statement(it)).collect();
        Code::Lambda(names, body, self.0.span(node))
    }

    fn call(&mut self, node: Node<'_>) -> Code {
        let span = self.0.span(node);
        let inner = parts(node);
        let Some(callee) = inner.first() else { return Code::Other(Vec::new(), span) };
        let mut arguments = self.arguments(first(node, "value_arguments"));
        for lambda in of_kind(node, "annotated_lambda") {
            arguments.push(Argument { name: None, value: self.code(lambda) });
        }
        match callee.kind() {
            "identifier" => {
                let name = self.0.spanned(*callee);
                let new = name.value.starts_with(char::is_uppercase);
                Code::Call(Box::new(Call { receiver: None, name, arguments, new, span }))
            }
            "navigation_expression" => match parts(*callee).as_slice() {
                [object, .., name] => {
                    let receiver = Some(self.code(*object));
                    let name = self.0.spanned(*name);
                    let new = name.value.starts_with(char::is_uppercase);
                    Code::Call(Box::new(Call { receiver, name, arguments, new, span }))
                }
                _ => Code::Other(Vec::new(), span),
            },
            // `f(x) { … }`: the lambda is one more argument.
            "call_expression" if !arguments.is_empty() => match self.code(*callee) {
                Code::Call(mut call) => {
                    call.arguments.extend(arguments);
                    call.span = span;
                    Code::Call(call)
                }
                other => Code::Other(vec![other], span),
            },
            _ => {
                let mut all: Vec<Code> = arguments.into_iter().map(|argument| argument.value).collect();
                all.push(self.code(*callee));
                Code::Other(all, span)
            }
        }
    }

    pub(super) fn arguments(&mut self, list: Option<Node<'_>>) -> Vec<Argument> {
        let mut out = Vec::new();
        for argument in list.into_iter().flat_map(|list| of_kind(list, "value_argument")) {
            let inner = parts(argument);
            match inner.as_slice() {
                [name, value] if name.kind() == "identifier" => {
                    let name = Some(self.0.text(*name).to_string());
                    out.push(Argument { name, value: self.code(*value) });
                }
                [.., value] => out.push(Argument { name: None, value: self.code(*value) }),
                [] => {}
            }
        }
        out
    }

    fn binary(&mut self, node: Node<'_>) -> Code {
        let mut row = Vec::new();
        let mut at = node;
        while at.kind() == "binary_expression" && self.0.bounds.work() {
            let operator = at.child_by_field_name("operator").map_or("", |operator| self.0.text(operator));
            row.push((operator, at.child_by_field_name("right"), self.0.span(at)));
            match at.child_by_field_name("left") {
                Some(left) => at = left,
                None => break,
            }
        }
        if row.len() > 500 {
            return Code::Other(Vec::new(), self.0.span(node));
        }
        let mut code = self.code(at);
        for (operator, right, span) in row.into_iter().rev() {
            let right = self.optional(right, node);
            code = match (operator, code) {
                ("?:", code) => Code::Either(Box::new(code), Box::new(right)),
                ("+", Code::Template(mut parts)) => {
                    parts.push(right);
                    Code::Template(parts)
                }
                ("+", first) => Code::Template(vec![first, right]),
                (operator, code) => {
                    let operator = operator.get(..2).unwrap_or(operator);
                    let known = OPERATORS.iter().find(|known| **known == operator).copied();
                    Code::Binary(known.unwrap_or("?"), Box::new(code), Box::new(right), span)
                }
            };
        }
        code
    }

    /// A string: its text, `$name` and `${…}` taken apart.
    fn string(&mut self, node: Node<'_>, quotes: usize) -> Code {
        let (from, to) = (node.start_byte() + quotes, node.end_byte().saturating_sub(quotes));
        if to <= from {
            return Code::Text(Spanned::new(String::new(), self.0.file.slice(from, from)));
        }
        let mut out = Vec::new();
        let mut at = from;
        for interpolation in of_kind(node, "interpolation") {
            self.plain_part(at, interpolation.start_byte(), quotes, &mut out);
            out.push(self.optional(parts(interpolation).into_iter().next(), interpolation));
            at = interpolation.end_byte();
        }
        self.plain_part(at, to, quotes, &mut out);
        match out.len() {
            1 => out.pop().unwrap_or(Code::This),
            _ => Code::Template(out),
        }
    }

    fn plain_part(&self, from: usize, to: usize, quotes: usize, out: &mut Vec<Code>) {
        let raw = self.0.file.text.get(from..to).unwrap_or_default();
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let mut start = 0;
        let mut names = Vec::new();
        for (at, _) in raw.match_indices('$') {
            let escaped = quotes == 1 && raw.get(..at).is_some_and(|before| before.ends_with('\\'));
            let rest = raw.get(at + 1..).unwrap_or_default();
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let first_is_letter = rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
            if !escaped && first_is_letter {
                names.push((at, at + 1 + end));
            }
        }
        let mut pieces: Vec<(usize, usize, bool)> = Vec::new();
        for (at, end) in names {
            pieces.push((start, at, false));
            pieces.push((at + 1, end, true));
            start = end;
        }
        pieces.push((start, raw.len(), false));
        let mut made = Vec::new();
        for (lo, hi, name) in pieces {
            if name {
                let value = raw.get(lo..hi).unwrap_or_default().to_string();
                made.push(Code::Name(Spanned::new(value, self.0.file.slice(from + lo, from + hi))));
            } else if lo < hi {
                let raw = raw.get(lo..hi).unwrap_or_default();
                let value = if quotes == 1 { unescaped(raw) } else { raw.to_string() };
                made.push(Code::Text(Spanned::new(value, self.0.file.slice(from + lo, from + hi))));
            }
        }
        out.extend(made);
    }
}
