//! String literals, f-strings and the two formatting languages.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Expr;
use crate::programs::reading::parts;
use crate::source::Spanned;

impl<'t> Reader<'t> {
    /// A string literal: a text, or a concatenation for an f-string with parts.
    pub fn string(&mut self, node: Node<'t>) -> Expr {
        let children = parts(node);
        let prefix = children.first().map(|start| self.text(*start).to_ascii_lowercase()).unwrap_or_default();
        let raw = prefix.contains('r');
        let formatted = prefix.contains('f') || prefix.contains('t');
        let mut out = Vec::new();
        for child in children {
            match child.kind() {
                "string_content" => {
                    let written = self.text(child);
                    let text = unescape(written, raw, formatted);
                    out.push(Expr::Text(Spanned::new(text, self.span(child))));
                }
                "interpolation" => out.push(self.interpolation(child)),
                "string_start" | "string_end" => {}
                _ => return Expr::Opaque(self.span(node)),
            }
        }
        if out.is_empty() {
            // The place between the quotes of a blank string.
            let start = parts(node).first().map_or(node.start_byte(), Node::end_byte);
            return Expr::Text(Spanned::new(String::new(), self.file.slice(start, start)));
        }
        match (out.len(), out.pop()) {
            (1, Some(only @ Expr::Text(_))) => only,
            (_, Some(last)) => {
                out.push(last);
                Expr::Concat(out)
            }
            (_, None) => Expr::Opaque(self.span(node)),
        }
    }

    fn interpolation(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(inner) = node.child_by_field_name("expression") else { return Expr::Opaque(span) };
        let changed = node.child_by_field_name("format_specifier").is_some()
            || node.child_by_field_name("type_conversion").is_some_and(|kind| self.text(kind) != "!s");
        match changed {
            true => Expr::Opaque(span),
            false => self.expr(inner),
        }
    }

    /// The text of a string literal without parts.
    pub fn literal(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        match self.expr(node).peel() {
            Expr::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// The characters that a literal's text stands for.
fn unescape(written: &str, raw: bool, formatted: bool) -> String {
    let braces = |text: &str| match formatted {
        true => text.replace("{{", "{").replace("}}", "}"),
        false => text.to_string(),
    };
    if raw || !written.contains('\\') {
        return braces(written);
    }
    let mut out = String::with_capacity(written.len());
    let mut chars = written.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('\n') => {}
            Some(quote @ ('\\' | '\'' | '"')) => out.push(quote),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    braces(&out)
}
