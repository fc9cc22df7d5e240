//! What defines something: modules, functions, aliases, `config`.

use std::sync::Arc;

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::{Frame, parts};
use crate::programs::{Attempts, Condition, Expr, Function};
use crate::source::Span;

/// Modules within modules are looked through only this deep.
const MAX_NESTED: usize = 8;
/// Values within values of `config` are keys of their own only this deep.
const MAX_KEYS: usize = 6;

impl<'t> Reader<'t> {
    /// Notes the functions of all modules below this node, so that calls find them wherever they stand.
    pub fn collect(&mut self, node: Node<'t>, depth: usize) {
        for part in parts(node).into_iter().filter(|part| part.kind() == "call") {
            let Some(target) = part.child_by_field_name("target") else { continue };
            let arguments = parts(part).into_iter().find(|inner| inner.kind() == "arguments");
            let first = arguments.and_then(|arguments| parts(arguments).first().copied());
            match (self.text(target), first) {
                ("defmodule", Some(name)) if depth < MAX_NESTED => {
                    let block = parts(part).into_iter().find(|inner| inner.kind() == "do_block");
                    self.modules.push(self.nested_name(name));
                    if let Some(block) = block {
                        self.collect(block, depth + 1);
                    }
                    self.modules.pop();
                }
                ("def" | "defp", Some(head)) => {
                    if let Some((name, parameters)) = self.head(head) {
                        *self.clauses.entry((name, parameters.len())).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
    }

    fn nested_name(&self, name: Node<'t>) -> String {
        match self.modules.last() {
            Some(around) => format!("{around}.{}", self.text(name)),
            None => self.text(name).to_string(),
        }
    }

    /// The full name and the parameters of a function's head.
    fn head(&self, head: Node<'t>) -> Option<(String, Vec<Node<'t>>)> {
        let head = match head.kind() {
            // `def name(…) when guard`
            "binary_operator" => head.child_by_field_name("left")?,
            _ => head,
        };
        let (name, parameters) = match head.kind() {
            "identifier" => (head, Vec::new()),
            "call" => {
                let arguments = parts(head).into_iter().find(|part| part.kind() == "arguments");
                (head.child_by_field_name("target")?, arguments.map(parts).unwrap_or_default())
            }
            _ => return None,
        };
        let module = self.modules.last().map_or("", String::as_str);
        Some((format!("{module}.{}", self.text(name)), parameters))
    }

    /// Calls that are part of the language; `None` for those that are functions.
    pub fn special(
        &mut self,
        node: Node<'t>,
        name: &str,
        arguments: &[Node<'t>],
        block: Option<Node<'t>>,
    ) -> Option<Expr> {
        let span = self.span(node);
        let first = arguments.first().copied();
        match name {
            "defmodule" => {
                let full = self.nested_name(first?);
                self.modules.push(full);
                self.names.frames.push(Frame::new(()));
                let inner = block.map(parts).unwrap_or_default();
                self.block(&inner);
                self.names.frames.pop();
                self.modules.pop();
            }
            "def" | "defp" => self.function(first?, arguments, block),
            "defmacro" | "defmacrop" | "defguard" | "defdelegate" | "defimpl" | "defprotocol" | "quote" => {}
            "alias" => self.alias(first?),
            "import" | "require" => {}
            "use" => self.used(arguments),
            "config" => self.config(arguments),
            "if" => return Some(self.if_call(arguments, block, false, span)),
            "unless" => return Some(self.if_call(arguments, block, true, span)),
            "case" => {
                let subject = self.expr(first?);
                return Some(self.clauses(Some(subject), block?, span));
            }
            "cond" => return Some(self.clauses(None, block?, span)),
            "with" | "try" | "for" | "receive" => {
                for argument in arguments {
                    self.expr(*argument);
                }
                let inner = block.map(parts).unwrap_or_default();
                self.branch(Condition::Opaque, |reader| reader.block(&inner));
                return Some(Expr::Opaque(span));
            }
            "plug" => {
                let values: Vec<Expr> = arguments.iter().map(|argument| self.expr(*argument)).collect();
                if let [Expr::Library(module), rest @ ..] = values.as_slice() {
                    let module = module.value.clone();
                    self.call_sink(&module, "plug", rest, first?, span);
                }
            }
            _ => return None,
        }
        Some(Expr::Opaque(span))
    }

    /// `alias Shop.Config`, `alias Shop.{A, B}`, `alias Shop.Config, as: Settings`
    fn alias(&mut self, written: Node<'t>) {
        let text = self.text(written);
        let mut add = |full: String| {
            let short = full.rsplit('.').next().unwrap_or(&full).to_string();
            self.aliases.insert(short, full);
        };
        match text.split_once(".{") {
            Some((prefix, names)) => {
                for name in names.trim_end_matches('}').split(',').take(100) {
                    add(format!("{prefix}.{}", name.trim()));
                }
            }
            None => add(text.to_string()),
        }
    }

    fn function(&mut self, head: Node<'t>, arguments: &[Node<'t>], block: Option<Node<'t>>) {
        let Some((name, parameters)) = self.head(head) else { return };
        if let Some(block) = block {
            let text = self.text(block);
            let waits = ["sleep(", "send_after("].iter().any(|word| text.contains(word));
            // What failed is done again after a while.
            if text.contains("{:error") && waits {
                let span = self.span(block);
                self.notes.module.attempts.push(Attempts { span, calls: Vec::new() });
            }
        }
        let (body, _) = self.bodies(arguments, block);
        let mut frame = Frame::new(());
        let mut named = Vec::new();
        for parameter in parameters {
            // `name \\ default`
            let (node, default) = match parameter.kind() {
                "binary_operator" => {
                    (parameter.child_by_field_name("left"), parameter.child_by_field_name("right"))
                }
                _ => (Some(parameter), None),
            };
            let default = default.map(|default| self.expr(default));
            let text = node.filter(|node| node.kind() == "identifier").map_or("", |node| self.text(node));
            if !text.is_empty() {
                frame.names.insert(text.to_string(), Expr::Parameter(text.to_string()));
            }
            named.push((text.to_string(), default));
        }
        self.names.frames.push(frame);
        let value = self.block(&body);
        self.names.frames.pop();
        let single = self.clauses.get(&(name.clone(), named.len())).is_none_or(|clauses| *clauses < 2);
        let body = if single { value } else { Expr::Opaque(Span::NONE) };
        let short = name.rsplit('.').next().unwrap_or(&name).to_string();
        let function = Function { name: short, parameters: named, body: body.share(), class: false };
        // Of several with one name the first counts, unless it is one of several clauses.
        self.functions.entry(name).or_insert(Expr::Function(Arc::new(function)));
    }

    /// `config :shop, Shop.Repo, hostname: …`, `config :shop, key: …`
    fn config(&mut self, arguments: &[Node<'t>]) {
        let values: Vec<Expr> = arguments.iter().map(|argument| self.expr(*argument)).collect();
        let name = |value: &Expr| match value.peel() {
            Expr::Text(text) | Expr::Library(text) => Some(text.value.clone()),
            _ => None,
        };
        let (Some(application), Some(last)) = (values.first().and_then(name), values.last()) else { return };
        let key = match values.get(1).filter(|_| values.len() > 2).map(name) {
            Some(Some(key)) => format!("{application}:{key}"),
            Some(None) => return,
            None => application.clone(),
        };
        self.set_within(&key, last, 0);
        self.config_sink(&application, &key, last);
    }

    fn set_within(&mut self, key: &str, value: &Expr, depth: usize) {
        match value.peel() {
            Expr::Record(fields) if depth < MAX_KEYS => {
                for (name, value) in fields {
                    self.set_within(&format!("{key}:{}", name.value), value, depth + 1);
                }
            }
            // Lists of pairs that only a branch adds to.
            Expr::Merge(parts) if depth < MAX_KEYS => {
                for part in parts {
                    self.set_within(key, part, depth + 1);
                }
            }
            _ => self.set(key.to_string(), value.clone()),
        }
    }
}
