//! The dotenv files that a program loads itself, where the container has them.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::entry::Launch;
use super::service_files::ImageTree;
use super::{ModuleIndex, Scope};
use crate::compose::{self, Variable};
use crate::source::{Origin, SourceFile, SourceMap, Span, Text, Via};

/// A dotenv file that a program loads, below the container's environment.
#[derive(Clone, Debug, Default)]
pub struct Dotenv {
    /// The file on this machine.
    pub path: PathBuf,
    /// Where it is in the container.
    pub place: PathBuf,
    /// Where the program asks for it; [`Span::NONE`] when its launcher does.
    pub loaded_by: Span,
    /// What it sets.
    pub variables: IndexMap<String, Variable>,
}

/// Calls and settings by which Python programs load dotenv files, and whether the library looks for
/// `.env` by itself when no name is given.
const LOADERS: &[(&str, bool)] = &[
    ("load_dotenv(", true),
    ("dotenv_values(", true),
    ("find_dotenv(", true),
    ("read_env(", true),
    ("read_envfile(", true),
    ("from decouple import", true),
    ("env_file", false),
    ("Config(", false),
];

/// The dotenv files that these modules load, each once; the earlier was loaded first.
pub(super) fn loaded(
    sources: &SourceMap,
    files: &ImageTree,
    scope: &Scope,
    modules: &[ModuleIndex],
    by_launcher: &[PathBuf],
    start: &Launch,
) -> Vec<Dotenv> {
    let mut found: Vec<Dotenv> = Vec::new();
    let mut add = |place: PathBuf, loaded_by: Span| {
        let Some(path) = files.file(sources.files(), &place) else { return false };
        if !found.iter().any(|known| known.path == path)
            && let Some(variables) = read(sources, &path, loaded_by, start)
        {
            found.push(Dotenv { path, place, loaded_by, variables });
        }
        true
    };
    for place in by_launcher {
        add(place.clone(), Span::NONE);
    }
    for index in modules {
        let Some((place, source)) = scope.get(*index) else { continue };
        for (name, span) in asked_for(&source.file) {
            // Relative names start from the working directory; the libraries' own search, and paths that
            // are put together from `__file__`, from the module's directory upwards.
            let above = place.ancestors().skip(1);
            let directories = std::iter::once(start.directory.as_path()).chain(above);
            let _ = directories.take(12).any(|directory| add(directory.join(&name), span));
        }
    }
    found
}

/// The names of the dotenv files that the text asks for, and where.
fn asked_for(file: &SourceFile) -> Vec<(String, Span)> {
    let mut names = Vec::new();
    if !LOADERS.iter().any(|(sign, _)| file.text.contains(sign)) {
        return names;
    }
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let code = line.trim_start();
        if code.starts_with('#') {
            continue;
        }
        let Some((sign, searches)) = LOADERS.iter().find(|(sign, _)| code.contains(sign)) else { continue };
        let from = start + line.find(sign).unwrap_or(0);
        let span = file.slice(from, start + line.trim_end().len());
        let before = names.len();
        for word in line.split(['"', '\'']).skip(1).step_by(2).filter(|word| is_dotenv(word)) {
            names.push((word.trim_start_matches("./").to_string(), span));
        }
        if *searches && names.len() == before {
            names.push((".env".to_string(), span));
        }
    }
    names
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
    let step = Via::EnvFile(by);
    let variable = |setting: compose::Setting| Variable {
        key: setting.key,
        value: Some(setting.value.via(&step)),
        origin: Origin::at(setting.span).via(step.clone()),
    };
    Some(settings.into_iter().map(|(name, setting)| (name, variable(setting))).collect())
}
