//! Where a program makes clients, and what they dial.

use tree_sitter::Node;

use super::addresses::address;
use super::calls::Arguments;
use super::reader::{FrameKind, Reader};
use crate::programs::reading::clients::{Client, Clients, Slot};
use crate::programs::reading::{addresses, pool, target};
use crate::programs::{Expr, Pool, Sink, SinkKind};
use crate::source::{Span, Spanned};

/// What clients call user and password.
const LOGIN: [&str; 2] = ["username", "password"];

/// What clients of databases take in the place of an address to keep all in memory.
const MEMORY: &str = ":memory:";

/// What calls name the dictionary of their settings.
const CONFIGURATIONS: [&str; 3] = ["conf", "config", "configuration"];

impl<'t> Reader<'t> {
    /// Notes the client that a call of a library's function makes.
    pub fn library_sink(&mut self, name: &str, node: Node<'t>, callee: Node<'t>) {
        if name == "celery.Celery" || name.starts_with("celery.Celery().") {
            return self.celery_call(name, node, callee);
        }
        // `AsyncEngine(create_engine(…))` is all that `create_async_engine` does.
        let wrapped = name.ends_with(".create_engine") && self.is_argument_of(node, "AsyncEngine");
        let name = if wrapped { "sqlalchemy.ext.asyncio.create_async_engine" } else { name };
        let Some(client) = Clients::of("python").find(name) else { return };
        let arguments = self.arguments(node);
        if let Some(pool) = &client.pool
            && arguments.get(None, &[pool]).is_some()
        {
            return;
        }
        let mut in_memory = |value| self.literal(value).is_some_and(|text| text.value == MEMORY);
        if client.without.iter().any(|name| arguments.get(None, &[name]).is_some())
            || arguments.first().is_some_and(|first| in_memory(first.value))
        {
            return;
        }
        let callee = self.spanned(callee);
        let configured = client.config.as_ref().filter(|_| {
            // Of a call that takes either, only the one with the dictionary's name has it.
            client.url.is_none() || arguments.get(None, &CONFIGURATIONS).is_some()
        });
        let target = match configured {
            Some(key) => self.config_target(&arguments, key),
            None => {
                let open = arguments.open();
                let mut slot = |slots: &[Slot]| {
                    if let Some(value) = self.argument_of(&arguments, slots) {
                        let value = address(value, client.pair);
                        let whole = client.url.as_deref() == Some(slots);
                        // Under a condition that asks for it, nothing is not handed over.
                        let asked = self.names.path().next().is_some();
                        return Some(if whole && !asked {
                            or_own(client, value, callee.span)
                        } else {
                            value
                        });
                    }
                    // What is spread into the call gives parts, where the client takes any: a whole address that
                    // is not in it would hide them.
                    let whole = client.url.as_deref() == Some(slots) && !client.parts.is_empty();
                    if whole { None } else { self.spread(&arguments, slots) }
                };
                target::target(client, &mut slot, open, callee.span)
            }
        };
        let span = self.span(node);
        let Some(target) = target else { return };
        let hidden = arguments.0.iter().any(|argument| argument.splat && argument.name.is_none());
        let pool = pool::pool(
            client,
            &mut |slots| self.argument_of(&arguments, slots).or_else(|| self.spread(&arguments, slots)),
            hidden,
            callee.span,
            span,
        );
        let shared = self.kind() == FrameKind::Module;
        self.notes.pool(pool.map(|pool| Pool { shared, ..pool }));
        let mut named = self.named_arguments(&arguments);
        named.extend(self.login_given(name, &arguments));
        self.sink(Sink { kind: client.kind, target, arguments: named, callee, span });
    }

