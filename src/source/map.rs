//! Every text that was read, in one offset space.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use super::walks::Walks;
use super::{Files, ReadError, Span};

/// Files above this size are not configuration and not source.
pub const MAX_FILE: u64 = 64 << 20;

/// A text that was read, and its range of the offset space.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as it was asked for.
    pub path: PathBuf,
    /// The text. Bytes that are not UTF-8 are U+FFFD here; see [`SourceFile::invalid_utf8`].
    pub text: Arc<str>,
    /// Where in the text the first byte that is not UTF-8 was, if there was one.
    pub invalid_utf8: Option<usize>,
    base: u32,
    lines: OnceLock<Vec<u32>>,
}

/// A place for people: 1-based line and column; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// 1-based line.
    pub line: usize,
    /// 1-based column in characters (Unicode scalar values; a tab is one).
    pub column: usize,
}

impl SourceFile {
    /// A file of which there is no text; its spans are [`Span::NONE`].
    #[must_use]
    pub fn nothing(path: &Path) -> Self {
        let (path, text) = (path.to_path_buf(), "".into());
        Self { path, text, invalid_utf8: None, base: 0, lines: OnceLock::new() }
    }

    /// The file with another text of the same length in its place, such as blanks for what a parser must not see;
    /// places in both are the same. `None` for a text of another length.
    #[must_use]
    pub fn masked(&self, text: &str) -> Option<SourceFile> {
        (text.len() == self.text.len()).then(|| SourceFile {
            path: self.path.clone(),
            text: text.into(),
            invalid_utf8: self.invalid_utf8,
            base: self.base,
            lines: OnceLock::new(),
        })
    }

    /// The span of the whole text.
    #[must_use]
    pub fn span(&self) -> Span {
        self.slice(0, self.text.len())
    }

    /// The span of the bytes `from..to` of this text.
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> Span {
        Span::new(self.base, self.base.saturating_add(u32::try_from(self.text.len()).unwrap_or(u32::MAX)))
            .slice(from, to)
    }

    /// Whether the span lies in this file.
    #[must_use]
    pub fn owns(&self, span: Span) -> bool {
        !span.is_none() && self.span().contains(span)
    }

    /// Byte offset in this text of an offset of the shared space.
    #[must_use]
    pub fn local(&self, offset: u32) -> usize {
        (offset.saturating_sub(self.base) as usize).min(self.text.len())
    }

    /// The byte range of a span in this text.
    #[must_use]
    pub fn range(&self, span: Span) -> std::ops::Range<usize> {
        self.local(span.lo)..self.local(span.hi)
    }

    /// The text that the span covers; blank when it cuts a character.
    #[must_use]
    pub fn snippet(&self, span: Span) -> &str {
        self.text.get(self.range(span)).unwrap_or("")
    }

    /// Line and column of an offset of the shared space.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let local = self.local(offset);
        let line = self.line_of(local);
        let start = self.line_start(line);
        let before = self.text.get(start..local).unwrap_or("");
        // A byte order mark has no width: the first character of the file is column 1.
        let column = before.trim_start_matches('\u{FEFF}').chars().count() + 1;
        Position { line: line + 1, column }
    }

    /// 0-based line of a byte offset of this text.
    #[must_use]
    pub fn line_of(&self, local: usize) -> usize {
        let starts = self.line_starts();
        starts.partition_point(|start| *start as usize <= local).saturating_sub(1)
    }

    /// Byte offset at which the 0-based line starts; the end of the text beyond the last line.
    #[must_use]
    pub fn line_start(&self, line: usize) -> usize {
        self.line_starts().get(line).map_or(self.text.len(), |start| *start as usize)
    }

    /// The 0-based line without its line break.
    #[must_use]
    pub fn line(&self, line: usize) -> &str {
        let text = &self.text[self.line_start(line)..self.line_start(line + 1)];
        text.trim_end_matches(['\n', '\r'])
    }

    /// How many lines the text has.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            let after = breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(after).collect()
        })
    }
}

#[derive(Default)]
struct Read {
    order: Vec<Arc<SourceFile>>,
    by_path: HashMap<PathBuf, Result<Arc<SourceFile>, ReadError>>,
    next: u32,
}

/// Reads files, each once, and gives every text its range of the one offset space.
///
/// Clones share all that was read.
#[derive(Clone)]
pub struct SourceMap {
    shared: Arc<Shared>,
}

struct Shared {
    files: Box<dyn Files>,
    read: RwLock<Read>,
    lists: RwLock<HashMap<PathBuf, Arc<Vec<String>>>>,
    /// Files that were looked at, however often, and not kept.
    passed: Mutex<HashSet<PathBuf>>,
    walks: Walks,
}

/// A text that was read and is not kept yet: see [`SourceMap::peek`].
pub enum Peeked {
    /// It was kept before.
    Kept(Arc<SourceFile>),
    /// It was read now.
    New {
        /// The text, as in [`SourceFile::text`].
        text: String,
        /// As in [`SourceFile::invalid_utf8`].
        invalid_utf8: Option<usize>,
    },
}

impl Peeked {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Kept(file) => &file.text,
            Self::New { text, .. } => text,
        }
    }
}

impl SourceMap {
    /// A map that reads from `files`.
    #[must_use]
    pub fn new(files: impl Files + 'static) -> Self {
        let read = RwLock::new(Read { next: 1, ..Read::default() });
        let (files, passed) = (Box::new(files), Mutex::default());
        let (lists, walks) = (RwLock::default(), Walks::default());
        Self { shared: Arc::new(Shared { files, read, lists, passed, walks }) }
    }

