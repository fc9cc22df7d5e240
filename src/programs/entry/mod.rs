//! From the command of a container to the modules that its process starts with.

mod ini;
mod launchers;
mod lexer;
mod named;
mod python;
mod shell;
mod wrappers;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) use named::follow_names;

use super::service_files::ImageTree;
use crate::source::{SourceMap, Text, clean};

/// Wrappers, scripts and shells within each other beyond this depth are not followed.
const MAX_DEPTH: usize = 12;
/// Nor are more commands than this.
const MAX_LAUNCHES: usize = 200;
/// Start scripts above this size are no scripts.
const MAX_SCRIPT: usize = 256 << 10;

/// A command that is started: its words, where, and with which variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Launch {
    pub words: Vec<String>,
    pub directory: PathBuf,
    pub env: HashMap<String, String>,
}

impl Launch {
    /// The same place and variables with other words.
    fn with(&self, words: impl IntoIterator<Item = String>) -> Self {
        Self { words: words.into_iter().collect(), ..self.clone() }
    }

    /// A path of the container, relative to where the command is started.
    fn path(&self, path: &str) -> PathBuf {
        clean(&self.directory.join(path))
    }
}

/// Modules of which one is started with: the first that the program has.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Where the command is started.
    pub directory: PathBuf,
    /// The modules, best first.
    pub names: Vec<String>,
}

/// What the commands of a container start with.
#[derive(Clone, Debug, Default)]
pub(super) struct Started {
    /// Directories that absolute imports start from.
    pub roots: Vec<PathBuf>,
    /// Modules.
    pub modules: Vec<Wanted>,
    /// Files, by their place in the container.
    pub files: Vec<PathBuf>,
    /// The management commands of Django that are run.
    pub django_commands: Vec<String>,
    /// Dotenv files that the launcher itself reads.
    pub dotenv: Vec<PathBuf>,
    /// Whether the tests are what is run.
    pub tests: bool,
    /// Whether a Python program is started, found or not.
    pub python: bool,
    /// Whether a program is started that no source of the project belongs to, or one of another language.
    pub foreign: bool,
    /// Whether a command is not understood.
    pub unknown: bool,
}

impl Started {
    fn root(&mut self, directory: &Path) {
        if !self.roots.iter().any(|root| root == directory) {
            self.roots.push(directory.to_path_buf());
        }
    }

    fn want(&mut self, launch: &Launch, names: Vec<String>) {
        self.python = true;
        self.root(&launch.directory);
        self.modules.push(Wanted { directory: launch.directory.clone(), names });
    }
}

/// The container's files, for scripts and settings of launchers.
pub(super) struct Machine<'a> {
    pub sources: &'a SourceMap,
    pub files: &'a ImageTree,
}

impl Machine<'_> {
    /// The text of the file at this place of the container.
    fn text(&self, place: &Path) -> Option<Arc<str>> {
        let host = self.files.file(self.sources.files(), place)?;
        let file = self.sources.load(&host).ok()?;
        (file.text.len() <= MAX_SCRIPT && file.invalid_utf8.is_none()).then(|| file.text.clone())
    }

    fn has(&self, place: &Path) -> bool {
        self.files.file(self.sources.files(), place).is_some()
    }

    /// The place of a program's file: a path, or a name looked for where programs are.
    fn program(&self, launch: &Launch, name: &str) -> Option<PathBuf> {
        if name.contains('/') {
            return Some(launch.path(name)).filter(|place| self.has(place));
        }
        let directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        let found = directories.iter().map(|directory| Path::new(directory).join(name));
        found.chain([launch.path(name)]).find(|place| self.has(place))
    }
}

/// What the container's command starts.
pub(super) fn started(
    machine: &Machine<'_>,
    base: Option<&str>,
    command: &[Text],
    start: &Launch,
) -> Started {
    let mut finder = Finder { machine, out: Started::default(), launches: 0 };
    finder.out.root(&start.directory);
    let words: Vec<String> = command.iter().map(Text::assumed).collect();
    if words.is_empty() {
        match base.and_then(command_of_base) {
            Some((directory, modules)) => {
                let names = modules.iter().map(|name| (*name).to_string()).collect();
                finder.out.want(&Launch { directory: directory.into(), ..start.clone() }, names);
            }
            None => finder.out.unknown = true,
        }
    } else {
        finder.follow(&start.with(words), 0);
    }
    for root in start.env.get("PYTHONPATH").into_iter().flat_map(|path| path.split(':')) {
        if !root.is_empty() && !root.contains(Text::HOLE) {
            finder.out.root(&start.path(root));
        }
    }
    finder.out
}

