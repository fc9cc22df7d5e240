//! The files of a container, as the commands that run in it see them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Launch, written};
use crate::programs::service_files::ImageTree;
use crate::source::{SourceFile, SourceMap};

/// Start scripts above this size are no scripts.
const MAX_SCRIPT: usize = 256 << 10;

/// Where programs are looked for by their names: `PATH` as images have it.
pub(in crate::programs) const FOLDERS: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The container's files, for scripts and settings of launchers.
pub(in crate::programs) struct Machine<'a> {
    pub sources: &'a SourceMap,
    pub files: &'a ImageTree,
    /// The files with those of the stages that the image takes files from below them: what it was built from.
    pub below: &'a ImageTree,
    /// What the build copied from one stage to another, from where to where.
    pub copied: &'a [(PathBuf, PathBuf)],
    /// The files that commands of its build write, with what is in them.
    pub written: &'a [(PathBuf, String)],
}

/// The places that the file at this one was copied from, by from where to where the build copied, itself first.
pub(super) fn origins(copied: &[(PathBuf, PathBuf)], place: &Path) -> Vec<PathBuf> {
    let mut found = vec![place.to_path_buf()];
    let mut at = 0;
    while let Some(known) = found.get(at).filter(|_| at < 16).cloned() {
        at += 1;
        for (from, to) in copied {
            let Ok(rest) = known.strip_prefix(to) else { continue };
            let origin = if rest.as_os_str().is_empty() { from.clone() } else { from.join(rest) };
            if !found.contains(&origin) {
                found.push(origin);
            }
        }
    }
    found
}

impl Machine<'_> {
    /// The same with the files that the image was built from.
    pub(in crate::programs) fn of_build(&self) -> Machine<'_> {
        Machine { files: self.below, ..*self }
    }

    /// The places that the file at this one was copied from, itself first.
    pub(in crate::programs) fn origins(&self, place: &Path) -> Vec<PathBuf> {
        origins(self.copied, place)
    }

    /// Where a command's file may have been made, before the build copied it to where it is started.
    pub(super) fn origins_of_command(&self, launch: &Launch, first: &str) -> Vec<PathBuf> {
        if first.contains('/') {
            return self.origins(&launch.path(first));
        }
        let directories = [
            "/usr/local/bin",
            "/usr/bin",
            "/bin",
            "/go/bin",
            "/usr/local/cargo/bin",
            "/usr/local/sbin",
            "/sbin",
        ];
        let directories = launch.folders().chain(directories.iter().map(Path::new));
        let places = directories.map(|directory| directory.join(first));
        places.flat_map(|place| self.origins(&place)).collect()
    }

    /// The text of the file at this place of the container.
    pub(in crate::programs) fn text(&self, place: &Path) -> Option<Arc<str>> {
        let file = self.load(place).map(|file| file.text.clone());
        file.or_else(|| written::text_at(self.written, place).map(Arc::from))
    }

    /// The file at this place of the container, if it is text of a sane size.
    pub(in crate::programs) fn load(&self, place: &Path) -> Option<Arc<SourceFile>> {
        let host = self.files.file(self.sources.files(), place)?;
        let file = self.sources.load(&host).ok()?;
        (file.text.len() <= MAX_SCRIPT && file.invalid_utf8.is_none()).then_some(file)
    }

    /// The files that are brought into this folder of the container, by their places.
    pub(in crate::programs) fn brought_into(&self, folder: &Path) -> Vec<PathBuf> {
        let files = self.sources.files();
        let mut found = Vec::new();
        for layer in self.files.layers() {
            if !layer.directory {
                found.extend(Some(layer.target.clone()).filter(|place| place.starts_with(folder)));
            } else if let Ok(below) = folder.strip_prefix(&layer.target) {
                found.extend(files.list(&layer.host.join(below)).into_iter().map(|name| folder.join(name)));
            }
        }
        found
    }

    pub(in crate::programs) fn has(&self, place: &Path) -> bool {
        self.files.file(self.sources.files(), place).is_some()
            || written::text_at(self.written, place).is_some()
    }

    /// The place of a program's file: a path, or a name looked for where programs are.
    pub(in crate::programs) fn program(&self, launch: &Launch, name: &str) -> Option<PathBuf> {
        if name.contains('/') {
            return Some(launch.path(name)).filter(|place| self.has(place));
        }
        let folders = launch.folders().chain(FOLDERS.iter().map(Path::new));
        let found = folders.map(|directory| directory.join(name));
        found.chain([launch.path(name)]).find(|place| self.has(place))
    }
}
