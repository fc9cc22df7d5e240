//! The modules of one program and how they find each other.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use rayon::prelude::*;

use super::sources::{MANY, is_of_word, look_at, parse};
use super::{Expr, Module, Source};

/// The sources that a program consists of, at the paths where the program sees them.
///
/// Paths are those in the container where files are copied there, so that a `COPY src/ /app/` makes
/// `src/config.py` the module `config`. Nothing is parsed until a module is asked for.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The directories that absolute imports start from: the working directory, `PYTHONPATH`.
    pub roots: Vec<PathBuf>,
    /// Settings that the way it is started gives, before all that [`Settings`](super::Settings) finds: those of
    /// the command line, the environment that a release was built for.
    pub given: Vec<(String, String)>,
    sources: IndexMap<PathBuf, Arc<Source>>,
    by_directory: HashMap<PathBuf, Vec<ModuleIndex>>,
    by_file: HashMap<PathBuf, ModuleIndex>,
    by_name: HashMap<OsString, Vec<ModuleIndex>>,
    loaded: Vec<ModuleIndex>,
    /// The configuration files that the program's code loads, those that override others first, and whether there
    /// may be more.
    filed: (Vec<ModuleIndex>, bool),
    /// Which of the loaded modules have a word in their text, for the words that were asked for.
    mentioning: Arc<Mutex<HashMap<Asked, Arc<Vec<ModuleIndex>>>>>,
    /// The loaded modules that take over a module whole, for those modules that were asked for.
    takers: Arc<Mutex<HashMap<ModuleIndex, Arc<Vec<ModuleIndex>>>>>,
}

/// For so many words the texts of the loaded modules are searched one by one.
const FEW_WORDS: usize = 1;

/// Whether the word stands in the text, a name as a whole word.
fn stands_in(text: &str, word: &str) -> bool {
    let (text_bytes, name) = (text.as_bytes(), word.bytes().all(is_of_word));
    let apart = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| text_bytes.get(before));
        let after = text_bytes.get(at + word.len());
        !name || ![before, after].into_iter().flatten().any(|byte| is_of_word(*byte))
    };
    text.match_indices(word).any(|(at, _)| apart(at))
}

/// What those who import the file at this place write of it: its name, or that of the directory which it stands for;
/// `None` where a manifest names it.
fn written_name(place: &Path) -> Option<String> {
    let stem = |path: &Path| path.file_stem().and_then(OsStr::to_str).map(str::to_string);
    let own = stem(place)?;
    match own.as_str() {
        "__init__" | "index" | "mod" => place.parent().and_then(stem),
        "lib" => None,
        _ => Some(own),
    }
}

/// A word that texts were searched for, and whether it was to stand there as a whole.
type Asked = (String, bool);

/// A module of a [`Scope`].
pub type ModuleIndex = usize;

impl Scope {
    /// A program without files, with these roots.
    #[must_use]
    pub fn new(roots: Vec<PathBuf>) -> Self {
        Self { roots, ..Self::default() }
    }

    /// Adds a file where the program sees it; a later one at the same place takes its place, as a
    /// mount does.
    pub fn insert(&mut self, place: PathBuf, source: Arc<Source>) -> ModuleIndex {
        let file = source.path.clone();
        let (index, before) = self.sources.insert_full(place.clone(), source);
        if before.is_none()
            && let Some(directory) = place.parent()
        {
            self.by_directory.entry(directory.to_path_buf()).or_default().push(index);
            self.by_name.entry(place.file_name().unwrap_or_default().into()).or_default().push(index);
        }
        self.by_file.entry(file).or_insert(index);
        index
    }

    /// Says which modules the process loads.
    pub fn load(&mut self, modules: &[ModuleIndex]) {
        self.loaded = modules.to_vec();
        self.mentioning = Arc::default();
        self.takers = Arc::default();
    }

    /// Says which configuration files the program's code loads, and whether it may load others, too.
    pub(super) fn file(&mut self, files: Vec<ModuleIndex>, unclear: bool) {
        self.filed = (files, unclear);
    }

    /// The configuration files that the program's code loads, those that override others first; `None` where that
    /// is not known.
    #[must_use]
    pub fn filed(&self) -> Option<&[ModuleIndex]> {
        let (files, unclear) = &self.filed;
        (!unclear).then_some(files)
    }

