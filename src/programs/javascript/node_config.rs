//! node-config: files in `config/` that are laid over each other, below the variables that one of them names.
//!
//! `custom-environment-variables.json` stands over `local-{env}.json`, `local.json`, `{env}.json` and `default.json`, as do their
//! likes that end with `yaml` or `yml`, and modules (node-config's wiki, "Configuration Files").

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::json_modules;
use crate::programs::evaluate::Environment;
use crate::programs::reading::{json, yaml};
use crate::programs::{
    Expr, LookupExpr, Module, ModuleIndex, Read, ReadExpr, Scope, Settings, Source, Sources, has_extension,
};
use crate::source::{SourceFile, SourceMap, Span, Spanned};

/// The package, and the directory in which it looks for its files.
pub(super) const PACKAGE: &str = "config";

/// The file that says which variable stands over which setting, without its ending.
const VARIABLES: &str = "custom-environment-variables";
const DEFAULT: &str = "default";

/// What the files that are read are called, without those of uncommon environments: other programs have such names, too.
const FILES: [&str; 10] = [
    DEFAULT,
    VARIABLES,
    "production",
    "development",
    "staging",
    "docker",
    "test",
    "local",
    "local-production",
    "local-development",
];
/// What they end with; those of YAML belong to others, too.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];
/// What they end with as modules.
const MODULES: [&str; 5] = ["js", "ts", "cjs", "mjs", "mts"];
/// What a variable is named by that is taken as something else than a text: `{ "__name": "PORT", "__format": "json" }`.
const NAMED: &str = "__name";

const MAX_DEPTH: usize = 12;

/// Whether a file is one of its files, and of no other program's.
pub(super) fn is_file(path: &Path) -> bool {
    has_extension(path, &["json"]) && is_named(path)
}

/// Whether a file is one of its files where a package of Node lies around it.
pub(in crate::programs) fn may_be_file(path: &Path) -> bool {
    has_extension(path, &["yaml", "yml"]) && is_named(path)
}

/// Whether the folder around such a file is a package of Node: of others it is no settings.
pub(in crate::programs) fn is_of_package(place: &Path, has: impl Fn(&Path) -> bool) -> bool {
    place.ancestors().nth(2).is_some_and(|folder| has(&folder.join("package.json")))
}

/// The source at a place, in the language of such settings or in its own.
pub(in crate::programs) fn or(
    settings: bool,
    read: &Sources,
    files: &SourceMap,
    (host, place): (&Path, &Path),
) -> Option<Arc<Source>> {
    match settings {
        true => read.get_as(files, host, &super::JavaScript),
        false => read.seen_at(files, host, place),
    }
}

fn is_named(path: &Path) -> bool {
    let directory = path.parent().and_then(Path::file_name);
    let name = path.file_stem().and_then(|name| name.to_str());
    directory.is_some_and(|name| name == PACKAGE) && name.is_some_and(|name| FILES.contains(&name))
}

fn is_called(path: &Path, stem: &str) -> bool {
    path.file_stem().is_some_and(|name| name == stem)
}

/// The file of that name beside another, whatever it ends with.
fn beside(scope: &Scope, place: &Path, stem: &str) -> Option<ModuleIndex> {
    let mut endings = ENDINGS.iter().chain(&MODULES);
    endings.find_map(|ending| scope.at(&place.with_file_name(format!("{stem}.{ending}"))))
}

/// The files that `require("config")` gives, where no module of the program is called so.
pub(super) fn files(scope: &Scope, package: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for root in [package].into_iter().chain(scope.roots.iter().map(PathBuf::as_path)) {
        let directory = root.join(PACKAGE);
        for stem in [DEFAULT, VARIABLES] {
            let endings = ENDINGS.iter().chain(&MODULES);
            found.extend(endings.map(|ending| directory.join(format!("{stem}.{ending}"))));
        }
    }
    found
}

/// What is loaded with the file that all settings start from.
pub(super) fn loaded_with(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let starts = is_named(place) && is_called(place, DEFAULT);
    starts.then(|| beside(scope, place, VARIABLES)).flatten().into_iter().collect()
}

