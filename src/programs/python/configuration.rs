//! The configurations that a program fills in one module and asks in another: Flask's `app.config`, and the settings
//! of a Celery application that was made without an address.
//!
//! What a module puts in stands among its names, under names that no program can write; whoever asks looks it up in
//! all modules that the process loads.

use std::path::Path;
use std::sync::Arc;

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::evaluate::Environment;
use crate::programs::reading::made;
use crate::programs::{
    CallExpr, Condition, Expr, Function, IfExpr, LookupExpr, Mention, Method, ModuleIndex, Scope, Settings,
    SinkKind, UrlParts,
};
use crate::source::{Span, Spanned};

/// A function that gives what `app.config` has under a key.
const CONFIGURATION: &str = "(configuration)";
const BROKER: &str = "(broker)";
const BACKEND: &str = "(backend)";

const KEY: &str = "key";

/// No more of what fills a configuration is kept of one module.
const MAX_GIVEN: usize = 32;

/// The keys of `app.config` by which extensions of Flask make clients.
const EXTENSIONS: [(&str, SinkKind); 4] = [
    ("SQLALCHEMY_DATABASE_URI", SinkKind::SqlAlchemy),
    ("MONGO_URI", SinkKind::Mongo),
    ("CACHE_REDIS_URL", SinkKind::Redis),
    ("RQ_REDIS_URL", SinkKind::Redis),
];

/// Those that give an address piecemeal: host, port, user, password, database. Flask-MySQLdb 2.0, Flask-MySQL 1.6,
/// Flask-Caching 2.5, Flask-Mail 0.10, Flask-MQTT 1.3.
const PIECEMEAL: [(SinkKind, &str, [&str; 5]); 5] = [
    (SinkKind::MySql, "mysql", ["MYSQL_HOST", "MYSQL_PORT", "MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_DB"]),
    (
        SinkKind::MySql,
        "mysql",
        [
            "MYSQL_DATABASE_HOST",
            "MYSQL_DATABASE_PORT",
            "MYSQL_DATABASE_USER",
            "MYSQL_DATABASE_PASSWORD",
            "MYSQL_DATABASE_DB",
        ],
    ),
    (
        SinkKind::Redis,
        "redis",
        ["CACHE_REDIS_HOST", "CACHE_REDIS_PORT", "", "CACHE_REDIS_PASSWORD", "CACHE_REDIS_DB"],
    ),
    (SinkKind::Smtp, "smtp", ["MAIL_SERVER", "MAIL_PORT", "", "", ""]),
    (SinkKind::Mqtt, "mqtt", ["MQTT_BROKER_URL", "MQTT_BROKER_PORT", "", "", ""]),
];

/// What Flask-SQLAlchemy hands to the engine that it makes (Flask-SQLAlchemy 3.1, "Configuration").
const ENGINE_OPTIONS: &str = "SQLALCHEMY_ENGINE_OPTIONS";

/// The key of Flask-MongoEngine's record, and what it dials where that names no host (Flask-MongoEngine 1.0).
const MONGO_SETTINGS: &str = "MONGODB_SETTINGS";
const MONGO_DEFAULT: &str = "mongodb://localhost:27017";

const BROKERS: [&str; 4] = ["CELERY_BROKER_URL", "broker_url", "BROKER_URL", "CELERY_BROKER"];
const BACKENDS: [&str; 3] = ["CELERY_RESULT_BACKEND", "result_backend", "CELERY_BACKEND"];

/// What the module that is being read puts in, in order.
#[derive(Default)]
pub(super) struct Given {
    /// What it gives for the parameter [`KEY`].
    flask: Vec<Expr>,
    broker: Vec<Expr>,
    backend: Vec<Expr>,
}

