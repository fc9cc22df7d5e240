//! The Python front end.

mod addresses;
mod attempts;
mod beside;
mod calls;
mod classes;
mod configuration;
mod copied;
mod demanding;
mod environment;
mod expressions;
mod filed;
mod flags;
mod frameworks;
mod functions;
mod groups;
mod imports;
mod libraries;
mod limits;
pub(super) mod local;
mod reader;
mod remarks;
pub(super) mod requirements;
mod scan;
mod servers;
mod settings;
mod sinks;
mod statements;
pub(super) mod straight;
mod strings;
pub(super) mod syntax;
pub(super) mod touched;

use std::path::{Path, PathBuf};

use super::reading::Needles;
use super::{FrontEnd, Module, ModuleIndex, Scope, has_extension, reading};
use crate::source::SourceFile;

/// Python.
pub struct Python;

/// What a file must hold to be parsed for its own sake: the ways to read the environment, and the libraries
/// whose clients are sinks, how gunicorn is configured, event loops, and servers.
const NEEDLES: &[&str] = &[
    // Calls that reach a server: what is around them shows whether they are made when the program starts.
    ".connect()",
    ".begin()",
    ".ping(",
    "Flask(",
    "Quart(",
    "Sanic(",
    "Dash(",
    "ottle",
    "uvicorn",
    "config.from_",
    "run_app(",
    "gradio",
    "insecure_port(",
    "make_server(",
    "run_simple(",
    "waitress",
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
    "ftplib",
    "imaplib",
    "poplib",
    "paramiko",
    "pysftp",
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
    "peewee",
    "paho",
    "grpc",
    "chromadb",
    "weaviate",
    "pymilvus",
    "influxdb",
    "meilisearch",
    "hvac",
    "ollama",
    "openai",
    "mlflow",
    "mongoengine",
    "fastapi_mail",
    "workers =",
    "start_http_server",
    "jwt.encode",
    "Fernet(",
    "Bot(",
    "ApplicationBuilder",
    "start_wsgi_server",
    "worker_class",
    "preload_app",
    "asyncio.run(",
    "run_until_complete",
    "async_to_sync",
    "dramatiq",
    "asyncmy",
    "beanie",
    "dask",
    "llama_index",
    "urllib.request",
    "falkordb",
    "kombu",
    "databases",
    "playhouse",
    "pony",
    "piccolo",
    "lask_caching",
    "aiochclient",
    "dbutils",
    "DBUtils",
    "surrealdb",
    "selenium",
    "pulsar",
    "ldap",
    "telnetlib",
    "trino",
    "prestodb",
    "aioodbc",
    "Oracle",
    "s3fs",
    "aiobotocore",
    "zeep",
    "gql",
    "langchain",
    "aiomcache",
    "import ray",
    "distributed",
    "taskiq",
    "faststream",
    "huey",
    "memcache",
    "pylibmc",
    "urlopen",
    "urllib3",
    "HTTPConnection",
    "websocket",
    "xmlrpc",
    "zmq",
    "create_connection(",
    "open_connection(",
    "socket.socket",
    "mqtt",
    "faust",
    "quixstreams",
    "kazoo",
    "consul",
    "etcd",
    "stomp",
    "temporalio",
    "pyodbc",
    "pymssql",
    "oracledb",
    "couchdb",
    "arango",
    "py2neo",
    "neomodel",
    "pysolr",
    "socketio",
    "opentelemetry",
    "langchain_openai",
    "langchain_postgres",
    "imiter",
    "argparse",
    "EMAIL_HOST",
    "safe_load(",
    "tomllib",
    "configparser",
    "bind = ",
    "HTTPServer",
    "TCPServer",
    "WSGIServer",
    "gevent",
    "start_server",
    "tornado",
    "eventlet",
    "cheroot",
    "nicegui",
    "astMCP",
    "flet",
    "hypercorn",
    "yaml.load(",
    "OmegaConf",
    "tomli",
    "config.json",
    "settings.json",
    "dynaconf",
    "aiogram",
    "apscheduler",
    "app.run(",
    "setattr(self",
];

/// Words that say that names are looked up by other means than writing them down.
const DYNAMIC: [&str; 7] =
    ["from_object(", "from_mapping(", "INSTALLED_APPS", "ROOT_URLCONF", "globals()", "locals()", "import *"];

