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

/// Whether no note, script or workflow from the folder of the env file at `path` up to the root of its repository speaks of it, of its sample or
/// of variables of the environment, and neither do the comments of the sample.
pub(super) fn is_untold(sources: &SourceMap, path: &Path, sample: &Path) -> bool {
    let (Some(name), Some(own)) = (name(path), name(sample)) else { return false };
    if own.to_ascii_lowercase().starts_with("readme") {
        return false;
    }
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
    let told = |text: &str| {
        let lower = text.to_lowercase();
        is_named(text, name) || text.contains(own) || WORDS.iter().any(|word| lower.contains(word))
    };
    let mut texts = texts.iter().take(MAX_TEXTS);
    let spoken = texts.any(|text| sources.peek(text, MAX_SIZE).is_ok_and(|peeked| told(peeked.text())));
    let own = || {
        let peeked = sources.peek(sample, MAX_SIZE).ok()?;
        let comments = peeked.text().lines().filter(|line| line.trim_start().starts_with('#'));
        let mut comments = comments.map(str::to_ascii_lowercase);
        Some(comments.any(|line| is_named(&line, name) || COPIES.iter().any(|word| line.contains(word))))
    };
    !spoken && own() == Some(false)
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// Whether a file of this name tells people or machines what to do.
fn says(name: &str, of_workflows: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = |extensions: &[&str]| extensions.iter().any(|extension| lower.ends_with(extension));
    OTHERS.contains(&lower.as_str())
        || ends(&[".md", ".markdown", ".rst", ".adoc"])
        || of_workflows && ends(&[".yml", ".yaml"])
}
