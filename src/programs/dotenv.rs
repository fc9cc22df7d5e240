//! The dotenv files that a program loads itself, where the container has them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::dockerfile::Layer;
use super::entry::{Launch, Started};
use super::evaluate::{Outcome, Value, evaluate};
use super::load::{Container, environment};
use super::service_files::ImageTree;
use super::{Expr, ModuleIndex, Scope, Source};
use crate::compose::{self, Project, Variable};
use crate::source::{Files, Origin, SourceMap, Span, Text, clean};

/// A dotenv file that a program loads, below the container's environment.
#[derive(Clone, Debug, Default)]
pub struct Dotenv {
    /// The file on this machine.
    pub path: PathBuf,
    /// Where it is in the container.
    pub place: PathBuf,
    /// Where the program asks for it; [`Span::NONE`] when its launcher does.
    pub loaded_by: Span,
    /// Whether it takes the place of what is set already (`override=True`).
    pub overrides: bool,
    /// Whether the start script loads it, before the program starts.
    pub by_script: bool,
    /// What it sets.
    pub variables: IndexMap<String, Variable>,
}

/// The dotenv files that these modules load, each once; the earlier was loaded first.
pub(super) fn loaded(
    sources: &SourceMap,
    files: &ImageTree,
    scope: &Scope,
    modules: &[ModuleIndex],
    started: &Started,
    start: &Launch,
) -> Vec<Dotenv> {
    let mut found: Vec<Dotenv> = Vec::new();
    let mut add = |place: PathBuf, asked: &Asked| {
        let Some(path) = files.file(sources.files(), &place) else { return false };
        if !found.iter().any(|known| known.path == path)
            && let Some(variables) = read(sources, &path, asked.at, start)
        {
            let (loaded_by, overrides, by_script) = (asked.at, asked.overrides, asked.by_script);
            found.push(Dotenv { path, place, loaded_by, overrides, by_script, variables });
        }
        true
    };
    for module in &started.scripts {
        for file in &module.dotenv {
            // A shell assigns whatever the file says.
            let asked = Asked { at: file.span, overrides: true, by_script: true, ..Asked::default() };
            add(start.path(&file.value), &asked);
        }
    }
    for place in &started.dotenv {
        add(place.clone(), &Asked::default());
    }
    let bare = bare(started, start);
    for index in modules {
        let Some((place, source)) = scope.get(*index) else { continue };
        for asked in asked_for(source) {
            if is_made(scope, *index, &asked, &bare) == Some(false) {
                continue;
            }
            let mode = started.commands.iter().find_map(|launch| launch.env.get("NODE_ENV"));
            let Some(name) = expanded(&asked.name, start, mode) else { continue };
            let mut folders = asked.folders(start, place).into_iter();
            let _ = folders.any(|folder| add(folder.join(&name), &asked));
        }
    }
    found
}

/// The commands with what the dotenv files set that their programs take by themselves, before anything of the project runs.
pub(super) fn told(started: &Started, loaded: &[Dotenv]) -> Vec<Launch> {
    let taken = || loaded.iter().filter(|file| started.dotenv.contains(&file.place));
    let mut commands = started.commands.clone();
    for launch in &mut commands {
        for (name, variable) in taken().flat_map(|file| &file.variables) {
            let value = variable.value.as_ref().map(Text::assumed);
            if let Some(value) = value.filter(|_| !launch.env.contains_key(name)) {
                launch.env.insert(name.clone(), value);
            }
        }
    }
    commands
}

/// A dotenv file that a program asks for and that is not there: somebody may make it, and the container would have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AbsentDotenv {
    /// Where it would lie on this machine.
    pub path: PathBuf,
    /// Where it would be in the container.
    pub place: PathBuf,
    /// Where the program asks for it.
    pub asked_at: Span,
    /// Whether it would take the place of what is set already.
    pub overrides: bool,
    /// The variables of the example beside it, if there is one, each with its value there.
    pub example: Option<Vec<(String, String)>>,
    /// Whether nothing near it speaks of it, nor of variables of the environment: who starts the project has none.
    pub unspoken: bool,
}

/// What examples of dotenv files are called.
const EXAMPLES: [&str; 10] = [
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    ".env-example",
    ".env_example",
    ".env.local.example",
    "env.example",
    "example.env",
    "sample.env",
];

