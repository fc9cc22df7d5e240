//! What commands dial.

use std::rc::Rc;

use tree_sitter::Node;

use super::addresses::{is_address, is_loopback, without_tcp};
use super::options::Options;
use super::reader::{Reader, Unit, plain};
use super::words::Word;
use crate::programs::reading::clients::{Client, Clients, Part, Slot};
use crate::programs::reading::made;
use crate::programs::{Expr, Sink, SinkKind, UrlParts};
use crate::source::{Span, Spanned};

/// Commands that start another one.
const WRAPPERS: &[&str] = &[
    "exec",
    "timeout",
    "gosu",
    "su-exec",
    "sudo",
    "env",
    "time",
    "nohup",
    "command",
    "setpriv",
    "tini",
    "dumb-init",
    "nice",
    "if",
    "retry",
    "npx",
    "bunx",
    "pnpx",
];

impl Reader<'_> {
    /// `> /dev/tcp/host/port`
    pub(super) fn redirect(&mut self, unit: &Rc<Unit>, node: Node<'_>) {
        let Some(target) = node.child_by_field_name("destination") else { return };
        let word = self.word(unit, target);
        let pieces: Vec<Expr> = match word.value.peel() {
            Expr::Concat(all) => all.clone(),
            other => vec![other.clone()],
        };
        let Some(Expr::Text(first)) = pieces.first() else { return };
        let Some(rest) = first.value.strip_prefix("/dev/tcp/") else { return };
        let cut = |text: &Spanned<String>, from: usize, to: usize| {
            let value = text.value.get(from..to).unwrap_or("").to_string();
            (!value.is_empty()).then(|| Expr::Text(Spanned::new(value, text.span.slice(from, to))))
        };
        let at = first.value.len() - rest.len();
        // `/dev/tcp/db/5432`, `/dev/tcp/$HOST/$PORT`
        let mut halves: [Vec<Expr>; 2] = [Vec::new(), Vec::new()];
        let mut half = 0;
        for (index, piece) in pieces.iter().enumerate() {
            let Expr::Text(text) = piece else {
                halves[half].push(piece.clone());
                continue;
            };
            let from = if index == 0 { at } else { 0 };
            match text.value.get(from..).and_then(|text| text.find('/')) {
                Some(slash) if half == 0 => {
                    halves[0].extend(cut(text, from, from + slash));
                    halves[1].extend(cut(text, from + slash + 1, text.value.len()));
                    half = 1;
                }
                _ => halves[half].extend(cut(text, from, text.value.len())),
            }
        }
        let [host, port] = halves.map(joined);
        let parts = UrlParts { host, port, ..UrlParts::default() };
        if parts.host.is_some() {
            let callee = Spanned::new("/dev/tcp".to_string(), word.span);
            let target = Expr::Url(Box::new(parts), word.span);
            self.note(SinkKind::Tcp, target, callee, word.span);
        }
    }

    /// Notes what a command dials.
    pub(super) fn dial(&mut self, words: &[Word]) {
        let clients = Clients::of("shell");
        let mut words = words;
        let base = |word: &Word| word.str().rsplit('/').next().unwrap_or("").to_string();
        while let Some((first, rest)) = words.split_first() {
            let name = base(first);
            if let Some(client) = clients.find(&name) {
                let callee = Spanned::new(name, first.span);
                return self.command(client, &callee, rest);
            }
            // `sh ./wait-for.sh db:5432`
            let shell = super::is_shell(&name)
                && rest.first().is_some_and(|script| clients.find(&base(script)).is_some());
            if !shell && !WRAPPERS.contains(&name.as_str()) && !first.str().starts_with('-') {
                // A wrapper's own words may stand before the command.
                let known = rest.iter().position(|word| clients.find(&base(word)).is_some());
                let wrapped = words.len() > 1 && first.text.is_some();
                match known.filter(|_| wrapped && self.wrapped) {
                    Some(at) => words = rest.get(at..).unwrap_or_default(),
                    None => return,
                }
                continue;
            }
            self.wrapped = true;
            words = rest;
        }
        self.wrapped = false;
    }

    fn command(&mut self, client: &Client, callee: &Spanned<String>, words: &[Word]) {
        self.wrapped = false;
        // What follows `--` is another command.
        let end = words.iter().position(|word| word.str() == "--").unwrap_or(words.len());
        let (own, after) = words.split_at(end);
        let options = Options::of(client, own);
        let address = |word: &&Word| is_address(word);
        let found = |word: &Word| (word.value.clone(), word.span);
        let mut urls: Vec<(Expr, Span)> = Vec::new();
        for slot in client.url.iter().flatten() {
            match slot {
                Slot::Name(name) => urls.extend(options.named(name).filter(address).map(found)),
                Slot::Position(at) => {
                    urls.extend(options.plain.get(*at).copied().filter(address).map(found));
                }
            }
        }
        let kind = if self.waiting { SinkKind::Tcp } else { client.kind };
        if kind == client.kind && urls.is_empty() && tells_nothing(callee, own) {
            self.note(kind, own_address(callee), callee.clone(), callee.span);
        }
        if urls.is_empty()
            && let Some(parts) = self.parts(client, &options)
        {
            self.note(kind, Expr::Url(Box::new(parts), callee.span), callee.clone(), callee.span);
        }
        let keys = keys_of_store(callee, &options);
        for (url, at) in urls {
            self.note_with(kind, without_tcp(url), callee.clone(), at, keys.clone());
        }
        if let Some((_, rest)) = after.split_first() {
            self.dial(rest);
        }
    }

    /// The address from its parts; `None` when no host is named.
    fn parts(&mut self, client: &Client, options: &Options<'_>) -> Option<UrlParts> {
        let part = |reader: &mut Self, part: Part| {
            let slots = client.parts.get(&part)?;
            let given = slots.iter().find_map(|slot| match slot {
                Slot::Name(name) => options.named(name).next_back().map(|word| word.value.clone()),
                // Of `nc -w 1 db 5432` the last two words are meant.
                Slot::Position(at) => {
                    let count = client.parts.len();
                    let from = options.plain.len().checked_sub(count)?;
                    options.plain.get(from + at).map(|word| word.value.clone())
                }
            });
            given.or_else(|| {
                let variable = client.env.get(&part)?;
                let bound = reader.bound(variable);
                Some(bound.unwrap_or_else(|| plain(variable, options.span)))
            })
        };
        let host = part(self, Part::Host)?;
        let default = client.default.get(&Part::Port);
        let default = default.map(|port| Expr::LibraryDefault(Spanned::new(port.clone(), options.span)));
        let port = match (part(self, Part::Port), default) {
            (Some(port), Some(default)) => Some(Expr::FirstNonEmpty(vec![port, default])),
            (port, default) => port.or(default),
        };
        let user = part(self, Part::User);
        let password = part(self, Part::Password);
        let database = part(self, Part::Database);
        Some(UrlParts { host: Some(host), port, user, password, database, ..UrlParts::default() })
    }

    /// Notes a sink; `at` is the address where it is a word of its own.
    fn note(&mut self, kind: SinkKind, target: Expr, callee: Spanned<String>, at: Span) {
        self.note_with(kind, target, callee, at, Vec::new());
    }

    fn note_with(
        &mut self,
        kind: SinkKind,
        target: Expr,
        callee: Spanned<String>,
        at: Span,
        arguments: Vec<(Spanned<String>, Expr)>,
    ) {
        // A script that dials its own container does so because it started a server there, which counts only where a
        // sibling alone can be meant; a program's own option is no such step.
        let own = kind != SinkKind::CeleryBroker && is_loopback(&target);
        let kind = if own { SinkKind::Call } else { kind };
        // What a function dials is said where it is called.
        let span = self.called_at.unwrap_or(at);
        let callee = Spanned { span: self.called_at.unwrap_or(callee.span), ..callee };
        let sink = Sink { kind, target: target.share(), arguments, callee, span };
        self.notes.sink(sink, self.names.path());
    }
}

