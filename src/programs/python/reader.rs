//! The state of a reading: what names stand for at the place that is being read.

use std::collections::HashSet;

use indexmap::{IndexMap, IndexSet};
use tree_sitter::Node;

use super::classes::ClassState;
use super::libraries;
use crate::programs::{Condition, Expr, Mention, Module, SinkKind};
use crate::source::{SourceFile, Span, Spanned};

/// Source nests deeper than this only when it is generated or hostile.
const MAX_DEPTH: usize = 56;
/// Expressions and statements that are looked at in one file.
const MAX_WORK: usize = 3_000_000;

/// Reads one file, statement by statement, as Python would run it.
pub(super) struct Reader<'t> {
    pub file: &'t SourceFile,
    pub module: Module,
    pub frames: Vec<Frame<'t>>,
    /// Whether reads, sinks and remarks are noted; not while a function is only summarised.
    pub recording: bool,
    /// How many `try` bodies around have a handler that goes on after a `KeyError`.
    pub guarded: usize,
    /// The reads of `os.environ[…]` in such a body.
    pub guarded_reads: Vec<Expr>,
    /// Prefixes of `with env.prefixed(…)`.
    pub prefixes: Vec<String>,
    /// Names of classes of this module that are pydantic settings.
    pub settings_classes: Vec<String>,
    /// The classes around whose bodies are being read.
    pub classes: Vec<ClassState>,
    /// The function or method whose code is being read, unless something else than its name may call it.
    pub owner: Option<String>,
    pub mentions: IndexSet<Mention>,
    /// How many loops are around in the function being read.
    pub loops: usize,
    /// The places that have a read or sink already.
    pub read_spans: HashSet<Span>,
    pub sink_spans: HashSet<(Span, SinkKind)>,
    depth: usize,
    work: usize,
}

/// What kind of code a frame's names belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    Module,
    Class,
    Function,
}

/// The names of a module, class or function.
pub(super) struct Frame<'t> {
    pub kind: FrameKind,
    pub names: IndexMap<String, Expr>,
    /// What names stood for before, newest last; to take a branch back.
    undo: Vec<(String, Option<Expr>)>,
    /// The conditions of the branches around.
    pub path: Vec<Condition>,
    /// What is returned under which conditions.
    pub returns: Vec<(Condition, Expr)>,
    /// Functions that are read when the frame's names are complete.
    pub pending: Vec<Pending<'t>>,
    /// The name of `self`, and the instance.
    pub this: Option<(String, Expr)>,
}

/// A function that is yet to be read.
#[derive(Clone)]
pub(super) struct Pending<'t> {
    pub node: Node<'t>,
    pub decorated: bool,
    pub instance: Option<Expr>,
}

/// What a branch left in names, and whether it goes on to what follows.
pub(super) struct Branch {
    pub names: IndexMap<String, Expr>,
    pub leaves: bool,
}

impl Frame<'_> {
    pub fn new(kind: FrameKind) -> Self {
        Self {
            kind,
            names: IndexMap::new(),
            undo: Vec::new(),
            path: Vec::new(),
            returns: Vec::new(),
            pending: Vec::new(),
            this: None,
        }
    }
}

impl<'t> Reader<'t> {
    pub fn new(file: &'t SourceFile) -> Self {
        Self {
            file,
            module: Module { path: file.path.clone(), ..Module::default() },
            frames: vec![Frame::new(FrameKind::Module)],
            recording: true,
            guarded: 0,
            guarded_reads: Vec::new(),
            prefixes: Vec::new(),
            settings_classes: Vec::new(),
            classes: Vec::new(),
            owner: None,
            mentions: IndexSet::new(),
            loops: 0,
            read_spans: HashSet::new(),
            sink_spans: HashSet::new(),
            depth: 0,
            work: MAX_WORK,
        }
    }

    /// The text of a node.
    pub fn text(&self, node: Node<'_>) -> &'t str {
        self.file.text.get(node.byte_range()).unwrap_or("")
    }

    /// The place of a node.
    pub fn span(&self, node: Node<'_>) -> Span {
        self.file.slice(node.start_byte(), node.end_byte())
    }

    pub fn spanned(&self, node: Node<'_>) -> Spanned<String> {
        Spanned::new(self.text(node).to_string(), self.span(node))
    }

    /// Runs `go` one level deeper; `None` beyond the bounds.
    pub fn deeper<T>(&mut self, go: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH || self.work == 0 {
            return None;
        }
        self.work -= 1;
        self.depth += 1;
        let out = go(self);
        self.depth -= 1;
        Some(out)
    }

    pub fn work_left(&mut self) -> bool {
        self.work = self.work.saturating_sub(1);
        self.work > 0
    }

    fn frame_mut(&mut self) -> Option<&mut Frame<'t>> {
        self.frames.last_mut()
    }

    /// The kind of the innermost frame.
    pub fn kind(&self) -> FrameKind {
        self.frames.last().map_or(FrameKind::Module, |frame| frame.kind)
    }

