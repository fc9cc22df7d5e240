//! The folder and the Dockerfile that a build means where those that it names are not there: the mistake is told, and what else is
//! wrong with the image does not wait for it to be mended.

use std::path::{Path, PathBuf};

use super::absent::Absent;
use crate::compose::{Project, nearest};
use crate::source::{Files, Kind, clean};

/// Folders in which Dockerfiles lie that stand in none of their own.
const FOLDERS: [&str; 4] = ["", "docker", ".docker", "deploy"];

/// The build context that is meant: the one that [`Absent`] found, a folder of nearly that name, or the only one with a Dockerfile
/// that no other service is built in.
pub(super) fn context(files: &dyn Files, project: &Project, absent: &Absent) -> Option<PathBuf> {
    let has = |folder: &Path| files.kind(&folder.join("Dockerfile")) == Some(Kind::File);
    if let Some(folder) = absent.instead.as_ref().filter(|folder| has(folder)) {
        return Some(folder.clone());
    }
    let beside = absent.path.parent()?;
    let name = absent.path.file_name()?.to_str()?;
    let names: Vec<String> = files.list(beside).into_iter().filter(|name| has(&beside.join(name))).collect();
    if let Some(near) = nearest(name, names.iter().map(String::as_str)) {
        return Some(beside.join(near));
    }
    let taken: Vec<PathBuf> = project
        .services
        .values()
        .filter_map(|service| service.build.as_ref()?.directory.as_deref().map(clean))
        .collect();
    let below = names.iter().map(|name| beside.join(name)).chain([beside.to_path_buf()]);
    let mut free = below.filter(|folder| has(folder) && !taken.contains(&clean(folder)));
    free.next().filter(|_| free.next().is_none())
}

/// The Dockerfile that is meant: the only one of the context, or one of nearly that name.
pub(super) fn dockerfile(files: &dyn Files, root: &Path, absent: &Path) -> Option<PathBuf> {
    let is_one = |name: &String| {
        let lower = name.to_ascii_lowercase();
        let other = [".dockerignore", ".md", ".j2", ".template"].iter().any(|end| lower.ends_with(end));
        (lower.starts_with("dockerfile") || lower.ends_with(".dockerfile")) && !other
    };
    let all: Vec<PathBuf> = FOLDERS
        .iter()
        .map(|folder| root.join(folder))
        .flat_map(|folder| files.list(&folder).into_iter().filter(is_one).map(move |name| folder.join(name)))
        .filter(|path| files.kind(path) == Some(Kind::File))
        .collect();
    if let [only] = all.as_slice() {
        return Some(only.clone());
    }
    let name = absent.file_name()?.to_str()?;
    let beside = all.iter().filter(|path| path.parent() == absent.parent());
    let near = nearest(name, beside.filter_map(|path| path.file_name()?.to_str()))?;
    Some(absent.with_file_name(near))
}
