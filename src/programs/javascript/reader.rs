//! The state of a reading: what names stand for at the place that is being read.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;
use tree_sitter::Node;

use super::browser::Browser;
use super::schemas::Schema;
use super::{libraries, resolve};
use crate::programs::reading::{self, Bounds, Names, Notes, read_within};
use crate::programs::{Condition, Expr, Limits, Mention, Module};
use crate::source::{SourceFile, Span, Spanned};

/// Reads one file, statement by statement, as it would run.
pub(super) struct Reader<'t> {
    pub file: &'t SourceFile,
    pub notes: Notes,
    pub names: Names<Own<'t>>,
    /// The schemas that the file defines; [`super::schemas`] names them by number.
    pub schemas: Vec<Schema>,
    /// What the fields of schemas take, by where those stand.
    pub limits: Vec<Limits>,
    /// Where the program throws or ends the process.
    pub throws: HashSet<Span>,
    /// The function, method or setting whose code is being read, unless something else than its name may use it.
    pub owner: Option<String>,
    /// The field or module-level name that holds what is being read.
    pub held: Option<String>,
    pub mentions: IndexSet<Mention>,
    /// Whether the file has to do with NestJS's microservices.
    pub microservices: bool,
    /// Whether the text names the container itself.
    pub names_itself: bool,
    /// Which of the code runs in a browser.
    pub browser: Browser,
    /// Whether it only runs on the server, as frameworks have it.
    pub serving: bool,
    /// The nodes around the one that is being scanned, outermost first.
    pub around: Vec<Node<'t>>,
    /// The bodies of the classes that were met, an inner one behind the one around it.
    pub classes: Vec<Node<'t>>,
    /// Functions that are waiting to be read already, by where they start.
    pub waiting: HashSet<usize>,
    /// Reads that a client cannot do without.
    pub needed: HashSet<Span>,
    /// What the module exports by another name than its own.
    pub exports: HashMap<String, Expr>,
    bounds: Bounds,
}

/// What kind of code a frame's names belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    Module,
    Function,
}

/// What is kept with the names of a module or function.
pub(super) struct Own<'t> {
    pub kind: FrameKind,
    /// Functions that are read when the frame's names are complete.
    pub pending: Vec<Pending<'t>>,
    /// The fields of `this`; `None` where the frame has no `this` of its own.
    pub this: Option<Fields>,
}

/// The fields of an instance.
pub(super) type Fields = std::rc::Rc<indexmap::IndexMap<String, Expr>>;

pub(super) type Frame<'t> = reading::Frame<Own<'t>>;

/// A function that is yet to be read.
#[derive(Clone)]
pub(super) struct Pending<'t> {
    pub node: Node<'t>,
    /// The name that calls it; `None` for what is handed to something else.
    pub name: Option<&'t str>,
    pub this: Option<Fields>,
    /// The class whose method it is, by the name it has in the module.
    pub class: Option<&'t str>,
    /// The conditions under which the place it stands at is reached.
    pub path: Vec<Condition>,
    /// Whether it runs in a browser, as far as the place it stands at tells.
    pub browser: bool,
}

/// A frame without names.
pub(super) fn frame<'t>(kind: FrameKind) -> Frame<'t> {
    Frame::new(Own { kind, pending: Vec::new(), this: None })
}

impl<'t> Reader<'t> {
    pub fn new(file: &'t SourceFile) -> Self {
        Self {
            file,
            notes: Notes::new(&file.path),
            names: Names { frames: vec![frame(FrameKind::Module)] },
            schemas: Vec::new(),
            limits: Vec::new(),
            throws: HashSet::new(),
            owner: None,
            held: None,
            mentions: IndexSet::new(),
            names_itself: ["localhost", "127.0.0.1"].iter().any(|host| file.text.contains(host)),
            microservices: file.text.contains("@nestjs/microservices"),
            browser: Browser::of(&file.path, &file.text),
            serving: super::browser::is_of_server(&file.path, &file.text),
            around: Vec::new(),
            classes: Vec::new(),
            waiting: HashSet::new(),
            needed: HashSet::new(),
            exports: HashMap::new(),
            bounds: Bounds::default(),
        }
    }

    /// The module that was read.
    pub fn finish(mut self) -> Module {
        let mut names = self.names.frames.pop().map(|frame| frame.names).unwrap_or_default();
        names.extend(self.exports);
        let names = names.into_iter().filter(|(name, _)| !name.contains('.') || name == Module::ITSELF);
        let mut module = Module { names: names.collect(), ..self.notes.finish() };
        for read in module.reads.iter_mut().filter(|read| self.needed.contains(&read.span)) {
            read.required |= read_within(&read.expression).is_some_and(|read| read.default.is_none());
            // What only a blank takes the place of is not there either.
            if let Expr::FirstNonEmpty(_) | Expr::FirstSet(_) | Expr::Method(..) = read.expression.peel()
                && let Some(bare) = super::demanding::bare(&read.expression)
                && bare.default.is_none()
            {
                read.expression = super::environment::required(bare.name.clone(), bare.span);
                read.required = true;
            }
        }
        module.mentions = self.mentions.into_iter().collect();
        module
    }

    reading::handholds!('t, work_left, silently, branch);

    /// The kind of the innermost frame.
    pub fn kind(&self) -> FrameKind {
        self.names.frames.last().map_or(FrameKind::Module, |frame| frame.own.kind)
    }

    /// Whether the code being read is of the module itself, in no function.
    pub fn at_top(&self) -> bool {
        self.names.frames.len() == 1
    }

    /// Gives a name a value.
    pub fn bind(&mut self, name: &str, value: Expr) {
        self.names.bind(name, value);
    }

    /// What a name is bound to by the code read so far.
    pub fn bound(&self, name: &str) -> Option<&Expr> {
        self.names.bound(name)
    }

    /// The fields of `this` here.
    pub fn this(&self) -> Option<&Fields> {
        self.names.frames.iter().rev().find_map(|frame| frame.own.this.as_ref())
    }

    /// What a name stands for here.
    pub fn name(&self, name: &str, span: Span) -> Expr {
        match self.bound(name) {
            // A class or function of a library is where it is named, not where it was imported.
            Some(Expr::Library(library)) => Expr::Library(Spanned::new(library.value.clone(), span)),
            Some(value) => value.clone(),
            None if name == "undefined" => Expr::Null(span),
            None if libraries::is_global(name) => Expr::Library(Spanned::new(name.to_string(), span)),
            None => Expr::Own(Spanned::new(name.to_string(), span)),
        }
    }

    /// Whether the name is not taken by the program, so that it is the language's own.
    pub fn builtin(&self, name: &str) -> bool {
        self.bound(name).is_none()
    }

    /// A name of another module; blank for the module itself.
    pub fn import(&self, module: &str, name: &str, span: Span) -> Expr {
        let plain = module.strip_prefix("node:").unwrap_or(module);
        if !resolve::is_relative(module) && libraries::is_library(plain) {
            // What a library exports by default stands for the library.
            let full = match name {
                "" | "default" => plain.to_string(),
                _ => format!("{plain}.{name}"),
            };
            // Of these, the names are those of variables.
            if plain == "$env/static/private" && full != plain {
                return super::environment::read(Expr::Text(Spanned::new(name.to_string(), span)), span);
            }
            return Expr::Library(Spanned::new(full, span));
        }
        Expr::Imported { module: module.to_string(), name: name.to_string(), span }
    }
}
