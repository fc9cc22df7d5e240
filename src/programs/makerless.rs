//! Folders that are called as what builds make, in projects that have nothing to build them with.

use std::path::{Path, PathBuf};

use crate::compose::Project;
use crate::source::{Files, Kind, repository};

/// What a folder of that kind is made with.
const MAKERS: [&str; 24] = [
    "package.json",
    "deno.json",
    "deno.jsonc",
    "bower.json",
    "gulpfile.js",
    "Gruntfile.js",
    "angular.json",
    "project.json",
    "pyproject.toml",
    "setup.py",
    "build.gradle",
    "build.gradle.kts",
    "pom.xml",
    "build.sbt",
    "Cargo.toml",
    "go.mod",
    "CMakeLists.txt",
    "meson.build",
    "Makefile",
    "makefile",
    "justfile",
    "Taskfile.yml",
    "Rakefile",
    "Gemfile",
];
/// Those of pages, which may make them into the folder of another.
const OF_PAGES: [&str; 8] = [
    "package.json",
    "deno.json",
    "deno.jsonc",
    "bower.json",
    "angular.json",
    "Makefile",
    "makefile",
    "justfile",
];
/// Folders that are looked into.
const MAX_FOLDERS: usize = 200;

/// Whether nothing is seen of the project, which says how it is started, that could make the folder of that path, which is not there.
pub(super) fn nothing_makes(files: &dyn Files, project: &Project, path: &Path) -> bool {
    let whole = repository(files, &project.directory).unwrap_or_else(|| project.directory.clone());
    // What the compose file and the folder are below of, and the repository, where tasks stand at its root.
    let Some(root) = project.directory.ancestors().find(|above| path.starts_with(above)) else {
        return false;
    };
    if !project.is_described
        || !path.starts_with(&whole)
        || files.list(&whole).iter().any(|name| OF_PAGES.contains(&name.as_str()))
    {
        return false;
    }
    let root = root.to_path_buf();
    let has = |folder: &Path, names: &[&str]| {
        let all = files.list(folder);
        let built = |name: &String| {
            names.contains(&name.as_str())
                || [".sh", ".csproj", ".ps1", ".bat"].iter().any(|ending| name.ends_with(ending))
        };
        all.iter().any(built)
    };
    let mut above = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&root));
    if above.any(|folder| has(folder, &MAKERS)) {
        return false;
    }
    let mut left: Vec<(PathBuf, usize)> = vec![(root, 0)];
    let mut looked = 0;
    while let Some((folder, depth)) = left.pop() {
        looked += 1;
        // One that is too large to be looked through may hold it.
        if looked > MAX_FOLDERS || has(&folder, &OF_PAGES) {
            return false;
        }
        let within = files.list(&folder).into_iter().filter(|name| !name.starts_with('.'));
        let within =
            within.map(|name| folder.join(name)).filter(|it| files.kind(it) == Some(Kind::Directory));
        left.extend(within.filter(|_| depth < 3).map(|it| (it, depth + 1)));
    }
    true
}
