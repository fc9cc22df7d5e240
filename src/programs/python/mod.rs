//! The Python front end.

mod calls;
mod classes;
mod clients;
mod environment;
mod expressions;
mod frameworks;
mod functions;
mod imports;
mod libraries;
mod reader;
mod remarks;
mod scan;
mod settings;
mod sinks;
mod statements;
mod strings;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::{FrontEnd, Module};
use crate::source::SourceFile;

/// Python.
pub struct Python;

/// What a file must hold to be parsed for its own sake: the ways to read the environment, and the libraries
/// whose clients are sinks.
const NEEDLES: [&str; 44] = [
    "environ",
    "getenv",
    "Settings",
    "decouple",
    "dotenv",
    "starlette.config",
    "create_engine",
    "create_async_engine",
    "engine_from_config",
    "sessionmaker",
    "AsyncSession",
    "sqlalchemy",
    "SQLALCHEMY",
    "asyncpg",
    "psycopg",
    "pymysql",
    "aiomysql",
    "MySQLdb",
    "mysql.connector",
    "redis",
    "motor",
    "pymongo",
    "MongoClient",
    "elery",
    "CELERY",
    "kafka",
    "pika",
    "requests",
    "httpx",
    "aiohttp",
    "lasticsearch",
    "pensearch",
    "boto3",
    "smtplib",
    "DATABASES",
    "CACHES",
    "SocketIO",
    "neo4j",
    "clickhouse",
    "qdrant",
    "cassandra",
    "nats",
    "tortoise",
    "minio",
];

impl FrontEnd for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["py"]
    }

    fn nothing(&self) -> &'static str {
        "None"
    }

    fn concerns(&self, text: &str) -> bool {
        static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
        SEARCH
            .get_or_init(|| AhoCorasick::new(NEEDLES).ok())
            .as_ref()
            .is_none_or(|search| search.is_match(text))
    }

    fn imports(&self, text: &str) -> Vec<String> {
        imports::scan(text)
    }

    fn candidates(&self, importer: &Path, module: &str, roots: &[PathBuf]) -> Vec<PathBuf> {
        imports::candidates(importer, module, roots)
    }

    fn loaded_with(&self, path: &Path) -> Vec<PathBuf> {
        imports::packages_above(path)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = || Module { path: file.path.clone(), ..Module::default() };
        let Some(tree) = parse(&file.text) else { return nothing() };
        let mut reader = reader::Reader::new(file);
        reader.block(tree.root_node());
        reader.read_pending();
        let names = reader.frames.pop().map(|frame| frame.names).unwrap_or_default();
        let names = names.into_iter().filter(|(name, _)| !name.contains([' ', '.']));
        Module { names: names.collect(), ..reader.module }
    }
}

/// The syntax tree; `None` when the text takes too long to parse.
fn parse(text: &str) -> Option<tree_sitter::Tree> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
    // The callback comes at fixed numbers of steps of the parser, so that the bound is the same on every machine.
    let mut left = 20_000 + text.len();
    let mut progress = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = tree_sitter::ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}
