//! Lock files of package managers, and what a note says of how one is made.

use std::path::Path;

use super::notes::is_told;
use crate::compose::Project;
use crate::source::Files;

/// Lock files, with the words of a note that say how one is made.
const LOCKS: [(&str, &[&str]); 10] = [
    ("poetry.lock", &["poetry"]),
    ("Pipfile.lock", &["pipenv"]),
    ("uv.lock", &["uv "]),
    ("package-lock.json", &["npm i"]),
    ("yarn.lock", &["yarn"]),
    ("pnpm-lock.yaml", &["pnpm"]),
    ("composer.lock", &["composer"]),
    ("Gemfile.lock", &["bundle"]),
    ("go.sum", &["go "]),
    ("Cargo.lock", &["cargo"]),
];

/// The words by which a note tells how this lock file is made, if it is one.
pub(super) fn makes_lock(path: &Path) -> Option<&'static [&'static str]> {
    let name = path.file_name().and_then(|name| name.to_str());
    LOCKS.iter().find(|(lock, _)| Some(*lock) == name).map(|(_, words)| *words)
}

/// Whether it is a lock file that nobody is told to make: a clone of the repository has none.
pub(super) fn is_lost_lock(files: &dyn Files, project: &Project, path: &Path) -> bool {
    makes_lock(path).is_some_and(|words| !is_told(files, project, words))
}
