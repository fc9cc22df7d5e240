//! What programs read from their environment, and what they do with it.
//!
//! Every language has a front end that turns a source file into a [`Module`]; everything after
//! that is the same for all of them.

mod absent;
mod asked;
pub mod brought;
mod built_before;
pub mod called;
mod collects;
pub mod comments;
pub mod config_files;
mod config_server;
mod connectors;
mod constant_paths;
pub mod csharp;
mod dashed;
mod declared;
pub mod detached;
mod development;
pub mod dockerfile;
pub mod dockerignore;
mod dotenv;
pub mod elixir;
mod ending;
mod entry;
pub mod evaluate;
mod expr;
pub mod first_dials;
mod first_scripts;
pub mod first_tables;
mod flask_apps;
pub mod folderless;
pub mod folders;
pub mod go;
pub mod hidden;
pub mod hosts;
mod image;
mod install_hooks;
pub mod javascript;
mod jobs;
pub mod jvm;
mod language;
mod launched;
mod limits;
pub mod linked;
pub mod load;
pub mod loaders;
mod lock_notes;
mod looked_for;
mod makerless;
mod meant;
mod misplaced;
mod module_forms;
pub mod module_kinds;
mod modules_meant;
pub mod modules_missing;
pub mod mongo_sets;
mod notes;
pub mod official;
mod old_drivers;
pub mod outdated_locks;
mod own_image;
pub mod page_addresses;
pub mod pageless;
pub mod pages;
pub mod php;
pub mod php_demands;
mod placed;
mod plain_commands;
mod pool;
mod prerendered;
pub mod prisma;
mod products;
mod program;
pub mod proxies;
pub mod python;
pub mod rails;
mod read;
pub mod reading;
pub mod refused_sql;
mod remarks;
mod render;
mod repository;
mod required;
mod role;
pub mod roots;
pub mod routes;
mod ruby;
pub mod rust;
mod scope;
pub mod sealed;
mod secrets;
pub mod served_names;
mod server_scripts;
mod server_settings;
pub mod serverless;
mod servers;
mod service_files;
mod settings;
pub mod shell;
mod sockets;
pub mod source_globs;
mod sources;
pub mod spring;
mod standalone;
pub mod strange_settings;
mod surroundings;
mod symfony;
pub mod system_data;
pub mod tables;
mod tasks;
pub mod unbuilt;
pub mod unbundled;
pub mod undefined;
pub mod unfound;
pub mod unheld;
pub mod uninstalled;
pub mod unkeyed;
mod unloaded;
pub mod unlooked;
mod unmigrated;
mod unmounted;
mod unowned;
pub mod unpassed;
pub mod unrouted;
pub mod unrunnable;
mod unsaid;
mod unserved;
mod unset_pages;
mod unstarted;
pub mod unwritable;
mod upgraded;
mod userless;
mod uses;
pub mod versions;
pub mod walk;
pub mod wanted;

use std::path::PathBuf;

use indexmap::IndexMap;

pub use absent::{Absent, AbsentFile, Excuse, FileOf, without_blanks};
pub use collects::LostLogs;
pub use declared::Declared;
pub use dotenv::{AbsentDotenv, Dotenv, DotenvFolder};
pub use evaluate::{Environment, Evaluated, Outcome, Trail, TrailRead, Value, evaluate, set_by_runtime};
pub use expr::{
    ArgumentExpr, Blank, CallExpr, Condition, Expr, FlagExpr, Function, IfExpr, LookupExpr, MAX_DEPTH,
    Method, ReadExpr, Shared, UrlPart, UrlParts,
};
pub use first_scripts::FirstScripts;
pub use go::unregistered;
pub use hidden::{Hidden, Product};
pub use image::{BuildProblem, Image, is_line};
pub use jobs::LostJob;
pub use language::{FRONT_ENDS, FrontEnd, Start, front_end, has_extension};
pub use limits::{Demand, Limits};
pub use load::Load;
pub use misplaced::Misplaced;
pub use pool::{Pool, Term, Wanted};
pub use prerendered::Prerendered;
pub use products::Unmade;
pub use program::{Program, Skipped};
pub use read::{Programs, Shelf, read};
pub use remarks::{Remark, RemarkKind};
pub use role::Role;
pub use scope::{ModuleIndex, Scope};
pub use servers::{KnownServer, Said, Server};
pub use service_files::{ImageTree, is_aside};
pub use settings::Settings;
pub use sockets::{Sockets, plain as plain_socket};
pub use sources::{MAX_SOURCE, Signs, Source, Sources, Unread};
pub use spring::{
    AT_START, DRIVERS, ENCRYPTS, Launcher, OPENED, UNKNOWN_TO_FLYWAY, lacks_actuator, moved_launcher,
};
pub use unloaded::{LeftOut, Need, Unloaded};
pub use unset_pages::Unset;
pub use unstarted::Unstarted;
pub use uses::{Uses, mentioned, mentions};

