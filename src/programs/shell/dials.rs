//! Commands: what they dial, and what they do to the script.

use std::rc::Rc;

use tree_sitter::Node;

use super::reader::{Reader, Unit, plain};
use super::statements::Flow;
use super::words::Word;
use crate::programs::dockerfile::Body;
use crate::programs::reading::clients::{Client, Clients, Part, Slot};
use crate::programs::reading::parts;
use crate::programs::{Expr, Method, Sink, SinkKind, UrlParts};
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
];

/// Files that set nothing a program of the project reads.
const HARMLESS: &[&str] = &["activate", "nvm.sh", "bashrc", "profile", "setup.bash", "functions", "cargo"];

impl Reader<'_> {
    /// A command with its words.
    pub(super) fn run(&mut self, unit: &Rc<Unit>, node: Node<'_>, words: &[Word]) -> Flow {
        let Some(name) = words.first() else { return Flow::On };
        match name.str() {
            "exit" => {
                let good = words.get(1).is_none_or(|word| word.str() == "0");
                return if good { Flow::Ends } else { Flow::Fails };
            }
            "return" => return Flow::Returns,
            "set" => {
                self.set(words);
                return Flow::On;
            }
            "shift" => {
                if let Some(Some(arguments)) = self.arguments.last_mut()
                    && !arguments.is_empty()
                {
                    arguments.remove(0);
                }
                return Flow::On;
            }
            "read" => {
                for word in words.iter().skip(1).filter(|word| !word.str().starts_with('-')) {
                    let name = Spanned::new(word.str().to_string(), word.span);
                    self.assign(&name, Expr::Opaque(word.span));
                }
                return Flow::On;
            }
            "." | "source" => {
                self.source(words);
                return Flow::On;
            }
            "eval" => {
                let text = unit.str(node).to_string();
                self.sets_what_is_not_seen(&text, unit.span(node));
                return Flow::On;
            }
            _ => {}
        }
        if self.functions.contains_key(name.str()) {
            let arguments = words.iter().skip(1).map(|word| word.value.clone()).collect();
            let around = self.called_at;
            self.called_at = around.or(Some(name.span));
            let flow = self.call(name.str(), arguments);
            self.called_at = around;
            return flow.unwrap_or(Flow::On);
        }
        self.shell_text(unit, node, words);
        self.dial(words);
        if name.str() == "exec" && words.len() > 1 { Flow::Ends } else { Flow::On }
    }

    /// A command, with the variables that are set for it alone.
    pub(super) fn simple(&mut self, unit: &Rc<Unit>, node: Node<'_>) -> Flow {
        let own: Vec<Node<'_>> =
            parts(node).into_iter().filter(|part| part.kind() == "variable_assignment").collect();
        if own.is_empty() {
            let words = self.words(unit, node);
            return self.run(unit, node, &words);
        }
        let mark = self.names.enter(None);
        own.iter().for_each(|one| self.assignment(unit, *one, false));
        let words = self.words(unit, node);
        let flow = self.run(unit, node, &words);
        self.names.leave(mark, false);
        if flow == Flow::Ends && words.first().is_some_and(|word| word.str() == "exec") {
            // The program that takes the shell's place finds them.
            own.iter().for_each(|one| self.assignment(unit, *one, true));
        }
        flow
    }

    fn set(&mut self, words: &[Word]) {
        let mut words = words.iter().skip(1);
        while let Some(word) = words.next() {
            let text = word.str();
            if text == "--" {
                let rest = words.map(|word| word.value.clone()).collect();
                if let Some(arguments) = self.arguments.last_mut() {
                    *arguments = Some(rest);
                }
                return;
            }
            let on = text.starts_with('-');
            if !on && !text.starts_with('+') {
                continue;
            }
            if text.contains('a') && !text.contains("--") {
                self.exports_all = on;
            }
            if text.contains('u') {
                self.nounset = on;
            }
            if text.ends_with('o') {
                match words.next().map_or("", Word::str) {
                    "allexport" => self.exports_all = on,
                    "nounset" => self.nounset = on,
                    _ => {}
                }
            }
        }
    }

    /// `. file`
    fn source(&mut self, words: &[Word]) {
        let Some(file) = words.get(1) else { return };
        let Some(name) = &file.text else {
            self.open |= matches!(&file.value, Expr::Opaque(_));
            return;
        };
        match (self.sourced)(name) {
            Some(body) => self.text(body),
            None => {
                let harmless = HARMLESS.iter().any(|word| name.contains(word));
                let sets = ["env", "secret", "vault", "config", "credential", "param"];
                self.open |= !harmless && sets.iter().any(|word| name.contains(word));
            }
        }
    }

    /// `sh -c "…"` within a script.
    fn shell_text(&mut self, unit: &Rc<Unit>, node: Node<'_>, words: &[Word]) {
        let shell = words.iter().position(|word| is_shell(word.str()));
        let Some(shell) = shell else { return };
        let mut rest = words.iter().skip(shell + 1);
        let flagged = rest.any(|word| word.str().starts_with('-') && word.str().contains('c'));
        let Some(text) = rest.next().filter(|_| flagged) else { return };
        let quoted = parts(node).into_iter().find(|part| unit.span(*part) == text.span);
        let Some(quoted) = quoted.filter(|part| matches!(part.kind(), "raw_string" | "string")) else {
            return;
        };
        let range = quoted.byte_range();
        let inside = unit.body.part(range.start + 1..range.end.saturating_sub(1));
        self.text(Body::inline(&inside));
    }

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
            if !WRAPPERS.contains(&name.as_str()) && !first.str().starts_with('-') {
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
        if urls.is_empty()
            && let Some(parts) = self.parts(client, &options)
        {
            self.note(kind, Expr::Url(Box::new(parts), callee.span), callee.clone(), callee.span);
        }
        for (url, at) in urls {
            self.note(kind, without_tcp(url), callee.clone(), at);
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
        let database = part(self, Part::Database);
        Some(UrlParts { host: Some(host), port, user, database, ..UrlParts::default() })
    }

    /// Notes a sink; `at` is the address where it is a word of its own.
    fn note(&mut self, kind: SinkKind, target: Expr, callee: Spanned<String>, at: Span) {
        // A script that dials its own container does so because it started a server there.
        if is_loopback(&target) {
            return;
        }
        // What a function dials is said where it is called.
        let span = self.called_at.unwrap_or(at);
        let callee = Spanned { span: self.called_at.unwrap_or(callee.span), ..callee };
        let sink = Sink { kind, target: target.share(), arguments: Vec::new(), callee, span };
        self.notes.sink(sink, self.names.path());
    }
}

