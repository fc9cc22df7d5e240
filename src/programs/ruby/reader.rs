//! The state of a reading: what names stand for at the place that is being read.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use indexmap::IndexMap;
use tree_sitter::Node;

use crate::programs::reading::{self, Branch, Desk, Frame, parts};
use crate::programs::{Condition, Expr, Module};
use crate::source::{SourceFile, Span, Spanned};

/// Reads one file, expression by expression, as Ruby would run it.
///
/// Names are kept as they are written: `local`, `@instance`, `CONSTANT`; methods as `name()`.
pub(super) struct Reader<'t> {
    desk: Desk<'t, Kind>,
    /// Methods that are read when the names of the file are complete.
    pub pending: Vec<Pending<'t>>,
    /// Whether what was read last leaves the code around (`return`, `raise`).
    pub left: bool,
    /// Whether the file changes the environment that later reads find.
    pub changes_environment: bool,
    /// How many `begin` bodies around go on after a `KeyError`.
    pub guarded: usize,
}

/// A method that is yet to be read, and the names of the classes around it, outermost first.
pub(super) struct Pending<'t> {
    pub node: Node<'t>,
    pub classes: Vec<Rc<IndexMap<String, Expr>>>,
}

/// What kind of code a frame's names belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Class,
    Method,
    /// It sees the variables around it.
    Block,
}

impl<'t> Deref for Reader<'t> {
    type Target = Desk<'t, Kind>;

    fn deref(&self) -> &Self::Target {
        &self.desk
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.desk
    }
}

impl<'t> Reader<'t> {
    pub fn new(file: &'t SourceFile) -> Self {
        Self {
            desk: Desk::new(file, Kind::File),
            pending: Vec::new(),
            left: false,
            changes_environment: false,
            guarded: 0,
        }
    }

    /// Reads the whole file.
    pub fn program(&mut self, root: Node<'t>) {
        self.sequence(root);
        self.read_pending();
    }

    /// The values of the statements at the top of the text.
    pub fn values(&mut self, root: Node<'t>) -> Vec<(Span, Expr)> {
        let mut values = Vec::new();
        for part in parts(root) {
            let value = self.expr(part).share();
            values.push((self.span(part), value));
        }
        self.read_pending();
        values
    }

    fn read_pending(&mut self) {
        for _ in 0..4 {
            for pending in std::mem::take(&mut self.pending) {
                self.deeper(|reader| reader.read_method(pending));
            }
        }
    }

    pub fn finish(self) -> Module {
        self.desk.finish(|name| !name.starts_with('@'))
    }

    reading::handholds!('t, silently);

    /// Reads a branch under a condition and takes its names back; also its value.
    pub fn branch(
        &mut self,
        condition: Option<Condition>,
        go: impl FnOnce(&mut Self) -> Expr,
    ) -> (Branch, Expr) {
        let before = std::mem::replace(&mut self.left, false);
        let mark = self.names.enter(condition);
        let value = go(self);
        let leaves = std::mem::replace(&mut self.left, before);
        (self.names.leave(mark, leaves), value)
    }

    /// Reads statements; the value of the last one.
    pub fn sequence(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(node);
        let read = self.deeper(|reader| {
            let mut value = Expr::Null(span);
            for part in parts(node) {
                if !reader.bounds.work() {
                    return Expr::Opaque(span);
                }
                value = reader.expr(part);
                if reader.left {
                    break;
                }
            }
            value
        });
        read.unwrap_or(Expr::Opaque(span))
    }

    /// What a local variable stands for, if it is one: methods see their own only, blocks also those around them.
    pub fn local(&self, name: &str) -> Option<&Expr> {
        for frame in self.names.frames.iter().rev() {
            if let Some(value) = frame.names.get(name) {
                return Some(value);
            }
            if frame.own != Kind::Block {
                break;
            }
        }
        None
    }

    /// Enters a frame in which parameters stand for themselves, or for their defaults where `missing` is the place of
    /// those without one.
    pub fn enter(&mut self, kind: Kind, parameters: &[(String, Option<Expr>)], missing: Option<Span>) {
        let mut frame = Frame::new(kind);
        for (name, default) in parameters {
            let value = match missing {
                None => Expr::Parameter(name.clone()),
                Some(span) => default.clone().unwrap_or(Expr::Opaque(span)),
            };
            frame.names.insert(name.clone(), value.share());
        }
        self.names.frames.push(frame);
    }

    /// A constant by its parts, as written: the program's own, a library's, or one that another file defines.
    pub fn constant(&mut self, written: &str, span: Span) -> Expr {
        let written = written.trim_start_matches("::");
        let last = written.rsplit("::").next().unwrap_or(written);
        self.mention(last);
        if let Some(known) = self.names.bound(written) {
            return known.clone();
        }
        let mut names = written.split("::");
        let first = names.next().unwrap_or("");
        if let Some(known) = self.names.bound(first).cloned() {
            let mut value = known;
            for name in names {
                value = Expr::Member(Box::new(value), Spanned::new(name.to_string(), span));
            }
            return value;
        }
        let own =
            first == "Redis" && !matches!(last, "Redis" | "Client" | "Namespace" | "Distributed" | "Cluster");
        if is_library(first) && !own {
            return Expr::Library(Spanned::new(written.replace("::", "."), span));
        }
        if written == first && first.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
        {
            return Expr::Own(Spanned::new(first.to_string(), span));
        }
        Expr::Imported { module: written.to_string(), name: last.to_string(), span }
    }
}

/// Top-level constants of libraries.
const KNOWN: [&str; 58] = [
    "ActionCable",
    "ActionMailer",
    "ActiveJob",
    "ActiveModel",
    "ActiveRecord",
    "ActiveSupport",
    "Aws",
    "Bunny",
    "Cassandra",
    "Chewy",
    "ClickHouse",
    "Concurrent",
    "ConnectionPool",
    "Dalli",
    "Dir",
    "Dotenv",
    "ERB",
    "Elasticsearch",
    "Excon",
    "Faraday",
    "File",
    "HTTP",
    "HTTParty",
    "Hiredis",
    "IO",
    "JSON",
    "Kafka",
    "Logger",
    "MQTT",
    "Mail",
    "MeiliSearch",
    "Meilisearch",
    "Mongo",
    "Mongoid",
    "Mysql2",
    "NATS",
    "Net",
    "OpenSearch",
    "PG",
    "Process",
    "Puma",
    "Rails",
    "Rdkafka",
    "Redic",
    "Redis",
    "RedisClient",
    "Resque",
    "RestClient",
    "SQLite3",
    "Searchkick",
    "Sequel",
    "Sidekiq",
    "Sinatra",
    "Socket",
    "Stomp",
    "TCPSocket",
    "Trilogy",
    "Typhoeus",
];

/// Whether a constant is a library's.
pub(super) fn is_library(name: &str) -> bool {
    KNOWN.contains(&name)
        || matches!(name, "ENV" | "URI" | "YAML" | "Time" | "Date" | "Neo4j" | "Split" | "Ohm")
}
