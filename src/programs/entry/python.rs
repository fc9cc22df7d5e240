//! What a command starts: Python files, modules, and the launchers of Python programs.

use std::path::{Path, PathBuf};

use super::launchers::{self, Outcome};
use super::{Launch, Launched, Machine, Started, Starter};
use crate::programs::service_files::is_aside;
use crate::programs::{self, ModuleIndex, Scope, has_extension};

pub(super) const LANGUAGE: &str = "python";

/// Python.
pub(super) struct Python;

impl Starter for Python {
    fn language(&self) -> &'static str {
        LANGUAGE
    }

    fn launch(&self, machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
        if is_python(name) {
            return interpreter(machine, launch, out).map_or(Launched::Started, Launched::Next);
        }
        match launchers::start(machine, name, launch, out) {
            Outcome::Started => return Launched::Started,
            Outcome::Other => {}
        }
        match defined(machine, launch, name) {
            Some(Defined::Module(module)) => {
                out.want(launch, vec![module]);
                Launched::Started
            }
            Some(Defined::Command(text)) => {
                Launched::Next(launch.with(["sh".to_string(), "-c".to_string(), text]))
            }
            None => Launched::Other,
        }
    }

    fn script(&self, place: &Path, first: &str) -> bool {
        has_extension(place, &["py"]) || first.starts_with("#!") && first.contains("python")
    }

    fn file(&self, place: &Path, arguments: &[String], out: &mut Started) {
        file(place, arguments, out);
    }

    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
        let files =
            started.files.iter().filter(|place| has_extension(place, &["py"]) || scope.at(place).is_some());
        let mut found: Vec<ModuleIndex> = files.filter_map(|place| scope.at(place)).collect();
        let pages: Vec<ModuleIndex> = found.iter().flat_map(|index| pages_of(scope, *index)).collect();
        found.extend(pages);
        for wanted in &started.modules {
            let importer = wanted.directory.join("entry.py");
            let direct = |name: &String| scope.resolve_from(&importer, &programs::python::Python, name);
            let one = wanted.names.iter().find_map(direct);
            let one = one.or_else(|| wanted.names.iter().find_map(|name| installed(scope, name)));
            if let Some(index) = one {
                if let Some(root) = root_of(scope, index, &wanted.names)
                    && !scope.roots.contains(&root)
                {
                    scope.roots.push(root);
                }
                found.push(index);
            }
        }
        found
    }
}

/// The scripts that Streamlit runs as the pages of a program.
fn pages_of(scope: &Scope, index: ModuleIndex) -> Vec<ModuleIndex> {
    let Some((place, source)) = scope.get(index) else { return Vec::new() };
    let streamlit = source.imports().iter().any(|name| name == "streamlit");
    let pages = place.with_file_name("pages");
    match streamlit {
        true => scope.within(&pages).map(|(index, _)| index).collect(),
        false => Vec::new(),
    }
}

