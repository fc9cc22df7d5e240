//! Where a program makes clients: repositories, children of supervisors, calls, and what libraries are configured with.

use tree_sitter::Node;

use super::reader::Reader;
use crate::programs::reading::clients::{Client, Clients, Slot};
use crate::programs::reading::{self, pool, target};
use crate::programs::{Condition, Expr, IfExpr, LookupExpr, Method, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Adapters of Ecto, and the scheme that their addresses have.
const ADAPTERS: [(&str, SinkKind, &str); 5] = [
    ("Ecto.Adapters.Postgres", SinkKind::Postgres, "postgresql"),
    ("Ecto.Adapters.MyXQL", SinkKind::MySql, "mysql"),
    ("Ecto.Adapters.MySQL", SinkKind::MySql, "mysql"),
    ("Ecto.Adapters.Tds", SinkKind::Mssql, "mssql"),
    ("Ecto.Adapters.ClickHouse", SinkKind::ClickHouse, "http"),
];

/// Servers of HTTP that are children of a supervisor.
const SERVERS: [&str; 3] = ["Bandit", "Plug.Cowboy", "Plug.Adapters.Cowboy"];

/// A field of a list of pairs.
fn field<'e>(of: &'e Expr, name: &str) -> Option<&'e Expr> {
    let Expr::Record(fields) = of.peel() else { return None };
    fields.iter().rev().find(|(key, _)| key.value == name).map(|(_, value)| value)
}

