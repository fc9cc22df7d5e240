//! The program that a container's command starts, where nothing that its image takes from other stages is that.

use std::path::{Path, PathBuf};

use super::brought;
use super::dockerfile::Run;
use super::entry::{FOLDERS, Started};
use super::image::Image;
use super::products::Unmade;
use super::service_files::ImageTree;
use super::unstarted;
use crate::compose::{ImageReference, Service};
use crate::source::{SourceMap, Span, Text, clean};

/// Finds a program that none of the files which were copied from other stages is, on an image that holds none of its own, and
/// beside which something was copied.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    service: &Service,
    image: &Image,
    tree: &ImageTree,
    (runs, copied): (&[Run], &[(PathBuf, PathBuf)]),
    (command, started): (&[Text], &Started),
) -> Option<Unmade> {
    let base = image.base.as_ref().map_or("scratch", |base| base.value.as_str());
    let parsed = ImageReference::parse(base)?;
    let bare = base == "scratch" || brought::is_closed(parsed.path) || parsed.path.starts_with("distroless");
    let built =
        service.build.is_some() && image.parsed.is_some() && image.problem.is_none() && !image.assumed;
    if !built || !bare || copied.is_empty() || command.iter().any(Text::has_hole) {
        return None;
    }
    let [launch] = started.commands.as_slice() else { return None };
    let name = unstarted::argument(&launch.words).filter(|name| !name.contains('$'))?;
    let path = launch.path(name);
    let folder = path.parent()?;
    if FOLDERS.iter().any(|system| folder == Path::new(system))
        || unstarted::is_mounted_over(sources, service, &path)
    {
        return None;
    }
    let covered = tree.layers().iter().any(|layer| path.starts_with(&layer.target))
        || copied.iter().any(|(_, to)| path.starts_with(clean(to)));
    if covered || runs.iter().any(|run| unstarted::may_make(&run.command.assumed(), &path)) {
        return None;
    }
    // What lies beside it, and is of its kind, is what is meant.
    let like = |other: &PathBuf| {
        other.parent() == Some(folder)
            && other.extension() == path.extension()
            && other.file_name() != path.file_name()
    };
    let mut beside = copied.iter().map(|(_, to)| clean(to)).filter(like);
    let made = beside.next()?;
    let said = command.iter().find(|word| word.assumed().contains(name)).or_else(|| command.first());
    Some(Unmade {
        target: path.display().to_string(),
        made: made.display().to_string(),
        at: said.map_or(Span::NONE, Text::span),
    })
}