    /// Gives a name a value.
    pub fn bind(&mut self, name: &str, value: Expr) {
        let value = value.share();
        if let Some(frame) = self.frame_mut() {
            let before = frame.names.insert(name.to_string(), value);
            frame.undo.push((name.to_string(), before));
        }
    }

    /// What a name or dotted name is bound to by the code read so far.
    pub fn bound(&self, name: &str) -> Option<&Expr> {
        let top = self.frames.len().saturating_sub(1);
        self.frames.iter().enumerate().rev().find_map(|(at, frame)| match frame.kind {
            FrameKind::Class if at != top => None,
            _ => frame.names.get(name),
        })
    }

    /// What a name stands for here.
    pub fn name(&self, node: Node<'_>) -> Expr {
        let name = self.text(node);
        match self.bound(name) {
            // A class or function of a library is where it is named, not where it was imported.
            Some(Expr::Library(library)) => {
                Expr::Library(Spanned::new(library.value.clone(), self.span(node)))
            }
            Some(value) => value.clone(),
            None if matches!(name, "str" | "int" | "float" | "bool") => {
                Expr::Library(Spanned::new(format!("builtins.{name}"), self.span(node)))
            }
            None => Expr::Own(Spanned::new(name.to_string(), self.span(node))),
        }
    }

    /// The instance that a name is, when it is the `self` of the method being read.
    pub fn this(&self, name: &str) -> Option<&Expr> {
        let frame = self.frames.iter().rev().find(|frame| frame.kind == FrameKind::Function)?;
        frame.this.as_ref().filter(|(this, _)| this == name).map(|(_, instance)| instance)
    }

    /// Reads a branch under a condition and takes its names back.
    pub fn branch(&mut self, condition: Option<Condition>, go: impl FnOnce(&mut Self) -> bool) -> Branch {
        let Some(frame) = self.frame_mut() else { return Branch { names: IndexMap::new(), leaves: false } };
        let mark = frame.undo.len();
        let depth = frame.path.len();
        frame.path.extend(condition);
        let leaves = go(self);
        let mut names = IndexMap::new();
        if let Some(frame) = self.frame_mut() {
            frame.path.truncate(depth);
            for (name, before) in frame.undo.split_off(mark).into_iter().rev() {
                let now = match before {
                    Some(before) => frame.names.insert(name.clone(), before),
                    None => frame.names.shift_remove(&name),
                };
                // The newest change comes first: it is what the branch left.
                if let Some(now) = now
                    && !names.contains_key(&name)
                {
                    names.insert(name, now);
                }
            }
        }
        names.reverse();
        Branch { names, leaves }
    }

    /// Binds what a branch left.
    pub fn adopt(&mut self, branch: Branch) {
        for (name, value) in branch.names {
            self.bind(&name, value);
        }
    }

    /// Binds every name that one of the two branches changed to what `choose` makes of both values.
    pub fn merge(&mut self, then: Branch, otherwise: Branch, choose: impl Fn(Expr, Expr) -> Expr) {
        match (then.leaves, otherwise.leaves) {
            (true, false) => return self.adopt(otherwise),
            (false, true) => return self.adopt(then),
            _ => {}
        }
        let mut names: Vec<String> = then.names.keys().cloned().collect();
        names.extend(otherwise.names.keys().filter(|name| !then.names.contains_key(*name)).cloned());
        for name in names {
            let before = || self.bound(&name).cloned().unwrap_or(Expr::Opaque(Span::NONE));
            let a = then.names.get(&name).cloned().unwrap_or_else(before);
            let b = otherwise.names.get(&name).cloned().unwrap_or_else(before);
            let value = merged(a, b, &choose);
            self.bind(&name, value);
        }
    }

    /// Whether the name is not taken by the program, so that it is Python's own.
    pub fn builtin(&self, name: &str) -> bool {
        self.bound(name).is_none()
    }

    /// The top-level module `name` as a value.
    pub fn import(&self, module: &str, name: &str, span: Span) -> Expr {
        if !module.starts_with('.') && libraries::is_library(module) {
            let full = if name.is_empty() { module.to_string() } else { format!("{module}.{name}") };
            return Expr::Library(Spanned::new(full, span));
        }
        Expr::Imported { module: module.to_string(), name: name.to_string(), span }
    }
}

/// One value of two, where the condition is not the same for all; what is the same needs no condition, and
/// of an optional import the library is the one that counts.
fn merged(a: Expr, b: Expr, choose: &impl Fn(Expr, Expr) -> Expr) -> Expr {
    if a == b || matches!(a, Expr::Library(_)) {
        return a;
    }
    if matches!(b, Expr::Library(_)) {
        return b;
    }
    choose(a, b)
}

/// The named children that are code.
pub(super) fn parts<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

/// The children in a field that can stand several times.
pub(super) fn fields<'t>(node: Node<'t>, field: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(field, &mut cursor).filter(|child| child.is_named()).collect()
}