use self::reading::queues::QueueCall;
use crate::source::{Span, Spanned};

/// What one source file says about configuration.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// The file.
    pub path: PathBuf,
    /// Every read of an environment variable whose name is known, also those within helper calls.
    pub reads: Vec<Read>,
    /// The reads without which the program stops where a condition holds, each with that.
    pub required_where: Vec<(Span, Condition)>,
    /// Every place where a client of a server is made.
    pub sinks: Vec<Sink>,
    /// What its clients keep of connections.
    pub pools: Vec<Pool>,
    /// Things about sessions and transactions that the datasource rules ask for.
    pub remarks: Vec<Remark>,
    /// What the module's own names stand for, for other modules of the program.
    pub names: IndexMap<String, Expr>,
    /// The modules it imports, as far as they may be the program's own.
    pub imports: Vec<Spanned<String>>,
    /// The modules whose names become its own (`from .base import *`), in order.
    pub takes_over: Vec<String>,
    /// The names that were bound before modules were taken over: what those define in place of them. The number is
    /// that of the modules taken over before.
    pub bound_before: IndexMap<String, usize>,
    /// The names that frameworks look up in it, each with the place of what it is set to.
    pub settings: Vec<Spanned<String>>,
    /// The names that its code mentions where it uses them, each once.
    pub mentions: Vec<Mention>,
    /// The calls it makes of functions of the program, for what those are handed: [`Expr::Argument`].
    pub calls: Vec<CallExpr>,
    /// The queues, channels and topics that it names.
    pub queues: Vec<QueueCall>,
    /// Its functions that only their callers run, each with the place of all of it. Code that is in none of them
    /// is run when the module is loaded, or by a framework.
    pub functions: Vec<Spanned<String>>,
    /// Functions that run whoever calls them, each with the place of all of it: what only late code mentions is late.
    pub bodies: Vec<Spanned<String>>,
    /// Values that calls cannot stand to be nothing, with the calls.
    pub demands: Vec<Spanned<Expr>>,
    /// The code that is not run when the program starts, but when something happens: what handles requests and messages.
    pub later: Vec<Span>,
    /// The dotenv files it loads, as written; blank for the library's own search for `.env`.
    pub dotenv: Vec<Spanned<String>>,
    /// The calls that load dotenv files under conditions: each is [`Expr::Null`] where it is not made.
    pub dotenv_where: Vec<Spanned<Expr>>,
    /// Its classes that refuse what a dotenv file says and they do not.
    pub declared: Vec<Declared>,
    /// What its schemas take as values of variables.
    pub limits: Vec<Limits>,
    /// The configuration files that its code loads.
    pub loads: Vec<Load>,
    /// Where migrations are taken from, as an address, where code asks for them.
    pub migrations: Vec<Spanned<Expr>>,
    /// The sections of its settings without which the program stops, by their keys.
    pub sections: Vec<Spanned<Expr>>,
    /// What kind of file it is.
    pub role: Role,
    /// What it sets for the programs that it starts, in order.
    pub exports: Vec<Export>,
    /// Whether it sets variables for them that can't be seen.
    pub sets_unknown: bool,
    /// The names that it gives to groups of servers: they stand where hosts do.
    pub groups: Vec<String>,
    /// The ports that it says its program listens on.
    pub listens: Vec<Spanned<u16>>,
    /// The ports that its code opens, as they are made.
    pub serves: Vec<Expr>,
    /// The addresses that it says its program listens at, where they name a host.
    pub binds: Vec<Bind>,
    /// The sockets in the file system that it passes requests on to.
    pub sockets: Vec<Spanned<String>>,
    /// The folders of whose files it says that its program gives them out.
    pub roots: Vec<Spanned<String>>,
    /// What it does with requests of some paths.
    pub locations: Vec<proxies::Location>,
    /// The folders from which it gives out the files below some paths alone.
    pub aliases: Vec<Spanned<String>>,
    /// What its program refuses of it, each where it stands and with what the program says.
    pub refused: Vec<Spanned<String>>,
    /// The code that tries again when what it does fails.
    pub attempts: Vec<Attempts>,
    /// The code whose failures are caught, so that the program goes on.
    pub caught: Vec<Attempts>,
    /// The code that runs only where the module is what is started (`if __name__ == "__main__"`).
    pub run_alone: Vec<Span>,
}

