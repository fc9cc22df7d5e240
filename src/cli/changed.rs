//! `check --changed-since`: the projects that a changed file belongs to.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Failed;
use crate::compose::{self, LoadOptions, Project};
use crate::config::file::{above, is_named};
use crate::finding::ProblemKind;
use crate::report::printable;
use crate::source::{Kind, SourceMap};

/// What has changed in a repository.
#[derive(Debug)]
pub struct Changes {
    /// The top folder of its work tree.
    top: PathBuf,
    /// The files, absolute; also those that are gone.
    files: Vec<PathBuf>,
}

impl Changes {
    /// What differs between the work tree of the repository at `here` and the last commit that its branch shares with
    /// `revision`: in commits, staged, not staged, and not tracked at all.
    pub fn since(revision: &str, here: &Path) -> Result<Self, Failed> {
        let git = Git { here };
        let top = git.text(&["rev-parse", "--show-toplevel"])?;
        let top = path(top.strip_suffix(b"\n").unwrap_or(&top));
        let commit = format!("{revision}^{{commit}}");
        let commit = git.text(&["rev-parse", "--verify", "--end-of-options", &commit]).map_err(|_| {
            let message = format!("--changed-since: git knows no commit `{}` here", printable(revision));
            Failed::Asked(format!("{message}; in a shallow clone it has to be fetched first"))
        })?;
        let commit = String::from_utf8_lossy(&commit).trim().to_string();
        let base = git.text(&["merge-base", &commit, "HEAD"]).map_err(|_| {
            let message = format!("--changed-since: `{}` and HEAD share no commit", printable(revision));
            Failed::Asked(format!("{message}; a shallow clone needs more of its history (fetch-depth: 0)"))
        })?;
        let base = String::from_utf8_lossy(&base).trim().to_string();
        let top_git = Git { here: &top };
        let tracked =
            top_git.text(&["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", &base, "--"])?;
        let others = top_git.text(&["ls-files", "-z", "--others", "--exclude-standard", "--full-name"])?;
        let names = tracked.split(|byte| *byte == 0).chain(others.split(|byte| *byte == 0));
        let mut files: Vec<PathBuf> =
            names.filter(|name| !name.is_empty()).map(|name| top.join(path(name))).collect();
        files.sort();
        files.dedup();
        Ok(Self { top, files })
    }

    /// Whether a changed file belongs to the project. One that cannot be loaded, or that lies in no work tree of the
    /// repository, is not left out.
    pub fn touch(&self, sources: &SourceMap, request: &LoadOptions, config: Option<&Path>) -> bool {
        let Ok(project) = compose::load(sources, request) else { return true };
        let files = sources.files();
        let directory = files.canonical(&project.directory);
        if !directory.starts_with(&self.top) {
            return true;
        }
        let config = config.map(Path::to_path_buf).or_else(|| above(sources, &project.directory));
        let parts: Vec<PathBuf> =
            parts(&project).into_iter().chain(config).map(|part| files.canonical(&part)).collect();
        let missing = project.problems.iter().any(|problem| problem.kind == ProblemKind::MissingFile);
        self.files.iter().any(|file| {
            // A submodule is one name for all that is in it.
            parts.iter().any(|part| file.starts_with(part) || part.starts_with(file))
                || file.parent() == Some(directory.as_path()) && is_beside(file)
                || missing && files.kind(file) != Some(Kind::File)
        })
    }
}

/// Files and folders that decide what a project does.
fn parts(project: &Project) -> Vec<PathBuf> {
    let mut parts: Vec<PathBuf> = project.files.iter().chain(&project.read).cloned().collect();
    for service in project.services.values() {
        parts.extend(service.env_files.iter().map(|file| file.file.clone()));
        parts.extend(service.volumes.iter().filter_map(|mount| mount.path.clone()));
        let Some(build) = &service.build else { continue };
        let Some(directory) = &build.directory else { continue };
        let dockerfile =
            build.dockerfile.as_ref().and_then(|name| name.complete()).map(|name| directory.join(name));
        parts.extend(dockerfile);
        parts.push(directory.clone());
    }
    let objects = project.secrets.values().chain(project.configs.values());
    parts.extend(objects.filter_map(|object| object.file.as_ref().map(|file| file.value.clone())));
    // Not what is everywhere: `/` and the likes of it hold no source.
    parts.retain(|part| part.parent().is_some());
    parts
}

/// Whether a file of a project's folder is one that Compose or dockworthy looks for by its name: one that is gone has
/// been a part, too.
fn is_beside(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let compose = name.contains("compose") && (name.ends_with(".yaml") || name.ends_with(".yml"));
    compose || name.starts_with(".env") || is_named(file)
}

struct Git<'a> {
    here: &'a Path,
}

impl Git<'_> {
    /// What a git command prints. Nothing of it depends on settings of the user or the repository.
    fn text(&self, arguments: &[&str]) -> Result<Vec<u8>, Failed> {
        let output = Command::new("git")
            .args(["--no-optional-locks", "-c", "core.quotepath=off", "-c", "core.fsmonitor=false"])
            .args(arguments)
            .current_dir(self.here)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                Failed::Asked(format!("--changed-since needs git, which cannot be run: {error}"))
            })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("it does not say why");
        Err(Failed::Asked(format!("--changed-since: git says: {}", crate::report::one_line(said))))
    }
}

#[cfg(unix)]
fn path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn path(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}
