//! Calls: the environment, properties, methods of strings, functions of the program, and libraries.

use super::library::host_and_port;
use super::reader::Reader;
use super::tree::{Argument, Call, Code, Statement};
use crate::programs::spring;
use crate::programs::{CallExpr, Condition, Expr, Function, IfExpr, Read, ReadExpr, walk};
use crate::source::{Span, Spanned};

/// Whether this stands for the map of all variables.
pub(super) fn is_environment(library: &str) -> bool {
    library == "java.lang.System.getenv()"
}

/// Whether this stands for the variables with those of a dotenv file.
pub(super) fn is_dotenv(library: &str) -> bool {
    library.contains("dotenv") && (library.contains("Dotenv") || library.ends_with("dotenv()"))
}

/// Whether this answers for the properties of the program.
pub(super) fn has_properties(library: &str) -> bool {
    let type_name = library.strip_suffix("()").unwrap_or(library);
    let known = [
        "core.env.Environment",
        "core.env.ConfigurableEnvironment",
        "env.Environment",
        "config.Config",
        "ConfigProvider.getConfig",
        "core.env.PropertyResolver",
    ];
    known.iter().any(|known| type_name.ends_with(known))
}

impl Reader {
    /// What a call gives.
    pub fn call(&mut self, call: &Call) -> Expr {
        let name = call.name.value.as_str();
        self.mention(name);
        self.queue(name, &call.arguments, call.span);
        if call.new || call.receiver.is_none() && name.starts_with(char::is_uppercase) {
            return self.construct(call);
        }
        let Some(receiver) = &call.receiver else { return self.plain_call(call) };
        if let (Code::Name(owner), "getenv") = (receiver, name)
            && owner.value == "System"
        {
            return match call.arguments.first() {
                Some(argument) => {
                    let variable = self.expr(&argument.value);
                    self.env(variable, None, call.span)
                }
                None => Expr::Library(Spanned::new("java.lang.System.getenv()".to_string(), call.span)),
            };
        }
        if matches!(name, "apply" | "also" | "run" | "let" | "with" | "takeIf" | "use")
            && let Some(Code::Lambda(names, body, _)) = call.arguments.last().map(|argument| &argument.value)
        {
            return self.scoped(name, receiver, names, body, call.span);
        }
        if matches!(name, "put" | "setProperty" | "set" | "putIfAbsent")
            && let [key, value] = call.arguments.as_slice()
        {
            let key = self.expr(&key.value);
            let value = self.expr(&value.value).share();
            self.put(receiver, &key, value);
        }
        let owner = self.expr(receiver);
        self.request(&owner, call);
        if let Some(value) = self.config_call(&owner, receiver, call) {
            return value;
        }
        match owner.peel().clone() {
            Expr::Library(library) => self.library_call(&library.value, call),
            _ => self.method(owner, call),
        }
    }

    /// `name(…)`: a function of the program, of the class around, or of what `this` is.
    fn plain_call(&mut self, call: &Call) -> Expr {
        let name = call.name.value.as_str();
        if let Some(this) = self.names.bound("this").cloned()
            && self.names.bound(name).is_none()
        {
            if matches!(name, "put" | "setProperty" | "set")
                && let [key, value] = call.arguments.as_slice()
            {
                let key = self.expr(&key.value);
                let value = self.expr(&value.value).share();
                self.put(&Code::This, &key, value);
                return Expr::Opaque(call.span);
            }
            if let Expr::Library(library) = this.peel() {
                let library = library.value.clone();
                return self.library_call(&library, call);
            }
        }
        match name {
            "requireNotNull" | "checkNotNull" => {
                let value = self.first_argument(call);
                self.require(&value);
                return demanded(value);
            }
            "listOf" | "arrayOf" | "mutableListOf" | "setOf" => return self.list(&call.arguments),
            "mapOf" | "mutableMapOf" | "hashMapOf" => return self.map_of(call),
            "dotenv" => return self.dotenv(call.span),
            _ => {}
        }
        self.plain_request(call);
        let callee = match self.name(&call.name) {
            // A function of a package that is imported as a whole.
            unknown @ (Expr::Opaque(_) | Expr::Own(_)) => match self.type_named(name, call.name.span) {
                Expr::Library(library) => Expr::Library(library),
                _ => unknown,
            },
            known => known,
        };
        match callee.peel() {
            Expr::Library(library) => {
                let function = Call {
                    receiver: None,
                    name: Spanned::new(
                        library.value.rsplit('.').next().unwrap_or("").to_string(),
                        call.name.span,
                    ),
                    arguments: Vec::new(),
                    new: false,
                    span: call.span,
                };
                let owner = library.value.rsplit_once('.').map_or("", |(owner, _)| owner).to_string();
                let arguments = self.values(&call.arguments);
                self.library_result(&owner, &function, arguments)
            }
            _ => self.user_call(callee.clone(), call),
        }
    }

