//! What frameworks make of settings and functions by their names.

use tree_sitter::Node;

use super::expressions::unwrapped;
use super::reader::Reader;
use super::sinks::{Given, target};
use crate::programs::reading::clients::Clients;
use crate::programs::{Expr, SinkKind, UrlParts};
use crate::source::Spanned;

/// Functions and methods that something else than the program calls.
const CALLED: [&str; 34] = [
    "constructor",
    "default",
    "main",
    "bootstrap",
    "start",
    "handler",
    "register",
    "middleware",
    "loader",
    "action",
    "load",
    "setup",
    "init",
    "run",
    "handle",
    "up",
    "down",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "getServerSideProps",
    "getStaticProps",
    "getStaticPaths",
    "getInitialProps",
    "generateMetadata",
    "generateStaticParams",
    "onModuleInit",
    "onModuleDestroy",
    "onApplicationBootstrap",
    "configure",
];

/// Whether a function of this name is called by a framework, or by the module itself when it is loaded.
pub(super) fn is_called(name: &str) -> bool {
    CALLED.contains(&name) || name.starts_with(|c: char| c.is_uppercase())
}

/// Ports that one file opens.
const MAX_SERVED: usize = 16;

/// Settings of development servers and of Next.js: what their proxies pass requests on to.
const PROXYING: [&str; 8] = [
    "vite.config.",
    "vue.config.",
    "webpack.config.",
    "webpack.dev.",
    "next.config.",
    "nuxt.config.",
    "rsbuild.config.",
    "quasar.config.",
];

impl<'t> Reader<'t> {
    /// A setting that makes a client: `axios.defaults.baseURL = …`.
    pub fn configured(&mut self, node: Node<'t>, value: &Expr) {
        let property = node.child_by_field_name("property").map_or("", |property| self.text(property));
        if property != "baseURL" || !self.notes.recording {
            return;
        }
        let Some(object) = node.child_by_field_name("object") else { return };
        if let Expr::Library(library) = self.expr(object).peel()
            && library.value.starts_with("axios")
        {
            let key = self.spanned(node);
            self.setting_sink(SinkKind::Http, value.clone(), key);
        }
    }

    /// Whether settings of a transport, here, are those of a client and not of a server.
    fn makes_clients(&self) -> bool {
        let signs = ["ClientsModule", "ClientProxyFactory", "@Client("];
        !self.makes_servers() && signs.iter().any(|sign| self.file.text.contains(sign))
    }

    /// Whether they are named after a service, in a file that starts none: `this.envConfig.userService = { … }`.
    fn is_of_service(&self, node: Node<'t>) -> bool {
        let around = node.parent();
        let name = around.and_then(|around| match around.kind() {
            "pair" => around.child_by_field_name("key"),
            "assignment_expression" => around.child_by_field_name("left"),
            "variable_declarator" => around.child_by_field_name("name"),
            _ => None,
        });
        let name = name.map_or("", |name| self.text(name)).trim_matches(['"', '\'']);
        let named = ["Service", "Client", "_SERVICE", "_CLIENT"].iter().any(|end| name.ends_with(end));
        named && !self.makes_servers() && !self.file.text.contains("Microservice(")
    }

