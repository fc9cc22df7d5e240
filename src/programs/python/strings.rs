//! String literals, f-strings and the two formatting languages.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::parts;
use crate::programs::{Expr, Method};
use crate::source::{Span, Spanned};

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

/// A part of a format's text, its place narrowed when it stands there as it is.
fn part(text: &Spanned<String>, from: usize, to: usize) -> Option<Expr> {
    let value = text.value.get(from..to).filter(|value| !value.is_empty())?;
    let span = match text.span.len() as usize == text.value.len() {
        true => text.span.slice(from, to),
        false => text.span,
    };
    Some(Expr::Text(Spanned::new(value.to_string(), span)))
}

/// `format % arguments`
pub(super) fn percent(format: Expr, arguments: Expr, span: Span) -> Expr {
    let Expr::Text(text) = format.peel() else { return Expr::Opaque(span) };
    let mut positional = match arguments.peel() {
        Expr::List(items) => items.clone(),
        other => vec![other.clone()],
    }
    .into_iter();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = text.value.get(at..).and_then(|rest| rest.find('%')).map(|n| at + n) {
        out.extend(part(text, at, start));
        let rest = text.value.get(start + 1..).unwrap_or("");
        let (value, length) = if rest.starts_with('%') {
            (Some(Expr::Text(Spanned::new("%".to_string(), text.span))), 1)
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            let key = Spanned::new(name.to_string(), text.span);
            (
                after.starts_with(['s', 'd']).then(|| Expr::Member(Box::new(arguments.clone()), key)),
                name.len() + 3,
            )
        } else if rest.starts_with(['s', 'd']) {
            (positional.next(), 1)
        } else {
            (None, 0)
        };
        let Some(value) = value else { return Expr::Opaque(span) };
        out.push(value);
        at = start + 1 + length;
    }
    out.extend(part(text, at, text.value.len()));
    Expr::Concat(out)
}

/// `format.format(*positional, **named)`
pub(super) fn braces(format: &Expr, positional: &[Expr], named: &[(String, Expr)], span: Span) -> Expr {
    let Expr::Text(text) = format.peel() else { return Expr::Opaque(span) };
    let mut out = Vec::new();
    let mut at = 0;
    let mut next = 0;
    while let Some(start) = text.value.get(at..).and_then(|rest| rest.find(['{', '}'])).map(|n| at + n) {
        out.extend(part(text, at, start));
        let rest = text.value.get(start..).unwrap_or("");
        if rest.starts_with("{{") || rest.starts_with("}}") {
            out.extend(part(text, start, start + 1));
            at = start + 2;
            continue;
        }
        let Some((field, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            return Expr::Opaque(span);
        };
        let Some(value) = replacement(field, positional, named, &mut next, text.span) else {
            return Expr::Opaque(span);
        };
        out.push(value);
        at = start + field.len() + 2;
    }
    out.extend(part(text, at, text.value.len()));
    Expr::Concat(out)
}

/// What `{field}` stands for: `{}`, `{0}`, `{name}`, `{name.attribute}`, `{name[key]}`.
fn replacement(
    field: &str,
    positional: &[Expr],
    named: &[(String, Expr)],
    next: &mut usize,
    span: Span,
) -> Option<Expr> {
    if field.contains([':', '!', '{']) {
        return None;
    }
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let (name, rest) = field.split_at(end);
    let mut value = if name.is_empty() {
        *next += 1;
        positional.get(*next - 1)?.clone()
    } else if let Ok(index) = name.parse::<usize>() {
        positional.get(index)?.clone()
    } else {
        named.iter().find(|(key, _)| key == name)?.1.clone()
    };
    for step in rest.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty())
    {
        value = match step.parse::<i64>() {
            Ok(index) => Expr::Method(Box::new(value), Box::new(Method::Index(index))),
            Err(_) => Expr::Member(Box::new(value), Spanned::new(step.to_string(), span)),
        };
    }
    Some(value)
}
