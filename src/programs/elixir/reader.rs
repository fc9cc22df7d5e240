//! The state of a reading: what names stand for at the place that is being read.

use std::collections::HashMap;

use indexmap::{IndexMap, IndexSet};

use crate::programs::reading::{self, Bounds, Names, Notes};
use crate::programs::{Condition, Expr, IfExpr, Mention, Module, Read};
use crate::source::{SourceFile, Span, Spanned};

/// Reads one file.
pub(super) struct Reader<'t> {
    pub file: &'t SourceFile,
    pub notes: Notes,
    pub names: Names<()>,
    /// The modules around, innermost last, by their full names.
    pub modules: Vec<String>,
    /// How many clauses each function has, by its full name and number of parameters.
    pub clauses: HashMap<(String, usize), usize>,
    /// What short names of modules stand for.
    pub aliases: HashMap<String, String>,
    /// What `config` sets, by key.
    pub settings: IndexMap<String, Expr>,
    /// The functions, by full name.
    pub functions: IndexMap<String, Expr>,
    pub mentions: IndexSet<String>,
    bounds: Bounds,
}

impl<'t> Reader<'t> {
    pub fn new(file: &'t SourceFile) -> Self {
        Self {
            file,
            notes: Notes::new(&file.path),
            names: Names::new(()),
            modules: Vec::new(),
            clauses: HashMap::new(),
            aliases: HashMap::new(),
            settings: IndexMap::new(),
            functions: IndexMap::new(),
            mentions: IndexSet::new(),
            bounds: Bounds::default(),
        }
    }

    /// The module with all that was read.
    pub fn finish(self) -> Module {
        let mut module = self.notes.finish();
        module.names = self.functions.into_iter().chain(self.settings).collect();
        module.mentions = self.mentions.into_iter().map(|name| Mention { name, within: None }).collect();
        module
    }

    reading::handholds!('t);

    /// What `go` gives on a branch: names that it binds are not seen outside.
    pub fn branch<T>(&mut self, condition: Condition, go: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.names.enter(Some(condition));
        let out = go(self);
        let _ = self.names.leave(mark, false);
        out
    }

    /// Notes a read whose variable is known.
    pub fn note_read(&mut self, name: Spanned<String>, expression: Expr, required: bool, span: Span) {
        if !name.value.is_empty() && name.value.len() <= 256 {
            self.notes.read(Read { name, expression, required, held: None, span }, self.names.path());
        }
    }

    /// The value, without which the program stops here.
    pub fn require(&mut self, value: Expr) -> Expr {
        let Expr::Read(read) = value.peel() else { return value };
        let mut read = read.clone();
        read.required = read.default.is_none();
        let span = read.span;
        let required = Expr::Read(read);
        let always = self.notes.required_under(span, self.names.path());
        if let Some(noted) = self.notes.module.reads.iter_mut().find(|read| read.span == span) {
            noted.required |= always;
            noted.expression = required.clone();
        }
        required
    }

    /// Sets a key of the application's environment, as far as the branches around are taken.
    pub fn set(&mut self, key: String, value: Expr) {
        if self.settings.len() > 5_000 {
            return;
        }
        let path: Vec<Condition> = self.names.path().cloned().collect();
        let before = self.settings.get(&key).cloned();
        let value = match path.is_empty() {
            true => value,
            false => Expr::If(Box::new(IfExpr {
                condition: Condition::All(path),
                then: value,
                otherwise: before.unwrap_or(Expr::Null(Span::NONE)),
                span: Span::NONE,
            })),
        };
        self.settings.insert(key, value.share());
    }

    /// The full name of a module.
    pub fn module(&self, name: &str) -> String {
        if name == "__MODULE__" {
            return self.modules.last().cloned().unwrap_or_default();
        }
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        match (self.aliases.get(first), rest) {
            (Some(full), Some(rest)) => format!("{full}.{rest}"),
            (Some(full), None) => full.clone(),
            (None, _) => name.to_string(),
        }
    }
}
