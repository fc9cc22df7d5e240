//! Configuration in YAML as an expression: a record of its keys.

use crate::programs::Expr;
use crate::source::{SourceFile, Span, Spanned};
use crate::yaml::{self, Node, NodeKind, Resolved, Scalar};

use super::Bounds;

/// Nodes that are read of a document; aliases count each time.
const MAX_NODES: usize = 20_000;

/// Makes an expression of a scalar.
pub type Scalars<'a> = dyn FnMut(&Node, &Scalar) -> Expr + 'a;

/// The first document of the file; `scalar` makes expressions of what stands in it. `None` for a file without one.
pub fn document(file: &SourceFile, scalar: &mut Scalars<'_>) -> Option<Expr> {
    let stream = yaml::parse(file);
    let root = stream.documents.first()?;
    let mut left = Left { bounds: Bounds::default(), nodes: MAX_NODES };
    Some(expression(root, scalar, &mut left))
}

/// What may still be read of a document.
struct Left {
    bounds: Bounds,
    nodes: usize,
}

fn expression(node: &Node, scalar: &mut Scalars<'_>, left: &mut Left) -> Expr {
    left.nodes = left.nodes.saturating_sub(1);
    if left.nodes == 0 || !left.bounds.down() {
        return Expr::Opaque(node.span);
    }
    let made = match &node.resolved().kind {
        NodeKind::Scalar(text) => scalar(node.resolved(), text),
        NodeKind::Sequence(items) => {
            Expr::List(items.items.iter().map(|item| expression(item, scalar, left)).collect())
        }
        NodeKind::Mapping(mapping) => {
            let mut laid = Vec::new();
            let mut fields = Vec::new();
            for entry in mapping.entries.iter() {
                let Some(key) = entry.key.as_scalar() else { continue };
                let value = expression(&entry.value, scalar, left);
                match (key.text.as_str(), value) {
                    ("<<", Expr::List(items)) => laid.extend(items.into_iter().rev()),
                    ("<<", value) => laid.push(value),
                    // Ruby writes symbols with a colon in front.
                    (name, value) => {
                        let name = name.strip_prefix(':').unwrap_or(name).to_string();
                        fields.push((Spanned::new(name, entry.key.span), value));
                    }
                }
            }
            let own = Expr::Record(fields);
            match laid.is_empty() {
                true => own,
                false => {
                    laid.push(own);
                    Expr::Merge(laid).share()
                }
            }
        }
        NodeKind::Alias(_) => Expr::Opaque(node.span),
    };
    left.bounds.up();
    made
}

/// What a scalar without anything of its own in it is.
#[must_use]
pub fn plain(node: &Node, scalar: &Scalar) -> Expr {
    let tag = node.tag.as_ref().map(|tag| tag.value.as_str());
    let written = Spanned::new(scalar.text.clone(), inside(node, scalar));
    match yaml::resolve(scalar, tag) {
        Resolved::Null => Expr::Null(node.span),
        Resolved::Bool(value) => Expr::Bool(value, node.span),
        Resolved::Int(_) | Resolved::Float(_) => Expr::Number(written),
        _ => Expr::Text(written),
    }
}

/// The place of a scalar's text, between its quotes.
#[must_use]
pub fn inside(node: &Node, scalar: &Scalar) -> Span {
    let length = node.span.len() as usize;
    match scalar.style {
        yaml::Style::SingleQuoted | yaml::Style::DoubleQuoted if length >= 2 => {
            node.span.slice(1, length - 1)
        }
        _ => node.span,
    }
}

/// Keys and values of a record, those that others are laid over first; a key stands once, with its last value.
#[must_use]
pub fn entries(record: &Expr) -> Vec<(Spanned<String>, Expr)> {
    let mut out: indexmap::IndexMap<String, (Spanned<String>, Expr)> = indexmap::IndexMap::new();
    gather(record, &mut out, 8);
    out.into_values().collect()
}

fn gather(record: &Expr, out: &mut indexmap::IndexMap<String, (Spanned<String>, Expr)>, depth: usize) {
    match record.peel() {
        Expr::Record(fields) => {
            for (key, value) in fields {
                out.insert(key.value.clone(), (key.clone(), value.clone()));
            }
        }
        Expr::Merge(parts) if depth > 0 => parts.iter().for_each(|part| gather(part, out, depth - 1)),
        _ => {}
    }
}