/// The options and other words of a command.
struct Options<'w> {
    named: Vec<(String, Word)>,
    plain: Vec<&'w Word>,
    span: Span,
}

impl<'w> Options<'w> {
    fn of(client: &Client, words: &'w [Word]) -> Self {
        let slots = client.parts.values().chain(&client.url).flatten();
        let known: Vec<&str> = slots
            .filter_map(|slot| match slot {
                Slot::Name(name) => Some(name.as_str()),
                Slot::Position(_) => None,
            })
            .collect();
        let span = words.first().map_or(Span::NONE, |word| word.span);
        let mut options = Options { named: Vec::new(), plain: Vec::new(), span };
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            let Some(option) = word.str().strip_prefix('-').filter(|option| !option.is_empty()) else {
                options.attached(word, &known);
                continue;
            };
            let long = option.trim_start_matches('-');
            if let Some((name, _)) = long.split_once('=') {
                let from = word.str().find('=').map_or(0, |at| at + 1);
                options.named.push((name.to_string(), word.rest(from)));
            } else if known.contains(&long) {
                if let Some(value) = words.get(at) {
                    options.named.push((long.to_string(), value.clone()));
                    at += 1;
                }
            } else if !option.starts_with('-')
                && let Some(name) = known.iter().find(|name| name.len() == 1 && option.starts_with(**name))
            {
                // `-hdb`
                options.named.push(((*name).to_string(), word.rest(2)));
            }
        }
        options
    }

    /// A word that is no option as a whole; `--host="$DB_HOST"` and `-h$DB_HOST` begin as one.
    fn attached(&mut self, word: &'w Word, known: &[&str]) {
        let Expr::Concat(pieces) = word.value.peel() else {
            self.plain.push(word);
            return;
        };
        let Some(Expr::Text(first)) = pieces.first() else {
            self.plain.push(word);
            return;
        };
        let rest = || {
            let rest = pieces.get(1..).unwrap_or_default().to_vec();
            Word { text: None, value: joined(rest).unwrap_or(Expr::Opaque(word.span)), span: word.span }
        };
        let option = first.value.strip_prefix('-').map(|option| option.trim_start_matches('-'));
        match option {
            Some(option) if option.ends_with('=') => {
                let value = rest();
                self.named.push((option.trim_end_matches('=').to_string(), value));
            }
            Some(option) if known.contains(&option) => {
                let value = rest();
                self.named.push((option.to_string(), value));
            }
            Some(_) => {}
            None => self.plain.push(word),
        }
    }

    fn named(&self, name: &str) -> impl DoubleEndedIterator<Item = &Word> {
        self.named.iter().filter(move |(known, _)| known == name).map(|(_, word)| word)
    }
}

