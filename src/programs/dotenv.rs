//! The dotenv files that a program loads itself, where the container has them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::entry::{Launch, Started};
use super::service_files::ImageTree;
use super::{ModuleIndex, Scope, Source};
use crate::compose::{self, Project, Variable};
use crate::source::{Origin, SourceMap, Span, Text};

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
            let asked = Asked { name: String::new(), at: file.span, overrides: true, by_script: true };
            add(start.path(&file.value), &asked);
        }
    }
    for place in &started.dotenv {
        add(place.clone(), &Asked::default());
    }
    for index in modules {
        let Some((place, source)) = scope.get(*index) else { continue };
        for asked in asked_for(source) {
            // Relative names start from the working directory; the libraries' own search, and paths that
            // are put together from `__file__`, from the module's directory upwards.
            let above = place.ancestors().skip(1);
            let directories = std::iter::once(start.directory.as_path()).chain(above);
            let mode = started.commands.iter().find_map(|launch| launch.env.get("NODE_ENV"));
            let Some(name) = expanded(&asked.name, start, mode) else { continue };
            let _ = directories.take(12).any(|directory| add(directory.join(&name), &asked));
        }
    }
    found
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
        found.push(AbsentDotenv { path, place, asked_at: at, overrides, example });
    };
    // What Symfony looks for by itself, and has in every project.
    if started.languages.contains(&"php") {
        started
            .dotenv
            .iter()
            .filter(|place| place.ends_with(".env"))
            .for_each(|place| add(place, &Asked::default()));
    }
    for index in modules {
        let Some((place, source)) = scope.get(*index) else { continue };
        for asked in asked_for(source) {
            let Some(name) = expanded(&asked.name, start, None) else { continue };
            let directories =
                [start.directory.as_path()].into_iter().chain(place.ancestors().skip(1)).take(12);
            directories.for_each(|directory| add(&directory.join(&name), &asked));
        }
    }
    found
}

/// The dotenv files that are not there and that the notes of the project say to make from their samples, as those say.
pub(super) fn sampled(
    sources: &SourceMap,
    project: &Project,
    absent: &[AbsentDotenv],
    start: &Launch,
) -> Vec<Dotenv> {
    let lookup = |name: &str| start.env.get(name).map(|value| Text::known(value, Origin::default()));
    let found = absent.iter().filter_map(|file| {
        let (path, settings) = compose::documented(sources, project, &file.path, &lookup)?;
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

/// A dotenv file that a program asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Its name, from the directory that the program starts in.
    pub name: String,
    /// Where it asks.
    pub at: Span,
    overrides: bool,
    by_script: bool,
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
        if line.trim_start().starts_with('#') {
            continue;
        }
        let Some((sign, searches)) = signs.iter().find(|(sign, _)| line.contains(sign)) else { continue };
        let from = start + line.find(sign).unwrap_or(0);
        let span = file.slice(from, start + line.trim_end().len());
        let overrides = line.contains("override=True");
        let mut named = false;
        for word in line.split(['"', '\'']).skip(1).step_by(2).filter(|word| is_dotenv(word)) {
            named = true;
            match asked.iter_mut().find(|known| known.name == name(word)) {
                Some(known) => known.overrides |= overrides,
                None => asked.push(Asked { name: name(word), at: span, overrides, ..Asked::default() }),
            }
        }
        // A call that goes on in the next line may name its file there.
        let whole = line.contains(')') || !line.contains('(') || asked.is_empty();
        if *searches && !named && whole {
            asked.push(Asked { name: ".env".to_string(), at: span, overrides, ..Asked::default() });
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
