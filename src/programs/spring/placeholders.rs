//! `${NAME:default}` in values.

use super::property;
use crate::programs::Expr;
use crate::source::{Span, Spanned};

/// Placeholders within each other beyond this depth are not followed.
const MAX_DEPTH: usize = 8;
/// Nor are more in one value.
const MAX_PARTS: usize = 64;

/// The value with its placeholders read.
pub fn expression(value: &Spanned<String>) -> Expr {
    let written = Written { text: &value.value, span: value.span };
    written.of_ktor().unwrap_or_else(|| written.expression(0, value.value.len(), MAX_DEPTH))
}

struct Written<'a> {
    text: &'a str,
    span: Span,
}

/// A placeholder: where its name and its default stand.
struct Placeholder {
    name: (usize, usize),
    default: Option<(usize, usize)>,
    end: usize,
}

impl Written<'_> {
    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The place of a part; the whole where the text was escaped.
    fn place(&self, from: usize, to: usize) -> Span {
        if self.span.len() as usize == self.text.len() { self.span.slice(from, to) } else { self.span }
    }

    fn spanned(&self, from: usize, to: usize) -> Spanned<String> {
        Spanned::new(self.slice(from, to).to_string(), self.place(from, to))
    }

    /// Ktor's own way in YAML: `$NAME`, `$?NAME`, `$NAME:default`, each the whole value.
    fn of_ktor(&self) -> Option<Expr> {
        let rest = self.text.strip_prefix('$')?;
        let inside = rest.strip_prefix('?').unwrap_or(rest);
        let from = self.text.len() - inside.len();
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let end = inside.find(|c| !plain(c)).unwrap_or(inside.len());
        let default = match inside.get(end..)?.strip_prefix(':') {
            Some(default) => Expr::Text(self.spanned(self.text.len() - default.len(), self.text.len())),
            None if end == inside.len() => Expr::Null(self.span),
            None => return None,
        };
        let capital = inside.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        capital.then(|| property(&self.spanned(from, from + end), Some(default), self.span))
    }

    fn expression(&self, from: usize, to: usize, depth: usize) -> Expr {
        let mut parts = Vec::new();
        let mut plain = from;
        let mut at = from;
        while at < to {
            let rest = self.slice(at, to);
            let Some(offset) = rest.find(['$', '#', '@']) else { break };
            at += offset;
            let rest = self.slice(at, to);
            let found = match rest {
                _ if parts.len() >= MAX_PARTS || depth == 0 => return Expr::Opaque(self.span),
                _ if rest.starts_with("${") => self
                    .placeholder(at, to)
                    .map(|found| (found.end, self.read(&found, self.place(at, found.end), depth))),
                // An expression of Spring's own language, and what Maven fills in.
                _ if rest.starts_with("#{") => {
                    self.closing(at + 2, to).map(|end| (end + 1, self.evaluated(at, end + 1, depth)))
                }
                _ if rest.starts_with('@') => {
                    filtered(rest).map(|length| (at + length, Expr::Opaque(self.place(at, at + length))))
                }
                _ => None,
            };
            let Some((end, part)) = found else {
                at += 1;
                continue;
            };
            if at > plain {
                parts.push(Expr::Text(self.spanned(plain, at)));
            }
            parts.push(part);
            (at, plain) = (end, end);
        }
        if plain < to || parts.is_empty() {
            parts.push(Expr::Text(self.spanned(plain, to)));
        }
        match parts.len() {
            1 => parts.pop().unwrap_or(Expr::Opaque(self.span)),
            _ => Expr::Concat(parts),
        }
    }

    /// What an expression of Spring's own language makes is not known; the placeholders in it are put in before.
    fn evaluated(&self, at: usize, to: usize, depth: usize) -> Expr {
        let mut parts = vec![Expr::Opaque(self.place(at, to))];
        let inside = self.slice(at, to).match_indices("${").take(MAX_PARTS);
        parts.extend(inside.filter_map(|(offset, _)| {
            let found = self.placeholder(at + offset, to)?;
            Some(self.read(&found, self.place(at + offset, found.end), depth.saturating_sub(1)))
        }));
        match parts.len() {
            1 => parts.pop().unwrap_or(Expr::Opaque(self.span)),
            _ => Expr::Concat(parts),
        }
    }

    fn read(&self, found: &Placeholder, span: Span, depth: usize) -> Expr {
        let (from, to) = found.name;
        let name = self.spanned(from, to);
        let default = found.default.map(|(from, to)| {
            // Micronaut quotes defaults that hold a colon with backticks.
            let raw = self.slice(from, to);
            match raw.len() >= 2 && raw.starts_with('`') && raw.ends_with('`') {
                true => self.expression(from + 1, to - 1, depth - 1),
                false => self.expression(from, to, depth - 1),
            }
        });
        if name.value.contains(['$', '{', '}']) || name.value.trim().is_empty() {
            return Expr::Opaque(span);
        }
        let name = Spanned::new(name.value.trim().to_string(), name.span);
        property(&name, default, span)
    }

    fn placeholder(&self, at: usize, to: usize) -> Option<Placeholder> {
        let end = self.closing(at + 2, to)?;
        let inside = self.slice(at + 2, end);
        let mut nested = 0_usize;
        let mut colon = None;
        for (offset, c) in inside.char_indices() {
            match c {
                '{' => nested += 1,
                '}' => nested = nested.saturating_sub(1),
                ':' if nested == 0 => {
                    colon = Some(at + 2 + offset);
                    break;
                }
                _ => {}
            }
        }
        let name_end = colon.unwrap_or(end);
        let default = colon.map(|colon| {
            // A shell's `:-` is no part of the syntax, and a common slip that leaves a dash; it is kept.
            (colon + 1, end)
        });
        Some(Placeholder { name: (at + 2, name_end), default, end: end + 1 })
    }

    /// The brace that closes what was opened before `from`.
    fn closing(&self, from: usize, to: usize) -> Option<usize> {
        let mut nested = 0_usize;
        for (offset, c) in self.slice(from, to).char_indices() {
            match c {
                '{' => nested += 1,
                '}' if nested == 0 => return Some(from + offset),
                '}' => nested -= 1,
                _ => {}
            }
        }
        None
    }
}

/// The length of a `@name@` at the start of the text.
fn filtered(text: &str) -> Option<usize> {
    let inside = text.get(1..)?;
    let end = inside.find('@')?;
    let name = inside.get(..end)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!name.is_empty() && name.chars().all(plain)).then_some(end + 2)
}