impl Given {
    /// The names under which it is found.
    pub fn names(self) -> Vec<(String, Expr)> {
        let last_first = |mut given: Vec<Expr>| {
            given.reverse();
            (!given.is_empty()).then_some(Expr::FirstSet(given))
        };
        let function = |body| {
            let parameters = vec![(KEY.to_string(), None)];
            Expr::Function(Arc::new(Function { name: "config".to_string(), parameters, body, class: false }))
        };
        let named = |name: &str, value: Option<Expr>| value.map(|value| (name.to_string(), value));
        [
            named(CONFIGURATION, last_first(self.flask).map(function)),
            named(BROKER, last_first(self.broker)),
            named(BACKEND, last_first(self.backend)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// How programs find what was put in.
pub(super) struct Configurations;

impl Settings for Configurations {
    fn variables(&self, _scope: &Scope, _place: &Path, _key: &str) -> Vec<String> {
        Vec::new()
    }

    fn files(&self, scope: &Scope, _: &Path, _: &dyn Environment) -> Option<Vec<ModuleIndex>> {
        Some(scope.containing("conf").to_vec())
    }

    fn name(&self, key: &str) -> String {
        key.to_string()
    }
}

/// What is found under one of the names; `otherwise` when no module puts anything there.
fn found(name: &str, otherwise: Option<Expr>, span: Span) -> Expr {
    let key = Expr::Text(Spanned::new(name.to_string(), span));
    let required = otherwise.is_none();
    Expr::Lookup(Box::new(LookupExpr { key, default: otherwise, required, span }))
}

/// What `app.config` has under the key; nothing when it is seen not to have it.
fn in_configuration(key: Expr, span: Span) -> Expr {
    let callee = found(CONFIGURATION, None, span);
    Expr::Call(Box::new(CallExpr { callee, arguments: vec![(None, key)], span }))
}

/// The broker that Celery is told elsewhere.
pub(super) fn told_broker(otherwise: Expr, span: Span) -> Expr {
    found(BROKER, Some(otherwise), span)
}

fn text(value: &str, span: Span) -> Expr {
    Expr::Text(Spanned::new(value.to_string(), span))
}

fn item(object: &Expr, key: Expr) -> Expr {
    Expr::Item(Box::new(object.clone()), Box::new(key), Some(Box::new(Expr::Null(Span::NONE))))
}

impl<'t> Reader<'t> {
    /// Looks at a call for what it puts into a configuration: `app.config.from_object(…)`, `celery.conf.update(…)`.
    pub fn configured_by(&mut self, node: Node<'t>, callee: Node<'t>) {
        let (Some(object), Some(name)) =
            (callee.child_by_field_name("object"), callee.child_by_field_name("attribute"))
        else {
            return;
        };
        let name = self.text(name);
        let object_name = self.text(object);
        if name == "config_from_object" {
            return self.celery_given(node);
        }
        if object_name.ends_with(".conf") && name == "update" {
            return self.celery_given(node);
        }
        if !object_name.ends_with(".config") {
            return;
        }
        match name {
            "from_object" => {
                let Some(value) = self.arguments(node).at(0) else { return };
                let object = named(self.expr(value));
                self.flask_given(&object, self.span(value));
            }
            "from_pyfile" => {
                let Some(file) = self.arguments(node).at(0).and_then(|file| self.literal(file)) else {
                    return;
                };
                let Some(module) = file.value.strip_suffix(".py") else { return };
                let module = module.trim_start_matches("./").replace('/', ".");
                let object = Expr::Imported { module, name: String::new(), span: file.span };
                self.flask_given(&object, file.span);
            }
            "from_prefixed_env" => {
                let prefix = self.arguments(node).get(Some(0), &["prefix"]);
                let prefix = prefix.and_then(|prefix| self.literal(prefix));
                let prefix = prefix.map_or("FLASK".to_string(), |prefix| prefix.value);
                self.flask_from_environment(&prefix, self.span(node));
            }
            "from_envvar" => self.give(|given| &mut given.flask, Expr::Opaque(self.span(node))),
            "from_mapping" | "update" if name != "update" || self.is_flask_configuration(object) => {
                self.flask_mapping(node);
            }
            _ => {}
        }
    }

    fn flask_mapping(&mut self, node: Node<'t>) {
        let mut fields = Vec::new();
        for argument in self.arguments(node).0 {
            let value = self.expr(argument.value);
            match argument.name {
                Some(name) => fields.push((name, value)),
                None => self.flask_given(&value, self.span(argument.value)),
            }
        }
        if !fields.is_empty() {
            self.flask_given(&Expr::Record(fields), self.span(node));
        }
    }

    /// `app.config[key] = value`
    pub fn flask_assigned(&mut self, object: Node<'t>, key: &Spanned<String>, value: &Expr) {
        if self.is_flask_configuration(object) {
            self.flask_given(&Expr::Record(vec![(key.clone(), value.clone())]), key.span);
        }
    }

    /// All that the object has goes into `app.config`; clients are made of what stands under the keys of extensions.
    fn flask_given(&mut self, object: &Expr, place: Span) {
        if matches!(object.peel(), Expr::Opaque(_)) && self.names.path().next().is_some() {
            // Tests hand over what nobody else does.
            return;
        }
        let object = object.clone().share();
        self.give(|given| &mut given.flask, item(&object, Expr::Parameter(KEY.to_string())));
        let put = |key: &str| match object.peel() {
            Expr::Record(fields) => {
                let (name, value) = fields.iter().rev().find(|(name, _)| name.value == key)?;
                Some((name.span, value.clone()))
            }
            _ => Some((place, item(&object, text(key, place)))),
        };
        let whole = EXTENSIONS.into_iter().filter_map(|(key, kind)| {
            let (at, target) = put(key)?;
            Some((kind, Spanned::new(key.to_string(), at), target))
        });
        let piecemeal = PIECEMEAL.into_iter().filter_map(|(kind, scheme, [host_key, rest @ ..])| {
            let (at, host) = put(host_key)?;
            let host = host.share();
            let asked = |key: &str| (!key.is_empty()).then(|| in_configuration(text(key, at), at));
            let [port, user, password, database] = rest.map(asked);
            let scheme = Some(Expr::LibraryDefault(Spanned::new(scheme.to_string(), at)));
            let parts = UrlParts { scheme, user, password, host: Some(host.clone()), port, database };
            let target = where_set(host, Expr::Url(Box::new(parts), at), at);
            Some((kind, Spanned::new(host_key.to_string(), at), target))
        });
        let mongo = put(MONGO_SETTINGS).map(|(at, settings)| {
            let settings = settings.share();
            let own = Expr::LibraryDefault(Spanned::new(MONGO_DEFAULT.to_string(), at));
            let told = Expr::FirstSet(vec![item(&settings, text("host", at)), own]);
            (SinkKind::Mongo, Spanned::new(MONGO_SETTINGS.to_string(), at), where_set(settings, told, at))
        });
        // At one place there is one client of a kind: of the first key that the object has.
        let mut clients: Vec<(SinkKind, Spanned<String>, Vec<Expr>)> = Vec::new();
        for (kind, key, target) in whole.chain(piecemeal).chain(mongo) {
            match clients.iter_mut().find(|(known, at, _)| *known == kind && at.span == key.span) {
                Some((.., targets)) => targets.push(target),
                None => clients.push((kind, key, vec![target])),
            }
        }
        for (kind, key, mut targets) in clients {
            let target = if targets.len() == 1 { targets.remove(0) } else { Expr::FirstSet(targets) };
            let arguments = match kind {
                SinkKind::SqlAlchemy => vec![engine_options(key.span)],
                _ => Vec::new(),
            };
            self.setting_sink_with(kind, target, key, arguments);
        }
    }

    /// `SQLAlchemy(engine_options={…})`: for those that `app.config` does not say (Flask-SQLAlchemy 3.1, "Configuration").
    pub fn engine_options_given(&mut self, library: &str, node: Node<'t>) {
        if library != "flask_sqlalchemy.SQLAlchemy" {
            return;
        }
        let Some(options) = self.arguments(node).get(None, &["engine_options"]) else { return };
        let (value, span) = (self.expr(options), self.span(options));
        let fields = vec![(Spanned::new(ENGINE_OPTIONS.to_string(), span), value)];
        self.flask_given(&Expr::Record(fields), span);
    }

    fn flask_from_environment(&mut self, prefix: &str, span: Span) {
        let name = Expr::Concat(vec![text(&format!("{prefix}_"), span), Expr::Parameter(KEY.to_string())]);
        let read = made::read(name, Some(Expr::Null(span)), false, span);
        self.give(|given| &mut given.flask, read);
    }

    /// What is read of `app.config`; `None` when the node is no configuration of Flask.
    pub fn in_flask(
        &mut self,
        object: Node<'t>,
        key: Expr,
        default: Option<Expr>,
        span: Span,
    ) -> Option<Expr> {
        if !self.is_flask_configuration(object) {
            return None;
        }
        // What is not seen to be put in may be put in all the same.
        let otherwise = default.unwrap_or(Expr::Opaque(span));
        Some(Expr::FirstSet(vec![in_configuration(key, span), otherwise]))
    }

    /// Whether the node is the configuration of what its name says is an application: `app.config`,
    /// `current_app.config`, `self.app.config`.
    fn is_flask_configuration(&self, node: Node<'t>) -> bool {
        let Some(application) = self.text(node).strip_suffix(".config") else { return false };
        let last = application.rsplit(['.', ')']).next().unwrap_or(application);
        last.to_ascii_lowercase().ends_with("app")
            || matches!(last, "application" | "flask" | "_get_current_object(")
    }

    /// What Celery is told by `config_from_object` and `conf.update`.
    fn celery_given(&mut self, node: Node<'t>) {
        for name in BROKERS.iter().chain(&BACKENDS) {
            let mention = Mention { name: (*name).to_string(), within: None };
            self.mentions.insert(mention);
        }
        let mut fields = Vec::new();
        for argument in self.arguments(node).0 {
            if let Some(name) = argument.name {
                let value = self.expr(argument.value);
                fields.push((name, value));
            } else if !self.text(argument.value).contains("django.conf") {
                let whole = self.is_flask_configuration(argument.value);
                let object = if whole { None } else { Some(named(self.expr(argument.value))) };
                self.celery_object(object.as_ref(), self.span(argument.value));
            }
        }
        if !fields.is_empty() {
            self.celery_object(Some(&Expr::Record(fields)), Span::NONE);
        }
    }

    /// What an object, or all of `app.config`, tells Celery.
    fn celery_object(&mut self, object: Option<&Expr>, span: Span) {
        let object = object.map(|object| object.clone().share());
        let of = |keys: &[&str]| {
            let each = keys.iter().map(|key| match &object {
                Some(object) => item(object, text(key, span)),
                None => in_configuration(text(key, span), span),
            });
            Expr::FirstSet(each.collect())
        };
        self.give(|given| &mut given.broker, of(&BROKERS));
        self.give(|given| &mut given.backend, of(&BACKENDS));
    }

    /// A setting of Celery that stands by itself.
    pub fn celery_told(&mut self, kind: SinkKind, value: &Expr) {
        match kind {
            SinkKind::CeleryBroker => self.give(|given| &mut given.broker, value.clone()),
            _ => self.give(|given| &mut given.backend, value.clone()),
        }
    }

    /// `from module import *`: the module may tell it otherwise.
    pub fn celery_may_be_told(&mut self, span: Span) {
        for list in [&mut self.given.broker, &mut self.given.backend] {
            if self.notes.recording && !list.is_empty() && list.len() < MAX_GIVEN {
                list.push(Expr::Opaque(span));
            }
        }
    }

    fn give(&mut self, list: fn(&mut Given) -> &mut Vec<Expr>, value: Expr) {
        let path: Vec<Condition> =
            self.names.path().filter(|condition| **condition != Condition::Opaque).cloned().collect();
        let value = match path.is_empty() {
            true => value,
            false => Expr::If(Box::new(IfExpr {
                condition: Condition::Possibly(Box::new(Condition::All(path))),
                then: value,
                otherwise: Expr::Null(Span::NONE),
                span: Span::NONE,
            })),
        };
        let list = list(&mut self.given);
        if self.notes.recording && list.len() < MAX_GIVEN {
            list.push(value.share());
        }
    }
}

/// What is spread into the call that makes the engine: all that `app.config` has for it, or nothing.
fn engine_options(span: Span) -> (Spanned<String>, Expr) {
    let told = in_configuration(text(ENGINE_OPTIONS, span), span);
    (Spanned::new("**".to_string(), span), Expr::FirstSet(vec![told, Expr::Record(Vec::new())]))
}

/// The value where what is asked is there at all.
fn where_set(asked: Expr, then: Expr, span: Span) -> Expr {
    let condition = Condition::IsSet(asked);
    Expr::If(Box::new(IfExpr { condition, then, otherwise: Expr::Null(span), span }))
}

/// The object that a text names, or the object itself.
fn named(value: Expr) -> Expr {
    match value.peel() {
        Expr::Function(_) | Expr::Imported { .. } | Expr::Record(_) => value,
        _ => Expr::Method(Box::new(value), Box::new(Method::Named)),
    }
}
