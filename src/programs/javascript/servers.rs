//! Where the program itself listens.

use std::path::Path;

use tree_sitter::Node;

use super::expressions::unwrapped;
use super::reader::Reader;
use super::sinks::{Given, target};
use crate::programs::reading::clients::Clients;
use crate::programs::reading::parts;
use crate::programs::{Expr, SinkKind, UrlParts};
use crate::source::Spanned;

/// Ports that one file opens.
const MAX_SERVED: usize = 16;

impl<'t> Reader<'t> {
    /// The address at which a service listens for others: that of NestJS is the loopback's unless it is told.
    pub fn listens_by_transport(
        &mut self,
        key: Option<Node<'t>>,
        options: Option<Node<'t>>,
        port: Option<Node<'t>>,
    ) {
        let Some(key) = key.map(|key| self.spanned(key)) else { return };
        // Options that are made elsewhere may say it.
        if options.is_some_and(|options| options.kind() != "object" || self.text(options).contains("...")) {
            return;
        }
        let word = |text: &str| Expr::LibraryDefault(Spanned::new(text.to_string(), key.span));
        let host = options.and_then(|options| self.pair(options, "host")).map(|host| self.expr(host));
        let host = match host {
            Some(host) if matches!(host.peel(), Expr::Opaque(_) | Expr::Library(_) | Expr::Function(_)) => {
                return;
            }
            Some(host) => Expr::FirstNonEmpty(vec![host, word("localhost")]),
            None => word("localhost"),
        };
        let port = port.map_or_else(|| word("3000"), |port| self.expr(port));
        let (scheme, host, port) = (Some(word("tcp")), Some(host), Some(port));
        let parts = UrlParts { scheme, host, port, ..UrlParts::default() };
        self.setting_sink(SinkKind::Listen, Expr::Url(Box::new(parts), key.span), key);
    }

    /// `app.listen(process.env.PORT || 3000)`, `fastify.listen({ port })`
    pub fn serves(&mut self, node: Node<'t>, callee: Node<'t>) {
        let method = callee.child_by_field_name("property").map_or("", |name| self.text(name));
        if !self.notes.recording || self.browser.now {
            return;
        }
        if method == "bindAsync" {
            return self.binds(node, callee);
        }
        if method != "listen" {
            return;
        }
        let Some(first) = self.arguments(node).at(0) else { return };
        let options = self.pair(first, "port");
        self.demands_port(options.unwrap_or(first));
        self.serves_at(options.unwrap_or(first));
        self.listens(node, callee, options.unwrap_or(first));
    }

    /// `serve({ fetch: app.fetch, port })` of Hono, `Bun.serve({ port })`: the port that is opened.
    pub fn serves_by_call(&mut self, name: &str, node: Node<'t>) {
        const CALLS: [&str; 6] = [
            "@hono/node-server.serve",
            "@hono/node-server.default.serve",
            "Bun.serve",
            "ws.WebSocketServer",
            "ws.Server",
            "ws.default.Server",
        ];
        // Sockets beside the pages have a port of their own where a number is given.
        const BESIDE: [&str; 3] = ["socket.io.Server", "socket.io", "@nestjs/websockets.WebSocketGateway"];
        if !self.notes.recording || self.browser.now {
            return;
        }
        let options = self.arguments(node).at(0);
        if let Some(port) = options.filter(|first| BESIDE.contains(&name) && first.kind() == "number") {
            return self.serves_at(port);
        }
        if !CALLS.contains(&name) {
            return;
        }
        if let Some(port) = options.and_then(|options| self.pair(options, "port")) {
            self.serves_at(port);
        }
    }

    /// `export default { port: 3000, fetch: app.fetch }`, which Bun serves.
    pub fn serves_by_export(&mut self, value: Node<'t>) {
        if !self.notes.recording || self.browser.now || self.pair(value, "fetch").is_none() {
            return;
        }
        let port = self.pair(value, "port");
        if let Some(port) = port {
            self.serves_at(port);
        }
        if let Some(host) = self.pair(value, "hostname") {
            let (key, span) = (self.spanned(host), self.span(host));
            let port = port.map(|port| self.expr(port));
            let parts = UrlParts { host: Some(self.expr(host)), port, ..UrlParts::default() };
            let key = Spanned::new("hostname".to_string(), key.span);
            self.setting_sink(SinkKind::Listen, Expr::Url(Box::new(parts), span), key);
        }
    }

    /// `({ env }) => ({ host: env("HOST", "0.0.0.0"), port: env.int("PORT", 1337) })` in `config/server.ts` of Strapi
    /// (docs.strapi.io, "Server configuration").
    pub fn listens_by_settings(&mut self, body: Node<'t>) {
        let path = self.file.path.as_path();
        let of_server = path.file_stem().is_some_and(|name| name == "server")
            && path.parent().and_then(Path::file_name).is_some_and(|name| name == "config");
        if !of_server || !self.notes.recording || !self.file.text.contains("env") {
            return;
        }
        let made = match body.kind() {
            "statement_block" => {
                let last = parts(body).into_iter().rfind(|part| part.kind() == "return_statement");
                last.and_then(|last| last.named_child(0))
            }
            _ => Some(body),
        };
        let Some(made) = made.map(unwrapped).filter(|made| made.kind() == "object") else { return };
        let (Some(host), Some(port)) = (self.pair(made, "host"), self.pair(made, "port")) else { return };
        self.serves_at(port);
        let key = Spanned::new("host".to_string(), self.span(host));
        let (host, port) = (Some(self.expr(host)), Some(self.expr(port)));
        let parts = UrlParts { host, port, ..UrlParts::default() };
        self.setting_sink(SinkKind::Listen, Expr::Url(Box::new(parts), self.span(made)), key);
    }