fn joined(mut pieces: Vec<Expr>) -> Option<Expr> {
    match pieces.len() {
        0 => None,
        1 => Some(pieces.remove(0)),
        _ => Some(Expr::Concat(pieces)),
    }
}

pub(in crate::programs) fn is_shell(name: &str) -> bool {
    matches!(name.rsplit('/').next().unwrap_or(name), "sh" | "bash" | "dash" | "ash" | "zsh")
}

/// Whether the word can be an address: a URL, or a host with a port.
fn is_address(word: &Word) -> bool {
    if let Some(text) = &word.text {
        return is_address_text(text);
    }
    let Expr::Concat(pieces) = word.value.peel() else { return may_be_address(&word.value) };
    let (Some(first), Some(second)) = (pieces.first(), pieces.get(1)) else { return false };
    match (first.peel(), second.peel()) {
        (Expr::Text(text), _) if text.value.contains("://") => true,
        // `db:$DB_PORT`
        (Expr::Text(text), port) => text.value.ends_with(':') && names(port, &["PORT"]),
        // `$DB_HOST:5432`, `$API_URL/health`
        (value, Expr::Text(text)) => may_be_address(value) && text.value.starts_with([':', '/']),
        _ => false,
    }
}

fn is_address_text(text: &str) -> bool {
    if text.contains("://") {
        return true;
    }
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let port = port.split('/').next().unwrap_or(port);
    port.len() >= 2
        && port.chars().all(|c| c.is_ascii_digit())
        && host.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ',' | ':'))
}

/// Whether a variable holds an address, by its name or its default: others are credentials, payloads, flags.
fn may_be_address(value: &Expr) -> bool {
    const WORDS: &[&str] =
        &["URL", "URI", "DSN", "HOST", "ADDR", "ENDPOINT", "SERVER", "BROKER", "BOOTSTRAP"];
    names(value, WORDS)
}

/// Whether the variable's name has one of the words, or its default is an address.
fn names(value: &Expr, words: &[&str]) -> bool {
    match value.peel() {
        Expr::Read(read) => {
            let named = |name: &Expr| match name.peel() {
                Expr::Text(name) => words.iter().any(|word| name.value.to_ascii_uppercase().contains(word)),
                _ => false,
            };
            named(&read.name) || read.default.as_ref().is_some_and(|default| names(default, words))
        }
        Expr::FirstNonEmpty(all) | Expr::FirstSet(all) => all.iter().any(|one| names(one, words)),
        Expr::If(branch) => names(&branch.then, words) || names(&branch.otherwise, words),
        Expr::Text(text) => is_address_text(&text.value),
        Expr::Concat(pieces) => pieces.first().is_some_and(|first| match first.peel() {
            Expr::Text(text) => text.value.contains("://"),
            first => names(first, words),
        }),
        _ => false,
    }
}

/// `tcp://db:5432` is dialled as it stands, whatever is spoken there.
fn without_tcp(value: Expr) -> Expr {
    let begins = |text: &Spanned<String>| text.value.starts_with("tcp://");
    let first = match value.peel() {
        Expr::Concat(pieces) => pieces.first().cloned(),
        other => Some(other.clone()),
    };
    match first {
        Some(Expr::Text(text)) if begins(&text) => {
            Expr::Method(Box::new(value), Box::new(Method::RemovePrefix("tcp://".to_string())))
        }
        _ => value,
    }
}

/// Whether the address is written as the container's own.
fn is_loopback(target: &Expr) -> bool {
    let own = |text: &str| {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let text = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
        let host = text.split(['/', ':', '?']).next().unwrap_or(text);
        host == "localhost" || host == "0.0.0.0" || host.starts_with("127.") || text.starts_with("[::1]")
    };
    match target.peel() {
        Expr::Text(text) => own(&text.value),
        Expr::Concat(pieces) => match pieces.first() {
            Some(Expr::Text(text)) => own(&text.value),
            _ => false,
        },
        Expr::Url(parts, _) => parts.host.as_ref().is_some_and(is_loopback),
        Expr::Method(inner, _) => is_loopback(inner),
        _ => false,
    }
}
