//! Configuration files as flat lists of settings.

use std::path::Path;

use super::properties::{self, MAX_SETTINGS};
use crate::source::{SourceFile, Spanned};
use crate::yaml::{self, Node, NodeKind, Style};

/// YAML that nests deeper is no configuration.
const MAX_DEPTH: usize = 24;

/// One key and its value as written, escapes undone.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// The whole key, with dots: `spring.datasource.url`, `hosts[0]`.
    pub key: Spanned<String>,
    /// The value.
    pub value: Spanned<String>,
}

/// The documents of a file, each a list of its settings in order.
pub(super) fn documents(file: &SourceFile) -> Vec<Vec<Setting>> {
    if is_properties(&file.path) {
        return properties::documents(file);
    }
    // The values that Maven fills in (`key: @name@`) are no YAML; a plain word of the same length is.
    let filtered = file.masked(&file.text.replace(": @", ": _"));
    let stream = yaml::parse(filtered.as_ref().unwrap_or(file));
    let mut left = MAX_SETTINGS;
    let flat = |document: &Node| {
        let mut out = Vec::new();
        flatten(file, document, None, 0, &mut left, &mut out);
        out
    };
    stream.documents.iter().map(flat).collect()
}

fn is_properties(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("properties"))
}

fn flatten(
    file: &SourceFile,
    node: &Node,
    key: Option<&Spanned<String>>,
    depth: usize,
    left: &mut usize,
    out: &mut Vec<Setting>,
) {
    if depth > MAX_DEPTH || *left == 0 {
        return;
    }
    *left -= 1;
    match &node.resolved().kind {
        NodeKind::Mapping(mapping) => {
            for entry in mapping.entries.iter() {
                let Some(name) = entry.key.as_scalar() else { continue };
                if name.text == "<<" {
                    flatten(file, &entry.value, key, depth + 1, left, out);
                    continue;
                }
                let whole = match key {
                    Some(above) if name.text.starts_with('[') => format!("{}{}", above.value, name.text),
                    Some(above) => format!("{}.{}", above.value, name.text),
                    None => name.text.clone(),
                };
                let key = Spanned::new(whole, entry.key.span);
                flatten(file, &entry.value, Some(&key), depth + 1, left, out);
            }
        }
        NodeKind::Sequence(sequence) => {
            let Some(above) = key else { return };
            for (at, item) in sequence.items.iter().enumerate() {
                let key = Spanned::new(format!("{}[{at}]", above.value), above.span);
                flatten(file, item, Some(&key), depth + 1, left, out);
            }
        }
        NodeKind::Scalar(scalar) => {
            let Some(key) = key else { return };
            let quoted = matches!(scalar.style, Style::SingleQuoted | Style::DoubleQuoted);
            let span = node.resolved().span;
            let inner = span.len().checked_sub(2).map(|_| span.slice(1, span.len() as usize - 1));
            let span = inner.filter(|_| quoted).unwrap_or(span);
            let text = match scalar.style {
                Style::Plain if scalar.text.starts_with('_') => file.snippet(span).to_string(),
                Style::Plain if matches!(scalar.text.as_str(), "~" | "null" | "Null" | "NULL") => {
                    String::new()
                }
                _ => scalar.text.trim_end_matches('\n').to_string(),
            };
            out.push(Setting { key: key.clone(), value: Spanned::new(text, span) });
        }
        NodeKind::Alias(_) => {}
    }
}
