//! What a Python program is installed with, as the manifests that the build has and its commands name it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{groups, local};
use crate::programs::dockerfile::Run;
use crate::programs::entry::{Launch, Machine};
use crate::programs::{Module, SinkKind};
use crate::source::{SourceFile, Span, Spanned};

/// Where manifests lie below the directory that the program is started in.
const MANIFESTS: [&str; 14] = [
    "requirements.txt",
    "requirements/base.txt",
    "requirements/common.txt",
    "requirements/prod.txt",
    "requirements/production.txt",
    "requirements/local.txt",
    "requirements/dev.txt",
    "pyproject.toml",
    "Pipfile",
    "setup.py",
    "setup.cfg",
    "environment.yml",
    "poetry.lock",
    "uv.lock",
];

/// How lines of requirements start that name packages which lie elsewhere.
const OTHERS: [&str; 5] = ["./", "../", "-e", "--editable", "file:"];

/// Directories above the started one that are looked at.
const MAX_ABOVE: usize = 3;

/// The names of packages that manifests and the build's commands speak of, in lower case; nothing where no manifest is
/// seen, or where one takes over another that is not, or no module makes a client that looks for a driver by itself.
pub(in crate::programs) fn of<'m>(
    machine: &Machine<'_>,
    directory: &Path,
    runs: &[Run],
    mut modules: impl Iterator<Item = &'m Module>,
) -> HashSet<String> {
    let asks = |kind: SinkKind| {
        matches!(
            kind,
            SinkKind::SqlAlchemy
                | SinkKind::SqlAlchemyAsync
                | SinkKind::DjangoDatabase
                | SinkKind::CeleryBroker
                | SinkKind::CeleryBackend
        )
    };
    let mut names = HashSet::new();
    if !modules.any(|module| module.sinks.iter().any(|sink| asks(sink.kind))) {
        return names;
    }
    let texts: Vec<String> = runs.iter().map(|run| run.command.assumed()).collect();
    let mut places: Vec<_> =
        directory.ancestors().take(MAX_ABOVE).flat_map(|at| MANIFESTS.map(|name| at.join(name))).collect();
    for (run, text) in runs.iter().zip(&texts) {
        let words = text.split_whitespace().collect::<Vec<_>>();
        let behind = words.windows(2).filter(|pair| matches!(pair, ["-r" | "--requirement", _]));
        let behind = behind.filter_map(|pair| pair.get(1).copied());
        let within = words.iter().filter_map(|word| {
            let short = || word.strip_prefix("-r").filter(|name| name.ends_with(".txt"));
            word.strip_prefix("--requirement=").or_else(short)
        });
        // Another stage may install them in a directory of its own.
        let named: Vec<&str> = behind.chain(within).map(|name| name.trim_matches(['"', '\''])).collect();
        places.extend(named.iter().map(|name| directory.join(name)));
        places.extend(named.iter().map(|name| run.directory.join(name)));
    }
    let runs = texts;
    let mut seen = Vec::new();
    for place in &places {
        let Some(host) = machine.below.file(machine.sources.files(), place) else { continue };
        let Ok(file) = machine.sources.load(&host) else { continue };
        let include = |line: &str| line.trim().strip_prefix("-r").map(|name| name.trim().to_string());
        let beside = place.parent().unwrap_or(Path::new("/"));
        let mut included =
            file.text.lines().filter_map(include).map(|name| crate::source::clean(&beside.join(name)));
        // What a package of the project's own, or of a repository, is installed with is not seen.
        let mut lines = file.text.lines().map(str::trim);
        let elsewhere =
            lines.any(|line| OTHERS.iter().any(|start| line.starts_with(start)) || line.contains("git+"));
        if elsewhere || included.any(|name| !places.contains(&name)) {
            return HashSet::new();
        }
        seen.push(file);
    }
    if seen.is_empty() {
        return names;
    }
    for text in seen.iter().map(|file| &*file.text).chain(runs.iter().map(String::as_str)) {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
        names.extend(
            words.filter(|word| word.len() > 2).map(|word| word.to_ascii_lowercase().replace('_', "-")),
        );
    }
    names
}