    /// Whether the program's code loads the configuration file.
    #[must_use]
    pub fn loads(&self, file: &Module) -> bool {
        let mut filed = self.filed.0.iter().filter_map(|index| self.get(*index));
        filed.any(|(_, source)| source.path == file.path)
    }

    /// The loaded modules in whose text the word stands as a whole, in order; now and then others among them.
    #[must_use]
    pub fn mentioning(&self, word: &str) -> Arc<Vec<ModuleIndex>> {
        // To read all texts again for each of many words takes longer than to look up what words they have.
        let many = self.mentioning.lock().unwrap_or_else(PoisonError::into_inner).len() >= FEW_WORDS;
        self.searched((word, true), |source| match many && word.bytes().all(is_of_word) {
            true => source.may_hold(word),
            false => source.glance(|text| stands_in(text, word)),
        })
    }

    /// Whether a module checks NestJS' settings by a schema, which may have defaults of its own.
    #[must_use]
    pub fn has_schema_of_settings(&self) -> bool {
        let modules = self.containing("ConfigModule.forRoot(");
        let checks = |index: &ModuleIndex| {
            self.get(*index).is_some_and(|(_, source)| source.glance(|text| text.contains("validat")))
        };
        modules.iter().any(checks)
    }

    /// Whether none of the settings that NestJS loads can be of this name: it is nowhere said but in paths that begin with it,
    /// and they come from no file.
    #[must_use]
    pub fn registers_no(&self, name: &str) -> bool {
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
        let said = |text: &str| {
            text.match_indices(name).any(|(at, _)| {
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
                let path = matches!(before, Some('"' | '\'' | '`')) && after == Some('.');
                !path && !before.is_some_and(joins) && !after.is_some_and(joins)
            })
        };
        let files = ["readFile", "yaml", "YAML", "import("];
        !self.containing("load: [").is_empty()
            && self.containing_any(&files).is_empty()
            && !self.iter().any(|(_, _, source)| source.glance(said))
    }

    /// The loaded modules in whose text this stands somewhere, in order.
    #[must_use]
    pub fn containing(&self, part: &str) -> Arc<Vec<ModuleIndex>> {
        self.searched((part, false), |source| source.glance(|text| text.contains(part)))
    }

    /// The loaded modules in whose text one of these stands somewhere, in order; each is looked through once for all of them.
    #[must_use]
    pub fn containing_any(&self, parts: &[&str]) -> Arc<Vec<ModuleIndex>> {
        let any = |text: &str| parts.iter().any(|part| text.contains(part));
        self.searched((&parts.join("\n"), false), |source| source.glance(any))
    }

    /// The loaded modules of which the question is answered with yes, asked once for each word and kind of question.
    fn searched(
        &self,
        (word, whole): (&str, bool),
        ask: impl Fn(&Source) -> bool + Sync,
    ) -> Arc<Vec<ModuleIndex>> {
        let unpoison = PoisonError::into_inner;
        let key = (word.to_string(), whole);
        if let Some(known) = self.mentioning.lock().unwrap_or_else(unpoison).get(&key) {
            return known.clone();
        }
        let asked = |module: &&ModuleIndex| self.get(**module).is_some_and(|(_, source)| ask(source));
        let found: Vec<ModuleIndex> = match self.loaded.len() {
            0..MANY => self.loaded.iter().filter(asked).copied().collect(),
            _ => self.loaded.par_iter().filter(asked).copied().collect(),
        };
        let found = Arc::new(found);
        self.mentioning.lock().unwrap_or_else(unpoison).insert(key, found.clone());
        found
    }

    /// The modules that the process loads.
    #[must_use]
    pub fn loaded(&self) -> &[ModuleIndex] {
        &self.loaded
    }

    /// The module that the file at `place` is.
    #[must_use]
    pub fn at(&self, place: &Path) -> Option<ModuleIndex> {
        self.sources.get_index_of(place)
    }

    /// The place and source of a module.
    #[must_use]
    pub fn get(&self, module: ModuleIndex) -> Option<(&Path, &Arc<Source>)> {
        self.sources.get_index(module).map(|(place, source)| (place.as_path(), source))
    }

