//! Objects, and where a program makes clients.

use tree_sitter::Node;

use super::reader::{Argument, Object, Reader};
use crate::programs::reading::clients::{Client, Clients, Slot};
use crate::programs::reading::{self, parts, pool, target};
use crate::programs::{CallExpr, Expr, Method, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Types that build a database's keyword string, and the scheme of that.
const BUILDERS: [(&str, &str); 3] = [
    ("NpgsqlConnectionStringBuilder", "postgresql"),
    ("SqlConnectionStringBuilder", "mssql"),
    ("MySqlConnectionStringBuilder", "mysql"),
];

/// Aspire's integrations are given the name of a connection string.
const BY_CONNECTION_NAME: [(&str, SinkKind); 16] = [
    ("AddNpgsqlDbContext", SinkKind::Postgres),
    ("AddNpgsqlDataSource", SinkKind::Postgres),
    ("AddSqlServerDbContext", SinkKind::Mssql),
    ("AddSqlServerClient", SinkKind::Mssql),
    ("AddMySqlDbContext", SinkKind::MySql),
    ("AddMySqlDataSource", SinkKind::MySql),
    ("AddRedis", SinkKind::Redis),
    ("AddRedisClient", SinkKind::Redis),
    ("AddRedisDistributedCache", SinkKind::Redis),
    ("AddRedisOutputCache", SinkKind::Redis),
    ("AddRabbitMQ", SinkKind::Amqp),
    ("AddRabbitMQClient", SinkKind::Amqp),
    ("AddMongoDBClient", SinkKind::Mongo),
    ("AddKafkaProducer", SinkKind::Kafka),
    ("AddKafkaConsumer", SinkKind::Kafka),
    ("AddElasticsearchClient", SinkKind::Elasticsearch),
];

/// Libraries whose `ConnectionFactory` is not RabbitMQ's.
const OTHERS: [&str; 2] = ["NATS.Client", "Apache.NMS"];

/// Names of arguments that carry a lambda or something else that is no setting are not kept beyond this many.
const MAX_ARGUMENTS: usize = 40;

impl<'t> Reader<'t> {
    /// The file as a whole.
    pub fn unit(&mut self, root: Node<'t>) {
        self.collect_types(root, 0);
        self.declarations_of_types(root);
        let statements = parts(root).into_iter().flat_map(|part| match part.kind() {
            "global_statement" => parts(part),
            _ => Vec::new(),
        });
        let statements: Vec<Node<'t>> = statements.collect();
        self.block(&statements);
    }

    /// The value that a node is, where `name` will stand for it, and its type is written as `kind`.
    pub fn made(&mut self, node: Node<'t>, kind: Option<Node<'t>>, name: Option<&'t str>) -> Expr {
        match node.kind() {
            "object_creation_expression" | "implicit_object_creation_expression" => self
                .deeper(|reader| reader.object(node, kind, name))
                .unwrap_or_else(|| Expr::Opaque(self.span(node))),
            _ => self.expr(node),
        }
    }

    fn object(&mut self, node: Node<'t>, kind: Option<Node<'t>>, name: Option<&'t str>) -> Expr {
        let span = self.span(node);
        let of = |wanted: &str| parts(node).into_iter().find(|part| part.kind() == wanted);
        let written = node.child_by_field_name("type").or(kind);
        let class = written.map_or("", |kind| class_name(self.text(kind)));
        let list = node.child_by_field_name("arguments").or_else(|| of("argument_list"));
        let initializer = node.child_by_field_name("initializer").or_else(|| of("initializer_expression"));
        let mut arguments = self.arguments(list, class);
        if let Some(initializer) = initializer {
            if let Some(items) = self.listed(initializer) {
                return items;
            }
            arguments.extend(self.initialized(initializer, class));
        }
        let at = |n: usize| arguments.iter().filter(|argument| argument.name.is_none()).nth(n);
        if class == "Uri" {
            let address = at(0).map(|address| address.value.clone());
            if let Some(address) = &address {
                self.notes.demand(address.clone(), span, self.names.path());
            }
            return address.map_or(Expr::Opaque(span), |address| {
                Expr::Method(Box::new(address), Box::new(Method::Text))
            });
        }
        if written.is_none()
            && let Some(only) = at(0)
            && at(1).is_none()
        {
            // `BaseAddress = new("http://…")`, `ConnectAsync(new("temporal:7233") { Namespace = "shop" })`
            return Expr::Method(Box::new(only.value.clone()), Box::new(Method::Text));
        }
        // RabbitMQ's way to say whether it comes with TLS.
        if class == "SslOption" {
            let enabled =
                arguments.into_iter().find(|it| it.name.as_ref().is_some_and(|name| name.value == "Enabled"));
            return enabled.map_or(Expr::Opaque(span), |it| it.value);
        }
        if class == "Dictionary" {
            let named = arguments.into_iter().filter_map(|argument| Some((argument.name?, argument.value)));
            return Expr::Record(named.collect());
        }
        if let Some((_, scheme)) = BUILDERS.iter().find(|(builder, _)| *builder == class) {
            return self.connection_string(scheme, &arguments, span);
        }
        // Other brokers' clients have a class of that name, too.
        let other = class == "ConnectionFactory" && OTHERS.iter().any(|name| self.file.text.contains(name));
        let client = Clients::of("csharp").find(&format!("new {class}"));
        if let Some(client) = client.filter(|_| !other) {
            let callee = written.map_or(Spanned::new(class.to_string(), span), |kind| self.spanned(kind));
            let object = Object { name: name.unwrap_or(""), client, arguments, callee, span };
            match name {
                Some(_) => self.objects.push(object),
                None => self.finish_object(object),
            }
            return Expr::Opaque(span);
        }
        let Some(written) = written.filter(|kind| kind.kind() == "identifier") else {
            return Expr::Opaque(span);
        };
        let callee = self.class(class, self.span(written));
        let arguments = arguments
            .into_iter()
            .map(|argument| (argument.name.map(|name| name.value), argument.value))
            .take(MAX_ARGUMENTS);
        let made = CallExpr { callee, arguments: arguments.collect(), span };
        self.notes.keep_call(&made);
        Expr::Call(Box::new(made))
    }

    /// The items of `new List<string> { "a", "b" }`; `None` for properties.
    fn listed(&mut self, initializer: Node<'t>) -> Option<Expr> {
        let items = parts(initializer);
        let plain =
            |item: &Node<'t>| !matches!(item.kind(), "assignment_expression" | "initializer_expression");
        (!items.is_empty() && items.iter().all(plain))
            .then(|| Expr::List(items.into_iter().take(500).map(|item| self.expr(item)).collect()))
    }

    /// `{ Property = value, ["key"] = value, { "key", value } }`
    fn initialized(&mut self, initializer: Node<'t>, class: &'t str) -> Vec<Argument<'t>> {
        self.within.push(class);
        let mut out = Vec::new();
        for item in parts(initializer).into_iter().take(200) {
            let inner = parts(item);
            let (name, value) = match (item.kind(), inner.as_slice()) {
                ("assignment_expression", _) => {
                    (item.child_by_field_name("left"), item.child_by_field_name("right"))
                }
                ("initializer_expression", [key, value]) => (Some(*key), Some(*value)),
                _ => (None, None),
            };
            let (Some(name), Some(node)) = (name, value) else { continue };
            let key = self.first_literal(name).unwrap_or_else(|| self.spanned(name));
            let value = self.made(node, None, None);
            out.push(Argument { name: Some(key), value, node });
        }
        self.within.pop();
        out
    }

    /// The literal of `["key"]`.
    fn first_literal(&self, node: Node<'t>) -> Option<Spanned<String>> {
        let mut at = node;
        for _ in 0..4 {
            if let Some(text) = self.literal(at) {
                return Some(text);
            }
            at = parts(at).into_iter().next()?;
        }
        None
    }

    /// `new NpgsqlConnectionStringBuilder { Host = …, Port = … }`
    fn connection_string(&self, scheme: &str, arguments: &[Argument<'t>], span: Span) -> Expr {
        let part = |names: &[&str]| {
            let named = |argument: &&Argument<'t>| {
                argument.name.as_ref().is_some_and(|name| names.contains(&name.value.as_str()))
            };
            arguments.iter().find(named).map(|argument| argument.value.clone())
        };
        let given = arguments.iter().find(|argument| argument.name.is_none());
        let host = part(&["Host", "DataSource", "Server"]);
        let text = match (given, host) {
            (Some(given), None) => given.value.clone(),
            (_, Some(host)) => Expr::Url(
                Box::new(UrlParts {
                    scheme: Some(Expr::LibraryDefault(Spanned::new(scheme.to_string(), span))),
                    user: part(&["Username", "UserID", "UserId"]),
                    password: part(&["Password"]),
                    host: Some(host),
                    port: part(&["Port"]),
                    database: part(&["Database", "InitialCatalog"]),
                }),
                span,
            ),
            (None, None) => Expr::Opaque(span),
        };
        Expr::Record(vec![(Spanned::new("ConnectionString".to_string(), span), text)])
    }

    /// Notes the clients that were made since there were this many objects: their properties are set by now.
    pub fn finish_objects(&mut self, from: usize) {
        for object in self.objects.split_off(from.min(self.objects.len())) {
            self.finish_object(object);
        }
    }

    fn finish_object(&mut self, object: Object<'t>) {
        let Object { client, arguments, callee, span, .. } = object;
        self.client_sink(client, &arguments, callee, span);
    }

    /// Notes the client that a call makes; `of` is the last name before the method's.
    pub fn call_sink(&mut self, of: &str, name: &str, at: Node<'t>, arguments: &[Argument<'t>], span: Span) {
        let clients = Clients::of("csharp");
        let around = self.within.iter().rev().map(|around| format!("{around}.{name}"));
        let mut names = vec![format!("{of}.{name}")];
        names.extend(around);
        names.push(name.to_string());
        let callee = self.spanned(at);
        if let Some((_, kind)) = BY_CONNECTION_NAME.iter().find(|(known, _)| *known == name)
            && let Some(Expr::Text(connection)) = arguments.first().map(|argument| argument.value.peel())
            && !connection.value.contains(['=', ':', '/'])
        {
            let strings = Expr::Text(Spanned::new("ConnectionStrings".to_string(), connection.span));
            let target = self.setting(Some(strings), Expr::Text(connection.clone()), None, connection.span);
            let sink = Sink { kind: *kind, target, arguments: Vec::new(), callee, span };
            return self.notes.sink(sink, self.names.path());
        }
        if matches!(name, "AddOtlpExporter" | "UseOtlpExporter") && arguments.is_empty() {
            let target = self.told_to_export(span);
            let sink = Sink { kind: SinkKind::Grpc, target, arguments: Vec::new(), callee, span };
            return self.notes.sink(sink, self.names.path());
        }
        let Some(client) = names.iter().find_map(|name| clients.find(name)) else { return };
        // Clients of anything are called so.
        let unsure = client.kind == SinkKind::Smtp && matches!(of, "client" | "_client");
        if unsure && !self.file.text.contains("MailKit") {
            return;
        }
        match virtual_host(client, name, arguments, span) {
            Some(arguments) => self.client_sink(client, &arguments, callee, span),
            None => self.client_sink(client, arguments, callee, span),
        }
    }

    /// Where OpenTelemetry's exporter sends when its call says nothing: what the configuration has, or the collector's own port.
    fn told_to_export(&mut self, span: Span) -> Expr {
        // Its options may be filled in by another call.
        if self.file.text.contains("OtlpExporterOptions") {
            return Expr::Opaque(span);
        }
        let key = |name: &str| Expr::Text(Spanned::new(name.to_string(), span));
        let default = Expr::LibraryDefault(Spanned::new("http://localhost:4317".to_string(), span));
        let all = self.setting(None, key("OTEL_EXPORTER_OTLP_ENDPOINT"), Some(default), span);
        self.setting(None, key("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), Some(all), span)
    }

    /// `object.Property = value`: a property of a client, or of the options that a lambda is given.
    pub fn property_set(&mut self, left: Node<'t>, value: &Expr, right: Node<'t>, node: Node<'t>) {
        let (Some(object), Some(property)) =
            (left.child_by_field_name("expression"), left.child_by_field_name("name"))
        else {
            return;
        };
        let object = self.text(object).trim_start_matches("this.");
        let argument = Argument { name: Some(self.spanned(property)), value: value.clone(), node: right };
        if let Some(known) = self.objects.iter_mut().rev().find(|known| known.name == object) {
            if known.arguments.len() < MAX_ARGUMENTS {
                known.arguments.push(argument);
            }
            return;
        }
        let name = self.text(property);
        let clients = Clients::of("csharp");
        let around = self.within.iter().rev().find_map(|around| clients.find(&format!("{around}.{name}")));
        // A factory that the code is handed, and whose host it sets itself.
        let handed = format!("ConnectionFactory {object}");
        let other = OTHERS.iter().any(|name| self.file.text.contains(name));
        if around.is_none() && name == "HostName" && !other && self.file.text.contains(handed.as_str()) {
            let Some(client) = clients.find("new ConnectionFactory") else { return };
            let (callee, span) = (self.spanned(property), self.span(node));
            return self.client_sink(client, &[argument], callee, span);
        }
        let Some(client) = around.or_else(|| clients.find(&format!("*.{name}"))) else { return };
        // Metadata at an address of its own is fetched from there.
        let elsewhere = |node: Node<'t>| self.text(node).contains("MetadataAddress");
        if name == "Authority" && node.parent().and_then(|at| at.parent()).is_some_and(elsewhere) {
            return;
        }
        let argument = Argument { name: None, ..argument };
        let mut callee = self.spanned(property);
        // What is sent there is told by whose options they are.
        if let Some(exporter) = self.within.iter().rev().find(|around| around.contains("Otlp")) {
            callee.value = format!("{exporter}.{name}");
        }
        let span = self.span(node);
        self.client_sink(client, &[argument], callee, span);
    }

    fn client_sink(
        &mut self,
        client: &'static Client,
        arguments: &[Argument<'t>],
        callee: Spanned<String>,
        span: Span,
    ) {
        let named = |name: &String| {
            let known = arguments
                .iter()
                .rev()
                .find(|argument| argument.name.as_ref().is_some_and(|known| known.value == *name));
            known.and_then(usable).or_else(|| in_records(arguments, name))
        };
        let mut slot = |slots: &[Slot]| {
            slots.iter().find_map(|slot| match slot {
                Slot::Name(name) => named(name),
                Slot::Position(at) => {
                    let plain = arguments.iter().filter(|argument| argument.name.is_none()).nth(*at)?;
                    usable(plain)
                }
            })
        };
        let Some(mut address) = target::target(client, &mut slot, false, callee.span) else { return };
        if matches!(inner(&address), Expr::Opaque(_)) {
            return;
        }
        if client.kind == SinkKind::Http {
            address = reading::if_url(address);
        }
        self.notes.pool(pool::pool(client, &mut slot, false, callee.span, span));
        let named = arguments.iter().filter_map(|argument| {
            let name = argument.name.clone()?;
            (!matches!(argument.value.peel(), Expr::Opaque(_))).then(|| (name, argument.value.clone()))
        });
        let mut arguments: Vec<(Spanned<String>, Expr)> = named.take(MAX_ARGUMENTS).collect();
        if client.kind == SinkKind::Amqp {
            arguments.extend(self.logins.iter().filter(|(name, _)| span.contains(name.span)).cloned());
        }
        self.notes
            .sink(Sink { kind: client.kind, target: address, arguments, callee, span }, self.names.path());
    }
}

/// `Host("rabbitmq", "/shop", h => …)`, `Host("rabbitmq", 5672, "shop", h => …)`: MassTransit is told the parts of an address.
fn virtual_host<'t>(
    client: &Client,
    name: &str,
    arguments: &[Argument<'t>],
    span: Span,
) -> Option<Vec<Argument<'t>>> {
    if client.kind != SinkKind::Amqp || name != "Host" {
        return None;
    }
    let plain: Vec<&Argument<'t>> =
        arguments.iter().filter(|it| it.name.is_none() && usable(it).is_some()).collect();
    let (host, port, path) = match plain.as_slice() {
        [host, path] => (host, None, path),
        [host, port, path] => (host, Some(&port.value), path),
        _ => return None,
    };
    let parts = UrlParts {
        scheme: Some(Expr::LibraryDefault(Spanned::new("amqp".to_string(), span))),
        host: Some(host.value.clone()),
        port: port.cloned(),
        database: Some(path.value.clone()),
        ..UrlParts::default()
    };
    let address = Argument { name: None, value: Expr::Url(Box::new(parts), span), node: host.node };
    Some(vec![address])
}

/// The value, where it can be an address: a lambda or the configuration is none.
fn usable(argument: &Argument<'_>) -> Option<Expr> {
    if matches!(argument.node.kind(), "lambda_expression" | "anonymous_method_expression") {
        return None;
    }
    let value = &argument.value;
    match value.peel() {
        Expr::Library(_) | Expr::Bool(..) => None,
        Expr::List(items) => {
            let items = items.iter().map(endpoint).collect();
            Some(target::joined(Expr::List(items)))
        }
        _ => Some(value.clone()),
    }
}

/// `{ "redis", 6379 }` among a list of endpoints.
fn endpoint(item: &Expr) -> Expr {
    match item.peel() {
        Expr::List(pair) if pair.len() == 2 => {
            let colon = Expr::Text(Spanned::new(":".to_string(), Span::NONE));
            let mut parts = pair.clone();
            parts.insert(1, colon);
            Expr::Concat(parts)
        }
        _ => item.clone(),
    }
}

/// A setting of the dictionary that a client is made with.
fn in_records(arguments: &[Argument<'_>], name: &str) -> Option<Expr> {
    arguments.iter().find_map(|argument| match argument.value.peel() {
        Expr::Record(fields) => {
            fields.iter().rev().find(|(key, _)| key.value == name).map(|(_, value)| value.clone())
        }
        _ => None,
    })
}

/// What conversions are made of.
fn inner(value: &Expr) -> &Expr {
    match value.peel() {
        Expr::Method(converted, method) if matches!(**method, Method::Text | Method::Addresses) => {
            inner(converted)
        }
        value => value,
    }
}

/// The last name of a type, without type arguments and question mark.
pub(super) fn class_name(text: &str) -> &str {
    let text = text.split(['<', '?', '[']).next().unwrap_or(text);
    text.rsplit('.').next().unwrap_or(text).trim()
}
