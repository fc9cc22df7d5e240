//! Settings by which frameworks make clients: Django, Celery, Flask-SQLAlchemy.

use tree_sitter::Node;

use super::configuration::told_broker;
use super::reader::{FrameKind, Reader};
use crate::programs::reading::clients::{Clients, Slot};
use crate::programs::reading::given::record_fields;
use crate::programs::reading::{addresses, made, pool};
use crate::programs::{Condition, Expr, IfExpr, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Celery's settings, in its own names and in those of a Django namespace.
const CELERY: [(&str, SinkKind); 6] = [
    ("broker_url", SinkKind::CeleryBroker),
    ("result_backend", SinkKind::CeleryBackend),
    ("CELERY_BROKER_URL", SinkKind::CeleryBroker),
    ("CELERY_RESULT_BACKEND", SinkKind::CeleryBackend),
    ("BROKER_URL", SinkKind::CeleryBroker),
    ("CELERY_BROKER", SinkKind::CeleryBroker),
];

impl<'t> Reader<'t> {
    /// Looks at an assignment for settings that make clients. `made` is the value.
    pub fn configured(&mut self, target: Node<'t>, made: &Expr) {
        if !self.notes.recording {
            return;
        }
        match target.kind() {
            "identifier" => self.setting(target, made),
            "subscript" => {
                let (Some(object), Some(key)) =
                    (target.child_by_field_name("value"), target.child_by_field_name("subscript"))
                else {
                    return;
                };
                let Some(key) = self.literal(key) else { return };
                self.flask_assigned(object, &key, made);
                let object = self.text(object);
                if object == "DATABASES" {
                    self.django_database(&key, made);
                } else if object.ends_with(".conf") {
                    self.celery_setting(&key, made);
                }
            }
            "attribute" => {
                let name = self.dotted(target).unwrap_or_default();
                if let Some((object, key)) = name.rsplit_once('.')
                    && (object.ends_with(".conf") || object == "conf")
                {
                    let key = Spanned::new(key.to_string(), self.span(target));
                    self.celery_setting(&key, made);
                }
            }
            _ => {}
        }
    }

    fn setting(&mut self, target: Node<'t>, made: &Expr) {
        let name = self.spanned(target);
        match (self.kind(), name.value.as_str()) {
            (FrameKind::Module, "DATABASES") => {
                for (alias, entry) in record_fields(made) {
                    self.django_database(&alias, &entry);
                }
            }
            (FrameKind::Module, "SECRET_KEY") => self.secret_key(made),
            (FrameKind::Module, "CACHES") => self.django_caches(made),
            (FrameKind::Module, "CHANNEL_LAYERS") => self.channel_layers(made),
            (FrameKind::Module, "EMAIL_HOST") if self.sends_mail() && self.configures_celery() => {
                let port = Some(Expr::Own(Spanned::new("EMAIL_PORT".to_string(), name.span)));
                let scheme = Some(Expr::LibraryDefault(Spanned::new("smtp".to_string(), name.span)));
                let parts = UrlParts { scheme, host: Some(made.clone()), port, ..UrlParts::default() };
                self.setting_sink(SinkKind::Smtp, Expr::Url(Box::new(parts), name.span), name);
            }
            (FrameKind::Module, setting)
                if CELERY.iter().any(|(known, _)| *known == setting) && self.configures_celery() =>
            {
                self.celery_setting(&name, made);
            }
            // Of several only `app.config.from_object` says which one counts.
            (FrameKind::Class, "SQLALCHEMY_DATABASE_URI")
                if self.file.text.contains("lask")
                    && self.file.text.matches("SQLALCHEMY_DATABASE_URI").count() == 1 =>
            {
                self.setting_sink(SinkKind::SqlAlchemy, made.clone(), name);
            }
            _ => {}
        }
    }

    /// Django does not start without a `SECRET_KEY` (`django/conf/__init__.py`); another module of settings may have one.
    fn secret_key(&mut self, made: &Expr) {
        let text = &self.file.text;
        let alone = self.file.path.file_name().is_some_and(|name| name == "settings.py");
        let once = text.lines().filter(|line| line.trim_start().starts_with("SECRET_KEY")).count() == 1;
        if !alone || !once || !text.contains("INSTALLED_APPS") || text.contains("import *") {
            return;
        }
        let Expr::Read(read) = made.peel() else { return };
        if read.default.is_none() {
            let mut reads = self.notes.module.reads.iter_mut();
            reads.by_ref().filter(|known| known.span == read.span).for_each(|known| known.required = true);
        }
    }

    /// Notes the settings that a framework looks up by their names in a module.
    pub fn framework_setting(&mut self, target: Node<'t>, value: Node<'t>) {
        if self.notes.recording
            && self.kind() == FrameKind::Module
            && target.kind() == "identifier"
            && self.configures_celery()
        {
            let span = self.span(target).to(self.span(value));
            self.notes.module.settings.push(Spanned::new(self.text(target).to_string(), span));
        }
    }

    /// Whether Django's settings let mail go by SMTP, as it does unless something else is said.
    fn sends_mail(&self) -> bool {
        let text = &self.file.text;
        !text.contains("EmailBackend") || text.contains("smtp.EmailBackend")
    }

    /// Whether module-level names are settings of Celery: Django's settings, or a `celeryconfig`.
    fn configures_celery(&mut self) -> bool {
        if let Some(known) = self.configures_celery {
            return known;
        }
        // Every name of a module asks, and the whole text answers.
        let found = self.is_celery_file();
        self.configures_celery = Some(found);
        found
    }

    fn is_celery_file(&self) -> bool {
        let text = &self.file.text;
        let named = self.file.path.file_stem().is_some_and(|stem| {
            matches!(stem.to_str(), Some("celeryconfig" | "celery_config" | "celeryconf"))
        });
        let parts = self.file.path.iter().rev().take(2).filter_map(|part| part.to_str());
        let settings = parts.into_iter().any(|part| part.contains("settings")) && text.contains("import *");
        named
            || settings
            || ["INSTALLED_APPS", "ROOT_URLCONF", "DATABASES ="].iter().any(|word| text.contains(word))
    }

    fn django_database(&mut self, alias: &Spanned<String>, entry: &Expr) {
        let fields = record_fields(entry);
        let field = |name: &str| fields.iter().rev().find(|(key, _)| key.value == name);
        let Some((engine_key, engine)) = field("ENGINE") else {
            if !matches!(entry.peel(), Expr::Record(_) | Expr::Opaque(_) | Expr::Library(_)) {
                let demands = self.requires_tls(entry);
                self.setting_sink_with(SinkKind::DjangoDatabase, entry.clone(), alias.clone(), demands);
            }
            return;
        };
        let scheme = match django_scheme(engine) {
            Some("sqlite") => return,
            Some(scheme) => Some(Expr::LibraryDefault(Spanned::new(scheme.to_string(), engine_key.span))),
            None => computed_scheme(engine),
        };
        let part = |name: &str| field(name).map(|(_, value)| value.clone());
        // Blank, as without the key, the host is the container itself (Django documentation, "HOST").
        let whole = matches!(entry.peel(), Expr::Record(_)) && field("OPTIONS").is_none() && scheme.is_some();
        let own = whole.then(|| Expr::LibraryDefault(Spanned::new("localhost".to_string(), alias.span)));
        let host = match (part("HOST"), own) {
            (Some(host), Some(own)) => Some(Expr::FirstNonEmpty(vec![host, own])),
            (host, own) => host.or(own),
        };
        let parts = UrlParts {
            scheme,
            user: part("USER"),
            password: part("PASSWORD"),
            host,
            port: part("PORT"),
            database: part("NAME"),
        };
        let target = Expr::Url(Box::new(parts), alias.span);
        // Unless it is told to keep connections, Django closes them after each request.
        let keeps = field("CONN_MAX_AGE").is_some_and(|(_, age)| match age.peel() {
            Expr::Number(age) => !age.value.trim_matches(['0', '.', '_']).is_empty(),
            age => matches!(age, Expr::Null(_)),
        });
        if let Some(client) = Clients::of("python").find("settings.DATABASES").filter(|_| keeps) {
            let mut given = |slots: &[Slot]| pool::names(slots).find_map(part);
            self.notes.pool(pool::pool(client, &mut given, false, alias.span, alias.span));
        }
        let options = field("OPTIONS").cloned().into_iter().collect();
        self.setting_sink_with(SinkKind::DjangoDatabase, target, alias.clone(), options);
    }

    /// `dj_database_url.config(ssl_require=True)`: what it makes of the address is nothing but that it demands TLS.
    fn requires_tls(&self, entry: &Expr) -> Vec<(Spanned<String>, Expr)> {
        const OPTION: &str = "ssl_require=True";
        let Expr::Read(read) = entry.peel() else { return Vec::new() };
        let whole = self.file.slice(0, self.file.text.len());
        let at = |to: u32| usize::try_from(to.saturating_sub(whole.lo)).unwrap_or(usize::MAX);
        let (from, to) = (at(read.span.lo), at(read.span.hi));
        let found = self.file.text.get(from..to).and_then(|call| call.find(OPTION));
        let said = found.map(|at| {
            let place = self.file.slice(from + at, from + at + OPTION.len());
            (Spanned::new("ssl_require".to_string(), place), Expr::Bool(true, place))
        });
        said.into_iter().collect()
    }

    fn django_caches(&mut self, made: &Expr) {
        for (alias, entry) in record_fields(made) {
            let fields = record_fields(&entry);
            let backend = fields.iter().find(|(key, _)| key.value == "BACKEND").map(|(_, value)| value);
            let networked = backend.is_none_or(|backend| match backend.peel() {
                Expr::Text(text) => !["LocMem", "Dummy", "FileBased", "db.DatabaseCache"]
                    .iter()
                    .any(|name| text.value.contains(name)),
                _ => true,
            });
            let location = fields.iter().find(|(key, _)| key.value == "LOCATION");
            let target = match (location, fields.is_empty()) {
                (Some((_, location)), _) => addresses(location.clone()),
                (None, true)
                    if !matches!(entry.peel(), Expr::Record(_) | Expr::Opaque(_) | Expr::Library(_)) =>
                {
                    entry
                }
                _ => continue,
            };
            if networked {
                self.setting_sink(SinkKind::DjangoCache, target, alias);
            }
        }
    }

    /// `CHANNEL_LAYERS = {"default": {"CONFIG": {"hosts": [("redis", 6379)]}}}`
    fn channel_layers(&mut self, made: &Expr) {
        for (alias, entry) in record_fields(made) {
            let config = record_fields(&entry).into_iter().find(|(key, _)| key.value == "CONFIG");
            let Some((_, config)) = config else { continue };
            let hosts = record_fields(&config).into_iter().find(|(key, _)| key.value == "hosts");
            let Some((_, hosts)) = hosts else { continue };
            let Expr::List(hosts) = hosts.peel() else { continue };
            for host in hosts {
                let target = match host.peel() {
                    Expr::List(pair) => match pair.as_slice() {
                        [host, port] => {
                            let scheme =
                                Some(Expr::LibraryDefault(Spanned::new("redis".to_string(), alias.span)));
                            let (host, port) = (Some(host.clone()), Some(port.clone()));
                            Expr::Url(
                                Box::new(UrlParts { scheme, host, port, ..UrlParts::default() }),
                                alias.span,
                            )
                        }
                        _ => continue,
                    },
                    _ => host.clone(),
                };
                self.setting_sink(SinkKind::Redis, target, alias.clone());
            }
        }
    }

    /// `Celery(…)`, `app.conf.update(…)`
    pub fn celery_call(&mut self, name: &str, node: Node<'t>, callee: Node<'t>) {
        let arguments = self.arguments(node);
        let callee = self.spanned(callee);
        if name == "celery.Celery" {
            let broker = arguments.get(Some(3), &["broker"]).map(|value| self.expr(value));
            let backend = arguments.get(None, &["backend"]).map(|value| self.expr(value));
            // What Django's settings do not say is said nowhere.
            let silent =
                !arguments.open() && matches!(Told::of(&self.file.text), Told::Nothing | Told::ByDjango);
            let broker = match broker {
                Some(broker) if matches!(broker.peel(), Expr::Read(_)) => or_own_broker(broker, callee.span),
                Some(broker) => broker,
                // Another module may tell it.
                None if silent => told_broker(own_broker(callee.span), callee.span),
                None => told_broker(Expr::Opaque(callee.span), callee.span),
            };
            // Celery itself asks the environment first (`celery/app/utils.py`, `Settings.broker_url`).
            let target = made::library_read("CELERY_BROKER_URL", broker, callee.span);
            self.setting_sink(SinkKind::CeleryBroker, target, callee.clone());
            let backend = backend.or_else(|| silent.then_some(Expr::Null(callee.span)));
            if let Some(backend) = backend {
                let target = made::library_read("CELERY_RESULT_BACKEND", backend, callee.span);
                self.setting_sink(SinkKind::CeleryBackend, target, callee);
            }
        } else if name == "celery.Celery().conf.update" {
            for argument in &arguments.0 {
                match &argument.name {
                    Some(key) => {
                        let value = self.expr(argument.value);
                        self.celery_setting(key, &value);
                    }
                    None => {
                        let value = self.expr(argument.value);
                        for (key, value) in record_fields(&value) {
                            self.celery_setting(&key, &value);
                        }
                    }
                }
            }
        }
    }

    fn celery_setting(&mut self, key: &Spanned<String>, value: &Expr) {
        let Some((_, kind)) = CELERY.iter().find(|(name, _)| *name == key.value) else { return };
        let variable = match kind {
            SinkKind::CeleryBroker => "CELERY_BROKER_URL",
            _ => "CELERY_RESULT_BACKEND",
        };
        self.celery_told(*kind, value);
        let value = match (kind, value.peel()) {
            (SinkKind::CeleryBroker, Expr::Read(_)) => or_own_broker(value.clone(), key.span),
            _ => value.clone(),
        };
        let target = made::library_read(variable, value, key.span);
        self.setting_sink(*kind, target, key.clone());
    }
}

/// Where a module has Celery look for its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    /// In those of Django.
    ByDjango,
    /// In an object, in a file, one by one.
    Otherwise,
}

