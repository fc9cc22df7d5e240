//! convict: one object that says of each setting its default and its variable.

use tree_sitter::Node;

use super::environment::with_default;
use super::reader::Reader;
use crate::programs::reading::read_within;
use crate::programs::{Expr, Method, Read};
use crate::source::Spanned;

/// Settings nest this deep.
const MAX_DEPTH: usize = 8;

impl<'t> Reader<'t> {
    /// The settings that `convict({ … })` makes.
    pub fn convict(&mut self, schema: Node<'t>) -> Option<Expr> {
        (schema.kind() == "object").then(|| self.convict_object(schema, 0))
    }

    fn convict_object(&mut self, object: Node<'t>, depth: usize) -> Expr {
        let mut fields = Vec::new();
        for (key, value) in self.pairs(object) {
            let inner = self.pairs(value);
            let is_setting =
                inner.iter().any(|(name, _)| matches!(name.value.as_str(), "default" | "format" | "env"));
            let value = match is_setting {
                true => self.convict_setting(&key, &inner),
                false if depth < MAX_DEPTH && !inner.is_empty() => self.convict_object(value, depth + 1),
                false => self.expr(value),
            };
            fields.push((key, value));
        }
        Expr::Record(fields)
    }

    /// `{ doc, format, default, env: "DB_HOST" }`
    fn convict_setting(&mut self, key: &Spanned<String>, pairs: &[(Spanned<String>, Node<'t>)]) -> Expr {
        let pair = |name: &str| pairs.iter().find(|(key, _)| key.value == name).map(|(_, value)| *value);
        let default = pair("default").map(|default| self.expr(default));
        let format = pair("format").map_or("", |format| self.text(format)).trim_matches(['"', '\'']);
        let Some(variable) = pair("env").and_then(|env| self.literal(env)) else {
            return default.unwrap_or(Expr::Opaque(key.span));
        };
        let span = variable.span;
        let read = with_default(Expr::Text(variable), default, span);
        match format {
            "port" | "int" | "nat" | "Number" | "integer" => {
                Expr::Method(Box::new(read), Box::new(Method::Number))
            }
            "Boolean" => Expr::Method(Box::new(read), Box::new(Method::Flag)),
            "Array" => super::environment::split(read),
            _ => read,
        }
    }

    /// Notes the reads of the settings.
    pub fn note_convict(&mut self, node: Node<'t>) {
        let value = self.expr(node);
        let Expr::Record(fields) = value.peel() else { return };
        for (name, value) in fields {
            let mut queue = vec![value];
            while let Some(value) = queue.pop() {
                if let Expr::Record(inner) = value.peel() {
                    queue.extend(inner.iter().map(|(_, value)| value));
                    continue;
                }
                let Some(read) = read_within(value) else { continue };
                let Expr::Text(variable) = read.name.peel() else { continue };
                let (span, variable) = (variable.span, variable.clone());
                let (expression, held, required) = (value.clone(), Some(name.value.clone()), read.required);
                self.keep_read(Read { name: variable, expression, required, held, span });
            }
        }
    }
}
