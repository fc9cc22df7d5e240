//! Where a program makes clients, and what they dial.

use tree_sitter::Node;

use super::calls::Arguments;
use super::reader::Reader;
pub(super) use crate::programs::reading::clients::joined;
use crate::programs::reading::clients::{Client, Clients, Part, Slot, library_read};
use crate::programs::{Condition, Expr, IfExpr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

impl<'t> Reader<'t> {
    /// Notes the client that a call of a library's function makes.
    pub fn library_sink(&mut self, name: &str, node: Node<'t>, callee: Node<'t>) {
        if name == "celery.Celery" || name.starts_with("celery.Celery().") {
            return self.celery_call(name, node, callee);
        }
        if name.starts_with("flask.Flask().config.") {
            return self.flask_call(node);
        }
        let Some(client) = Clients::of("python").find(name) else { return };
        let arguments = self.arguments(node);
        if let Some(pool) = &client.pool
            && arguments.get(None, &[pool]).is_some()
        {
            return;
        }
        let callee = self.spanned(callee);
        let target = match &client.config {
            Some(key) => self.config_target(&arguments, key),
            None => self.client_target(client, &arguments, callee.span),
        };
        let span = self.span(node);
        let Some(target) = target else { return };
        let named = self.named_arguments(&arguments);
        self.sink(Sink { kind: client.kind, target, arguments: named, callee, span });
    }

    /// Keeps a sink.
    pub fn sink(&mut self, sink: Sink) {
        self.notes.sink(sink, self.names.path());
    }

    /// The named arguments, those of a `**record` that is written out among them; what cannot be seen is one
    /// argument named `**`.
    fn named_arguments(&mut self, arguments: &Arguments<'t>) -> Vec<(Spanned<String>, Expr)> {
        let mut out = Vec::new();
        for argument in &arguments.0 {
            match &argument.name {
                Some(name) => out.push((name.clone(), self.expr(argument.value))),
                None if argument.splat => {
                    let value = self.expr(argument.value);
                    match value.peel() {
                        Expr::Record(fields) => out.extend(fields.iter().cloned()),
                        _ => out.push((Spanned::new("**".to_string(), self.span(argument.value)), value)),
                    }
                }
                None => {}
            }
        }
        out
    }

    fn slot(&mut self, arguments: &Arguments<'t>, slots: &[Slot]) -> Option<Expr> {
        let names: Vec<&str> = slots
            .iter()
            .filter_map(|slot| match slot {
                Slot::Name(name) => Some(name.as_str()),
                Slot::Position(_) => None,
            })
            .collect();
        let position = slots.iter().find_map(|slot| match slot {
            Slot::Position(position) => Some(*position),
            Slot::Name(_) => None,
        });
        let node = arguments.get(position, &names)?;
        Some(self.expr(node))
    }

    fn client_target(&mut self, client: &Client, arguments: &Arguments<'t>, callee: Span) -> Option<Expr> {
        let url = client.url.as_ref().and_then(|slots| self.slot(arguments, slots));
        if let Some(url) = url {
            let port = client.port.as_ref().and_then(|slots| self.slot(arguments, slots));
            return Some(match port {
                Some(port) => with_port(url, port),
                None if matches!(client.kind, SinkKind::Kafka | SinkKind::Elasticsearch) => joined(url),
                None => url,
            });
        }
        let parts = self.client_parts(client, arguments, callee);
        if let Some(parts) = parts {
            return Some(Expr::Url(Box::new(parts), callee));
        }
        if arguments.open() {
            return Some(Expr::Opaque(callee));
        }
        let default = |part| client.default.get(&part).map(|text| Spanned::new(text.clone(), callee));
        if let Some(address) = default(Part::Address) {
            return Some(Expr::LibraryDefault(address));
        }
        let scheme = client.scheme.as_ref()?;
        let host = default(Part::Host)?;
        let host = library_read(client, Part::Host, Expr::LibraryDefault(host), callee);
        let scheme = Some(Expr::LibraryDefault(Spanned::new(scheme.clone(), callee)));
        Some(Expr::Url(Box::new(UrlParts { scheme, host: Some(host), ..UrlParts::default() }), callee))
    }

    /// The address that arguments give piecemeal; `None` when they give none of it.
    fn client_parts(&mut self, client: &Client, arguments: &Arguments<'t>, callee: Span) -> Option<UrlParts> {
        let mut part = |part: Part| client.parts.get(&part).and_then(|slots| self.slot(arguments, slots));
        let (user, password) = (part(Part::User), part(Part::Password));
        let (host, port, database) = (part(Part::Host), part(Part::Port), part(Part::Database));
        if [&user, &password, &host, &port, &database].into_iter().all(Option::is_none) {
            return None;
        }
        let missing = || {
            let host = client.default.get(&Part::Host)?;
            let default = Expr::LibraryDefault(Spanned::new(host.clone(), callee));
            Some(library_read(client, Part::Host, default, callee))
        };
        let host = match host {
            Some(host) => Some(host),
            None if arguments.open() => None,
            None => missing(),
        };
        let scheme = client.scheme.clone().map(|scheme| Expr::LibraryDefault(Spanned::new(scheme, callee)));
        Some(UrlParts { scheme, user, password, host, port, database })
    }

    /// `Producer({"bootstrap.servers": …})`
    fn config_target(&mut self, arguments: &Arguments<'t>, key: &str) -> Option<Expr> {
        let record = arguments.get(Some(0), &["conf", "config", "configuration"])?;
        let record = self.expr(record);
        let key = Spanned::new(key.to_string(), Span::NONE);
        match record.peel() {
            Expr::Record(fields) => {
                let (_, value) = fields.iter().rev().find(|(name, _)| name.value == key.value)?;
                Some(joined(value.clone()))
            }
            Expr::Library(_) | Expr::Opaque(_) => None,
            _ => Some(Expr::Member(Box::new(record), key)),
        }
    }

    /// A setting that makes a client of a framework: `key` is where it is named.
    pub fn setting_sink(&mut self, kind: SinkKind, target: Expr, key: Spanned<String>) {
        let span = key.span;
        self.sink(Sink { kind, target, arguments: Vec::new(), callee: key, span });
    }
}

/// `host` and `port` where a URL may stand in place of the host.
fn with_port(host: Expr, port: Expr) -> Expr {
    let scheme = Expr::Text(Spanned::new("://".to_string(), Span::NONE));
    let colon = Expr::Text(Spanned::new(":".to_string(), Span::NONE));
    let host = host.share();
    Expr::If(Box::new(IfExpr {
        condition: Condition::Contains(host.clone(), scheme),
        then: host.clone(),
        otherwise: Expr::Concat(vec![host, colon, port]),
        span: Span::NONE,
    }))
}