/// What the build installs of Python's packages.
#[derive(Debug, Default)]
pub(in crate::programs) struct Installed {
    /// The words of all that names packages, in lower case and with `-` for `_`: more than are installed, never less.
    pub names: HashSet<String>,
    /// The first manifest that names some, on this machine.
    pub manifest: Option<PathBuf>,
    /// Whether there are only manifests that name none: nobody installs from those.
    pub blank: bool,
    /// The packages that files of requirements and commands name, without those that they bring, each with the versions that
    /// it may have.
    pub direct: HashMap<String, Spanned<String>>,
    /// Whether manifests of projects name some, too.
    pub projects: bool,
    /// The packages that those name by themselves, where all of that is seen.
    pub of_projects: Option<HashSet<String>>,
    /// Whether a lock file names all.
    pub locked: bool,
    /// Whether some come from an index of one's own.
    pub elsewhere: bool,
    /// Those that are only for some versions of Python (`numpy<2; python_version < "3.9"`), or for another system.
    pub marked: HashSet<String>,
    /// The packages that are named with extras.
    pub extras: HashSet<String>,
    /// The packages that the commands leave out, which manifests name for development.
    pub development: HashSet<String>,
    /// The words of all that names other packages, but in lock files.
    main: HashSet<String>,
}

/// Options of `pip install` that take the next word and name no package.
const TAKES: [&str; 18] = [
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--trusted-host",
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--python",
    "-p",
    "--cache-dir",
    "--timeout",
    "--retries",
    "--progress-bar",
    "-c",
    "--constraint",
];
/// What manifests of projects are called.
const OF_PROJECT: [&str; 8] = [
    "pyproject.toml",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "setup.py",
    "setup.cfg",
];
/// Files of requirements within each other beyond this depth are not followed.
const MAX_NESTED: usize = 8;

/// Everything that the commands of a build install; nothing where one of them may install what is not seen.
pub(in crate::programs) fn installed<'l>(
    machine: &Machine<'_>,
    launches: impl Iterator<Item = &'l Launch>,
) -> Option<Installed> {
    let mut out = Installed::default();
    for launch in launches {
        let words: Vec<&str> = launch.words.iter().map(String::as_str).collect();
        let install = |verbs: &[&str]| words.iter().position(|word| verbs.contains(word));
        match launch.name() {
            "pip" | "pip3" | "uv" if install(&["pip"]).is_some() || launch.name() != "uv" => {
                if let Some(at) = install(&["install", "wheel", "download"]) {
                    out.pip(machine, launch, words.get(at + 1..).unwrap_or_default())?;
                }
            }
            "python" | "python3" if words.get(1..3) == Some(&["-m", "pip"]) => {
                if let Some(at) = install(&["install", "wheel", "download"]) {
                    out.pip(machine, launch, words.get(at + 1..).unwrap_or_default())?;
                }
            }
            "poetry" | "uv" | "pdm" | "pipenv" | "hatch" | "rye" => {
                if install(&["install", "sync", "export", "add", "lock", "run"]).is_some() {
                    out.project(machine, launch, &launch.directory)?;
                }
                let words: HashSet<String> = words.iter().skip(1).flat_map(|word| named(word)).collect();
                out.main.extend(words.iter().cloned());
                out.names.extend(words);
            }
            "conda" | "mamba" | "micromamba" | "easy_install" | "pipx" => return None,
            _ => {}
        }
    }
    let Installed { development, main, .. } = &mut out;
    development.retain(|name| !main.contains(name));
    Some(out)
}

