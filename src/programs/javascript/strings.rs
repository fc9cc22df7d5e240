//! String literals, templates and regular expressions.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::Expr;
use crate::programs::reading::parts;
use crate::source::Spanned;

impl<'t> Reader<'t> {
    /// `"text"`
    pub fn string(&mut self, node: Node<'t>) -> Expr {
        let (start, end) =
            (node.start_byte() + 1, node.end_byte().saturating_sub(1).max(node.start_byte() + 1));
        let written = self.file.text.get(start..end).unwrap_or("");
        Expr::Text(Spanned::new(unescape(written), self.file.slice(start, end)))
    }

    /// `` `text ${value}` ``
    pub fn template(&mut self, node: Node<'t>) -> Expr {
        let mut out = Vec::new();
        let (mut at, end) = (node.start_byte() + 1, node.end_byte().saturating_sub(1));
        let literal = |reader: &Self, from: usize, to: usize| {
            let written = reader.file.text.get(from..to).filter(|text| !text.is_empty())?;
            Some(Expr::Text(Spanned::new(unescape(written), reader.file.slice(from, to))))
        };
        for part in parts(node).into_iter().filter(|part| part.kind() == "template_substitution") {
            out.extend(literal(self, at, part.start_byte()));
            let inner = parts(part).first().copied();
            let value = match inner {
                Some(inner) => self.expr(inner),
                None => Expr::Opaque(self.span(part)),
            };
            if matches!(value.peel(), Expr::Opaque(_) | Expr::Library(_)) && !out.is_empty() {
                out.extend(inner.and_then(|inner| self.slash_before(inner)));
            }
            out.push(value);
            at = part.end_byte();
        }
        out.extend(literal(self, at, end));
        match out.len() {
            0 => Expr::Text(Spanned::new(String::new(), self.file.slice(at.min(end), at.min(end)))),
            1 if matches!(out.first(), Some(Expr::Text(_))) => out.remove(0),
            _ => Expr::Concat(out),
        }
    }

    /// The slash that what is known only by its name begins with: the path of a request.
    pub fn slash_before(&self, node: Node<'t>) -> Option<Expr> {
        const PATHS: [&str; 6] = ["path", "pathname", "endpoint", "originalUrl", "route", "targetPath"];
        let text = self.text(node);
        let last = text.rsplit('.').next().unwrap_or(text);
        let is_path =
            PATHS.contains(&last) || ["req.url", "request.url"].iter().any(|end| text.ends_with(end));
        is_path.then(|| Expr::Text(Spanned::new("/".to_string(), crate::source::Span::NONE)))
    }

    /// The text of a string without parts.
    pub fn literal(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        if !matches!(node.kind(), "string" | "template_string" | "identifier" | "member_expression") {
            return None;
        }
        match self.expr(node).peel() {
            Expr::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// A module that is named by its path from the directory of the file: `path.join(__dirname, "x")`.
    pub fn beside(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        let text = self.text(node);
        if !text.contains("__dirname") && !text.contains("import.meta.dirname") {
            return None;
        }
        let (texts, span) = (self.texts_of(node), self.span(node));
        (!texts.is_empty()).then(|| Spanned::new(super::imports::beside_file(&texts.join("/")), span))
    }

    /// The texts of a sum or of the arguments of a call.
    fn texts_of(&mut self, node: Node<'t>) -> Vec<String> {
        let inside = match node.kind() {
            "call_expression" => {
                node.child_by_field_name("arguments").map(crate::programs::reading::parts).unwrap_or_default()
            }
            _ => crate::programs::reading::parts(node),
        };
        let texts = inside.into_iter().filter_map(|part| self.literal(part));
        texts.map(|text| text.value.trim_matches('/').to_string()).filter(|text| !text.is_empty()).collect()
    }
}

/// The characters that an escaped text stands for.
fn unescape(written: &str) -> String {
    if !written.contains('\\') {
        return written.to_string();
    }
    let mut out = String::with_capacity(written.len());
    let mut rest = written.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('0') => out.push('\0'),
            Some('x') => out.extend(code(&rest.by_ref().take(2).collect::<String>())),
            Some('u') => {
                let digits: String = match rest.clone().next() {
                    Some('{') => {
                        rest.next();
                        rest.by_ref().take_while(|c| *c != '}').take(8).collect()
                    }
                    _ => rest.by_ref().take(4).collect(),
                };
                out.extend(code(&digits));
            }
            Some('\n') | None => {}
            Some(other) => out.push(other),
        }
    }
    out
}

fn code(digits: &str) -> Option<char> {
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes() {
        assert_eq!(unescape(r"a\nb\x41\u0042\u{43}\'\\"), "a\nbABC'\\");
        assert_eq!(unescape(r"\u{zz"), "");
    }
}
