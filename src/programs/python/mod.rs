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
mod parse;
mod reader;
mod remarks;
mod scan;
mod settings;
mod sinks;
mod statements;
mod strings;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::{FrontEnd, Module};
use crate::source::SourceFile;

/// Python.
pub struct Python;

/// What a file must hold to be parsed for its own sake: the ways to read the environment, and the libraries
/// whose clients are sinks.
const NEEDLES: [&str; 45] = [
    ".commit()",
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
        let Some(tree) = parse::parse(&file.text) else { return nothing() };
        let mut reader = reader::Reader::new(file);
        reader.block(tree.root_node());
        reader.read_pending();
        let names = reader.frames.pop().map(|frame| frame.names).unwrap_or_default();
        let names = names.into_iter().filter(|(name, _)| !name.contains([' ', '.']));
        let mut module = Module { names: names.collect(), ..reader.module };
        module.mentions = reader.mentions.into_iter().collect();
        // Functions are read after the code around them; people read from top to bottom.
        module.reads.sort_by_key(|read| read.span);
        module.sinks.sort_by_key(|sink| sink.span);
        module.remarks.sort_by_key(|remark| remark.span);
        module
    }
}
