//! Files that a stage would have from the build context, were they not hidden from it.

use std::path::Path;

use crate::programs::dockerfile::{Snapshot, Whence};
use crate::source::{Files, Kind, clean};

/// Endings of files that people write, and that no build makes.
const WRITTEN: [&str; 16] = [
    "yaml",
    "yml",
    "json",
    "toml",
    "conf",
    "cfg",
    "ini",
    "properties",
    "sql",
    "sh",
    "txt",
    "pem",
    "crt",
    "key",
    "html",
    "py",
];

/// The file of the context, by its path in there, that `.dockerignore` keeps out of a stage, which would otherwise have it at
/// this path by a `COPY` of the folder around it.
pub(super) fn by_ignore(files: &dyn Files, stage: &Snapshot, path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let variables = name == ".env" || name.starts_with(".env.");
    let ending = path.extension().and_then(|ending| ending.to_str());
    let written = ending.is_some_and(|ending| WRITTEN.contains(&ending)) && !name.contains("lock");
    if !variables && !written || name.contains(['*', '?', '[', '$']) {
        return None;
    }
    // Any command may make it that says so, or says nothing of what it makes.
    let open = |command: &str| {
        [name, ".sh", ">", "generate", "clone"].iter().any(|sign| command.contains(sign))
            || command.split_whitespace().any(|word| matches!(word, "make" | "just" | "task" | "cp" | "mv"))
    };
    if stage.runs.iter().any(|run| open(&run.command.assumed())) {
        return None;
    }
    let mut found = None;
    for taken in stage.taken.iter().filter(|taken| path.starts_with(clean(&taken.to))) {
        let Whence::Context(context) = &taken.from else { return None };
        let rest = path.strip_prefix(clean(&taken.to)).ok()?;
        for source in &taken.sources {
            let source = clean(&Path::new("/").join(source));
            let source = source.strip_prefix("/").unwrap_or(&source);
            let host = context.root.join(source);
            if source.to_str()?.contains(['*', '?', '[']) {
                return None;
            }
            if files.kind(&host) != Some(Kind::Directory) {
                // A file comes alone, under its own name or that of the destination.
                let own = source.file_name().map(Path::new);
                if rest.as_os_str().is_empty() || own == Some(rest) {
                    return None;
                }
                continue;
            }
            let inner = source.join(rest);
            let there = files.kind(&context.root.join(&inner));
            let folder = inner.parent().filter(|folder| !folder.as_os_str().is_empty());
            let alone = folder.is_none_or(|folder| !context.ignore.ignores(folder));
            let meant = there == Some(Kind::File) || there.is_none() && variables;
            if !context.ignore.ignores(&inner) && there.is_some() {
                return None;
            }
            if context.ignore.ignores(&inner) && alone && meant {
                found = Some(inner.to_str()?.to_string());
            }
        }
    }
    found
}