impl<'t> Reader<'t> {
    /// `use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres`
    pub fn used(&mut self, arguments: &[Node<'t>]) {
        let Some((first, rest)) = arguments.split_first() else { return };
        let options = rest.first().map(|options| self.expr(*options));
        match (self.text(*first), &options) {
            ("Ecto.Repo", _) => {}
            ("AMQP", _) => {
                for name in ["Basic", "Channel", "Confirm", "Connection", "Exchange", "Queue"] {
                    self.aliases.insert(name.to_string(), format!("AMQP.{name}"));
                }
                return;
            }
            ("Phoenix.Endpoint", Some(Expr::Record(options))) => return self.endpoint(*first, options),
            _ => return,
        }
        let Some(Expr::Record(options)) = options else { return };
        let of = |name: &str| {
            let (_, value) = options.iter().find(|(key, _)| key.value == name)?;
            match value.peel() {
                Expr::Text(text) | Expr::Library(text) => Some(text.value.clone()),
                _ => None,
            }
        };
        let (Some(application), Some(module)) = (of("otp_app"), self.modules.last().cloned()) else { return };
        // Before Ecto 3 the configuration named the adapter.
        let (kind, scheme) = match of("adapter") {
            Some(adapter) => match ADAPTERS.iter().find(|(name, ..)| *name == adapter) {
                Some((_, kind, scheme)) => (*kind, *scheme),
                None => return,
            },
            None => (SinkKind::Sql, "ecto"),
        };
        let callee = self.spanned(*first);
        let span = callee.span;
        let lookup = |name: &str| {
            let key = Expr::Text(Spanned::new(format!("{application}:{module}:{name}"), span));
            Expr::Lookup(Box::new(LookupExpr { key, default: None, required: false, span }))
        };
        let default = |text: &str| Expr::LibraryDefault(Spanned::new(text.to_string(), span));
        let parts = UrlParts {
            scheme: Some(default(scheme)),
            user: Some(lookup("username")),
            password: Some(lookup("password")),
            host: Some(Expr::FirstSet(vec![lookup("hostname"), default("localhost")])),
            port: Some(lookup("port")),
            database: Some(lookup("database")),
        };
        let url = lookup("url").share();
        let target = Expr::If(Box::new(IfExpr {
            condition: Condition::IsSet(url.clone()),
            then: url,
            otherwise: Expr::Url(Box::new(parts), span),
            span,
        }));
        let target = match self.address_of_init(span) {
            None => target,
            Some(address) => {
                let condition = Condition::IsSet(address.clone());
                Expr::If(Box::new(IfExpr { condition, then: address, otherwise: target, span }))
            }
        };
        if let Some(client) = Clients::of("elixir").find("Ecto.Repo") {
            let mut given = |slots: &[Slot]| pool::names(slots).next().map(lookup);
            self.notes.pool(pool::pool(client, &mut given, false, callee.span, span));
        }
        let arguments = vec![(Spanned::new("ssl".to_string(), span), lookup("ssl"))];
        self.sink(Sink { kind, target, arguments, callee, span });
    }

    /// What `init/2` of a repository puts in as its `:url`, where it does: `Keyword.put(opts, :url, System.get_env("X"))`.
    fn address_of_init(&self, place: Span) -> Option<Expr> {
        let (_, init) = self.file.text.split_once("def init(")?;
        let init = init.split("\n  def ").next().unwrap_or(init);
        let (_, url) = init.split_once(":url")?;
        let name = url.split_once("System.get_env(\"").and_then(|(_, rest)| rest.split_once('"'));
        let Some((name, _)) = name else { return Some(Expr::Opaque(place)) };
        let variable = Expr::Text(Spanned::new(name.to_string(), place));
        Some(reading::made::read(variable, None, false, place).share())
    }

    /// `use Phoenix.Endpoint, otp_app: :shop`: a server that listens where its configuration says.
    fn endpoint(&mut self, callee: Node<'t>, options: &[(Spanned<String>, Expr)]) {
        let application =
            options.iter().find(|(key, _)| key.value == "otp_app").map(|(_, value)| value.peel());
        let (Some(Expr::Text(application)), Some(module)) = (application, self.modules.last().cloned())
        else {
            return;
        };
        let callee = self.spanned(callee);
        let span = callee.span;
        let lookup = |name: &str| {
            let key = Expr::Text(Spanned::new(format!("{}:{module}:http:{name}", application.value), span));
            Expr::Lookup(Box::new(LookupExpr { key, default: None, required: false, span }))
        };
        let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), span));
        let (address, port) = (lookup("ip").share(), lookup("port").share());
        let at = |host: Expr| {
            let (scheme, host) = (Some(text("tcp")), Some(host));
            Expr::Url(
                Box::new(UrlParts { scheme, host, port: Some(port.clone()), ..UrlParts::default() }),
                span,
            )
        };
        // Who says no more than the port listens everywhere.
        let anywhere = Expr::If(Box::new(IfExpr {
            condition: Condition::IsSet(port.clone()),
            then: at(text("0.0.0.0")),
            otherwise: Expr::Null(span),
            span,
        }));
        let target = Expr::If(Box::new(IfExpr {
            condition: Condition::IsSet(address.clone()),
            then: at(of_tuple(&address, span)),
            otherwise: anywhere,
            span,
        }));
        self.sink(Sink { kind: SinkKind::Listen, target, arguments: Vec::new(), callee, span });
    }

    fn sink(&mut self, sink: Sink) {
        self.notes.sink(sink, self.names.path());
    }

    /// `{Redix, "redis://…"}`: a child of a supervisor.
    pub fn child_sink(&mut self, items: &[Expr], node: Node<'t>) {
        if let [Expr::Library(module), argument] = items {
            let callee = module.clone();
            if SERVERS.contains(&module.value.as_str()) {
                return self.server(argument, callee, self.span(node));
            }
            let adapter = field(argument, "adapter").and_then(|adapter| match adapter.peel() {
                Expr::Library(name) if module.value == "Phoenix.PubSub" => Some(name.value.clone()),
                _ => None,
            });
            let name = format!("{{{}}}", adapter.as_ref().unwrap_or(&module.value));
            let clients = Clients::of("elixir");
            let Some(client) = clients.find(&name) else { return };
            if module.value == "BroadwayRabbitMQ.Producer" {
                let connection = field(argument, "connection");
                let plain = clients.find("AMQP.Connection.open");
                if let Some(plain) =
                    plain.filter(|_| !matches!(connection.map(Expr::peel), Some(Expr::Text(_))))
                    && matches!(argument.peel(), Expr::Record(_))
                {
                    let arguments: Vec<Expr> = connection.cloned().into_iter().collect();
                    return self.client_sink(plain, &arguments, callee, self.span(node));
                }
            }
            // `{Redix, {url, options}}`
            let arguments = match argument.peel() {
                Expr::List(items) => items.clone(),
                _ => vec![argument.clone()],
            };
            self.client_sink(client, &arguments, callee, self.span(node));
        }
    }

    /// `{Bandit, plug: Shop.Router, ip: {127, 0, 0, 1}, port: 4000}`, `{Plug.Cowboy, scheme: :http, options: [port: 4000]}`
    fn server(&mut self, argument: &Expr, callee: Spanned<String>, span: Span) {
        let Expr::Record(_) = argument.peel() else { return };
        let said =
            |name: &str| field(argument, name).or_else(|| field(field(argument, "options")?, name)).cloned();
        let default = |text: &str| Expr::LibraryDefault(Spanned::new(text.to_string(), callee.span));
        let host = match said("ip").or_else(|| field(&said("thousand_island_options")?, "ip").cloned()) {
            Some(address) => of_tuple(&address.share(), span),
            None => default("0.0.0.0"),
        };
        let parts = UrlParts {
            scheme: Some(Expr::Text(Spanned::new("tcp".to_string(), span))),
            host: Some(host),
            port: Some(said("port").unwrap_or_else(|| default("4000"))),
            ..UrlParts::default()
        };
        let target = Expr::Url(Box::new(parts), span);
        self.sink(Sink { kind: SinkKind::Listen, target, arguments: Vec::new(), callee, span });
    }

    /// `Redix.start_link(…)`, `:brod.start_client(…)`
    pub fn call_sink(&mut self, module: &str, name: &str, arguments: &[Expr], target: Node<'t>, span: Span) {
        let Some(client) = Clients::of("elixir").find(&format!("{module}.{name}")) else { return };
        let callee = self.spanned(target);
        self.client_sink(client, arguments, callee, span);
    }

    /// `config :kaffe, consumer: [endpoints: …]`: what a library is configured with.
    pub fn config_sink(&mut self, application: &str, key: &str, value: &Expr) {
        let within = key.strip_prefix(application).unwrap_or("").trim_start_matches(':');
        let mut queue = vec![(within.to_string(), value.clone())];
        for _ in 0..200 {
            let Some((path, value)) = queue.pop() else { return };
            let Expr::Record(fields) = value.peel() else { continue };
            let mailer = path.ends_with("Mailer") && fields.iter().any(|(name, _)| name.value == "relay");
            let name = match mailer {
                true => "config *.Mailer".to_string(),
                false => format!("config :{application} {path}").trim_end().to_string(),
            };
            if let Some(client) = Clients::of("elixir").find(&name)
                && let Some((field, _)) = fields.first()
            {
                let place = fields.iter().find(|(name, _)| is_slot(client, &name.value));
                let callee = place.map_or(field.clone(), |(name, _)| name.clone());
                let span = callee.span;
                if place.is_some() {
                    self.client_sink(client, std::slice::from_ref(&value), callee, span);
                }
            }
            for (name, inner) in fields {
                let path =
                    if path.is_empty() { name.value.clone() } else { format!("{path} {}", name.value) };
                queue.push((path, inner.clone()));
            }
        }
    }

    fn client_sink(
        &mut self,
        client: &'static Client,
        arguments: &[Expr],
        callee: Spanned<String>,
        span: Span,
    ) {
        let record = arguments.iter().find_map(|argument| match argument.peel() {
            Expr::Record(fields) => Some(fields),
            _ => None,
        });
        let open = arguments.iter().any(|argument| {
            matches!(argument.peel(), Expr::Opaque(_) | Expr::Merge(_) | Expr::Lookup(_) | Expr::Call(_))
        });
        let mut slot = |slots: &[Slot]| {
            let found = slots.iter().find_map(|slot| match slot {
                Slot::Name(name) => {
                    let named =
                        record.and_then(|fields| fields.iter().rev().find(|(key, _)| key.value == *name));
                    named.map(|(_, value)| value)
                }
                Slot::Position(at) => {
                    arguments.get(*at).filter(|argument| !matches!(argument.peel(), Expr::Record(_)))
                }
            })?;
            let joins = matches!(client.kind, SinkKind::Kafka | SinkKind::Elasticsearch);
            Some(match addresses(found) {
                list @ Expr::List(_) if !joins => target::joined(list),
                address => address,
            })
        };
        let Some(mut address) = target::target(client, &mut slot, open, callee.span) else { return };
        if client.kind == SinkKind::Http {
            address = reading::if_url(address);
        }
        self.sink(Sink { kind: client.kind, target: address, arguments: Vec::new(), callee, span });
    }
}

