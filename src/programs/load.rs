//! The configuration files that a program's own code loads, where its container has them.
//!
//! A front end notes which files code asks for ([`Load`]) and asks for their settings by key: an
//! [`Expr::Lookup`] whose key begins with [`IN_FILES`], or what its own [`Settings`](super::Settings) say. Here the files
//! are found; their settings are names of their modules ([`setting_name`]).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::entry::{Launch, Started};
use super::evaluate::{Environment, Given};
use super::service_files::ImageTree;
use super::{Expr, FRONT_ENDS, ModuleIndex, Scope, Source, Sources};
use crate::compose::{self, Project, Variable};
use crate::source::{Kind, Origin, SourceMap, Span, Text, clean};

/// What a key begins with that is looked for in files alone, and in no variable.
pub const IN_FILES: &str = "(file) ";

/// A program that asks for more files is cut short.
const MAX_FILES: usize = 24;

/// The extensions that libraries try where a name has none.
const EXTENSIONS: [&str; 9] = ["yaml", "yml", "toml", "json", "ini", "properties", "env", "json5", "hjson"];

/// What is put after or into the name of a file where it is an example of one that somebody makes.
const EXAMPLES: [&str; 5] = ["example", "sample", "template", "dist", "default"];

/// A configuration file that code asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Its path; without an extension where the library finds that itself.
    pub path: Expr,
    /// The directories that it is looked for in, in this order; none for the one that the program starts in.
    pub directories: Vec<Expr>,
    /// Whether it is built into the program: its path begins where the source lies.
    pub built_in: bool,
    /// Where code asks for it.
    pub span: Span,
}

/// The name that a setting has among those of the file's module. No name of a program is like it.
#[must_use]
pub fn setting_name(key: &str) -> String {
    format!("(setting) {}", key.to_lowercase())
}

/// Where files are looked for.
pub(super) struct Container<'a> {
    pub sources: &'a SourceMap,
    pub project: &'a Project,
    pub files: &'a ImageTree,
    pub read: &'a Sources,
    pub started: &'a Started,
    pub start: &'a Launch,
    /// What dotenv files set that the program loads.
    pub dotenv: IndexMap<String, Variable>,
}

/// Puts the files that the loaded modules ask for into the scope.
pub(super) fn attach(container: &Container<'_>, scope: &mut Scope, loaded: &[ModuleIndex]) {
    let mut found: Vec<(PathBuf, Arc<Source>)> = Vec::new();
    let mut unclear = false;
    for index in loaded {
        let Some((place, source)) = scope.get(*index) else { continue };
        if source.module().loads.is_empty() {
            continue;
        }
        for load in source.module().loads.iter().take(MAX_FILES) {
            let home = Home { index: *index, place, host: &source.path };
            match container.find(scope, &home, load) {
                Some(files) => found.extend(files),
                None => unclear = true,
            }
        }
    }
    found.truncate(MAX_FILES);
    // What is loaded later replaces what was there.
    let mut filed: Vec<ModuleIndex> = Vec::new();
    for (place, source) in found {
        let index = scope.insert(place, source);
        filed.retain(|known| *known != index);
        filed.insert(0, index);
    }
    scope.file(filed, unclear);
}

/// A file that code asks for and that its container does not have.
pub(super) struct Lacks {
    /// Where it is looked for.
    pub places: Vec<PathBuf>,
    /// The variable that should have chosen it.
    pub chosen_by: Option<String>,
}

/// The module that asks for a file.
struct Home<'a> {
    index: ModuleIndex,
    place: &'a Path,
    host: &'a Path,
}