/// The settings of a file under their keys: all of them where it is the one that others stand over.
pub(super) fn read(file: &SourceFile) -> Module {
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    let value = match may_be_file(&file.path) {
        true => yaml::document(file, &mut yaml::plain),
        false => json::read(file).map(|json| json_modules::value(&json, 0)),
    };
    let Some(Expr::Record(fields)) = value else { return module };
    let kind = Kind::of(&file.path);
    for (key, value) in fields.iter().take(1_000) {
        let mut path = vec![key.value.clone()];
        let expr = setting(value, &mut path, kind, &mut module);
        module.names.insert(key.value.clone(), expr);
    }
    module
}

/// Lays the settings that a module exports under their keys, where it is called as node-config's are.
pub(super) fn lay(file: &SourceFile, module: &mut Module) {
    if !is_named(&file.path) {
        return;
    }
    let kind = Kind::of(&file.path);
    let exported = ["default", Module::ITSELF].into_iter().filter_map(|name| {
        let Expr::Record(fields) = module.names.get(name)?.peel() else { return None };
        Some((name, fields.clone()))
    });
    for (name, fields) in exported.collect::<Vec<_>>() {
        let mut record = Vec::new();
        for (key, value) in fields.iter().take(1_000) {
            let mut path = vec![key.value.clone()];
            let value = setting(value, &mut path, kind, module);
            // The variable of a key, which is looked up by it, is not that key's value.
            if kind != Kind::Variables {
                module.names.insert(key.value.clone(), value.clone());
            }
            record.push((key.clone(), value));
        }
        module.names.insert(name.to_string(), Expr::Record(record).share());
    }
}

/// Whether the text may be that of a module which names variables for settings: it exports texts that look like them, and does
/// nothing else.
pub(super) fn names_variables(text: &str) -> bool {
    let exports =
        ["module.exports = {", "export default {", "export = {"].iter().any(|sign| text.contains(sign));
    exports && text.len() < 20_000 && !text.contains("=>") && {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.any(|(_, value)| super::scan::is_variable(value.trim().trim_matches(['"', '\'', ','])))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Default,
    Variables,
    Override,
}

impl Kind {
    fn of(path: &Path) -> Self {
        match path.file_stem().and_then(|name| name.to_str()).unwrap_or("") {
            DEFAULT => Kind::Default,
            VARIABLES => Kind::Variables,
            _ => Kind::Override,
        }
    }
}

/// The text by which a setting names its variable.
fn named(value: &Expr) -> Option<&Spanned<String>> {
    match value.peel() {
        Expr::Text(variable) => Some(variable),
        Expr::Record(fields) => {
            fields.iter().find(|(name, _)| name.value == NAMED).and_then(|(_, name)| named(name))
        }
        _ => None,
    }
}

/// A value, with all below it noted under their keys.
fn setting(value: &Expr, path: &mut Vec<String>, kind: Kind, module: &mut Module) -> Expr {
    let key = path.join(".");
    let plain = match value.peel() {
        Expr::Record(fields) if kind != Kind::Variables || named(value).is_none() => {
            if path.len() >= MAX_DEPTH {
                return Expr::Opaque(Span::NONE);
            }
            let mut record = Vec::new();
            for (name, value) in fields.iter().take(1_000) {
                path.push(name.value.clone());
                record.push((name.clone(), setting(value, path, kind, module)));
                path.pop();
            }
            return Expr::Record(record);
        }
        plain => plain.clone(),
    };
    match (kind, named(&plain)) {
        (Kind::Variables, Some(variable)) => {
            let span = variable.span;
            let name = Expr::Text(variable.clone());
            let read = ReadExpr {
                name: name.clone(),
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
            module.names.insert(key, Expr::Text(variable.clone()));
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
        let file = beside(scope, place, VARIABLES).and_then(|index| scope.get(index));
        let named = file.and_then(|(_, source)| match source.full().names.get(key)? {
            Expr::Text(variable) => Some(variable.value.clone()),
            Expr::Read(read) => Some(named(&read.name)?.value.clone()),
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
        let names = [format!("local-{environment}"), "local".to_string(), environment];
        Some(names.iter().filter_map(|name| beside(scope, place, name)).collect())
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
