//! String literals.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Expr;
use crate::source::Spanned;

impl<'t> Reader<'t> {
    /// A string literal; the span is the text between the quotes.
    pub fn string(&mut self, node: Node<'t>) -> Expr {
        let written = self.text(node);
        let inside = written.get(1..written.len().saturating_sub(1)).unwrap_or("");
        let start = (node.start_byte() + 1).min(node.end_byte());
        let span = self.file.slice(start, start + inside.len());
        let text = match written.starts_with('`') {
            true => inside.replace('\r', ""),
            false => unescape(inside),
        };
        Expr::Text(Spanned::new(text, span))
    }
}

/// The characters that the text of an interpreted literal stands for.
fn unescape(written: &str) -> String {
    if !written.contains('\\') {
        return written.to_string();
    }
    let mut out = String::with_capacity(written.len());
    let mut chars = written.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let digits = match chars.next() {
            Some('n') => {
                out.push('\n');
                continue;
            }
            Some('t') => {
                out.push('\t');
                continue;
            }
            Some('r') => {
                out.push('\r');
                continue;
            }
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(other) => {
                out.push(other);
                continue;
            }
            None => continue,
        };
        let code: String = chars.by_ref().take(digits).collect();
        out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
    }
    out
}
