//! String literals, and what stands in them.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Expr;
use crate::programs::reading::made::part;
use crate::programs::reading::parts;
use crate::source::Spanned;

impl<'t> Reader<'t> {
    /// `'text'`
    pub fn string(&mut self, node: Node<'t>) -> Expr {
        let written = self.text(node);
        let quotes = usize::from(written.starts_with(['\'', '"']));
        let (from, to) = (node.start_byte() + quotes, node.end_byte().saturating_sub(quotes));
        let inner = self.file.text.get(from..to).unwrap_or("");
        let text = match inner.contains('\\') {
            true => inner.replace("\\'", "'").replace("\\\\", "\\"),
            false => inner.to_string(),
        };
        Expr::Text(Spanned::new(text, self.file.slice(from, to.max(from))))
    }

    /// `"text $variable {$object->property}"`, also as a heredoc.
    pub fn encapsed(&mut self, node: Node<'t>) -> Expr {
        let mut out = Vec::new();
        for part in parts(node) {
            match part.kind() {
                "string_content" | "nowdoc_string" => out.push(Expr::Text(self.spanned(part))),
                "escape_sequence" => {
                    out.push(Expr::Text(Spanned::new(unescape(self.text(part)), self.span(part))))
                }
                "subscript_expression" => out.push(self.subscript(part, true)),
                _ => out.push(self.expr(part)),
            }
        }
        match (out.len(), out.pop()) {
            (1, Some(only @ Expr::Text(_))) => only,
            (_, Some(last)) => {
                out.push(last);
                Expr::Concat(out)
            }
            (_, None) => {
                let inside = node.start_byte() + 1;
                Expr::Text(Spanned::new(String::new(), self.file.slice(inside, inside)))
            }
        }
    }

    /// `<<<EOT … EOT`
    pub fn heredoc(&mut self, node: Node<'t>) -> Expr {
        match node.child_by_field_name("value") {
            Some(body) => self.encapsed(body),
            None => Expr::Opaque(self.span(node)),
        }
    }

    /// The text of a literal without parts.
    pub fn literal(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        match self.expr(node).peel() {
            Expr::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// The character that an escape of a quoted string stands for.
fn unescape(written: &str) -> String {
    match written.strip_prefix('\\').unwrap_or(written) {
        "n" => "\n".to_string(),
        "t" => "\t".to_string(),
        "r" => "\r".to_string(),
        "e" => "\u{1b}".to_string(),
        kept @ ("\\" | "$" | "\"") => kept.to_string(),
        _ => written.to_string(),
    }
}

/// `sprintf(format, …)`: `%s`, `%d` and `%1$s`.
pub(super) fn sprintf(format: &Expr, arguments: &[Expr]) -> Option<Expr> {
    let Expr::Text(text) = format.peel() else { return None };
    let part = |from: usize, to: usize| part(text, from, to);
    let mut out = Vec::new();
    let (mut at, mut next) = (0, 0);
    while let Some(start) = text.value.get(at..).and_then(|rest| rest.find('%')).map(|n| at + n) {
        out.extend(part(at, start));
        let rest = text.value.get(start + 1..)?;
        if rest.starts_with('%') {
            out.extend(part(start, start + 1));
            at = start + 2;
            continue;
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (index, length) = match rest.get(digits..)?.starts_with('$') && digits > 0 {
            true => (rest.get(..digits)?.parse::<usize>().ok()?.checked_sub(1)?, digits + 1),
            false => {
                next += 1;
                (next - 1, 0)
            }
        };
        if !rest.get(length..)?.starts_with(['s', 'd', 'u']) {
            return None;
        }
        out.push(arguments.get(index)?.clone());
        at = start + 1 + length + 1;
    }
    out.extend(part(at, text.value.len()));
    Some(Expr::Concat(out))
}
