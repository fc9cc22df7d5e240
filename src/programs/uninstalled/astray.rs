//! Modules of the program's own that are imported by a name under which Python does not find them: `import config` beside
//! `app/config.py`, in a program that is started as `app.main`; `from .config import …` in a script; `from app.config import …`
//! in what starts within `app`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Program, python, table};
use crate::programs::entry::{Launch, Way};
use crate::source::{Kind, Span, Spanned, clean};

/// A module that Python does not find by the name that it is imported by, and that is there by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Astray {
    /// The name that is imported.
    pub import: String,
    /// Where.
    pub at: Span,
    /// The directory that is looked in.
    pub directory: PathBuf,
    /// Its name from there: `app.config`; blank where it has none.
    pub instead: String,
    /// Why it is not found.
    pub why: Mislaid,
}

/// Why a module is not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mislaid {
    /// It lies beside the one that imports it, and not where Python looks.
    Beside,
    /// Its name is relative, and what imports it is started as a script, or by a name without a package.
    Unpackaged,
    /// Its name is relative, and leads above where Python looks.
    Beyond,
    /// Its name begins with that of the folder in which the program starts, or of one that is copied there.
    Within,
}

/// What starts Python's programs by the name of a module, from the directory that it is started in.
const BY_MODULE: [&str; 6] = ["uvicorn", "gunicorn", "hypercorn", "daphne", "celery", "granian"];
/// Options by which it looks elsewhere.
const ELSEWHERE: [&str; 6] = ["--app-dir", "--chdir", "--pythonpath", "--workdir", "-c", "--config"];

/// The first import of the program's own that Python does not find.
pub(super) fn of(program: &Program<'_>) -> Option<Astray> {
    let is_clear = |words: &[&str]| words.iter().all(|word| program.scope.containing(word).is_empty());
    if let Some(found) = relative(program).filter(|_| is_clear(&["__package__"])) {
        return Some(found);
    }
    let directories = directories(program)?;
    let [directory] = directories.iter().collect::<Vec<_>>()[..] else { return None };
    // Whoever changes the path may put anything there.
    if !is_clear(&["sys.path", "site.addsitedir", "importlib"]) {
        return None;
    }
    let mut found = None;
    python::walk(program, |index, import: &Spanned<String>, named| {
        let top = import.value.split('.').next().unwrap_or_default();
        if found.is_some()
            || named
            || top.is_empty()
            || import.value.starts_with('.')
            || table::is_standard(top)
            || is_module(program, &directory.join(top))
        {
            return;
        }
        let Some((place, _)) = program.scope.get(index) else { return };
        found = beside(program, directory, place, import).or_else(|| within(program, directory, import));
    });
    // It may be a package of that name that is installed.
    let installed = python::installed(program)?;
    found.filter(|astray| {
        let top = astray.import.split('.').next().unwrap_or_default();
        !installed.names.contains(&top.to_lowercase().replace('_', "-"))
    })
}

/// A module that lies beside the one at `place`, and not in the directory that is looked in.
fn beside(program: &Program<'_>, directory: &Path, place: &Path, import: &Spanned<String>) -> Option<Astray> {
    let top = import.value.split('.').next()?;
    let beside = place.parent().filter(|beside| *beside != directory)?;
    let below = beside.strip_prefix(directory).ok().filter(|_| is_module(program, &beside.join(top)))?;
    let parts: Vec<String> =
        below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    Some(Astray {
        import: top.to_string(),
        at: import.span,
        directory: directory.to_path_buf(),
        instead: format!("{}.{top}", parts.join(".")),
        why: Mislaid::Beside,
    })
}

/// A module of the directory that is looked in, by a name that begins with that of the directory: the one that it has in the
/// container, or on this machine.
fn within(program: &Program<'_>, directory: &Path, import: &Spanned<String>) -> Option<Astray> {
    let (top, rest) = import.value.split_once('.')?;
    let files = program.machine.sources.files();
    let host = program.machine.files.resolve(files, directory);
    let named = |path: &Path| path.file_name().is_some_and(|name| name == top);
    if !named(directory) && !host.is_some_and(|host| named(&host)) {
        return None;
    }
    let known = top.to_lowercase().replace('_', "-");
    if table::python().of(top).is_some() || table::python().knows(&known) {
        return None;
    }
    let first = rest.split('.').next()?;
    is_module(program, &directory.join(first)).then(|| Astray {
        import: import.value.clone(),
        at: import.span,
        directory: directory.to_path_buf(),
        instead: rest.to_string(),
        why: Mislaid::Within,
    })
}

