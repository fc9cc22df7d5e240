//! HOCON, in which Ktor, Akka and Play keep their settings: `application.conf`.
//!
//! Only what such files are made of is read: nested keys, texts, numbers, lists of them and substitutions
//! (`${NAME}`, `${?NAME}`), which look in the file and then in the environment ("HOCON (Human-Optimized Config Object
//! Notation)", "Substitutions"). A variable replaces a setting only where the file says so.

use std::path::Path;

use super::describe::Property;
use super::keys::canonical;
use crate::programs::reading::made;
use crate::programs::{Expr, Module, Read};
use crate::source::{SourceFile, Span, Spanned};

/// More settings are not kept, nor are deeper ones.
const MAX_SETTINGS: usize = 2_000;
const MAX_DEPTH: usize = 24;

/// Whether the file is one.
pub(super) fn is_hocon(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "application.conf")
}

/// The settings of a file, each under its whole key. A later value lies over an earlier one; one that needs a variable
/// which may be missing leaves the earlier one in that case.
pub(super) fn read(file: &SourceFile) -> Module {
    let mut reader = Reader { file, text: &file.text, at: 0, found: Vec::new() };
    reader.fields("", 0);
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    for (_, value) in &reader.found {
        note(value, &mut module);
    }
    module.names.insert("document 0".to_string(), Expr::Record(reader.found));
    module
}

/// A setting that [`read`] made, as one of the joined settings.
pub(super) fn property((key, value): &(Spanned<String>, Expr)) -> Option<Property> {
    // The settings of other files are texts.
    let Expr::List(pair) = value else { return None };
    let [Expr::Text(written), value] = pair.as_slice() else { return None };
    Some(Property { key: key.clone(), written: written.clone(), value: value.clone().share() })
}

/// Notes the variables that a value is made of.
pub(super) fn note(value: &Expr, module: &mut Module) {
    let mut below = vec![value];
    for _ in 0..MAX_SETTINGS {
        let Some(expr) = below.pop() else { return };
        if let Expr::Read(read) = expr
            && let Expr::Text(name) = read.name.peel()
        {
            let (name, expression, span) = (name.clone(), expr.clone(), read.span);
            module.reads.push(Read { name, expression, required: read.required, held: None, span });
        }
        below.extend(crate::programs::walk::children(expr));
    }
}

