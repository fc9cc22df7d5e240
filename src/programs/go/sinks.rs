//! Where a program makes clients, and what they dial.

use tree_sitter::Node;

use super::options::optional;
use super::patience::GOES_ON;
use super::reader::Reader;
use crate::programs::reading::clients::{Client, Clients, Part, Slot};
use crate::programs::reading::{Written, addresses, pool, written};
use crate::programs::{Condition, Expr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// What golang-migrate is made by, which is told first where the migrations are.
const MIGRATES: [&str; 2] =
    ["github.com/golang-migrate/migrate.New", "github.com/golang-migrate/migrate.NewWithDatabaseInstance"];
/// The argument of a client that says what its driver is called, where that is not written out.
pub(super) const TOLD_DRIVER: &str = "name of driver";

impl<'t> Reader<'t> {
    /// Notes the client that a call of a library's function makes.
    pub fn library_sink(&mut self, name: &str, node: Node<'t>) {
        let Some(callee) = node.child_by_field_name("function") else { return };
        let (nodes, open) = self.arguments(node);
        if MIGRATES.contains(&name)
            && self.notes.recording
            && let Some(from) = nodes.first()
        {
            let (value, span) = (self.expr(*from), self.span(callee));
            self.notes.module.migrations.push(Spanned::new(value, span));
        }
        // The name of the driver says which client it is, where it is written out.
        let driver = at_of_driver(name).and_then(|at| self.literal(*nodes.get(at)?));
        let Some(client) = Clients::of("go").find(name) else { return };
        let kind = match driver.map(|driver| of_driver(&driver.value)) {
            Some(Some(kind)) => kind,
            Some(None) => return,
            None => client.kind,
        };
        // Of a chain of calls the last says which.
        let chained =
            callee.child_by_field_name("operand").is_some_and(|operand| operand.kind() != "identifier");
        let field = callee.child_by_field_name("field").filter(|_| chained);
        let callee = self.spanned(field.unwrap_or(callee));
        let arguments: Vec<Expr> = nodes.iter().map(|argument| self.expr(*argument)).collect();
        let span = self.span(node);
        let mut given = |slots: &[Slot]| slot(client, &arguments, slots);
        self.notes.pool(pool::pool(client, &mut given, open, callee.span, span));
        let Some(target) = target(client, &arguments, open, callee.span) else { return };
        // A name that stands before the address is that of the driver.
        let driver = client.url.iter().flatten().next().and_then(|slot| match slot {
            Slot::Position(at) => nodes
                .get(at.checked_sub(1)?)
                .and_then(|driver| self.literal(*driver))
                .filter(|driver| !driver.value.contains(['/', ' '])),
            _ => None,
        });
        let driver =
            driver.map(|driver| (Spanned::new("driver".to_string(), driver.span), Expr::Text(driver)));
        let mut named: Vec<(Spanned<String>, Expr)> = driver.into_iter().collect();
        // One that is not written out is known only where it runs.
        let told = at_of_driver(name).filter(|_| named.is_empty()).and_then(|at| arguments.get(at));
        let told = told.map(|told| (Spanned::new(TOLD_DRIVER.to_string(), callee.span), told.clone()));
        named.extend(logins(client, &arguments, callee.span));
        named.extend(told);
        if client.kind == SinkKind::Mongo {
            named.extend(self.credential());
        }
        if self.notes.recording && self.goes_on(name, node) {
            named.push((Spanned::new(GOES_ON.to_string(), Span::NONE), Expr::Null(Span::NONE)));
        }
        self.sink(kind, target, named, callee, span);
    }

    /// What a literal says beside a MongoDB client's address, where the file has one; that there is something, where it
    /// is said otherwise.
    fn credential(&mut self) -> Vec<(Spanned<String>, Expr)> {
        let text: &str = &self.file.text;
        if !["SetAuth(", "Credential", ".Auth"].iter().any(|sign| text.contains(sign)) {
            return Vec::new();
        }
        let argument = |name: &str, value: Expr| (Spanned::new(name.to_string(), Span::NONE), value);
        let mut all = vec![argument(SAID_OTHERWISE, Expr::Null(Span::NONE))];
        if let [record] = self.credentials.as_slice() {
            for (field, name) in [("Username", "username"), ("Password", "password")] {
                if let Written::Yes(value) = written(record, field) {
                    all.push(argument(name, value));
                }
            }
        }
        all
    }

    /// Notes the client that a literal of a library's struct describes.
    pub fn visit_literal(&mut self, node: Node<'t>) {
        let Some(kind) = node.child_by_field_name("type").filter(|kind| kind.kind() == "qualified_type")
        else {
            return;
        };
        let Expr::Library(name) = self.expr(kind) else { return };
        if name.value.starts_with("github.com/urfave/cli.") {
            return self.flag(node);
        }
        let Some(body) = node.child_by_field_name("body") else { return };
        if name.value.ends_with("mongo/options.Credential") {
            let fields = self.keyed(body);
            if self.notes.recording {
                self.credentials.push(Expr::Record(fields));
            }
            return;
        }
        let Some(client) = Clients::of("go").find(&format!("{}{{}}", name.value)) else { return };
        let record = Expr::Record(self.keyed(body));
        let callee = self.spanned(kind);
        if name.value.ends_with("mysql.Config") {
            let dsn = mysql_dsn(&record, callee.span);
            return self.sink(client.kind, dsn, Vec::new(), callee, self.span(node));
        }
        let records = [record];
        let Some(target) = target(client, &records, false, callee.span) else { return };
        // Options of the program may set where its server listens.
        let listens = name.value == "net/http.Server";
        let target = if listens { optional(target) } else { target };
        let named = logins(client, &records, callee.span);
        self.sink(client.kind, target, named, callee, self.span(node));
    }

    /// Notes the address that a field of a library's settings is set to: `config.Address = "consul:8500"`.
    pub fn field_sink(&mut self, target: Node<'t>, value: &Expr) {
        let (Some(owner), Some(field)) =
            (target.child_by_field_name("operand"), target.child_by_field_name("field"))
        else {
            return;
        };
        let name = self.text(field);
        // That of any of the clients for a cloud.
        let known = match self.names.bound(self.text(owner)).map(Expr::peel) {
            _ if name == "BaseEndpoint" => format!("{name}="),
            Some(Expr::Library(library)) => format!("{}.{name}=", library.value),
            _ => return,
        };
        let Some(client) = Clients::of("go").find(&known) else { return };
        let (callee, span) = (self.spanned(field), self.span(target));
        self.sink(client.kind, value.clone(), Vec::new(), callee, span);
    }

    /// Notes the limit that a call sets for the connections of a client (`db.SetMaxOpenConns(25)`).
    pub fn cap(&mut self, node: Node<'t>) {
        let Some(callee) = node.child_by_field_name("function") else { return };
        if callee.kind() != "selector_expression" || !Clients::of("go").caps(self.child(callee, "field")) {
            return;
        }
        if let [number] = self.arguments(node).0.as_slice() {
            let (value, place) = (self.expr(*number), self.span(*number));
            self.notes.pool(Some(pool::cap(value, place)));
        }
    }

    fn sink(
        &mut self,
        kind: SinkKind,
        target: Expr,
        arguments: Vec<(Spanned<String>, Expr)>,
        callee: Spanned<String>,
        span: Span,
    ) {
        // What a database is dialled with must be there.
        let always = self.names.path().all(|condition| *condition == Condition::Opaque);
        if self.notes.recording && always && needed(kind) {
            // The read itself is noted after the call around it.
            self.needed.extend(self.bare(&target));
        }
        self.notes.sink(Sink { kind, target, arguments, callee, span }, self.names.path());
    }
}

/// An argument that says that a client is told its login elsewhere than in its address.
pub(super) const SAID_OTHERWISE: &str = "login";
/// An argument that says that a client is told nothing but what is seen.
const SAID_ALL: &str = "all";

/// What the struct among the arguments says of user and password.
fn logins(client: &Client, arguments: &[Expr], callee: Span) -> Vec<(Spanned<String>, Expr)> {
    let by_field = client.url.iter().flatten().any(|slot| matches!(slot, Slot::Name(_)));
    let [Expr::Record(fields)] = arguments else { return Vec::new() };
    if !by_field {
        return Vec::new();
    }
    let get = |names: [&str; 2]| {
        let found = fields.iter().rev().find(|(field, _)| names.contains(&field.value.as_str()));
        found.map(|(_, value)| value.clone())
    };
    let argument = |name: &str, value: Expr| (Spanned::new(name.to_string(), callee), value);
    let (user, password) = (get(["Username", "User"]), get(["Password", "Passwd"]));
    // What the password turns out to be is seen when it is asked for.
    let elsewhere = fields.iter().any(|(field, _)| field.value.contains("Credentials"));
    let mut all = Vec::new();
    if client.kind == SinkKind::Redis && user.is_none() && !elsewhere {
        all.push(argument(SAID_ALL, Expr::Null(callee)));
    }
    all.extend(user.map(|user| argument("username", user)));
    all.extend(password.map(|password| argument("password", password)));
    all
}

/// The address that go-sql-driver makes of its configuration.
pub(super) fn mysql_dsn(record: &Expr, span: Span) -> Expr {
    let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), Span::NONE));
    let field = |name: &str| match written(record, name) {
        Written::Yes(value) => Some(value),
        _ => None,
    };
    let default = Expr::LibraryDefault(Spanned::new("127.0.0.1:3306".to_string(), span));
    let address = match field("Addr") {
        Some(address) => Expr::FirstNonEmpty(vec![address, default]),
        None => default,
    };
    let mut all = Vec::new();
    if let Some(user) = field("User") {
        all.push(user);
        all.extend(field("Passwd").into_iter().flat_map(|password| [text(":"), password]));
        all.push(text("@"));
    }
    all.extend([text("tcp("), address, text(")/")]);
    all.extend(field("DBName"));
    Expr::Concat(all)
}

