//! Calls: Go's own functions, those of its standard library that make texts, and those of the program.

use tree_sitter::Node;

use super::expressions::{TYPE, member, test};
use super::reader::Reader;
use super::sinks::mysql_dsn;
use crate::programs::reading::queues;
use crate::programs::reading::{Written, parts, percent, written};
use crate::programs::{CallExpr, Condition, Expr, IfExpr, Method, UrlPart, UrlParts};
use crate::source::{Span, Spanned};

/// What a call calls.
pub(super) enum Callee {
    /// A function of a library, by its full name; of what one gave, with `()` after that.
    Library(String),
    /// A function or method of the program.
    Program(Expr),
    /// A method of a value that is known here, by the name of the method.
    Value(Expr, String),
    /// One of Go's own.
    Builtin(String),
    /// Not known.
    Other,
}

/// Go's own functions and the types that are used like ones.
const BUILTINS: &[&str] = &[
    "append", "cap", "close", "copy", "delete", "len", "make", "max", "min", "new", "panic", "print",
    "println", "recover", "string", "int", "int32", "int64", "uint", "uint16", "uint32", "uint64", "float64",
    "bool", "byte",
];

impl<'t> Reader<'t> {
    /// The arguments of a call, and whether the last is a list spread over several.
    pub fn arguments(&self, node: Node<'t>) -> (Vec<Node<'t>>, bool) {
        let mut all: Vec<Node<'t>> = node.child_by_field_name("arguments").map(parts).unwrap_or_default();
        all.truncate(200);
        let open = all.iter().any(|argument| argument.kind() == "variadic_argument");
        let plain = |argument: Node<'t>| match argument.kind() {
            "variadic_argument" => parts(argument).first().copied().unwrap_or(argument),
            _ => argument,
        };
        (all.into_iter().map(plain).collect(), open)
    }

    /// What a call calls.
    pub fn callee(&mut self, node: Node<'t>) -> Callee {
        let Some(mut function) = node.child_by_field_name("function") else { return Callee::Other };
        // `GetEnv[int](…)`
        if matches!(function.kind(), "index_expression" | "type_instantiation_expression")
            && let Some(inner) = parts(function).first()
        {
            function = *inner;
        }
        match function.kind() {
            "identifier" => {
                let name = self.text(function);
                match self.expr(function) {
                    Expr::Own(own) if BUILTINS.contains(&name) && !self.top.contains_key(name) => {
                        Callee::Builtin(own.value)
                    }
                    Expr::Library(name) => Callee::Library(name.value),
                    Expr::Opaque(_) => Callee::Other,
                    value => Callee::Program(value),
                }
            }
            "selector_expression" => self.method(function),
            "func_literal" => Callee::Program(self.expr(function)),
            _ => Callee::Other,
        }
    }

    fn method(&mut self, node: Node<'t>) -> Callee {
        let (Some(operand), Some(field)) =
            (node.child_by_field_name("operand"), node.child_by_field_name("field"))
        else {
            return Callee::Other;
        };
        let base = self.expr(operand);
        let name = self.spanned(field);
        // A variable of the package may hold what a library made.
        let base = match base.peel() {
            Expr::Own(own) if own.value != self.text(operand) => base,
            Expr::Own(own) => match self.top.get(&own.value).map(Expr::peel) {
                Some(Expr::Record(fields)) if is_of_library(fields) => Expr::Record(fields.clone()),
                Some(Expr::Library(library)) => Expr::Library(library.clone()),
                _ => base,
            },
            _ => base,
        };
        match base.peel() {
            Expr::Library(library) => Callee::Library(format!("{}.{}", library.value, name.value)),
            Expr::Opaque(_) => Callee::Other,
            Expr::Imported { module, name: whole, .. } if whole.is_empty() => {
                Callee::Program(Expr::Imported {
                    module: module.clone(),
                    name: name.value,
                    span: self.span(node),
                })
            }
            // One of the results of a function of the program.
            Expr::Method(made, which)
                if matches!(**which, Method::Index(_)) && matches!(made.peel(), Expr::Call(_)) =>
            {
                Callee::Program(member(base, name))
            }
            Expr::Url(..) | Expr::Method(..) | Expr::Read(_) | Expr::Text(_) | Expr::Concat(_) => {
                Callee::Value(base, name.value)
            }
            Expr::Record(_) | Expr::Merge(_) => match written(&base, TYPE) {
                Written::Yes(Expr::Library(kind)) => {
                    Callee::Library(format!("{}().{}", kind.value, name.value))
                }
                _ => Callee::Program(member(base, name)),
            },
            _ => Callee::Program(member(base, name)),
        }
    }

    /// What a call gives; several results are a list.
    pub fn call(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let callee = self.callee(node);
        let fills = matches!(&callee, Callee::Library(name) if fills_by_tags(name));
        let decodes = match &callee {
            Callee::Library(name) => self.decode_into(name, node),
            Callee::Program(callee) => self.fill_by_helper(callee, node),
            _ => false,
        };
        // What a function of the program is handed is what was there before it made anything else of it.
        let handed = matches!(callee, Callee::Program(_)).then(|| self.handed(node));
        if !fills && !decodes && !self.only_takes(&callee) {
            self.hand_over(node);
        }
        if matches!(callee, Callee::Program(_)) {
            self.rework(node);
        }
        if let Callee::Library(name) = &callee {
            self.flag_into(name, node);
        }
        match callee {
            Callee::Library(name) => self.library_call(&name, node),
            Callee::Program(callee) => {
                let arguments = handed.unwrap_or_default();
                Expr::Call(Box::new(CallExpr { callee, arguments, span }))
            }
            Callee::Value(value, name) => of_value(value, &name, span),
            Callee::Builtin(name) => self.builtin(&name, node),
            Callee::Other => Expr::Opaque(span),
        }
    }

    /// The values that a call hands over.
    /// Notes the queue that a call names.
    pub fn queue(&mut self, node: Node<'t>) {
        let field = node.child_by_field_name("function").and_then(|it| it.child_by_field_name("field"));
        let Some(call) = field.map(|field| self.text(field)).filter(|_| self.notes.recording) else { return };
        if !queues::is_known("go", call) {
            return;
        }
        let (arguments, _) = self.arguments(node);
        let given = vec![None; arguments.len()];
        let found = queues::named(("go", call), &given, self.span(node), |at| {
            let argument = *arguments.get(at)?;
            Some((self.expr(argument), self.span(argument)))
        });
        self.notes.queues(found);
    }

    fn handed(&mut self, node: Node<'t>) -> Vec<(Option<String>, Expr)> {
        let (arguments, _) = self.arguments(node);
        arguments.into_iter().map(|argument| (None, self.expr(argument))).collect()
    }

    /// Whether a function makes something out of what it is handed, and so leaves that as it is: `queue.New(&config)`.
    fn only_takes(&self, callee: &Callee) -> bool {
        const MAKERS: [&str; 8] = ["New", "Connect", "Dial", "Open", "Start", "Run", "Serve", "Listen"];
        const OF_SETTINGS: [&str; 5] = ["conf", "cfg", "env", "setting", "option"];
        let Callee::Program(callee) = callee else { return false };
        let (name, package) = match callee.peel() {
            Expr::Own(name) => (&name.value, ""),
            Expr::Imported { name, module, .. } => (name, module.rsplit('/').next().unwrap_or("")),
            _ => return false,
        };
        let fills = |text: &str| OF_SETTINGS.iter().any(|word| text.to_ascii_lowercase().contains(word));
        let makes = MAKERS.iter().any(|maker| name.starts_with(maker));
        makes && !fills(name) && !fills(package)
    }

    /// A variable whose address is handed over holds whatever was made of it there.
    fn hand_over(&mut self, node: Node<'t>) {
        let (arguments, _) = self.arguments(node);
        for argument in arguments.into_iter().filter(|argument| argument.kind() == "unary_expression") {
            let Some(variable) = argument.child_by_field_name("operand") else { continue };
            let name = self.text(variable);
            let local = self.names.bound(name).is_some_and(|value| !matches!(value.peel(), Expr::Library(_)));
            if local && variable.kind() == "identifier" && self.child(argument, "operator") == "&" {
                self.names.bind(name, Expr::Opaque(self.span(argument)));
            }
        }
    }

    fn builtin(&mut self, name: &str, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (arguments, open) = self.arguments(node);
        let Some(first) = arguments.first().copied() else { return Expr::Opaque(span) };
        match name {
            "string" | "int" | "int32" | "int64" | "uint" | "uint16" | "uint32" | "uint64" | "bool" => {
                self.expr(first)
            }
            "new" => self.zero(Some(first)),
            "make" => match first.kind() {
                "map_type" => Expr::Record(Vec::new()),
                "slice_type" => Expr::List(Vec::new()),
                _ => Expr::Opaque(span),
            },
            "append" if !open => match self.expr(first).peel() {
                Expr::List(items) => {
                    let mut items = items.clone();
                    for argument in arguments.iter().skip(1) {
                        items.push(self.expr(*argument));
                    }
                    Expr::List(items)
                }
                _ => Expr::Opaque(span),
            },
            _ => Expr::Opaque(span),
        }
    }

    /// A call of a library's function.
    fn library_call(&mut self, name: &str, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let (arguments, open) = self.arguments(node);
        let told = self.environment_call(name, node, &arguments);
        if let Some(value) = told.or_else(|| self.flag_call(name, node, &arguments)) {
            return value;
        }
        match name {
            "github.com/go-sql-driver/mysql.NewConfig" => {
                let kind = Spanned::new("github.com/go-sql-driver/mysql.Config".to_string(), span);
                return Expr::Record(vec![(Spanned::new(TYPE.to_string(), Span::NONE), Expr::Library(kind))]);
            }
            "github.com/go-sql-driver/mysql.Config().FormatDSN" => return self.formatted(node),
            _ => {}
        }
        let at =
            |reader: &mut Self, index: usize| arguments.get(index).map(|argument| reader.expr(*argument));
        let (package, function) = name.rsplit_once('.').unwrap_or(("", name));
        let value = match package {
            "strings" => self.text_call(function, &arguments),
            "strconv" => match (function, at(self, 0)) {
                ("Atoi" | "ParseInt" | "ParseUint" | "ParseFloat", Some(value)) => {
                    Some(fallible(value, Some(Method::Number), span))
                }
                ("ParseBool", Some(value)) => Some(fallible(value, Some(Method::Flag), span)),
                ("Itoa" | "FormatInt" | "FormatUint", Some(value)) => {
                    Some(Expr::Method(Box::new(value), Box::new(Method::Text)))
                }
                _ => None,
            },
            "time" if function == "ParseDuration" => at(self, 0).map(|value| fallible(value, None, span)),
            "fmt" => match function {
                "Sprintf" if !open => {
                    let values: Vec<Expr> = arguments.iter().skip(1).map(|value| self.expr(*value)).collect();
                    let format = arguments.first().and_then(|format| self.literal(*format));
                    Some(format.map_or(Expr::Opaque(span), |format| {
                        percent(Expr::Text(format), Expr::List(values), span)
                    }))
                }
                "Sprint" if arguments.len() == 1 => at(self, 0),
                _ => None,
            },
            "net" if function == "JoinHostPort" => match (at(self, 0), at(self, 1)) {
                (Some(host), Some(port)) => {
                    let colon = Expr::Text(Spanned::new(":".to_string(), Span::NONE));
                    Some(Expr::Concat(vec![host, colon, port]))
                }
                _ => None,
            },
            "net/url" => match (function, at(self, 0)) {
                ("Parse" | "ParseRequestURI", Some(value)) => Some(Expr::List(vec![
                    Expr::Method(Box::new(value), Box::new(Method::Text)),
                    Expr::Null(span),
                ])),
                ("QueryEscape" | "PathEscape", Some(value)) => {
                    Some(Expr::Method(Box::new(value), Box::new(Method::Quote)))
                }
                ("UserPassword" | "User", Some(user)) => {
                    let field = |name: &str| Spanned::new(name.to_string(), span);
                    let mut fields = vec![(field("user"), user)];
                    fields.extend(at(self, 1).map(|password| (field("password"), password)));
                    Some(Expr::Record(fields))
                }
                _ => None,
            },
            "cmp" if function == "Or" && !open => {
                Some(Expr::FirstNonEmpty(arguments.iter().map(|value| self.expr(*value)).collect()))
            }
            "sync" if function.starts_with("OnceValue") => at(self, 0),
            _ if function == "String" && package.ends_with("/aws") => at(self, 0),
            _ => None,
        };
        value.unwrap_or_else(|| Expr::Library(Spanned::new(given(name), span)))
    }

    /// `cfg.FormatDSN()`
    fn formatted(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let function = node.child_by_field_name("function");
        let Some(made) = function.and_then(|function| function.child_by_field_name("operand")) else {
            return Expr::Opaque(span);
        };
        match self.expr(made).peel() {
            record @ (Expr::Record(_) | Expr::Merge(_)) => mysql_dsn(record, span),
            _ => Expr::Opaque(span),
        }
    }

    fn text_call(&mut self, function: &str, arguments: &[Node<'t>]) -> Option<Expr> {
        let value = self.expr(*arguments.first()?);
        let second = arguments.get(1).copied();
        let span = arguments.first().map_or(Span::NONE, |first| self.span(*first));
        let text = |reader: &mut Self| second.and_then(|node| reader.literal(node)).map(|text| text.value);
        let method = match function {
            "HasPrefix" | "HasSuffix" | "Contains" => {
                let part = self.expr(second?);
                let condition = match function {
                    "HasPrefix" => Condition::StartsWith(value, part),
                    "HasSuffix" => Condition::EndsWith(value, part),
                    _ => Condition::Contains(value, part),
                };
                return Some(Expr::Test(Box::new(condition), span));
            }
            "EqualFold" => {
                let lower = |value: Expr| Expr::Method(Box::new(value), Box::new(Method::Lower));
                let other = self.expr(second?);
                return Some(Expr::Test(Box::new(Condition::Equals(lower(value), lower(other))), span));
            }
            "Join" => Method::Join(self.expr(second?)),
            "ReplaceAll" | "Replace" => {
                let count = match arguments.get(3).map(|count| self.text(*count)) {
                    None => None,
                    Some(count) if count.starts_with('-') => None,
                    Some(count) => Some(count.parse().ok()?),
                };
                let (from, to) = (self.expr(second?), self.expr(*arguments.get(2)?));
                Method::Replace { from, to, count }
            }
            "TrimSpace" => Method::Strip(None),
            "Trim" => Method::Strip(Some(text(self)?)),
            "TrimLeft" => Method::StripStart(Some(text(self)?)),
            "TrimRight" => Method::StripEnd(Some(text(self)?)),
            "TrimPrefix" => Method::RemovePrefix(text(self)?),
            "TrimSuffix" => Method::RemoveSuffix(text(self)?),
            "Split" => Method::Split(Some(text(self)?), None),
            "SplitN" => {
                let count: usize = self.text(*arguments.get(2)?).parse().ok()?;
                Method::Split(Some(text(self)?), count.checked_sub(1))
            }
            "Fields" => Method::Split(None, None),
            "ToLower" => Method::Lower,
            "ToUpper" => Method::Upper,
            _ => return None,
        };
        Some(Expr::Method(Box::new(value), Box::new(method)))
    }

    /// `url.URL{Scheme: …, User: …, Host: …, Path: …}`; its host may hold the port.
    pub fn url_of(&mut self, fields: &[(Spanned<String>, Expr)], span: Span) -> Expr {
        let get = |name: &str| {
            fields.iter().rev().find(|(field, _)| field.value == name).map(|(_, value)| value.clone())
        };
        let user = get("User");
        let info = |name: &str| user.clone().map(|user| member(user, Spanned::new(name.to_string(), span)));
        let has_password = matches!(
            user.as_ref().map(Expr::peel),
            Some(Expr::Record(fields)) if fields.iter().any(|(name, _)| name.value == "password")
        );
        let parts = UrlParts {
            scheme: get("Scheme"),
            user: info("user"),
            password: info("password").filter(|_| has_password),
            host: get("Host"),
            port: None,
            database: get("Path"),
        };
        Expr::Url(Box::new(parts), span)
    }
}

