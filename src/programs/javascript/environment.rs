//! Reads of the environment: the language's own, and those of libraries that read one variable at a time.

use tree_sitter::Node;

use super::arguments::Arguments;
use super::reader::Reader;
use crate::programs::expr::UNSCHEMED;
use crate::programs::{Blank, Export, Expr, Method, ReadExpr};
use crate::source::{Span, Spanned};

/// Variables of Strapi's own settings, without which it does not start.
const STRAPI: [&str; 3] = ["APP_KEYS", "ADMIN_JWT_SECRET", "API_TOKEN_SALT"];

/// Whether a library's name is the environment as an object.
pub(super) fn is_environment(library: &str) -> bool {
    matches!(
        library,
        "vite.loadEnv()"
            | "$env/dynamic/private.env"
            | "process.env"
            | "Bun.env"
            | "import.meta.env"
            | "Deno.env.toObject()"
            | "process.default.env"
    )
}

/// A read that gives nothing when the variable is unset.
pub(super) fn read(name: Expr, span: Span) -> Expr {
    with_default(name, None, span)
}

/// A read that stops the program when the variable is unset.
pub(super) fn required(name: Expr, span: Span) -> Expr {
    Expr::Read(Box::new(ReadExpr { required: true, ..plain(name, None, span) }))
}

/// A read that stops the program when the variable is unset, and no schema of settings elsewhere gives it a default.
pub(super) fn required_unless_schema(name: Spanned<String>, span: Span) -> Expr {
    let schema = Expr::Imported { module: UNSCHEMED.to_string(), name: String::new(), span };
    Expr::FirstSet(vec![schema, required(Expr::Text(name), span)])
}

/// A read with what takes its place when the variable is unset; what is blank is a value.
pub(super) fn with_default(name: Expr, default: Option<Expr>, span: Span) -> Expr {
    Expr::Read(Box::new(plain(name, default, span)))
}

pub(super) fn plain(name: Expr, default: Option<Expr>, span: Span) -> ReadExpr {
    let (aliases, ignore_case, required) = (Vec::new(), false, false);
    ReadExpr { name, aliases, ignore_case, default, blank: Blank::Kept, required, span }
}

impl<'t> Reader<'t> {
    /// `process.env.name`
    pub fn read_of_member(&self, library: &str, name: &Spanned<String>, span: Span) -> Option<Expr> {
        is_environment(library).then(|| read(Expr::Text(name.clone()), span))
    }

    /// A call of a library's function that reads the environment.
    pub fn environment_call(
        &mut self,
        name: &str,
        node: Node<'t>,
        arguments: &Arguments<'t>,
    ) -> Option<Expr> {
        let span = self.span(node);
        if let Some(method) = name.strip_prefix("@nestjs/config.ConfigService().") {
            let alone = !followed_by_default(node);
            return self.config_service(method, arguments, alone, span);
        }
        if let Some(schema) = name.strip_prefix("schema ") {
            return self.schema_call(schema, node, arguments);
        }
        if name.starts_with("env-var.") {
            return self.env_var(name, node);
        }
        if let Some(kind) = name.strip_prefix("@strapi/env") {
            let key = self.expr(arguments.at(0)?);
            let default = arguments.at(1).map(|default| self.expr(default));
            let demanded = matches!(key.peel(), Expr::Text(name) if STRAPI.contains(&name.value.as_str()));
            let value = match default.is_none() && demanded {
                true => required(key, span),
                false => with_default(key, default, span),
            };
            return Some(match kind {
                ".int" | ".float" => Expr::Method(Box::new(value), Box::new(Method::Number)),
                ".bool" => Expr::Method(Box::new(value), Box::new(Method::Flag)),
                ".array" => split(value),
                _ => value,
            });
        }
        match name {
            "Deno.env.get" => Some(read(self.expr(arguments.at(0)?), span)),
            "dotenv.config"
            | "dotenv.configDotenv"
            | "dotenv-safe.config"
            | "dotenv-flow.config"
            | "@dotenvx/dotenvx.config" => {
                self.dotenv_config(arguments.at(0), span);
                None
            }
            "@nestjs/config.registerAs" => Some(self.expr(arguments.at(1)?)),
            "convict" => self.convict(arguments.at(0)?),
            _ => self.schema_of_library(name, node, arguments),
        }
    }

    /// `env.get("X").default("d").required().asString()`
    fn env_var(&mut self, name: &str, node: Node<'t>) -> Option<Expr> {
        let kind = name.rsplit('.').next().filter(|last| last.starts_with("as"))?;
        let span = self.span(node);
        let (links, _) = self.chain(node);
        let get = links.iter().find(|link| matches!(link.name, "get" | ""))?.call;
        let key = self.expr(self.arguments(get).at(0)?);
        let default = links.iter().find(|link| link.name == "default").map(|link| link.call);
        let default = default.and_then(|call| self.arguments(call).at(0)).map(|default| self.expr(default));
        let asked = links.iter().find(|link| link.name == "required").is_some_and(|link| {
            let first = self.arguments(link.call).at(0);
            first.is_none_or(|first| self.text(first) != "false")
        });
        let required = asked && default.is_none();
        // It takes a blank variable for one that is not set only where it is required.
        let value = Expr::Read(Box::new(ReadExpr { required, ..plain(key, default, span) }));
        Some(match kind {
            "asInt" | "asIntPositive" | "asIntNegative" | "asFloat" | "asPortNumber" | "asFloatPositive" => {
                Expr::Method(Box::new(value), Box::new(Method::Number))
            }
            "asBool" | "asBoolStrict" => Expr::Method(Box::new(value), Box::new(Method::Flag)),
            "asArray" => split(value),
            "asUrlObject" => Expr::Method(Box::new(value), Box::new(Method::Text)),
            "asJson" | "asJsonObject" | "asJsonArray" => Expr::Opaque(span),
            _ => value,
        })
    }

