//! What a program takes on its command line: `argparse`.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::descend;
use crate::programs::{Expr, FlagExpr, Method};
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