/// The first relative import of a module that is in no package where it is started, or that leads above all packages.
fn relative(program: &Program<'_>) -> Option<Astray> {
    let mut entries = Vec::new();
    for call in program.started.calls.iter().filter(|call| call.launch.way == Way::Surely) {
        entries.extend(top_level(&call.launch));
    }
    let [entry] = entries.as_slice() else { return None };
    let directory = entry.parent()?;
    let mut found = None;
    python::walk(program, |index, import: &Spanned<String>, named| {
        let dots = import.value.chars().take_while(|c| *c == '.').count();
        if found.is_some() || named || dots == 0 {
            return;
        }
        let Some((place, _)) = program.scope.get(index) else { return };
        let Some(below) = place.parent().and_then(|folder| folder.strip_prefix(directory).ok()) else {
            return;
        };
        let depth = below.components().count();
        let why = if place == entry { Mislaid::Unpackaged } else { Mislaid::Beyond };
        if dots > depth {
            found = Some(Astray {
                import: import.value.clone(),
                at: import.span,
                directory: directory.to_path_buf(),
                instead: import.value.trim_start_matches('.').to_string(),
                why,
            });
        }
    });
    found
}

/// The module that a command starts without a package: a script, or what servers are told by a name without a dot.
fn top_level(launch: &Launch) -> Option<PathBuf> {
    let name = launch.name();
    let script = |word: &&String| word.ends_with(".py") && !word.starts_with('-');
    let found = if name.starts_with("python") {
        // What stands behind `-m` and `-c` is no script; `-u`, `-B` and the like are followed by none.
        let words = launch.words.get(1..)?.iter();
        words.take_while(|word| !matches!(word.as_str(), "-m" | "-c")).find(|word| !word.starts_with('-'))
    } else {
        launch.words.first()
    };
    if let Some(found) = found.filter(script) {
        return Some(clean(&launch.path(found)));
    }
    const SERVERS: [&str; 5] = ["uvicorn", "gunicorn", "hypercorn", "daphne", "granian"];
    let elsewhere = |word: &String| ELSEWHERE.iter().any(|option| word.split('=').next() == Some(option));
    if !SERVERS.contains(&name) || launch.words.iter().any(elsewhere) {
        return None;
    }
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut names = launch.words.iter().skip(1).filter_map(|word| word.split_once(':'));
    let (module, _) = names.find(|(module, rest)| is_name(module) && is_name(rest.trim_end_matches("()")))?;
    Some(clean(&launch.directory.join(module).with_extension("py")))
}

/// Where Python looks for the modules of all programs that are started; nothing where that is not known.
fn directories(program: &Program<'_>) -> Option<BTreeSet<PathBuf>> {
    let mut out = BTreeSet::new();
    for call in &program.started.calls {
        let launch = &call.launch;
        let name = launch.name();
        let module = BY_MODULE.contains(&name)
            || name.starts_with("python") && launch.words.get(1).is_some_and(|word| word == "-m");
        let script =
            name.starts_with("python") || launch.words.first().is_some_and(|word| word.ends_with(".py"));
        if !module && !script {
            continue;
        }
        let elsewhere = |word: &String| ELSEWHERE.iter().any(|option| word.split('=').next() == Some(option));
        if launch.way != Way::Surely
            || launch.env.contains_key("PYTHONPATH")
            || launch.words.iter().any(elsewhere)
        {
            return None;
        }
        // A script's own directory is looked in.
        out.insert(if module {
            launch.directory.clone()
        } else {
            top_level(launch)?.parent()?.to_path_buf()
        });
    }
    let installs =
        |text: &str| text.contains("install -e") || text.contains("install .") || text.contains("setup.py");
    (!program.runs.iter().any(|run| installs(&run.command.assumed()))).then_some(out)
}

/// Whether a module or package lies there.
fn is_module(program: &Program<'_>, path: &Path) -> bool {
    let files = program.machine.sources.files();
    let tree = program.machine.files;
    tree.file(files, &path.with_extension("py")).is_some()
        || tree.resolve(files, path).is_some_and(|host| files.kind(&host) == Some(Kind::Directory))
}