    /// `server.bindAsync("0.0.0.0:50051", credentials, …)` of gRPC
    fn binds(&mut self, node: Node<'t>, callee: Node<'t>) {
        let Some(address) = self.arguments(node).at(0) else { return };
        let target = self.expr(address);
        if !matches!(target.peel(), Expr::Opaque(_) | Expr::Library(_) | Expr::Function(_)) {
            let key = self.spanned(callee);
            self.setting_sink(SinkKind::Listen, target, key);
        }
    }

    /// Notes the address, where the call names a host, or its library has one of its own.
    fn listens(&mut self, node: Node<'t>, callee: Node<'t>, port: Node<'t>) {
        let arguments = self.arguments(node);
        let named = arguments
            .at(0)
            .and_then(|first| self.pair(first, "host").or_else(|| self.pair(first, "hostname")));
        let of_library = self.is_fastify(callee);
        let host = match named.or_else(|| arguments.at(1)) {
            Some(host) => match self.expr(host) {
                host if matches!(host.peel(), Expr::Opaque(_) | Expr::Function(_) | Expr::Number(_)) => None,
                // What is not there does not open it.
                host if of_library => {
                    let own = Spanned::new("localhost".to_string(), self.span(callee));
                    Some(Expr::FirstSet(vec![host, Expr::LibraryDefault(own)]))
                }
                host => Some(host),
            },
            None => None,
        };
        let word = |text: &str, span| Expr::LibraryDefault(Spanned::new(text.to_string(), span));
        let key = self.spanned(callee);
        let span = key.span;
        // What is handed over as a whole may say it.
        let whole = arguments.at(0).is_some_and(|first| {
            let first = unwrapped(first);
            let object = first.kind() == "object";
            object && self.text(first).contains("...")
                || !object
                    && matches!(
                        self.expr(first).peel(),
                        Expr::Record(_)
                            | Expr::Merge(_)
                            | Expr::Imported { .. }
                            | Expr::Opaque(_)
                            | Expr::Call(_)
                    )
        });
        let handler = arguments.at(1).map(unwrapped).is_some_and(super::declarations::is_function);
        let open = arguments.at(1).is_some() && !handler || named.is_some() || whole;
        let Some(host) = host.or_else(|| (of_library && !open).then(|| word("localhost", span))) else {
            return;
        };
        let port = Some(self.expr(port));
        let parts =
            UrlParts { scheme: Some(word("tcp", span)), host: Some(host), port, ..UrlParts::default() };
        self.setting_sink(SinkKind::Listen, Expr::Url(Box::new(parts), span), key);
    }

    /// Notes the port that the program opens.
    pub fn serves_at(&mut self, port: Node<'t>) {
        let port = self.expr(port);
        let is_port = !matches!(
            port.peel(),
            Expr::Opaque(_)
                | Expr::Library(_)
                | Expr::Function(_)
                | Expr::Null(_)
                | Expr::Record(_)
                | Expr::List(_)
        );
        let known = &mut self.notes.module.serves;
        if is_port && known.len() < MAX_SERVED && !known.contains(&port) {
            known.push(port);
        }
    }

    /// Whether what listens is Fastify, which is the loopback's unless it is told: its own instance, or the one that
    /// NestJS is given.
    fn is_fastify(&mut self, callee: Node<'t>) -> bool {
        let Some(object) = callee.child_by_field_name("object") else { return false };
        if matches!(self.expr(object).peel(), Expr::Library(name) if name.value.starts_with("fastify")) {
            return true;
        }
        self.file.text.contains("new FastifyAdapter(") && self.text(object) == "app"
    }

    /// `fastify.register(require("@fastify/redis"), { host })`: the plugin makes a client.
    pub fn registers(&mut self, node: Node<'t>, callee: Node<'t>) {
        let method = callee.child_by_field_name("property").map_or("", |name| self.text(name));
        if method != "register" || !self.notes.recording {
            return;
        }
        let arguments = self.arguments(node);
        let (Some(plugin), options) = (arguments.at(0), arguments.at(1)) else { return };
        let name = match self.expr(plugin).peel() {
            Expr::Library(library) => library.value.trim_end_matches(".default").to_string(),
            _ => return,
        };
        let Some(client) = Clients::of("javascript").find(&name) else { return };
        let options = options.map_or_else(|| Expr::Record(Vec::new()), |options| self.expr(options));
        let key = Spanned::new(self.text(plugin).to_string(), self.span(plugin));
        let given = Given { options: Some(options), positions: Vec::new() };
        if let Some(target) = target(client, &given, key.span) {
            self.setting_sink(client.kind, target, key);
        }
    }
}
