//! What a program takes on its command line: `argparse`, click, Typer.

use tree_sitter::Node;

use super::calls::Arguments;
use super::reader::Reader;
use crate::programs::reading::{descend, parts};
use crate::programs::{Blank, Expr, FlagExpr, Method, ReadExpr};
use crate::source::{Span, Spanned};

/// No more flags are looked at.
const MAX_FLAGS: usize = 200;

impl<'t> Reader<'t> {
    /// `parser.parse_args()`: the flags that `parser.add_argument(…)` says, by the names that they have then.
    pub fn parsed_arguments(&mut self, call: Node<'t>, span: Span) -> Expr {
        let mut found = Vec::new();
        descend(around(call), |at, _| {
            let adds = at.kind() == "call"
                && at
                    .child_by_field_name("function")
                    .and_then(|callee| callee.child_by_field_name("attribute"))
                    .is_some_and(|name| self.text(name) == "add_argument");
            if adds && found.len() < MAX_FLAGS {
                found.push(at);
            }
            true
        });
        let fields: Vec<_> = found.into_iter().filter_map(|node| self.flag(node)).collect();
        if fields.is_empty() { Expr::Opaque(span) } else { Expr::Record(fields) }
    }

    fn flag(&mut self, node: Node<'t>) -> Option<(Spanned<String>, Expr)> {
        let arguments = self.arguments(node);
        let positional = arguments.0.iter().filter(|argument| argument.name.is_none() && !argument.splat);
        let names: Vec<Spanned<String>> =
            positional.filter_map(|argument| self.literal(argument.value)).collect();
        let first = names.iter().find(|name| name.value.starts_with("--")).or_else(|| names.first())?.clone();
        let told = arguments.get(None, &["dest"]).and_then(|name| self.literal(name));
        let name = told.unwrap_or_else(|| {
            Spanned::new(first.value.trim_start_matches('-').replace('-', "_"), first.span)
        });
        let place = self.span(node);
        // What stands alone, and what is only there or not, is no address.
        if !first.value.starts_with('-') || arguments.get(None, &["action", "nargs"]).is_some() {
            return Some((name, Expr::Opaque(place)));
        }
        let otherwise = arguments.get(None, &["default"]).map(|default| self.expr(default));
        let names = names.into_iter().map(|name| name.value).collect();
        let otherwise = otherwise.or(Some(Expr::Null(place)));
        let flag = Expr::Flag(Box::new(FlagExpr { names, otherwise, span: place }));
        let number = arguments.get(None, &["type"]).is_some_and(|kind| self.text(kind) == "int");
        Some((name, if number { Expr::Method(Box::new(flag), Box::new(Method::Number)) } else { flag }))
    }
}

impl<'t> Reader<'t> {
    /// The parameters of a function that decorators of click or Typer make a command: each as its option.
    pub fn options_of(&mut self, function: Node<'t>) -> Vec<(String, Expr)> {
        let Some(around) = function.parent().filter(|around| around.kind() == "decorated_definition") else {
            return Vec::new();
        };
        let decorators: Vec<Node<'t>> =
            parts(around).into_iter().filter(|part| part.kind() == "decorator").take(MAX_FLAGS).collect();
        let mut found = Vec::new();
        for decorator in &decorators {
            let Some(call) = parts(*decorator).into_iter().find(|part| part.kind() == "call") else {
                continue;
            };
            let name = call.child_by_field_name("function").map_or("", |name| self.text(name));
            if name.ends_with("option") {
                found.extend(self.click_option(call));
            }
        }
        let commands = [".command(", ".callback("];
        let typer =
            decorators.iter().any(|it| commands.iter().any(|command| self.text(*it).contains(command)))
                && self.file.text.contains("yper");
        if typer {
            for parameter in self.parameters(function).into_iter().take(MAX_FLAGS) {
                let Some(default) = parameter.default else { continue };
                found.push((parameter.name.to_string(), self.typer_option(parameter.name, default)));
            }
        }
        found
    }

    /// `@click.option("--host", "-h", default="127.0.0.1", envvar="HOST")`
    fn click_option(&mut self, call: Node<'t>) -> Option<(String, Expr)> {
        let arguments = self.arguments(call);
        let positional = arguments.0.iter().filter(|argument| argument.name.is_none() && !argument.splat);
        let names: Vec<String> =
            positional.filter_map(|argument| Some(self.literal(argument.value)?.value)).collect();
        let plain = names.iter().find(|name| !name.starts_with('-'));
        let long = names.iter().filter(|name| name.starts_with('-')).max_by_key(|name| name.len());
        let name = plain.or(long)?.trim_start_matches('-').replace('-', "_");
        let default = arguments.get(None, &["default"]);
        Some((name, self.option_value(names, default, &arguments, call)))
    }

    /// `host: str = typer.Option("127.0.0.1", "--host", envvar="HOST")`, `host: str = "127.0.0.1"`
    fn typer_option(&mut self, name: &str, value: Node<'t>) -> Expr {
        let called = value.child_by_field_name("function").map_or("", |callee| self.text(callee));
        if !called.ends_with("Option") {
            let otherwise = Some(self.expr(value));
            let names = vec![format!("--{}", name.replace('_', "-"))];
            return Expr::Flag(Box::new(FlagExpr { names, otherwise, span: self.span(value) }));
        }
        let arguments = self.arguments(value);
        let positional = arguments.0.iter().filter(|argument| argument.name.is_none() && !argument.splat);
        let mut names: Vec<String> = positional
            .filter_map(|argument| Some(self.literal(argument.value)?.value))
            .filter(|name| name.starts_with('-'))
            .collect();
        names.push(format!("--{}", name.replace('_', "-")));
        let default = arguments.get(Some(0), &["default"]);
        self.option_value(names, default, &arguments, value)
    }

    fn option_value(
        &mut self,
        mut names: Vec<String>,
        default: Option<Node<'t>>,
        arguments: &Arguments<'t>,
        call: Node<'t>,
    ) -> Expr {
        let span = self.span(call);
        names.retain(|name| name.starts_with('-'));
        let mut otherwise = default.filter(|node| node.kind() != "ellipsis").map(|node| self.expr(node));
        let variable = arguments.get(None, &["envvar"]).and_then(|name| self.literal(name));
        if let Some(name) = variable {
            let read = ReadExpr {
                name: Expr::Text(name),
                aliases: Vec::new(),
                ignore_case: false,
                default: otherwise,
                blank: Blank::Kept,
                required: false,
                span,
            };
            otherwise = Some(Expr::Read(Box::new(read)));
        }
        Expr::Flag(Box::new(FlagExpr { names, otherwise, span }))
    }
}

/// The function around a node, or the whole file.
fn around(node: Node<'_>) -> Node<'_> {
    let mut at = node;
    while let Some(parent) = at.parent() {
        at = parent;
        if at.kind() == "function_definition" {
            break;
        }
    }
    at
}
