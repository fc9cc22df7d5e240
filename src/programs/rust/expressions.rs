//! Expressions.

use tree_sitter::Node;

use super::reader::{Frame, Left, Own, Reader};
use crate::programs::reading::{braces, member, parts, sides, with_field};
use crate::programs::{Condition, Expr, Method};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// The value of an expression; what it reads and dials is noted on the way.
    pub fn expr(&mut self, node: Node<'t>) -> Expr {
        if !self.work_left() {
            return Expr::Opaque(self.span(node));
        }
        self.deeper(|reader| reader.expression(node)).unwrap_or_else(|| Expr::Opaque(self.span(node)))
    }

    fn expression(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        match node.kind() {
            "string_literal" | "raw_string_literal" => self.string(node),
            "integer_literal" | "float_literal" => {
                // `5432u16`
                let plain = self.text(node).replace('_', "");
                let digits = plain.split(['u', 'i', 'f']).next().unwrap_or("").to_string();
                Expr::Number(Spanned::new(digits, span))
            }
            "boolean_literal" => Expr::Bool(self.text(node) == "true", span),
            "identifier" if self.text(node) == "None" => Expr::Null(span),
            "identifier" | "scoped_identifier" | "self" | "generic_function" => self.path(node),
            "field_expression" => self.field_expression(node),
            "call_expression" => self.call(node),
            "macro_invocation" => self.macro_invocation(node),
            "struct_expression" => self.struct_expression(node),
            "if_expression" => self.if_expression(node),
            "match_expression" => self.match_expression(node),
            "block" | "unsafe_block" | "async_block" | "const_block" | "try_block" => {
                let block = match node.kind() {
                    "block" => Some(node),
                    _ => parts(node).into_iter().find(|part| part.kind() == "block"),
                };
                block.map_or(Expr::Opaque(span), |block| self.block(block))
            }
            "reference_expression" | "await_expression" | "parenthesized_expression" => {
                let inner = node.child_by_field_name("value").or_else(|| parts(node).first().copied());
                inner.map_or(Expr::Opaque(span), |inner| self.expr(inner))
            }
            "type_cast_expression" => {
                node.child_by_field_name("value").map_or(Expr::Opaque(span), |inner| self.expr(inner))
            }
            "try_expression" => {
                let value = parts(node).first().map_or(Expr::Opaque(span), |inner| self.expr(*inner));
                let starts = self.names.frames.last().is_some_and(|frame| frame.own.starts);
                if starts { self.unwrapped(value) } else { value }
            }
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "array_expression" | "tuple_expression" => {
                Expr::List(parts(node).into_iter().take(200).map(|item| self.expr(item)).collect())
            }
            "index_expression" => {
                let all = parts(node);
                let (Some(base), Some(index)) = (all.first(), all.get(1)) else { return Expr::Opaque(span) };
                let base = self.expr(*base);
                match (self.expr(*index), base) {
                    (Expr::Number(number), base) if !matches!(base, Expr::Opaque(_) | Expr::Library(_)) => {
                        let index = number.value.parse().unwrap_or(0);
                        Expr::Method(Box::new(base), Box::new(Method::Index(index)))
                    }
                    _ => Expr::Opaque(span),
                }
            }
            "closure_expression" => {
                let _ = self.closure(node, &[]);
                Expr::Opaque(span)
            }
            "return_expression" => {
                let value = parts(node).first().map_or(Expr::Null(span), |inner| self.expr(*inner));
                self.returns(node, value);
                Expr::Opaque(span)
            }
            "break_expression" | "continue_expression" => {
                parts(node)
                    .into_iter()
                    .filter(|part| part.kind() != "label")
                    .for_each(|part| drop(self.expr(part)));
                self.left = Left::Returns;
                Expr::Opaque(span)
            }
            "assignment_expression" | "compound_assignment_expr" => {
                self.assignment(node);
                Expr::Null(span)
            }
            "while_expression" | "for_expression" | "loop_expression" => {
                self.looped(node);
                Expr::Opaque(span)
            }
            _ => {
                parts(node).into_iter().for_each(|part| drop(self.expr(part)));
                Expr::Opaque(span)
            }
        }
    }

    /// `return Err(…)` where the program starts ends it; other values are what the function gives.
    fn returns(&mut self, node: Node<'t>, value: Expr) {
        let failed = parts(node).first().is_some_and(|inner| self.text(*inner).starts_with("Err("));
        let Some(frame) = self.names.frames.last_mut() else { return };
        let starts = frame.own.starts;
        if !failed {
            frame.returned(value);
        }
        self.left = if failed && starts { Left::Stops } else { Left::Returns };
    }

    fn string(&mut self, node: Node<'t>) -> Expr {
        let written = self.text(node);
        let raw = node.kind() == "raw_string_literal";
        let open = written.find('"').map_or(0, |at| at + 1);
        let close = written.rfind('"').unwrap_or(written.len()).max(open);
        let inside = written.get(open..close).unwrap_or("");
        let span = self.file.slice(node.start_byte() + open, node.start_byte() + close);
        let text = if raw { inside.to_string() } else { unescape(inside) };
        Expr::Text(Spanned::new(text, span))
    }

    fn field_expression(&mut self, node: Node<'t>) -> Expr {
        let (Some(value), Some(field)) =
            (node.child_by_field_name("value"), node.child_by_field_name("field"))
        else {
            return Expr::Opaque(self.span(node));
        };
        let base = self.expr(value);
        let name = self.spanned(field);
        self.mention(&name.value);
        match base.peel() {
            Expr::List(items) => {
                let at = name.value.parse::<usize>().ok();
                at.and_then(|at| items.get(at).cloned()).unwrap_or(Expr::Opaque(name.span))
            }
            Expr::Library(_) => Expr::Opaque(self.span(node)),
            _ => member(base, name),
        }
    }

    fn struct_expression(&mut self, node: Node<'t>) -> Expr {
        let kind = node.child_by_field_name("name").map(|name| self.path(name));
        let body = node.child_by_field_name("body").map(parts).unwrap_or_default();
        let ours = matches!(kind.as_ref().map(Expr::peel), Some(Expr::Own(_) | Expr::Imported { .. }));
        let mut fields = Vec::new();
        let mut laid: Vec<Expr> = kind.into_iter().filter(|kind| !matches!(kind, Expr::Library(_))).collect();
        for part in body {
            match part.kind() {
                "field_initializer" => {
                    let (Some(name), Some(value)) =
                        (part.child_by_field_name("field"), part.child_by_field_name("value"))
                    else {
                        continue;
                    };
                    let outer = self.field.clone();
                    if ours {
                        self.field = Some(self.text(name).to_string());
                    }
                    let made = self.expr(value);
                    self.field = outer;
                    fields.push((self.spanned(name), made));
                }
                "shorthand_field_initializer" => {
                    if let Some(name) = parts(part).into_iter().find(|part| part.kind() == "identifier") {
                        let value = self.path(name);
                        fields.push((self.spanned(name), value));
                    }
                }
                "base_field_initializer" => {
                    if let Some(base) = parts(part).first() {
                        let base = self.expr(*base);
                        laid.push(base);
                    }
                }
                _ => {}
            }
        }
        laid.push(Expr::Record(fields));
        Expr::Merge(laid)
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(inner) = parts(node).first().copied() else { return Expr::Opaque(span) };
        match self.text(node).chars().next() {
            Some('!') => match self.condition(node).0 {
                Condition::Opaque => Expr::Opaque(span),
                condition => Expr::Test(Box::new(condition), span),
            },
            Some('*') => self.expr(inner),
            _ => Expr::Opaque(span),
        }
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some((left, right)) = sides(node) else { return Expr::Opaque(span) };
        if self.child(node, "operator") == "+" {
            let (left, right) = (self.expr(left), self.expr(right));
            if matches!(left.peel(), Expr::Number(_)) || matches!(right.peel(), Expr::Number(_)) {
                return Expr::Opaque(span);
            }
            return Expr::Concat(vec![left, right]);
        }
        match self.condition(node).0 {
            Condition::Opaque => Expr::Opaque(span),
            condition => Expr::Test(Box::new(condition), span),
        }
    }

    fn assignment(&mut self, node: Node<'t>) {
        let Some((left, right)) = sides(node) else { return };
        let mut path = Vec::new();
        let mut at = left;
        while at.kind() == "field_expression" && path.len() < 8 {
            path.extend(at.child_by_field_name("field").map(|field| self.spanned(field)));
            let Some(value) = at.child_by_field_name("value") else { break };
            at = value;
        }
        let outer = self.field.clone();
        if let Some(field) = path.first() {
            self.field = Some(field.value.clone());
        }
        let value = self.expr(right);
        self.field = outer;
        if !matches!(at.kind(), "identifier" | "self") {
            return;
        }
        let value = match node.kind() {
            "assignment_expression" => value,
            _ if self.child(node, "operator") == "+=" => {
                let before = self.expr(left);
                Expr::Concat(vec![before, value])
            }
            _ => Expr::Opaque(self.span(node)),
        };
        let name = self.text(at);
        let Some(before) = self.names.bound(name).cloned() else { return };
        if let [field] = path.as_slice() {
            self.field_sink(&before, field, &value, node);
        }
        self.overlaid(&before, &path, &value);
        let value = with_field(before, &path, value);
        self.names.bind(name, value);
    }

    /// The value of what a macro makes.
    fn macro_invocation(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let name = self.child(node, "macro");
        let Some(tokens) = parts(node).into_iter().find(|part| part.kind() == "token_tree") else {
            return Expr::Opaque(span);
        };
        match name.rsplit("::").next().unwrap_or(name) {
            "panic" | "unreachable" | "todo" | "unimplemented" | "bail" | "abort" => {
                self.mention_tokens(tokens);
                let starts = self.names.frames.last().is_some_and(|frame| frame.own.starts);
                let fails = name.ends_with("bail") && !starts;
                self.left = if fails { Left::Returns } else { Left::Stops };
                Expr::Opaque(span)
            }
            "format" => self.format(tokens, span),
            "include_str" | "include_bytes" => {
                let written = self.text(tokens);
                if let Some((at, end)) =
                    written.find('"').zip(written.rfind('"')).filter(|(at, end)| at < end)
                {
                    let start = tokens.start_byte();
                    let place = self.file.slice(start + at + 1, start + end);
                    let path = written.get(at + 1..end).unwrap_or("").to_string();
                    self.note_included(Spanned::new(path, place));
                }
                Expr::Opaque(span)
            }
            "vec" => {
                let inside = self.inside;
                let items: Vec<Node<'t>> = inside.arguments(tokens).map(|(_, code)| code).collect();
                Expr::List(items.into_iter().take(200).map(|item| self.code(item)).collect())
            }
            _ => {
                self.mention_tokens(tokens);
                Expr::Opaque(span)
            }
        }
    }

    /// The value of code that stands in a macro: its only statement.
    fn code(&mut self, root: Node<'t>) -> Expr {
        let mut at = root;
        for _ in 0..3 {
            match (at.kind(), parts(at).first()) {
                // Without the semicolon that would follow it elsewhere it may be an error.
                ("source_file" | "ERROR" | "expression_statement", Some(inner)) => at = *inner,
                _ => break,
            }
        }
        self.expr(at)
    }

    fn format(&mut self, tokens: Node<'t>, span: Span) -> Expr {
        let inside = self.inside;
        let mut arguments = inside.arguments(tokens);
        let Some((_, format)) = arguments.next() else { return Expr::Opaque(span) };
        let format = self.code(format);
        let mut positional = Vec::new();
        let mut named = Vec::new();
        for (name, code) in arguments.take(64) {
            let value = self.code(code);
            match name {
                Some(name) => named.push((name.to_string(), value)),
                None => positional.push(value),
            }
        }
        // `{name}` takes the variable of that name.
        if let Expr::Text(text) = format.peel() {
            let mut inline: Vec<&str> =
                text.value.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
            inline.retain(|name| {
                let known = named.iter().any(|(key, _)| key == name);
                !known
                    && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            });
            for name in inline.into_iter().take(64) {
                self.mention(name);
                let value = match self.names.bound(name).cloned() {
                    Some(value) => {
                        self.used(&value);
                        value
                    }
                    None => Expr::Own(Spanned::new(name.to_string(), text.span)),
                };
                named.push((name.to_string(), value));
            }
        }
        braces(&format, &positional, &named, span)
    }

    /// Notes the names among the tokens of a macro.
    fn mention_tokens(&mut self, tokens: Node<'t>) {
        if !self.notes.recording {
            return;
        }
        let text = self.text(tokens);
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).take(500).collect();
        words.into_iter().for_each(|word| self.mention(word));
    }

    /// What a closure gives when it is called with these values.
    pub fn closure(&mut self, node: Node<'t>, values: &[Expr]) -> Expr {
        let span = self.span(node);
        let Some(body) = node.child_by_field_name("body") else { return Expr::Opaque(span) };
        let mut frame = Frame::new(Own::default());
        let patterns = node.child_by_field_name("parameters").map(parts).unwrap_or_default();
        for (at, pattern) in patterns.into_iter().enumerate() {
            let name = match pattern.kind() {
                "parameter" => pattern.child_by_field_name("pattern").map_or("", |name| self.text(name)),
                _ => self.text(pattern),
            };
            let value = values.get(at).cloned().unwrap_or(Expr::Opaque(span));
            frame.names.insert(name.trim_start_matches(['&', ' ']).to_string(), value.share());
        }
        let (value, mut frame) = self.framed(frame, |reader| {
            let value = reader.expr(body);
            (reader.left == Left::No).then_some(value)
        });
        if let Some(value) = value {
            frame.returned(value);
        }
        frame.result(true, span)
    }
}

/// The characters that the text of a literal stands for.
fn unescape(written: &str) -> String {
    if !written.contains('\\') {
        return written.to_string();
    }
    let mut out = String::with_capacity(written.len());
    let mut chars = written.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}
