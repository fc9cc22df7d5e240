//! Names that belong to libraries, and not to the program.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::programs::reading::clients::Clients;

/// Top-level packages whose names mean something to this front end. All other imports may be the program's.
const KNOWN: [&str; 96] = [
    "os",
    "sys",
    "urllib",
    "functools",
    "dataclasses",
    "typing",
    "contextlib",
    "environs",
    "environ",
    "decouple",
    "starlette",
    "fastapi",
    "pydantic",
    "pydantic_core",
    "pydantic_settings",
    "dotenv",
    "sqlalchemy",
    "sqlmodel",
    "flask",
    "flask_sqlalchemy",
    "asyncpg",
    "psycopg2",
    "psycopg",
    "psycopg_pool",
    "pymysql",
    "aiomysql",
    "asyncmy",
    "MySQLdb",
    "mysql",
    "redis",
    "aioredis",
    "motor",
    "pymongo",
    "celery",
    "kafka",
    "aiokafka",
    "confluent_kafka",
    "aio_pika",
    "pika",
    "kombu",
    "requests",
    "httpx",
    "aiohttp",
    "elasticsearch",
    "opensearchpy",
    "boto3",
    "aioboto3",
    "smtplib",
    "aiosmtplib",
    "ftplib",
    "imaplib",
    "poplib",
    "paramiko",
    "pysftp",
    "dj_database_url",
    "databases",
    "tortoise",
    "socket",
    "logging",
    "json",
    "pathlib",
    "nats",
    "neo4j",
    "clickhouse_driver",
    "clickhouse_connect",
    "qdrant_client",
    "minio",
    "cassandra",
    "beanie",
    "rq",
    "arq",
    "peewee",
    "playhouse",
    "paho",
    "grpc",
    "chromadb",
    "weaviate",
    "pymilvus",
    "influxdb_client",
    "meilisearch",
    "hvac",
    "ollama",
    "openai",
    "mlflow",
    "mongoengine",
    "fastapi_mail",
    "argparse",
    "hypercorn",
    "yaml",
    "tomllib",
    "tomli",
    "toml",
    "omegaconf",
    "configparser",
    "json5",
    "hjson",
];

/// Whether a module name is a library's.
pub(super) fn is_library(module: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    KNOWN.contains(&top) || makes_clients(top) || module == "django" || module.starts_with("django.")
}

/// Whether the table of clients has calls of the package.
fn makes_clients(package: &str) -> bool {
    static PACKAGES: OnceLock<HashSet<&str>> = OnceLock::new();
    let all = || {
        let names = Clients::of("python").iter().flat_map(|client| &client.names);
        let packages = names.filter_map(|name| name.split(['.', '(']).next());
        // Settings that make clients stand in modules of the program.
        packages.filter(|package| *package != "settings").collect()
    };
    PACKAGES.get_or_init(all).contains(package)
}
