//! The settings of a file by their keys, for programs whose code says that they load it.

use indexmap::IndexMap;

use super::entries::{Entry, entries, is_yaml};
use crate::programs::load::setting_name;
use crate::programs::reading::yaml;
use crate::programs::{Blank, Expr, Module, ReadExpr};
use crate::source::{SourceFile, Span, Spanned};

/// Settings of one file beyond this number are left out.
const MAX_SETTINGS: usize = 4_000;
/// Sections within sections are followed only this deep.
const MAX_DEPTH: usize = 12;

/// The values of all settings, under the names that code finds them by.
pub(super) fn settings(file: &SourceFile) -> IndexMap<String, Expr> {
    let mut found = IndexMap::new();
    if is_yaml(file) {
        if let Some(root) = yaml::document(file, &mut |node, scalar| expanded(yaml::plain(node, scalar))) {
            section(&root, &mut Vec::new(), &mut found);
            found.insert(Module::ITSELF.to_string(), root);
        }
        return found;
    }
    let mut several: IndexMap<String, Vec<Entry>> = IndexMap::new();
    let entries: Vec<Entry> = entries(file).into_iter().take(MAX_SETTINGS).collect();
    let whole = nested(&entries, 0);
    for entry in entries {
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
    found.insert(Module::ITSELF.to_string(), whole);
    found
}

/// The settings as records in records, from the sections `at` deep on; the items of a list share its key.
fn nested(entries: &[Entry], at: usize) -> Expr {
    let mut fields: Vec<(Spanned<String>, Expr)> = Vec::new();
    let mut sections: IndexMap<&str, Vec<Entry>> = IndexMap::new();
    for entry in entries {
        let Some(name) = entry.path.get(at) else { continue };
        if entry.path.len() > at + 1 {
            sections.entry(name).or_default().push(entry.clone());
            continue;
        }
        let value = expanded(Expr::Text(entry.value.clone()));
        match fields.iter_mut().find(|(known, _)| known.value == *name) {
            Some((_, Expr::List(items))) => items.push(value),
            Some((_, known)) => *known = Expr::List(vec![known.clone(), value]),
            None => fields.push((Spanned::new(name.clone(), entry.value.span), value)),
        }
    }
    for (name, inside) in sections {
        let place = inside.first().map_or(Span::NONE, |entry| entry.value.span);
        let value = if at < MAX_DEPTH { nested(&inside, at + 1) } else { Expr::Opaque(place) };
        fields.push((Spanned::new(name.to_string(), place), value));
    }
    Expr::Record(fields)
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
pub(super) fn expanded(value: Expr) -> Expr {
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
        // OmegaConf writes `${oc.env:NAME,default}`.
        let of_omega = inside.strip_prefix("oc.env:").or_else(|| inside.strip_prefix("env:"));
        let cut = match of_omega {
            Some(inside) => inside.split_once(',').map(|(name, rest)| (name.trim(), rest.trim())),
            None => inside.split_once(':'),
        };
        let (name, default) = match cut {
            Some((name, default)) => (name, Some(default.strip_prefix(['-', '=']).unwrap_or(default))),
            None => (of_omega.unwrap_or(inside), None),
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
