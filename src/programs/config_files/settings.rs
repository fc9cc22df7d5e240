//! The settings of a file by their keys, for programs whose code says that they load it.

use indexmap::IndexMap;

use super::entries::{Entry, entries};
use crate::programs::load::setting_name;
use crate::programs::reading::yaml;
use crate::programs::{Blank, Expr, ReadExpr, has_extension};
use crate::source::{SourceFile, Spanned};

/// Settings of one file beyond this number are left out.
const MAX_SETTINGS: usize = 4_000;
/// Sections within sections are followed only this deep.
const MAX_DEPTH: usize = 12;

/// The values of all settings, under the names that code finds them by.
pub(super) fn settings(file: &SourceFile) -> IndexMap<String, Expr> {
    let mut found = IndexMap::new();
    if has_extension(&file.path, &["yaml", "yml", "json"]) {
        if let Some(root) = yaml::document(file, &mut |node, scalar| expanded(yaml::plain(node, scalar))) {
            section(&root, &mut Vec::new(), &mut found);
        }
        return found;
    }
    let mut several: IndexMap<String, Vec<Entry>> = IndexMap::new();
    for entry in entries(file).into_iter().take(MAX_SETTINGS) {
        several.entry(setting_name(&entry.path.join("."))).or_default().push(entry);
    }
    for (name, mut entries) in several {
        let last = entries.pop().map(|entry| expanded(Expr::Text(entry.value)));
        let value = match (entries.is_empty(), last) {
            (true, Some(only)) => only,
            // The items of a list share its key.
            (_, last) => {
                let before = entries.into_iter().map(|entry| expanded(Expr::Text(entry.value)));
                Expr::List(before.chain(last).collect())
            }
        };
        found.insert(name, value);
    }
    found
}

fn section(value: &Expr, path: &mut Vec<String>, found: &mut IndexMap<String, Expr>) {
    if found.len() >= MAX_SETTINGS || path.len() > MAX_DEPTH {
        return;
    }
    match value.peel() {
        Expr::Record(_) | Expr::Merge(_) => {
            for (key, value) in yaml::entries(value) {
                path.push(key.value);
                section(&value, path, found);
                path.pop();
            }
        }
        plain => {
            found.insert(setting_name(&path.join(".")), plain.clone());
        }
    }
}

/// `${DB_HOST}`, `${DB_HOST:-db}`: variables that code puts into the text before it reads it. Nobody dials them as they
/// stand there.
fn expanded(value: Expr) -> Expr {
    let Expr::Text(text) = &value else { return value };
    if !text.value.contains("${") {
        // What templates make of a text is not known.
        return if text.value.contains("{{") { Expr::Opaque(text.span) } else { value };
    }
    let piece = |piece: &str| Expr::Text(Spanned::new(piece.to_string(), text.span));
    let mut pieces = text.value.split("${");
    let mut out: Vec<Expr> = pieces.next().filter(|first| !first.is_empty()).map(piece).into_iter().collect();
    for part in pieces.take(40) {
        let Some((inside, rest)) = part.split_once('}') else { return Expr::Opaque(text.span) };
        let (name, default) = match inside.split_once(':') {
            Some((name, default)) => (name, Some(default.strip_prefix(['-', '=']).unwrap_or(default))),
            None => (inside, None),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return Expr::Opaque(text.span);
        }
        let read = ReadExpr {
            name: piece(name),
            aliases: Vec::new(),
            ignore_case: false,
            default: default.map(piece),
            blank: Blank::Unset,
            required: false,
            span: text.span,
        };
        out.push(Expr::Read(Box::new(read)));
        out.extend(Some(rest).filter(|rest| !rest.is_empty()).map(piece));
    }
    match <[Expr; 1]>::try_from(out) {
        Ok([only]) => only,
        Err(several) => Expr::Concat(several),
    }
}
