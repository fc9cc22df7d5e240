//! Laravel: `config/*.php`, of which only what the drivers select is dialled; and the database settings of CakePHP
//! and CodeIgniter.

use std::path::Path;

use tree_sitter::Node;

use super::environment::{converted, read};
use super::reader::{RETURNED, Reader};
use crate::programs::reading::given::{Arguments, field, record_fields};
use crate::programs::reading::target::{joined, scheme_of_driver};
use crate::programs::{Condition, Expr, IfExpr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Configuration files that the framework and its packages read themselves.
const OF_THE_FRAMEWORK: [&str; 10] = [
    "database",
    "cache",
    "queue",
    "session",
    "broadcasting",
    "mail",
    "filesystems",
    "scout",
    "horizon",
    "app_local",
];

/// The name of the configuration file of Laravel that this is.
pub(super) fn configuration(path: &Path, text: &str) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let folder =
        path.parent().and_then(Path::file_name).is_some_and(|name| name.eq_ignore_ascii_case("config"));
    let known = folder || OF_THE_FRAMEWORK.contains(&stem);
    // Its own function, not PHP's.
    let calls = text.match_indices("env(").any(|(at, _)| {
        !text
            .get(..at)
            .is_some_and(|before| before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    });
    (known && calls && text.contains("return [")).then(|| stem.to_string())
}

impl<'t> Reader<'t> {
    /// `config('file.key.…', default)`
    pub fn laravel_setting(&mut self, arguments: &Arguments, span: Span) -> Option<Expr> {
        let key = arguments.text(0)?;
        let mut names = key.value.split('.');
        let file = names.next()?;
        let keys: Vec<&str> = names.collect();
        if let Some(first) = keys.first() {
            self.mention(&format!("{file}.{first}"));
        }
        let mut value = imported(file, span);
        for (at, name) in keys.iter().enumerate() {
            let last = at + 1 == keys.len();
            let missing = match arguments.at(1).filter(|_| last) {
                Some(default) => default.clone(),
                None => Expr::Null(span),
            };
            value = item(value, name, missing, span);
        }
        Some(match arguments.at(1) {
            Some(default) => Expr::FirstSet(vec![value, default.clone()]),
            None => value,
        })
    }

    /// Calls of Laravel's own classes.
    pub fn laravel_call(&mut self, full: &str, arguments: &Arguments, span: Span) -> Option<Expr> {
        let facade = full.strip_prefix("Illuminate.Support.Facades.");
        match (full, facade) {
            ("Illuminate.Support.Env.get" | "Illuminate.Support.Env.getOrFail", _) => {
                let value = converted(read(arguments.at(0)?.clone(), arguments.at(1).cloned(), span));
                Some(self.noted(value, span))
            }
            (_, Some("Config.get")) => self.laravel_setting(arguments, span),
            (_, Some(name)) if name.starts_with("Redis.") && !name.contains("()") => {
                let connection = match name {
                    "Redis.connection" => arguments.text(0),
                    _ => None,
                };
                let connection = connection.unwrap_or_else(|| Spanned::new("default".to_string(), span));
                let callee = Spanned::new("Redis".to_string(), span);
                let target = redis(Expr::Text(connection), span);
                self.sink(Sink { kind: SinkKind::Redis, target, arguments: Vec::new(), callee, span });
                None
            }
            _ => None,
        }
    }

    /// The clients that a configuration file makes the framework make.
    pub fn settings_of_laravel(&mut self, settings: &Expr) {
        let Some(stem) = self.keys.as_ref().and_then(|keys| keys.first()).cloned() else { return };
        let default = field(settings, "default").cloned();
        match stem.as_str() {
            "database" => self.chosen(settings, "connections", default.as_ref(), |reader, name, entry| {
                reader.laravel_database(name, entry)
            }),
            "cache" => self.chosen(settings, "stores", default.as_ref(), |reader, name, entry| {
                reader.by_driver(name, entry, "cache")
            }),
            "queue" => self.chosen(settings, "connections", default.as_ref(), |reader, name, entry| {
                reader.by_driver(name, entry, "default")
            }),
            "broadcasting" => {
                self.chosen(settings, "connections", default.as_ref(), |reader, name, entry| {
                    reader.by_driver(name, entry, "default")
                })
            }
            "mail" => {
                self.chosen(settings, "mailers", default.as_ref(), |reader, name, entry| {
                    reader.by_driver(name, entry, "default")
                });
            }
            "filesystems" => self.chosen(settings, "disks", default.as_ref(), |reader, name, entry| {
                reader.by_driver(name, entry, "default")
            }),
            "session" => self.laravel_session(settings),
            "scout" => self.laravel_scout(settings),
            "app" | "app_local" => self.cake(settings),
            _ => {}
        }
    }

    /// `'Datasources' => ['default' => […]]` of CakePHP, whose drivers dial `localhost` when no host is given.
    fn cake(&mut self, settings: &Expr) {
        let Some(sources) = field(settings, "Datasources") else { return };
        let Some((key, entry)) = record_fields(sources).into_iter().find(|(key, _)| key.value == "default")
        else {
            return;
        };
        let of = |name: &str| field(&entry, name).cloned();
        let (host, url) = (of("host"), of("url"));
        if host.is_none() && url.is_none() {
            return;
        }
        let library = |text: &str| Expr::LibraryDefault(Spanned::new(text.to_string(), key.span));
        let local = library("localhost");
        let parts = UrlParts {
            scheme: of("driver").and_then(|driver| scheme_of_driver(&driver)).or(Some(library("mysql"))),
            user: of("username"),
            password: of("password"),
            host: Some(match host {
                Some(host) => Expr::FirstNonEmpty(vec![host, local]),
                None => local,
            }),
            port: of("port"),
            database: of("database"),
        };
        let parts = Expr::Url(Box::new(parts), key.span);
        let target = match url {
            Some(url) => Expr::FirstNonEmpty(vec![url, parts]),
            None => parts,
        };
        let span = key.span;
        self.sink(Sink { kind: SinkKind::Sql, target, arguments: Vec::new(), callee: key, span });
    }

    /// Goes over the entries of a group; each counts where the default is its name.
    fn chosen(
        &mut self,
        settings: &Expr,
        group: &str,
        default: Option<&Expr>,
        make: impl Fn(&mut Self, &Spanned<String>, &Expr) -> Option<(SinkKind, Expr)>,
    ) {
        let Some(entries) = field(settings, group) else { return };
        let Some(default) = default else { return };
        for (name, entry) in record_fields(entries).into_iter().take(60) {
            let Some((kind, target)) = make(self, &name, &entry) else { continue };
            let condition = Condition::Equals(default.clone(), Expr::Text(name.clone()));
            let modes = record_fields(&entry).into_iter().filter(|(key, _)| key.value == "sslmode");
            self.selected(condition, kind, (target, modes.collect()), name);
        }
    }

    fn selected(
        &mut self,
        condition: Condition,
        kind: SinkKind,
        (target, arguments): (Expr, Vec<(Spanned<String>, Expr)>),
        key: Spanned<String>,
    ) {
        let span = key.span;
        let otherwise = Expr::Null(span);
        let target = Expr::If(Box::new(IfExpr { condition, then: target, otherwise, span }));
        self.sink(Sink { kind, target, arguments, callee: key, span });
    }

    fn laravel_database(&mut self, name: &Spanned<String>, entry: &Expr) -> Option<(SinkKind, Expr)> {
        let driver = field(entry, "driver");
        let scheme = driver.and_then(scheme_of_driver);
        if matches!(&scheme, Some(Expr::LibraryDefault(scheme)) if scheme.value == "sqlite") {
            return None;
        }
        let of = |key: &str| field(entry, key).cloned();
        let host = of("host").or_else(|| field(field(entry, "write")?, "host").cloned()).map(first);
        let parts = UrlParts {
            scheme,
            user: of("username"),
            password: of("password"),
            host,
            port: of("port"),
            database: of("database"),
        };
        let parts = Expr::Url(Box::new(parts), name.span);
        let address = of("url").or_else(|| of("dsn"));
        let target = match address {
            Some(url) => Expr::FirstNonEmpty(vec![url, parts]),
            None => parts,
        };
        let mongo = matches!(driver.map(Expr::peel), Some(Expr::Text(text)) if text.value == "mongodb");
        Some((if mongo { SinkKind::Mongo } else { SinkKind::Sql }, target))
    }

    /// What a store, connection or mailer dials by its driver.
    fn by_driver(
        &mut self,
        name: &Spanned<String>,
        entry: &Expr,
        connection: &str,
    ) -> Option<(SinkKind, Expr)> {
        let driver = field(entry, "driver").or_else(|| field(entry, "transport"))?;
        let Expr::Text(driver) = driver.peel() else { return None };
        let of = |key: &str| field(entry, key).cloned();
        let parts = |scheme: &str, record: &Expr| {
            let of = |key: &str| field(record, key).cloned();
            let scheme = Some(Expr::LibraryDefault(Spanned::new(scheme.to_string(), name.span)));
            let parts = UrlParts { scheme, host: of("host"), port: of("port"), ..UrlParts::default() };
            Expr::Url(Box::new(parts), name.span)
        };
        Some(match driver.value.as_str() {
            "redis" => {
                let fallback = Expr::Text(Spanned::new(connection.to_string(), name.span));
                (SinkKind::Redis, redis(of("connection").unwrap_or(fallback), name.span))
            }
            "memcached" => {
                let servers = field(entry, "servers")?;
                let Expr::List(servers) = servers.peel() else { return None };
                (SinkKind::Memcached, parts("memcached", servers.first()?))
            }
            "beanstalkd" => (SinkKind::Tcp, parts("beanstalkd", entry)),
            "rabbitmq" | "amqp" => {
                let hosts = match field(entry, "hosts").map(Expr::peel) {
                    Some(Expr::List(hosts)) => hosts.first()?.clone(),
                    _ => entry.clone(),
                };
                (SinkKind::Amqp, parts("amqp", &hosts))
            }
            "smtp" => {
                let address = parts("smtp", entry);
                let target = match of("url") {
                    Some(url) => Expr::FirstNonEmpty(vec![url, address]),
                    None => address,
                };
                (SinkKind::Smtp, target)
            }
            "s3" => (SinkKind::S3, of("endpoint")?),
            "pusher" | "reverb" => {
                let options = field(entry, "options")?;
                (SinkKind::Http, parts("http", options))
            }
            _ => return None,
        })
    }

    fn laravel_session(&mut self, settings: &Expr) {
        let Some(driver) = field(settings, "driver").cloned() else { return };
        let key = Spanned::new("redis".to_string(), self.file.span().start());
        let fallback = Expr::Text(Spanned::new("default".to_string(), key.span));
        let connection = match field(settings, "connection") {
            Some(connection) => Expr::FirstNonEmpty(vec![connection.clone(), fallback]),
            None => fallback,
        };
        let condition = Condition::Equals(driver, Expr::Text(key.clone()));
        self.selected(condition, SinkKind::Redis, (redis(connection, key.span), Vec::new()), key);
    }

    fn laravel_scout(&mut self, settings: &Expr) {
        let Some(driver) = field(settings, "driver").cloned() else { return };
        for (name, kind) in [("meilisearch", SinkKind::Http), ("elasticsearch", SinkKind::Elasticsearch)] {
            for (key, entry) in record_fields(settings).into_iter().filter(|(key, _)| key.value == name) {
                let host = field(&entry, "host").or_else(|| field(&entry, "hosts"));
                let Some(host) = host.cloned() else { continue };
                let condition = Condition::Equals(driver.clone(), Expr::Text(key.clone()));
                self.selected(condition, kind, (joined(host), Vec::new()), key);
            }
        }
    }

    /// `$db['default']['hostname'] = …` of CodeIgniter 3, where the whole array is written field by field.
    pub fn setting_of_codeigniter(&mut self, object: Node<'t>, key: &Spanned<String>, value: &Expr) -> bool {
        let group =
            self.text(object) == "$db['default']" || key.value == "default" && self.text(object) == "$db";
        if !group {
            return false;
        }
        let span = key.span;
        if key.value == "hostname" {
            let target = value.clone();
            let callee = key.clone();
            self.sink(Sink { kind: SinkKind::Sql, target, arguments: Vec::new(), callee, span });
            return true;
        }
        self.codeigniter(key, value);
        key.value != "default"
    }

    /// `public array $default = ['DSN' => '', 'hostname' => 'localhost', …]` of CodeIgniter 4.
    pub fn property_of_codeigniter(&mut self, name: &str, value: &Expr) {
        if name == "$default" && self.file.path.file_name().is_some_and(|file| file == "Database.php") {
            let key = Spanned::new("default".to_string(), self.file.span().start());
            self.codeigniter(&key, value);
        }
    }

    fn codeigniter(&mut self, key: &Spanned<String>, value: &Expr) {
        let of = |name: &str| field(value, name).cloned();
        let (Some(host), Some(driver)) = (of("hostname"), of("dbdriver").or_else(|| of("DBDriver"))) else {
            return;
        };
        // Version 4 takes every setting from the environment by its own name.
        let four = field(value, "DBDriver").is_some();
        let own = |setting: &str, value: Expr| match four {
            true => {
                let name = Spanned::new(format!("database.default.{setting}"), key.span);
                read(Expr::Text(name), Some(value), key.span)
            }
            false => value,
        };
        let parts = UrlParts {
            scheme: scheme_of_driver(&driver),
            user: of("username").map(|value| own("username", value)),
            password: of("password").map(|value| own("password", value)),
            host: Some(own("hostname", host)),
            port: of("port").map(|value| own("port", value)),
            database: of("database").map(|value| own("database", value)),
        };
        let span = key.span;
        let target = Expr::Url(Box::new(parts), span);
        self.sink(Sink { kind: SinkKind::Sql, target, arguments: Vec::new(), callee: key.clone(), span });
    }
}

/// A connection of Redis by its name in `config/database.php`.
fn redis(connection: Expr, span: Span) -> Expr {
    let all = item(imported("database", span), "redis", Expr::Null(span), span);
    let entry = Expr::Item(Box::new(all), Box::new(connection), Some(Box::new(Expr::Null(span)))).share();
    let of = |name: &str| item(entry.clone(), name, Expr::Null(span), span);
    let parts = UrlParts {
        scheme: Some(Expr::LibraryDefault(Spanned::new("redis".to_string(), span))),
        user: None,
        password: Some(of("password")),
        host: Some(of("host")),
        port: Some(of("port")),
        database: Some(of("database")),
    };
    Expr::FirstNonEmpty(vec![of("url"), Expr::Url(Box::new(parts), span)])
}

fn imported(file: &str, span: Span) -> Expr {
    Expr::Imported { module: format!("config:{file}"), name: RETURNED.to_string(), span }
}

fn item(value: Expr, name: &str, missing: Expr, span: Span) -> Expr {
    let key = Expr::Text(Spanned::new(name.to_string(), span));
    Expr::Item(Box::new(value), Box::new(key), Some(Box::new(missing)))
}

/// The first of several hosts.
fn first(host: Expr) -> Expr {
    match host.peel() {
        Expr::List(items) => items.first().cloned().unwrap_or(host),
        _ => host,
    }
}