    /// All modules in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (ModuleIndex, &Path, &Arc<Source>)> {
        self.sources.iter().enumerate().map(|(index, (place, source))| (index, place.as_path(), source))
    }

    /// The modules in a directory itself, not below it, in the order they were added.
    pub fn within<'s>(&'s self, directory: &'s Path) -> impl Iterator<Item = (ModuleIndex, &'s Path)> {
        let inside = self.by_directory.get(directory).into_iter().flatten();
        inside.filter_map(|index| Some((*index, self.get(*index)?.0)))
    }

    /// The modules of a language whose names every file of the program sees, from the root that holds `place`.
    pub fn naming_for_all<'s>(
        &'s self,
        language: &'static str,
        place: &Path,
    ) -> impl Iterator<Item = ModuleIndex> + 's {
        let holds = self.roots.iter().filter(|root| place.starts_with(root));
        let root = holds.max_by_key(|root| root.components().count());
        let all = self.iter().filter(move |(_, at, source)| {
            source.front_end.name() == language
                && root.is_none_or(|root| at.starts_with(root))
                && source.signs().names_for_all
        });
        all.map(|(index, ..)| index)
    }

    /// The modules whose file has this name, wherever it is, in the order they were added.
    pub fn named<'s>(&'s self, name: &str) -> impl Iterator<Item = (ModuleIndex, &'s Path)> {
        let found = self.by_name.get(OsStr::new(name)).into_iter().flatten();
        found.filter_map(|index| Some((*index, self.get(*index)?.0)))
    }

    /// The places of the files of this name, those nearest to `importer` first.
    #[must_use]
    pub fn nearest(&self, name: &str, importer: &Path) -> Vec<PathBuf> {
        let common =
            |place: &Path| place.components().zip(importer.components()).take_while(|(a, b)| a == b).count();
        let mut found: Vec<&Path> = self.named(name).map(|(_, place)| place).collect();
        found.sort_by_key(|place| std::cmp::Reverse(common(place)));
        found.into_iter().map(Path::to_path_buf).collect()
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// The module that was read from the file that holds this module's text.
    #[must_use]
    pub fn index_of(&self, module: &Module) -> Option<ModuleIndex> {
        self.by_file.get(&module.path).copied()
    }

    /// The module that `importer` gets by the name `module`, written as in its import.
    #[must_use]
    pub fn resolve(&self, importer: ModuleIndex, module: &str) -> Option<ModuleIndex> {
        let (place, source) = self.get(importer)?;
        self.resolve_from(place, source.front_end, module)
    }

    /// The module that a file at `importer` gets by that name; for entry points (`uvicorn app.main:app`)
    /// `importer` is any file name in the working directory.
    #[must_use]
    pub fn resolve_from(
        &self,
        importer: &Path,
        front_end: &dyn super::FrontEnd,
        module: &str,
    ) -> Option<ModuleIndex> {
        front_end.candidates(self, importer, module).iter().find_map(|place| self.at(place))
    }

    /// The modules that run when these are started: they, what they import, and so on; in order of
    /// discovery.
    #[must_use]
    pub fn loaded_from(&self, entries: &[ModuleIndex]) -> Vec<ModuleIndex> {
        let after = self.reached_from(entries);
        let mut seen = HashSet::new();
        let mut order = Vec::new();
        let mut queue: Vec<ModuleIndex> = entries.iter().rev().copied().collect();
        while let Some(module) = queue.pop() {
            if !seen.insert(module) {
                continue;
            }
            let Some(next) = after.get(&module) else { continue };
            order.push(module);
            queue.extend(next.iter().rev().filter(|index| !seen.contains(*index)));
        }
        order
    }

    /// The modules that run when these are started, each with those that it loads. What is reached with one more
    /// import is read at once.
    fn reached_from(&self, entries: &[ModuleIndex]) -> HashMap<ModuleIndex, Vec<ModuleIndex>> {
        let mut after: HashMap<ModuleIndex, Vec<ModuleIndex>> = HashMap::new();
        let mut frontier = entries.to_vec();
        while !frontier.is_empty() {
            let found: Vec<_> = frontier.iter().filter_map(|index| Some(self.get(*index)?.1)).collect();
            look_at(&found, true);
            let mut beyond = Vec::new();
            for module in frontier {
                if after.contains_key(&module) {
                    continue;
                }
                let Some((place, source)) = self.get(module) else { continue };
                let imported = source.imports().iter().filter_map(|name| self.resolve(module, name));
                let along = source.front_end.loaded_with(self, place).into_iter();
                let next: Vec<_> = along.chain(imported).collect();
                beyond.extend(&next);
                after.insert(module, next);
            }
            let mut seen = HashSet::new();
            beyond.retain(|module| !after.contains_key(module) && seen.insert(*module));
            frontier = beyond;
        }
        after
    }

    /// What a module's name stands for, and the module that the expression belongs to: the module
    /// itself, or one whose names it takes over whole (`from .base import *`).
    #[must_use]
    pub fn lookup(&self, module: ModuleIndex, name: &str) -> Option<(ModuleIndex, &Expr)> {
        self.lookup_within(module, name, 8)
    }

    /// Whether what a module sets a name to is replaced, by a module that it takes over later or by all that take
    /// it over (`from .base import *`, and the name again).
    #[must_use]
    pub fn replaces(&self, module: ModuleIndex, name: &str) -> bool {
        self.replaces_through(module, module, name, 4)
    }

    /// The same, as seen from a module that has the names of the first.
    fn replaces_through(&self, first: ModuleIndex, from: ModuleIndex, name: &str, depth: u8) -> bool {
        if self.lookup(from, name).is_some_and(|(at, _)| at != first) {
            return true;
        }
        let takers = self.takers(from);
        let Some(depth) = depth.checked_sub(1).filter(|_| !takers.is_empty()) else { return false };
        takers.iter().all(|taker| self.replaces_through(first, *taker, name, depth))
    }

    /// The loaded modules that take over the module whole: they write its name.
    fn takers(&self, of: ModuleIndex) -> Arc<Vec<ModuleIndex>> {
        let unpoison = PoisonError::into_inner;
        if let Some(known) = self.takers.lock().unwrap_or_else(unpoison).get(&of) {
            return known.clone();
        }
        let may = |taker: &&ModuleIndex| {
            **taker != of && self.get(**taker).is_some_and(|(_, source)| source.signs().may_take_over)
        };
        let named = self.get(of).filter(|(_, source)| source.front_end.is_source());
        let mut takers: Vec<ModuleIndex> = match named.and_then(|(place, _)| written_name(place)) {
            Some(name) => self.mentioning(&name).iter().filter(may).copied().collect(),
            None => self.loaded.iter().filter(may).copied().collect(),
        };
        self.parse(&takers);
        takers.retain(|taker| {
            let mut taken = self.get(*taker).into_iter().flat_map(|(_, source)| &source.full().takes_over);
            taken.any(|other| self.resolve(*taker, other) == Some(of))
        });
        let takers = Arc::new(takers);
        self.takers.lock().unwrap_or_else(unpoison).insert(of, takers.clone());
        takers
    }

    /// Parses modules whose names will be asked for, several at a time where there are many.
    pub fn parse(&self, modules: &[ModuleIndex]) {
        let found = modules.iter().filter_map(|module| Some(self.get(*module)?.1));
        parse(&found.collect::<Vec<_>>());
    }

    fn lookup_within(&self, module: ModuleIndex, name: &str, depth: u8) -> Option<(ModuleIndex, &Expr)> {
        let (place, source) = self.get(module)?;
        let full = source.full();
        let own = full.names.get(name);
        // What is taken over after the name was bound replaces it.
        let after = match own {
            Some(_) => full.bound_before.get(name).copied().unwrap_or(full.takes_over.len()),
            None => 0,
        };
        let taken = depth.checked_sub(1).and_then(|depth| {
            full.takes_over.get(after..)?.iter().rev().find_map(|other| {
                let other = self.resolve(module, other)?;
                self.lookup_within(other, name, depth)
            })
        });
        if let Some(found) = taken.or_else(|| Some((module, own?))) {
            return Some(found);
        }
        depth.checked_sub(1).and_then(|_| {
            let shared = source.front_end.shares_names(self, place).into_iter();
            shared
                .filter(|other| *other != module)
                .find_map(|other| Some((other, self.get(other)?.1.full().names.get(name)?)))
        })
    }
}
