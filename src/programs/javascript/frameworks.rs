//! What frameworks make of settings and functions by their names.

use tree_sitter::Node;

use super::expressions::unwrapped;
use super::reader::Reader;
use super::sinks::{Given, target};
use crate::programs::reading::clients::Clients;
use crate::programs::{Expr, Read, SinkKind};
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

    /// Whether they are those of `NestFactory.createMicroservice` or `app.connectMicroservice`.
    fn makes_servers(&self) -> bool {
        self.around.iter().any(|around| {
            let function = around.child_by_field_name("function");
            function.is_some_and(|function| self.text(function).contains("Microservice"))
        })
    }

    /// `super({ secretOrKey: config.get("JWT_SECRET") })`: the strategy of passport-jwt throws without a key.
    fn demands_key(&mut self, pair: Node<'t>) {
        let key = pair.child_by_field_name("key").map_or("", |key| self.text(key));
        if let Some(value) = pair.child_by_field_name("value").filter(|_| key == "secretOrKey") {
            self.demands_key_of_strategy(value);
        }
    }

    /// `opts.secretOrKey = process.env.JWT_SECRET`, of options that are made one by one.
    pub fn demands_key_set(&mut self, left: Node<'t>, right: Node<'t>) {
        if self.text(left).ends_with(".secretOrKey") && self.file.text.contains("passport-jwt") {
            self.demands_key_of_strategy(right);
        }
    }

    fn demands_key_of_strategy(&mut self, value: Node<'t>) {
        if !self.notes.recording {
            return;
        }
        let value = unwrapped(value);
        let read = match self.expr(value).peel() {
            Expr::Read(read) => read.clone(),
            _ => return,
        };
        let open = read.default.as_ref().is_none_or(
            |default| matches!(default.peel(), Expr::Imported { module, .. } if module == crate::programs::expr::UNSCHEMED),
        );
        let Expr::Text(name) = read.name.peel() else { return };
        if open {
            let (name, span) = (name.clone(), self.span(value));
            let expression = super::environment::required_unless_schema(name.clone(), span);
            self.keep_read(Read { name, expression, required: true, held: None, span });
        }
    }

    /// The upstream that a field of a bundler's or framework's settings names.
    pub fn visit_pair(&mut self, node: Node<'t>) {
        self.demands_key(node);
        self.demands_field(node);
        let name = self.file.path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let own = PROXYING.iter().any(|start| name.starts_with(start));
        if !own && self.is_of_graph(node) {
            return self.dials_subgraph(node);
        }
        if !own && !self.is_of_routes(node) {
            return;
        }
        // `{ target }` is short for `{ target: target }`.
        let short = node.kind() == "shorthand_property_identifier";
        let key = if short { Some(node) } else { node.child_by_field_name("key") };
        let value = if short { Some(node) } else { node.child_by_field_name("value") };
        let name = key.and_then(|key| if short { Some(self.spanned(key)) } else { self.key(key) });
        let (Some(name), Some(value)) = (name, value) else { return };
        let text = matches!(unwrapped(value).kind(), "string" | "template_string");
        let named = matches!(name.value.as_str(), "target" | "destination") || name.value == "proxy" && text;
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

    /// Whether a pair is the address of one of a gateway's graphs: `subgraphs: [{ name: "a", url: "http://…" }]`.
    fn is_of_graph(&self, pair: Node<'t>) -> bool {
        let key = pair.child_by_field_name("key").map_or("", |key| self.text(key));
        let gateway = key == "url"
            && ["@apollo/gateway", "IntrospectAndCompose"].iter().any(|sign| self.file.text.contains(sign));
        let list = gateway.then(|| self.around.iter().rev().nth(1)).flatten();
        let around = list.filter(|list| list.kind() == "array").and_then(|_| self.around.iter().rev().nth(2));
        let name = around.and_then(|around| {
            around.child_by_field_name("key").or_else(|| around.child_by_field_name("name"))
        });
        name.is_some_and(|name| matches!(self.text(name), "subgraphs" | "serviceList"))
    }

    fn dials_subgraph(&mut self, pair: Node<'t>) {
        let (Some(key), Some(value)) = (pair.child_by_field_name("key"), pair.child_by_field_name("value"))
        else {
            return;
        };
        let (key, target) = (self.spanned(key), self.expr(value));
        if !matches!(target.peel(), Expr::Opaque(_) | Expr::Library(_)) {
            self.setting_sink(SinkKind::Http, target, key);
        }
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
