//! Calls of which nothing is known, handed an address of the container itself: what else would a constructor of a
//! package do with `http://localhost:4001` as its `endpoint` than dial it?

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::hosts::{is_own, is_own_with_port};
use crate::programs::{Expr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Keys of options under which an address to dial stands.
const KEYS: [&str; 24] = [
    "url",
    "uri",
    "endpoint",
    "endPoint",
    "baseUrl",
    "baseURL",
    "basePath",
    "prefixUrl",
    "host",
    "hosts",
    "hostname",
    "address",
    "addr",
    "server",
    "servers",
    "serverUrl",
    "serverURL",
    "target",
    "node",
    "nodes",
    "brokers",
    "connectionString",
    "apiUrl",
    "serviceUrl",
];

/// Packages, by the beginning of their names, whose calls are given addresses that they do not dial: what they allow, write
/// down, send people to, or only compare.
const QUIET: [&str; 58] = [
    "cors",
    "@koa/",
    "koa",
    "@fastify/",
    "@hapi/",
    "helmet",
    "swagger",
    "@nestjs/",
    "@scalar/",
    "@asteasolutions/",
    "redoc",
    "passport",
    "express",
    "next",
    "better-auth",
    "@auth/",
    "lucia",
    "supertest",
    "chai",
    "jest",
    "@jest",
    "vitest",
    "pino",
    "debug",
    "chalk",
    "open",
    "react",
    "@react",
    "vue",
    "@vue",
    "@angular",
    "@vitejs",
    "vite",
    "nuxt",
    "@nuxt",
    "svelte",
    "@sveltejs",
    "astro",
    "@astrojs",
    "@remix-run",
    "cookie",
    "socket.io",
    "zod",
    "joi",
    "yup",
    "env",
    "convict",
    "stripe",
    "oauth",
    "googleapis",
    "google-auth-library",
    "@playwright",
    "cypress",
    "webpack",
    "msw",
    "nock",
    "storybook",
    "@storybook",
];

/// Names of functions that do not dial what they are given.
const QUIET_CALLS: [&str; 35] = [
    "bind",
    "bindAsync",
    "log",
    "info",
    "warn",
    "error",
    "debug",
    "trace",
    "cors",
    "origin",
    "redirect",
    "send",
    "json",
    "render",
    "write",
    "expect",
    "describe",
    "it",
    "test",
    "join",
    "includes",
    "indexOf",
    "startsWith",
    "endsWith",
    "replace",
    "push",
    "split",
    "addServer",
    "setServers",
    "URL",
    "resolve",
    "format",
    "use",
    "listen",
    "serve",
];

/// Options within options are looked at this deep.
const MAX_DEPTH: usize = 3;

impl<'t> Reader<'t> {
    /// Notes the addresses of the container itself that a call of something that is not known is handed.
    pub fn strange_call(&mut self, node: Node<'t>, callee: Node<'t>, function: &Expr) {
        let constructs = node.kind() == "new_expression";
        if !self.notes.recording || self.browser.now || !constructs && !self.names_itself {
            return;
        }
        let last = callee.child_by_field_name("property").unwrap_or(callee);
        if QUIET_CALLS.contains(&self.text(last)) || !is_strange(function, constructs) {
            return;
        }
        let arguments = self.arguments(node);
        if arguments.len() == 0 || arguments.open() {
            return;
        }
        let mut found = Vec::new();
        for argument in arguments.iter().take(4) {
            let value = self.expr(argument);
            match value.peel() {
                Expr::Record(_) => addresses_in(&value, 0, &mut found),
                _ if is_own_with_port(&value) => found.push(value),
                _ => {}
            }
        }
        let (callee, span) = (self.spanned(callee), self.span(node));
        for target in found.into_iter().take(4) {
            let (arguments, callee) = (Vec::new(), callee.clone());
            self.sink(Sink { kind: SinkKind::Call, target, arguments, callee, span });
        }
    }
}

/// What may take the place of a text, or only compares with it.
const REPLACING: [&str; 6] = ["||", "??", "===", "!==", "==", "!="];

impl<'t> Reader<'t> {
    /// Notes an address whose host is one word, wherever it is written: nobody but programs beside this one has such
    /// names, and what is written is dialled unless something else takes its place.
    pub fn address_in_text(&mut self, node: Node<'t>) {
        let text = self.text(node);
        if !self.notes.recording || self.browser.now || !names_word(text) || !self.stands(node) {
            return;
        }
        let target = self.expr(node);
        let plain = match target.peel() {
            Expr::Text(_) => true,
            Expr::Concat(parts) => matches!(parts.first().map(Expr::peel), Some(Expr::Text(_))),
            _ => false,
        };
        if plain {
            let span = self.span(node);
            let callee = Spanned::new(text.chars().take(80).collect(), span);
            self.sink(Sink { kind: SinkKind::Call, target, arguments: Vec::new(), callee, span });
        }
    }

    /// Whether nothing around a text takes its place, and nothing is handed it that does not dial.
    fn stands(&self, node: Node<'t>) -> bool {
        let mut inner = node;
        for around in self.around.iter().rev().take(12) {
            match around.kind() {
                "binary_expression" => {
                    let operator =
                        around.child_by_field_name("operator").map_or("", |operator| operator.kind());
                    if REPLACING.contains(&operator) {
                        return false;
                    }
                }
                "ternary_expression" | "assignment_pattern" | "import_statement" => return false,
                "pair" if around.child_by_field_name("key").is_some_and(|key| key.id() == inner.id()) => {
                    return false;
                }
                "call_expression" | "new_expression" => {
                    let callee = around
                        .child_by_field_name("function")
                        .or_else(|| around.child_by_field_name("constructor"));
                    let last = callee.map_or("", |callee| self.text(callee).rsplit('.').next().unwrap_or(""));
                    if QUIET_CALLS.contains(&last) && !matches!(last, "push" | "use" | "URL") {
                        return false;
                    }
                }
                _ => {}
            }
            inner = *around;
        }
        true
    }
}

/// Whether a text, as it is written, is a URL of a host that is one word, with a port.
fn names_word(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let scheme = scheme.trim_start_matches(['"', '\'', '`']);
    let known =
        ["http", "https", "ws", "wss", "redis", "amqp", "mongodb", "postgres", "postgresql", "mysql", "grpc"];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).unwrap_or(rest.len());
    let (host, behind) = rest.split_at(end);
    let port = behind.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    let named = host.starts_with(|c: char| c.is_ascii_alphabetic()) && host != "localhost";
    known.contains(&scheme) && named && port
}

