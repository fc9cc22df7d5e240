//! Walks of directories, each made once for all who ask.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{SourceMap, Walked};

/// Directories that hold other people's files, or files that are made.
const FOREIGN: &[&str] = &[
    ".cache",
    ".cargo",
    ".eggs",
    ".git",
    ".hg",
    ".idea",
    ".mypy_cache",
    ".next",
    ".nox",
    ".nuxt",
    ".pytest_cache",
    ".ruff_cache",
    ".rustup",
    ".svn",
    ".terraform",
    ".tox",
    ".venv",
    ".virtualenv",
    ".vscode",
    "__pycache__",
    "bower_components",
    "dist-packages",
    "htmlcov",
    "node_modules",
    "site-packages",
    "third_party",
    "vendor",
    "venv",
    "virtualenv",
];

/// The walks that were made, by the directory they began in.
#[derive(Default)]
pub(super) struct Walks(Mutex<HashMap<PathBuf, Arc<Walked>>>);

impl SourceMap {
    /// All regular files below `root`, sorted by path, that the repository's ignore files let through; other
    /// people's directories (`node_modules`, virtual environments, caches) are left out. Walked the first time it
    /// is asked for, or when a directory above it was cut short.
    pub fn walk(&self, root: &Path) -> Arc<Walked> {
        let known =
            |root: &Path| self.walks().0.lock().unwrap_or_else(PoisonError::into_inner).get(root).cloned();
        if let Some(found) = known(root) {
            return found;
        }
        let above = root.ancestors().skip(1).find_map(known).filter(|above| !above.cut);
        let found = match above.map(|above| above.below(root).to_vec()) {
            Some(files) if !files.is_empty() => Walked { files, cut: false },
            // One that is itself ignored may be asked for all the same.
            _ => self.files().walk(root, |directory| {
                let name = directory.file_name().and_then(|name| name.to_str());
                !name.is_some_and(|name| FOREIGN.contains(&name))
            }),
        };
        let mut walks = self.walks().0.lock().unwrap_or_else(PoisonError::into_inner);
        walks.entry(root.to_path_buf()).or_insert(Arc::new(found)).clone()
    }
}

impl Walked {
    /// Those of the files that lie below this directory.
    #[must_use]
    pub fn below(&self, root: &Path) -> &[PathBuf] {
        let from = self.files.partition_point(|path| path.as_path() < root);
        let rest = self.files.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|path| path.starts_with(root))).unwrap_or_default()
    }
}
