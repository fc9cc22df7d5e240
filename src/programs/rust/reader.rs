//! The state of a reading: what names stand for at the place that is being read.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};
use tree_sitter::Node;

use super::macros::Inside;
use crate::programs::reading::{self, Bounds, Branch, Holders, Names, Notes, Round, read_within, retried};
use crate::programs::{Condition, Expr, Mention, Module, Read, ReadExpr};
use crate::source::{SourceFile, Span};

/// Reads one file. Everything is an expression in Rust, so one walk both makes values and notes reads and sinks.
pub(super) struct Reader<'t> {
    pub file: &'t SourceFile,
    pub inside: &'t Inside,
    pub notes: Notes,
    /// The names of functions; the outermost frame is that of the items.
    pub names: Names<Own>,
    /// What the items of the file stand for.
    pub top: IndexMap<String, Expr>,
    /// The code that is run again and again.
    pub rounds: Vec<Round>,
    /// What `use` brings in.
    pub used: HashMap<String, Expr>,
    /// The modules that are declared here.
    pub modules: HashSet<String>,
    /// Libraries of which everything is brought in (`use diesel::prelude::*`).
    pub whole: Vec<String>,
    /// The struct types, with what stands in their attributes.
    pub structs: IndexMap<String, (Node<'t>, String)>,
    /// The functions that the file gives types, with those of each.
    pub added: HashSet<(String, String)>,
    /// The type whose methods are being read.
    pub this: Option<String>,
    /// The function whose code is being read, unless something else than its name may call it.
    pub owner: Option<String>,
    /// The field that is being given a value, of a struct of the program.
    pub field: Option<String>,
    /// Which fields hold what variables hold.
    pub holders: Holders,
    /// Whether a condition is being read.
    pub asking: bool,
    pub mentions: IndexSet<Mention>,
    /// The places of reads without which a database is dialled at no address.
    pub needed: HashSet<Span>,
    /// The reads that gave something where the code is run that is being read.
    pub given: Vec<Span>,
    /// How the code that was just read leaves the block around it.
    pub left: Left,
    bounds: Bounds,
}

/// What is kept with the names of a function.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Whether an error that it returns stops the program: it is one of those that a program starts with.
    pub starts: bool,
}

/// How code leaves the block around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Left {
    /// It does not.
    #[default]
    No,
    /// It returns, breaks or continues.
    Returns,
    /// It ends the program.
    Stops,
}

pub(super) type Frame = reading::Frame<Own>;

impl<'t> Reader<'t> {
    pub fn new(file: &'t SourceFile, inside: &'t Inside) -> Self {
        Self {
            file,
            inside,
            notes: Notes::new(&file.path),
            names: Names::new(Own::default()),
            top: IndexMap::new(),
            rounds: Vec::new(),
            used: HashMap::new(),
            modules: HashSet::new(),
            whole: Vec::new(),
            structs: IndexMap::new(),
            added: HashSet::new(),
            this: None,
            owner: None,
            field: None,
            holders: Holders::default(),
            asking: false,
            mentions: IndexSet::new(),
            needed: HashSet::new(),
            given: Vec::new(),
            left: Left::No,
            bounds: Bounds::default(),
        }
    }

    /// What was read.
    pub fn finish(mut self) -> Module {
        for read in self.notes.module.reads.iter_mut().filter(|read| self.needed.contains(&read.span)) {
            read.required = true;
        }
        self.holders.tell(&mut self.notes.module.reads);
        let mut module = Module { names: self.top, ..self.notes.finish() };
        module.attempts = retried(&self.rounds, &module);
        module.mentions = self.mentions.into_iter().collect();
        module
    }

    reading::handholds!('t, work_left, silently);

    /// The text of a child.
    pub fn child(&self, node: Node<'_>, field: &str) -> &'t str {
        node.child_by_field_name(field).map_or("", |child| self.text(child))
    }

    /// Runs `go` in a frame of its own, and gives the frame back. What leaves the code in it leaves only that.
    pub fn framed<T>(&mut self, frame: Frame, go: impl FnOnce(&mut Self) -> T) -> (T, Frame) {
        let left = std::mem::take(&mut self.left);
        self.names.frames.push(frame);
        let out = go(self);
        let frame = self.names.frames.pop().unwrap_or_else(|| Frame::new(Own::default()));
        self.left = left;
        (out, frame)
    }

    /// Runs `go` under a condition; its names, its value, and how it left.
    pub fn under<T>(
        &mut self,
        condition: Option<Condition>,
        go: impl FnOnce(&mut Self) -> T,
    ) -> (Branch, T, Left) {
        let before = std::mem::take(&mut self.left);
        let mark = self.names.enter(condition);
        let out = go(self);
        let left = std::mem::replace(&mut self.left, before);
        let branch = self.names.leave(mark, left != Left::No);
        (branch, out, left)
    }

    /// Notes that a variable of this value is used here.
    pub fn used(&mut self, value: &Expr) {
        if !self.notes.recording || self.asking {
            return;
        }
        match self.field.clone() {
            Some(field) => self.holders.in_field(value, &field),
            None => self.holders.used(value),
        }
    }

    /// Keeps a read; `node` is the reading expression.
    pub fn note_read(&mut self, value: &Expr, span: Span) {
        let Some(read) = read_within(value).filter(|read| read.span == span) else { return };
        let name = match read.name.peel() {
            Expr::Own(name) => self.top.get(&name.value).cloned(),
            name => Some(name.clone()),
        };
        let Some(Expr::Text(name)) = name.as_ref().map(Expr::peel) else { return };
        let (held, required) = (self.field.clone(), read.required && read.default.is_none());
        let read = Read { name: name.clone(), expression: value.clone(), required, held, span };
        self.notes.read(read, self.names.path());
    }

    /// A value that a read falls back in: what is read is all of it then.
    pub fn widen(&mut self, read: Option<&ReadExpr>, value: &Expr) {
        let Some(read) = read.filter(|_| self.notes.recording) else { return };
        let unconditional = self.names.path().all(|condition| *condition == Condition::Opaque);
        for noted in self.notes.module.reads.iter_mut().filter(|noted| noted.span == read.span) {
            if matches!(noted.expression.peel(), Expr::Read(read) if is_bare(read)) {
                noted.expression = value.clone();
                let required = read_within(value).is_some_and(|read| read.required);
                noted.required |= required && unconditional;
            }
        }
    }

    /// The read whose absence makes a value be nothing.
    pub fn require(&mut self, value: &Expr) {
        let Some(read) = read_within(value).filter(|read| read.default.is_none()) else { return };
        if self.given.contains(&read.span) {
            return;
        }
        let unconditional = self.names.path().all(|condition| *condition == Condition::Opaque);
        if self.notes.recording && unconditional {
            for noted in self.notes.module.reads.iter_mut().filter(|noted| noted.span == read.span) {
                noted.required = true;
            }
        }
    }
}

/// Whether a read falls back to nothing, or to another that does.
fn is_bare(read: &ReadExpr) -> bool {
    match read.default.as_ref().map(Expr::peel) {
        None => true,
        Some(Expr::Read(other)) => other.default.is_none(),
        Some(_) => false,
    }
}
