//! `package.json`, `tsconfig.json` and `jsconfig.json`: what their keys stand for, to find modules by.

use std::path::Path;

use serde_json::Value;

use crate::programs::{Expr, Module, Sink, SinkKind};
use crate::source::{SourceFile, Span, Spanned};

/// Manifests above this size are data.
const MAX_SIZE: usize = 1 << 20;
const MAX_DEPTH: usize = 12;

/// Whether the file says where modules are.
pub(in crate::programs) fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    name == "package.json"
        || ["tsconfig", "jsconfig"].iter().any(|start| name.starts_with(start)) && name.ends_with(".json")
}

/// The keys of a manifest as names of a module.
pub(super) fn read(file: &SourceFile) -> Module {
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    if file.text.len() > MAX_SIZE {
        return module;
    }
    let Ok(Value::Object(fields)) = serde_json::from_str(&plain(&file.text)) else { return module };
    for (name, value) in &fields {
        module.names.insert(name.clone(), expr(value, 0));
    }
    // The development server of create-react-app passes on what it does not know itself.
    if let Some(Value::String(target)) = fields.get("proxy")
        && let Some((key, value)) = places(&file.text, target)
    {
        let (key, value) = (file.slice(key.0, key.1), file.slice(value.0, value.1));
        module.sinks.push(Sink {
            kind: SinkKind::Upstream,
            target: Expr::Text(Spanned::new(target.clone(), value)),
            arguments: Vec::new(),
            callee: Spanned::new("proxy".to_string(), key),
            span: key,
        });
    }
    module
}

/// Where the key `proxy` and its value stand.
fn places(text: &str, target: &str) -> Option<((usize, usize), (usize, usize))> {
    let key = text.find("\"proxy\"")? + 1;
    let value = key + text.get(key..)?.find(target)?;
    Some(((key, key + "proxy".len()), (value, value + target.len())))
}

fn expr(value: &Value, depth: usize) -> Expr {
    let text = |text: &str| Spanned::new(text.to_string(), Span::NONE);
    match value {
        _ if depth > MAX_DEPTH => Expr::Opaque(Span::NONE),
        Value::Null => Expr::Null(Span::NONE),
        Value::Bool(flag) => Expr::Bool(*flag, Span::NONE),
        Value::Number(number) => Expr::Number(text(&number.to_string())),
        Value::String(string) => Expr::Text(text(string)),
        Value::Array(items) => Expr::List(items.iter().take(500).map(|item| expr(item, depth + 1)).collect()),
        Value::Object(fields) => Expr::Record(
            fields.iter().take(2_000).map(|(name, value)| (text(name), expr(value, depth + 1))).collect(),
        ),
    }
}

/// JSON without the comments and trailing commas that TypeScript's settings may have.
pub(in crate::programs) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            let (string, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at + 1));
            out.push_str(string);
            rest = after;
        } else if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |at| &rest[at..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |at| &rest[at + 2..]);
        } else {
            if matches!(c, '}' | ']') {
                let kept = out.trim_end().len();
                if out.get(..kept).is_some_and(|kept| kept.ends_with(',')) {
                    out.truncate(kept - 1);
                }
            }
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments_and_commas_are_left_out() {
        let text = "\u{feff}{ // a\n \"a\": \"x // \\\" y\", /* b */ \"b\": [1, 2, ],\n}";
        let value: serde_json::Value = serde_json::from_str(&plain(text)).unwrap();
        assert_eq!(value["a"], "x // \" y");
        assert_eq!(value["b"][1], 2);
        for odd in ["\"", "/*", "//", "{\"a", "}", ","] {
            let _ = plain(odd);
        }
    }
}
