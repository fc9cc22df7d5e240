//! Defaults of structs that libraries fill, where they stand apart from the fields.

use super::reader::Reader;
use crate::programs::reading::member;
use crate::programs::{CallExpr, Expr};
use crate::source::{Span, Spanned};

/// Defaults that stand apart from the fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Defaults {
    #[default]
    None,
    /// `set_default("database.host", "localhost")`
    Told(Vec<(String, Expr)>),
    /// `Serialized::defaults(Config::default())`
    Record(Expr),
}

impl Defaults {
    /// That of the field at a path.
    pub fn of(&self, path: &str) -> Option<Expr> {
        match self {
            Self::None => None,
            Self::Told(all) => all.iter().find(|(known, _)| known == path).map(|(_, value)| value.clone()),
            Self::Record(record) => Some(path.split('.').fold(record.clone(), |value, name| {
                member(value, Spanned::new(name.to_string(), Span::NONE))
            })),
        }
    }
}

impl Reader<'_> {
    /// `.set_default("database.host", "localhost")`
    pub fn told_defaults(&self) -> Vec<(String, Expr)> {
        let text: &str = &self.file.text;
        let mut out = Vec::new();
        for (at, call) in text.match_indices("set_default(\"").take(200) {
            let from = at + call.len();
            let Some((key, rest)) = text.get(from..).and_then(|rest| rest.split_once('"')) else { continue };
            let Some(value) = rest.trim_start().strip_prefix(',').map(str::trim_start) else { continue };
            let start = text.len() - value.len();
            let quoted = value.strip_prefix('"');
            let inside = quoted.unwrap_or(value);
            let end = inside.find(if quoted.is_some() { '"' } else { ')' }).unwrap_or(0);
            let start = start + usize::from(quoted.is_some());
            let place = self.file.slice(start, start + end);
            let written = Spanned::new(inside.get(..end).unwrap_or("").trim().to_string(), place);
            let number = written.value.chars().all(|c| c.is_ascii_digit());
            if quoted.is_some() {
                out.push((key.to_string(), Expr::Text(written)));
            } else if number && end > 0 {
                out.push((key.to_string(), Expr::Number(written)));
            }
        }
        out
    }

    /// `Serialized::defaults(Config::default())`
    pub fn serialized_defaults(&self) -> Defaults {
        let text: &str = &self.file.text;
        let told = text.split_once("Serialized::defaults(");
        let Some((before, rest)) = told else { return Defaults::None };
        let Some((kind, _)) = rest.split_once("::default()") else { return Defaults::None };
        let kind = match kind.trim() {
            "Self" => {
                let above = before.rsplit_once("impl ").map_or("", |(_, rest)| rest);
                above.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")
            }
            kind => kind,
        };
        if !self.structs.contains_key(kind) {
            return Defaults::None;
        }
        let span = Span::NONE;
        let owner = Expr::Own(Spanned::new(kind.to_string(), span));
        let callee = Expr::Member(Box::new(owner), Spanned::new("default".to_string(), span));
        Defaults::Record(Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span })))
    }
}
