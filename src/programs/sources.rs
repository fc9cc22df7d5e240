//! The source files of a run: each is read once, searched, and parsed only when it is worth it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use aho_corasick::AhoCorasick;
use rayon::prelude::*;

use super::reading::{self, GaveUp};
use super::{FrontEnd, Module, ModuleIndex, Scope, front_end};
use crate::source::{Peeked, ReadError, SourceFile, SourceMap, Span};

/// Source files above this size are generated; nothing is read from them.
pub const MAX_SOURCE: usize = 4 << 20;

/// A text with a NUL among its first bytes is none (as Git decides it).
const BINARY_SIGN: usize = 8_000;

/// From how many sources on they are read and parsed on several threads: those cost more than a few small
/// files do.
pub(super) const MANY: usize = 24;

/// Why nothing is known of a source that a service runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is larger than sources are.
    #[error("is larger than {} MiB", MAX_SOURCE >> 20)]
    TooLarge,
    /// It holds NUL bytes.
    #[error("is not text")]
    NotText,
    /// It starts with the mark of UTF-16, which no language reads.
    #[error("is UTF-16 text")]
    Utf16,
    /// The system said no.
    #[error("can't be read: {0}")]
    Io(String),
    /// It could not be parsed within bounds.
    #[error("{0}")]
    Unparsed(GaveUp),
}

/// A source file that is read and parsed at most once, and only when it is asked for.
///
/// A text without a needle of its language is searched and forgotten: nothing points into it.
pub struct Source {
    /// Where it is on this machine.
    pub path: PathBuf,
    /// Its language.
    pub front_end: &'static dyn FrontEnd,
    sources: Option<SourceMap>,
    concerned: OnceLock<bool>,
    signs: OnceLock<Signs>,
    unread: OnceLock<Unread>,
    file: OnceLock<Arc<SourceFile>>,
    imports: OnceLock<Vec<String>>,
    module: OnceLock<Arc<Module>>,
    unconcerned: OnceLock<Arc<Module>>,
    words: OnceLock<Box<[u32]>>,
    connects: OnceLock<bool>,
    logs_in: OnceLock<bool>,
    hooks: OnceLock<bool>,
    named_files: OnceLock<Vec<String>>,
}

impl Source {
    /// The file as a source of that language; nothing is parsed yet.
    #[must_use]
    pub fn new(file: Arc<SourceFile>, front_end: &'static dyn FrontEnd) -> Self {
        let source = Self { sources: None, ..Self::at(&file.path, front_end) };
        if let Some(why) = why_no_text(&file.text, file.invalid_utf8) {
            source.leave_out(why);
        } else {
            let _ = source.file.set(file);
        }
        source
    }

    /// A source that is made of others: `file` stands for its text.
    #[must_use]
    pub fn made(file: Arc<SourceFile>, front_end: &'static dyn FrontEnd, module: Module) -> Self {
        let source = Self { file: file.into(), ..Self::at(&module.path, front_end) };
        let _ = (source.concerned.set(true), source.module.set(Arc::new(module)));
        source
    }

    fn at(path: &Path, front_end: &'static dyn FrontEnd) -> Self {
        Self {
            path: path.to_path_buf(),
            front_end,
            sources: None,
            concerned: OnceLock::new(),
            signs: OnceLock::new(),
            unread: OnceLock::new(),
            file: OnceLock::new(),
            imports: OnceLock::new(),
            module: OnceLock::new(),
            unconcerned: OnceLock::new(),
            words: OnceLock::new(),
            connects: OnceLock::new(),
            logs_in: OnceLock::new(),
            hooks: OnceLock::new(),
            named_files: OnceLock::new(),
        }
    }

    /// The file; without text when it could not be read, see [`Source::unread`].
    pub fn file(&self) -> &Arc<SourceFile> {
        self.file.get_or_init(|| {
            let nothing = || Arc::new(SourceFile::nothing(&self.path));
            let Some(sources) = self.sources.as_ref().filter(|_| self.unread.get().is_none()) else {
                return nothing();
            };
            let kept = self.peek(sources).and_then(|peeked| {
                sources.keep(&self.path, peeked).map_err(|error| self.leave_out(Unread::from(error))).ok()
            });
            kept.unwrap_or_else(nothing)
        })
    }