impl Container<'_> {
    /// The files that are loaded; `None` when that cannot be said.
    fn find(&self, scope: &Scope, home: &Home<'_>, load: &Load) -> Option<Vec<(PathBuf, Arc<Source>)>> {
        // An option without a value: nothing is loaded, or what else the program names.
        if !load.built_in && self.is_blank(scope, home, &load.path) {
            return Some(Vec::new());
        }
        let names = self.texts(scope, home, &load.path)?;
        let mut directories = Vec::new();
        for directory in &load.directories {
            directories.extend(self.texts(scope, home, directory)?);
        }
        if directories.is_empty() {
            directories.push(String::new());
        }
        let mut found = Vec::new();
        for name in names {
            let mut absent = true;
            for directory in &directories {
                let path = Path::new(directory).join(&name);
                let files = match load.built_in {
                    true => self.built_in(home, &path),
                    false => self.in_container(&path),
                };
                absent = files.is_empty();
                if !absent {
                    found.extend(files);
                    break;
                }
            }
            let sampled =
                || directories.iter().find_map(|directory| self.sampled(&Path::new(directory).join(&name)));
            if absent
                && !load.built_in
                && let Some(sample) = sampled()
            {
                found.push(sample);
                continue;
            }
            if absent
                && !load.built_in
                && directories.iter().any(|directory| self.may_be_made(&Path::new(directory).join(&name)))
            {
                return None;
            }
        }
        Some(found)
    }

    /// The file that code asks for, where its name is known and it is nowhere.
    pub(super) fn lacks(&self, scope: &Scope, index: ModuleIndex, load: &Load) -> Option<Lacks> {
        let (place, source) = scope.get(index)?;
        let home = Home { index, place, host: &source.path };
        let names = super::evaluate::evaluate_all(scope, index, self, &load.path);
        let [name] = names.as_slice() else { return None };
        let text = name.value.text()?;
        let mut reads = text.pieces().iter().filter_map(|piece| piece.origin.unset_read());
        let chosen_by = reads.next().map(|(variable, _)| variable.to_string());
        let name = text.complete().filter(|name| !name.is_empty() && name.len() < 400)?;
        let mut directories = Vec::new();
        for directory in &load.directories {
            directories.extend(self.texts(scope, &home, directory)?);
        }
        if directories.is_empty() {
            directories.push(String::new());
        }
        let paths: Vec<PathBuf> =
            directories.iter().map(|directory| Path::new(directory).join(&name)).collect();
        let there = |path: &PathBuf| !self.in_container(path).is_empty() || self.may_be_made(path);
        let places = paths.iter().map(|path| clean(&self.start.directory.join(path))).collect();
        (!paths.iter().any(there)).then_some(Lacks { places, chosen_by })
    }

    /// Whether an expression is known to say nothing.
    fn is_blank(&self, scope: &Scope, home: &Home<'_>, expr: &Expr) -> bool {
        let values = super::evaluate::evaluate_all(scope, home.index, self, expr);
        let blank = |text: &Text| text.complete().is_some_and(|text| text.is_empty());
        !values.is_empty() && values.iter().all(|it| it.value.text().is_some_and(blank))
    }

    /// The texts that an expression may be; `None` where one is not known.
    fn texts(&self, scope: &Scope, home: &Home<'_>, expr: &Expr) -> Option<Vec<String>> {
        let values = super::evaluate::evaluate_all(scope, home.index, self, expr);
        let texts: Option<Vec<String>> = values.iter().map(|it| it.value.text()?.complete()).collect();
        texts.filter(|texts| texts.iter().all(|text| !text.is_empty() && text.len() < 400))
    }

    fn built_in(&self, home: &Home<'_>, path: &Path) -> Vec<(PathBuf, Arc<Source>)> {
        let beside = |file: &Path| file.parent().map(|directory| clean(&directory.join(path)));
        let (Some(host), Some(place)) = (beside(home.host), beside(home.place)) else { return Vec::new() };
        if self.sources.files().kind(&host) != Some(Kind::File) {
            return Vec::new();
        }
        self.source(&host).map(|source| (place, source)).into_iter().collect()
    }

    fn in_container(&self, path: &Path) -> Vec<(PathBuf, Arc<Source>)> {
        let place = clean(&self.start.directory.join(path));
        let named = |place: PathBuf| {
            let host = self.files.file(self.sources.files(), &place)?;
            Some((place, self.source(&host)?))
        };
        if let Some(found) = named(place.clone()) {
            return vec![found];
        }
        let Some(name) = place.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
        let with = |extension: &&str| named(place.with_file_name(format!("{name}.{extension}")));
        if let Some(found) = EXTENSIONS.iter().find_map(with) {
            return vec![found];
        }
        // Some libraries take all files of a directory.
        let host = self.files.resolve(self.sources.files(), &place);
        let Some(host) = host.filter(|host| self.sources.files().kind(host) == Some(Kind::Directory)) else {
            return Vec::new();
        };
        let files = self.sources.files().list(&host).into_iter().take(MAX_FILES);
        let files = files.filter(|name| is_configuration(Path::new(name)));
        files.filter_map(|name| Some((place.join(&name), self.source(&host.join(&name))?))).collect()
    }

    /// The sample of an env file that is not there and that the notes say to make from it. Nothing where those speak of addresses
    /// in it that are to be changed.
    fn sampled(&self, path: &Path) -> Option<(PathBuf, Arc<Source>)> {
        let place = clean(&self.start.directory.join(path));
        let name = place.file_name()?.to_str()?;
        let host = self.files.place_for(self.sources.files(), &place).filter(|_| name.starts_with(".env"))?;
        let (sample, settings) = compose::documented(self.sources, self.project, &host, &|_| None)?;
        let local = self.sources.load(&sample).ok()?;
        let local = ["localhost", "127.0.0.1"].iter().any(|host| local.text.contains(host));
        let open = settings.values().any(|setting| setting.value.has_hole());
        (!(local && open)).then(|| self.source(&sample).map(|source| (place, source)))?
    }

    fn source(&self, host: &Path) -> Option<Arc<Source>> {
        let reader = FRONT_ENDS.iter().copied().find(|language| language.name() == "config")?;
        let source = self.read.get_as(self.sources, host, reader)?;
        (source.front_end.name() == "config").then_some(source)
    }

    /// Whether the file is not there only because somebody has to make it first: an example lies where it would.
    fn may_be_made(&self, path: &Path) -> bool {
        let place = clean(&self.start.directory.join(path));
        let Some(host) = self.files.place_for(self.sources.files(), &place) else { return false };
        let (Some(directory), Some(name)) = (host.parent(), host.file_name().and_then(|name| name.to_str()))
        else {
            return false;
        };
        let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or(name);
        let example = |other: &String| {
            other.contains(stem) && other != name && EXAMPLES.iter().any(|word| other.contains(word))
        };
        self.sources.files().list(directory).iter().any(example)
    }
}