    /// `dotenv.config({ path })`
    fn dotenv_config(&mut self, options: Option<Node<'t>>, span: Span) {
        let path = options.and_then(|options| self.pair(options, "path"));
        let Some(path) = path else { return self.loads_dotenv(Spanned::new(String::new(), span)) };
        let found = match super::expressions::unwrapped(path) {
            list if list.kind() == "array" => {
                crate::programs::reading::parts(list).into_iter().filter_map(|item| self.path(item)).collect()
            }
            other => self.path(other).into_iter().collect::<Vec<_>>(),
        };
        found.into_iter().for_each(|path| self.loads_dotenv(path));
    }

    /// The end of a path that is put together from the directory of the file: what names its place is left out.
    pub fn path(&mut self, node: Node<'t>) -> Option<Spanned<String>> {
        let span = self.span(node);
        if node.kind() == "call_expression" {
            let last = self.arguments(node).iter().last()?;
            let callee = node.child_by_field_name("function").map_or("", |callee| self.text(callee));
            let joins = callee.ends_with("join") || callee.ends_with("resolve");
            return joins.then(|| self.path(last)).flatten();
        }
        let text = match self.expr(node).peel() {
            Expr::Text(text) => text.clone(),
            Expr::Concat(parts) => match parts.last().map(Expr::peel) {
                Some(Expr::Text(text)) if parts.len() < 2 || text.value.contains('/') => text.clone(),
                _ => Spanned::new(by_variables(parts)?, span),
            },
            _ => return None,
        };
        let inner = text.value.trim_start_matches('/').trim_start_matches("../").trim_start_matches("./");
        (!inner.is_empty())
            .then(|| Spanned::new(inner.to_string(), if text.span.is_none() { span } else { text.span }))
    }

    /// `process.env.X = "value"`, when the module is loaded: all that the program reads later finds it so.
    pub fn sets(&mut self, variable: &Spanned<String>, value: &Expr) {
        let plain = matches!(value.peel(), Expr::Text(_) | Expr::FirstNonEmpty(_) | Expr::FirstSet(_));
        if plain && self.notes.recording && self.at_top() && self.names.path().next().is_none() {
            let (name, value) = (variable.clone(), value.clone());
            self.notes.module.exports.push(Export { name, value });
        }
    }

    /// A dotenv file whose name is made in ways that are not followed: one of those that such programs have.
    pub fn loads_some_dotenv(&mut self, span: Span) {
        self.notes.dotenv_where(span, self.names.path());
        if self.notes.recording && !self.notes.module.dotenv.iter().any(|known| known.span == span) {
            let names = [".env", ".env.local", ".env.${NODE_ENV}"];
            let named = names.map(|name| Spanned::new(name.to_string(), span));
            self.notes.module.dotenv.extend(named);
        }
    }

    pub fn loads_dotenv(&mut self, path: Spanned<String>) {
        self.notes.dotenv_where(path.span, self.names.path());
        if self.notes.recording && !self.notes.module.dotenv.iter().any(|known| known.span == path.span) {
            self.notes.module.dotenv.push(path);
        }
    }
}

/// A path with references in place of what variables say: `.env.${NODE_ENV:-development}`. What stands before the last
/// directory and is not known is left out, as it names the place of the file.
fn by_variables(parts: &[Expr]) -> Option<String> {
    let mut out = String::new();
    for part in parts {
        match part.peel() {
            Expr::Text(text) => out.push_str(&text.value),
            value => match reference(value) {
                Some(reference) => out.push_str(&reference),
                None => out.clear(),
            },
        }
    }
    let named = out.rsplit('/').next().is_some_and(|name| name.contains("env"));
    named.then_some(out)
}

/// `${NAME:-default}`
fn reference(value: &Expr) -> Option<String> {
    let name = |read: &ReadExpr| match read.name.peel() {
        Expr::Text(name) => Some(name.value.clone()),
        _ => None,
    };
    let of = |value: &Expr| match value.peel() {
        Expr::Read(read) => name(read),
        _ => None,
    };
    match value.peel() {
        Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => match (of(all.first()?)?, all.get(1)?.peel()) {
            (name, Expr::Text(default)) => Some(format!("${{{name}:-{}}}", default.value)),
            _ => None,
        },
        value => of(value).map(|name| format!("${{{name}}}")),
    }
}

/// Whether something takes the place of what the node gives: `node || "default"`.
fn followed_by_default(node: Node<'_>) -> bool {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if !super::expressions::is_transparent(parent) {
            let operator = parent.child_by_field_name("operator").map(|operator| operator.kind());
            let left = parent.child_by_field_name("left").is_some_and(|left| left.id() == at.id());
            return left && matches!(operator, Some("||" | "??"));
        }
        at = parent;
    }
    false
}

/// The parts between commas.
pub(super) fn split(value: Expr) -> Expr {
    Expr::Method(Box::new(value), Box::new(Method::Split(Some(",".to_string()), None)))
}
