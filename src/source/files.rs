//! The one door to the file system.

use std::io::{Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

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

/// Why a file could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// It is not what was read any more.
    #[error("has changed since it was read")]
    Changed,
    /// No regular file is there.
    #[error("is not a regular file")]
    NotRegular,
    /// It may not be written.
    #[error("is read-only")]
    ReadOnly,
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

    /// Puts other bytes into the regular file at `path`, all or nothing: who reads it meanwhile sees
    /// the old or the new file whole. Permissions stay, and so does a link that leads to the file.
    ///
    /// # Errors
    /// [`WriteError`]; nothing is created where no regular file is.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), WriteError>;

    /// Whether [`Files::write`] would take other bytes for this file, as far as can be told without trying.
    ///
    /// # Errors
    /// [`WriteError`]
    fn writable(&self, path: &Path) -> Result<(), WriteError>;

    /// What `path` leads to, links followed; `None` when nothing is there.
    fn kind(&self, path: &Path) -> Option<Kind>;

    /// The names in the directory, sorted; empty when it is none or can't be read.
    fn list(&self, path: &Path) -> Vec<String>;

    /// The path with links resolved, or the path itself when it can't be resolved.
    fn canonical(&self, path: &Path) -> PathBuf;

    /// Whether the path itself is a symbolic link.
    fn is_link(&self, path: &Path) -> bool;

    /// Whether the file may be executed; `None` where its system does not tell.
    fn is_executable(&self, _path: &Path) -> Option<bool> {
        None
    }

    /// All regular files below `root` and links to such (links to folders are not followed), sorted by path, that `enter` and
    /// the repository's ignore files let through, [`MAX_WALK`] of them at most. `enter` is asked for
    /// each directory. Ignore files of the machine or the user do not count: the answer is the same
    /// on every machine.
    fn walk(&self, root: &Path, enter: fn(&Path) -> bool) -> Walked;
}

/// The files below a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// The files, sorted.
    pub files: Vec<PathBuf>,
    /// Whether there are more than [`MAX_WALK`] files and folders, so that some are missing.
    pub cut: bool,
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
        if metadata.len() > limit {
            return Err(ReadError::TooLarge { limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limit)).unwrap_or(0));
        let file = std::fs::File::open(path).map_err(said)?;
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(said)?;
        if bytes.len() as u64 > limit {
            return Err(ReadError::TooLarge { limit });
        }
        Ok(bytes)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        let said = |error: std::io::Error| WriteError::Io(error.to_string().to_lowercase());
        let (target, metadata) = to_write(path)?;
        let name = target.file_name().ok_or(WriteError::NotRegular)?.to_string_lossy();
        let beside = target.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
        let outcome = write_new(&beside, bytes, &metadata).and_then(|()| std::fs::rename(&beside, &target));
        outcome.map_err(|error| {
            // What was begun is of no use to anyone; that it can't be removed is not the news.
            let _ = std::fs::remove_file(&beside);
            said(error)
        })
    }

    fn writable(&self, path: &Path) -> Result<(), WriteError> {
        to_write(path).map(|_| ())
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

    #[cfg(unix)]
    fn is_executable(&self, path: &Path) -> Option<bool> {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        Some(metadata.permissions().mode() & 0o111 != 0)
    }

    fn walk(&self, root: &Path, enter: fn(&Path) -> bool) -> Walked {
        let is_directory = |entry: &ignore::DirEntry| entry.file_type().is_some_and(|kind| kind.is_dir());
        let mut walk = ignore::WalkBuilder::new(root);
        walk.hidden(false)
            .require_git(false)
            .git_global(false)
            .git_exclude(false)
            .filter_entry(move |entry| entry.depth() == 0 || !is_directory(entry) || enter(entry.path()));
        // Directories count, too: a tree may be all of them.
        let mut entries = walk.build().flatten();
        let first: Vec<ignore::DirEntry> = entries.by_ref().take(FEW).collect();
        if entries.next().is_none() {
            return Walked::of(first.into_iter().filter(is_file).map(ignore::DirEntry::into_path));
        }
        if let Some(walked) = at_once(&walk) {
            return walked;
        }
        // What is left out must not depend on threads.
        let mut entries = walk.sort_by_file_name(Ord::cmp).build().flatten();
        let files = entries.by_ref().take(MAX_WALK).filter(is_file).map(ignore::DirEntry::into_path);
        let walked = Walked::of(files);
        Walked { cut: entries.next().is_some(), ..walked }
    }
}

/// Up to so many files and folders are walked by one thread: several cost more than they bring.
const FEW: usize = 1_000;

/// Whether it is a file, or a link to one.
fn is_file(entry: &ignore::DirEntry) -> bool {
    let leads_to_file = || entry.path().metadata().is_ok_and(|metadata| metadata.is_file());
    entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink() && leads_to_file())
}

/// Walks with several threads; `None` when there is more than is looked at.
fn at_once(walk: &ignore::WalkBuilder) -> Option<Walked> {
    let seen = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    walk.build_parallel().run(|| {
        let mut mine = Mine { files: Vec::new(), all: &found };
        let seen = &seen;
        Box::new(move |entry| {
            if seen.fetch_add(1, Ordering::Relaxed) >= MAX_WALK {
                return ignore::WalkState::Quit;
            }
            mine.files.extend(entry.ok().filter(is_file).map(ignore::DirEntry::into_path));
            ignore::WalkState::Continue
        })
    });
    let files = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    (seen.into_inner() <= MAX_WALK).then(|| Walked::of(files))
}

/// The files that one thread finds, handed over when it is done.
struct Mine<'a> {
    files: Vec<PathBuf>,
    all: &'a Mutex<Vec<PathBuf>>,
}

impl Drop for Mine<'_> {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.files);
    }
}

impl Walked {
    /// All files of a tree.
    fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut files: Vec<PathBuf> = files.into_iter().collect();
        files.sort();
        Self { files, cut: false }
    }
}

/// The file that `path` leads to, if its bytes may be replaced.
fn to_write(path: &Path) -> Result<(PathBuf, std::fs::Metadata), WriteError> {
    let target = std::fs::canonicalize(path).map_err(|_| WriteError::NotRegular)?;
    let metadata = std::fs::metadata(&target);
    let metadata = metadata.map_err(|error| WriteError::Io(error.to_string().to_lowercase()))?;
    if !metadata.is_file() {
        return Err(WriteError::NotRegular);
    }
    if metadata.permissions().readonly() {
        return Err(WriteError::ReadOnly);
    }
    Ok((target, metadata))
}

/// A new file with the owner and permissions of another.
fn write_new(path: &Path, bytes: &[u8], like: &std::fs::Metadata) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        // Only the superuser can give a file away; for all others the owner is right already.
        let _ = std::os::unix::fs::chown(path, Some(like.uid()), Some(like.gid()));
    }
    file.set_permissions(like.permissions())?;
    file.sync_all()
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

/// The path as seen from `directory`, when both share more than the root; else the path.
#[must_use]
pub fn relative(path: &Path, directory: &Path) -> PathBuf {
    if let Ok(below) = path.strip_prefix(directory) {
        return below.to_path_buf();
    }
    let shared = path.components().zip(directory.components()).take_while(|(a, b)| a == b).count();
    let has_names = path.components().take(shared).any(|part| matches!(part, Component::Normal(_)));
    if !has_names {
        return path.to_path_buf();
    }
    let up = directory.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}