struct Reader<'f> {
    file: &'f SourceFile,
    text: &'f str,
    at: usize,
    found: Vec<(Spanned<String>, Expr)>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn step(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    /// Passes over blanks, commas and comments, and over the ends of lines if `lines` says so.
    fn skip(&mut self, lines: bool) {
        while let Some(c) = self.peek() {
            if c == '#' || self.rest().starts_with("//") {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if c == '\n' && !lines || !(c.is_whitespace() || lines && c == ',' || c == '\u{feff}') {
                return;
            } else {
                self.step();
            }
        }
    }

    /// The fields up to the closing brace, or to the end.
    fn fields(&mut self, prefix: &str, depth: usize) {
        while depth <= MAX_DEPTH && self.found.len() < MAX_SETTINGS {
            self.skip(true);
            match self.peek() {
                None => return,
                Some('}') => return self.step(),
                Some('{') => {
                    self.step();
                    self.fields(prefix, depth + 1);
                    continue;
                }
                Some(_) => {}
            }
            let Some(key) = self.key() else { return };
            let whole = if prefix.is_empty() { key.value } else { format!("{prefix}.{}", key.value) };
            self.skip(false);
            if self.rest().starts_with("+=") {
                self.step();
            }
            if matches!(self.peek(), Some('=' | ':')) {
                self.step();
            }
            self.skip(true);
            if self.peek() == Some('{') {
                self.step();
                self.fields(&whole, depth + 1);
                continue;
            }
            self.field(Spanned::new(whole, key.span), depth);
        }
    }

    /// The path before `=`, `:` or `{`; nothing at what is no field.
    fn key(&mut self) -> Option<Spanned<String>> {
        let from = self.at;
        let length = self.rest().find(['=', ':', '{', '\n', '}', '[']).unwrap_or(self.rest().len());
        let written = self.rest().get(..length)?.trim_end_matches('+').trim_end();
        let (name, span) = (written.replace('"', ""), self.file.slice(from, from + written.len()));
        self.at += length;
        if name.is_empty() || name.starts_with("include ") || name.contains(char::is_whitespace) {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            self.step();
            return Some(Spanned::new(String::new(), span));
        }
        Some(Spanned::new(name, span))
    }

    fn field(&mut self, key: Spanned<String>, depth: usize) {
        let before =
            self.found.iter().rposition(|(known, _)| canonical(&known.value) == canonical(&key.value));
        let earlier = before.and_then(|at| self.found.get(at)).and_then(|(_, value)| match value {
            Expr::List(pair) => pair.last().cloned(),
            _ => None,
        });
        let from = self.at;
        let value = match self.peek() {
            Some('[') => self.list(depth),
            _ => self.value(earlier),
        };
        let Some(value) = value.filter(|_| !key.value.is_empty() && !key.value.ends_with('.')) else {
            return;
        };
        let plain = match &value {
            Expr::Text(text) => Some(text.clone()),
            Expr::Read(read) => match &read.default {
                Some(Expr::Text(text)) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        };
        let written = plain.unwrap_or_else(|| Spanned::new(String::new(), self.file.slice(from, self.at)));
        if let Some(at) = before {
            self.found.remove(at);
        }
        self.found.push((key, Expr::List(vec![Expr::Text(written), value])));
    }

    fn list(&mut self, depth: usize) -> Option<Expr> {
        self.step();
        let mut items = Vec::new();
        while depth <= MAX_DEPTH && items.len() < MAX_SETTINGS {
            self.skip(true);
            match self.peek()? {
                ']' => {
                    self.step();
                    break;
                }
                '{' => {
                    self.step();
                    self.fields(".", depth + 1);
                }
                _ => {
                    let before = self.at;
                    items.extend(self.value(None));
                    if self.at == before {
                        self.step();
                    }
                }
            }
        }
        Some(Expr::List(items))
    }

    /// Texts and substitutions up to the end of the line, or of the list or object around.
    fn value(&mut self, earlier: Option<Expr>) -> Option<Expr> {
        let mut parts: Vec<Expr> = Vec::new();
        let start = self.at;
        while let Some(c) = self.peek() {
            if matches!(c, '\n' | ',' | '}' | ']' | '#' | '{' | '[')
                || self.rest().trim_start_matches([' ', '\t']).starts_with("//")
            {
                break;
            }
            if self.rest().starts_with("${") {
                let length = self.rest().find('}')? + 1;
                let span = self.file.slice(self.at, self.at + length);
                let inside = self.rest().get(2..length - 1)?.to_string();
                let alone = parts.is_empty() && self.line_ends(self.at + length);
                self.at += length;
                parts.push(substitution(&inside, span, earlier.clone().filter(|_| alone)));
            } else if c == '"' {
                parts.push(self.quoted()?);
            } else {
                let length =
                    self.rest().find(['\n', ',', '}', ']', '"', '$', '#']).unwrap_or(self.rest().len());
                let length = length.max(c.len_utf8());
                let raw = self.rest().get(..length)?;
                let text = raw.trim();
                if !text.is_empty() {
                    let from = self.at + (raw.len() - raw.trim_start().len());
                    let span = self.file.slice(from, from + text.len());
                    parts.push(Expr::Text(Spanned::new(text.to_string(), span)));
                }
                self.at += length;
            }
            if parts.len() > 64 {
                return Some(Expr::Opaque(self.file.slice(start, self.at)));
            }
        }
        match parts.len() {
            0 => None,
            1 => parts.pop(),
            _ => Some(Expr::Concat(parts)),
        }
    }

    /// Whether nothing but blanks follows on the line.
    fn line_ends(&self, at: usize) -> bool {
        let rest = self.text.get(at..).unwrap_or("").trim_start_matches([' ', '\t', '\r']);
        rest.is_empty() || rest.starts_with(['\n', ',', '}', '#']) || rest.starts_with("//")
    }

    fn quoted(&mut self) -> Option<Expr> {
        let triple = self.rest().starts_with("\"\"\"");
        let quote = if triple { 3 } else { 1 };
        let inner = self.rest().get(quote..)?;
        let length = match triple {
            true => inner.find("\"\"\"")?,
            false => {
                let mut escaped = false;
                inner.find(|c: char| {
                    let end = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    end
                })?
            }
        };
        let raw = inner.get(..length)?;
        let text = if triple { raw.to_string() } else { raw.replace("\\\"", "\"").replace("\\\\", "\\") };
        let span = self.file.slice(self.at + quote, self.at + quote + length);
        self.at += length + 2 * quote;
        Some(Expr::Text(Spanned::new(text, span)))
    }
}

/// `${NAME}`, and `${?NAME}`, in whose place stands what was there before where the variable is not set.
fn substitution(inside: &str, span: Span, earlier: Option<Expr>) -> Expr {
    let (name, optional) = match inside.strip_prefix('?') {
        Some(name) => (name.trim(), true),
        None => (inside.trim(), false),
    };
    let name = Spanned::new(name.to_string(), span);
    if name.value.contains('.') {
        let missing = optional.then(|| earlier.unwrap_or(Expr::Null(span)));
        return super::property(&name, missing, span);
    }
    let default = if optional { earlier } else { None };
    made::read(Expr::Text(name), default, !optional, span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, SourceMap};

    fn shown(text: &str) -> Vec<(String, Expr)> {
        let sources = SourceMap::new(Memory::new([("application.conf", text)]));
        let file = sources.load(Path::new("application.conf")).unwrap();
        let module = read(&file);
        let Some(Expr::Record(fields)) = module.names.get("document 0") else { return Vec::new() };
        fields.iter().filter_map(property).map(|it| (it.key.value, it.value.peel().clone())).collect()
    }

    #[test]
    fn nested_keys_and_later_values() {
        let found = shown(
            "ktor {\n  deployment {\n    port = 8080\n    port = ${?PORT}\n  }\n}\n# comment\ndb.url = \"jdbc:h2:mem\" // other\n\
             list: [\"a\", \"b\"]\n",
        );
        let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["ktor.deployment.port", "db.url", "list"]);
        let Some((_, Expr::Read(port))) = found.first() else { panic!("no read") };
        assert!(matches!(&port.default, Some(Expr::Text(text)) if text.value == "8080"));
        assert!(!port.required);
        assert!(matches!(&found[1].1, Expr::Text(text) if text.value == "jdbc:h2:mem"));
        assert!(matches!(&found[2].1, Expr::List(items) if items.len() == 2));
    }

    #[test]
    fn substitutions_stand_beside_texts() {
        let found = shown("a = \"jdbc:postgresql://\"${HOST}\":5432/\"${?NAME}\nb = ${a.c}\n");
        assert!(matches!(&found[0].1, Expr::Concat(parts) if parts.len() == 4));
        assert!(matches!(&found[1].1, Expr::Item(..)));
    }

    #[test]
    fn what_is_no_hocon_ends() {
        for text in
            ["{{{{", "a = [", "a = ${", "\"\"\"", "a = \"x", "= = =", "include \"x\"\n}\n]", "a=[{b=1},{c=2"]
        {
            shown(text);
        }
    }
}
