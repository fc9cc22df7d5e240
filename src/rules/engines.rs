//! What the rules about SQLAlchemy engines share: an engine, its URL in the service, its arguments.

use std::collections::HashSet;

use super::prelude::*;
use crate::facts::By;
use crate::facts::drivers::{self, Driver};
use crate::programs::evaluate::Value;
use crate::programs::{Expr, Module, Sink, SinkKind};
use crate::source::Spanned;

/// An engine that a service makes, and what it connects to there.
pub struct Engine<'a> {
    /// The service.
    pub client: &'a ServiceFacts<'a>,
    /// What it dials: always something over the network.
    pub dial: &'a Dial<'a>,
    /// The call.
    pub sink: &'a Sink,
    module: &'a Module,
}

/// Every engine on a network database, each call once however many services make it with the same driver.
pub fn all<'a>(cx: &'a Context<'a>) -> impl Iterator<Item = Engine<'a>> {
    let mut seen = HashSet::new();
    let engines = cx.facts.active().flat_map(|client| {
        let dials = client.received.iter().filter(|dial| !dial.protocols.is_empty());
        dials.filter_map(move |dial| of(client, dial))
    });
    engines.filter(move |engine| seen.insert((engine.sink.span, engine.dial.endpoint.scheme_name())))
}

/// The engine that a dial is of.
#[must_use]
pub fn of<'a>(client: &'a ServiceFacts<'a>, dial: &'a Dial<'a>) -> Option<Engine<'a>> {
    match dial.by {
        By::Sink(module, sink) if is_engine(sink.kind) => Some(Engine { client, dial, sink, module }),
        _ => None,
    }
}

const fn is_engine(kind: SinkKind) -> bool {
    matches!(kind, SinkKind::SqlAlchemy | SinkKind::SqlAlchemyAsync)
}

impl Engine<'_> {
    /// The driver that the URL means.
    #[must_use]
    pub fn driver(&self) -> Option<&'static Driver> {
        drivers::of_scheme(&self.dial.endpoint.scheme_name()?)
    }

    /// A named argument: where its name stands, and its value in this service. Dictionaries that are
    /// spread into the call (`**options`) are looked into.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<(Span, Value)> {
        let named = self.sink.arguments.iter().find(|(argument, _)| argument.value == name);
        if let Some((name, expr)) = named {
            return Some((name.span, self.client.evaluate(self.module, expr)));
        }
        self.spread().find_map(|(span, value)| Some((span, value.field(name)?.clone())))
    }

    /// The dictionaries that are spread into the call.
    fn spread(&self) -> impl Iterator<Item = (Span, Value)> {
        let spread = self.sink.arguments.iter().filter(|(name, _)| name.value == "**");
        spread.map(|(name, expr)| (name.span, self.client.evaluate(self.module, expr)))
    }

    /// Whether arguments may be given that can't be seen.
    #[must_use]
    pub fn has_hidden_arguments(&self) -> bool {
        self.spread().any(|(_, value)| !matches!(value, Value::Record(_)))
    }

    /// The keys of `connect_args` in this service, with the places where they are written; `None` when
    /// they can't all be seen.
    #[must_use]
    pub fn connect_args(&self) -> Option<Vec<Spanned<String>>> {
        let Some((span, value)) = self.argument("connect_args") else {
            return (!self.has_hidden_arguments()).then(Vec::new);
        };
        let Value::Record(fields) = value else { return None };
        let named = self
            .sink
            .arguments
            .iter()
            .filter(|(name, _)| matches!(name.value.as_str(), "connect_args" | "**"));
        let written: Vec<Spanned<String>> =
            named.flat_map(|(_, expr)| record_keys(self.client, self.module, expr)).collect();
        let place =
            |key: &str| written.iter().find(|known| known.value == key).map_or(span, |known| known.span);
        Some(fields.into_iter().map(|(key, _)| Spanned::new(key.clone(), place(&key))).collect())
    }

    /// Whether the engine keeps connections: its pool is neither `NullPool` nor unknown.
    #[must_use]
    pub fn pools(&self) -> bool {
        match self.argument("poolclass") {
            None => !self.has_hidden_arguments(),
            Some((_, Value::Library(name))) => {
                matches!(name.rsplit('.').next(), Some("QueuePool" | "AsyncAdaptedQueuePool"))
            }
            Some((_, Value::Null(_))) => true,
            Some(_) => false,
        }
    }

    /// Whether it is made to migrate a database once, as Alembic's `env.py` does, and not kept.
    #[must_use]
    pub fn only_migrates(&self) -> bool {
        let of_alembic = |known: &Expr| matches!(known.peel(), Expr::Imported { module, name, .. } if module == "alembic" && name == "context");
        self.module.names.values().any(of_alembic)
    }

    /// Whether the client refuses the URL altogether, so that nothing else about it matters.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let caller = drivers::Caller::of(self.module, self.sink);
        let endpoint = &self.dial.endpoint;
        endpoint
            .scheme_name()
            .is_some_and(|scheme| drivers::refusal(caller, &scheme, endpoint.prefix()).is_some())
    }

    /// The label for where the URL comes from, when it stands elsewhere.
    #[must_use]
    pub fn from(&self) -> (Span, String) {
        let what = self.dial.variable().map_or_else(|| "the URL".to_string(), |name| format!("`{name}`"));
        let scheme = self.dial.endpoint.scheme_name().unwrap_or_default();
        let span = self.dial.endpoint.scheme.as_ref().map_or(self.dial.place, Text::span);
        (span, format!("{what} is `{scheme}://…`"))
    }
}

/// The keys of the dictionaries that an expression is made of, names followed.
fn record_keys(client: &ServiceFacts<'_>, module: &Module, expr: &Expr) -> Vec<Spanned<String>> {
    let scope = &client.program.scope;
    let mut keys = Vec::new();
    let mut pending = vec![(scope.index_of(module), expr)];
    // Bounds what names that name each other can cost.
    for _ in 0..256 {
        let Some((module, expr)) = pending.pop() else { break };
        let found = match expr.peel() {
            Expr::Record(fields) => {
                keys.extend(fields.iter().map(|(key, _)| key.clone()));
                continue;
            }
            Expr::Own(name) => module.and_then(|module| scope.lookup(module, &name.value)),
            Expr::Imported { module: from, name, .. } => {
                module.and_then(|module| scope.lookup(scope.resolve(module, from)?, name))
            }
            other => {
                pending
                    .extend(crate::programs::walk::children(other).into_iter().map(|child| (module, child)));
                continue;
            }
        };
        pending.extend(found.map(|(module, expr)| (Some(module), expr)));
    }
    keys
}
