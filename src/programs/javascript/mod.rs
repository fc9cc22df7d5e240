//! The front end for JavaScript and TypeScript.

mod arguments;
mod attempts;
pub(super) mod beside;
mod browser;
mod calls;
mod choices;
mod classes;
mod conditions;
mod convict;
mod declarations;
mod demanding;
mod encryption;
mod environment;
mod expressions;
mod frameworks;
mod functions;
mod imports;
mod json_modules;
pub(super) mod kinds;
mod libraries;
mod limits;
mod manifests;
mod methods;
mod modes;
pub(super) mod mongo_users;
mod nest;
pub(super) mod node_config;
mod nuxt;
mod own_methods;
mod parse;
mod prefilter;
mod reader;
mod required;
mod resolve;
mod routes;
mod scan;
mod schemas;
mod sections;
mod servers;
mod sinks;
mod statements;
pub(super) mod straight;
mod strange;
mod strings;

use std::path::{Path, PathBuf};

use manifests::is_manifest;
pub(super) use manifests::plain;
pub(super) use parse::parse as tree;
pub(super) use resolve::{files, package_of, sources_of};
pub(super) use routes::{Framework, is_project, of_project};

use super::{FrontEnd, Module, ModuleIndex, Scope, Settings, has_extension};
use crate::source::SourceFile;

/// JavaScript and TypeScript.
pub struct JavaScript;

/// Whether the code of a file is known to run in a browser.
#[must_use]
pub fn is_of_pages(path: &Path, text: &str) -> bool {
    browser::Browser::of(path, text).now
}

/// The extensions of its files.
/// Those of its sources.
pub const EXTENSIONS: [&str; 8] = ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"];

impl FrontEnd for JavaScript {
    fn name(&self) -> &'static str {
        "javascript"
    }

    fn claims(&self, path: &Path) -> bool {
        let declares = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
            [".d.ts", ".d.mts", ".d.cts", ".min.js"].iter().any(|ending| name.ends_with(ending))
        });
        has_extension(path, &EXTENSIONS) && !declares
            // What Express' generator makes, and runs.
            || path.ends_with("bin/www")
            || is_manifest(path)
            || node_config::is_file(path)
            || json_modules::is_proxy(path)
            || sections::is_sectioned(path)
    }

    fn nothing(&self) -> &'static str {
        "undefined"
    }

    fn concerns(&self, text: &str) -> bool {
        let whole = || {
            prefilter::concerns(text)
                || json_modules::names_targets(text)
                || node_config::names_variables(text)
        };
        sections::concerns(text).unwrap_or_else(whole)
    }

    fn imports(&self, text: &str) -> Vec<String> {
        match sections::concerns(text) {
            Some(false) => Vec::new(),
            _ => imports::scan(text),
        }
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        resolve::candidates(scope, importer, module)
    }

    fn values(&self) -> Option<&'static dyn FrontEnd> {
        Some(&json_modules::JsonModules)
    }

    fn tells_owners(&self) -> bool {
        true
    }

    fn may_take_over(&self, text: &str) -> bool {
        let star = |(at, _)| {
            let before = text.get(..at).unwrap_or("").trim_end();
            before.ends_with("export") || before.ends_with("export type")
        };
        text.match_indices('*').any(star)
    }

    fn loads_otherwise(&self, text: &str) -> bool {
        routes::loads_directories(text)
    }

    fn loaded_with(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        let mut along = routes::loaded_with(scope, place);
        along.extend(node_config::loaded_with(scope, place));
        along
    }

    fn settings(&self) -> Option<&dyn Settings> {
        Some(&node_config::NodeConfig)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = || Module { path: file.path.clone(), ..Module::default() };
        if is_manifest(&file.path) {
            return manifests::read(file);
        }
        if node_config::is_file(&file.path) || node_config::may_be_file(&file.path) {
            return node_config::read(file);
        }
        if json_modules::is_proxy(&file.path) {
            return json_modules::read_proxy(file);
        }
        let code = sections::is_sectioned(&file.path)
            .then(|| file.masked(&sections::code_of(&file.path, &file.text)))
            .flatten();
        let file = code.as_ref().unwrap_or(file);
        let Some(tree) = parse::parse(&file.path, &file.text) else { return nothing() };
        let mut reader = reader::Reader::new(file);
        reader.program(tree.root_node());
        let mut module = reader.finish();
        node_config::lay(file, &mut module);
        module
    }
}