/// Whether a record is a struct of a library's.
fn is_of_library(fields: &[(Spanned<String>, Expr)]) -> bool {
    fields.first().is_some_and(|(name, kind)| name.value == TYPE && matches!(kind, Expr::Library(_)))
}

/// A method of a URL, or of what is no struct of the program.
fn of_value(value: Expr, name: &str, span: Span) -> Expr {
    let part = |value: &Expr, part| Expr::Method(Box::new(value.clone()), Box::new(Method::UrlPart(part)));
    match (value.peel(), name) {
        (Expr::Url(..), "String") => value,
        (Expr::Method(inner, method), name) if **method == Method::Text => match name {
            "String" => (**inner).clone(),
            "Hostname" => part(inner, UrlPart::Host),
            "Port" => part(inner, UrlPart::Port),
            _ => Expr::Opaque(span),
        },
        (Expr::Method(..), name) => {
            // One of the results of a function of the program.
            let name = Spanned::new(name.to_string(), span);
            let callee = Expr::Member(Box::new(value), name);
            Expr::Call(Box::new(CallExpr { callee, arguments: Vec::new(), span }))
        }
        (_, "String") => value,
        _ => Expr::Opaque(span),
    }
}

/// Whether a library fills a struct from the environment as its tags say, which its type already tells.
fn fills_by_tags(name: &str) -> bool {
    let libraries = [
        "caarlos0/env",
        "envconfig",
        "cleanenv",
        "envdecode",
        "spf13/viper",
        "alecthomas/kong",
        "jessevdk/go-flags",
        "alexflint/go-arg",
    ];
    libraries.iter().any(|library| name.contains(library))
}

/// What a call of a library gives; an object stays itself while it is only set up.
fn given(name: &str) -> String {
    match name.rsplit_once(").") {
        Some((object, method)) if method.starts_with("Set") || method.starts_with("With") => {
            format!("{object})")
        }
        _ => format!("{name}()"),
    }
}

/// A conversion and its error: what is blank is no number.
fn fallible(value: Expr, method: Option<Method>, span: Span) -> Expr {
    let value = value.share();
    let error = match test(value.clone(), span) {
        Expr::Test(condition, _) => Expr::If(Box::new(IfExpr {
            condition: *condition,
            then: Expr::Null(span),
            otherwise: Expr::Text(Spanned::new("invalid syntax".to_string(), span)),
            span,
        })),
        _ => Expr::Opaque(span),
    };
    let value = match method {
        Some(method) => Expr::Method(Box::new(value), Box::new(method)),
        None => value,
    };
    Expr::List(vec![value, error])
}
