//! koanf: keys that are looked for in what providers gave, the later over the earlier.

use tree_sitter::Node;

use super::decoded::KOANF;
use super::reader::Reader;
use super::viper_settings::PREFIXES;
use crate::programs::{Expr, LookupExpr, Method};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// `k.String("db.host")`, and what providers are told.
    pub fn koanf_call(&mut self, name: &str, arguments: &[Node<'t>], span: Span) -> Option<Expr> {
        let first = *arguments.first()?;
        if name.ends_with("/providers/env.Provider") {
            let prefix = self.literal(first)?;
            if self.notes.recording {
                self.viper.prefixes.push(prefix);
            }
            return None;
        }
        if name.ends_with("/providers/confmap.Provider") {
            if let Expr::Record(fields) = self.expr(first) {
                for (key, value) in fields {
                    self.viper.set_default(&key.value, value);
                }
            }
            return None;
        }
        let method = name.rsplit('.').next().unwrap_or(name);
        let method = match method.strip_prefix("Must").unwrap_or(method) {
            "String" => None,
            "Int" | "Int64" | "Float64" => Some(Method::Number),
            "Bool" => Some(Method::Flag),
            "Strings" => Some(Method::Split(None, None)),
            _ => return None,
        };
        let key = self.literal(first)?;
        let key = Spanned::new(format!("{KOANF}{}", key.value), key.span);
        let asked = LookupExpr { key: Expr::Text(key), default: None, required: false, span };
        let asked = Expr::Lookup(Box::new(asked));
        Some(match method {
            Some(method) => Expr::Method(Box::new(asked), Box::new(method)),
            None => asked,
        })
    }
}

/// The prefixes of variables as a name of the module.
pub(super) fn told(prefixes: Vec<Spanned<String>>) -> Option<(String, Expr)> {
    let all: Vec<Expr> = prefixes.into_iter().map(Expr::Text).collect();
    (!all.is_empty()).then(|| (PREFIXES.to_string(), Expr::List(all)))
}
