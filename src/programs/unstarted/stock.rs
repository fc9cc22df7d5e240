//! The script that a container starts by its path, in an official image that is taken as it is and has none of that name.

use std::path::Path;

use super::{Contents, Unstarted};
use crate::compose::ImageReference;
use crate::programs::entry::{Launch, Way};

/// What people call scripts that wait for another server, and that no image brings.
const WAITS: [&str; 3] = ["wait-for", "wait_for", "waitfor"];

/// The script, where nothing puts it into the container.
#[must_use]
pub(super) fn of(contents: &Contents<'_>) -> Option<Unstarted> {
    let Contents { service, image, started, .. } = *contents;
    let base = ImageReference::parse(&image.base.as_ref()?.value)?;
    if service.build.is_some() || base.path.contains('/') || image.assumed || contents.is_vague() {
        return None;
    }
    let own = started.calls.iter().filter(|call| call.script.is_none()).map(|call| &call.launch);
    own.filter(|launch| launch.way == Way::Surely).find_map(|launch| {
        let (word, path) = named(launch)?;
        if contents.resolve(&path).is_some()
            || contents.may_hold(&path)
            || service.volumes.iter().any(|mount| path.starts_with(Path::new(&mount.target)))
            || service.configs.iter().chain(&service.secrets).any(|it| Path::new(&it.target) == path)
        {
            return None;
        }
        let name = path.file_name()?;
        let host = contents.project.directory.join(name);
        let there = contents.files().kind(&host).is_some();
        let file = contents.absent(&host, there.then(|| host.clone()));
        Some(Unstarted::new(contents, &path, word, crate::programs::absent::Absent { excuse: None, ..file }))
    })
}

/// The script of a command: one that waits, or one with the ending of a shell's in the folder where the container starts.
fn named(launch: &Launch) -> Option<(&str, std::path::PathBuf)> {
    let first = launch.words.first()?;
    let path = launch.path(first);
    let name = path.file_name()?.to_str()?;
    let waits = WAITS.iter().any(|start| name.starts_with(start)) && first.contains('/');
    // What comes with an image lies in a folder of its own, or in `/`.
    let own = first.starts_with("./") && name.ends_with(".sh") && path.parent() == Some(Path::new("/"));
    let plain = first.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    ((waits || own && !name.contains("entrypoint")) && plain).then_some((first.as_str(), path))
}
