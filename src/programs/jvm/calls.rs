//! Calls: the environment, properties, methods of strings, functions of the program, and libraries.

use super::reader::Reader;
use super::statements::is_end;
use super::tree::{Argument, Call, Code, Statement};
use crate::programs::spring::{self, Dialect};
use crate::programs::{CallExpr, Condition, Expr, Function, IfExpr, Method, Read, walk};
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
                return value;
            }
            "listOf" | "arrayOf" | "mutableListOf" | "setOf" => return self.list(&call.arguments),
            "mapOf" | "mutableMapOf" | "hashMapOf" => return self.map_of(call),
            "dotenv" => return self.dotenv(call.span),
            _ => {}
        }
        let callee = self.name(&call.name);
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
                None => Expr::Record(Vec::new()),
            };
        }
        let arguments = self.values(&call.arguments);
        if matches!(name, "URI" | "URL") && arguments.len() == 1 {
            return arguments.into_iter().next().map_or(Expr::Opaque(call.span), |(_, value)| value);
        }
        if matches!(name, "HttpHost" | "InetSocketAddress" | "HostAndPort" | "ServerAddress" | "Address") {
            return host_and_port(arguments, call.span);
        }
        match class.peel() {
            Expr::Library(library) => {
                let name = library.value.clone();
                self.client(&name, call, &arguments);
                Expr::Library(Spanned::new(format!("{name}()"), call.span))
            }
            _ => {
                let span = call.span;
                Expr::Call(Box::new(CallExpr { callee: class, arguments, span }))
            }
        }
    }

    fn library_call(&mut self, library: &str, call: &Call) -> Expr {
        let name = call.name.value.as_str();
        let span = call.span;
        if is_environment(library) {
            return match (name, call.arguments.as_slice()) {
                ("get", [key]) => {
                    let key = self.expr(&key.value);
                    self.env(key, None, span)
                }
                ("getOrDefault" | "getOrElse", [key, default]) => {
                    let key = self.expr(&key.value);
                    let default = self.lambda_or_value(&default.value);
                    self.env(key, Some(default), span)
                }
                _ => Expr::Opaque(span),
            };
        }
        if is_dotenv(library) {
            return match (name, call.arguments.as_slice()) {
                ("get", [key, rest @ ..]) => {
                    let key = self.expr(&key.value);
                    let default = rest.first().map(|default| self.expr(&default.value));
                    self.env(key, default, span)
                }
                ("load", _) => self.dotenv(span),
                _ => Expr::Library(Spanned::new(library.to_string(), span)),
            };
        }
        if has_properties(library)
            && matches!(
                name,
                "getProperty"
                    | "getRequiredProperty"
                    | "getValue"
                    | "getOptionalValue"
                    | "get"
                    | "property"
                    | "getString"
            )
        {
            let Some(key) = call.arguments.first() else { return Expr::Opaque(span) };
            let key = self.expr(&key.value);
            let default = match call.arguments.as_slice() {
                [_, default] | [_, _, default] => {
                    let class = matches!(&default.value, Code::Other(..));
                    (!class).then(|| self.expr(&default.value))
                }
                _ => None,
            };
            let optional = !matches!(name, "getRequiredProperty" | "getValue");
            let default = default.or_else(|| optional.then_some(Expr::Null(span)));
            return self.property(key, default, span);
        }
        let arguments = self.values(&call.arguments);
        self.library_result(library, call, arguments)
    }

    /// What a function or method of a library gives.
    fn library_result(&mut self, library: &str, call: &Call, arguments: Vec<(Option<String>, Expr)>) -> Expr {
        let name = call.name.value.as_str();
        let span = call.span;
        let class = library.rsplit('.').next().unwrap_or(library);
        let mut values = arguments.iter().map(|(_, value)| value.clone());
        match (class, name) {
            ("System", "getProperty") => {
                let (Some(key), default) = (values.next(), values.next()) else { return Expr::Opaque(span) };
                return system_property(key, default, span);
            }
            ("Optional", "ofNullable" | "of")
            | ("URI" | "URL", "create" | "of")
            | ("Objects", "toString") => {
                return values.next().unwrap_or(Expr::Opaque(span));
            }
            ("Objects" | "Preconditions" | "Assert", "requireNonNull" | "checkNotNull" | "notNull") => {
                let value = values.next().unwrap_or(Expr::Opaque(span));
                self.require(&value);
                return value;
            }
            (
                "Objects" | "MoreObjects" | "ObjectUtils",
                "requireNonNullElse" | "firstNonNull" | "defaultIfNull",
            ) => {
                return self.first_set(values.collect(), span);
            }
            ("Objects", "requireNonNullElseGet") => {
                let value = values.next().unwrap_or(Expr::Opaque(span));
                let default = call.arguments.get(1).map(|it| self.lambda_or_value(&it.value));
                return self.first_set(vec![value, default.unwrap_or(Expr::Opaque(span))], span);
            }
            ("StringUtils", "defaultIfBlank" | "defaultIfEmpty" | "firstNonBlank" | "firstNonEmpty") => {
                let all: Vec<Expr> = values.map(Expr::share).collect();
                let whole = Expr::FirstNonEmpty(all.clone()).share();
                all.iter().for_each(|inner| self.widen(inner, &whole));
                return whole;
            }
            ("StringUtils", "defaultString") => return self.first_set(values.collect(), span),
            ("StringUtils", "trim" | "strip" | "trimToNull" | "trimToEmpty") => {
                let value = values.next().unwrap_or(Expr::Opaque(span));
                return Expr::Method(Box::new(value), Box::new(Method::Strip(None)));
            }
            ("String", "format") => return formatted(values.collect(), span),
            ("String", "valueOf" | "copyValueOf") => {
                return Expr::Method(
                    Box::new(values.next().unwrap_or(Expr::Opaque(span))),
                    Box::new(Method::Text),
                );
            }
            ("String", "join") => {
                let Some(separator) = values.next() else { return Expr::Opaque(span) };
                let rest: Vec<Expr> = values.collect();
                let list = match rest.as_slice() {
                    [one] if !matches!(one.peel(), Expr::Text(_)) => one.clone(),
                    _ => Expr::List(rest),
                };
                return Expr::Method(Box::new(list), Box::new(Method::Join(separator)));
            }
            (
                "Integer" | "Long" | "Short" | "Double",
                "parseInt" | "valueOf" | "parseLong" | "parseShort" | "parseDouble",
            ) => {
                return Expr::Method(
                    Box::new(values.next().unwrap_or(Expr::Opaque(span))),
                    Box::new(Method::Number),
                );
            }
            ("Boolean", "parseBoolean" | "valueOf") => {
                return Expr::Method(
                    Box::new(values.next().unwrap_or(Expr::Opaque(span))),
                    Box::new(Method::Flag),
                );
            }
            (
                "List" | "Arrays" | "Set" | "Collections" | "ImmutableList",
                "of" | "asList" | "singletonList" | "singleton",
            ) => {
                return Expr::List(values.collect());
            }
            ("Map" | "ImmutableMap", "of") => return self.map_of(call),
            ("HostAndPort" | "InetSocketAddress", "fromParts" | "createUnresolved") => {
                return host_and_port(arguments, span);
            }
            ("HttpHost" | "HostAndPort", "create" | "fromString" | "parse") => {
                return values.next().unwrap_or(Expr::Opaque(span));
            }
            _ => {}
        }
        drop(values);
        let whole = format!("{library}.{name}");
        self.client(&whole, call, &arguments);
        // What a builder's methods give is the builder again.
        let made = match library.ends_with("()") {
            true => library.to_string(),
            false => format!("{whole}()"),
        };
        Expr::Library(Spanned::new(made, span))
    }

    /// `value.method(…)` of a value that is no library's.
    fn method(&mut self, value: Expr, call: &Call) -> Expr {
        let span = call.span;
        let name = call.name.value.as_str();
        let apply = |method: Method, value: Expr| Expr::Method(Box::new(value), Box::new(method));
        let mut given = call.arguments.iter().map(|argument| &argument.value);
        match (name, call.arguments.len()) {
            ("orElse", 1) => {
                let default = given.next().map_or(Expr::Null(span), |code| self.expr(code));
                self.first_set(vec![value, default], span)
            }
            ("orElseGet", 1) => {
                let default = given.next().map_or(Expr::Null(span), |code| self.lambda_or_value(code));
                self.first_set(vec![value, default], span)
            }
            ("orElseThrow" | "get", 0 | 1) if name != "get" || call.arguments.is_empty() => {
                self.require(&value);
                value
            }
            ("ifBlank" | "ifEmpty", 1) => {
                let Some(code) = given.next() else { return value };
                let default = self.lambda_or_value(code);
                if matches!(code, Code::Lambda(_, body, _) if matches!(body.last(), Some(Statement::Code(end)) if is_end(end)))
                {
                    self.require(&value);
                    return value;
                }
                let value = value.share();
                let whole = Expr::FirstNonEmpty(vec![value.clone(), default]).share();
                self.widen(&value, &whole);
                whole
            }
            ("filter", 1) => {
                let value = value.share();
                let condition = self.condition_of(given.next(), &value);
                let (then, otherwise) = (value.clone(), Expr::Null(span));
                let whole = Expr::If(Box::new(IfExpr { condition, then, otherwise, span })).share();
                self.widen(&value, &whole);
                whole
            }
            ("map", 1) => match given.next() {
                Some(Code::Lambda(names, body, at)) => self.applied(names, body, value, *at),
                // `Optional.map(String::trim)`
                _ => value,
            },
            ("orEmpty", 0) => {
                let blank = Expr::Text(Spanned::new(String::new(), span));
                self.first_set(vec![value, blank], span)
            }
            ("trim" | "strip", 0) => apply(Method::Strip(None), value),
            ("toLowerCase" | "lowercase", _) => apply(Method::Lower, value),
            ("toUpperCase" | "uppercase", _) => apply(Method::Upper, value),
            ("toString" | "getString" | "asString" | "trimIndent" | "trimMargin", 0) => value,
            ("toInt" | "toLong" | "toIntOrNull" | "toShort" | "intValue", 0) => apply(Method::Number, value),
            ("toBoolean" | "toBooleanStrict", 0) => apply(Method::Flag, value),
            ("replace", 2) => {
                let from = given.next().map(|code| self.expr(code));
                let to = given.next().map(|code| self.expr(code));
                match (from, to) {
                    (Some(from), Some(to)) => apply(Method::Replace { from, to, count: None }, value),
                    _ => Expr::Opaque(span),
                }
            }
            ("removePrefix" | "removeSuffix", 1) => match given.next().map(|code| self.expr(code)) {
                Some(Expr::Text(part)) if name == "removePrefix" => {
                    apply(Method::RemovePrefix(part.value), value)
                }
                Some(Expr::Text(part)) => apply(Method::RemoveSuffix(part.value), value),
                _ => Expr::Opaque(span),
            },
            ("split", 1 | 2) => match given.next().map(|code| self.expr(code)) {
                Some(Expr::Text(part)) if !part.value.contains(['\\', '[', '|', '*', '+']) => {
                    apply(Method::Split(Some(part.value), None), value)
                }
                _ => Expr::Opaque(span),
            },
            ("concat" | "plus", 1) => {
                let part = given.next().map_or(Expr::Opaque(span), |code| self.expr(code));
                Expr::Concat(vec![value, part])
            }
            ("formatted", _) => {
                let mut all = vec![value];
                all.extend(self.values(&call.arguments).into_iter().map(|(_, value)| value));
                formatted(all, span)
            }
            ("get" | "getOrDefault" | "getOrElse" | "getProperty", 1 | 2)
                if matches!(value.peel(), Expr::Record(_) | Expr::Merge(_) | Expr::List(_)) =>
            {
                let key = given.next().map_or(Expr::Opaque(span), |code| self.expr(code));
                let default = given.next().map_or(Expr::Null(span), |code| self.lambda_or_value(code));
                match value.peel() {
                    Expr::List(_) => self.item(value, key, span),
                    _ => Expr::Item(Box::new(value), Box::new(key), Some(Box::new(default))),
                }
            }
            _ => {
                let callee = super::expressions::member(value, &call.name);
                self.user_call(callee, call)
            }
        }
    }

    /// A call of a function of the program: what it reads is read here.
    fn user_call(&mut self, callee: Expr, call: &Call) -> Expr {
        let arguments = self.values(&call.arguments);
        let span = call.span;
        if matches!(callee.peel(), Expr::Opaque(_)) {
            return Expr::Opaque(span);
        }
        let names = match callee.peel() {
            Expr::Function(function) => read_through(function, &arguments),
            _ => Vec::new(),
        };
        let value = Expr::Call(Box::new(CallExpr { callee, arguments, span })).share();
        for name in names {
            let (expression, held) = (value.clone(), None);
            self.notes.read(Read { name, expression, required: false, held, span }, self.names.path());
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
    fn applied(&mut self, names: &[String], body: &[Statement], value: Expr, span: Span) -> Expr {
        let value = value.share();
        let mark = self.names.enter(None);
        self.names.bind(names.first().map_or("it", String::as_str), value.clone());
        let then = self.block_value(body, span);
        self.names.leave(mark, false);
        let condition = Condition::IsSet(value);
        Expr::If(Box::new(IfExpr { condition, then, otherwise: Expr::Null(span), span })).share()
    }

    /// What a lambda asks of a value.
    fn condition_of(&mut self, code: Option<&Code>, value: &Expr) -> Condition {
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
    fn lambda_or_value(&mut self, code: &Code) -> Expr {
        match code {
            Code::Lambda(_, body, span) => self.block_value(body, *span),
            other => self.expr(other),
        }
    }

    fn first_set(&mut self, values: Vec<Expr>, span: Span) -> Expr {
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
    fn map_of(&mut self, call: &Call) -> Expr {
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

    fn dotenv(&mut self, span: Span) -> Expr {
        if self.notes.recording && self.notes.module.dotenv.is_empty() {
            self.notes.module.dotenv.push(Spanned::new(String::new(), span));
        }
        Expr::Library(Spanned::new("io.github.cdimascio.dotenv.Dotenv()".to_string(), span))
    }

    /// A property that is looked up by its name.
    pub fn property(&mut self, key: Expr, default: Option<Expr>, span: Span) -> Expr {
        let Expr::Text(key) = key.peel() else { return Expr::Opaque(span) };
        let value = spring::property(key, default, self.dialect, span);
        self.note_properties(&value);
        value
    }
}

/// `System.getProperty(key[, default])`: what `-D` says, which the environment does not replace.
fn system_property(key: Expr, default: Option<Expr>, span: Span) -> Expr {
    let Expr::Text(key) = key.peel() else { return Expr::Opaque(span) };
    let default = default.unwrap_or(Expr::Null(span));
    match spring::property(key, None, Dialect::Spring, span) {
        Expr::Item(all, key, _) => Expr::Item(all, key, Some(Box::new(default))),
        other => other,
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

/// The variables that a function reads whose names are its arguments.
fn read_through(function: &Function, arguments: &[(Option<String>, Expr)]) -> Vec<Spanned<String>> {
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
                && !out.contains(name)
            {
                out.push(name.clone());
            }
        }
        pending.extend(walk::children(expr));
    }
    out
}

/// `new HttpHost(host, port, scheme)`
fn host_and_port(arguments: Vec<(Option<String>, Expr)>, span: Span) -> Expr {
    let mut values = arguments.into_iter().map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(host), Some(port)) => {
            Expr::Concat(vec![host, Expr::Text(Spanned::new(":".to_string(), Span::NONE)), port])
        }
        (Some(host), None) => host,
        _ => Expr::Opaque(span),
    }
}

/// `String.format(pattern, …)`
fn formatted(values: Vec<Expr>, span: Span) -> Expr {
    let mut values = values.into_iter();
    let Some(Expr::Text(pattern)) = values.next().map(|first| first.peel().clone()) else {
        return Expr::Opaque(span);
    };
    let exact = pattern.span.len() as usize == pattern.value.len();
    let place = |from: usize, to: usize| if exact { pattern.span.slice(from, to) } else { pattern.span };
    let mut parts = Vec::new();
    let (mut at, mut plain) = (0, 0);
    let text = pattern.value.as_str();
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find('%')) {
        let from = at + offset;
        let rest = text.get(from + 1..).unwrap_or_default();
        let Some(end) = rest.find(|c: char| c.is_alphabetic() || c == '%') else { break };
        let to = from + 1 + end + 1;
        if plain < from {
            let part = text.get(plain..from).unwrap_or_default().to_string();
            parts.push(Expr::Text(Spanned::new(part, place(plain, from))));
        }
        match rest.get(end..=end) {
            Some("%") => parts.push(Expr::Text(Spanned::new("%".to_string(), place(from, to)))),
            Some("s" | "d") if end == 0 => parts.push(values.next().unwrap_or(Expr::Opaque(span))),
            _ => parts.push(Expr::Opaque(span)),
        }
        (at, plain) = (to, to);
    }
    if plain < text.len() {
        let part = text.get(plain..).unwrap_or_default().to_string();
        parts.push(Expr::Text(Spanned::new(part, place(plain, text.len()))));
    }
    Expr::Concat(parts)
}