/// The dotenv files that these modules ask for and that are not there.
pub(super) fn absent(
    sources: &SourceMap,
    files: &ImageTree,
    scope: &Scope,
    modules: &[ModuleIndex],
    started: &Started,
    start: &Launch,
) -> Vec<AbsentDotenv> {
    let mut found: Vec<AbsentDotenv> = Vec::new();
    let mut add = |place: &Path, asked: &Asked| {
        let at = asked.at;
        let Some(path) = files.place_for(sources.files(), place) else { return };
        if found.iter().any(|known| known.path == path) {
            return;
        }
        let example = EXAMPLES.iter().find_map(|name| {
            let variables = read(sources, &path.with_file_name(name), at, start)?;
            let value = |variable: &Variable| variable.value.as_ref().map(Text::assumed);
            let all = variables.iter().map(|(name, it)| (name.clone(), value(it).unwrap_or_default()));
            Some(all.collect())
        });
        let (place, overrides) = (place.to_path_buf(), asked.overrides);
        let unspoken = example.is_none() && compose::is_unspoken(sources, &path, None);
        found.push(AbsentDotenv { path, place, asked_at: at, overrides, example, unspoken });
    };
    // What Symfony looks for by itself, and has in every project.
    if started.languages.contains(&"php") {
        started
            .dotenv
            .iter()
            .filter(|place| place.ends_with(".env"))
            .for_each(|place| add(place, &Asked::default()));
    }
    let bare = bare(started, start);
    for index in modules {
        let Some((place, source)) = scope.get(*index) else { continue };
        for asked in asked_for(source) {
            let Some(name) = expanded(&asked.name, start, None) else { continue };
            if is_made(scope, *index, &asked, &bare) != Some(false) {
                asked.folders(start, place).iter().for_each(|folder| add(&folder.join(&name), &asked));
            }
        }
    }
    found
}

/// The container's files with those that a build of Next.js takes along into what it makes to stand alone: `.env` and
/// `.env.production` of the folder that it builds in.
pub(super) fn carried(
    files: &ImageTree,
    below: &ImageTree,
    copied: &[(PathBuf, PathBuf)],
    started: &mut Started,
) -> ImageTree {
    let mut layers = Vec::new();
    for (from, to) in copied {
        let Some(built) = from
            .to_str()
            .and_then(|from| from.trim_end_matches(['/', '.']).strip_suffix("/.next/standalone"))
        else {
            continue;
        };
        for layer in below.layers().iter().filter(|layer| layer.directory) {
            if let Ok(rest) = Path::new(built).strip_prefix(&layer.target) {
                layers.push(Layer {
                    target: clean(to),
                    host: clean(&layer.host.join(rest)),
                    hides: false,
                    ..layer.clone()
                });
            }
        }
        started.dotenv.extend([".env.production", ".env"].map(|name| clean(&to.join(name))));
    }
    layers.extend(files.layers().iter().cloned());
    ImageTree::new(layers)
}

/// The `.env` that a program's framework looks for by itself, where it is not there.
pub(super) fn implied(sources: &SourceMap, files: &ImageTree, started: &Started) -> Vec<AbsentDotenv> {
    let own = started.dotenv.iter().filter(|place| place.ends_with(".env"));
    let found = own.filter_map(|place| {
        let path = files.place_for(sources.files(), place)?;
        Some(AbsentDotenv { path, place: place.clone(), ..AbsentDotenv::default() })
    });
    found.collect()
}

/// The dotenv files that are not there and that the notes of the project say to make from their samples, or that its start script
/// makes of them, perhaps for another service, as those say.
pub(super) fn sampled(
    sources: &SourceMap,
    project: &Project,
    absent: &[AbsentDotenv],
    (started, start): (&Started, &Launch),
) -> Vec<Dotenv> {
    let lookup = |name: &str| start.env.get(name).map(|value| Text::known(value, Origin::default()));
    let scripts = started.scripts.iter().filter_map(|script| sources.load(&script.path).ok());
    let mut copies = scripts.flat_map(|file| file.text.lines().map(str::to_string).collect::<Vec<_>>());
    let made = copies.any(|line| line.contains("cp ") && line.contains(".env.") && line.contains(" .env"));
    let found = absent.iter().filter_map(|file| {
        let (path, settings) = match compose::documented(sources, project, &file.path, &lookup) {
            Some(found) => found,
            None => compose::sampled(sources, &file.path, &lookup).filter(|_| made)?,
        };
        let variables = variables(settings, file.asked_at);
        let (place, overrides) = (file.place.clone(), file.overrides);
        Some(Dotenv { path, place, loaded_by: file.asked_at, overrides, by_script: false, variables })
    });
    found.collect()
}

