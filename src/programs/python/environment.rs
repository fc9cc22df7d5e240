//! Reads of the environment: the standard library's and those of the configuration libraries.

use tree_sitter::Node;

use super::calls::Arguments;
use super::reader::Reader;
use super::remarks::is_async_session;
use crate::programs::{Blank, CallExpr, Expr, Method, ReadExpr};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// `os.environ[name]`
    pub fn item_read(&mut self, name: Expr, span: Span) -> Expr {
        let read = read(name, None, self.guarded == 0, span);
        if self.guarded > 0 && self.guarded_reads.len() < 64 {
            self.guarded_reads.push(read.clone());
        }
        read
    }

    /// A call of a library's function; a name that ends in `()` is what such a call gave.
    pub fn library_call(&mut self, name: &str, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let arguments = self.arguments(node);
        if let Some(value) = self.environment_call(name, &arguments, span) {
            return value;
        }
        if let Some(value) = self.decoded(name, &arguments, span) {
            return value;
        }
        let first = arguments.first().map(|argument| argument.value);
        let last = name.rsplit('.').next().unwrap_or(name);
        let of_sqlalchemy = name.starts_with("sqlalchemy.") || name.starts_with("sqlmodel.");
        match (last, first) {
            ("quote" | "quote_plus", Some(value)) if name.starts_with("urllib") => {
                self.through(value, Method::Quote)
            }
            ("urlparse" | "urlsplit", Some(value)) if name.starts_with("urllib") => {
                self.through(value, Method::Text)
            }
            ("urljoin", Some(value)) if name.starts_with("urllib") => self.expr(value),
            ("parse_args", _) if name.starts_with("argparse.") => self.parsed_arguments(node, span),
            ("make_url", Some(value)) if of_sqlalchemy => self.through(value, Method::Text),
            ("create", _) if of_sqlalchemy && name.ends_with("URL.create") => {
                Expr::Url(Box::new(self.url_parts(&arguments, true)), span)
            }
            ("URL", Some(_)) if of_sqlalchemy => Expr::Url(Box::new(self.url_parts(&arguments, true)), span),
            ("build", _) if name.starts_with("pydantic") => {
                Expr::Url(Box::new(self.url_parts(&arguments, false)), span)
            }
            ("cast", _) if name.starts_with("typing") => match arguments.at(1) {
                Some(value) => self.expr(value),
                None => Expr::Opaque(span),
            },
            ("Depends" | "Security", Some(value)) if name.starts_with("fastapi") => {
                let callee = self.expr(value);
                Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }))
            }
            ("Field" | "field" | "PrivateAttr", _)
                if name.starts_with("pydantic") || name.starts_with("dataclasses") =>
            {
                self.field_default(&arguments).unwrap_or(Expr::Opaque(span))
            }
            ("DatabaseURL" | "Secret" | "SecretStr" | "URL" | "str", Some(value)) => self.expr(value),
            (wrapper, Some(value))
                if name.starts_with("pydantic") && (wrapper.ends_with("Dsn") || wrapper.ends_with("Url")) =>
            {
                self.through(value, Method::Text)
            }
            ("PlainCredentials" | "basic_auth", Some(user)) => {
                self.login(user, arguments.get(Some(1), &["password", "credentials"]))
            }
            ("PlainCredentials", None) => match arguments.get(None, &["username"]) {
                Some(user) => self.login(user, arguments.get(None, &["password"])),
                None => Expr::Opaque(span),
            },
            ("async_sessionmaker" | "sessionmaker" | "AsyncSession", _) if of_sqlalchemy => {
                self.session_maker(name, &arguments, span)
            }
            _ => Expr::Library(Spanned::new(format!("{name}()"), span)),
        }
    }

    /// What makes asynchronous sessions, as a record of what matters of it; its sessions are the same.
    fn session_maker(&mut self, name: &str, arguments: &Arguments<'t>, span: Span) -> Expr {
        let class = arguments.get(None, &["class_"]).map(|class| self.expr(class));
        let asynchronous = !name.ends_with(".sessionmaker") || class.as_ref().is_some_and(is_async_session);
        if !asynchronous || arguments.open() {
            return Expr::Library(Spanned::new(format!("{name}()"), span));
        }
        let expires = arguments.get(None, &["expire_on_commit"]).map(|value| self.expr(value));
        let field = Spanned::new("expire_on_commit".to_string(), span);
        Expr::Record(vec![(field, expires.unwrap_or(Expr::Bool(true, span)))])
    }

    fn through(&mut self, value: Node<'t>, method: Method) -> Expr {
        Expr::Method(Box::new(self.expr(value)), Box::new(method))
    }

    /// `default` of `Field(…)` or `field(…)`, or what its factory gives.
    pub fn field_default(&mut self, arguments: &Arguments<'t>) -> Option<Expr> {
        if let Some(default) = arguments.get(Some(0), &["default"]) {
            return (default.kind() != "ellipsis").then(|| self.expr(default));
        }
        let factory = arguments.get(None, &["default_factory"])?;
        let span = self.span(factory);
        let callee = self.expr(factory);
        Some(match callee.peel() {
            Expr::Own(name) if matches!(name.value.as_str(), "list" | "dict" | "set") => {
                Expr::List(Vec::new())
            }
            Expr::Library(_) | Expr::Opaque(_) => Expr::Opaque(span),
            _ => Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span })),
        })
    }

    fn environment_call(&mut self, name: &str, arguments: &Arguments<'t>, span: Span) -> Option<Expr> {
        match name {
            "os.getenv" | "os.environ.get" | "os.environ.pop" | "os.environ.setdefault" => {
                let key = self.expr(arguments.get(Some(0), &["key"])?);
                let default = arguments.get(Some(1), &["default"]).map(|default| self.expr(default));
                // `os.environ.pop(name)` without default raises, as `os.environ[name]` does.
                if name == "os.environ.pop" && default.is_none() {
                    return Some(self.item_read(key, span));
                }
                let default = default.filter(|default| !matches!(default, Expr::Null(_)));
                return Some(read(key, default, false, span));
            }
            "dotenv.load_dotenv" | "dotenv.dotenv_values" => {
                self.loads_dotenv(arguments.get(Some(0), &["dotenv_path"]), span);
                return None;
            }
            "dj_database_url.config" => return Some(self.database_url(arguments, span)),
            "dj_database_url.parse" => return Some(self.expr(arguments.get(Some(0), &["url"])?)),
            _ => {}
        }
        let (library, method) = reader_of(name)?;
        match library {
            Library::Decouple => self.configured_read(arguments, Some(1), Some(2), "str", span),
            Library::Starlette => self.configured_read(arguments, Some(2), Some(1), "str", span),
            Library::Environs | Library::DjangoEnviron => match method {
                "read_env" => {
                    self.loads_dotenv(arguments.get(Some(0), &["path", "env_file"]), span);
                    None
                }
                "prefixed" => None,
                "db" | "db_url" | "cache" | "cache_url" | "broker_url"
                    if library == Library::DjangoEnviron =>
                {
                    let variable = if method.starts_with("db") { "DATABASE_URL" } else { "CACHE_URL" };
                    self.named_url_read(arguments, variable, span)
                }
                _ if library == Library::DjangoEnviron => self.configured_read(
                    arguments,
                    Some(2).filter(|_| method.is_empty()).or(Some(1)),
                    None,
                    method,
                    span,
                ),
                _ => self.configured_read(arguments, Some(1), None, method, span),
            },
        }
    }

    /// A read that stops the program unless a default is given.
    fn configured_read(
        &mut self,
        arguments: &Arguments<'t>,
        default_at: Option<usize>,
        cast_at: Option<usize>,
        method: &str,
        span: Span,
    ) -> Option<Expr> {
        let mut key = self.expr(arguments.get(Some(0), &["name", "var", "option", "key"])?);
        let prefix = self.prefixes.concat();
        if !prefix.is_empty()
            && let Expr::Text(text) = &mut key
        {
            text.value.insert_str(0, &prefix);
        }
        let mut default = arguments.get(default_at, &["default"]).map(|default| self.expr(default));
        if default.is_none()
            && let Expr::Text(text) = &key
        {
            default = self.bound(&scheme_key(&text.value)).cloned();
        }
        let cast = arguments.get(cast_at, &["cast", "subcast"]).map(|cast| self.text(cast));
        let required = default.is_none() && self.guarded == 0;
        let value = read(key, default, required, span);
        if self.guarded > 0 && self.guarded_reads.len() < 64 {
            self.guarded_reads.push(value.clone());
        }
        Some(converted(value, cast.unwrap_or(method)))
    }

    /// `env.db()`, `env.cache()`: the variable has a name by default.
    fn named_url_read(&mut self, arguments: &Arguments<'t>, variable: &str, span: Span) -> Option<Expr> {
        let key = match arguments.get(Some(0), &["var"]) {
            Some(node) => self.expr(node),
            None => Expr::Text(Spanned::new(variable.to_string(), span)),
        };
        let mut default = arguments.get(Some(1), &["default"]).map(|default| self.expr(default));
        if default.is_none()
            && let Expr::Text(text) = &key
        {
            default = self.bound(&scheme_key(&text.value)).cloned();
        }
        let required = default.is_none();
        Some(read(key, default, required, span))
    }

    /// `dj_database_url.config(default=…, env="DATABASE_URL")`
    fn database_url(&mut self, arguments: &Arguments<'t>, span: Span) -> Expr {
        let key = match arguments.get(Some(0), &["env"]) {
            Some(node) => self.expr(node),
            None => Expr::Text(Spanned::new("DATABASE_URL".to_string(), span)),
        };
        let default = arguments.get(Some(1), &["default"]).map(|default| self.expr(default));
        read(key, default, false, span)
    }

    fn loads_dotenv(&mut self, path: Option<Node<'t>>, span: Span) {
        self.notes.dotenv_where(span, self.names.path());
        let path = match path {
            Some(node) => self.literal(node),
            None => Some(Spanned::new(String::new(), span)),
        };
        if let Some(path) = path
            && self.notes.recording
            && !self.notes.module.dotenv.iter().any(|known| known.span == path.span)
        {
            self.notes.module.dotenv.push(path);
        }
    }

    /// Keeps what `environ.Env(NAME=(cast, default))` says of defaults.
    pub fn env_scheme(&mut self, node: Node<'t>) {
        let arguments = self.arguments(node);
        for argument in &arguments.0 {
            let Some(name) = &argument.name else { continue };
            let value = self.expr(argument.value);
            if let Expr::List(items) = value.peel()
                && let [_, default] = items.as_slice()
            {
                self.bind(&scheme_key(&name.value), default.clone());
            }
        }
    }

    /// Whether the `with` item is `env.prefixed("P_")`; its reads get the prefix then.
    pub fn enter_prefix(&mut self, node: Node<'t>) -> bool {
        let Some(callee) = (node.kind() == "call").then(|| node.child_by_field_name("function")).flatten()
        else {
            return false;
        };
        let callee = self.expr(callee);
        let Expr::Library(name) = callee.peel() else { return false };
        if !name.value.ends_with(".prefixed") {
            return false;
        }
        let arguments = self.arguments(node);
        let prefix = arguments.at(0).and_then(|prefix| self.literal(prefix));
        self.prefixes.push(prefix.map(|prefix| prefix.value).unwrap_or_default());
        true
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Library {
    Environs,
    DjangoEnviron,
    Decouple,
    Starlette,
}

/// The configuration library whose reader is called, and the method (blank for the reader itself).
fn reader_of(name: &str) -> Option<(Library, &str)> {
    if matches!(name, "decouple.config" | "decouple.Config()" | "decouple.AutoConfig()") {
        return Some((Library::Decouple, ""));
    }
    if matches!(name, "starlette.config.Config()" | "starlette.config.Config().get") {
        return Some((Library::Starlette, ""));
    }
    let instances = [
        ("environs.Env()", Library::Environs),
        ("environs.FileAwareEnv()", Library::Environs),
        ("environs.env", Library::Environs),
        ("environ.Env()", Library::DjangoEnviron),
        ("environ.FileAwareEnv()", Library::DjangoEnviron),
        ("environ.Env", Library::DjangoEnviron),
    ];
    instances.into_iter().find_map(|(instance, library)| {
        let rest = name.strip_prefix(instance)?;
        match rest.strip_prefix('.') {
            Some(method) if !method.contains('.') => Some((library, method)),
            None if rest.is_empty() && instance != "environ.Env" => Some((library, "")),
            _ => None,
        }
    })
}

fn scheme_key(variable: &str) -> String {
    format!("env scheme {variable}")
}

fn read(name: Expr, default: Option<Expr>, required: bool, span: Span) -> Expr {
    let blank = Blank::Kept;
    Expr::Read(Box::new(ReadExpr {
        name,
        aliases: Vec::new(),
        ignore_case: false,
        default,
        blank,
        required,
        span,
    }))
}

/// The value after the cast that is asked for by a method (`env.int`) or by `cast=int`.
fn converted(value: Expr, cast: &str) -> Expr {
    let method = match cast {
        "int" | "float" | "decimal" => Method::Number,
        "bool" => Method::Flag,
        "list" | "tuple" => Method::Split(Some(",".to_string()), None),
        "url" => Method::Text,
        _ if cast.starts_with("Csv") => Method::Split(Some(",".to_string()), None),
        _ => return value,
    };
    Expr::Method(Box::new(value), Box::new(method))
}
