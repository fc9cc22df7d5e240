//! Where a program makes clients, and what they dial.

use tree_sitter::Node;

use super::libraries::flat;
use super::reader::Reader;
use crate::programs::reading::clients::{Clients, Part, Slot};
use crate::programs::reading::{addresses, pool, read_within};
use crate::programs::{Condition, Expr, Sink, SinkKind, UrlParts};
use crate::source::Spanned;

impl<'t> Reader<'t> {
    /// Notes the client that a call makes; its arguments are read in any case.
    pub fn library_sink(&mut self, name: &str, node: Node<'t>, callee: Node<'t>, arguments: &[Node<'t>]) {
        let values: Vec<Expr> = arguments.iter().map(|argument| self.expr(*argument)).collect();
        let clients = Clients::of("rust");
        if let ([number], [value]) = (arguments, values.as_slice())
            && clients.caps(name)
        {
            self.notes.pool(Some(pool::cap(value.clone(), self.span(*number))));
        }
        let Some(client) = clients.find(name) else { return };
        // Of a chain of calls the last says which.
        let callee = self.spanned(callee.child_by_field_name("field").unwrap_or(callee));
        let given = |slots: &[Slot]| {
            slots.iter().find_map(|slot| match slot {
                Slot::Position(at) => values.get(*at).cloned(),
                Slot::Name(_) => None,
            })
        };
        let at = |slots: &Vec<Slot>| given(slots);
        let several = matches!(client.kind, SinkKind::Kafka | SinkKind::Elasticsearch | SinkKind::Memcached);
        let target = match (&client.config, &client.url) {
            // `config.set("bootstrap.servers", brokers)`
            (Some(key), _) => match values.as_slice() {
                [Expr::Text(name), value] if name.value == *key => Some(addresses(value.clone())),
                _ => None,
            },
            (None, Some(slots)) => at(slots).map(|value| {
                let one = matches!(value.peel(), Expr::List(items) if items.len() == 1);
                if several || one { addresses(value) } else { value }
            }),
            (None, None) => {
                let part = |part: Part| client.parts.get(&part).and_then(at);
                let span = callee.span;
                let scheme =
                    client.scheme.clone().map(|scheme| Expr::LibraryDefault(Spanned::new(scheme, span)));
                part(Part::Host).map(|host| {
                    let port = part(Part::Port);
                    Expr::Url(
                        Box::new(UrlParts { scheme, host: Some(host), port, ..UrlParts::default() }),
                        span,
                    )
                })
            }
        };
        let Some(target) = target else { return };
        // An address may be given as a pair.
        let pair = matches!(client.kind, SinkKind::Listen | SinkKind::Tcp | SinkKind::Redis);
        let target = if pair { flat(target) } else { target };
        let always = self.names.path().all(|condition| *condition == Condition::Opaque);
        if self.notes.recording && always && needed(client.kind) {
            let read = read_within(&target).filter(|read| read.default.is_none());
            self.needed.extend(read.map(|read| read.span));
        }
        let span = self.span(node);
        self.notes.pool(pool::pool(client, &mut |slots| given(slots), false, callee.span, span));
        let sink = Sink { kind: client.kind, target, arguments: Vec::new(), callee, span };
        self.notes.sink(sink, self.names.path());
    }
}

/// Whether a program that makes such a client where nothing is asked before cannot do without it.
fn needed(kind: SinkKind) -> bool {
    use SinkKind::{Amqp, ClickHouse, Kafka, Mongo, Mssql, MySql, Postgres, Redis, Sql};
    matches!(kind, Sql | Postgres | MySql | Mssql | ClickHouse | Mongo | Amqp | Kafka | Redis)
}
