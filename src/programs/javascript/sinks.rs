//! Where a program makes clients, and what they dial.

use tree_sitter::Node;

use super::arguments::Arguments;
use super::browser::Browser;
use super::encryption;
use super::expressions::unwrapped;
use super::reader::Reader;
use crate::programs::pages;
use crate::programs::reading::clients::{Client, Clients, Part, Slot};
use crate::programs::reading::{addresses, pool, target as found};
use crate::programs::walk::children;
use crate::programs::{CallExpr, Expr, Method, Pool, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Calls that look for TypeORM's settings when they are given none.
const CONFIGURED: [&str; 3] =
    ["typeorm.createConnection", "typeorm.createConnections", "@nestjs/typeorm.TypeOrmModule.forRoot"];

/// A field that may not be there.
pub(super) fn item(value: Expr, key: Spanned<String>) -> Expr {
    Expr::Item(Box::new(value), Box::new(Expr::Text(key)), Some(Box::new(Expr::Null(Span::NONE))))
}

impl<'t> Reader<'t> {
    /// Notes the client that a call of a library's function makes.
    pub fn library_sink(&mut self, name: &str, node: Node<'t>, callee: Node<'t>) {
        let clients = Clients::of("javascript");
        let arguments = self.arguments(node);
        let leading = self.leading(&arguments);
        // From version 4 on, which is the first whose clients are told to connect, host and port are options of the socket alone.
        let connects = name == "redis.createClient" && self.is_told_to_connect(node);
        let shaped = if connects { format!("{name}#connect") } else { format!("{name}#{leading}") };
        let Some(client) = clients.find(&shaped).or_else(|| clients.find(name)) else {
            let library = Expr::Library(Spanned::new(name.to_string(), Span::NONE));
            return self.strange_call(node, callee, &library);
        };
        if Browser::may_make(client.kind) && self.browser.now && !self.asks_on_the_server(name, node) {
            return;
        }
        if arguments.open() {
            return;
        }
        let callee = self.spanned(callee);
        let options = match CONFIGURED.contains(&name) && arguments.len() == 0 {
            true => Some(self.settings_beside("ormconfig", callee.span)),
            false => self.options(&arguments, leading),
        };
        let options = options.map(|options| super::nest::made_by_class(name, options));
        let given = Given { options, positions: self.positions(&arguments) };
        let Some(target) = target(client, &given, callee.span) else { return };
        self.required_by(client, &target);
        let span = self.span(node);
        let pool = pool::pool(
            client,
            &mut |slots| given.all(Some(slots)).into_iter().next(),
            false,
            callee.span,
            span,
        );
        self.notes.pool(pool.map(|pool| self.listening(pool)));
        let arguments = encryption::arguments(client.kind, given.options.as_ref(), callee.span);
        self.sink(Sink { kind: client.kind, target, arguments, callee, span });
    }

    /// Whether the file calls `connect` of what is made here.
    fn is_told_to_connect(&self, node: Node<'t>) -> bool {
        let Some(around) = node.parent() else { return false };
        if around.kind() == "member_expression" {
            return around.child_by_field_name("property").is_some_and(|name| self.text(name) == "connect");
        }
        let name = around.child_by_field_name("name").or_else(|| around.child_by_field_name("left"));
        let declared = matches!(around.kind(), "variable_declarator" | "assignment_expression");
        name.filter(|_| declared).is_some_and(|name| {
            let name = self.text(name);
            self.file.text.contains(&format!(" {name}.connect()"))
                || self.file.text.contains(&format!("\n{name}.connect()"))
        })
    }

    /// The settings that a library looks for beside the manifest.
    fn settings_beside(&mut self, name: &str, span: Span) -> Expr {
        let module = format!("{}{name}", super::modes::BESIDE);
        self.imports(&Spanned::new(module.clone(), span));
        Expr::Imported { module, name: String::new(), span }
    }

    /// Whether the file listens to the event that the client wants it to, whatever it calls the client.
    fn listening(&self, mut pool: Pool) -> Pool {
        if let Some(wanted) = &mut pool.liveness
            && let Some(event) = &wanted.habit.event
        {
            let listens = |quote: char| {
                let mut calls = [".on(", ".once(", ".addListener("].iter();
                calls.any(|call| self.file.text.contains(&format!("{call}{quote}{event}{quote}")))
            };
            wanted.said |= ['"', '\'', '`'].into_iter().any(listens);
        }
        pool
    }

    /// Keeps a sink, unless what it dials is meant for a browser.
    pub fn sink(&mut self, mut sink: Sink) {
        if Browser::may_make(sink.kind) && reads_for_browsers(&sink.target) {
            if !self.serving || self.browser.now || sink.kind != SinkKind::Http {
                return;
            }
            // What pages are told to dial is dialled here on their behalf, as a proxy does.
            sink.kind = SinkKind::Upstream;
        }
        self.notes.sink(sink, self.names.path());
    }

    /// A client that cannot do without the address needs the variable that is to hold it.
    fn required_by(&mut self, client: &Client, target: &Expr) {
        if !client.default.is_empty() || !self.notes.recording || self.names.path().next().is_some() {
            return;
        }
        let Some(read) = super::demanding::bare(target) else { return };
        self.needed.insert(read.span);
    }

    /// How many arguments that are no options and no functions come first.
    fn leading(&mut self, arguments: &Arguments<'t>) -> usize {
        let all: Vec<Node<'t>> = arguments.iter().collect();
        let count = all
            .iter()
            .take_while(|node| {
                !matches!(
                    unwrapped(**node).kind(),
                    "object" | "arrow_function" | "function_expression" | "function"
                )
            })
            .count();
        // A name at the end may be that of the options.
        let last = (count > 1 && count == all.len()).then(|| all.last().copied()).flatten();
        match last.map(|last| self.expr(last)) {
            Some(value)
                if !is_text(&value)
                    && !names_host(&value)
                    && !last.is_some_and(|last| is_host(self.text(last))) =>
            {
                count - 1
            }
            _ => count,
        }
    }

    fn positions(&mut self, arguments: &Arguments<'t>) -> Vec<Expr> {
        arguments.iter().take(6).map(|argument| self.expr(argument)).collect()
    }

    /// The argument with the options: an object as written, else the last that may be one.
    fn options(&mut self, arguments: &Arguments<'t>, leading: usize) -> Option<Expr> {
        let all: Vec<Expr> = arguments.iter().take(6).map(|argument| self.expr(argument)).collect();
        let is_object = |value: &&Expr| matches!(value.peel(), Expr::Record(_) | Expr::Merge(_));
        let written = all.iter().rev().find(is_object);
        let may_be = |value: &&Expr| {
            !is_text(value) && !matches!(value.peel(), Expr::Function(_) | Expr::Null(_) | Expr::Bool(..))
        };
        // Of a single argument the name does not tell whether it is the address.
        let from = if leading > 1 { leading } else { 0 };
        written.or_else(|| all.iter().skip(from).rev().find(may_be)).cloned()
    }

    /// A setting of a framework that makes a client: `key` is where it is named.
    pub fn setting_sink(&mut self, kind: SinkKind, target: Expr, key: Spanned<String>) {
        if Browser::may_make(kind) && self.browser.now {
            return;
        }
        let span = key.span;
        self.sink(Sink { kind, target, arguments: Vec::new(), callee: key, span });
    }
}

/// What a call is given.
pub(super) struct Given {
    pub options: Option<Expr>,
    pub positions: Vec<Expr>,
}

impl Given {
    /// What the slots give, those that can't be there left out.
    fn all(&self, slots: Option<&[Slot]>) -> Vec<Expr> {
        let one = |slot: &Slot| match slot {
            Slot::Position(at) => {
                let value = self.positions.get(*at)?;
                match value.peel() {
                    Expr::Record(_) | Expr::Merge(_) | Expr::Function(_) | Expr::Null(_) => None,
                    _ => Some(value.clone()),
                }
            }
            Slot::Name(path) => option(self.options.as_ref()?, path),
        };
        slots.into_iter().flatten().filter_map(one).collect()
    }

    fn part(&self, client: &Client, part: Part) -> Vec<Expr> {
        self.all(client.parts.get(&part).map(Vec::as_slice))
    }
}

/// The field at a path of the options; `None` when they are known not to have it.
pub(super) fn option(options: &Expr, path: &str) -> Option<Expr> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let value = match options.peel() {
        Expr::Record(fields) => {
            let (_, value) = fields.iter().rev().find(|(name, _)| name.value == first)?;
            match value.peel() {
                // What makes the options is called for them.
                Expr::Function(_) | Expr::Imported { .. } | Expr::Own(_) | Expr::Member(..)
                    if first == "useFactory" =>
                {
                    Expr::Call(Box::new(CallExpr {
                        callee: value.clone(),
                        arguments: Vec::new(),
                        span: Span::NONE,
                    }))
                }
                _ => value.clone(),
            }
        }
        Expr::Call(call) if matches!(call.callee.peel(), Expr::Function(function) if !function.class) => {
            let Expr::Function(function) = call.callee.peel() else { return None };
            match function.body.peel() {
                // What it is passed is no part of what it returns.
                body @ Expr::Record(_) if !has_parameters(body) => option(body, first)?,
                Expr::Record(fields) if !fields.iter().any(|(name, _)| name.value == first) => return None,
                _ => item(options.clone(), Spanned::new(first.to_string(), Span::NONE)),
            }
        }
        // Of a list `0` is the first.
        Expr::List(items) => first.parse::<usize>().ok().and_then(|at| items.get(at))?.clone(),
        Expr::Text(_) | Expr::Concat(_) | Expr::Read(_) | Expr::Number(_) | Expr::Null(_) => {
            return None;
        }
        Expr::Opaque(_) | Expr::Library(_) => Expr::Opaque(Span::NONE),
        _ => item(options.clone(), Spanned::new(first.to_string(), Span::NONE)),
    };
    match rest {
        Some(rest) => option(&value, rest),
        None => Some(value),
    }
}

