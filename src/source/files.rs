//! The one door to the file system.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

/// No walk gives more files than this.
pub const MAX_WALK: usize = 200_000;

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A pipe, a device, a socket: never read.
    Other,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing is there.
    #[error("no such file")]
    NotFound,
    /// A directory is there.
    #[error("is a directory")]
    Directory,
    /// A pipe, device or socket is there; reading it might never end.
    #[error("is not a regular file")]
    NotRegular,
    /// The file is larger than dockworthy reads.
    #[error("is larger than {} MiB", .limit >> 20)]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The run has read more text than its offset space holds.
    #[error("does not fit any more: more than 4 GiB of text were read")]
    Full,
    /// The system said no.
    #[error("{0}")]
    Io(String),
}

/// Files as the loader sees them: the disk, or a tree in memory.
///
/// Paths are absolute or relative to the process's directory; implementations do not resolve them
/// against anything else.
pub trait Files: Send + Sync {
    /// The bytes of the regular file at `path`, at most `limit` of them.
    ///
    /// # Errors
    /// [`ReadError`]; a pipe or device is refused without being opened.
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError>;

    /// What `path` leads to, links followed; `None` when nothing is there.
    fn kind(&self, path: &Path) -> Option<Kind>;

    /// The names in the directory, sorted; empty when it is none or can't be read.
    fn list(&self, path: &Path) -> Vec<String>;

    /// The path with links resolved, or the path itself when it can't be resolved.
    fn canonical(&self, path: &Path) -> PathBuf;

    /// Whether the path itself is a symbolic link.
    fn is_link(&self, path: &Path) -> bool;

    /// All regular files below `root` (links are not followed), sorted by path, that `enter` and
    /// the repository's ignore files let through, [`MAX_WALK`] of them at most. `enter` is asked for
    /// each directory. Ignore files of the machine or the user do not count: the answer is the same
    /// on every machine.
    fn walk(&self, root: &Path, enter: fn(&Path) -> bool) -> Vec<PathBuf>;
}

/// The disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let said = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ReadError::NotFound,
            _ => ReadError::Io(error.to_string().to_lowercase()),
        };
        let metadata = std::fs::metadata(path).map_err(said)?;
        if metadata.is_dir() {
            return Err(ReadError::Directory);
        }
        if !metadata.is_file() {
            return Err(ReadError::NotRegular);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limit)).unwrap_or(0));
        let file = std::fs::File::open(path).map_err(said)?;
        file.take(limit + 1).read_to_end(&mut bytes).map_err(said)?;
        if bytes.len() as u64 > limit {
            return Err(ReadError::TooLarge { limit });
        }
        Ok(bytes)
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(if metadata.is_file() {
            Kind::File
        } else if metadata.is_dir() {
            Kind::Directory
        } else {
            Kind::Other
        })
    }

    fn list(&self, path: &Path) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
    }

    fn is_link(&self, path: &Path) -> bool {
        std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
    }

    fn walk(&self, root: &Path, enter: fn(&Path) -> bool) -> Vec<PathBuf> {
        let is_directory = |entry: &ignore::DirEntry| entry.file_type().is_some_and(|kind| kind.is_dir());
        let walk = ignore::WalkBuilder::new(root)
            .hidden(false)
            .require_git(false)
            .git_global(false)
            .git_exclude(false)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(move |entry| entry.depth() == 0 || !is_directory(entry) || enter(entry.path()))
            .build();
        let files = walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
        let mut found: Vec<PathBuf> = files.map(ignore::DirEntry::into_path).take(MAX_WALK).collect();
        found.sort();
        found
    }
}

/// A tree in memory, for tests, pages and standard input.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Memory {
    /// A tree of these files.
    pub fn new<P: Into<PathBuf>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        Self { files: files.into_iter().map(|(path, bytes)| (clean(&path.into()), bytes.into())).collect() }
    }

    /// The files of the tree.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
    }
}

impl Files for Memory {
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        match self.files.get(&clean(path)) {
            Some(bytes) if bytes.len() as u64 > limit => Err(ReadError::TooLarge { limit }),
            Some(bytes) => Ok(bytes.clone()),
            None if self.kind(path) == Some(Kind::Directory) => Err(ReadError::Directory),
            None => Err(ReadError::NotFound),
        }
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let path = clean(path);
        if self.files.contains_key(&path) {
            Some(Kind::File)
        } else if self.files.keys().any(|file| file.starts_with(&path)) {
            Some(Kind::Directory)
        } else {
            None
        }
    }

    fn list(&self, path: &Path) -> Vec<String> {
        let path = clean(path);
        let mut names: Vec<String> = self
            .files
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

    fn is_link(&self, _: &Path) -> bool {
        false
    }

    fn walk(&self, root: &Path, enter: fn(&Path) -> bool) -> Vec<PathBuf> {
        let root = clean(root);
        let entered = |file: &Path| {
            let within = |directory: &&Path| directory.starts_with(&root) && *directory != root;
            file.ancestors().skip(1).take_while(within).all(enter)
        };
        self.files
            .keys()
            .filter(|file| file.starts_with(&root) && entered(file))
            .take(MAX_WALK)
            .cloned()
            .collect()
    }
}

/// The path without `.` and with `a/..` taken out, by its text alone (Go's `filepath.Clean`).
#[must_use]
pub fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match cleaned.components().next_back() {
                Some(Component::Normal(_)) => {
                    cleaned.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => cleaned.push(".."),
            },
            other => cleaned.push(other),
        }
    }
    if cleaned.as_os_str().is_empty() { PathBuf::from(".") } else { cleaned }
}