/// Whether a call is of a package that is not known to be quiet, or makes something of a class that is not known.
fn is_strange(function: &Expr, constructs: bool) -> bool {
    let mut at = function.peel();
    for _ in 0..8 {
        at = match at {
            Expr::Imported { module, .. } => {
                let own = super::resolve::is_relative(module) || module.starts_with(['~', '#']);
                return !own && !module.starts_with("@/") && !is_quiet(module);
            }
            Expr::Library(name) => return !is_quiet(&name.value) && name.value.contains(['.', '/', '-']),
            Expr::Member(base, _) => base.peel(),
            Expr::Call(call) => call.callee.peel(),
            Expr::Opaque(_) => return constructs,
            _ => return false,
        };
    }
    false
}

fn is_quiet(module: &str) -> bool {
    QUIET.iter().any(|start| module.starts_with(start))
}

/// The addresses of the container itself in options.
fn addresses_in(options: &Expr, depth: usize, out: &mut Vec<Expr>) {
    let fields = match options.peel() {
        Expr::Record(fields) => fields,
        Expr::List(items) if depth < MAX_DEPTH => {
            return items.iter().take(8).for_each(|item| addresses_in(item, depth + 1, out));
        }
        _ => return,
    };
    let field = |names: &[&str]| {
        fields.iter().find(|(name, _)| names.contains(&name.value.as_str())).map(|(_, value)| value)
    };
    if let (Some(host), Some(port)) = (field(&["host", "hostname"]), field(&["port"]))
        && is_own(host)
    {
        let scheme = Expr::LibraryDefault(Spanned::new("tcp".to_string(), Span::NONE));
        let (host, port) = (Some(host.clone()), Some(port.clone()));
        let parts = UrlParts { scheme: Some(scheme), host, port, ..UrlParts::default() };
        out.push(Expr::Url(Box::new(parts), Span::NONE));
        return;
    }
    for (name, value) in fields.iter().take(40) {
        match value.peel() {
            Expr::Record(_) if depth < MAX_DEPTH => addresses_in(value, depth + 1, out),
            Expr::List(items) => {
                let keyed = KEYS.contains(&name.value.as_str());
                let own = items.iter().take(8).filter(|item| keyed && is_own_with_port(item));
                out.extend(own.cloned());
                addresses_in(value, depth + 1, out);
            }
            _ if KEYS.contains(&name.value.as_str()) && (is_own_with_port(value) || is_handed(value)) => {
                out.push(value.clone());
            }
            _ => {}
        }
    }
}

/// Whether it is what the program hands over, which may be an address.
fn is_handed(value: &Expr) -> bool {
    match value.peel() {
        Expr::Argument(_) => true,
        Expr::Member(base, _) | Expr::Item(base, ..) => is_handed(base),
        _ => false,
    }
}
