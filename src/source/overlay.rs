//! Files of which some have another text than below.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::{Files, Kind, ReadError, Walked, WriteError};

/// Other files, and what was written over them, which stays in memory. Clones share both.
#[derive(Clone)]
pub struct Overlay {
    below: Arc<dyn Files>,
    /// What was written, by canonical path: a file is the same under all its names.
    written: Arc<RwLock<BTreeMap<PathBuf, Vec<u8>>>>,
}

impl Overlay {
    /// Nothing written yet over these files.
    #[must_use]
    pub fn over(below: Arc<dyn Files>) -> Self {
        Self { below, written: Arc::default() }
    }

    /// What was written so far, by canonical path.
    #[must_use]
    pub fn written(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.written.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes back all that was written since `written` was asked for.
    pub fn restore(&self, written: BTreeMap<PathBuf, Vec<u8>>) {
        *self.written.write().unwrap_or_else(PoisonError::into_inner) = written;
    }

    fn over_it(&self, path: &Path) -> Option<Vec<u8>> {
        let written = self.written.read().unwrap_or_else(PoisonError::into_inner);
        // Links are only looked up once there is something that they could lead to.
        if written.is_empty() { None } else { written.get(&self.below.canonical(path)).cloned() }
    }
}

impl Files for Overlay {
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        match self.over_it(path) {
            Some(bytes) if bytes.len() as u64 > limit => Err(ReadError::TooLarge { limit }),
            Some(bytes) => Ok(bytes),
            None => self.below.read(path, limit),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        self.below.writable(path)?;
        let mut written = self.written.write().unwrap_or_else(PoisonError::into_inner);
        written.insert(self.below.canonical(path), bytes.to_vec());
        Ok(())
    }

    fn writable(&self, path: &Path) -> Result<(), WriteError> {
        self.below.writable(path)
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        self.below.kind(path)
    }

    fn list(&self, path: &Path) -> Vec<String> {
        self.below.list(path)
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        self.below.canonical(path)
    }

    fn is_link(&self, path: &Path) -> bool {
        self.below.is_link(path)
    }

    fn is_executable(&self, path: &Path) -> Option<bool> {
        self.below.is_executable(path)
    }

    fn walk(&self, root: &Path, enter: fn(&Path) -> bool) -> Walked {
        self.below.walk(root, enter)
    }
}