    /// The address at which a service listens for others: that of NestJS is the loopback's unless it is told.
    fn listens_by_transport(
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

    /// Whether they are those of `NestFactory.createMicroservice` or `app.connectMicroservice`.
    fn makes_servers(&self) -> bool {
        self.around.iter().any(|around| {
            let function = around.child_by_field_name("function");
            function.is_some_and(|function| self.text(function).contains("Microservice"))
        })
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
        self.serves_at(options.unwrap_or(first));
        self.listens(node, callee, options.unwrap_or(first));
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
        let of_library = callee
            .child_by_field_name("object")
            .is_some_and(|object| matches!(self.expr(object).peel(), Expr::Library(name) if name.value.starts_with("fastify")));
        let host = match named.or_else(|| arguments.at(1)) {
            Some(host) => match self.expr(host) {
                host if matches!(host.peel(), Expr::Opaque(_) | Expr::Function(_) | Expr::Number(_)) => None,
                host => Some(host),
            },
            None => None,
        };
        let word = |text: &str, span| Expr::LibraryDefault(Spanned::new(text.to_string(), span));
        let key = self.spanned(callee);
        let span = key.span;
        let open = arguments.at(1).is_some() || named.is_some();
        let Some(host) = host.or_else(|| (of_library && !open).then(|| word("localhost", span))) else {
            return;
        };
        let port = Some(self.expr(port));
        let parts =
            UrlParts { scheme: Some(word("tcp", span)), host: Some(host), port, ..UrlParts::default() };
        self.setting_sink(SinkKind::Listen, Expr::Url(Box::new(parts), span), key);
    }

    /// Notes the port that the program opens.
    fn serves_at(&mut self, port: Node<'t>) {
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

    /// The upstream that a field of a bundler's or framework's settings names.
    pub fn visit_pair(&mut self, node: Node<'t>) {
        let name = self.file.path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let own = PROXYING.iter().any(|start| name.starts_with(start));
        if !own && !self.is_of_routes(node) {
            return;
        }
        // `{ target }` is short for `{ target: target }`.
        let short = node.kind() == "shorthand_property_identifier";
        let key = if short { Some(node) } else { node.child_by_field_name("key") };
        let value = if short { Some(node) } else { node.child_by_field_name("value") };
        let name = key.and_then(|key| if short { Some(self.spanned(key)) } else { self.key(key) });
        let (Some(name), Some(value)) = (name, value) else { return };
        let named = matches!(name.value.as_str(), "target" | "destination");
        // `proxy: { "/api": "http://…" }`
        let around =
            node.parent().and_then(|object| object.parent()).filter(|around| around.kind() == "pair");
        let around = around.and_then(|around| around.child_by_field_name("key")).map(|key| self.text(key));
        let routes = around == Some("proxy") || around == Some("routeRules");
        let is_text = matches!(
            unwrapped(value).kind(),
            "string" | "template_string" | "binary_expression" | "identifier"
        );
        if !(named || routes && is_text) {
            return;
        }
        let target = self.expr(value);
        if matches!(target.peel(), Expr::Opaque(_)) {
            return;
        }
        let browser = std::mem::replace(&mut self.browser.now, false);
        self.setting_sink(SinkKind::Upstream, target, name);
        self.browser.now = browser;
    }

    /// Whether a pair is one of a table of routes, in a file that makes proxies: `[{ path: "/a", target: "http://…" }]`.
    fn is_of_routes(&self, pair: Node<'t>) -> bool {
        let key = pair.child_by_field_name("key").map_or("", |key| self.text(key));
        let value = pair.child_by_field_name("value").map_or("", |value| value.kind());
        if key != "target" || value == "object" || !self.file.text.contains("createProxyMiddleware") {
            return false;
        }
        // Last: to find what is around takes as long as the file nests deeply.
        let object = pair.parent().and_then(|object| object.parent());
        object.is_some_and(|around| matches!(around.kind(), "array" | "pair"))
    }

    /// `{ transport: Transport.RMQ, options: { urls } }` of NestJS's microservices.
    pub fn visit_object(&mut self, node: Node<'t>) {
        if !self.notes.recording || !self.microservices {
            return;
        }
        let (Some(transport), options) = (self.pair(node, "transport"), self.pair(node, "options")) else {
            return;
        };
        let name = match self.expr(transport).peel() {
            Expr::Library(library) => library.value.clone(),
            _ => return,
        };
        let Some(transport) = name.strip_prefix("@nestjs/microservices.Transport.") else { return };
        let table = match transport {
            "RMQ" => "nest.rmq",
            "REDIS" => "nest.redis",
            "KAFKA" => "nest.kafka",
            "NATS" => "nest.nats",
            "MQTT" => "nest.mqtt",
            // Of these, the same words say where the service itself listens.
            "TCP" if self.makes_clients() => "nest.tcp",
            "GRPC" if self.makes_clients() => "nest.grpc",
            "TCP" if self.is_of_service(node) => "nest.tcp",
            "TCP" if self.makes_servers() => {
                let port = options.and_then(|options| self.pair(options, "port"));
                port.into_iter().for_each(|port| self.serves_at(port));
                let key = self.pair(node, "transport");
                return self.listens_by_transport(key, options, port);
            }
            _ => return,
        };
        let Some(client) = Clients::of("javascript").find(table) else { return };
        let callee = self.pair(node, "transport").map(|value| self.spanned(value));
        let Some(callee) = callee else { return };
        let options = options.map(|options| self.expr(options));
        let given =
            Given { options: Some(options.unwrap_or(Expr::Record(Vec::new()))), positions: Vec::new() };
        if let Some(target) = target(client, &given, callee.span) {
            self.setting_sink(client.kind, target, Spanned::new(callee.value, callee.span));
        }
    }
}
