//! The reads and sinks that a front end notes while it reads one file.

use std::collections::HashSet;
use std::path::Path;

use super::queues::QueueCall;
use crate::programs::{Condition, Expr, FlagExpr, IfExpr, Module, Pool, Read, ReadExpr, Sink, SinkKind};
use crate::source::{Span, Spanned};

/// What is read under more conditions is not required.
const MAX_CONDITIONS: usize = 8;
/// More demands of one file are not kept.
const MAX_DEMANDS: usize = 200;

/// The module under way. Every place is noted once, however often it is read.
#[derive(Debug)]
pub struct Notes {
    /// What was noted.
    pub module: Module,
    /// Whether reads, sinks and remarks are noted; not while a function is only summarised.
    pub recording: bool,
    read_spans: HashSet<Span>,
    sink_spans: HashSet<(Span, SinkKind, String)>,
}

impl Notes {
    /// Nothing noted yet of the file at `path`.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            module: Module { path: path.to_path_buf(), ..Module::default() },
            recording: true,
            read_spans: HashSet::new(),
            sink_spans: HashSet::new(),
        }
    }

    /// Notes a read that is reached under the conditions of `path`; on a branch it is required only where they are
    /// known to hold, as the program may well run without it.
    pub fn read<'c>(&mut self, mut read: Read, path: impl Iterator<Item = &'c Condition>) {
        if !self.recording || !self.read_spans.insert(read.span) {
            return;
        }
        read.required = read.required && self.required_under(read.span, path);
        self.module.reads.push(read);
    }

    /// Says that the program stops without what is read at the place, under the conditions of `path`; whether there
    /// are none.
    pub fn required_under<'c>(&mut self, place: Span, path: impl Iterator<Item = &'c Condition>) -> bool {
        let path: Vec<&Condition> = path.collect();
        if path.is_empty() {
            return true;
        }
        if path.len() <= MAX_CONDITIONS && !path.contains(&&Condition::Opaque) {
            let all = path.into_iter().cloned().collect();
            self.module.required_where.push((place, Condition::All(all)));
        }
        false
    }

    /// Notes a sink that is reached under the conditions of `path`; what is on a branch that is known not to
    /// be taken dials nothing.
    pub fn sink<'c>(&mut self, mut sink: Sink, path: impl Iterator<Item = &'c Condition>) {
        if !self.recording || !self.sink_spans.insert((sink.span, sink.kind, written(&sink.target))) {
            return;
        }
        let path: Vec<Condition> =
            path.filter(|condition| **condition != Condition::Opaque).cloned().collect();
        if !path.is_empty() {
            let condition = Condition::Possibly(Box::new(Condition::All(path)));
            let (then, span) = (sink.target, sink.callee.span);
            sink.target = Expr::If(Box::new(IfExpr { condition, then, otherwise: Expr::Null(span), span }));
        }
        self.module.sinks.push(sink);
    }

    /// Notes a value that a call cannot stand to be nothing, reached under the conditions of `path`.
    pub fn demand<'c>(&mut self, value: Expr, span: Span, path: impl Iterator<Item = &'c Condition>) {
        if !self.recording || self.module.demands.len() >= MAX_DEMANDS {
            return;
        }
        let path: Vec<Condition> = path.cloned().collect();
        let value = match path.is_empty() {
            true => value,
            false => {
                let condition = Condition::Possibly(Box::new(Condition::All(path)));
                Expr::If(Box::new(IfExpr { condition, then: value, otherwise: Expr::Opaque(span), span }))
            }
        };
        self.module.demands.push(Spanned::new(value, span));
    }

    /// Notes queues that calls name, each once.
    pub fn queues(&mut self, found: Vec<QueueCall>) {
        for call in found {
            let known = |known: &QueueCall| known.span == call.span && std::ptr::eq(known.form, call.form);
            if self.recording && !self.module.queues.iter().any(known) {
                self.module.queues.push(call);
            }
        }
    }

    /// Notes that a dotenv file is loaded here, where that is under the conditions of `path`.
    pub fn dotenv_where<'c>(&mut self, span: Span, path: impl Iterator<Item = &'c Condition>) {
        let path: Vec<Condition> = path.cloned().collect();
        if self.recording && !path.is_empty() {
            let then = Expr::Text(Spanned::new(String::from("made"), span));
            let otherwise = Expr::Null(span);
            let branch = IfExpr { condition: Condition::All(path), then, otherwise, span };
            self.module.dotenv_where.push(Spanned::new(Expr::If(Box::new(branch)), span));
        }
    }

    /// Notes what a client keeps of connections, each once.
    pub fn pool(&mut self, pool: Option<Pool>) {
        let Some(pool) = pool.filter(|_| self.recording) else { return };
        let place = |pool: &Pool| pool.of.or_else(|| pool.most.first().map(|term| term.place));
        if !self.module.pools.iter().any(|known| place(known) == place(&pool)) {
            self.module.pools.push(pool);
        }
    }

    /// The module with everything in the order of the file: functions are read after the code around them,
    /// and people read from top to bottom.
    #[must_use]
    pub fn finish(self) -> Module {
        let mut module = self.module;
        module.reads.sort_by_key(|read| read.span);
        module.sinks.sort_by_key(|sink| sink.span);
        module.remarks.sort_by_key(|remark| remark.span);
        module
    }
}

/// The literal that an address is, or its host: a folded text is one place, whatever stands in it.
fn written(target: &Expr) -> String {
    match target.peel() {
        Expr::Text(text) => text.value.clone(),
        Expr::Url(parts, _) => parts.host.as_ref().map(written).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A flag that may be written in these ways.
#[must_use]
pub fn flag(names: Vec<String>, otherwise: Option<Expr>, span: Span) -> Expr {
    Expr::Flag(Box::new(FlagExpr { names, otherwise, span }))
}

/// The read that a value is, conversions taken off.
#[must_use]
pub fn read_within(value: &Expr) -> Option<&ReadExpr> {
    match value.peel() {
        Expr::Read(read) => Some(read),
        Expr::Method(inner, _) => read_within(inner),
        _ => None,
    }
}