/// The packages of a text that extras are asked of: `uvicorn[standard]`, `uvicorn = { extras = […] }`.
fn with_extras(text: &str) -> impl Iterator<Item = String> {
    let listed = text.match_indices('[').filter_map(|(at, _)| {
        let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        text.get(..at)?.rsplit(end).next()
    });
    let tables =
        text.lines().filter(|line| line.contains("extras")).filter_map(|line| line.split('=').next());
    let names = listed.chain(tables).map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| name.to_ascii_lowercase().replace(['_', '.'], "-"))
}

/// Whether a command installs a project with what its manifest names.
pub(in crate::programs) fn is_of_project(launch: &Launch) -> bool {
    let says = |all: &[&str]| launch.words.iter().any(|word| all.contains(&word.as_str()));
    match launch.name() {
        "poetry" | "uv" | "pdm" | "pipenv" => says(&["install", "sync", "export"]),
        "pip" | "pip3" | "python" | "python3" => {
            says(&["install"]) && launch.words.iter().any(|word| word.starts_with('.'))
        }
        _ => false,
    }
}

/// The words of a text that may be names of packages.
pub(super) fn named(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    words.filter(|word| !word.is_empty()).map(|word| word.to_ascii_lowercase().replace('_', "-"))
}

impl Installed {
    /// The names without those that are left out.
    pub fn without_development(&self) -> HashSet<String> {
        self.names.difference(&self.development).cloned().collect()
    }