    /// Whether its text is kept: it holds a needle of its language, or was asked for.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.file.get().is_some()
    }

    /// Whether a place lies in its text; not in one that is not kept.
    #[must_use]
    pub fn owns(&self, place: Span) -> bool {
        self.file.get().is_some_and(|file| file.owns(place))
    }

    /// The text; blank when it could not be read.
    pub fn text(&self) -> &str {
        &self.file().text
    }

    /// Why nothing is known of it, if that is so and it was asked for.
    #[must_use]
    pub fn unread(&self) -> Option<&Unread> {
        self.unread.get()
    }

    /// Whether the text can hold a read or a sink.
    pub fn concerned(&self) -> bool {
        *self.concerned.get_or_init(|| self.front_end.concerns(self.text()))
    }

    /// What it imports, as [`FrontEnd::imports`] says.
    pub fn imports(&self) -> &[String] {
        if let Some(peeked) = self.look(true) {
            self.keep(peeked);
        }
        self.imports.get_or_init(|| self.front_end.imports(self.text()))
    }

    /// Whether the word stands in its text, as a whole word; now and then also where it does not. The words are looked up once
    /// for all who ask, as most texts are not kept.
    pub(super) fn may_hold(&self, word: &str) -> bool {
        let words = self.words.get_or_init(|| self.glance(hashes_of_words));
        words.binary_search(&hash(word.bytes())).is_ok()
    }

    /// Whether it seems to connect by itself when the program starts, and not only when a client is used. Few are asked.
    pub fn connects(&self) -> bool {
        let search = first_calls();
        *self.connects.get_or_init(|| self.glance(|text| search.is_none_or(|search| search.is_match(text))))
    }

    /// Where it seems to do so.
    pub fn first_calls(&self) -> Vec<Span> {
        let file = self.file();
        let found = first_calls().into_iter().flat_map(|search| search.find_iter(&*file.text));
        found.map(|found| file.slice(found.start(), found.end())).collect()
    }

    /// Whether it speaks of logins: what is not in an address may be said beside it. Few are asked.
    pub fn logs_in(&self) -> bool {
        let search = logins();
        *self.logs_in.get_or_init(|| self.glance(|text| search.is_none_or(|search| search.is_match(text))))
    }

    /// Whether it speaks of code that a server of Python runs once before it serves. Few are asked.
    pub fn has_start_hooks(&self) -> bool {
        const HOOKS: [&str; 3] = ["startup", "lifespan", "before_serving"];
        *self.hooks.get_or_init(|| self.glance(|text| HOOKS.iter().any(|hook| text.contains(hook))))
    }

    /// What a glance at its text tells.
    pub fn signs(&self) -> Signs {
        *self.signs.get_or_init(|| self.glance(|text| Signs::of(self.front_end, text)))
    }

    /// The files of settings that it names, as `find` sees them in its text, which is searched once.
    pub fn named_files(&self, find: fn(&str) -> Vec<String>) -> &[String] {
        self.named_files.get_or_init(|| find(self.text()))
    }

    /// Its reads, sinks and remarks. Files without a needle of the language are not parsed, and give
    /// an empty module.
    pub fn module(&self) -> &Arc<Module> {
        if self.module.get().is_none() && !self.concerned() {
            return self.unconcerned.get_or_init(|| Arc::new(self.empty()));
        }
        self.full()
    }

    /// The module with its names, parsed whether or not it holds a needle: another module imports from it.
    pub fn full(&self) -> &Arc<Module> {
        self.module.get_or_init(|| {
            let file = self.file();
            if self.unread.get().is_some() {
                return Arc::new(self.empty());
            }
            let (module, gave_up) = reading::watched(|| self.front_end.read(file));
            if let Some(why) = gave_up {
                self.leave_out(Unread::Unparsed(why));
            }
            Arc::new(module)
        })
    }

    fn empty(&self) -> Module {
        Module { path: self.path.clone(), ..Module::default() }
    }

    /// What `look` sees in the text, which is not kept for it.
    pub fn glance<T>(&self, look: impl FnOnce(&str) -> T) -> T {
        match (self.file.get(), &self.sources) {
            (None, Some(sources)) if self.unread.get().is_none() => {
                let peeked = self.peek(sources);
                look(peeked.as_ref().map_or("", Peeked::text))
            }
            _ => look(self.text()),
        }
    }

    /// The text as it is on the disk, if it is one.
    fn peek(&self, sources: &SourceMap) -> Option<Peeked> {
        let peeked = sources.peek(&self.path, MAX_SOURCE as u64);
        let peeked = peeked.map_err(|error| self.leave_out(Unread::from(error))).ok()?;
        let invalid = match &peeked {
            Peeked::Kept(file) => file.invalid_utf8,
            Peeked::New { invalid_utf8, .. } => *invalid_utf8,
        };
        match why_no_text(peeked.text(), invalid) {
            Some(why) => {
                self.leave_out(why);
                None
            }
            None => Some(peeked),
        }
    }

    fn leave_out(&self, why: Unread) {
        // The first reason is the one that counts.
        let _ = self.unread.set(why);
    }

    /// Reads and searches the text, also for what it imports if that will be asked; gives it when it is worth to
    /// be kept.
    fn look(&self, imports: bool) -> Option<Peeked> {
        let sources = self.sources.as_ref()?;
        let known = if imports { self.imports.get().is_some() } else { self.concerned.get().is_some() };
        if known || self.file.get().is_some() {
            return None;
        }
        let peeked = self.peek(sources);
        let text = peeked.as_ref().map_or("", Peeked::text);
        if imports {
            let _ = self.imports.set(self.front_end.imports(text));
        }
        let _ = self.signs.set(Signs::of(self.front_end, text));
        let concerned = *self.concerned.get_or_init(|| self.front_end.concerns(text));
        peeked.filter(|_| concerned)
    }

    fn keep(&self, peeked: Peeked) {
        let Some(sources) = &self.sources else { return };
        match sources.keep(&self.path, peeked) {
            Ok(file) => drop(self.file.set(file)),
            Err(error) => self.leave_out(Unread::from(error)),
        }
    }
}