/// What makes of an object all its fields.
const FIELDS: [&str; 5] = [".dict()", "model_dump(", "vars(", "asdict(", "__dict__"];

/// Calls and settings that load dotenv files, and whether the library looks for `.env` by itself when no
/// name is given.
const LOADERS: [(&str, bool); 8] = [
    ("load_dotenv(", true),
    ("dotenv_values(", true),
    ("find_dotenv(", true),
    ("read_env(", true),
    ("read_envfile(", true),
    ("from decouple import", true),
    ("env_file", false),
    ("Config(", false),
];

impl FrontEnd for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["py"])
    }

    fn nothing(&self) -> &'static str {
        "None"
    }

    fn concerns(&self, text: &str) -> bool {
        static SEARCH: Needles = Needles::new();
        SEARCH.any_in(NEEDLES, text)
    }

    fn imports(&self, text: &str) -> Vec<String> {
        imports::scan(text)
    }

    fn may_take_over(&self, text: &str) -> bool {
        let star = |(at, _)| text.get(..at).is_some_and(|before| before.trim_end().ends_with("import"));
        text.match_indices('*').any(star)
    }

    fn loads_otherwise(&self, text: &str) -> bool {
        super::entry::loads_otherwise(text)
    }

    fn flag(&self, value: bool) -> &'static str {
        if value { "True" } else { "False" }
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        imports::candidates(importer, module, &scope.roots)
    }

    fn loaded_with(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        imports::packages_above(place).iter().filter_map(|place| scope.at(place)).collect()
    }

    fn settings(&self) -> Option<&dyn super::Settings> {
        Some(&configuration::Configurations)
    }

    fn looks_up_names(&self, text: &str) -> bool {
        // Celery takes the settings of its own names alone.
        let of_celery = |at: usize| text.get(..at).is_some_and(|before| before.ends_with("config_"));
        DYNAMIC.iter().any(|word| match *word {
            "from_object(" => text.match_indices(word).any(|(at, _)| !of_celery(at)),
            // Not `load_env_vars(`.
            "vars(" => text.match_indices(word).any(|(at, _)| {
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            }),
            word => text.contains(word),
        })
    }

    fn tells_owners(&self) -> bool {
        true
    }

    fn hands_on_fields(&self, text: &str) -> bool {
        FIELDS.iter().any(|word| text.contains(word))
    }

    fn dotenv_signs(&self) -> &'static [(&'static str, bool)] {
        &LOADERS
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = || Module { path: file.path.clone(), ..Module::default() };
        let language = tree_sitter_python::LANGUAGE.into();
        let Some(tree) = reading::parse(&language, &file.text) else { return nothing() };
        let mut reader = reader::Reader::new(file);
        reader.root = Some(tree.root_node());
        reader.block(tree.root_node());
        reader.read_pending();
        reader.names_files_for_others();
        let names = reader.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
        let names = names.into_iter().filter(|(name, _)| !name.contains([' ', '.']));
        let names = names.chain(std::mem::take(&mut reader.given).names());
        let mut module = Module { names: names.collect(), ..reader.notes.finish() };
        let all = module.takes_over.len();
        let before = reader
            .bound_after
            .into_iter()
            .filter(|(name, count)| *count < all && module.names.contains_key(name));
        module.bound_before = before.collect();
        let mentioned = |name: &str| reader.mentions.iter().any(|mention| mention.name == name);
        let makes_app = |name: &str| name.ends_with("app") || name == "application";
        let idle = reader.called_by_name.iter().filter(|it| !mentioned(&it.value) && !makes_app(&it.value));
        module.later.extend(idle.map(|function| function.span));
        module.mentions = reader.mentions.into_iter().collect();
        module
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::reading::clients::Clients;

    #[test]
    fn every_library_of_the_table_has_a_needle() {
        // Of Python's own modules, the names of what is taken from them.
        let own = ["asyncio", "http", "urllib2", "settings"];
        let names = Clients::of("python").iter().flat_map(|client| &client.names);
        for name in names {
            let package = name.split(['.', '(']).next().unwrap_or(name);
            let written = format!("import {package}; {name}(");
            assert!(own.contains(&package) || NEEDLES.iter().any(|word| written.contains(word)), "{name}");
        }
    }
}
