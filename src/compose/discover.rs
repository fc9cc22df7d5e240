//! Which files a project is made of, and what its environment is, before any of them is read
//! (Compose documentation, "How Compose works" and "Pre-defined environment variables").

use std::path::{Path, PathBuf};

use super::environment::{self, EnvFilePath, Environment};
use super::{LoadError, LoadOptions};
use crate::finding::{Problem, ProblemKind};
use crate::source::{Kind, ReadError, SourceMap, Span, Text, clean};

/// The names of compose files, the first found wins.
pub const FILE_NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The names of override files, the first found wins.
pub const OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// What a project is loaded from.
#[derive(Debug)]
pub(crate) struct Found {
    /// The compose files, absolute but for `-`.
    pub files: Vec<PathBuf>,
    /// The project directory.
    pub directory: PathBuf,
    /// The host's variables over those of the env files.
    pub environment: Environment,
    /// The profiles that are asked for.
    pub profiles: Vec<String>,
    /// The env files that were read.
    pub read: Vec<PathBuf>,
}

/// Finds the files of the project and reads its env files.
pub(crate) fn discover(
    sources: &SourceMap,
    options: &LoadOptions,
    problems: &mut Vec<Problem>,
) -> Result<Found, LoadError> {
    let current = clean(&options.current_directory);
    let absolute = |path: &Path| clean(&current.join(path));
    let asked =
        options.project_directory.as_deref().filter(|path| !path.as_os_str().is_empty()).map(absolute);
    let mut environment = Environment::host(&options.environment);
    if environment.get("PWD").is_none() {
        environment.set("PWD", Text::known(current.to_string_lossy(), Default::default()));
    }
    let mut files: Vec<PathBuf> =
        options.files.iter().map(|path| if is_stdin(path) { path.clone() } else { absolute(path) }).collect();
    let first = working(asked.as_deref(), &files, &current);
    let env_files = match named_env_files(options, &current) {
        Some(named) => Some(named),
        None => is_disabled(sources, &mut environment, &first, problems).then(Vec::new),
    };
    let mut read = Vec::new();
    let mut load = |environment: &mut Environment, files: &[PathBuf], problems: &mut Vec<Problem>| {
        let env_files = match &env_files {
            Some(env_files) => env_files.clone(),
            None => environment::default_file(sources, &working(asked.as_deref(), files, &current)),
        };
        environment.load(sources, &env_files, &mut read, problems);
    };
    load(&mut environment, &files, problems);
    if files.is_empty() {
        files = from_environment(&environment, &current);
    }
    if files.is_empty() {
        files = search(sources, &working(asked.as_deref(), &files, &current), problems);
    }
    if files.is_empty() {
        return Err(LoadError::NotFound(asked.unwrap_or(current)));
    }
    if env_files.is_none() {
        load(&mut environment, &files, problems);
    }
    environment.add(options.sample.clone());
    let directory = working(asked.as_deref(), &files, &current);
    let profiles = profiles(options, &environment);
    check(sources, &files)?;
    Ok(Found { files, directory, environment, profiles, read })
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// The project directory: as asked for, else that of the first file, else the process's.
fn working(asked: Option<&Path>, files: &[PathBuf], current: &Path) -> PathBuf {
    let first = files.iter().find(|path| !is_stdin(path)).and_then(|path| path.parent());
    asked.or(first).unwrap_or(current).to_path_buf()
}

/// The env files that are named: with `--env-file`, or `COMPOSE_ENV_FILES`.
fn named_env_files(options: &LoadOptions, current: &Path) -> Option<Vec<EnvFilePath>> {
    let named = |path: &Path| EnvFilePath { path: clean(&current.join(path)), named: Span::NONE };
    if !options.env_files.is_empty() {
        return Some(options.env_files.iter().map(|path| named(path)).collect());
    }
    let list = options.environment.get("COMPOSE_ENV_FILES").filter(|list| !list.is_empty())?;
    Some(list.split(',').map(|path| named(Path::new(path))).collect())
}

/// Whether `COMPOSE_DISABLE_ENV_FILE` switches the default `.env` off. Compose reads its own settings
/// from that file even then, this one among them.
fn is_disabled(
    sources: &SourceMap,
    environment: &mut Environment,
    directory: &Path,
    problems: &mut Vec<Problem>,
) -> bool {
    const NAME: &str = "COMPOSE_DISABLE_ENV_FILE";
    if environment.get(NAME).is_none() {
        let mut all = environment.clone();
        let file = environment::default_file(sources, directory);
        // What is wrong with the file is told when it is read for good.
        all.load(sources, &file, &mut Vec::new(), &mut Vec::new());
        environment.take_over(&all, "COMPOSE_");
    }
    let Some(value) = environment.get(NAME) else { return false };
    match value.assumed().as_str() {
        "1" | "t" | "T" | "true" | "True" | "TRUE" => true,
        "0" | "f" | "F" | "false" | "False" | "FALSE" => false,
        other => {
            let message = format!("`{NAME}` is `{other}`, which is no boolean");
            let problem = Problem::refusal(ProblemKind::InvalidValue, value.span(), message);
            problems.push(problem.help("set it to `true` or `false`"));
            false
        }
    }
}

/// The files that `COMPOSE_FILE` names.
fn from_environment(environment: &Environment, current: &Path) -> Vec<PathBuf> {
    let Some(list) = environment.text("COMPOSE_FILE") else { return Vec::new() };
    let separator = environment.text("COMPOSE_PATH_SEPARATOR").filter(|it| !it.is_empty());
    let separator = separator.unwrap_or_else(|| if cfg!(windows) { ";".into() } else { ":".into() });
    let absolute = |path: &str| if path == "-" { path.into() } else { clean(&current.join(path)) };
    list.split(separator.as_str()).map(absolute).collect()
}

/// The compose file of the directory or the nearest one above it, and its override file.
fn search(sources: &SourceMap, from: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    for directory in from.ancestors() {
        let present = |names: &[&str]| -> Vec<PathBuf> {
            let paths = names.iter().map(|name| directory.join(name));
            paths.filter(|path| sources.files().kind(path).is_some()).collect()
        };
        let bases = present(&FILE_NAMES);
        let Some(base) = bases.first() else { continue };
        let mut files = vec![base.clone()];
        warn_ambiguous(&bases, sources, problems);
        let overrides = present(&OVERRIDE_NAMES);
        warn_ambiguous(&overrides, sources, problems);
        files.extend(overrides.first().cloned());
        return files;
    }
    Vec::new()
}

fn warn_ambiguous(paths: &[PathBuf], sources: &SourceMap, problems: &mut Vec<Problem>) {
    let [winner, ignored @ ..] = paths else { return };
    if ignored.is_empty() {
        return;
    }
    let name = |path: &PathBuf| format!("`{}`", path.file_name().unwrap_or_default().to_string_lossy());
    let names: Vec<String> = ignored.iter().map(name).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    let message = format!("{} {verb} ignored: Compose takes {}", names.join(", "), name(winner));
    let at = sources.load(winner).map_or(Span::NONE, |file| file.span().start());
    let problem = Problem::warning(ProblemKind::AmbiguousProjectFile, at, message);
    problems.push(problem.help("keep one of them, or say which one with `-f`"));
}

/// Every file must be there, and be one.
fn check(sources: &SourceMap, files: &[PathBuf]) -> Result<(), LoadError> {
    for path in files.iter().filter(|path| !is_stdin(path)) {
        let reason = match sources.files().kind(path) {
            Some(Kind::File) => continue,
            Some(Kind::Directory) => ReadError::Directory,
            Some(Kind::Other) => ReadError::NotRegular,
            // Taken in from elsewhere, and not on the disk yet.
            None if sources.load(path).is_ok() => continue,
            None => ReadError::NotFound,
        };
        return Err(LoadError::Unreadable { path: path.clone(), reason });
    }
    Ok(())
}

/// The profiles that are asked for: with `--profile`, else in `COMPOSE_PROFILES`. Compose splits a blank list, too: without any
/// profile, the one with a blank name is asked for.
fn profiles(options: &LoadOptions, environment: &Environment) -> Vec<String> {
    if !options.profiles.is_empty() {
        return options.profiles.clone();
    }
    let list = environment.text("COMPOSE_PROFILES").unwrap_or_default();
    list.split(',').map(|name| name.trim().to_string()).collect()
}