/// What a glance at a text tells, besides whether it is worth to be parsed: most texts are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    /// As [`FrontEnd::loads_otherwise`] says.
    pub loads_otherwise: bool,
    /// As [`FrontEnd::names_for_all`] says.
    pub names_for_all: bool,
    /// As [`FrontEnd::may_take_over`] says.
    pub may_take_over: bool,
    /// As [`FrontEnd::left_out`] says.
    pub left_out: bool,
    /// Whether one of [`FrontEnd::dotenv_signs`] stands in it.
    pub dotenv: bool,
}

/// The calls by which programs that are about to serve see to their database first: tables that are made or read, migrations,
/// a first connection.
const FIRST_CALLS: [&str; 31] = [
    "applyalldatabasechangesonstartup",
    "initializemartenwith",
    "create_all(",
    "create_tables(",
    "create_schema(",
    "ensure_schema(",
    "createtables(",
    "generate_schemas",
    "run_sync(",
    ".connect()",
    ".connect(function",
    ".connect((",
    ".begin()",
    "$connect",
    "getconnection(",
    "authenticate(",
    ".sync(",
    "synchronize",
    "initialize(",
    "automigrate(",
    "ensurecreated",
    ".migrate(",
    ".migrateasync(",
    "upgrade(",
    "reflect(",
    "inspect(",
    ".ping(",
    "init_db(",
    "seed(",
    "serverselectiontimeout",
    "serverversion.autodetect(",
];

impl Signs {
    fn of(front_end: &dyn FrontEnd, text: &str) -> Self {
        Self {
            loads_otherwise: front_end.loads_otherwise(text),
            names_for_all: front_end.names_for_all(text),
            may_take_over: front_end.may_take_over(text),
            left_out: front_end.left_out(text),
            dotenv: front_end.dotenv_signs().iter().any(|(sign, _)| text.contains(sign)),
        }
    }
}

fn logins() -> Option<&'static AhoCorasick> {
    const WORDS: [&str; 7] = ["setauth", "credential", "password", "passwd", "username", "auth:", "user:"];
    static SEARCH: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(WORDS).ok());
    SEARCH.as_ref()
}

fn first_calls() -> Option<&'static AhoCorasick> {
    static SEARCH: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(FIRST_CALLS).ok());
    SEARCH.as_ref()
}