impl Module {
    /// The name in [`Module::names`] that says that the code starts a web host, which is told where to listen by
    /// its environment. No name of a program is like it.
    pub const WEB_HOST: &'static str = "web host";

    /// The name in [`Module::names`] that says that the code makes clients which look hosts up in a registry.
    pub const BALANCED: &'static str = "load balanced";

    /// The name in [`Module::names`] that says that the servers of a proxy's file, on port 80, answer for no host by name.
    pub const FOR_LOCALHOST: &'static str = "servers for localhost";

    /// Whether it makes clients which look hosts up in a registry.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.names.contains_key(Self::BALANCED)
    }

    /// Whether it starts a web host.
    #[must_use]
    pub fn is_web_host(&self) -> bool {
        self.names.contains_key(Self::WEB_HOST)
    }

    /// Whether it reads, dials and sets nothing.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        let Module { reads, sinks, dotenv, exports, groups, listens, binds, roots, .. } = self;
        reads.is_empty()
            && sinks.is_empty()
            && dotenv.is_empty()
            && exports.is_empty()
            && [groups.len(), listens.len(), binds.len(), roots.len()] == [0; 4]
            && self.sockets.is_empty()
            && self.attempts.is_empty()
            && self.refused.is_empty()
            && !self.names.contains_key(config_files::logstash::INPUTS)
            && !self.sets_unknown
            && !self.holds_variables()
    }

    /// Whether it is a file of settings with variables of the environment among its values.
    fn holds_variables(&self) -> bool {
        const MAX_VALUES: usize = 5_000;
        if self.role != Role::Settings {
            return false;
        }
        let mut queue: Vec<&Expr> = self.names.values().collect();
        for _ in 0..MAX_VALUES {
            match queue.pop().map(Expr::peel) {
                None => return false,
                Some(Expr::Read(_)) => return true,
                Some(Expr::Concat(parts) | Expr::List(parts)) => queue.extend(parts),
                Some(Expr::Record(fields)) => queue.extend(fields.iter().map(|(_, value)| value)),
                Some(_) => {}
            }
        }
        false
    }
}

/// Code that tries again when what it does fails: a loop around a `try`, a function that a library calls again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// All of it.
    pub span: Span,
    /// The last names of what it calls.
    pub calls: Vec<String>,
}

/// An address that a configuration says its program listens at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// The host.
    pub host: Spanned<String>,
    /// The port, if it is said there.
    pub port: Option<u16>,
}

/// A variable that a start script sets for what it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The variable, where it is assigned or exported.
    pub name: Spanned<String>,
    /// What it is set to; nothing where it is taken away.
    pub value: Expr,
}

impl Module {
    /// The name under which a language keeps what the module itself is, where that may be any value
    /// (`module.exports = …`) and not only its names.
    pub const ITSELF: &'static str = "module.exports";