/// Whether a value is text or a number for sure.
fn is_text(value: &Expr) -> bool {
    match value.peel() {
        Expr::Text(_) | Expr::Number(_) | Expr::Concat(_) | Expr::Read(_) | Expr::Method(..) => true,
        Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => all.iter().any(is_text),
        Expr::If(branch) => is_text(&branch.then) || is_text(&branch.otherwise),
        _ => false,
    }
}

/// Whether a value is that of a host, by the name it has.
fn names_host(value: &Expr) -> bool {
    let name = match value.peel() {
        Expr::Member(_, name) | Expr::Own(name) => &name.value,
        Expr::Imported { name, .. } => name,
        _ => return false,
    };
    is_host(name)
}

/// Whether a name is that of a host.
fn is_host(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("host")
}

/// Whether a value is there, whatever the environment holds.
fn is_certain(value: &Expr) -> bool {
    match value.peel() {
        Expr::Text(text) => !text.value.is_empty(),
        Expr::Concat(_) => true,
        Expr::FirstNonEmpty(all) => all.last().is_some_and(is_certain),
        _ => false,
    }
}

fn has_parameters(value: &Expr) -> bool {
    let mut queue = vec![value];
    for _ in 0..2_000 {
        let Some(expr) = queue.pop() else { return false };
        if matches!(expr, Expr::Parameter(_)) {
            return true;
        }
        queue.extend(children(expr));
    }
    true
}