/// Whether a program that makes such a client where nothing is asked before cannot do without it.
fn needed(kind: SinkKind) -> bool {
    matches!(
        kind,
        SinkKind::Sql
            | SinkKind::Postgres
            | SinkKind::MySql
            | SinkKind::Mssql
            | SinkKind::ClickHouse
            | SinkKind::Mongo
            | SinkKind::Amqp
            | SinkKind::Kafka
    )
}

/// Which argument names the driver of `database/sql`, for the calls that take one.
fn at_of_driver(name: &str) -> Option<usize> {
    match name {
        "database/sql.Open" | "database/sql.OpenDB" | "entgo.io/ent/dialect/sql.Open" => Some(0),
        _ if name.starts_with("github.com/jmoiron/sqlx.") => Some(usize::from(name.ends_with("Context"))),
        _ => None,
    }
}

/// The client that a driver of `database/sql` is; `None` for one that dials nothing.
fn of_driver(name: &str) -> Option<SinkKind> {
    Some(match name {
        "sqlite" | "sqlite3" | "duckdb" | "ramsql" | "sqlmock" | "txdb" => return None,
        "mysql" => SinkKind::MySql,
        "sqlserver" | "mssql" | "azuresql" => SinkKind::Mssql,
        "clickhouse" => SinkKind::ClickHouse,
        name if name.contains("postgres") || name.starts_with("pgx") || name == "pg" => SinkKind::Postgres,
        _ => SinkKind::Sql,
    })
}

