//! The module of Python that a command starts and that is not where it looks for it.

use std::path::{Path, PathBuf};

use super::Scope;
use super::dockerfile::Run;
use super::entry::{By, Call, Launch, Machine, Way};
use super::service_files::is_aside;
use crate::source::{Kind, Text};

/// A module that is started and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsentModule {
    /// The module as written.
    pub module: String,
    /// What starts it.
    pub program: String,
    /// The directory that it is looked for in.
    pub directory: PathBuf,
    /// The file of its name, on this machine, that lies elsewhere.
    pub file: PathBuf,
    /// What to write for it, where that lies below the directory.
    pub instead: Option<String>,
}

/// What starts applications by `module:name`.
const SERVERS: [&str; 4] = ["uvicorn", "gunicorn", "hypercorn", "daphne"];
/// Options with which modules are looked for elsewhere.
const ELSEWHERE: [&str; 7] =
    ["--app-dir", "--chdir", "--pythonpath", "--workdir", "-c", "--config", "--factory-dir"];

/// The first module that the container surely starts, that is not where it looks for it, and whose file lies elsewhere in the
/// container.
#[must_use]
pub(super) fn of(
    machine: &Machine<'_>,
    scope: &Scope,
    runs: &[Run],
    calls: &[Call],
) -> Option<(AbsentModule, Call)> {
    let sure = calls.iter().filter(|call| call.launch.way == Way::Surely && call.launch.by == By::Path);
    sure.filter_map(|call| Some((absent(machine, scope, runs, &call.launch)?, call.clone()))).next()
}

fn absent(machine: &Machine<'_>, scope: &Scope, runs: &[Run], launch: &Launch) -> Option<AbsentModule> {
    let elsewhere = |word: &String| ELSEWHERE.iter().any(|option| word.split('=').next() == Some(option));
    if launch.words.iter().any(elsewhere) || launch.env.contains_key("PYTHONPATH") {
        return None;
    }
    let celery = launch.name() == "celery";
    let module = if celery { application(&launch.words)? } else { served(launch)? };
    let dotted = module
        .split('.')
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let path: PathBuf = module.split('.').collect();
    let files = machine.sources.files();
    let root = machine.files.resolve(files, &launch.directory)?;
    // Of an empty directory nothing is seen.
    if !dotted || files.kind(&root) != Some(Kind::Directory) || files.list(&root).len() < 2 {
        return None;
    }
    let is_there = |path: &Path| {
        let place = launch.directory.join(path);
        machine.has(&place.with_extension("py")) || machine.files.resolve(files, &place).is_some()
    };
    // Celery may be given an application in a module.
    let within = path.parent().filter(|parent| celery && !parent.as_os_str().is_empty());
    if is_there(&path) || within.is_some_and(is_there) {
        return None;
    }
    let name = path.file_name()?.to_str()?;
    let deep = path.components().count() > 1;
    let file = Path::new(name).with_extension("py");
    // Below another root it may have been installed.
    let whole = path.with_extension("py");
    let made = runs.iter().any(|run| run.command.assumed().contains(&format!("{name}.py")));
    let installed = deep && scope.iter().any(|(_, place, _)| place.ends_with(&whole));
    let mut others = scope.iter().filter(|(_, place, _)| place.ends_with(&file) && !is_aside(place));
    let (_, place, source) = others.next().filter(|_| !made && !installed)?;
    let below = place.strip_prefix(&launch.directory).ok();
    let instead = below.map(|below| {
        let parts: Vec<String> = below
            .with_extension("")
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        parts.join(".")
    });
    Some(AbsentModule {
        module: module.to_string(),
        program: launch.name().to_string(),
        directory: launch.directory.clone(),
        file: source.path.clone(),
        instead: instead.filter(|_| others.next().is_none()),
    })
}

/// `uvicorn main:app`
fn served(launch: &Launch) -> Option<&str> {
    let is_server = SERVERS.contains(&launch.name());
    let mut named =
        launch.words.iter().skip(1).filter(|word| !word.starts_with('-') && !word.contains(Text::HOLE));
    let word = named.find(|word| {
        let plain = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        };
        let number = |part: &str| part.chars().all(|c| c.is_ascii_digit());
        word.split_once(':').is_some_and(|(module, name)| plain(module) && !number(name))
    });
    word.filter(|_| is_server)?.split_once(':').map(|(module, _)| module)
}

/// `celery -A proj worker`
fn application(words: &[String]) -> Option<&str> {
    let at = words.iter().position(|word| word == "-A" || word == "--app");
    let attached = || words.iter().find_map(|word| word.strip_prefix("--app="));
    let app = at.and_then(|at| words.get(at + 1)).map(String::as_str).or_else(attached)?;
    (!app.contains(Text::HOLE)).then(|| app.split(':').next())?
}
