//! Samples of env files of which nothing says that a file is to be made of them: a fresh clone has none, and whoever follows
//! the notes starts without it.

use std::path::{Path, PathBuf};

use super::neighbours::is_script;
use super::samples::is_named;
use crate::source::{SourceMap, repository};

/// Folders from a file's own upwards whose notes may speak of it.
const MAX_ABOVE: usize = 3;

/// Notes and scripts that are looked into, and their size.
const MAX_TEXTS: usize = 80;
const MAX_SIZE: u64 = 256 << 10;

/// Folders of a repository in which notes and scripts lie.
const FOLDERS: [&str; 8] =
    ["docs", "doc", "scripts", "script", "bin", ".github", ".github/workflows", ".devcontainer"];

/// Files that say what is done with a project, beside scripts and READMEs.
const OTHERS: [&str; 6] = [".gitlab-ci.yml", "jenkinsfile", "procfile", "rakefile", "tasks.py", "fabfile.py"];

/// Endings of notes.
const NOTES: [&str; 4] = [".md", ".markdown", ".rst", ".adoc"];

/// Words with which notes speak of the file without its name.
const WORDS: [&str; 11] = [
    "environment var",
    "environment file",
    "env var",
    "env file",
    "env-file",
    "variables d'environnement",
    "variables de entorno",
    "variáveis de ambiente",
    "umgebungsvariable",
    "переменные окружения",
    "环境变量",
];

/// What the comments of a sample say of what it is for.
const COPIES: [&str; 5] = ["copy", "cp ", "rename", "duplicate", "save"];

/// Whether nothing says that an env file is to be made of its sample: no note, script or workflow as in [`is_unspoken`], and neither do the
/// comments of the sample.
pub(super) fn is_untold(sources: &SourceMap, path: &Path, sample: &Path) -> bool {
    let (Some(name), Some(own)) = (name(path), name(sample)) else { return false };
    if own.to_ascii_lowercase().starts_with("readme") || !is_unspoken(sources, path, Some(own)) {
        return false;
    }
    let Ok(peeked) = sources.peek(sample, MAX_SIZE) else { return false };
    let comments = peeked.text().lines().filter(|line| line.trim_start().starts_with('#'));
    let mut comments = comments.map(str::to_ascii_lowercase);
    !comments.any(|line| is_named(&line, name) || COPIES.iter().any(|word| line.contains(word)))
}

/// Whether no note, script or workflow from the folder of the env file at `path` up to the root of its repository speaks of it, of its sample,
/// of variables of the environment, or of one by its name and value.
#[must_use]
pub fn is_unspoken(sources: &SourceMap, path: &Path, sample: Option<&str>) -> bool {
    let Some(name) = name(path) else { return false };
    let root = path.parent().and_then(|folder| repository(sources.files(), folder));
    let mut texts: Vec<PathBuf> = Vec::new();
    for (above, folder) in path.ancestors().skip(1).take(MAX_ABOVE).enumerate() {
        let within = FOLDERS.iter().map(|name| folder.join(name));
        for folder in std::iter::once(folder.to_path_buf()).chain(within) {
            let of_workflows = folder.components().any(|part| part.as_os_str() == ".github");
            let names = sources.list(&folder);
            // What lies above may be of others, where no repository can be seen.
            let own = above == 0 || root.is_some();
            let names = names.iter().filter(|name| is_script(name) || own && says(name, of_workflows));
            texts.extend(names.map(|name| folder.join(name)));
        }
        if root.as_deref() == Some(folder) {
            break;
        }
    }
    let told = |file: &Path, text: &str| {
        let lower = text.to_lowercase();
        is_named(text, name)
            || sample.is_some_and(|sample| text.contains(sample))
            || WORDS.iter().any(|word| lower.contains(word))
            // Scripts have variables of their own.
            || is_note(file) && text.lines().any(sets)
    };
    let mut texts = texts.iter().take(MAX_TEXTS);
    // What is not read may speak of it.
    texts.all(|text| sources.peek(text, MAX_SIZE).is_ok_and(|peeked| !told(text, peeked.text())))
}

/// Whether a line gives a variable a value, or says which: `DATABASE_URL=…`.
fn sets(line: &str) -> bool {
    line.match_indices('=').any(|(at, _)| {
        let before = line.get(..at).unwrap_or("").trim_end_matches([' ', '`']);
        let from = before.rfind(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
        let word = before.get(from.map_or(0, |at| at + 1)..).unwrap_or("");
        word.len() > 3 && word.contains('_') && word.starts_with(|c: char| c.is_ascii_uppercase())
    })
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn is_note(file: &Path) -> bool {
    let lower = name(file).unwrap_or("").to_ascii_lowercase();
    lower.starts_with("readme") || NOTES.iter().any(|ending| lower.ends_with(ending))
}

/// Whether a file of this name tells people or machines what to do.
fn says(name: &str, of_workflows: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = |extensions: &[&str]| extensions.iter().any(|extension| lower.ends_with(extension));
    OTHERS.contains(&lower.as_str()) || ends(&NOTES) || of_workflows && ends(&[".yml", ".yaml"])
}
