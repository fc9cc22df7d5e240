//! The Go front end.

mod calls;
mod conditions;
mod declarations;
mod decoded;
mod drivers;
mod environment;
mod expressions;
mod filed;
mod flags;
mod flow;
mod koanf;
mod libraries;
mod literals;
mod options;
mod packages;
mod patience;
mod reader;
mod retries;
mod scan;
mod sinks;
mod statements;
pub(super) mod sums;
mod tags;
mod viper;
mod viper_settings;

use std::path::{Path, PathBuf};

pub use drivers::unregistered;
pub use libraries::is_of_go;
pub use packages::{module_name, package_at};

use super::reading::Needles;
use super::{FrontEnd, Module, ModuleIndex, Scope, Settings, has_extension};
use crate::source::SourceFile;

/// Go, with the manifests that say what its import paths mean.
pub struct Go;

/// What a file must hold to be parsed for its own sake: the ways to read the environment, and the libraries
/// whose clients are sinks.
const NEEDLES: [&str; 90] = [
    "ListenAndServe",
    "http.Server{",
    "net.Listen(",
    "gin-gonic",
    "labstack/echo",
    "gofiber",
    "Getenv(",
    "LookupEnv(",
    "ExpandEnv(",
    "env:\"",
    "envconfig",
    "split_words",
    "mapstructure",
    "viper",
    "koanf",
    "yaml:\"",
    "toml:\"",
    "gopkg.in/yaml",
    "BurntSushi",
    "go-zero",
    "go-kratos",
    "gopkg.in/ini",
    "configor",
    "os.Open(",
    "ReadFile(",
    "godotenv",
    "EnvVar",
    "database/sql",
    "jmoiron/sqlx",
    "jackc/pgx",
    "lib/pq",
    "go-pg/pg",
    "gorm",
    "uptrace/bun",
    "entgo.io",
    "redis",
    "mongo",
    "amqp",
    "kafka",
    "sarama",
    "franz-go",
    "nats.go",
    "mqtt",
    "memcache",
    "lasticsearch",
    "pensearch",
    "http.Get(",
    "http.Post",
    "http.Head(",
    "http.NewRequest",
    "http.Client",
    "resty",
    "google.golang.org/grpc",
    "minio",
    "aws-sdk-go",
    "smtp",
    "gomail",
    "gocql",
    "neo4j",
    "clickhouse",
    "net.Dial",
    "net/rpc",
    "asynq",
    "url.URL",
    "ReverseProxy(",
    "beego",
    "gogf/gf",
    "kataras/iris",
    "cloudwego/hertz",
    "eanstalk",
    "etcd/client",
    "consul/api",
    "go.temporal.io",
    "meilisearch",
    "influxdb-client",
    "/mgo",
    "localhost",
    "127.0.0.1",
    "golang-migrate",
    "otlp",
    "exporters/",
    "hashicorp/vault",
    "qdrant",
    "go-nsq",
    "websocket",
    "watermill",
    "olivere",
    "gocloak",
    "pulsar",
    "emulator",
];

impl FrontEnd for Go {
    fn name(&self) -> &'static str {
        "go"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["go"])
            || path.file_name().is_some_and(|name| name == "go.mod" || name == "go.work")
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        static SEARCH: Needles = Needles::new();
        SEARCH.any_in(NEEDLES, text) || environment::calls_a_helper(text)
    }

    fn imports(&self, text: &str) -> Vec<String> {
        packages::scan(text)
    }

    fn left_out(&self, text: &str) -> bool {
        packages::left_out(text)
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        packages::candidates(scope, importer, module)
    }

    fn loaded_with(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        packages::files(scope, place)
    }

    fn shares_names(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        packages::files(scope, place)
    }

    fn settings(&self) -> Option<&dyn Settings> {
        Some(&viper_settings::ViperSettings)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let nothing = || Module { path: file.path.clone(), ..Module::default() };
        if !has_extension(&file.path, &["go"]) {
            return nothing();
        }
        let Some(tree) = super::reading::parse(&tree_sitter_go::LANGUAGE.into(), &file.text) else {
            return nothing();
        };
        let mut reader = reader::Reader::new(file);
        reader.file(tree.root_node());
        reader.finish()
    }
}
