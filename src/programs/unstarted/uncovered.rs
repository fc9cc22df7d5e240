//! The file that a container's command runs, at a place to which nothing at all is copied.

use std::path::Path;

use super::{Contents, may_write};
use crate::programs::absent::Absent;
use crate::programs::dockerfile::{Layer, Step};
use crate::programs::entry::Launch;
use crate::source::{Kind, Text, clean};

/// Folders in which images have files of their own.
const SYSTEM: [&str; 12] =
    ["/bin", "/dev", "/etc", "/lib", "/opt", "/proc", "/run", "/sbin", "/sys", "/tmp", "/usr", "/var"];

/// No more folders are looked into for the one that is meant.
const MAX_FOLDERS: usize = 100;

/// What would lie at the path, where all that comes into the image is seen and nothing comes there, though files of the kind come
/// elsewhere.
pub(super) fn of(contents: &Contents<'_>, launch: &Launch, path: &Path) -> Option<Absent> {
    let Contents { service, image, tree, runs, .. } = *contents;
    let base = &image.base.as_ref()?.value;
    let parsed = image.parsed.as_ref()?;
    let open = parsed.stages.iter().flat_map(|stage| &stage.steps).any(|step| match step {
        Step::Copy(copy) => copy.inline || copy.parents || copy.add || copy.destination.has_hole(),
        _ => false,
    });
    let of_system = SYSTEM.iter().any(|folder| path.starts_with(folder));
    let covers = |place: &Path| path.starts_with(clean(place));
    let covered = tree.layers().iter().any(|layer| covers(&layer.target))
        || contents.is_copied_over(path)
        || service.volumes.iter().any(|mount| covers(Path::new(&mount.target)));
    let written = runs.iter().any(|run| {
        let text = run.command.assumed();
        may_write(&text) || text.contains('>') || text.contains("python") && !text.contains("pip")
    });
    if base.contains(['/', Text::HOLE]) || base.contains("onbuild") || open || of_system || covered || written
    {
        return None;
    }
    // What is copied somewhere is of the same language, so that this is its image.
    let ending = path.extension()?;
    let files = contents.files();
    let alike = |layer: &&Layer| match layer.directory {
        true => files.list(&layer.host).iter().any(|name| Path::new(name).extension() == Some(ending)),
        false => layer.host.extension() == Some(ending),
    };
    let root = tree.layers().iter().find_map(|layer| Some(layer.context.as_ref()?.root.clone()))?;
    let below = path.strip_prefix(&launch.directory).ok().or_else(|| path.file_name().map(Path::new))?;
    let host = clean(&root.join(below));
    // The one that lies where it is not copied from.
    if files.kind(&host) == Some(Kind::File) {
        return Some(Absent { excuse: None, ..contents.absent(&host, None) });
    }
    let name = path.file_name()?;
    let within = |layer: &Layer| {
        let folders = files.list(&layer.host).into_iter().filter(|name| !name.starts_with('.'));
        let below = folders.map(|folder| layer.host.join(folder).join(name));
        std::iter::once(layer.host.join(name))
            .chain(below.take(MAX_FOLDERS))
            .find(|path| files.kind(path) == Some(Kind::File) && !layer.leaves_out(path))
    };
    let other = tree.layers().iter().filter(|layer| layer.directory).find_map(within);
    if other.is_none() {
        tree.layers().iter().find(alike)?;
    }
    Some(contents.absent(&host, other))
}
