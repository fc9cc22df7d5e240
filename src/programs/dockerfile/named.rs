//! What the files of requirements that a build installs from name of the file system, and what of it is not in the image.

use std::path::{Path, PathBuf};

use super::{Built, Fault, FaultKind};
use crate::programs::python::local::{Local, named_by};
use crate::programs::service_files::ImageTree;
use crate::programs::versions::images;
use crate::programs::versions::range::Version;
use crate::source::{Files, Span, Text, clean};

/// No file of requirements is longer.
const MAX_FILE: u64 = 400_000;
/// Files that name each other beyond this depth are not followed.
const MAX_DEPTH: usize = 6;

/// The image as it is when a command starts.
pub(super) struct There<'a> {
    pub files: &'a dyn Files,
    pub tree: &'a ImageTree,
    /// Where the command runs.
    pub directory: &'a Path,
    /// Whether something that is not seen may be at a place.
    pub open: &'a dyn Fn(&Path) -> bool,
    /// Whether the build context has it at this path.
    pub in_context: &'a dyn Fn(&str) -> bool,
}

/// The first thing that is named and is not there, by the files that the words of pip name, or by those words themselves.
pub(super) fn absent(there: &There<'_>, words: &[&str], at: Span) -> Option<Fault> {
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let file = match *word {
            "-r" | "--requirement" => rest.next().copied(),
            other => other
                .strip_prefix("--requirement=")
                .or_else(|| other.strip_prefix("-r").filter(|file| file.ends_with(".txt"))),
        };
        if let Some(file) = file.filter(|file| !file.contains("://") && !file.contains('$')) {
            let place = clean(&there.directory.join(file));
            let command = format!("pip install -r {file}");
            if let Some((manifest, source, bare)) = there.of_file(&place, file, MAX_DEPTH) {
                let there = !bare && (there.in_context)(&source);
                return Some(Fault { kind: FaultKind::Named { command, manifest, source, bare, there }, at });
            }
        }
    }
    None
}

/// What the project in a folder names for its package, by backends that stop where it is not there: the page that describes it,
/// its licence, and the folder of its code.
pub(super) fn of_project(there: &There<'_>, folder: &Path, command: &str, at: Span) -> Option<Fault> {
    const STRICT: [&str; 4] = ["hatchling", "flit_core", "uv_build", "poetry.core"];
    let host = there.tree.file(there.files, &folder.join("pyproject.toml"))?;
    let text = String::from_utf8(there.files.read(&host, MAX_FILE).ok()?).ok()?;
    let value = |line: &str| -> Option<String> {
        let (_, rest) = line.split_once('=')?;
        let rest = rest.split_once("file").map_or(rest, |(_, rest)| rest.trim_start_matches([' ', '=']));
        let quote = rest.trim().chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.trim().get(1..)?.split(quote).next().map(str::to_string)
    };
    let mut section = "";
    let (mut backend, mut files, mut name) = (String::new(), Vec::new(), None);
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') && line.ends_with(']') {
            section = line;
        }
        let key = line.split(['=', ' ']).next().unwrap_or("");
        match (section, key) {
            ("[build-system]", "build-backend") => backend = value(line).unwrap_or_default(),
            ("[project]" | "[tool.poetry]", "readme") => files.extend(value(line)),
            ("[project]", "license") if line.contains("file") => files.extend(value(line)),
            ("[project]", "name") => name = value(line),
            _ => {}
        }
    }
    STRICT.iter().any(|known| backend.starts_with(known)).then_some(())?;
    let input = |file: &str, there: bool| FaultKind::Input {
        command: command.to_string(),
        file: file.to_string(),
        there,
        lock: false,
        hidden: None,
    };
    if let Some(file) = files.iter().find(|file| there.lacks(&clean(&folder.join(file)))) {
        return Some(Fault { kind: input(file, (there.in_context)(file)), at });
    }
    // Hatchling packs the folder that is called as the project is, where nothing says another.
    let name = name.filter(|_| backend.starts_with("hatchling") && !text.contains("[tool.hatch.build"))?;
    let name = name.to_lowercase().replace(['-', '.'], "_");
    let places = [format!("{name}/__init__.py"), format!("src/{name}/__init__.py")];
    let alone = folder.join(format!("{name}.py"));
    let lacks = places.iter().all(|place| there.lacks(&folder.join(place))) && there.lacks(&alone);
    let meant = places.iter().find(|place| (there.in_context)(place)).filter(|_| lacks)?;
    Some(Fault { kind: input(meant.strip_suffix("__init__.py").unwrap_or(meant), true), at })
}