/// The host that a server is told to listen at: a tuple of numbers, or `:loopback`.
fn of_tuple(address: &Expr, span: Span) -> Expr {
    let text = |text: &str| Expr::Text(Spanned::new(text.to_string(), span));
    let joined = Expr::Method(Box::new(address.clone()), Box::new(Method::Join(text(".")))).share();
    let when = |condition: Condition, then: &str, otherwise: Expr| {
        Expr::If(Box::new(IfExpr { condition, then: text(then), otherwise, span }))
    };
    // In an address with a port, those of IPv6 would stand in brackets.
    let any = when(Condition::Equals(joined.clone(), text("::")), "0.0.0.0", joined.clone());
    let own = when(Condition::Equals(joined, text("::1")), "localhost", any);
    when(Condition::Equals(address.clone(), text("loopback")), "localhost", own)
}

fn is_slot(client: &Client, name: &str) -> bool {
    let named =
        |slots: &Vec<Slot>| slots.iter().any(|slot| matches!(slot, Slot::Name(known) if known == name));
    client.url.as_ref().is_some_and(named) || client.parts.values().any(named)
}

/// Brokers as a list of texts: `[{"kafka", 9092}]`, `[kafka: 9092]`.
fn addresses(value: &Expr) -> Expr {
    let colon = || Expr::Text(Spanned::new(":".to_string(), Span::NONE));
    let pairs: Vec<Expr> = match value.peel() {
        Expr::List(items) => items
            .iter()
            .map(|item| match item.peel() {
                Expr::List(pair) => match pair.as_slice() {
                    [host, port] => Expr::Concat(vec![host.clone(), colon(), port.clone()]),
                    _ => item.clone(),
                },
                _ => item.clone(),
            })
            .collect(),
        Expr::Record(fields) => fields
            .iter()
            .map(|(host, port)| {
                let span = host.span.slice(0, host.value.len());
                let host = Expr::Text(Spanned::new(host.value.clone(), span));
                Expr::Concat(vec![host, colon(), port.clone()])
            })
            .collect(),
        _ => return value.clone(),
    };
    Expr::List(pairs)
}
