//! Calls: of the framework's configuration, of strings, and of the program's own functions.

use tree_sitter::Node;

use super::expressions::{joined, plain};
use super::reader::{Argument, CONFIGURATION, Reader};
use crate::programs::reading::made::truth;
use crate::programs::reading::{Asked, Round, asked_for};
use crate::programs::{Blank, CallExpr, Condition, Expr, LookupExpr, Method, ReadExpr};
use crate::source::{Span, Spanned};

/// Whether a method of a well-known type throws where it is given nothing.
fn takes_no_nothing(of: &str, name: &str) -> bool {
    match name {
        "GetBytes" => matches!(of, "UTF8" | "ASCII" | "Unicode" | "Default"),
        "Parse" => matches!(
            of,
            "int" | "Int32" | "long" | "double" | "decimal" | "bool" | "TimeSpan" | "Guid" | "IPAddress"
        ),
        "FromBase64String" => of == "Convert",
        _ => false,
    }
}

/// A call as written.
struct Call<'t> {
    /// The method's name.
    name: &'t str,
    /// Where the name stands.
    at: Node<'t>,
    /// The type arguments, `<A, B>`.
    types: Vec<Node<'t>>,
    arguments: Vec<Argument<'t>>,
    span: Span,
}

impl<'t> Reader<'t> {
    /// What a call gives.
    pub fn invocation(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let Some(function) = node.child_by_field_name("function") else { return Expr::Opaque(span) };
        let (receiver, name) = match function.kind() {
            "member_access_expression" => {
                (function.child_by_field_name("expression"), function.child_by_field_name("name"))
            }
            "conditional_access_expression" => {
                let receiver = function.child_by_field_name("condition");
                let binding = crate::programs::reading::parts(function).into_iter().next_back();
                (receiver, binding.and_then(|binding| binding.child_by_field_name("name")))
            }
            "identifier" | "generic_name" => (None, Some(function)),
            _ => (None, None),
        };
        let Some(name) = name else { return Expr::Opaque(span) };
        let base = receiver.map(|receiver| self.expr(receiver));
        let of = receiver.map_or("", |receiver| last_name(self.text(receiver)));
        self.call(node, base.as_ref(), of, name)
    }

    /// `base?.Method(…)`, where the call stands behind the question mark.
    pub fn chained(&mut self, base: &Expr, node: Node<'t>) -> Expr {
        let function = node.child_by_field_name("function");
        let name = function.and_then(|function| function.child_by_field_name("name"));
        match name {
            Some(name) => self.call(node, Some(base), "", name),
            None => Expr::Opaque(self.span(node)),
        }
    }

    fn call(&mut self, node: Node<'t>, base: Option<&Expr>, of: &str, name: Node<'t>) -> Expr {
        let (text, types) = match name.kind() {
            "generic_name" => self.generic(name).unwrap_or((self.text(name), Vec::new())),
            _ => (self.text(name), Vec::new()),
        };
        let arguments = self.arguments(node.child_by_field_name("arguments"), text);
        let call = Call { name: text, at: name, types, arguments, span: self.span(node) };
        if let Some(value) = self.static_call(of, &call) {
            return value;
        }
        if let Some(value) = self.configuration_call(base, &call) {
            return value;
        }
        self.hosts |= matches!(call.name, "ConfigureWebHostDefaults" | "ConfigureWebHost");
        self.login(&call);
        self.again(&call, node);
        self.call_sink(of, call.name, call.at, &call.arguments, call.span);
        self.kept(base, &call);
        let values: Vec<Expr> = call.arguments.iter().map(|argument| argument.value.clone()).collect();
        if let Some(condition) = self.asking_call(base, call.name, &values, call.span) {
            return match condition {
                Condition::Opaque => Expr::Opaque(call.span),
                condition => Expr::Test(Box::new(condition), call.span),
            };
        }
        match base {
            None => {
                let callee = self.name(call.at);
                self.own_call(callee, &call)
            }
            Some(base) => self.method_call(base, &call),
        }
    }