/// What a client dials.
pub(super) fn target(client: &Client, given: &Given, callee: Span) -> Option<Expr> {
    if let Some(key) = &client.config {
        let options = given.options.as_ref()?;
        let fields = match options.peel() {
            Expr::Record(fields) => fields,
            _ => return None,
        };
        return fields
            .iter()
            .rev()
            .find(|(name, _)| name.value == *key)
            .map(|(_, value)| addresses(value.clone()));
    }
    if let Some(base) = base_address(client, given) {
        return Some(base);
    }
    let lists = matches!(
        client.kind,
        SinkKind::Kafka
            | SinkKind::Elasticsearch
            | SinkKind::Nats
            | SinkKind::Memcached
            | SinkKind::Cassandra
    );
    let mut all: Vec<Expr> = Vec::new();
    for url in given.all(client.url.as_deref()) {
        match url.peel() {
            Expr::List(_) => all.push(addresses(url)),
            _ if lists => all.push(addresses(url)),
            Expr::Record(_) | Expr::Number(_) | Expr::Null(_) => {}
            Expr::Opaque(_) | Expr::Library(_) => return Some(Expr::Opaque(callee)),
            _ if is_text(&url) => all.push(url),
            // It may be an object of options as well.
            _ => all.push(Expr::Method(Box::new(url), Box::new(Method::OnlyText))),
        }
    }
    if !all.last().is_some_and(is_certain) {
        all.extend(piecemeal(client, given, callee));
    }
    match all.len() {
        0 | 1 => all.pop(),
        _ => Some(Expr::FirstNonEmpty(all)),
    }
}

