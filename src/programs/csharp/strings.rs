//! String literals and interpolated strings.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Expr;
use crate::programs::reading::parts;
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// A string literal of any form; `None` for other nodes.
    pub fn literal(&self, node: Node<'t>) -> Option<Spanned<String>> {
        let whole = self.text(node);
        let inner = |before: usize, after: usize| {
            let text = whole.get(before..whole.len().checked_sub(after)?)?;
            Some((text, self.file.slice(node.start_byte() + before, node.end_byte() - after)))
        };
        let (text, span) = match node.kind() {
            "string_literal" => {
                let (text, span) = inner(1, usize::from(whole.len() > 1 && whole.ends_with('"')))?;
                (unescaped(text), span)
            }
            "verbatim_string_literal" => {
                let (text, span) = inner(2, 1)?;
                (text.replace("\"\"", "\""), span)
            }
            "raw_string_literal" => {
                let quotes = whole.len() - whole.trim_start_matches('"').len();
                let (text, span) = inner(quotes, quotes)?;
                match text.trim() {
                    line if !line.contains('\n') => {
                        let from = text.len() - text.trim_start().len();
                        return Some(Spanned::new(line.to_string(), span.slice(from, from + line.len())));
                    }
                    _ => (dedented(text), span),
                }
            }
            _ => return None,
        };
        Some(Spanned::new(text, span))
    }

    /// `$"…{value}…"`
    pub fn interpolated(&mut self, node: Node<'t>) -> Expr {
        let mut out: Vec<Expr> = Vec::new();
        for part in parts(node) {
            let span = self.span(part);
            match part.kind() {
                "string_content" | "escape_sequence" | "raw_string_content" => {
                    let text = unescaped(self.text(part)).replace("{{", "{").replace("}}", "}");
                    out.push(Expr::Text(Spanned::new(text, span)));
                }
                "interpolation" => {
                    let value = parts(part).into_iter().find(|inner| {
                        !matches!(
                            inner.kind(),
                            "interpolation_brace"
                                | "interpolation_alignment_clause"
                                | "interpolation_format_clause"
                        )
                    });
                    out.push(value.map_or(Expr::Opaque(span), |value| self.expr(value)));
                }
                _ => {}
            }
        }
        match out.len() {
            0 => Expr::Text(Spanned::new(String::new(), self.span(node))),
            _ => Expr::Concat(out),
        }
    }

    /// `string.Format("{0}:{1}", a, b)`
    pub fn format(&self, format: &Expr, values: &[Expr], span: Span) -> Expr {
        let Expr::Text(format) = format.peel() else { return Expr::Opaque(span) };
        let mut out = Vec::new();
        let mut rest = format.value.as_str();
        let mut at = 0;
        let piece = |text: &str, at: usize| {
            Expr::Text(Spanned::new(
                text.replace("{{", "{").replace("}}", "}"),
                format.span.slice(at, at + text.len()),
            ))
        };
        while let Some(open) = rest.find('{') {
            let Some(close) = rest.get(open..).and_then(|tail| tail.find('}')) else { break };
            let name = rest.get(open + 1..open + close).unwrap_or("");
            let name = name.split([',', ':']).next().unwrap_or(name).trim();
            out.push(piece(rest.get(..open).unwrap_or(""), at));
            let value = name.parse::<usize>().ok().and_then(|index| values.get(index));
            out.push(value.cloned().unwrap_or(Expr::Opaque(span)));
            at += open + close + 1;
            rest = rest.get(open + close + 1..).unwrap_or("");
        }
        out.push(piece(rest, at));
        Expr::Concat(out)
    }
}

/// The text of a raw string without the indentation of its last line.
fn dedented(text: &str) -> String {
    let last = text.rsplit('\n').next().unwrap_or("");
    let lines: Vec<&str> = text.trim_matches(['\r', '\n']).lines().collect();
    let kept = lines.len().saturating_sub(usize::from(last.trim().is_empty()));
    let lines = lines.iter().take(kept).map(|line| line.strip_prefix(last).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('0') => out.push('\0'),
            Some('u') => {
                let digits: String = letters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                out.push(code.unwrap_or('\u{fffd}'));
            }
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}