fn is_configuration(path: &Path) -> bool {
    super::has_extension(path, &EXTENSIONS)
}

impl Environment for Container<'_> {
    fn variable(&self, name: &str) -> Option<&Variable> {
        self.dotenv.get(name)
    }

    fn variable_ignoring_case(&self, name: &str) -> Option<(&str, &Variable)> {
        self.dotenv.variable_ignoring_case(name)
    }

    fn flag(&self, names: &[String]) -> Given {
        for launch in &self.started.commands {
            for (at, word) in launch.words.iter().enumerate().skip(1) {
                for name in names {
                    let next = launch.words.get(at + 1).filter(|_| word == name);
                    let joined = word.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('='));
                    if let Some(value) = next.map(String::as_str).or(joined) {
                        return Given::Value(Text::known(value, Origin::default()));
                    }
                }
            }
        }
        if self.started.commands.is_empty() { Given::Unknown } else { Given::Nothing }
    }
}

/// The container's environment over what dotenv files set.
pub(super) fn environment(
    env: &HashMap<String, String>,
    dotenv: &[super::Dotenv],
) -> IndexMap<String, Variable> {
    let mut all: IndexMap<String, Variable> = IndexMap::new();
    for file in dotenv {
        for (name, variable) in &file.variables {
            all.entry(name.clone()).or_insert_with(|| variable.clone());
        }
    }
    let mut own: Vec<(&String, &String)> = env.iter().collect();
    own.sort();
    for (name, value) in own {
        let value = Some(Text::known(value, Origin::default()));
        all.insert(name.clone(), Variable { key: Span::NONE, value, origin: Origin::default() });
    }
    all
}