/// The keys behind the address in `mc alias set store http://minio:9000 KEY SECRET`.
fn keys_of_store(callee: &Spanned<String>, options: &Options<'_>) -> Vec<(Spanned<String>, Expr)> {
    let at = options.plain.iter().position(|word| is_address(word)).filter(|_| callee.value == "mc");
    let Some(at) = at else { return Vec::new() };
    let named = |name: &str, word: Option<&&Word>| {
        let word = word?;
        Some((Spanned::new(name.to_string(), word.span), word.value.clone()))
    };
    let key = named("username", options.plain.get(at + 1));
    key.into_iter().chain(named("password", options.plain.get(at + 2))).collect()
}

/// Whether a command starts a worker or its monitor without a word of the application, which knows the broker, or of another
/// place where that is said.
fn tells_nothing(callee: &Spanned<String>, words: &[Word]) -> bool {
    let told: &[&str] = match callee.value.as_str() {
        "celery" | "flower" => &["-A", "--app", "-b", "--broker", "--conf", "--workdir", "-C"],
        "rq" | "rq-dashboard" => {
            &["-u", "--url", "--redis", "-c", "--config", "--path", "-P", "-H", "--sentinel"]
        }
        _ => return false,
    };
    let starts =
        |word: &Word| matches!(word.str(), "worker" | "beat" | "flower" | "worker-pool" | "scheduler");
    let tells = |word: &Word| word.text.is_none() || told.iter().any(|flag| word.str().starts_with(flag));
    let alone = matches!(callee.value.as_str(), "flower" | "rq-dashboard");
    (alone || words.iter().any(starts)) && !words.iter().any(tells)
}

/// What such a command dials when it is told nothing: it looks into the environment first.
fn own_address(callee: &Spanned<String>) -> Expr {
    let span = callee.span;
    let (own, variables): (&str, &[&str]) = match callee.value.as_str() {
        "rq" | "rq-dashboard" => ("redis://localhost:6379", &["RQ_DASHBOARD_REDIS_URL", "RQ_REDIS_URL"]),
        _ => {
            ("amqp://guest:guest@localhost:5672//", &["FLOWER_BROKER_URL", "BROKER_URL", "CELERY_BROKER_URL"])
        }
    };
    let own = Expr::LibraryDefault(Spanned::new(own.to_string(), span));
    variables.iter().fold(own, |otherwise, name| made::library_read(name, otherwise, span))
}

/// Pieces as one value.
pub(super) fn joined(mut pieces: Vec<Expr>) -> Option<Expr> {
    match pieces.len() {
        0 => None,
        1 => Some(pieces.remove(0)),
        _ => Some(Expr::Concat(pieces)),
    }
}
