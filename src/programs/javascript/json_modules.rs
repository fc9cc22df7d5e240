//! JSON and YAML that programs load as they load modules: `require("./config.json")`.

use std::path::{Path, PathBuf};

use crate::programs::reading::json::{self, Json};
use crate::programs::reading::yaml;
use crate::programs::{Expr, FrontEnd, Module, Scope, Sink, SinkKind, has_extension};
use crate::source::{SourceFile, Span, Spanned};

/// Files above this size are data.
const MAX_SIZE: usize = 1 << 20;
const MAX_DEPTH: usize = 12;
/// Fields of one object, and items of one list, that are looked at.
const MAX_FIELDS: usize = 1_000;
const MAX_ITEMS: usize = 200;

/// The language of such files. It claims none by its name: most JSON is loaded by nobody.
pub(in crate::programs) struct JsonModules;

impl FrontEnd for JsonModules {
    fn name(&self) -> &'static str {
        "json"
    }

    fn claims(&self, _: &Path) -> bool {
        false
    }

    fn nothing(&self) -> &'static str {
        "undefined"
    }

    fn concerns(&self, _: &str) -> bool {
        true
    }

    fn imports(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _: &Scope, _: &Path, _: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, file: &SourceFile) -> Module {
        read(file)
    }
}

/// A module that is the value of the file.
pub(super) fn read(file: &SourceFile) -> Module {
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    if file.text.len() > MAX_SIZE {
        return module;
    }
    let value = match has_extension(&file.path, &["yaml", "yml"]) {
        true => yaml::document(file, &mut yaml::plain),
        false => json::read(file).map(|json| value(&json, 0)),
    };
    let Some(value) = value.map(Expr::share) else { return module };
    module.names.insert("default".to_string(), value.clone());
    module.names.insert(Module::ITSELF.to_string(), value);
    module
}

/// A value as an expression.
pub(super) fn value(json: &Json, depth: usize) -> Expr {
    match json {
        Json::Record(_, span) | Json::List(_, span) if depth >= MAX_DEPTH => Expr::Opaque(*span),
        Json::Record(fields, _) => {
            let fields = fields.iter().take(MAX_FIELDS);
            Expr::Record(fields.map(|(name, field)| (name.clone(), value(field, depth + 1))).collect())
        }
        Json::List(items, _) => {
            Expr::List(items.iter().take(MAX_ITEMS).map(|item| value(item, depth + 1)).collect())
        }
        Json::Text(text) => Expr::Text(text.clone()),
        Json::Number(number) => Expr::Number(number.clone()),
        Json::Bool(flag, span) => Expr::Bool(*flag, *span),
        Json::Null(span) => Expr::Null(*span),
    }
}

/// Whether a file says where Angular's development server passes requests on to (`proxy.conf.json`).
pub(super) fn is_proxy(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    name.starts_with("proxy") && name.contains("conf") && name.ends_with(".json")
}

/// Whether a text may be that of such a file.
pub(super) fn names_targets(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && text.contains("\"target\"")
}

/// What such a file passes requests on to: `{ "/api": { "target": "http://…" } }`, or a list of them.
pub(super) fn read_proxy(file: &SourceFile) -> Module {
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    let routes: Vec<Json> = match json::read(file) {
        Some(Json::Record(fields, _)) => fields.into_iter().map(|(_, route)| route).collect(),
        Some(Json::List(items, _)) => items,
        _ => return module,
    };
    for route in routes.iter().take(MAX_ITEMS) {
        let Json::Record(fields, _) = route else { continue };
        let target = fields.iter().find(|(name, _)| name.value == "target");
        let Some((key, Json::Text(address))) = target else { continue };
        module.sinks.push(Sink {
            kind: SinkKind::Upstream,
            target: Expr::Text(address.clone()),
            arguments: Vec::new(),
            callee: Spanned::new("target".to_string(), key.span),
            span: key.span,
        });
    }
    module
}

/// The place of a plain value.
pub(super) fn place(value: &Expr) -> Span {
    match value {
        Expr::Text(text) | Expr::Number(text) => text.span,
        Expr::Bool(_, span) | Expr::Null(span) => *span,
        _ => Span::NONE,
    }
}