    /// `new Class(…)`
    fn construct(&mut self, call: &Call) -> Expr {
        let class = match &call.receiver {
            Some(outer) => match qualified(outer) {
                Some(package) => {
                    let name = format!("{package}.{}", call.name.value);
                    Expr::Library(Spanned::new(name, call.name.span))
                }
                None => {
                    let outer = self.expr(outer);
                    super::expressions::member(outer, &call.name)
                }
            },
            None => self.type_named(&call.name.value, call.name.span),
        };
        let name = call.name.value.as_str();
        if matches!(name, "Properties" | "HashMap" | "LinkedHashMap" | "TreeMap") {
            return match call.arguments.first() {
                Some(argument) => self.expr(&argument.value),
                // They may be filled from a file.
                None if name == "Properties" => {
                    let (module, name) = (spring::SETTINGS.to_string(), spring::RESOURCES.to_string());
                    let files = Expr::Imported { module, name, span: call.span };
                    Expr::Merge(vec![files, Expr::Record(Vec::new())])
                }
                None => Expr::Record(Vec::new()),
            };
        }
        let arguments = self.values(&call.arguments);
        if matches!(name, "URI" | "URL") && arguments.len() == 1 {
            return arguments.into_iter().next().map_or(Expr::Opaque(call.span), |(_, value)| value);
        }
        if let ("InetSocketAddress", [(None, port)]) = (name, arguments.as_slice()) {
            let any = Expr::Text(Spanned::new("0.0.0.0:".to_string(), Span::NONE));
            return Expr::Concat(vec![any, port.clone()]);
        }
        if matches!(name, "HttpHost" | "InetSocketAddress" | "HostAndPort" | "ServerAddress" | "Address") {
            return host_and_port(arguments, call.span);
        }
        match class.peel() {
            Expr::Library(library) => {
                let name = library.value.clone();
                self.client(&name, call, &arguments);
                self.factory(&name, call);
                Expr::Library(Spanned::new(format!("{name}()"), call.span))
            }
            _ => {
                let span = call.span;
                let made = CallExpr { callee: class, arguments, span };
                self.notes.keep_call(&made);
                Expr::Call(Box::new(made))
            }
        }
    }

