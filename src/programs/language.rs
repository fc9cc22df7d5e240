//! What a programming language is to the rest of the crate: a [`FrontEnd`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::Module;
use crate::source::{SourceFile, SourceMap};

/// Source files above this size are generated; nothing is read from them.
pub const MAX_SOURCE: usize = 4 << 20;

/// Reads the sources of one programming language.
pub trait FrontEnd: Send + Sync {
    /// The language, in lower case; also the folder of its fixtures.
    fn name(&self) -> &'static str;

    /// The endings of its files, without dot.
    fn extensions(&self) -> &'static [&'static str];

    /// What the language prints for a value that is not there (`None`, `undefined`, nothing).
    fn nothing(&self) -> &'static str;

    /// Whether the text can hold a read or a sink: a cheap search, no parse.
    fn concerns(&self, text: &str) -> bool;

    /// The modules that the text imports, as written (`app.config`, `.models`, `./db`), each once.
    /// A cheap scan, no parse; may name more than are there (`from a import b` gives `a` and `a.b`).
    fn imports(&self, text: &str) -> Vec<String>;

    /// Where the module may lie when the file `importer` imports it, best first. `roots` are the
    /// directories that absolute imports start from.
    fn candidates(&self, importer: &Path, module: &str, roots: &[PathBuf]) -> Vec<PathBuf>;

    /// Files that are loaded along with this one without being named (`__init__.py` of the packages
    /// above it); they need not exist.
    fn loaded_with(&self, path: &Path) -> Vec<PathBuf>;

    /// Reads the whole file. Never fails: what is not understood is opaque or left out.
    fn read(&self, file: &SourceFile) -> Module;
}

/// All languages.
pub static FRONT_ENDS: &[&dyn FrontEnd] = &[&super::python::Python];

/// The front end for a file by its ending.
#[must_use]
pub fn front_end(path: &Path) -> Option<&'static dyn FrontEnd> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    FRONT_ENDS.iter().copied().find(|front_end| front_end.extensions().contains(&extension.as_str()))
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
