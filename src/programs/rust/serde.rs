//! What the attributes of serde say of a field.

use super::filled::Field;
use super::reader::Reader;
use crate::programs::{CallExpr, Expr};
use crate::source::Spanned;

impl<'t> Reader<'t> {
    /// What serde calls a field.
    pub fn renamed(&self, field: &Field<'t>) -> String {
        let renamed = field.attributes.iter().find_map(|attribute| self.value_in(*attribute, "rename"));
        renamed.map_or_else(|| field.name.value.clone(), |name| name.value)
    }

    /// `#[serde(default = "function")]`, `#[serde(default)]`
    pub fn serde_default(&self, field: &Field<'t>) -> Option<Expr> {
        let span = field.name.span;
        let named = field.attributes.iter().find_map(|attribute| self.value_in(*attribute, "default"));
        if let Some(function) = named {
            let name = function.value.rsplit("::").next().unwrap_or("").to_string();
            let owner = function.value.rsplit_once("::").map(|(owner, _)| owner.to_string());
            let callee = match owner {
                Some(owner) => {
                    let owner = Expr::Own(Spanned::new(owner, function.span));
                    Expr::Member(Box::new(owner), Spanned::new(name, function.span))
                }
                None => Expr::Own(Spanned::new(name, function.span)),
            };
            return Some(Expr::Call(Box::new(CallExpr {
                callee,
                arguments: Vec::new(),
                span: function.span,
            })));
        }
        let plain = self.attributes(field);
        let plain = plain.contains("serde(default)")
            || plain.contains("serde(default,")
            || plain.contains(", default)");
        plain.then(|| Expr::Text(Spanned::new(String::new(), span)))
    }
}