/// The name of a file with what variables say in place of their references: `.env.${NODE_ENV:-development}`.
fn expanded(name: &str, start: &Launch, mode: Option<&String>) -> Option<String> {
    let Some((before, rest)) = name.split_once("${") else { return Some(name.to_string()) };
    let (reference, after) = rest.split_once('}')?;
    let (variable, default) = match reference.split_once(":-") {
        Some((variable, default)) => (variable, Some(default)),
        None => (reference, None),
    };
    let own = mode.filter(|_| variable == "NODE_ENV").or_else(|| start.env.get(variable));
    let value = own.map(String::as_str).filter(|value| !value.is_empty()).or(default)?;
    // More than one of them is no name of a file.
    let known = !value.contains(Text::HOLE) && !after.contains("${");
    known.then(|| format!("{before}{value}{after}"))
}

/// Where a program looks for a dotenv file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DotenvFolder {
    /// Where the program starts, and from its code upwards.
    #[default]
    Start,
    /// In this folder alone, which counts from that of the code.
    Beside(String),
    /// It cannot be told.
    Unknown,
}

/// A dotenv file that a program asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Its name, from the directory that the program starts in.
    pub name: String,
    /// Where it asks.
    pub at: Span,
    /// Where it looks.
    pub folder: DotenvFolder,
    overrides: bool,
    by_script: bool,
}

impl Asked {
    /// The folders that it is looked for in, by code that lies at this place.
    pub fn folders(&self, start: &Launch, place: &Path) -> Vec<PathBuf> {
        let above = place.ancestors().skip(1);
        match (&self.folder, place.parent()) {
            (DotenvFolder::Beside(folder), Some(own)) => vec![clean(&own.join(folder))],
            // Relative names start from the working directory; the libraries' own search, and paths that
            // are put together from `__file__`, from the module's directory upwards.
            _ => {
                [start.directory.as_path()].into_iter().chain(above).take(12).map(Path::to_path_buf).collect()
            }
        }
    }

    /// Where it lies when the program is started so, if that is one place.
    pub fn place(&self, start: &Launch, code: &Path) -> Option<PathBuf> {
        let folder = match &self.folder {
            DotenvFolder::Start => start.directory.clone(),
            DotenvFolder::Beside(folder) => code.parent()?.join(folder),
            DotenvFolder::Unknown => return None,
        };
        Some(clean(&folder.join(&self.name)))
    }
}

/// Whether the call that asks for the file is made in this environment: `None` where that cannot be told, and without a
/// condition it is.
pub(super) fn is_made(scope: &Scope, index: ModuleIndex, asked: &Asked, env: &Bare) -> Option<bool> {
    let (_, source) = scope.get(index)?;
    let Some(call) = condition_of(source, asked) else { return Some(true) };
    match evaluate(scope, index, env, call).value {
        Value::Null(_) => Some(false),
        Value::Unknown => None,
        _ => Some(true),
    }
}

/// What a program finds before it loads anything.
pub(super) type Bare = IndexMap<String, Variable>;

/// What the programs of these commands find before they load anything.
pub(super) fn bare(started: &Started, start: &Launch) -> Bare {
    let mut env = start.env.clone();
    env.extend(started.commands.iter().flat_map(|launch| launch.env.clone()));
    environment(&env, &[])
}

/// The variable that is set so that the file is not asked for.
pub(super) fn left_out_by(scope: &Scope, index: ModuleIndex, asked: &Asked, env: &Bare) -> Option<String> {
    let (_, source) = scope.get(index)?;
    let found = evaluate(scope, index, env, condition_of(source, asked)?);
    let mut set = found.trail.reads.iter().filter(|read| read.outcome == Outcome::Set);
    let by = set.next().filter(|_| matches!(found.value, Value::Null(_)))?;
    set.all(|other| other.variable == by.variable).then(|| by.variable.to_string())
}

/// The names to which a dotenv file at this place of the container gives values, or the sample of it, and where it lies there.
pub(super) fn names_in(container: &Container<'_>, place: &Path) -> Option<(String, Vec<String>)> {
    let path = container.files.place_for(container.sources.files(), place)?;
    let samples = EXAMPLES.iter().map(|name| path.with_file_name(name));
    let set = std::iter::once(path.clone())
        .chain(samples)
        .find_map(|path| read(container.sources, &path, Span::NONE, container.start))?;
    let given =
        set.iter().filter(|(_, it)| it.value.as_ref().is_some_and(|value| !value.assumed().is_empty()));
    Some((place.display().to_string(), given.map(|(name, _)| name.clone()).collect()))
}