/// Whether what the commands of a build install of Poetry is version 2 or later, which ends where the project itself cannot be
/// installed: without a version on a Python that it is made for, or with one from 2 on.
pub(super) fn is_new_poetry(commands: &str, base: &str, built: &Built) -> bool {
    let kept_up = images::of_python(base).is_some_and(|python| python.first() >= (3, 9, 0));
    let installs = |command: &&str| {
        let mut words = command.split_whitespace();
        words.any(|word| matches!(word, "pip" | "pip3" | "pipx")) && words.any(|word| word == "install")
    };
    let installed = commands.split(['\n', ';', '&', '|']).filter(installs).find_map(|command| {
        let words = command.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        words.filter_map(|word| word.strip_prefix("poetry")).find_map(|rest| {
            let named = rest.is_empty() || rest.starts_with(['=', '<', '>', '~', '!', '[']);
            named.then(|| rest.trim_start_matches("[plugin]").to_string())
        })
    });
    let Some(version) = installed else { return false };
    let version = match version.strip_prefix("==") {
        Some(version) if version.starts_with('$') => {
            let name = version.trim_matches(['$', '{', '}']);
            let variable = built.env.get(name).and_then(|variable| variable.value.as_ref());
            variable.map(Text::assumed).unwrap_or_default()
        }
        Some(version) => version.to_string(),
        None if version.is_empty() || version.starts_with('>') && !version.contains('<') => "2".to_string(),
        None => String::new(),
    };
    kept_up && Version::at_start_of(&version).is_some_and(|version| version.major >= 2)
}

/// What Poetry wants for the project's own package and the image does not have yet: the page that describes it, or its code.
pub(super) fn of_poetry(there: &There<'_>, folder: &Path, at: Span) -> Option<Fault> {
    let host = there.tree.file(there.files, &folder.join("pyproject.toml"))?;
    let text = String::from_utf8(there.files.read(&host, MAX_FILE).ok()?).ok()?;
    let section = |name: &str| {
        let at = text.lines().skip_while(|line| line.trim() != name).skip(1);
        at.take_while(|line| !line.starts_with('[')).collect::<Vec<_>>().join("\n")
    };
    let (tool, project) = (section("[tool.poetry]"), section("[project]"));
    let value = |text: &str, key: &str| {
        let mut lines = text.lines().map(str::trim);
        lines
            .find_map(|line| Some(line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim().to_string()))
    };
    let quoted = |text: &str| text.split(['"', '\'']).nth(1).map(str::to_string);
    let asked = |key: &str| value(&tool, key).or_else(|| value(&project, key)).as_deref().and_then(quoted);
    let without = value(&tool, "package-mode").is_some_and(|mode| mode.starts_with("false"));
    if !text.contains("[tool.poetry]") || without || text.contains("[tool.poetry.build]") {
        return None;
    }
    let fault = |file: String| {
        let there = (there.in_context)(file.trim_end_matches('/'));
        let kind = FaultKind::Input {
            command: "poetry install".to_string(),
            file,
            there,
            lock: false,
            hidden: None,
        };
        Some(Fault { kind, at })
    };
    let page = asked("readme").filter(|page| page.contains('.'));
    if let Some(page) = page.filter(|page| there.lacks(&clean(&folder.join(page)))) {
        return fault(page);
    }
    let lacks = |place: &str| {
        let place = clean(&folder.join(place));
        let below = there.tree.resolve(there.files, &place).is_some()
            || there.tree.layers().iter().any(|layer| layer.target.starts_with(&place));
        !below && there.lacks(&place)
    };
    if let Some((_, packages)) = tool.split_once("packages") {
        let packages = packages.split(']').next()?;
        let missing = packages.split('{').skip(1).find_map(|package| {
            let after = |key: &str| package.split_once(key).and_then(|(_, rest)| quoted(rest));
            let include = after("include")?;
            let path = after("from").map_or_else(|| include.clone(), |from| format!("{from}/{include}"));
            (!path.contains('*') && lacks(&path)).then_some(path)
        })?;
        return fault(missing);
    }
    let name = asked("name")?.to_lowercase().replace(['-', '.'], "_");
    let places = [name.clone(), format!("{name}.py"), format!("src/{name}"), format!("src/{name}.py")];
    places.iter().all(|place| lacks(place)).then(|| fault(format!("{name}/"))).flatten()
}

impl There<'_> {
    /// What a file of requirements names that is not there: the file that says so, and whether it is a folder without project.
    fn of_file(&self, place: &Path, shown: &str, depth: usize) -> Option<(String, String, bool)> {
        let host = self.tree.file(self.files, place).filter(|_| depth > 0)?;
        let text = String::from_utf8(self.files.read(&host, MAX_FILE).ok()?).ok()?;
        text.lines().find_map(|line| match named_by(line)? {
            Local::File(path) => {
                let inner = clean(&place.parent().unwrap_or(Path::new("/")).join(&path));
                let beside = Path::new(shown).with_file_name(&path);
                let said = || clean(&beside).display().to_string();
                if self.lacks(&inner) {
                    return Some((shown.to_string(), said(), false));
                }
                self.of_file(&inner, &said(), depth - 1)
            }
            Local::Archive(path) => {
                let lacks = self.lacks(&clean(&self.directory.join(&path)));
                lacks.then(|| (shown.to_string(), path, false))
            }
            Local::Project(path) => {
                let folder = clean(&self.directory.join(&path));
                let manifests: Vec<PathBuf> =
                    ["pyproject.toml", "setup.py"].iter().map(|name| folder.join(name)).collect();
                let lacks = manifests.iter().all(|manifest| self.lacks(manifest));
                let bare = self.tree.resolve(self.files, &folder).is_some()
                    || self.tree.layers().iter().any(|layer| layer.target.starts_with(&folder));
                lacks.then(|| (shown.to_string(), path, bare))
            }
        })
    }

    fn lacks(&self, place: &Path) -> bool {
        self.tree.file(self.files, place).is_none() && !(self.open)(place)
    }
}
