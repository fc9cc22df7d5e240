//! The files of a repository that may say how something comes to be where its programs run: any word of them, in code, scripts,
//! notes, compose files and pipelines.

use std::path::{Path, PathBuf};

use crate::compose::Project;
use crate::source::{Kind, SourceMap, repository};

/// Files of more than this are data, and more files or bytes than these are not looked through: something there may say it.
pub(super) const MAX_FILE: u64 = 256 << 10;
const MAX_FILES: usize = 4_000;
pub(super) const MAX_BYTES: usize = 16 << 20;
/// Folders above whose files speak of it.
const MAX_ABOVE: usize = 2;

/// Folders whose files make nothing where the program runs: what others wrote, what is generated, tests, and migrations, which
/// something has to run.
const ASIDE: [&str; 31] = [
    ".git",
    "node_modules",
    "vendor",
    "target",
    "dist",
    ".next",
    ".nuxt",
    ".venv",
    "venv",
    "env",
    "site-packages",
    "__pycache__",
    "coverage",
    "obj",
    "test",
    "tests",
    "__tests__",
    "testing",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "fixtures",
    "migrations",
    "migration",
    "Migrations",
    "alembic",
    "drizzle",
    "locale",
    "locales",
    "public",
];
/// Endings of files that say nothing.
const SILENT: [&str; 34] = [
    "lock", "sum", "css", "scss", "svg", "png", "jpg", "jpeg", "gif", "webp", "ico", "woff", "woff2", "ttf",
    "eot", "pdf", "map", "csv", "mp4", "mp3", "zip", "jar", "exe", "dll", "so", "pyc", "class", "html",
    "snap", "min.js", "db", "sqlite", "sqlite3", "log",
];

/// The folder that holds a project and all that it builds, of which `context` is one; none where that is no folder of its own.
pub(super) fn root_of(project: &Project, context: &Path) -> Option<PathBuf> {
    let contexts =
        project.services.values().filter_map(|service| service.build.as_ref()?.directory.as_deref());
    let root = contexts.chain([context]).fold(project.directory.as_path(), |root, folder| {
        root.ancestors().find(|above| folder.starts_with(above)).unwrap_or(root)
    });
    root.parent()?;
    Some(root.to_path_buf())
}

/// Those files, of the repository that `root` is, or lies in; none where there are too many of them.
pub(super) fn files(sources: &SourceMap, root: &Path) -> Option<Vec<PathBuf>> {
    let walked = sources.walk(root);
    let inner = |path: &&PathBuf| path.strip_prefix(root).is_ok_and(is_looked_at);
    let above = above(sources, root);
    let files = walked.files.iter().filter(inner).chain(&above);
    let files: Vec<PathBuf> = files.take(MAX_FILES + 1).cloned().collect();
    (!walked.cut && files.len() <= MAX_FILES).then_some(files)
}

/// The files of the repository that are not below `root`, and that say how it is used: those of the folders above, and what lies
/// there for that.
fn above(sources: &SourceMap, root: &Path) -> Vec<PathBuf> {
    const TOLD: [&str; 8] = ["scripts", "bin", "docs", "doc", "deploy", "tools", "ci", ".github/workflows"];
    let Some(repository) = repository(sources.files(), root) else { return Vec::new() };
    let folders =
        root.ancestors().skip(1).take(MAX_ABOVE).take_while(|folder| folder.starts_with(&repository));
    let folders = folders.flat_map(|folder| {
        std::iter::once(folder.to_path_buf()).chain(TOLD.into_iter().map(|name| folder.join(name)))
    });
    let inside = |folder: PathBuf| {
        let names = sources.list(&folder);
        names.iter().map(|name| folder.join(name)).collect::<Vec<_>>()
    };
    let file = |path: &PathBuf| {
        is_looked_at(Path::new(name_of(path))) && sources.files().kind(path) == Some(Kind::File)
    };
    folders.filter(|folder| !folder.starts_with(root)).flat_map(inside).filter(file).collect()
}

/// The name of a file; blank where it is none that can be read.
pub(super) fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or("")
}

/// Whether a file of the repository may say something: text that somebody wrote for the place where the program runs.
fn is_looked_at(inner: &Path) -> bool {
    let aside = |folder: &Path| {
        let name = name_of(folder);
        ASIDE.contains(&name)
            || name == "migrate" && folder.parent().is_some_and(|above| name_of(above) == "db")
    };
    let name = name_of(inner);
    let tests = [
        "conftest.py",
        "package-lock.json",
        "composer.json",
        "composer.lock",
        "mix.exs",
        "pnpm-lock.yaml",
        "alembic.ini",
    ];
    let stem = name.split('.').next().unwrap_or("");
    let tested = stem.starts_with("test_")
        || stem.ends_with("_test")
        || name.contains(".test.")
        || name.contains(".spec.");
    !inner.parent().into_iter().flat_map(Path::ancestors).any(aside)
        && !tests.contains(&name)
        && !tested
        && !name.to_ascii_lowercase().starts_with("changelog")
        && !SILENT.iter().any(|ending| name.strip_suffix(ending).is_some_and(|stem| stem.ends_with('.')))
}

/// Whether a file is for tests, by its folders.
pub(super) fn is_test(inner: &Path) -> bool {
    const FOLDERS: [&str; 10] =
        ["test", "tests", "__tests__", "testing", "spec", "specs", "e2e", "cypress", "fixtures", "vendor"];
    inner.parent().into_iter().flat_map(Path::ancestors).any(|folder| FOLDERS.contains(&name_of(folder)))
}

/// Whether what stands there is no part of a longer word; `SPRING_JPA_HIBERNATE_DDL_AUTO` is several.
pub(super) fn stands_alone(text: &str, from: usize, to: usize) -> bool {
    let bytes = text.as_bytes();
    let of_word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    !(of_word(Some(from)) && of_word(from.checked_sub(1)) || of_word(to.checked_sub(1)) && of_word(Some(to)))
}