    /// Whether a call is handed to another of this name.
    fn is_argument_of(&self, node: Node<'t>, name: &str) -> bool {
        let call = node.parent().filter(|list| list.kind() == "argument_list").and_then(|list| list.parent());
        let callee = call.and_then(|call| call.child_by_field_name("function"));
        callee.is_some_and(|callee| self.text(callee).rsplit('.').next() == Some(name))
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

    /// User and password as one record.
    pub fn login(&mut self, user: Node<'t>, password: Option<Node<'t>>) -> Expr {
        let mut fields = vec![(Spanned::new(LOGIN[0].to_string(), self.span(user)), self.expr(user))];
        if let Some(password) = password {
            fields.push((Spanned::new(LOGIN[1].to_string(), self.span(password)), self.expr(password)));
        }
        Expr::Record(fields)
    }

    /// User and password where a client takes them as one argument: `credentials=PlainCredentials(…)`, `auth=(…, …)`.
    fn login_given(&mut self, name: &str, arguments: &Arguments<'t>) -> Vec<(Spanned<String>, Expr)> {
        let node = match name.rsplit('.').next() {
            Some("ConnectionParameters") => arguments.get(Some(3), &["credentials"]),
            Some("driver") => arguments.get(Some(1), &["auth"]),
            _ => None,
        };
        let Some(node) = node else { return Vec::new() };
        let (value, span) = (self.expr(node).share(), self.span(node));
        let part = |at: usize| {
            let name = Spanned::new((*LOGIN.get(at)?).to_string(), span);
            let value = match value.peel() {
                Expr::List(pair) => pair.get(at)?.clone(),
                Expr::Record(_)
                | Expr::Own(_)
                | Expr::Imported { .. }
                | Expr::Item(..)
                | Expr::Member(..) => Expr::Member(Box::new(value.clone()), name.clone()),
                _ => return None,
            };
            Some((name, value))
        };
        (0..LOGIN.len()).filter_map(part).collect()
    }

    /// The argument that one of the slots names.
    pub fn argument_of(&mut self, arguments: &Arguments<'t>, slots: &[Slot]) -> Option<Expr> {
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

    /// The argument that one of the slots names, of a dictionary that is spread into the call (`**options`).
    fn spread(&mut self, arguments: &Arguments<'t>, slots: &[Slot]) -> Option<Expr> {
        let spread: Vec<Node<'t>> =
            arguments.0.iter().filter(|argument| argument.splat).map(|argument| argument.value).collect();
        pool::names(slots).next()?;
        spread.into_iter().find_map(|node| {
            let value = self.expr(node);
            if matches!(value.peel(), Expr::Opaque(_) | Expr::Parameter(_) | Expr::List(_)) {
                return None;
            }
            let value = value.share();
            let item = |name: &str| {
                let key = Expr::Text(Spanned::new(name.to_string(), Span::NONE));
                Expr::Item(Box::new(value.clone()), Box::new(key), Some(Box::new(Expr::Null(Span::NONE))))
            };
            let mut items: Vec<Expr> = pool::names(slots).map(item).collect();
            Some(if items.len() == 1 { items.remove(0) } else { Expr::FirstSet(items) })
        })
    }

    /// `Producer({"bootstrap.servers": …})`; the steps of a key that leads into dictionaries inside are parted by `/`.
    fn config_target(&mut self, arguments: &Arguments<'t>, key: &str) -> Option<Expr> {
        let record = arguments.get(Some(0), &CONFIGURATIONS)?;
        let mut found = self.expr(record);
        let mut seen = true;
        for step in key.split('/') {
            found = match found.peel() {
                Expr::Record(fields) => fields
                    .iter()
                    .rev()
                    .find(|(name, _)| name.value == step)
                    .map(|(_, value)| value.clone())?,
                Expr::Library(_) | Expr::Opaque(_) => return None,
                _ => {
                    seen = false;
                    Expr::Member(Box::new(found), Spanned::new(step.to_string(), Span::NONE))
                }
            };
        }
        Some(if seen { addresses(found) } else { found })
    }

    /// A setting that makes a client of a framework: `key` is where it is named.
    pub fn setting_sink(&mut self, kind: SinkKind, target: Expr, key: Spanned<String>) {
        self.setting_sink_with(kind, target, key, Vec::new());
    }

    /// One with what else is said of it.
    pub fn setting_sink_with(
        &mut self,
        kind: SinkKind,
        target: Expr,
        key: Spanned<String>,
        arguments: Vec<(Spanned<String>, Expr)>,
    ) {
        let span = key.span;
        self.sink(Sink { kind, target, arguments, callee: key, span });
    }
}

/// The address that a client is given, or its own where that is nothing: `MongoClient(os.getenv("MONGO_URL"))`.
fn or_own(client: &Client, given: Expr, callee: Span) -> Expr {
    let takes_nothing = matches!(client.kind, SinkKind::Mongo | SinkKind::Amqp | SinkKind::Postgres);
    let may_be_nothing = match given.peel() {
        Expr::Read(read) => read.default.is_none(),
        other => matches!(other, Expr::Member(..) | Expr::Own(_) | Expr::Imported { .. } | Expr::Item(..)),
    };
    match target::fallback(client, callee).filter(|_| takes_nothing && may_be_nothing) {
        Some(own) => Expr::FirstSet(vec![given, own]),
        None => given,
    }
}
