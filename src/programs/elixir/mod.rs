//! The Elixir front end: sources, and the configuration of applications.

mod calls;
mod conditions;
mod configuration;
mod definitions;
mod expressions;
mod reader;
mod sinks;

use std::path::{Path, PathBuf};

use super::reading::Needles;
use super::{FrontEnd, Module, ModuleIndex, Scope, Settings, has_extension};
use crate::source::SourceFile;

pub(super) use configuration::MIX_ENV;

/// Elixir.
pub struct Elixir;

/// What a file must hold to be parsed for its own sake.
const NEEDLES: [&str; 28] = [
    "System.",
    "Application.",
    "import Config",
    "Mix.Config",
    "Ecto.Repo",
    "Phoenix.Endpoint",
    "Redix",
    "AMQP",
    "Bandit",
    "Broadway",
    "PubSub.Redis",
    "Cowboy",
    "Mongo",
    ":brod",
    "kafka",
    "Kafka",
    "HTTPoison",
    "Req.",
    "Tesla",
    "Finch",
    "Postgrex",
    "MyXQL",
    "Exq",
    "localhost",
    "127.0.0.1",
    "://",
    "Dotenv",
    "env!(",
];

impl FrontEnd for Elixir {
    fn name(&self) -> &'static str {
        "elixir"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["ex", "exs"])
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        static SEARCH: Needles = Needles::new();
        SEARCH.any_in(NEEDLES, text)
    }

    fn imports(&self, text: &str) -> Vec<String> {
        if text.contains("import_config") { configuration::imports(text) } else { Vec::new() }
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        if module.ends_with(".exs") {
            return configuration::candidate(scope, importer, module).into_iter().collect();
        }
        // `Shop.Config` stands in `shop/config.ex`.
        let path: PathBuf = module.split('.').map(underscored).collect();
        let path = path.with_extension("ex");
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
        let found = scope.nearest(name, importer).into_iter();
        found.filter(|place| place.ends_with(&path)).collect()
    }

    fn loaded_with(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        match place.file_name().is_some_and(|name| name == "mix.exs") {
            true => configuration::loaded(scope, place),
            false => Vec::new(),
        }
    }

    fn settings(&self) -> Option<&dyn Settings> {
        Some(&configuration::Configuration)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = || Module { path: file.path.clone(), ..Module::default() };
        let language = tree_sitter_elixir::LANGUAGE.into();
        let Some(tree) = super::reading::parse(&language, &file.text) else { return nothing() };
        let mut reader = reader::Reader::new(file);
        reader.collect(tree.root_node(), 0);
        reader.block(&super::reading::parts(tree.root_node()));
        reader.finish()
    }
}

/// The name of a module's part as its file has it: `PubSub` is `pub_sub`.
fn underscored(name: &str) -> String {
    let mut out = String::new();
    let mut small = false;
    for c in name.chars() {
        if c.is_uppercase() && small {
            out.push('_');
        }
        small = c.is_lowercase() || c.is_ascii_digit();
        out.extend(c.to_lowercase());
    }
    out
}
