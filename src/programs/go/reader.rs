//! The state of a reading: what names stand for at the place that is being read.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};
use tree_sitter::Node;

use super::viper::Viper;
use super::{decoded, libraries};
use crate::programs::reading::{self, Bounds, Branch, Holders, Names, Notes, Round, retried};
use crate::programs::{Attempts, Condition, Expr, Mention, Module};
use crate::source::{SourceFile, Span, Spanned};

/// Reads one file: its declarations first, as Go knows no order between them, then what its functions do.
pub(super) struct Reader<'t> {
    pub file: &'t SourceFile,
    pub notes: Notes,
    /// The names of functions; the outermost frame is that of the initialisers of the package.
    pub names: Names<Own>,
    /// What the names that the file declares for its package stand for.
    pub top: IndexMap<String, Expr>,
    /// What functions assign to variables of the package.
    pub assigned: IndexMap<String, Expr>,
    /// The packages that it imports, by the names they have here.
    pub packages: HashMap<String, Expr>,
    /// Its struct types.
    pub structs: IndexMap<String, Node<'t>>,
    /// The code that is run again and again.
    pub rounds: Vec<Round>,
    /// The flags that it takes, by the names that they are kept under.
    pub flags: IndexMap<String, Expr>,
    /// What is said to viper in this file.
    pub viper: Viper,
    /// The function or method whose code is being read, unless it is one that the runtime calls.
    pub owner: Option<String>,
    /// Which fields hold what variables hold.
    pub holders: Holders,
    /// Whether a condition is being read.
    pub asking: bool,
    pub mentions: IndexSet<Mention>,
    /// Values of which the first that is not blank is taken.
    pub alternatives: Vec<Expr>,
    /// What literals say to get into MongoDB.
    pub credentials: Vec<Expr>,
    /// The places of reads without which a database is dialled at no address.
    pub needed: HashSet<Span>,
    /// The call by which functions of the file fill what they are handed, with what its keys begin with.
    pub filler: Option<(&'static str, &'static str)>,
    bounds: Bounds,
}

/// What is kept with the names of a function.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Its results, by their names; blank ones have none.
    pub results: Vec<String>,
    /// Whether the last of its results is an error.
    pub fails: bool,
    /// Whether an error that it returns stops the program: it is one of those that a program starts with.
    pub starts: bool,
}

pub(super) type Frame = reading::Frame<Own>;

impl<'t> Reader<'t> {
    pub fn new(file: &'t SourceFile) -> Self {
        Self {
            file,
            notes: Notes::new(&file.path),
            names: Names::new(Own::default()),
            top: IndexMap::new(),
            assigned: IndexMap::new(),
            packages: HashMap::new(),
            structs: IndexMap::new(),
            rounds: Vec::new(),
            flags: IndexMap::new(),
            viper: Viper::default(),
            owner: None,
            holders: Holders::default(),
            asking: false,
            mentions: IndexSet::new(),
            alternatives: Vec::new(),
            credentials: Vec::new(),
            needed: HashSet::new(),
            filler: decoded::filler(&file.text),
            bounds: Bounds::default(),
        }
    }

    /// What was read.
    pub fn finish(mut self) -> Module {
        for value in std::mem::take(&mut self.alternatives) {
            self.widen(&value);
        }
        for (name, value) in std::mem::take(&mut self.assigned) {
            self.top.insert(name, value);
        }
        for read in self.notes.module.reads.iter_mut().filter(|read| self.needed.contains(&read.span)) {
            read.required = true;
        }
        self.holders.tell(&mut self.notes.module.reads);
        for (name, value) in &self.flags {
            if let Some(key) = name.strip_prefix("(flag) ").filter(|_| self.viper.all_flags) {
                self.viper.set_default(key, value.clone());
            }
        }
        self.top.extend(std::mem::take(&mut self.flags));
        for load in self.viper.loads() {
            self.load(load);
        }
        self.top.extend(self.viper.told());
        let mut module = Module { names: self.top, ..self.notes.finish() };
        module.attempts = retried(&self.rounds, &module);
        let elsewhere = self.rounds.iter().map(|round| Attempts { span: round.span, calls: round.makers() });
        module.attempts.extend(elsewhere.filter(|attempts| !attempts.calls.is_empty()));
        module.mentions = self.mentions.into_iter().collect();
        module
    }

    reading::handholds!('t, work_left, silently);

    /// The text of a child.
    pub fn child(&self, node: Node<'_>, field: &str) -> &'t str {
        node.child_by_field_name(field).map_or("", |child| self.text(child))
    }

    /// Runs `go` in a frame of its own, and gives the frame back.
    pub fn framed<T>(&mut self, frame: Frame, go: impl FnOnce(&mut Self) -> T) -> (T, Frame) {
        self.names.frames.push(frame);
        let out = go(self);
        let frame = self.names.frames.pop().unwrap_or_else(|| Frame::new(Own::default()));
        (out, frame)
    }

    /// Whether a function is being read, rather than an initialiser of the package.
    pub fn in_function(&self) -> bool {
        self.names.frames.len() > 1
    }

    /// Declares a name in the block that is being read.
    pub fn declare(&mut self, name: &str, value: Expr) {
        if name != "_" {
            self.names.declare(name, value);
        }
    }

    /// Reads a block under a condition and takes its names back; those it declared are gone.
    pub fn block_under(
        &mut self,
        condition: Option<Condition>,
        go: impl FnOnce(&mut Self) -> bool,
    ) -> Branch {
        let mark = self.names.enter(condition);
        let leaves = go(self);
        self.names.leave(mark, leaves)
    }

    /// What a name stands for here.
    pub fn name(&self, node: Node<'_>) -> Expr {
        let (name, span) = (self.text(node), self.span(node));
        if let Some(value) = self.names.bound(name) {
            return match value {
                Expr::Library(library) => Expr::Library(Spanned::new(library.value.clone(), span)),
                value => value.clone(),
            };
        }
        match self.packages.get(name) {
            Some(Expr::Library(path)) => Expr::Library(Spanned::new(path.value.clone(), span)),
            Some(Expr::Imported { module, .. }) => {
                Expr::Imported { module: module.clone(), name: String::new(), span }
            }
            _ => Expr::Own(Spanned::new(name.to_string(), span)),
        }
    }

    /// Notes a package that the file imports.
    pub fn import(&mut self, path: &Spanned<String>, alias: Option<&str>) {
        if path.value.ends_with("joho/godotenv/autoload") {
            self.notes.module.dotenv.push(Spanned::new(String::new(), path.span));
        }
        let said = || libraries::used_name(libraries::package_name(&path.value), &self.file.text);
        let name = alias.map_or_else(said, str::to_string);
        let value = match libraries::is_library(&path.value) {
            true => Expr::Library(Spanned::new(libraries::without_version(&path.value), path.span)),
            false => {
                self.notes.module.imports.push(path.clone());
                Expr::Imported { module: path.value.clone(), name: String::new(), span: path.span }
            }
        };
        self.packages.insert(name, value);
    }

    /// Whether the file imports a library whose path holds this.
    pub fn uses(&self, part: &str) -> bool {
        self.packages
            .values()
            .any(|package| matches!(package, Expr::Library(path) if path.value.contains(part)))
    }
}
