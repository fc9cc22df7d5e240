//! The archive that a container's command runs, out of a folder that is taken from this machine as it is: builds make it, and
//! nobody builds.

use std::path::Path;

use super::{Contents, Unstarted, may_write};
use crate::programs::absent::Absent;
use crate::programs::dockerfile::Run;
use crate::source::{Files, Text};

/// Words of the commands that make archives.
const BUILDS: [&str; 9] =
    ["gradle", "mvn", "package", "assemble", "bootJar", "sbt", "ant ", "publish", "jar"];

/// The archive, where the project says nowhere that it is to be built first, and no step of its image's does.
#[must_use]
pub(super) fn of(contents: &Contents<'_>) -> Option<Unstarted> {
    let Contents { project, image, tree, runs, command, .. } = *contents;
    let built = image.is_built(contents.service);
    let [launch] = contents.started.commands.as_slice() else { return None };
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
        || contents.is_copied_over(&path)
        || contents.is_mounted_over(&path)
        || contents.resolve(&path).is_some()
    {
        return None;
    }
    let host = tree.place_for(contents.files(), &path)?;
    let made = |part: &std::ffi::OsStr| part == "build" || part == "target";
    if !host.parent().is_some_and(|folder| folder.iter().any(made)) || is_brought(contents.files(), &host) {
        return None;
    }
    let file = Absent { excuse: None, ..contents.absent(&host, None) };
    Some(Unstarted::new(contents, &path, name, file))
}

/// Whether something of what is built lies on this machine: it is built here.
fn is_brought(files: &dyn Files, host: &Path) -> bool {
    host.parent().is_some_and(|folder| !files.list(folder).is_empty())
}