/// Whether the byte is one of a word: of a name in any language.
pub(super) const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The hashes of the words of a text, sorted.
fn hashes_of_words(text: &str) -> Box<[u32]> {
    let words = text.as_bytes().split(|byte| !is_of_word(*byte)).filter(|word| !word.is_empty());
    let mut hashes: Vec<u32> = words.map(|word| hash(word.iter().copied())).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes.into_boxed_slice()
}

/// FNV-1a.
fn hash(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Why these are not the characters of a text, if they are not.
fn why_no_text(text: &str, invalid_utf8: Option<usize>) -> Option<Unread> {
    if text.len() > MAX_SOURCE {
        return Some(Unread::TooLarge);
    }
    // The marks of UTF-16 are no UTF-8; what is left of them are two replacement characters.
    if invalid_utf8 == Some(0) && text.starts_with("\u{fffd}\u{fffd}") && text.contains('\0') {
        return Some(Unread::Utf16);
    }
    let start = text.as_bytes();
    let start = start.get(..BINARY_SIGN).unwrap_or(start);
    start.contains(&0).then_some(Unread::NotText)
}

impl From<ReadError> for Unread {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooLarge { .. } => Self::TooLarge,
            ReadError::Io(why) => Self::Io(why),
            other => Self::Io(other.to_string()),
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("path", &self.path).field("language", &self.front_end.name()).finish()
    }
}

/// The sources of a run: every file is one [`Source`] in each language that it is read in, however many services run it.
#[derive(Debug, Default)]
pub struct Sources {
    by_path: Mutex<HashMap<(PathBuf, &'static str), Arc<Source>>>,
}

impl Sources {
    /// The source at `path`, unread as yet; `None` when it is in no known language.
    pub fn get(&self, files: &SourceMap, path: &Path) -> Option<Arc<Source>> {
        self.seen_at(files, path, path)
    }

    /// The source at `path`, which a program sees at `place` and takes for what it is called there.
    pub fn seen_at(&self, files: &SourceMap, path: &Path, place: &Path) -> Option<Arc<Source>> {
        self.get_as(files, path, front_end(place).or_else(|| front_end(path))?)
    }

    /// The file at `path` as a source of this language, whatever its name says.
    pub fn get_as(
        &self,
        files: &SourceMap,
        path: &Path,
        front_end: &'static dyn FrontEnd,
    ) -> Option<Arc<Source>> {
        let mut by_path = self.by_path.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Source { sources: Some(files.clone()), ..Source::at(path, front_end) });
        Some(by_path.entry((path.to_path_buf(), front_end.name())).or_insert_with(made).clone())
    }
}

/// Reads and parses these modules of a scope.
pub(super) fn modules_of(scope: &Scope, loaded: &[ModuleIndex]) -> Vec<Arc<Module>> {
    let sources: Vec<&Arc<Source>> =
        loaded.iter().filter_map(|index| scope.get(*index)).map(|(_, source)| source).collect();
    modules(&sources)
}

/// The modules of these sources, in order. They are read and parsed several at a time where there are many.
pub(super) fn modules(sources: &[&Arc<Source>]) -> Vec<Arc<Module>> {
    look_at(sources, false);
    if sources.len() < MANY {
        return sources.iter().map(|source| source.module().clone()).collect();
    }
    sources.par_iter().map(|source| source.module().clone()).collect()
}

/// Parses sources whether or not they hold a needle, several at a time where there are many.
pub(super) fn parse(sources: &[&Arc<Source>]) {
    // Those that are parsed, or kept, cost nothing.
    let new: Vec<&&Arc<Source>> = sources.iter().filter(|source| source.module.get().is_none()).collect();
    if new.len() < MANY {
        return;
    }
    // Kept in order, so that spans do not depend on threads.
    new.iter().for_each(|source| drop(source.file().clone()));
    new.par_iter().for_each(|source| drop(source.full().clone()));
}

/// Reads and searches sources, several at a time where there are many. What is worth to be kept is kept in order, so
/// that spans do not depend on threads.
pub(super) fn look_at(sources: &[&Arc<Source>], imports: bool) {
    let look = |source: &&Arc<Source>| source.look(imports);
    let looked: Vec<Option<Peeked>> = match sources.len() {
        0..MANY => sources.iter().map(look).collect(),
        _ => sources.par_iter().map(look).collect(),
    };
    for (source, peeked) in sources.iter().zip(looked) {
        if let Some(peeked) = peeked {
            source.keep(peeked);
        }
    }
}