/// The address that a path is asked for at: `$fetch("/items", { baseURL })`.
fn base_address(client: &Client, given: &Given) -> Option<Expr> {
    let path = given.positions.first().filter(|_| client.kind == SinkKind::Http)?;
    let is_path = matches!(path.peel(), Expr::Text(text) if !text.value.contains("://"));
    let Some(Expr::Record(fields)) = given.options.as_ref().map(Expr::peel).filter(|_| is_path) else {
        return None;
    };
    let base = fields.iter().rev().find(|(name, _)| matches!(name.value.as_str(), "baseURL" | "prefixUrl"));
    base.map(|(_, base)| base.clone())
        .filter(|base| !matches!(base.peel(), Expr::Opaque(_) | Expr::Library(_)))
}

/// The address that is given in parts, or that the library takes when nothing is said.
fn piecemeal(client: &Client, given: &Given, callee: Span) -> Option<Expr> {
    let default = |part| client.default.get(&part).map(|text| Spanned::new(text.clone(), callee));
    if let Some(address) = default(Part::Address) {
        return Some(client.library_read(Part::Address, Expr::LibraryDefault(address), callee));
    }
    let mut hosts = given.part(client, Part::Host);
    if hosts.iter().any(|host| matches!(host.peel(), Expr::Opaque(_) | Expr::Library(_))) {
        return Some(Expr::Opaque(callee));
    }
    match default(Part::Host) {
        Some(_) if hosts.last().is_some_and(is_certain) => {}
        Some(host) => hosts.push(client.library_read(Part::Host, Expr::LibraryDefault(host), callee)),
        None if hosts.is_empty() => return None,
        None => {}
    }
    let host = first(hosts)?;
    let plain = given.options.as_ref().is_none_or(|options| matches!(options.peel(), Expr::Record(_)));
    let said = |part: Part, all: Vec<Expr>| match all.is_empty() {
        true if plain => found::looked_up(client, part, callee),
        _ => first(all),
    };
    let ports = given.part(client, Part::Port).into_iter().filter(|port| !is_address(port)).collect();
    let port = said(Part::Port, ports);
    let own = || client.scheme.clone().map(|scheme| Expr::LibraryDefault(Spanned::new(scheme, callee)));
    let scheme = given.part(client, Part::Scheme).into_iter().next().map(dialect).or_else(own);
    let Some(scheme) = scheme.filter(|scheme| !matches!(scheme.peel(), Expr::Opaque(_) | Expr::Library(_)))
    else {
        let colon = Expr::Text(Spanned::new(":".to_string(), Span::NONE));
        return Some(match port {
            Some(port) => Expr::Concat(vec![host, colon, port]),
            None => host,
        });
    };
    let parts = UrlParts {
        scheme: Some(scheme),
        user: said(Part::User, given.part(client, Part::User)),
        password: said(Part::Password, given.part(client, Part::Password)),
        host: Some(host),
        port,
        database: said(Part::Database, given.part(client, Part::Database)),
    };
    Some(Expr::Url(Box::new(parts), callee))
}

fn first(mut all: Vec<Expr>) -> Option<Expr> {
    match all.len() {
        0 | 1 => all.pop(),
        _ => Some(Expr::FirstNonEmpty(all)),
    }
}

/// Whether a value can be no port.
fn is_address(value: &Expr) -> bool {
    match value.peel() {
        Expr::Text(text) => !text.value.chars().all(|c| c.is_ascii_digit()),
        Expr::Concat(_) => true,
        Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => all.iter().any(is_address),
        _ => false,
    }
}

/// The scheme that the name of a driver means.
fn dialect(name: Expr) -> Expr {
    let Expr::Text(text) = name.peel() else { return name };
    let scheme = match text.value.as_str() {
        "pg" | "postgres" | "pg-native" | "aurora-postgres" => "postgresql",
        "mysql2" | "mariadb" => "mysql",
        "tedious" => "mssql",
        "better-sqlite3" | "sqlite3" | "better-sqlite" | "sqljs" => "sqlite",
        "oracledb" => "oracle",
        other => other,
    };
    Expr::LibraryDefault(Spanned::new(scheme.to_string(), text.span))
}

/// Whether a value comes from a variable for browsers.
fn reads_for_browsers(value: &Expr) -> bool {
    let mut queue = vec![value];
    for _ in 0..300 {
        let Some(expr) = queue.pop() else { return false };
        if let Expr::Read(read) = expr
            && let Expr::Text(name) = read.name.peel()
            && pages::convention(&name.value).is_some()
        {
            return true;
        }
        queue.extend(children(expr));
    }
    false
}