    /// A call of a function of the program: what it reads is read here.
    pub fn user_call(&mut self, callee: Expr, call: &Call) -> Expr {
        let arguments = self.values(&call.arguments);
        let span = call.span;
        if matches!(callee.peel(), Expr::Opaque(_)) {
            return Expr::Opaque(span);
        }
        let names = match callee.peel() {
            Expr::Function(function) => read_through(function, &arguments),
            // A function of another file: by its name.
            Expr::Own(_) | Expr::Imported { .. } | Expr::Member(..) if demands(&call.name.value) => {
                match arguments.first().map(|(_, value)| value.peel()) {
                    Some(Expr::Text(name)) => vec![(name.clone(), true)],
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        let called = CallExpr { callee, arguments, span };
        self.notes.keep_call(&called);
        let value = Expr::Call(Box::new(called)).share();
        for (name, required) in names {
            let (expression, held) = (value.clone(), None);
            let required = required && self.names.path().next().is_none();
            self.notes.read(Read { name, expression, required, held, span }, self.names.path());
        }
        value
    }

    /// `value.apply { … }`, `value.also { … }`, `value?.let { … }`, `value?.takeIf { … }`
    fn scoped(
        &mut self,
        kind: &str,
        receiver: &Code,
        names: &[String],
        body: &[Statement],
        span: Span,
    ) -> Expr {
        let value = self.expr(receiver).share();
        let own = matches!(kind, "apply" | "run" | "with");
        let name = if own { "this" } else { names.first().map_or("it", String::as_str) };
        if kind == "takeIf" {
            let mark = self.names.enter(None);
            self.names.bind(name, value.clone());
            let condition = match body.last() {
                Some(Statement::Code(code)) => self.condition(code),
                _ => Condition::Opaque,
            };
            self.names.leave(mark, false);
            let (then, otherwise) = (value.clone(), Expr::Null(span));
            let whole = Expr::If(Box::new(IfExpr { condition, then, otherwise, span })).share();
            self.widen(&value, &whole);
            return whole;
        }
        let mark = self.names.enter(None);
        self.names.bind(name, value.clone());
        let result = self.block_value(body, span);
        let changed = self.names.bound(name).cloned().unwrap_or(value.clone());
        let branch = self.names.leave(mark, false);
        for (changed, value) in branch.names.into_iter().filter(|(changed, _)| changed != name) {
            self.names.bind(&changed, value);
        }
        match kind {
            "apply" | "also" => changed,
            "let" => {
                let condition = Condition::IsSet(value.clone());
                let otherwise = Expr::Null(span);
                let whole = Expr::If(Box::new(IfExpr { condition, then: result, otherwise, span })).share();
                self.widen(&value, &whole);
                whole
            }
            _ => result,
        }
    }

    /// What a lambda makes of a value.
    pub fn applied(&mut self, names: &[String], body: &[Statement], value: Expr, span: Span) -> Expr {
        let value = value.share();
        let mark = self.names.enter(None);
        self.names.bind(names.first().map_or("it", String::as_str), value.clone());
        let then = self.block_value(body, span);
        self.names.leave(mark, false);
        let condition = Condition::IsSet(value);
        Expr::If(Box::new(IfExpr { condition, then, otherwise: Expr::Null(span), span })).share()
    }

    /// What a lambda asks of a value.
    pub fn condition_of(&mut self, code: Option<&Code>, value: &Expr) -> Condition {
        let Some(Code::Lambda(names, body, _)) = code else {
            // `filter(StringUtils::hasText)`: texts are held against being blank.
            return Condition::Truthy(value.clone());
        };
        let mark = self.names.enter(None);
        self.names.bind(names.first().map_or("it", String::as_str), value.clone());
        let condition = match body.last() {
            Some(Statement::Code(code) | Statement::Return(Some(code), _)) => self.condition(code),
            _ => Condition::Opaque,
        };
        self.names.leave(mark, false);
        condition
    }

    /// What a lambda without parameters gives, or the value itself.
    pub fn lambda_or_value(&mut self, code: &Code) -> Expr {
        match code {
            Code::Lambda(_, body, span) => self.block_value(body, *span),
            other => self.expr(other),
        }
    }

    pub fn first_set(&mut self, values: Vec<Expr>, span: Span) -> Expr {
        let values: Vec<Expr> = values.into_iter().map(Expr::share).collect();
        if values.is_empty() {
            return Expr::Opaque(span);
        }
        let whole = Expr::FirstSet(values.clone()).share();
        values.iter().for_each(|inner| self.widen(inner, &whole));
        whole
    }

    /// The values of arguments, in order; lambdas are run for what they do.
    pub fn values(&mut self, arguments: &[Argument]) -> Vec<(Option<String>, Expr)> {
        arguments.iter().map(|argument| (argument.name.clone(), self.expr(&argument.value))).collect()
    }

    fn first_argument(&mut self, call: &Call) -> Expr {
        call.arguments.first().map_or(Expr::Opaque(call.span), |argument| self.expr(&argument.value))
    }

    fn list(&mut self, arguments: &[Argument]) -> Expr {
        Expr::List(self.values(arguments).into_iter().map(|(_, value)| value).collect())
    }

    /// `Map.of(k, v, …)`, `mapOf(k to v, …)`
    pub fn map_of(&mut self, call: &Call) -> Expr {
        let values: Vec<Expr> = self.values(&call.arguments).into_iter().map(|(_, value)| value).collect();
        let mut fields = Vec::new();
        let mut rest = values.iter();
        while let Some(first) = rest.next() {
            let (key, value) = match first.peel() {
                Expr::List(pair) => match pair.as_slice() {
                    [key, value] => (key.clone(), value.clone()),
                    _ => return Expr::Opaque(call.span),
                },
                key => match rest.next() {
                    Some(value) => (key.clone(), value.clone()),
                    None => return Expr::Opaque(call.span),
                },
            };
            if let Expr::Text(key) = key.peel() {
                fields.push((key.clone(), value));
            }
        }
        Expr::Record(fields)
    }

    pub fn dotenv(&mut self, span: Span) -> Expr {
        if self.notes.recording && self.notes.module.dotenv.is_empty() {
            self.notes.module.dotenv.push(Spanned::new(String::new(), span));
        }
        Expr::Library(Spanned::new("io.github.cdimascio.dotenv.Dotenv()".to_string(), span))
    }

    /// A property that is looked up by its name.
    pub fn property(&mut self, key: Expr, default: Option<Expr>, span: Span) -> Expr {
        let Expr::Text(key) = key.peel() else { return Expr::Opaque(span) };
        let value = spring::property(key, default, span).share();
        self.note_properties(&value);
        value
    }
}

/// The package that is written before the name of a class.
fn qualified(code: &Code) -> Option<String> {
    let lower = |name: &Spanned<String>| name.value.starts_with(char::is_lowercase);
    match code {
        Code::Name(name) if lower(name) => Some(name.value.clone()),
        Code::Member(value, name) if lower(name) => Some(format!("{}.{}", qualified(value)?, name.value)),
        _ => None,
    }
}

/// Whether a function's name says that the program stops without the variable that it is asked for.
fn demands(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("env") && ["require", "must", "mandatory", "throw"].iter().any(|word| name.contains(word))
}

/// What is read, of which the program stops when it is not there: of a function's own parameter, only its callers know.
pub(super) fn demanded(value: Expr) -> Expr {
    match value.peel() {
        Expr::Read(read) if matches!(read.name.peel(), Expr::Parameter(_)) && read.default.is_none() => {
            Expr::Read(Box::new(ReadExpr { required: true, ..(**read).clone() }))
        }
        // `System.getenv(name) ?: default ?: error("…")`
        Expr::FirstSet(all) => match all.as_slice() {
            [first, default] if matches!(default.peel(), Expr::Parameter(_)) => match first.peel() {
                Expr::Read(read)
                    if matches!(read.name.peel(), Expr::Parameter(_)) && read.default.is_none() =>
                {
                    let default = Some(default.clone());
                    Expr::Read(Box::new(ReadExpr { required: true, default, ..(**read).clone() }))
                }
                _ => value,
            },
            _ => value,
        },
        _ => value,
    }
}

/// The variables that a function reads whose names are its arguments, and whether the program stops without them.
fn read_through(function: &Function, arguments: &[(Option<String>, Expr)]) -> Vec<(Spanned<String>, bool)> {
    let mut out = Vec::new();
    let mut pending = vec![&function.body];
    let mut left = 400;
    while let Some(expr) = pending.pop().filter(|_| left > 0) {
        left -= 1;
        if let Expr::Read(read) = expr
            && let Expr::Parameter(name) = read.name.peel()
        {
            let at = function.parameters.iter().position(|(parameter, _)| parameter == name);
            let named = arguments.iter().find(|(given, _)| given.as_ref() == Some(name));
            let given = named.or_else(|| at.and_then(|at| arguments.get(at)));
            if let Some(Expr::Text(name)) = given.map(|(_, value)| value.peel())
                && !out.iter().any(|(known, _)| known == name)
            {
                let left_out = |default: &Expr| match default.peel() {
                    Expr::Parameter(name) => {
                        let at = function.parameters.iter().position(|(parameter, _)| parameter == name);
                        let own =
                            at.and_then(|at| function.parameters.get(at)).and_then(|(_, own)| own.as_ref());
                        let given = arguments.iter().any(|(given, _)| given.as_ref() == Some(name))
                            || at.is_some_and(|at| arguments.get(at).is_some());
                        !given && own.is_some_and(|own| matches!(own.peel(), Expr::Null(_)))
                    }
                    _ => false,
                };
                out.push((name.clone(), read.required && read.default.as_ref().is_none_or(left_out)));
            }
        }
        pending.extend(walk::children(expr));
    }
    out
}
