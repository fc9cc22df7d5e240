//! The Rust front end.

mod calls;
mod conditions;
mod crates;
mod defaults;
mod expressions;
mod filed;
mod filled;
mod flow;
mod instances;
mod items;
mod libraries;
mod macros;
mod options;
mod paths;
mod reader;
mod requests;
mod rocket;
mod serde;
mod sinks;

use std::path::{Path, PathBuf};

pub use crates::{Manifest, binary, binary_of_package, only_binary};

use super::reading::Needles;
use super::{FrontEnd, Module, Scope, Settings, has_extension};
use crate::source::SourceFile;

/// Rust, with the manifests that say which crates there are.
pub struct Rust;

/// What a file must hold to be parsed for its own sake: the ways to read the environment, and the libraries
/// whose clients are sinks.
const NEEDLES: [&str; 64] = [
    "TcpListener",
    "Server::bind",
    "HttpServer",
    "nvconfig",
    "env::var",
    "var(\"",
    "var_os(",
    "dotenv",
    "envy",
    "env =",
    "#[arg(",
    "#[clap(",
    "#[structopt(",
    "env,",
    "env)",
    "Environment::",
    "config::",
    "toml::from",
    "serde_yaml::from",
    "serde_yml::from",
    "Env::",
    "sqlx",
    "diesel",
    "PgConnection",
    "MysqlConnection",
    "sea_orm",
    "postgres",
    "deadpool",
    "redis",
    "mongodb",
    "lapin",
    "rdkafka",
    "reqwest",
    "async_nats",
    "nats",
    "mqtt",
    "elasticsearch",
    "opensearch",
    "lettre",
    "memcache",
    "clickhouse",
    "scylla",
    "neo4rs",
    "tonic",
    "warp::serve",
    "rocket::",
    "Client::connect(",
    "localhost",
    "127.0.0.1",
    "mysql",
    "fred::",
    "amqprs",
    "kafka",
    "aws_config",
    "aws_sdk",
    "otlp",
    "qdrant",
    "meili",
    "influx",
    "etcd",
    "TcpStream",
    "tungstenite",
    "surreal",
    // Of Rocket's own file.
    "address = \"",
];

impl FrontEnd for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["rs"])
            || path.file_name().is_some_and(|name| name == "Cargo.toml" || name == rocket::FILE)
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        static SEARCH: Needles = Needles::new();
        SEARCH.any_in(NEEDLES, text)
    }

    fn may_take_over(&self, text: &str) -> bool {
        // Modules of tests begin so.
        let for_tests = |line: &str| line.starts_with(' ') && line.trim() == "use super::*;";
        text.contains("::*") && text.lines().any(|line| line.contains("::*") && !for_tests(line))
    }

    fn imports(&self, text: &str) -> Vec<String> {
        crates::scan(text)
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        crates::candidates(scope, importer, module)
    }

    fn settings(&self) -> Option<&dyn Settings> {
        Some(&rocket::RocketSettings)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = || Module { path: file.path.clone(), ..Module::default() };
        if file.path.ends_with(rocket::FILE) {
            return rocket::settings(file);
        }
        if !has_extension(&file.path, &["rs"]) {
            return nothing();
        }
        let language = tree_sitter_rust::LANGUAGE.into();
        let Some(tree) = super::reading::parse(&language, &file.text) else { return nothing() };
        let inside = macros::Inside::of(&tree, &file.text);
        let mut reader = reader::Reader::new(file, &inside);
        reader.file(tree.root_node());
        reader.finish()
    }
}
