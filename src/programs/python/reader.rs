//! The state of a reading: what names stand for at the place that is being read.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};
use tree_sitter::Node;

use super::classes::ClassState;
use super::configuration::Given;
use super::libraries;
use crate::programs::reading::{self, Bounds, Names, Notes};
use crate::programs::{Expr, Mention};
use crate::source::{SourceFile, Span, Spanned};

/// A field of a class that says its type, and its default.
pub(super) type Annotated = (Spanned<String>, Option<Expr>);

/// What Django's settings call the reader of django-environ, and what it is.
const ENV: &str = "env";
const DJANGO_ENVIRON: &str = "environ.Env()";

/// Reads one file, statement by statement, as Python would run it.
pub(super) struct Reader<'t> {
    pub file: &'t SourceFile,
    pub notes: Notes,
    pub names: Names<Own<'t>>,
    /// How many `try` bodies around have a handler that goes on after a `KeyError`.
    pub guarded: usize,
    /// The reads that are used in a way that stops the program when the variable is not set.
    pub needed: HashSet<Span>,
    /// The reads of `os.environ[…]` in such a body.
    pub guarded_reads: Vec<Expr>,
    /// Prefixes of `with env.prefixed(…)`.
    pub prefixes: Vec<String>,
    /// Names of classes of this module that are pydantic settings.
    pub settings_classes: Vec<String>,
    /// The fields of the models of the file, with their defaults.
    pub models: HashMap<String, Vec<Annotated>>,
    /// The classes around whose bodies are being read.
    pub classes: Vec<ClassState>,
    /// The function or method whose code is being read, unless something else than its name may call it.
    pub owner: Option<String>,
    pub mentions: IndexSet<Mention>,
    /// The functions that tools call by their names, if nobody else does.
    pub called_by_name: Vec<Spanned<String>>,
    /// For each name of the module, how many modules were taken over when it was bound.
    pub bound_after: IndexMap<String, usize>,
    /// How many loops are around in the function being read.
    pub loops: usize,
    /// What the module puts into configurations that other modules ask.
    pub given: Given,
    /// Whether module-level names are settings of Celery, once that was asked.
    pub configures_celery: Option<bool>,
    /// Whether it takes over all names of another module.
    takes_all: bool,
    /// Whether it calls something by the name of python-decouple's reader.
    reads_by_decouple: bool,
    /// Whether the file uses gunicorn's own classes.
    pub runs_gunicorn: bool,
    /// The whole file.
    pub root: Option<Node<'t>>,
    /// Whether the file names files of settings, once that was asked.
    pub names_settings: Option<bool>,
    bounds: Bounds,
}

/// What kind of code a frame's names belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    Module,
    Class,
    Function,
}

/// What is kept with the names of a module, class or function.
pub(super) struct Own<'t> {
    pub kind: FrameKind,
    /// Functions that are read when the frame's names are complete.
    pub pending: Vec<Pending<'t>>,
    /// The name of `self`, and the instance.
    pub this: Option<(String, Expr)>,
}

pub(super) type Frame<'t> = reading::Frame<Own<'t>>;

/// A function that is yet to be read.
#[derive(Clone)]
pub(super) struct Pending<'t> {
    pub node: Node<'t>,
    pub decorated: bool,
    pub instance: Option<Expr>,
}

/// A frame without names.
pub(super) fn frame<'t>(kind: FrameKind) -> Frame<'t> {
    let own = Own { kind, pending: Vec::new(), this: None };
    let mut frame = Frame::new(own);
    frame.hidden = kind == FrameKind::Class;
    frame
}

impl<'t> Reader<'t> {
    pub fn new(file: &'t SourceFile) -> Self {
        Self {
            file,
            notes: Notes::new(&file.path),
            names: Names { frames: vec![frame(FrameKind::Module)] },
            guarded: 0,
            needed: HashSet::new(),
            guarded_reads: Vec::new(),
            prefixes: Vec::new(),
            settings_classes: Vec::new(),
            models: HashMap::new(),
            classes: Vec::new(),
            owner: None,
            mentions: IndexSet::new(),
            called_by_name: Vec::new(),
            bound_after: IndexMap::new(),
            loops: 0,
            given: Given::default(),
            configures_celery: None,
            runs_gunicorn: file.text.contains("gunicorn.app"),
            takes_all: file.text.contains("import *"),
            reads_by_decouple: ["config(\"", "config('"].iter().any(|call| file.text.contains(call)),
            root: None,
            names_settings: None,
            bounds: Bounds::default(),
        }
    }

    reading::handholds!('t, work_left, silently, branch);

    /// The kind of the innermost frame.
    pub fn kind(&self) -> FrameKind {
        self.names.frames.last().map_or(FrameKind::Module, |frame| frame.own.kind)
    }

    /// Gives a name a value.
    pub fn bind(&mut self, name: &str, value: Expr) {
        if self.names.frames.len() == 1 && self.notes.recording {
            self.bound_after.insert(name.to_string(), self.notes.module.takes_over.len());
        }
        self.names.bind(name, value);
    }

    /// What a name or dotted name is bound to by the code read so far.
    pub fn bound(&self, name: &str) -> Option<&Expr> {
        self.names.bound(name)
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
            None if let Some(library) = self.taken_over(name) => {
                Expr::Library(Spanned::new(library.to_string(), self.span(node)))
            }
            None => Expr::Own(Spanned::new(name.to_string(), self.span(node))),
        }
    }

    /// The instance that a name is, when it is the `self` of the method being read.
    pub fn this(&self, name: &str) -> Option<&Expr> {
        let frame = self.names.frames.iter().rev().find(|frame| frame.own.kind == FrameKind::Function)?;
        frame.own.this.as_ref().filter(|(this, _)| this == name).map(|(_, instance)| instance)
    }

    /// Whether the name is not taken by the program, so that it is Python's own.
    pub fn builtin(&self, name: &str) -> bool {
        self.bound(name).is_none()
    }

    /// The library that a name of a file of settings stands for, which takes over all that another has:
    /// `from .base import *`.
    fn taken_over(&self, name: &str) -> Option<&'static str> {
        if !self.takes_all {
            return None;
        }
        match name {
            "os" => Some("os"),
            "config" if self.reads_by_decouple && self.is_settings() => Some("decouple.config"),
            "dj_database_url" => Some("dj_database_url"),
            ENV if self.is_settings() => Some(DJANGO_ENVIRON),
            _ => None,
        }
    }

    /// Whether the file is one of several of Django's settings: what they call `env` is the reader of the first.
    fn is_settings(&self) -> bool {
        let mut folders = self.file.path.iter().rev().skip(1).take(1).filter_map(|folder| folder.to_str());
        folders.any(|folder| folder.contains("settings")) && !self.file.text.contains("def env(")
    }

    /// The top-level module `name` as a value.
    pub fn import(&self, module: &str, name: &str, span: Span) -> Expr {
        if !module.starts_with('.') && libraries::is_library(module) {
            let full = if name.is_empty() { module.to_string() } else { format!("{module}.{name}") };
            return Expr::Library(Spanned::new(full, span));
        }
        if name == ENV && self.is_settings() {
            return Expr::Library(Spanned::new(DJANGO_ENVIRON.to_string(), span));
        }
        Expr::Imported { module: module.to_string(), name: name.to_string(), span }
    }
}
