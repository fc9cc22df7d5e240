//! The folder that a command of a public image is told to read, and that nothing mounts into the container: that image holds none.

use std::path::Path;

use super::absent::Absent;
use super::unheld::Unheld;
use crate::compose::{ImageReference, MountKind, Project, Service};
use crate::source::{SourceMap, Span, Text, clean};

/// Images, what they run, and the options that name a folder of the project.
const READS: [(&str, &str, &[&str]); 1] =
    [("migrate/migrate", "migrate", &["-path", "--path", "-source", "--source"])];

/// The folder, where nothing lies at its place, below it or above it.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    (project, service): (&Project, &Service),
    command: &[Text],
) -> Option<Unheld> {
    let reference = service.image.as_ref().filter(|_| service.build.is_none())?.value.assumed();
    let reference = ImageReference::parse(&reference)?;
    let (_, program, options) = READS.iter().find(|(image, ..)| *image == reference.path)?;
    if command.iter().any(Text::has_hole) || !service.configs.is_empty() || !service.secrets.is_empty() {
        return None;
    }
    let all: Vec<(String, Span)> = command
        .iter()
        .flat_map(|text| {
            let words = text.assumed();
            let words: Vec<String> = words.split_whitespace().map(str::to_string).collect();
            words.into_iter().map(|word| (word, text.span()))
        })
        .collect();
    let (value, at) = all.iter().enumerate().find_map(|(at, (word, span))| match word.split_once('=') {
        Some((option, value)) => options.contains(&option).then(|| (value.to_string(), *span)),
        None => all.get(at + 1).filter(|_| options.contains(&word.as_str())).cloned(),
    })?;
    let value = value.strip_prefix("file://").unwrap_or(&value).trim_matches(['"', '\'']);
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let folder = clean(Path::new("/").join(value).as_path());
    if value.is_empty() || !plain || folder == Path::new("/") || service.working_dir.is_some() {
        return None;
    }
    let target = |mount: &crate::compose::Mount| clean(Path::new(&mount.target));
    let mounts = || service.volumes.iter();
    if mounts().any(|mount| target(mount).starts_with(&folder) && target(mount) != folder) {
        return None;
    }
    let over = mounts().filter(|mount| folder.starts_with(target(mount)));
    let over = over.max_by_key(|mount| target(mount).components().count());
    let host = match over {
        Some(mount) => {
            let host = mount.path.as_ref().filter(|_| mount.kind == MountKind::Bind)?;
            host.join(folder.strip_prefix(target(mount)).ok()?)
        }
        None => project.directory.join(folder.file_name()?),
    };
    let files = sources.files();
    if over.is_some() && files.kind(&host).is_some() {
        return None;
    }
    let instead = files.kind(&host).is_some().then(|| host.clone());
    let file = Absent::of(sources, project, &host, None);
    let file = Absent { excuse: file.excuse.filter(|_| instead.is_none()), ..file };
    Some(Unheld { command: (*program).to_string(), target: folder, folder: false, file, at })
}
