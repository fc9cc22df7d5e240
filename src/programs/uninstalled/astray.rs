//! Modules of the program's own that are imported by a name under which Python does not find them: `import config` beside
//! `app/config.py`, in a program that is started as `app.main`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Program, python, table};
use crate::programs::entry::Way;
use crate::source::{Kind, Span, Spanned};

/// A module that lies beside the one that imports it, and not where Python looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Astray {
    /// The name that is imported.
    pub import: String,
    /// Where.
    pub at: Span,
    /// The directory that is looked in.
    pub directory: PathBuf,
    /// Its name from there: `app.config`.
    pub instead: String,
}

/// What starts Python's programs by the name of a module, from the directory that it is started in.
const BY_MODULE: [&str; 6] = ["uvicorn", "gunicorn", "hypercorn", "daphne", "celery", "granian"];
/// Options by which it looks elsewhere.
const ELSEWHERE: [&str; 6] = ["--app-dir", "--chdir", "--pythonpath", "--workdir", "-c", "--config"];

/// The first import of the program's own that Python does not find.
pub(super) fn of(program: &Program<'_>) -> Option<Astray> {
    let directories = directories(program)?;
    let [directory] = directories.iter().collect::<Vec<_>>()[..] else { return None };
    // Whoever changes the path may put anything there.
    let changes = ["sys.path", "site.addsitedir", "importlib"];
    if changes.iter().any(|word| !program.scope.containing(word).is_empty()) {
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
        {
            return;
        }
        let Some((place, _)) = program.scope.get(index) else { return };
        let Some(beside) = place.parent().filter(|beside| *beside != directory) else { return };
        if is_module(program, &directory.join(top)) || !is_module(program, &beside.join(top)) {
            return;
        }
        let Ok(below) = beside.strip_prefix(directory) else { return };
        let parts: Vec<String> =
            below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        found = Some(Astray {
            import: top.to_string(),
            at: import.span,
            directory: directory.clone(),
            instead: format!("{}.{top}", parts.join(".")),
        });
    });
    // It may be a package of that name that is installed.
    let installed = python::installed(program)?;
    found.filter(|astray| !installed.names.contains(&astray.import.to_lowercase().replace('_', "-")))
}

/// Where Python looks for the modules of all programs that are started; nothing where that is not known.
fn directories(program: &Program<'_>) -> Option<BTreeSet<PathBuf>> {
    let mut out = BTreeSet::new();
    for call in &program.started.calls {
        let launch = &call.launch;
        let name = launch.name();
        let module = BY_MODULE.contains(&name)
            || name.starts_with("python") && launch.words.get(1).is_some_and(|word| word == "-m");
        if !module {
            // A script's own directory is looked in.
            if name.starts_with("python") || launch.words.first().is_some_and(|word| word.ends_with(".py")) {
                return None;
            }
            continue;
        }
        let elsewhere = |word: &String| ELSEWHERE.iter().any(|option| word.split('=').next() == Some(option));
        if launch.way != Way::Surely
            || launch.env.contains_key("PYTHONPATH")
            || launch.words.iter().any(elsewhere)
        {
            return None;
        }
        out.insert(launch.directory.clone());
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