    /// The file system behind the map.
    #[must_use]
    pub fn files(&self) -> &dyn Files {
        &*self.shared.files
    }

    pub(super) fn walks(&self) -> &Walks {
        &self.shared.walks
    }

    /// The text of the file at `path`, read the first time it is asked for.
    ///
    /// # Errors
    /// [`ReadError`], the same at each call.
    pub fn load(&self, path: &Path) -> Result<Arc<SourceFile>, ReadError> {
        if let Some(known) = self.lock_read().by_path.get(path) {
            return known.clone();
        }
        let bytes = self.files().read(path, MAX_FILE);
        let mut read = self.lock_write();
        if let Some(known) = read.by_path.get(path) {
            return known.clone();
        }
        let outcome = bytes.and_then(|bytes| {
            let (text, invalid_utf8) = decoded(bytes);
            read.push(path, text, invalid_utf8)
        });
        read.by_path.insert(path.to_path_buf(), outcome.clone());
        outcome
    }

    /// The text of the file at `path`, of at most `limit` bytes, without keeping it: most files are only
    /// searched, and what nobody points at needs no range of the offset space. [`SourceMap::keep`] takes it in.
    ///
    /// Which files are kept, and in which order, decides their spans; so files can be looked at by many threads
    /// at once and the spans still be the same each time.
    ///
    /// # Errors
    /// [`ReadError`]
    pub fn peek(&self, path: &Path, limit: u64) -> Result<Peeked, ReadError> {
        if let Some(known) = self.lock_read().by_path.get(path) {
            return known.clone().map(Peeked::Kept);
        }
        let (text, invalid_utf8) = decoded(self.files().read(path, limit)?);
        self.lock_passed().insert(path.to_path_buf());
        Ok(Peeked::New { text, invalid_utf8 })
    }

    /// Keeps a text that was [peeked](SourceMap::peek) at.
    ///
    /// # Errors
    /// [`ReadError::Full`] when the offset space is used up.
    pub fn keep(&self, path: &Path, peeked: Peeked) -> Result<Arc<SourceFile>, ReadError> {
        let (text, invalid_utf8) = match peeked {
            Peeked::Kept(file) => return Ok(file),
            Peeked::New { text, invalid_utf8 } => (text, invalid_utf8),
        };
        let mut read = self.lock_write();
        if let Some(known) = read.by_path.get(path) {
            return known.clone();
        }
        self.lock_passed().remove(path);
        let outcome = read.push(path, text, invalid_utf8);
        read.by_path.insert(path.to_path_buf(), outcome.clone());
        outcome
    }

    /// The names in a directory, sorted; listed the first time it is asked for.
    pub fn list(&self, path: &Path) -> Arc<Vec<String>> {
        let unpoison = std::sync::PoisonError::into_inner;
        if let Some(known) = self.shared.lists.read().unwrap_or_else(unpoison).get(path) {
            return known.clone();
        }
        let names = Arc::new(self.files().list(path));
        self.shared
            .lists
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(path.to_path_buf(), names.clone());
        names
    }

    /// Takes in a text that does not come from the file system (standard input).
    ///
    /// # Errors
    /// [`ReadError::Full`] when the offset space is used up.
    pub fn insert(&self, path: &Path, bytes: Vec<u8>) -> Result<Arc<SourceFile>, ReadError> {
        let mut read = self.lock_write();
        let (text, invalid_utf8) = decoded(bytes);
        let file = read.push(path, text, invalid_utf8)?;
        read.by_path.insert(path.to_path_buf(), Ok(file.clone()));
        Ok(file)
    }

    /// The file that a span lies in.
    #[must_use]
    pub fn file(&self, span: Span) -> Option<Arc<SourceFile>> {
        if span.is_none() {
            return None;
        }
        let read = self.lock_read();
        let index = read.order.partition_point(|file| file.base <= span.lo).checked_sub(1)?;
        read.order.get(index).filter(|file| file.owns(span)).cloned()
    }

    /// The text that a span covers.
    #[must_use]
    pub fn snippet(&self, span: Span) -> String {
        self.file(span).map(|file| file.snippet(span).to_string()).unwrap_or_default()
    }

    /// How many files were read, kept or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock_read().order.len() + self.lock_passed().len()
    }

    /// Whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock_passed(&self) -> std::sync::MutexGuard<'_, HashSet<PathBuf>> {
        self.shared.passed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn lock_read(&self) -> std::sync::RwLockReadGuard<'_, Read> {
        self.shared.read.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn lock_write(&self) -> std::sync::RwLockWriteGuard<'_, Read> {
        self.shared.read.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Read {
    fn push(
        &mut self,
        path: &Path,
        text: String,
        invalid_utf8: Option<usize>,
    ) -> Result<Arc<SourceFile>, ReadError> {
        let length = u32::try_from(text.len()).map_err(|_| ReadError::Full)?;
        let base = self.next;
        // One offset between files: the empty span at the end of one is not the start of the next.
        self.next = base.checked_add(length).and_then(|end| end.checked_add(1)).ok_or(ReadError::Full)?;
        let file = Arc::new(SourceFile {
            path: path.to_path_buf(),
            text: text.into(),
            invalid_utf8,
            base,
            lines: OnceLock::new(),
        });
        self.order.push(file.clone());
        Ok(file)
    }
}

/// The bytes as text, and where the first that is not UTF-8 was.
fn decoded(bytes: Vec<u8>) -> (String, Option<usize>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(at))
        }
    }
}
