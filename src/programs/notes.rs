//! What the scripts and notes of a project say to do by hand.

use crate::compose::Project;
use crate::source::{Files, repository};

/// Scripts longer than this are not looked through.
pub(super) const MAX_SCRIPT: u64 = 256 << 10;

/// Whether a script, or a note, has such a text.
pub(super) fn is_in_script(
    files: &dyn Files,
    project: &Project,
    notes: bool,
    says: &dyn Fn(&str) -> bool,
) -> bool {
    is_in(files, project, &|name| is_script(name) || notes && is_note(name), says)
}

/// Whether a script, or a note, of the project has one of these texts; manifests of packages are none.
pub(super) fn is_told(files: &dyn Files, project: &Project, words: &[&str]) -> bool {
    let tells = |name: &str| (is_script(name) || is_note(name)) && name != "package.json";
    is_in(files, project, &tells, &|text| words.iter().any(|word| text.contains(word)))
}

/// Whether a file of that kind, in the folders where people look for them, has such a text.
fn is_in(
    files: &dyn Files,
    project: &Project,
    kind: &dyn Fn(&str) -> bool,
    says: &dyn Fn(&str) -> bool,
) -> bool {
    let root = repository(files, &project.directory).unwrap_or_else(|| project.directory.clone());
    let folders = [project.directory.clone(), project.directory.join("scripts"), root.join("scripts"), root];
    let scripts = folders.iter().flat_map(|folder| {
        let names = files.list(folder).into_iter().filter(|name| kind(name));
        names.map(move |name| folder.join(name))
    });
    scripts.into_iter().take(100).any(|script| {
        let bytes = files.read(&script, MAX_SCRIPT).unwrap_or_default();
        says(&String::from_utf8_lossy(&bytes))
    })
}

fn is_note(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("readme")
}

/// Whether a file of this name runs commands, or names them.
pub(super) fn is_script(name: &str) -> bool {
    const NAMES: [&str; 6] =
        ["makefile", "justfile", "taskfile.yml", "taskfile.yaml", "rakefile", "package.json"];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str())
        || [".sh", ".bash", ".ps1", ".bat", ".mk"].iter().any(|end| name.ends_with(end))
}