/// The name of the sample of a dotenv file that lies where that would, and that is not there itself.
pub(super) fn sample_beside(files: &dyn Files, path: &Path) -> Option<String> {
    let there = |name: &&&str| files.kind(&path.with_file_name(name)).is_some();
    let sample = EXAMPLES.iter().find(there).map(|name| (*name).to_string());
    sample.filter(|_| files.kind(path).is_none() && path.ends_with(".env"))
}

/// The call that asks for the file, where it stands under a condition.
pub(super) fn condition_of<'s>(source: &'s Source, asked: &Asked) -> Option<&'s Expr> {
    let mut calls = source.module().dotenv_where.iter();
    calls
        .find(|call| call.span.contains(asked.at.start()) || asked.at.contains(call.span.start()))
        .map(|call| &call.value)
}

/// The dotenv files that a source asks for: what its front end understood, and what the lines of
/// the calls show where it did not.
pub(super) fn asked_for(source: &Source) -> Vec<Asked> {
    let mut asked: Vec<Asked> = Vec::new();
    let signs = source.front_end.dotenv_signs();
    if !signs.is_empty() && !source.signs().dotenv {
        return asked;
    }
    let understood = source.module().dotenv.iter();
    // Blank is the library's own search; a language with signs finds that by its lines.
    let understood = understood.filter(|name| !name.value.is_empty() || signs.is_empty());
    let name = |text: &str| text.trim_start_matches("./").to_string();
    let named = |path: &str| if path.is_empty() { ".env".to_string() } else { name(path) };
    asked.extend(understood.map(|path| Asked { name: named(path), at: path.span, ..Asked::default() }));
    if signs.is_empty() {
        return asked;
    }
    let file = source.file();
    let found = signs.iter().flat_map(|(sign, _)| file.text.match_indices(sign));
    let starts: BTreeSet<usize> = found.map(|(at, _)| start_of_line(&file.text, at)).collect();
    for start in starts {
        let Some(line) = file.text.get(start..).and_then(|rest| rest.lines().next()) else { continue };
        let comments: &[&str] =
            if source.front_end.name() == "php" { &["#", "//", "*", "/*"] } else { &["#"] };
        if comments.iter().any(|sign| line.trim_start().starts_with(sign)) {
            continue;
        }
        let Some((sign, searches)) = signs.iter().find(|(sign, _)| line.contains(sign)) else { continue };
        let from = start + line.find(sign).unwrap_or(0);
        let span = file.slice(from, start + line.trim_end().len());
        let overrides = line.contains("override=True");
        let folder = source.front_end.dotenv_folder(&file.text, from);
        let name = |word: &str| match &folder {
            DotenvFolder::Start => name(word),
            DotenvFolder::Beside(_) => word.rsplit('/').next().unwrap_or(word).to_string(),
            DotenvFolder::Unknown => word.trim_start_matches('/').to_string(),
        };
        let mut named = false;
        for word in line.split(['"', '\'']).skip(1).step_by(2).filter(|word| is_dotenv(word)) {
            named = true;
            match asked.iter_mut().find(|known| known.name == name(word)) {
                Some(known) => known.overrides |= overrides,
                None => {
                    let (name, folder) = (name(word), folder.clone());
                    asked.push(Asked { name, at: span, folder, overrides, ..Asked::default() });
                }
            }
        }
        // A call that goes on in the next line may name its file there.
        let whole = line.contains(')') || !line.contains('(') || asked.is_empty();
        if *searches && !named && whole {
            let (name, folder) = (".env".to_string(), folder.clone());
            asked.push(Asked { name, at: span, folder, overrides, ..Asked::default() });
        }
    }
    asked
}

fn start_of_line(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// Whether the text looks like the path of a dotenv file: `.env`, `prod.env`, `config/.env.local`.
fn is_dotenv(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or(text);
    (name.starts_with(".env") || name.ends_with(".env")) && !text.contains(['{', '*', ' '])
}

fn read(sources: &SourceMap, path: &Path, by: Span, start: &Launch) -> Option<IndexMap<String, Variable>> {
    let file = sources.load(path).ok()?;
    let lookup = |name: &str| start.env.get(name).map(|value| Text::known(value, Origin::default()));
    let mut settings = compose::Settings::new();
    compose::dotenv::read(&file, &lookup, &mut settings, &mut Vec::new());
    Some(variables(settings, by))
}

fn variables(settings: compose::Settings, by: Span) -> IndexMap<String, Variable> {
    settings.into_iter().map(|(name, setting)| (name, setting.variable(by))).collect()
}
