//! Records that a program writes out and changes field by field.

use crate::programs::{Expr, IfExpr};
use crate::source::Spanned;

/// Whether a record that is written out has a field.
#[derive(Debug)]
pub enum Written {
    /// It has, and this is its value.
    Yes(Expr),
    /// It has not.
    No,
    /// Not all of it is written out.
    Maybe,
}

/// The field of a record, as far as it is written out.
#[must_use]
pub fn written(value: &Expr, name: &str) -> Written {
    match value.peel() {
        Expr::Record(fields) => {
            let found = fields.iter().rev().find(|(field, _)| field.value == name);
            found.map_or(Written::No, |(_, value)| Written::Yes(value.clone()))
        }
        Expr::Merge(parts) => {
            let mut found = parts.iter().rev().map(|part| written(part, name));
            found.find(|found| !matches!(found, Written::No)).unwrap_or(Written::No)
        }
        Expr::If(branch) => match (written(&branch.then, name), written(&branch.otherwise, name)) {
            (Written::No, Written::No) => Written::No,
            (Written::Yes(then), Written::Yes(otherwise)) if then == otherwise => Written::Yes(then),
            (Written::Yes(then), Written::Yes(otherwise)) => {
                Written::Yes(Expr::If(Box::new(IfExpr { then, otherwise, ..(**branch).clone() })))
            }
            _ => Written::Maybe,
        },
        _ => Written::Maybe,
    }
}

/// `base.name`, looked up at once where the record is written out.
#[must_use]
pub fn member(base: Expr, name: Spanned<String>) -> Expr {
    if let Expr::Opaque(span) = base.peel() {
        return Expr::Opaque(*span);
    }
    match written(&base, &name.value) {
        Written::Yes(value) => value,
        Written::No | Written::Maybe => match base.peel() {
            Expr::If(branch) => {
                let then = member(branch.then.clone(), name.clone());
                let otherwise = member(branch.otherwise.clone(), name);
                Expr::If(Box::new(IfExpr { then, otherwise, ..(**branch).clone() }))
            }
            _ => Expr::Member(Box::new(base), name),
        },
    }
}

/// The record with another value in a field of a field; `path` is innermost first.
#[must_use]
pub fn with_field(before: Expr, path: &[Spanned<String>], value: Expr) -> Expr {
    let mut inner = value;
    // From the inside out: each level is what it was, with one field more.
    for (level, key) in path.iter().enumerate() {
        let outer = path.iter().skip(level + 1).rev();
        let base = outer.fold(before.clone(), |base, key| member(base, key.clone()));
        let field = Expr::Record(vec![(key.clone(), inner)]);
        inner = match base.peel() {
            Expr::Opaque(_) | Expr::Null(_) => field,
            _ => Expr::Merge(vec![base, field]),
        };
    }
    inner
}
