//! The configurations of proxies: to which servers they pass requests on, and where they listen.

mod apache;
mod caddy;
mod haproxy;
mod lines;
pub(super) mod nginx;
pub mod nginx_headers;
mod nginx_hosts;
mod roots;
mod traefik;

use std::path::Path;

pub use apache::Apache;
pub use caddy::Caddy;
pub use haproxy::HaProxy;
pub use nginx::Nginx;
pub use traefik::Traefik;

use super::reading::Notes;
use super::{Bind, Blank, Expr, Module, Read, ReadExpr, Role, Sink, SinkKind};
use crate::source::{SourceFile, Span, Spanned};

/// What a web server does with the requests of some paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// How their paths begin.
    pub path: String,
    /// Whether it is known which of them it is for, and what becomes of their paths.
    pub followed: bool,
    /// Where they are passed on to, as it is written.
    pub pass: Option<Spanned<String>>,
}

/// Directives beyond this number are not read.
const MAX_DIRECTIVES: usize = 50_000;
/// Nor more servers.
const MAX_UPSTREAMS: usize = 2_000;

/// What the reading of one configuration notes.
struct Config<'f> {
    file: &'f SourceFile,
    notes: Notes,
}

impl<'f> Config<'f> {
    fn new(file: &'f SourceFile) -> Self {
        Self { file, notes: Notes::new(&file.path) }
    }

    /// The bytes `from..to` of the file as a text.
    fn text(&self, from: usize, to: usize) -> Spanned<String> {
        let text = self.file.text.get(from..to).unwrap_or("");
        Spanned::new(text.to_string(), self.file.slice(from, to))
    }

    /// A server that requests are passed on to by this directive.
    fn upstream(&mut self, directive: &Spanned<String>, target: Expr) {
        self.upstream_with(directive, target, &[]);
    }

    /// One with what the directive says of it besides its address.
    fn upstream_with(&mut self, directive: &Spanned<String>, target: Expr, words: &[Spanned<String>]) {
        if self.notes.module.sinks.len() >= MAX_UPSTREAMS {
            return;
        }
        if sockets(&target) {
            self.notes.module.sockets.extend(socket(&target));
            return;
        }
        let sink = Sink {
            kind: SinkKind::Upstream,
            target,
            arguments: words.iter().take(40).map(|word| (word.clone(), Expr::Null(word.span))).collect(),
            callee: directive.clone(),
            span: directive.span,
        };
        self.notes.sink(sink, std::iter::empty());
    }

    /// A reference to a variable of the environment.
    fn read(&mut self, name: Spanned<String>, default: Option<Spanned<String>>, span: Span) -> Expr {
        let read = ReadExpr {
            name: Expr::Text(name.clone()),
            aliases: Vec::new(),
            ignore_case: false,
            required: default.is_none(),
            default: default.map(Expr::Text),
            blank: Blank::Kept,
            span,
        };
        let expression = Expr::Read(Box::new(read.clone()));
        let read = Read { name, required: read.required, expression: expression.clone(), held: None, span };
        self.notes.read(read, std::iter::empty());
        expression
    }

    /// The port of an address that the proxy listens on (`80`, `*:80`, `[::]:80`, `:80`).
    fn listens(&mut self, address: &Spanned<String>) {
        // Traefik adds the protocol: `:443/tcp`.
        let written = address.value.strip_suffix("/tcp").unwrap_or(&address.value);
        let port = written.rsplit(':').next().unwrap_or("");
        let from = written.len() - port.len();
        if let Ok(port) = port.parse::<u16>() {
            let span = address.span.slice(from, written.len());
            self.notes.module.listens.push(Spanned::new(port, span));
            let host = written.get(..from).unwrap_or("").trim_end_matches(':');
            if !host.is_empty() {
                let host = Spanned::new(host.to_string(), address.span.slice(0, host.len()));
                self.notes.module.binds.push(Bind { host, port: Some(port) });
            }
        }
    }