/// What the client dials; `None` when that is not said here.
fn target(client: &Client, arguments: &[Expr], open: bool, callee: Span) -> Option<Expr> {
    if let Some(key) = &client.config {
        return slot(client, arguments, &[Slot::Name(key.clone())]);
    }
    let default = client.default.get(&Part::Address).map(|address| {
        client.library_read(
            Part::Address,
            Expr::LibraryDefault(Spanned::new(address.clone(), callee)),
            callee,
        )
    });
    if let Some(url) = client.url.as_ref().and_then(|slots| slot(client, arguments, slots)) {
        return Some(match default {
            // A field that is left blank is one that is not set.
            Some(default) => Expr::FirstNonEmpty(vec![url, default]),
            None => url,
        });
    }
    let part = |part: Part| client.parts.get(&part).and_then(|slots| slot(client, arguments, slots));
    let (host, port) = (part(Part::Host), part(Part::Port));
    if host.is_some() {
        let scheme = client.scheme.clone().map(|scheme| Expr::LibraryDefault(Spanned::new(scheme, callee)));
        let (user, password, database) = (part(Part::User), part(Part::Password), part(Part::Database));
        return Some(Expr::Url(Box::new(UrlParts { scheme, user, password, host, port, database }), callee));
    }
    // Only what is written out can be seen to leave the address out.
    let field = |slot: &Slot| match slot {
        Slot::Name(name) => Some(name.clone()),
        Slot::Position(_) => None,
    };
    let name = client.url.iter().flatten().find_map(field).unwrap_or_default();
    let out = arguments.iter().all(|argument| matches!(written(argument, &name), Written::No));
    default.filter(|_| out && !open)
}

/// The argument at a position, or the field of a record among the arguments.
fn slot(client: &Client, arguments: &[Expr], slots: &[Slot]) -> Option<Expr> {
    let several = matches!(
        client.kind,
        SinkKind::Kafka
            | SinkKind::Memcached
            | SinkKind::Cassandra
            | SinkKind::Elasticsearch
            | SinkKind::Redis
    );
    slots.iter().find_map(|slot| match slot {
        Slot::Position(at) => {
            let rest = arguments.get(*at..)?;
            match rest {
                [only] if several => Some(addresses(only.clone())),
                [_, _, ..] if several && client.kind != SinkKind::Kafka => {
                    Some(addresses(Expr::List(rest.to_vec())))
                }
                [first, ..] if several => Some(addresses(first.clone())),
                [first, ..] => Some(first.clone()),
                [] => None,
            }
        }
        Slot::Name(name) => {
            let value = arguments.iter().find_map(|argument| match written(argument, name) {
                Written::Yes(value) => Some(value),
                _ => None,
            })?;
            let list = several && !matches!(value.peel(), Expr::Number(_));
            Some(if list || matches!(value.peel(), Expr::List(_)) { addresses(value) } else { value })
        }
    })
}