/// Where base images that start an application by convention look for it: the directory and the
/// modules (their documentation, "`MODULE_NAME`").
fn command_of_base(base: &str) -> Option<(&'static str, &'static [&'static str])> {
    let server = ["uvicorn-gunicorn", "meinheld-gunicorn", "uwsgi-nginx-flask", "uwsgi-nginx"];
    server.iter().any(|name| base.contains(name)).then_some(("/app", &["app.main", "main"]))
}

struct Finder<'a> {
    machine: &'a Machine<'a>,
    out: Started,
    launches: usize,
}

impl Finder<'_> {
    fn follow(&mut self, launch: &Launch, depth: usize) {
        self.launches += 1;
        if depth > MAX_DEPTH || self.launches > MAX_LAUNCHES {
            self.out.unknown = true;
            return;
        }
        let Some(first) = launch.words.first() else { return };
        let name = first.rsplit('/').next().unwrap_or(first).to_string();
        if matches!(name.as_str(), "sh" | "bash" | "dash" | "ash" | "zsh") {
            return self.shell(launch, depth);
        }
        if let Some(inner) = wrappers::unwrap(self.machine, &name, launch) {
            return match inner {
                wrappers::Inner::Launches(all) => {
                    all.iter().for_each(|launch| self.follow(launch, depth + 1));
                }
                wrappers::Inner::Shell(text) => self.text(&text, &launch.with([]), depth),
            };
        }
        if let Some(place) = self.machine.program(launch, first)
            && self.script(&place, launch, depth)
        {
            return;
        }
        if let Some(next) = python::launch(self.machine, &name, launch, &mut self.out) {
            self.follow(&next, depth + 1);
        }
    }

    /// `sh -c "…"`, `sh script.sh`
    fn shell(&mut self, launch: &Launch, depth: usize) {
        let mut words = launch.words.iter().skip(1);
        let mut text = false;
        while let Some(word) = words.next() {
            if word == "-o" || word == "+o" {
                words.next();
            } else if let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.starts_with('-')) {
                text |= flags.contains('c');
            } else if text {
                let arguments = words.skip(1).cloned();
                return self.text(word, &launch.with(arguments), depth);
            } else if !word.starts_with("--") {
                let script = launch.with(std::iter::once(word.clone()).chain(words.cloned()));
                let place = self.machine.program(&script, word);
                let found = place.is_some_and(|place| self.shell_file(&place, &script, depth));
                self.out.unknown |= !found;
                return;
            }
        }
    }

    fn text(&mut self, text: &str, start: &Launch, depth: usize) {
        let source = |place: &Path| self.machine.text(place).map(|text| text.to_string());
        for launch in shell::launches(text, start, &source) {
            self.follow(&launch, depth + 1);
        }
    }

    fn shell_file(&mut self, place: &Path, launch: &Launch, depth: usize) -> bool {
        let Some(text) = self.machine.text(place) else { return false };
        self.text(&text, &launch.with(launch.words.iter().skip(1).cloned()), depth);
        true
    }

    /// A file that is started by its path; says whether it is a script that is understood.
    fn script(&mut self, place: &Path, launch: &Launch, depth: usize) -> bool {
        let Some(text) = self.machine.text(place) else { return false };
        let first = text.lines().next().unwrap_or("");
        let extension = place.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        if extension == "py" || first.starts_with("#!") && first.contains("python") {
            python::file(place, launch.words.get(1..).unwrap_or_default(), &mut self.out);
            return true;
        }
        let shell = first.starts_with("#!") && first.contains("sh");
        (shell || extension == "sh" || extension == "bash") && self.shell_file(place, launch, depth)
    }
}
