//! Clients whose address is given piece by piece, by a chain of calls or in fields, and those that are generated
//! from the description of a service.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::{descend, parts};
use crate::programs::{Expr, Sink, SinkKind, UrlParts};
use crate::source::Spanned;

/// Chains of more calls are not followed.
const MAX_CHAIN: usize = 60;

/// The options of a client, by the name of what makes them, and its scheme.
const OPTIONS: &[(&str, &str, SinkKind, &str)] = &[
    ("sqlx", "PgConnectOptions", SinkKind::Postgres, "postgres"),
    ("sqlx", "MySqlConnectOptions", SinkKind::MySql, "mysql"),
    ("tokio_postgres", "Config", SinkKind::Postgres, "postgres"),
    ("postgres", "Config", SinkKind::Postgres, "postgres"),
];

/// The configurations whose fields say the address.
const FIELDS: &[(&str, SinkKind, &str)] = &[
    ("deadpool_postgres", SinkKind::Postgres, "postgres"),
    ("deadpool_redis", SinkKind::Redis, "redis"),
    ("deadpool_lapin", SinkKind::Amqp, "amqp"),
];

/// Whether a type is a client that tonic generates: `greeter_client::GreeterClient`.
pub(super) fn is_generated(module: &str, kind: &str) -> bool {
    module.rsplit("::").next().is_some_and(|last| last.ends_with("_client")) && kind.ends_with("Client")
}

/// `PgConnectOptions::new()`, and `default()`, under the names of its library.
fn made(library: &str) -> Option<(SinkKind, &'static str)> {
    let call = library.strip_suffix(".new()").or_else(|| library.strip_suffix(".default()"))?;
    let (modules, name) = call.rsplit_once('.')?;
    let package = modules.split('.').next().unwrap_or(modules);
    let found = OPTIONS.iter().find(|(of, kind, ..)| *of == package && *kind == name)?;
    Some((found.2, found.3))
}

impl<'t> Reader<'t> {
    /// Notes the client whose options the chain of calls that ends here says; whether it is such a chain.
    pub fn options_sink(&mut self, library: &str, node: Node<'t>) -> bool {
        let Some((kind, scheme)) = made(library) else { return false };
        let longer = node.parent().is_some_and(|above| above.kind() == "field_expression");
        if longer {
            return true;
        }
        let mut parts_of = UrlParts::default();
        let mut callee = None;
        let mut at = node;
        for _ in 0..MAX_CHAIN {
            let Some(function) = at.child_by_field_name("function") else { break };
            let (Some(before), Some(field)) =
                (function.child_by_field_name("value"), function.child_by_field_name("field"))
            else {
                break;
            };
            let argument = at.child_by_field_name("arguments").and_then(|all| parts(all).first().copied());
            let place = match self.text(field) {
                "host" => {
                    callee = Some(self.spanned(field));
                    Some(&mut parts_of.host)
                }
                "port" => Some(&mut parts_of.port),
                "username" | "user" => Some(&mut parts_of.user),
                "password" => Some(&mut parts_of.password),
                "database" | "dbname" => Some(&mut parts_of.database),
                _ => None,
            };
            // Of several the last counts, which is met first.
            if let (Some(place), Some(argument)) = (place, argument)
                && place.is_none()
            {
                *place = Some(self.expr(argument));
            }
            at = before;
        }
        let Some(callee) = callee else { return true };
        if parts_of.database.is_none() {
            parts_of.database = self.database_told_later(node);
        }
        let span = self.span(node);
        parts_of.scheme = Some(Expr::LibraryDefault(Spanned::new(scheme.to_string(), callee.span)));
        let target = Expr::Url(Box::new(parts_of), span);
        self.notes.sink(Sink { kind, target, arguments: Vec::new(), callee, span }, self.names.path());
        true
    }

    /// The database that another function puts to the options which the function around this chain gives:
    /// `self.without_db().database(&self.name)`.
    fn database_told_later(&mut self, node: Node<'t>) -> Option<Expr> {
        if !self.file.text.contains(".database(") {
            return None;
        }
        let mut around = std::iter::successors(Some(node), Node::parent).take(MAX_CHAIN);
        let function = around.find(|above| above.kind() == "function_item")?;
        let given = format!("{}()", self.text(function.child_by_field_name("name")?));
        let within = function.parent()?;
        let mut found = None;
        descend(within, |at, _| {
            let callee = at.child_by_field_name("function").filter(|_| at.kind() == "call_expression");
            let told = callee.filter(|callee| {
                let part = |name: &str| callee.child_by_field_name(name).map_or("", |part| self.text(part));
                part("field") == "database" && part("value").trim_end().ends_with(&given)
            });
            if told.is_some() && found.is_none() {
                found = at.child_by_field_name("arguments").and_then(|all| parts(all).first().copied());
            }
            found.is_none()
        });
        found.map(|name| self.expr(name))
    }

    /// Notes the address that a field of a configuration is set to: `cfg.host = Some("db".to_string())`.
    pub fn field_sink(&mut self, base: &Expr, field: &Spanned<String>, value: &Expr, node: Node<'t>) {
        let Expr::Library(library) = base.peel() else { return };
        let package = library.value.split('.').next().unwrap_or("");
        let made = library.value.ends_with(".Config.new()") || library.value.ends_with(".Config.default()");
        let Some((_, kind, scheme)) = FIELDS.iter().find(|(of, ..)| made && *of == package) else { return };
        let span = self.span(node);
        let target = match field.value.as_str() {
            "url" => value.clone(),
            "host" => {
                let scheme = Some(Expr::LibraryDefault(Spanned::new((*scheme).to_string(), field.span)));
                let host = Some(value.clone());
                Expr::Url(Box::new(UrlParts { scheme, host, ..UrlParts::default() }), span)
            }
            _ => return,
        };
        let callee = field.clone();
        self.notes.sink(Sink { kind: *kind, target, arguments: Vec::new(), callee, span }, self.names.path());
    }

    /// Notes the client that is made by code which is generated: `GreeterClient::connect("http://greeter:50051")`.
    pub fn generated_client(&mut self, node: Node<'t>, callee: Node<'t>, arguments: &[Node<'t>]) {
        let [address] = arguments else { return };
        let target = self.expr(*address);
        let callee = self.spanned(callee);
        let span = self.span(node);
        let sink = Sink { kind: SinkKind::Grpc, target, arguments: Vec::new(), callee, span };
        self.notes.sink(sink, self.names.path());
    }
}
