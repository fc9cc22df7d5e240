//! The Ruby front end.

mod calls;
mod conditions;
mod definitions;
mod environment;
mod expressions;
mod imports;
mod methods;
mod parse;
mod rails;
mod reader;
mod sinatra;
mod statements;

use std::path::{Path, PathBuf};

pub(super) use parse::parse as tree;

use super::reading::Needles;
use super::{Expr, FrontEnd, Module, ModuleIndex, Scope, has_extension};
use crate::source::{SourceFile, Span};

pub(in crate::programs) use environment::rails_environment;

/// Ruby.
pub struct Ruby;

/// What a file must hold to be parsed for its own sake: the environment, and the libraries of clients.
const NEEDLES: [&str; 42] = [
    "ENV",
    "Redis",
    "redis",
    "PG.",
    "PG::",
    "Mysql2",
    "Trilogy",
    "Sequel",
    "establish_connection",
    "Mongo",
    "Bunny",
    "Faraday",
    "HTTParty",
    "Net::",
    "RestClient",
    "HTTP.",
    "Typhoeus",
    "Excon",
    "URI.",
    "URI(",
    "Elasticsearch",
    "OpenSearch",
    "Searchkick",
    "Chewy",
    "Dalli",
    "Kafka",
    "kafka",
    "Sidekiq.",
    "Resque.",
    "smtp_settings",
    "cache_store",
    "Aws::",
    "TCPSocket",
    "NATS",
    "MQTT",
    "Stomp",
    "Neo4j",
    "ClickHouse",
    "MeiliSearch",
    "Meilisearch",
    "set :database",
    "sinatra",
];

/// Calls that load dotenv files.
const LOADERS: [(&str, bool); 4] =
    [("Dotenv.load", true), ("dotenv/load", true), ("Dotenv.overload", true), ("Dotenv.parse", false)];

impl FrontEnd for Ruby {
    fn name(&self) -> &'static str {
        "ruby"
    }

    fn claims(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        has_extension(path, &["rb", "ru", "rake"]) || matches!(name, "Rakefile" | "Gemfile" | "Guardfile")
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        static SEARCH: Needles = Needles::new();
        SEARCH.any_in(NEEDLES, text) || super::reading::strange::concerns(text)
    }

    fn imports(&self, text: &str) -> Vec<String> {
        imports::scan(text)
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        imports::candidates(&scope.roots, importer, module)
    }

    fn loads_otherwise(&self, text: &str) -> bool {
        imports::globs(text)
    }

    fn may_take_over(&self, text: &str) -> bool {
        ["require", "load", "autoload"].iter().any(|word| text.contains(word))
    }

    fn names_for_all(&self, text: &str) -> bool {
        text.contains("ENV")
    }

    fn loaded_with(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        imports::globbed(scope, place)
    }

    fn shares_names(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        imports::constants(scope, place)
    }

    fn dotenv_signs(&self) -> &'static [(&'static str, bool)] {
        &LOADERS
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = || Module { path: file.path.clone(), ..Module::default() };
        if file.path.file_name().is_some_and(|name| name == "Gemfile") {
            return nothing();
        }
        let Some(tree) = parse::parse(&file.text) else { return nothing() };
        let mut reader = reader::Reader::new(file);
        reader.program(tree.root_node());
        reader.finish()
    }
}

/// Reads the code between the tags of a template: `code` is the text of the file with blanks for all that is no
/// code. Gives the values of the statements at the top with their places, and what was noted.
pub(in crate::programs) fn template(file: &SourceFile, code: &str) -> (Vec<(Span, Expr)>, Module) {
    let Some(tree) = parse::parse(code) else {
        return (Vec::new(), Module { path: file.path.clone(), ..Module::default() });
    };
    let mut reader = reader::Reader::new(file);
    let values = reader.values(tree.root_node());
    (values, reader.finish())
}
