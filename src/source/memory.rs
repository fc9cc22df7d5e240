//! Files that are on no disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use super::{Files, Kind, MAX_WALK, ReadError, Walked, WriteError, clean};

/// A tree in memory, for tests, pages and standard input.
#[derive(Debug, Default)]
pub struct Memory {
    files: RwLock<BTreeMap<PathBuf, Vec<u8>>>,
    /// Those that may be executed; modes are not told where there are none.
    executables: BTreeSet<PathBuf>,
}

impl Memory {
    /// A tree of these files.
    pub fn new<P: Into<PathBuf>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (clean(&path.into()), bytes.into()));
        Self { files: RwLock::new(files.collect()), executables: BTreeSet::new() }
    }

    /// The same tree in which these files, and no others, may be executed.
    #[must_use]
    pub fn with_executables<P: Into<PathBuf>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.executables = paths.into_iter().map(|path| clean(&path.into())).collect();
        self
    }

    /// The files of the tree as they are now.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.files().clone()
    }

    fn files(&self) -> RwLockReadGuard<'_, BTreeMap<PathBuf, Vec<u8>>> {
        self.files.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        Self { files: RwLock::new(self.snapshot()), executables: self.executables.clone() }
    }
}

impl Files for Memory {
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        match self.kind(path) {
            Some(Kind::File) => {}
            Some(_) => return Err(ReadError::Directory),
            None => return Err(ReadError::NotFound),
        }
        match self.files().get(&clean(path)) {
            Some(bytes) if bytes.len() as u64 > limit => Err(ReadError::TooLarge { limit }),
            Some(bytes) => Ok(bytes.clone()),
            None => Err(ReadError::NotFound),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let file = files.get_mut(&clean(path)).ok_or(WriteError::NotRegular)?;
        *file = bytes.to_vec();
        Ok(())
    }

    fn writable(&self, path: &Path) -> Result<(), WriteError> {
        if self.kind(path) == Some(Kind::File) { Ok(()) } else { Err(WriteError::NotRegular) }
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let path = clean(path);
        let files = self.files();
        if files.contains_key(&path) {
            Some(Kind::File)
        } else if files.keys().any(|file| file.starts_with(&path)) {
            Some(Kind::Directory)
        } else {
            None
        }
    }

    fn list(&self, path: &Path) -> Vec<String> {
        let path = clean(path);
        let files = self.files();
        let mut names: Vec<String> = files
            .keys()
            .filter_map(|file| file.strip_prefix(&path).ok()?.components().next())
            .filter_map(|name| name.as_os_str().to_str().map(str::to_string))
            .collect();
        names.dedup();
        names
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        clean(path)
    }

    fn is_executable(&self, path: &Path) -> Option<bool> {
        (!self.executables.is_empty()).then(|| self.executables.contains(&clean(path)))
    }

    fn is_link(&self, _: &Path) -> bool {
        false
    }

    fn walk(&self, root: &Path, enter: fn(&Path) -> bool) -> Walked {
        let root = clean(root);
        let entered = |file: &Path| {
            let within = |directory: &&Path| directory.starts_with(&root) && *directory != root;
            file.ancestors().skip(1).take_while(within).all(enter)
        };
        let files = self.files();
        let mut found = files.keys().filter(|file| file.starts_with(&root) && entered(file));
        let files = found.by_ref().take(MAX_WALK).cloned().collect();
        Walked { files, cut: found.next().is_some() }
    }
}