fn is_python(name: &str) -> bool {
    let rest = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
    rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// `python -u -m package.module …`, `python file.py …`
fn interpreter(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Option<Launch> {
    let mut words = launch.words.iter().skip(1);
    while let Some(word) = words.next() {
        let Some(option) = word.strip_prefix('-').filter(|option| !option.is_empty()) else {
            let rest: Vec<String> = words.cloned().collect();
            let place = launch.path(word);
            // A directory or archive is run by the `__main__` in it.
            let main = place.join("__main__.py");
            file(if machine.has(&main) { &main } else { &place }, &rest, out);
            return None;
        };
        if word == "--" || option.starts_with('-') {
            continue;
        }
        // Flags may be put together (`-um module`); the argument of `-m` may follow at once.
        for (at, flag) in option.char_indices() {
            let attached = option.get(at + 1..).filter(|rest| !rest.is_empty()).map(str::to_string);
            match flag {
                'm' => {
                    let module = attached.or_else(|| words.next().cloned())?;
                    return self::module(machine, &module, &launch.with(words.cloned()), out);
                }
                'c' => {
                    let text = attached.or_else(|| words.next().cloned()).unwrap_or_default();
                    out.language(LANGUAGE);
                    out.root(&launch.directory);
                    out.want(launch, imported(&text));
                    return None;
                }
                'W' | 'X' => {
                    if attached.is_none() {
                        words.next();
                    }
                    break;
                }
                _ => {}
            }
        }
    }
    out.unknown = true;
    None
}

/// The modules that `python -c` names in `import` and `from`.
fn imported(text: &str) -> Vec<String> {
    let mut words = text.split(|c: char| c.is_whitespace() || c == ';' || c == ',').peekable();
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        if matches!(word, "import" | "from")
            && let Some(name) = words.peek().filter(|name| launchers::is_dotted(name))
        {
            names.push((*name).to_string());
        }
    }
    names
}

/// `python -m module`: a launcher that is run as a module, or a module of the program.
fn module(machine: &Machine<'_>, module: &str, launch: &Launch, out: &mut Started) -> Option<Launch> {
    let arguments = &launch.words;
    if module == "debugpy" || module == "pdb" || module == "cProfile" || module == "trace" {
        let at = arguments.iter().position(|word| word == "-m");
        let rest: Vec<String> = match at {
            Some(at) => arguments.iter().skip(at).cloned().collect(),
            None => {
                let takes = ["--listen", "--connect", "--log-to", "-o", "-s"];
                let at = super::wrappers::after_options(arguments, 0, &takes)?;
                arguments.get(at..)?.to_vec()
            }
        };
        return Some(launch.with(std::iter::once("python".to_string()).chain(rest)));
    }
    let name = module.split('.').next().unwrap_or(module).to_string();
    let again = launch.with(std::iter::once(name.clone()).chain(arguments.iter().cloned()));
    if module == name && super::wrappers::unwrap(machine, &name, &again).is_some() {
        return Some(again);
    }
    match launchers::start(machine, &name, &again, out) {
        Outcome::Started => {}
        Outcome::Other => {
            let main = format!("{module}.__main__");
            let names = vec![main, module.to_string()];
            out.want(launch, names);
        }
    }
    None
}

/// A Python file that is run.
pub(super) fn file(place: &Path, arguments: &[String], out: &mut Started) {
    out.language(LANGUAGE);
    if let Some(directory) = place.parent() {
        out.root(directory);
    }
    if place.file_name().is_some_and(|name| name == "manage.py" || name == "django-admin.py") {
        out.django_commands.extend(arguments.iter().find(|word| !word.starts_with('-')).cloned());
    }
    out.files.push(place.to_path_buf());
}

/// A command that the project's own files define.
enum Defined {
    /// `name = "module:function"`: a script that the package installs.
    Module(String),
    /// `name = "command …"`: a task of PDM, Poe, taskipy, Pipenv or Hatch.
    Command(String),
}

fn defined(machine: &Machine<'_>, launch: &Launch, name: &str) -> Option<Defined> {
    for directory in launch.directory.ancestors() {
        for file in ["pyproject.toml", "setup.cfg", "setup.py", "Pipfile"] {
            let Some(text) = machine.text(&directory.join(file)) else { continue };
            let mut found = text.lines().filter_map(|line| {
                let line = line.trim().trim_matches(['"', '\'', ',']);
                let (key, value) = line.split_once('=')?;
                (key.trim().trim_matches(['"', '\'']) == name).then(|| defined_as(value))?
            });
            if let Some(found) = found.next_back() {
                return Some(found);
            }
        }
    }
    None
}

fn defined_as(value: &str) -> Option<Defined> {
    // `{cmd = "…"}`, `{shell = "…"}`, or the text itself.
    let value = value.trim();
    let value = match value.strip_prefix('{') {
        Some(table) => {
            let keys = ["cmd", "shell"];
            let rest = keys.iter().find_map(|key| table.split_once(key).map(|(_, rest)| rest))?;
            rest.split(['"', '\'']).nth(1)?
        }
        None => value.trim_matches(['"', '\'', ',', ' ', ']']),
    };
    let module = value.split([':', '"', '\'']).next().unwrap_or("").trim();
    if value.contains(' ') {
        Some(Defined::Command(value.to_string()))
    } else if value.contains(':') && launchers::is_dotted(module) {
        Some(Defined::Module(module.to_string()))
    } else {
        None
    }
}

/// A module of a package that was installed from its sources, wherever those lie.
fn installed(scope: &Scope, name: &str) -> Option<ModuleIndex> {
    let path: PathBuf = name.split('.').collect();
    if path.components().count() < 2 && !name.contains('_') {
        // A single plain word lies in too many places.
        return None;
    }
    let file = path.with_extension("py");
    let package = path.join("__init__.py");
    let ends = |place: &Path| place.ends_with(&file) || place.ends_with(&package);
    let found = scope.iter().filter(|(_, place, _)| ends(place) && !is_aside(place));
    found.min_by_key(|(_, place, _)| place.components().count()).map(|(index, ..)| index)
}

/// The directory from which the module has the name that it was found by.
fn root_of(scope: &Scope, index: ModuleIndex, names: &[String]) -> Option<PathBuf> {
    let (place, _) = scope.get(index)?;
    names.iter().find_map(|name| {
        let path: PathBuf = name.split('.').collect();
        let package = path.join("__init__.py");
        let file = path.with_extension("py");
        let depth = [&package, &file].into_iter().find(|end| place.ends_with(end))?.components().count();
        place.ancestors().nth(depth).map(Path::to_path_buf)
    })
}