    /// Keeps a call that may be one of a method of the program: methods are known by their names alone.
    fn kept(&mut self, base: Option<&Expr>, call: &Call<'t>) {
        let of_library = base.is_some_and(|base| matches!(base.peel(), Expr::Library(_)));
        if of_library && !call.name.starts_with("Add") || call.arguments.is_empty() {
            return;
        }
        let handed = |argument: &Argument<'t>| {
            (argument.name.as_ref().map(|name| name.value.clone()), argument.value.clone())
        };
        let callee = Expr::Own(Spanned::new(call.name.to_string(), call.span));
        let arguments = call.arguments.iter().map(handed).collect();
        self.notes.keep_call(&CallExpr { callee, arguments, span: call.span });
    }

    /// `host.Username("guest")`, by which MassTransit is told who logs in.
    fn login(&mut self, call: &Call<'t>) {
        const MAX_LOGINS: usize = 200;
        let named = match call.name {
            "Username" => "username",
            "Password" => "password",
            _ => return,
        };
        if let ([argument], true) = (call.arguments.as_slice(), self.logins.len() < MAX_LOGINS) {
            self.logins.push((Spanned::new(named.to_string(), call.span), argument.value.clone()));
        }
    }

    /// `policy.Execute(() => …)` of Polly, `Retry.Interval(20, time).Retry(() => …)`, `UseSqlServer(…, sql => sql.EnableRetryOnFailure())`: what is called again.
    fn again(&mut self, call: &Call<'t>, node: Node<'t>) {
        const MAX_ROUNDS: usize = 100;
        let polly = matches!(call.name, "Execute" | "ExecuteAsync") && self.file.text.contains("Retry")
            || call.name.contains("Retry") && self.text(node).contains("=>");
        let context = || call.name.starts_with("Use") && self.text(node).contains("EnableRetryOnFailure");
        if self.rounds.len() < MAX_ROUNDS && (polly || context()) {
            self.rounds.push(Round::of(call.span, self.text(node)));
        }
    }

    /// A method that waits when it fails and then calls itself: `catch { Thread.Sleep(2000); Migrate(host, retry + 1); }`.
    pub fn again_by_itself(&mut self, method: Node<'t>) {
        let Some(name) = method.child_by_field_name("name").map(|name| self.text(name)) else { return };
        let text = self.text(method);
        let mut caught = text.match_indices("catch").filter_map(|(at, _)| text.get(at..));
        let itself = [format!("{name}("), format!("{name}<")];
        let again = caught.any(|rest| {
            let waits = ["Task.Delay(", "Thread.Sleep("].iter().filter_map(|wait| rest.find(wait)).min();
            let after = waits.and_then(|at| rest.get(at..));
            after.is_some_and(|after| itself.iter().any(|call| after.contains(call.as_str())))
        });
        if again {
            self.rounds.push(Round::of(self.span(method), text));
        }
    }

    /// Methods of well-known types: `Environment.GetEnvironmentVariable`, `string.Format`, `int.Parse` …
    fn static_call(&mut self, of: &str, call: &Call<'t>) -> Option<Expr> {
        let first = call.arguments.first().map(|argument| &argument.value);
        if let Some(value) = first.filter(|_| takes_no_nothing(of, call.name)) {
            self.notes.demand(value.clone(), call.span, self.names.path());
        }
        let method = |value: &Expr, method| Expr::Method(Box::new(value.clone()), Box::new(method));
        Some(match (of, call.name, first) {
            (_, "GetEnvironmentVariable", Some(name)) => self.variable(name.clone(), None, call.span),
            ("Env" | "EnvReader", "GetString" | "GetInt" | "GetDouble" | "GetBool", Some(name)) => {
                let default = call.arguments.get(1).map(|argument| argument.value.clone());
                self.variable(name.clone(), default, call.span)
            }
            ("Env" | "DotEnv" | "TraversePath()" | "NoClobber()", "Load" | "LoadMulti", _) => {
                let file = first.and_then(plain).filter(|name| name.contains(".env")).unwrap_or_default();
                if self.notes.recording {
                    self.notes.module.dotenv.push(Spanned::new(file, call.span));
                }
                Expr::Opaque(call.span)
            }
            ("String" | "string", "Format", Some(format)) => {
                let values: Vec<Expr> =
                    call.arguments.iter().skip(1).map(|argument| argument.value.clone()).collect();
                self.format(format, &values, call.span)
            }
            ("String" | "string", "Concat", Some(_)) => {
                Expr::Concat(call.arguments.iter().map(|argument| argument.value.clone()).collect())
            }
            ("String" | "string", "Join", Some(separator)) => match call.arguments.as_slice() {
                [_, list] => method(&list.value, Method::Join(separator.clone())),
                _ => Expr::Opaque(call.span),
            },
            (
                "int" | "Int32" | "long" | "Int64" | "ushort" | "UInt16" | "double" | "short" | "uint",
                "Parse",
                Some(value),
            )
            | ("Convert", "ToInt32" | "ToInt64" | "ToUInt16" | "ToInt16", Some(value)) => {
                method(value, Method::Number)
            }
            (_, "TryParse", Some(value)) => self.try_parse(of, value, call),
            ("bool" | "Boolean", "Parse", Some(value)) | ("Convert", "ToBoolean", Some(value)) => {
                method(value, Method::Flag)
            }
            (
                "WebApplication" | "Host" | "WebHost",
                "Create"
                | "CreateBuilder"
                | "CreateSlimBuilder"
                | "CreateDefaultBuilder"
                | "CreateApplicationBuilder",
                _,
            ) => {
                self.hosts |= of != "Host";
                Expr::Opaque(call.span)
            }
            ("", "nameof", _) => {
                let named = call.arguments.first()?.node;
                let name = last_name(self.text(named));
                Expr::Text(Spanned::new(name.to_string(), self.span(named)))
            }
            ("Convert", "ToString", Some(value)) => value.clone(),
            ("Uri" | "WebUtility" | "HttpUtility", "EscapeDataString" | "UrlEncode", Some(value)) => {
                method(value, Method::Quote)
            }
            (
                "ArgumentNullException" | "ArgumentException",
                "ThrowIfNull" | "ThrowIfNullOrEmpty" | "ThrowIfNullOrWhiteSpace",
                Some(value),
            )
            | ("Against", "Null" | "NullOrEmpty" | "NullOrWhiteSpace", Some(value)) => {
                self.require(value.clone())
            }
            ("File", "Exists", Some(path)) if plain(path).as_deref() == Some("/.dockerenv") => {
                Expr::Bool(true, call.span)
            }
            _ => return None,
        })
    }

    /// `int.TryParse(text, out var number)`: what is parsed has the name of the second argument.
    fn try_parse(&mut self, of: &str, value: &Expr, call: &Call<'t>) -> Expr {
        let parsed = match of {
            "bool" | "Boolean" => Expr::Method(Box::new(value.clone()), Box::new(Method::Flag)),
            "int" | "Int32" | "long" | "ushort" | "double" => {
                Expr::Method(Box::new(value.clone()), Box::new(Method::Number))
            }
            _ => Expr::Opaque(call.span),
        };
        if let Some(out) = call.arguments.last().map(|argument| argument.node) {
            self.names.bind(last_name(self.text(out)), parsed);
        }
        match truth(value.clone()) {
            Condition::Opaque => Expr::Opaque(call.span),
            condition => Expr::Test(Box::new(condition), call.span),
        }
    }

    /// A read of the environment; it is noted when the name is known.
    fn variable(&mut self, name: Expr, default: Option<Expr>, span: Span) -> Expr {
        let known = match name.peel() {
            Expr::Text(text) => Some(text.clone()),
            _ => None,
        };
        // The images of .NET set it.
        if known.as_ref().is_some_and(|name| name.value == "DOTNET_RUNNING_IN_CONTAINER") {
            return Expr::Text(Spanned::new("true".to_string(), span));
        }
        let read = ReadExpr {
            name,
            aliases: Vec::new(),
            ignore_case: false,
            default,
            blank: Blank::Kept,
            required: false,
            span,
        };
        let expression = Expr::Read(Box::new(read));
        if let Some(name) = known {
            self.note_read(name, expression.clone(), false, span);
        }
        expression
    }

    /// Methods of `IConfiguration`, of its sections, and those that bind options.
    fn configuration_call(&mut self, base: Option<&Expr>, call: &Call<'t>) -> Option<Expr> {
        let first = call.arguments.first().map(|argument| argument.value.clone());
        let section = match base.map(Expr::peel) {
            Some(Expr::Lookup(setting)) => Some(setting.key.clone()),
            _ => None,
        };
        let root = matches!(base.map(Expr::peel), Some(Expr::Library(of)) if of.value == CONFIGURATION);
        let class = call.types.first().map(|class| super::sinks::class_name(self.text(*class)));
        Some(match (call.name, first) {
            ("GetConnectionString", Some(name)) => {
                let strings = Expr::Text(Spanned::new("ConnectionStrings".to_string(), call.span));
                self.setting(Some(strings), name, None, call.span)
            }
            (name, Some(key)) if (root || section.is_some()) && says_it_requires(name) => {
                let strings = || Expr::Text(Spanned::new("ConnectionStrings".to_string(), call.span));
                let section = if name.contains("ConnectionString") { Some(strings()) } else { section };
                let value = self.setting(section, key, None, call.span);
                self.require(value)
            }
            ("GetSection" | "GetRequiredSection", Some(key)) => {
                let key = joined(section, key);
                self.note_section(call.name, call.at, Some(&key));
                Expr::Lookup(Box::new(LookupExpr { key, default: None, required: false, span: call.span }))
            }
            ("GetValue", Some(key)) if root || section.is_some() || !call.types.is_empty() => {
                let default = call.arguments.get(1).map(|argument| argument.value.clone());
                let value = self.setting(section, key, default, call.span);
                match class {
                    Some("bool" | "bool?") => Expr::Method(Box::new(value), Box::new(Method::Flag)),
                    Some("int" | "int?" | "ushort" | "long") => {
                        Expr::Method(Box::new(value), Box::new(Method::Number))
                    }
                    _ => value,
                }
            }
            ("Get", _) if root || section.is_some() => {
                let class = *call.types.first()?;
                self.note_section(call.name, call.at, section.as_ref());
                let base = base?.clone();
                self.bound_to(self.text(class), &base);
                let key = section.unwrap_or(Expr::Text(Spanned::new(String::new(), call.span)));
                if matches!(self.text(class), "string" | "string?" | "Uri") {
                    return Some(self.setting(None, key, None, call.span));
                }
                if class.kind() != "identifier" {
                    return Some(Expr::Opaque(call.span));
                }
                self.instance(self.class(self.text(class), call.span), key, call.span).share()
            }
            ("Bind", Some(argument)) => {
                // `AddOptions<T>().Bind(section)`, `section.Bind(instance)`, `configuration.Bind("S", instance)`
                if let (None, false, Some(class)) = (&section, root, self.options_of(call.at)) {
                    self.bound_to(class, &argument);
                    return Some(Expr::Opaque(call.span));
                }
                let key = match (section, call.arguments.as_slice()) {
                    (Some(key), _) => key,
                    (None, [_, _]) => argument,
                    (None, _) => Expr::Text(Spanned::new(String::new(), call.span)),
                };
                let instance = call.arguments.last()?;
                let name = self.text(instance.node);
                if let Expr::Call(made) = instance.value.peel() {
                    let bound = self.instance(made.callee.clone(), key.clone(), call.span);
                    let kept = made.arguments.iter().filter_map(|(name, value)| {
                        let name = Spanned::new(name.clone()?, call.span);
                        Some((name.clone(), super::types::bound_over(key.clone(), &name, value)))
                    });
                    let kept: Vec<(Spanned<String>, Expr)> = kept.collect();
                    let bound = match kept.is_empty() {
                        true => bound,
                        false => Expr::Merge(vec![bound, Expr::Record(kept)]),
                    };
                    self.names.bind(name, bound);
                }
                Expr::Opaque(call.span)
            }
            ("BindConfiguration", Some(key)) => {
                if let Some(class) = self.options_of(call.at) {
                    let section = LookupExpr { key, default: None, required: false, span: call.span };
                    self.bound_to(class, &Expr::Lookup(Box::new(section)));
                }
                Expr::Opaque(call.span)
            }
            ("Configure", Some(section)) if class.is_some() => {
                self.bound_to(class?, &section);
                Expr::Opaque(call.span)
            }
            ("GetRequiredService" | "GetService", None) => {
                let class = *call.types.first()?;
                self.of_type(class)?
            }
            ("Build", None) if self.text(call.at.parent()?).contains("ConfigurationBuilder") => {
                Expr::Library(Spanned::new(CONFIGURATION.to_string(), call.span))
            }
            _ => return None,
        })
    }

    /// The class of the `AddOptions<Class>()` that a chain of calls starts with.
    fn options_of(&self, at: Node<'t>) -> Option<&'t str> {
        let chain = self.text(at.parent()?);
        let (_, rest) = chain.split_once("AddOptions<")?;
        Some(rest.split('>').next()?.rsplit('.').next()?.trim())
    }

    /// A method of a value.
    fn method_call(&mut self, base: &Expr, call: &Call<'t>) -> Expr {
        let span = call.span;
        let first = call.arguments.first().map(|argument| argument.value.clone());
        let text = || first.as_ref().and_then(plain);
        if matches!(base.peel(), Expr::Opaque(_) | Expr::Library(_)) {
            return Expr::Opaque(span);
        }
        let method = match call.name {
            // `Select(node => new Uri(node))`: addresses stay addresses.
            "ToString" | "ToArray" | "ToList" | "AsEnumerable" | "ConfigureAwait" | "Select" => {
                return base.clone();
            }
            "Replace" => match call.arguments.as_slice() {
                [from, to, ..] => {
                    Method::Replace { from: from.value.clone(), to: to.value.clone(), count: None }
                }
                _ => return Expr::Opaque(span),
            },
            "Trim" => Method::Strip(text()),
            "TrimEnd" => Method::StripEnd(text()),
            "TrimStart" => Method::StripStart(text()),
            "ToLower" | "ToLowerInvariant" => Method::Lower,
            "ToUpper" | "ToUpperInvariant" => Method::Upper,
            "Split" => match text() {
                Some(separator) => Method::Split(Some(separator), None),
                None => return Expr::Opaque(span),
            },
            "First" | "FirstOrDefault" if call.arguments.is_empty() => Method::Index(0),
            "Last" | "LastOrDefault" if call.arguments.is_empty() => Method::Index(-1),
            _ => {
                // `Settings.Get("NAME")`: a function of another class, or a method of an object.
                return match base.peel() {
                    Expr::Own(_) | Expr::Imported { .. } | Expr::Call(_) | Expr::Function(_) => {
                        let callee = Expr::Member(Box::new(base.clone()), self.spanned(call.at));
                        self.own_call(callee, call)
                    }
                    _ => Expr::Opaque(span),
                };
            }
        };
        Expr::Method(Box::new(base.clone()), Box::new(method))
    }

    /// A call of a function of the program. A helper that reads what it is asked for reads it here.
    fn own_call(&mut self, callee: Expr, call: &Call<'t>) -> Expr {
        if matches!(callee.peel(), Expr::Opaque(_) | Expr::Library(_) | Expr::Parameter(_)) {
            return Expr::Opaque(call.span);
        }
        let named = call.arguments.iter().filter(|argument| argument.name.is_some());
        let plain_ones = call.arguments.iter().filter(|argument| argument.name.is_none());
        let arguments = plain_ones
            .chain(named)
            .map(|argument| (argument.name.as_ref().map(|name| name.value.clone()), argument.value.clone()));
        let arguments: Vec<(Option<String>, Expr)> = arguments.collect();
        let function = self.function_of(&callee);
        let asked = function.and_then(|function| {
            let Asked { parameter, setting, required } = asked_for(&function.body)?;
            let at = function.parameters.iter().position(|(name, _)| *name == parameter)?;
            let named = arguments.iter().find(|(name, _)| name.as_deref() == Some(parameter.as_str()));
            let value = named.or_else(|| arguments.get(at)).map(|(_, value)| value.clone())?;
            Some((value, setting, required))
        });
        let callee = match (self.function_of(&callee), &callee) {
            (Some(function), Expr::Member(..)) => Expr::Function(function),
            _ => callee,
        };
        let expression = Expr::Call(Box::new(CallExpr { callee, arguments, span: call.span }));
        if let Some((Expr::Text(name), setting, required)) = asked {
            let name = match setting {
                true => Spanned::new(name.value.replace(':', "__"), name.span),
                false => name,
            };
            self.note_read(name, expression.clone(), required, call.span);
        }
        expression
    }

    /// The function that a callee is, where its class was read already.
    fn function_of(&self, callee: &Expr) -> Option<std::sync::Arc<crate::programs::Function>> {
        match callee.peel() {
            Expr::Function(function) if !function.class => Some(function.clone()),
            Expr::Member(class, name) => {
                let class = match class.peel() {
                    Expr::Own(class) => self.names.bound(&class.value)?.peel(),
                    class => class,
                };
                let Expr::Function(class) = class else { return None };
                let Expr::Record(members) = class.body.peel() else { return None };
                let (_, member) = members.iter().find(|(member, _)| member.value == name.value)?;
                match member.peel() {
                    Expr::Function(function) if !function.class => Some(function.clone()),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Whether an extension of the configuration is, by its name, one that gives a value or throws:
/// `GetRequiredConnectionString`, `GetValueOrThrow`.
fn says_it_requires(name: &str) -> bool {
    let kind = name.strip_prefix("GetRequired").or_else(|| name.strip_prefix("Get")?.strip_suffix("OrThrow"));
    matches!(kind, Some("ConnectionString" | "Value" | "Setting" | "String" | "Configuration" | ""))
}

/// The last name of a dotted text, with its call's parentheses.
fn last_name(text: &str) -> &str {
    let text = text.trim_end_matches(['!', '?']);
    text.rsplit(['.', ' ', '\n']).next().unwrap_or(text)
}
