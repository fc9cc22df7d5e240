//! What a programming language is to the rest of the crate: a [`FrontEnd`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Module, ModuleIndex, Scope};
use crate::source::{SourceFile, SourceMap};

/// Source files above this size are generated; nothing is read from them.
pub const MAX_SOURCE: usize = 4 << 20;

/// Reads the sources of one programming language, or of one kind of configuration file that programs load.
pub trait FrontEnd: Send + Sync {
    /// The language, in lower case; also the folder of its fixtures, and the file of its clients in
    /// `rules/data/clients/`.
    fn name(&self) -> &'static str;

    /// Whether a file is in this language, by its path alone. The first of [`FRONT_ENDS`] that says yes
    /// reads it.
    fn claims(&self, path: &Path) -> bool;

    /// What the language prints for a value that is not there (`None`, `undefined`, nothing).
    fn nothing(&self) -> &'static str;

    /// What the language prints for a flag.
    fn flag(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    /// Whether the text can hold a read or a sink: a cheap search, no parse.
    fn concerns(&self, text: &str) -> bool;

    /// The modules that the text imports, as written (`app.config`, `.models`, `./db`), each once.
    /// A cheap scan, no parse; may name more than are there (`from a import b` gives `a` and `a.b`).
    fn imports(&self, text: &str) -> Vec<String>;

    /// Where the module may lie when the file at the place `importer` imports it, best first. `scope` has the
    /// roots that absolute imports start from, and the manifests that say more (`tsconfig.json`, `go.mod`).
    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf>;

    /// Modules that are loaded along with the one at this place without being named: `__init__.py` of the
    /// packages above it, the other files of a Go package.
    fn loaded_with(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        let _ = (scope, place);
        Vec::new()
    }

    /// Modules whose names the one at this place sees as its own, without an import: those of the same
    /// package in Go and Java.
    fn shares_names(&self, scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
        let _ = (scope, place);
        Vec::new()
    }

    /// Whether the text looks names up in ways that cannot be followed, so that any setting may be used.
    fn looks_up_names(&self, text: &str) -> bool {
        let _ = text;
        false
    }

    /// Signs in a text that it loads a dotenv file, for lines that [`FrontEnd::read`] does not understand, and
    /// whether `.env` is meant when the line names no file.
    fn dotenv_signs(&self) -> &'static [(&'static str, bool)] {
        &[]
    }

    /// Reads the whole file. Never fails: what is not understood is opaque or left out.
    fn read(&self, file: &SourceFile) -> Module;
}

/// All languages.
pub static FRONT_ENDS: &[&dyn FrontEnd] =
    &[&super::python::Python, &super::javascript::JavaScript, &super::prisma::Prisma];

/// The front end for a file, by its path.
#[must_use]
pub fn front_end(path: &Path) -> Option<&'static dyn FrontEnd> {
    FRONT_ENDS.iter().copied().find(|front_end| front_end.claims(path))
}

/// Whether the path ends in one of these extensions, whatever their case.
#[must_use]
pub fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// A source file that is parsed at most once, and only when it is asked for.
pub struct Source {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Its language.
    pub front_end: &'static dyn FrontEnd,
    imports: OnceLock<Vec<String>>,
    module: OnceLock<Arc<Module>>,
    unconcerned: OnceLock<Arc<Module>>,
}

impl Source {
    /// The file as a source of that language; nothing is parsed yet.
    #[must_use]
    pub fn new(file: Arc<SourceFile>, front_end: &'static dyn FrontEnd) -> Self {
        Self {
            file,
            front_end,
            imports: OnceLock::new(),
            module: OnceLock::new(),
            unconcerned: OnceLock::new(),
        }
    }

    /// What it imports, as [`FrontEnd::imports`] says.
    pub fn imports(&self) -> &[String] {
        self.imports.get_or_init(|| match self.too_large() {
            true => Vec::new(),
            false => self.front_end.imports(&self.file.text),
        })
    }

    /// Its reads, sinks and remarks. Files without a needle of the language are not parsed, and give
    /// an empty module.
    pub fn module(&self) -> &Arc<Module> {
        if self.module.get().is_none() && (self.too_large() || !self.front_end.concerns(&self.file.text)) {
            return self
                .unconcerned
                .get_or_init(|| Arc::new(Module { path: self.file.path.clone(), ..Module::default() }));
        }
        self.full()
    }

    /// The module with its names, parsed whether or not it holds a needle: another module imports from it.
    pub fn full(&self) -> &Arc<Module> {
        self.module.get_or_init(|| match self.too_large() {
            true => Arc::new(Module { path: self.file.path.clone(), ..Module::default() }),
            false => Arc::new(self.front_end.read(&self.file)),
        })
    }

    fn too_large(&self) -> bool {
        self.file.text.len() > MAX_SOURCE
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("path", &self.file.path)
            .field("language", &self.front_end.name())
            .finish()
    }
}

/// The sources of a run: every file is one [`Source`], however many services run it.
#[derive(Debug, Default)]
pub struct Sources {
    by_path: Mutex<HashMap<PathBuf, Option<Arc<Source>>>>,
}

impl Sources {
    /// The source at `path`; `None` when it is in no known language or cannot be read.
    pub fn get(&self, files: &SourceMap, path: &Path) -> Option<Arc<Source>> {
        let known = self.by_path.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(source) = known {
            return source;
        }
        let source = front_end(path)
            .and_then(|front_end| Some(Arc::new(Source::new(files.load(path).ok()?, front_end))));
        let mut by_path = self.by_path.lock().unwrap_or_else(PoisonError::into_inner);
        by_path.entry(path.to_path_buf()).or_insert(source).clone()
    }
}