    fn pip(&mut self, machine: &Machine<'_>, launch: &Launch, words: &[&str]) -> Option<()> {
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let file = match word {
                "-r" | "--requirement" => Some(words.next()?),
                _ => word.strip_prefix("--requirement=").or_else(|| {
                    word.strip_prefix("-r").filter(|rest| rest.contains('.') && !word.starts_with("--"))
                }),
            };
            if let Some(file) = file {
                // What is compiled or written elsewhere is not seen.
                self.requirements(machine, &launch.path(file), MAX_NESTED)?;
            } else if TAKES.contains(&word) {
                self.elsewhere |= word.contains("index") || word == "-i" || word.contains("find-links");
                words.next();
            } else if matches!(word, "-e" | "--editable") {
                self.package(machine, launch, words.next()?)?;
            } else if word.starts_with('-') {
            } else if word.contains(['/', '$', crate::source::Text::HOLE])
                || word.starts_with('.')
                || word.ends_with(".whl")
            {
                self.package(machine, launch, word)?;
            } else {
                self.names.extend(named(word));
                self.extras.extend(with_extras(word));
                self.main.extend(named(word));
                let word = word.trim_matches(['"', '\'']);
                let found = package_of(word);
                self.direct.extend(found.map(|(name, versions)| (name, Spanned::new(versions, Span::NONE))));
            }
        }
        Some(())
    }

    /// `pip install .`, `pip install /wheels/*`
    fn package(&mut self, machine: &Machine<'_>, launch: &Launch, word: &str) -> Option<()> {
        if word.contains("wheel") && !word.contains("://") {
            // They were made by `pip wheel`, which named them.
            return (!self.names.is_empty()).then_some(());
        }
        let path = word.split('[').next().filter(|path| path.starts_with('.') && !path.contains("://"))?;
        self.names.extend(named(word));
        self.project(machine, launch, &launch.path(path))
    }

    fn project(&mut self, machine: &Machine<'_>, launch: &Launch, directory: &Path) -> Option<()> {
        let mut seen = false;
        for name in OF_PROJECT {
            let file = self.manifest(machine, &directory.join(name));
            let (found, lock) = (file.is_some(), name.contains("lock"));
            if let Some(file) = file.as_ref().filter(|_| !lock) {
                let parts = groups::parts(&file.text, launch);
                self.main.extend(parts.main);
                self.development.extend(parts.development);
                self.of_projects = parts.direct.filter(|_| !seen && !self.projects);
            }
            if let Some(file) = file.filter(|_| lock) {
                let brought = self.development.iter().filter(|name| groups::is_brought(&file.text, name));
                self.main.extend(brought.cloned().collect::<Vec<_>>());
            }
            self.locked |= found && lock;
            seen |= found;
        }
        self.projects |= seen;
        // A project may take its packages from a file of requirements.
        for name in ["requirements.txt", "requirements.in"] {
            if machine.below.file(machine.sources.files(), &launch.path(name)).is_some() {
                self.requirements(machine, &launch.path(name), MAX_NESTED)?;
            }
        }
        seen.then_some(())
    }

    fn manifest(&mut self, machine: &Machine<'_>, place: &Path) -> Option<Arc<SourceFile>> {
        let host = machine.below.file(machine.sources.files(), place)?;
        let file = machine.sources.load(&host).ok()?;
        let before = self.names.len();
        let said = |line: &&str| !line.trim_start().starts_with('#');
        let lines = file.text.lines().filter(said).map(|line| line.split(" #").next().unwrap_or(line));
        self.names.extend(lines.flat_map(named));
        self.extras.extend(with_extras(&file.text));
        if self.names.len() > before {
            self.manifest.get_or_insert(host);
        } else {
            self.blank = self.manifest.is_none();
        }
        Some(file)
    }

    fn requirements(&mut self, machine: &Machine<'_>, place: &Path, depth: usize) -> Option<()> {
        let file = self.manifest(machine, place).filter(|_| depth > 0)?;
        let text = &file.text;
        self.main.extend(named(text));
        let mut next = 0;
        for whole in text.split_inclusive('\n') {
            let (line, start) = (whole.trim(), next + (whole.len() - whole.trim_start().len()));
            next += whole.len();
            let include = line.strip_prefix("--requirement").or_else(|| line.strip_prefix("-r"));
            if let Some(name) = include {
                let name = name.trim_start_matches(['=', ' ']).split(" #").next().unwrap_or("").trim();
                let beside = place.parent().unwrap_or(Path::new("/"));
                self.requirements(machine, &crate::source::clean(&beside.join(name)), depth - 1)?;
            } else if OTHERS.iter().any(|start| line.starts_with(start)) || line.contains("git+") {
                // What lies on somebody's machine only installs nothing.
                if !local::is_astray(machine, line) {
                    return None;
                }
            } else if line.starts_with("--") || line.starts_with("-i") || line.starts_with("-f") {
                self.elsewhere |= line.contains("index") || line.contains("find-links");
            } else if !line.starts_with(['#', '-']) {
                let said = line.split(" #").next().unwrap_or(line).trim_end();
                let at = file.slice(start, start + said.len());
                if said.split_once(';').is_some_and(|(_, marker)| is_of_some(marker)) {
                    self.marked.extend(package_of(said).map(|(name, _)| name));
                }
                self.direct
                    .extend(package_of(said).map(|(name, versions)| (name, Spanned::new(versions, at))));
            }
            // Versions may be held back elsewhere.
            if line.starts_with("-c") || line.starts_with("--constraint") {
                self.locked = true;
            }
        }
        // What wrote down all that was installed says who brings it.
        self.locked |= text.contains("# via ");
        Some(())
    }
}

/// Whether a marker may leave its requirement out in an image: `python_version < "3.9"`, `sys_platform == "win32"`.
fn is_of_some(marker: &str) -> bool {
    let system = ["platform", "os_name"].iter().any(|name| marker.contains(name));
    marker.contains("python")
        || system && marker.contains("==") && !marker.to_ascii_lowercase().contains("linux")
}

/// The package that a requirement names, and the versions that it may have: `psycopg[binary]>=3; python_version > "3"`.
fn package_of(requirement: &str) -> Option<(String, String)> {
    let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let (name, rest) = requirement.split_at_checked(end.unwrap_or(requirement.len()))?;
    let versions = rest.split_once(']').map_or(rest, |(_, after)| after).split(';').next().unwrap_or("");
    let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
    (!name.is_empty()).then(|| (name, versions.trim().to_string()))
}