    fn finish(self) -> Module {
        Module { role: Role::Proxy, ..self.notes.finish() }
    }
}

/// A word with its placeholders, which stand between `open` and a brace; `read` says what one of them gives.
fn expand(
    config: &mut Config<'_>,
    word: &Spanned<String>,
    open: &str,
    read: impl Fn(&mut Config<'_>, &Spanned<String>, Span) -> Expr,
) -> Expr {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(start) = word.value.get(at..).and_then(|rest| rest.find(open)).map(|found| at + found) {
        let Some(end) = word.value.get(start..).and_then(|rest| rest.find('}')).map(|found| start + found)
        else {
            break;
        };
        if start > at {
            pieces.push(Expr::Text(cut(word, at, start)));
        }
        pieces.push(read(config, &cut(word, start + open.len(), end), word.span.slice(start, end + 1)));
        at = end + 1;
    }
    if at < word.value.len() || pieces.is_empty() {
        pieces.push(Expr::Text(cut(word, at, word.value.len())));
    }
    concat(pieces)
}

/// The bytes `from..to` of a word.
fn cut(word: &Spanned<String>, from: usize, to: usize) -> Spanned<String> {
    Spanned::new(word.value.get(from..to).unwrap_or("").to_string(), word.span.slice(from, to))
}

/// The two halves of a placeholder with a default.
fn halves(inside: &Spanned<String>, separator: char) -> (Spanned<String>, Option<Spanned<String>>) {
    match inside.value.find(separator) {
        Some(at) => (cut(inside, 0, at), Some(cut(inside, at + 1, inside.value.len()))),
        None => (inside.clone(), None),
    }
}

/// Pieces one after the other as one expression.
fn concat(mut pieces: Vec<Expr>) -> Expr {
    if pieces.len() == 1 { pieces.remove(0) } else { Expr::Concat(pieces) }
}

/// Whether the address is a socket in the file system.
fn sockets(target: &Expr) -> bool {
    let text = match target {
        Expr::Concat(pieces) => pieces.iter().find_map(|piece| match piece {
            Expr::Text(text) if !text.value.ends_with("://") => Some(text),
            _ => None,
        }),
        Expr::Text(text) => Some(text),
        _ => None,
    };
    let of_files = ["unix:", "unix/", "unix@", "/"];
    text.is_some_and(|text| {
        text.value.contains("//unix:") || of_files.iter().any(|start| text.value.starts_with(start))
    })
}

/// The place of that socket, where all of it is known: `unix:/run/shop.sock`, `http://unix:/run/shop.sock:/api`.
fn socket(target: &Expr) -> Option<Spanned<String>> {
    let text = match target {
        Expr::Text(text) => text,
        Expr::Concat(pieces) => match pieces.as_slice() {
            [Expr::Text(scheme), Expr::Text(text)] if scheme.value.ends_with("://") => text,
            _ => return None,
        },
        _ => return None,
    };
    let from = text.value.find('/').map(|at| {
        match text.value.get(at..).is_some_and(|it| it.starts_with("//unix")) {
            true => text.value.find("unix:").map_or(at, |at| at + "unix:".len()),
            false => at,
        }
    })?;
    let place = text.value.get(from..)?;
    let place = place.split([':', ';', '|']).next()?;
    let named = place.starts_with('/') && !place.contains(['$', '{', '*']);
    named.then(|| cut(text, from, from + place.len()))
}

/// Whether a place of a container lies below one of these directories.
fn below(place: &Path, directories: &[&str]) -> bool {
    directories.iter().any(|directory| place.starts_with(directory))
}

/// Whether the path names the thing, in its file name or in the folder it lies in.
fn named(path: &Path, word: &str) -> bool {
    let has = |part: Option<&std::ffi::OsStr>| {
        part.and_then(|part| part.to_str()).is_some_and(|part| part.to_ascii_lowercase().contains(word))
    };
    has(path.file_name()) || path.parent().is_some_and(|folder| has(folder.file_name()))
}
