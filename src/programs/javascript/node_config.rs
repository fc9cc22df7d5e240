//! node-config: JSON files in `config/` that are laid over each other, below the variables that one of them names.
//!
//! `custom-environment-variables.json` stands over `local-{env}.json`, `local.json`, `{env}.json` and `default.json`
//! (node-config's wiki, "Configuration Files").

use std::path::{Path, PathBuf};

use super::json_modules;
use crate::programs::evaluate::Environment;
use crate::programs::reading::json::{self, Json};
use crate::programs::{Expr, LookupExpr, Module, ModuleIndex, Read, ReadExpr, Scope, Settings};
use crate::source::{SourceFile, Spanned};

/// The package, and the directory in which it looks for its files.
pub(super) const PACKAGE: &str = "config";

/// The file that says which variable stands over which setting.
const VARIABLES: &str = "custom-environment-variables.json";
const DEFAULT: &str = "default.json";

/// The files that are read, without those of uncommon environments: other programs have such names, too.
const FILES: [&str; 10] = [
    DEFAULT,
    VARIABLES,
    "production.json",
    "development.json",
    "staging.json",
    "docker.json",
    "test.json",
    "local.json",
    "local-production.json",
    "local-development.json",
];

const MAX_DEPTH: usize = 12;

/// Whether a file is one of its files.
pub(super) fn is_file(path: &Path) -> bool {
    let directory = path.parent().and_then(Path::file_name);
    let name = path.file_name().and_then(|name| name.to_str());
    directory.is_some_and(|name| name == PACKAGE) && name.is_some_and(|name| FILES.contains(&name))
}

/// The files that `require("config")` gives, where no module of the program is called so.
pub(super) fn files(scope: &Scope, package: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for root in [package].into_iter().chain(scope.roots.iter().map(PathBuf::as_path)) {
        let directory = root.join(PACKAGE);
        found.push(directory.join(DEFAULT));
        found.extend(
            ["js", "ts", "cjs", "mjs"].map(|extension| directory.join(format!("default.{extension}"))),
        );
        found.push(directory.join(VARIABLES));
    }
    found
}

/// What is loaded with the file that all settings start from.
pub(super) fn loaded_with(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let starts = is_file(place) && place.file_name().is_some_and(|name| name == DEFAULT);
    let beside = starts.then(|| scope.at(&place.with_file_name(VARIABLES)));
    beside.flatten().into_iter().collect()
}

/// The settings of a file under their keys: all of them where it is the one that others stand over.
pub(super) fn read(file: &SourceFile) -> Module {
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    let Some(Json::Record(fields, _)) = json::read(file) else { return module };
    let name = file.path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let kind = match name {
        DEFAULT => Kind::Default,
        VARIABLES => Kind::Variables,
        _ => Kind::Override,
    };
    for (key, value) in fields.iter().take(1_000) {
        let mut path = vec![key.value.clone()];
        let expr = setting(value, &mut path, kind, &mut module);
        module.names.insert(key.value.clone(), expr);
    }
    module
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Default,
    Variables,
    Override,
}

/// A value, with all below it noted under their keys.
fn setting(json: &Json, path: &mut Vec<String>, kind: Kind, module: &mut Module) -> Expr {
    let key = path.join(".");
    let plain = match json {
        Json::Record(fields, span) => {
            if path.len() >= MAX_DEPTH {
                return Expr::Opaque(*span);
            }
            let mut record = Vec::new();
            for (name, value) in fields.iter().take(1_000) {
                path.push(name.value.clone());
                record.push((name.clone(), setting(value, path, kind, module)));
                path.pop();
            }
            return Expr::Record(record);
        }
        plain => json_modules::value(plain, path.len()),
    };
    match (kind, &plain) {
        (Kind::Variables, Expr::Text(variable)) => {
            let span = variable.span;
            let read = ReadExpr {
                name: plain.clone(),
                aliases: Vec::new(),
                ignore_case: false,
                default: None,
                blank: crate::programs::Blank::Unset,
                required: false,
                span,
            };
            let expression = Expr::Read(Box::new(read));
            let (name, held, required) = (variable.clone(), None, false);
            module.reads.push(Read { name, expression: expression.clone(), required, held, span });
            module.names.insert(key, plain.clone());
            expression
        }
        (Kind::Default, _) => {
            let span = json_modules::place(&plain);
            let key = Expr::Text(Spanned::new(key, span));
            Expr::Lookup(Box::new(LookupExpr { key, default: Some(plain), required: false, span }))
        }
        _ => {
            module.names.insert(key, plain.clone());
            plain
        }
    }
}

/// How node-config finds what stands over its defaults.
pub(super) struct NodeConfig;

impl Settings for NodeConfig {
    fn variables(&self, scope: &Scope, place: &Path, key: &str) -> Vec<String> {
        let file = scope.at(&place.with_file_name(VARIABLES)).and_then(|index| scope.get(index));
        let named = file.and_then(|(_, source)| match source.full().names.get(key)? {
            Expr::Text(variable) => Some(variable.value.clone()),
            _ => None,
        });
        named.into_iter().collect()
    }

    fn files(&self, scope: &Scope, place: &Path, environment: &dyn Environment) -> Option<Vec<ModuleIndex>> {
        // All of it may stand in a variable.
        let set = |name: &str| environment.variable(name)?.value.as_ref();
        if set("NODE_CONFIG").is_some_and(|text| text.is_blank() != Some(true)) {
            return None;
        }
        let named = ["NODE_CONFIG_ENV", "NODE_ENV"].iter().find_map(|name| set(name));
        let environment = match named.filter(|name| name.is_blank() != Some(true)) {
            Some(name) if name.has_hole() => return None,
            Some(name) => name.assumed(),
            None => "development".to_string(),
        };
        let names =
            [format!("local-{environment}.json"), "local.json".to_string(), format!("{environment}.json")];
        Some(names.iter().filter_map(|name| scope.at(&place.with_file_name(name))).collect())
    }

    fn name(&self, key: &str) -> String {
        key.to_string()
    }

    fn skips_blank(&self) -> bool {
        true
    }

    fn are_defaults(&self) -> bool {
        true
    }
}