    /// The name under which the configuration of a server keeps the one password that it asks its clients for.
    pub const PASSWORD: &'static str = "(password)";

    /// The function that code is in which is only run when its file is what was started.
    pub const UNDER_MAIN: &'static str = "__main__";
}

/// A read of an environment variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The variable.
    pub name: Spanned<String>,
    /// The whole read as an expression.
    pub expression: Expr,
    /// Whether the program can be seen to stop without it.
    pub required: bool,
    /// The field or module-level name that holds what was read; see [`Uses`].
    pub held: Option<String>,
    /// The reading expression.
    pub span: Span,
}

/// A name that code mentions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mention {
    /// The name: of a variable, of an attribute.
    pub name: String,
    /// The function or method whose code it is; `None` for code that runs when the module is loaded, or that
    /// a framework calls.
    pub within: Option<String>,
}

impl Mention {
    /// The function that all code is in which a framework calls when something happens, as far as a front end tells.
    pub const LATER: &'static str = "(later)";

    /// What the name of the function begins with that all code is in which only runs when the program is told a word: `serve` of
    /// `shop serve`.
    pub const TOLD: &'static str = "(told) ";
}

/// A place where a client of a server is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Sink {
    /// Which client.
    pub kind: SinkKind,
    /// What it dials: a URL, `host:port`, or parts.
    pub target: Expr,
    /// Named arguments, `connect_args` and options among them.
    pub arguments: Vec<(Spanned<String>, Expr)>,
    /// The callee as written (`create_async_engine`).
    pub callee: Spanned<String>,
    /// The whole call.
    pub span: Span,
}

/// The clients that are known. `rules/data/clients/` says which calls make them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SinkKind {
    /// `sqlalchemy.create_engine`, `engine_from_config`
    SqlAlchemy,
    /// `sqlalchemy.ext.asyncio.create_async_engine`
    SqlAlchemyAsync,
    /// `asyncpg.connect`, `asyncpg.create_pool`
    Asyncpg,
    /// `psycopg2.connect`
    Psycopg2,
    /// `psycopg.connect`, `psycopg_pool`
    Psycopg,
    /// A client of PostgreSQL in another language: pg, pgx, tokio-postgres, Npgsql …
    Postgres,
    /// Clients of MySQL and MariaDB in any language
    MySql,
    /// A client of SQL Server
    Mssql,
    /// A client of some SQL database, which the address or the driver's name tells: Go's `database/sql`, JDBC,
    /// Sequelize, TypeORM, Prisma, Active Record, Ecto, PDO
    Sql,
    /// Clients of Redis and Valkey
    Redis,
    /// Clients of MongoDB
    Mongo,
    /// Clients of memcached
    Memcached,
    /// Celery's broker
    CeleryBroker,
    /// Celery's result backend
    CeleryBackend,
    /// Kafka producers and consumers
    Kafka,
    /// Clients of RabbitMQ
    Amqp,
    /// Clients of NATS
    Nats,
    /// Clients of an MQTT broker
    Mqtt,
    /// Clients of Cassandra and Scylla
    Cassandra,
    /// Clients of Neo4j
    Neo4j,
    /// Clients of ClickHouse
    ClickHouse,
    /// HTTP clients: requests, axios, `http.Get`, RestTemplate …
    Http,
    /// Clients of a gRPC server
    Grpc,
    /// Django's `DATABASES`
    DjangoDatabase,
    /// Django's `CACHES`
    DjangoCache,
    /// Elasticsearch, OpenSearch
    Elasticsearch,
    /// An object store that speaks S3, at an address of its own
    S3,
    /// Mail
    Smtp,
    /// Something waits until a host's port answers (`wait-for-it.sh db:5432`), or opens a plain connection
    Tcp,
    /// A call of which nothing is known, handed an address of the container itself
    Call,
    /// The server that a proxy passes requests on to
    Upstream,
    /// No client: the program opens a port at this address
    Listen,
}