impl Told {
    fn of(text: &str) -> Self {
        // Others than these (`app.conf.beat_schedule`) say nothing of servers.
        const SAY: [&str; 6] = ["update", "broker", "BROKER", "result_backend", "setdefault", "CELERY_"];
        let objects = || text.split("config_from_object(").skip(1);
        let by_django =
            |rest: &str| rest.trim_start().trim_start_matches(['"', '\'']).starts_with("django.conf:");
        let mut settings = text.split(".conf.").skip(1);
        if [".conf[", "config_source", "from_envvar"].iter().any(|word| text.contains(word))
            || settings.any(|rest| SAY.iter().any(|word| rest.starts_with(word)))
            || objects().any(|rest| !by_django(rest))
        {
            return Self::Otherwise;
        }
        if objects().next().is_some() { Self::ByDjango } else { Self::Nothing }
    }
}

/// The broker that Celery dials when it is told none.
fn own_broker(span: Span) -> Expr {
    Expr::LibraryDefault(Spanned::new("amqp://guest:guest@localhost:5672//".to_string(), span))
}

/// A broker that turns out to be nothing is as good as none.
fn or_own_broker(broker: Expr, span: Span) -> Expr {
    Expr::FirstNonEmpty(vec![broker, own_broker(span)])
}

/// The scheme that stands for a database engine of Django.
fn django_scheme(engine: &Expr) -> Option<&'static str> {
    let text = match engine.peel() {
        Expr::Text(text) => text,
        _ => return None,
    };
    ENGINES.into_iter().find(|(word, _)| text.value.contains(word)).map(|(_, scheme)| scheme)
}

/// Words of engines of Django, and the schemes that stand for them.
const ENGINES: [(&str, &str); 9] = [
    ("postgres", "postgresql"),
    ("postgis", "postgresql"),
    ("mysql", "mysql"),
    ("sqlite", "sqlite"),
    ("spatialite", "sqlite"),
    ("oracle", "oracle"),
    ("mssql", "mssql"),
    ("mongo", "mongodb"),
    ("djongo", "mongodb"),
];

/// The scheme where the engine is one that the environment says.
fn computed_scheme(engine: &Expr) -> Option<Expr> {
    if matches!(engine.peel(), Expr::Opaque(_) | Expr::Library(_)) {
        return None;
    }
    let engine = engine.clone().share();
    let text = |word: &str| Expr::Text(Spanned::new(word.to_string(), Span::NONE));
    let otherwise = Expr::Opaque(Span::NONE);
    Some(ENGINES.into_iter().rev().fold(otherwise, |otherwise, (word, scheme)| {
        let condition = Condition::Contains(engine.clone(), text(word));
        let then = Expr::LibraryDefault(Spanned::new(scheme.to_string(), Span::NONE));
        Expr::If(Box::new(IfExpr { condition, then, otherwise, span: Span::NONE }))
    }))
}
