//! The archive that a container's command runs, out of a folder that is taken from this machine as it is: builds make it, and
//! nobody builds.

use std::path::{Path, PathBuf};

use super::absent::Absent;
use super::dockerfile::Run;
use super::entry::Started;
use super::image::Image;
use super::service_files::ImageTree;
use super::unstarted::{Unstarted, is_mounted_over, may_write};
use crate::compose::{Project, Service};
use crate::source::{SourceMap, Text, clean};

/// Words of the commands that make archives.
const BUILDS: [&str; 9] =
    ["gradle", "mvn", "package", "assemble", "bootJar", "sbt", "ant ", "publish", "jar"];

/// The archive, where the project says nowhere that it is to be built first, and no step of its image's does.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    (project, service): (&Project, &Service),
    image: &Image,
    tree: &ImageTree,
    (runs, copied): (&[Run], &[(PathBuf, PathBuf)]),
    (command, started): (&[Text], &Started),
) -> Option<Unstarted> {
    let built = image.is_built(service);
    let [launch] = started.commands.as_slice() else { return None };
    let open = |word: &Text| {
        let word = word.assumed();
        word.ends_with(".sh") || word.contains(['$', '`', '&', '|', ';', '*'])
    };
    if !built || !project.builds_alone || command.iter().any(|word| word.has_hole() || open(word)) {
        return None;
    }
    let program = launch.words.first()?.rsplit('/').next()?;
    let at = launch.words.iter().position(|word| word == "-jar").filter(|_| program == "java")?;
    let name = launch.words.get(at + 1).filter(|word| word.ends_with(".jar"))?;
    let path = launch.path(name);
    let makes = |run: &Run| {
        let run = run.command.assumed();
        may_write(&run) || BUILDS.iter().any(|word| run.contains(word))
    };
    if runs.iter().any(makes)
        || copied.iter().any(|(_, to)| path.starts_with(clean(to)))
        || is_mounted_over(sources, service, &path)
        || tree.resolve(sources.files(), &path).is_some()
    {
        return None;
    }
    let host = tree.place_for(sources.files(), &path)?;
    let made = |part: &std::ffi::OsStr| part == "build" || part == "target";
    if !host.parent().is_some_and(|folder| folder.iter().any(made)) || is_brought(sources, &host) {
        return None;
    }
    let said = command.iter().find(|word| word.assumed().contains(name.as_str())).or_else(|| command.first());
    let file = Absent { excuse: None, ..Absent::of(sources, project, &host, None) };
    Some(Unstarted {
        target: path.display().to_string(),
        file,
        at: said.map_or(image.command_span, Text::span),
        into: None,
    })
}

/// Whether something of what is built lies on this machine: it is built here.
fn is_brought(sources: &SourceMap, host: &Path) -> bool {
    host.parent().is_some_and(|folder| !sources.files().list(folder).is_empty())
}
