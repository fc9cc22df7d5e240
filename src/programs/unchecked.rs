//! The file that a healthcheck runs and that is not in the container.

use std::path::{Path, PathBuf};

use super::absent::Absent;
use super::dockerfile::Run;
use super::entry::{Launch, Started};
use super::image::Image;
use super::service_files::ImageTree;
use super::unstarted::{self, Unstarted, argument};
use crate::compose::{MountKind, Project, Service};
use crate::source::{SourceMap, Span, Text, clean};

/// What in a line of a shell may decide whether the file is run.
const BRANCHES: [&str; 9] = ["&&", ";", "if ", "[ ", "test ", "$", "`", "<", "cd "];

/// The file that the healthcheck runs, where all that could bring it into the container is seen and nothing does.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    asked: (&Project, &Service),
    image: &Image,
    tree: &ImageTree,
    build: (&[Run], &[(PathBuf, PathBuf)]),
    directory: &Path,
) -> Option<Unstarted> {
    let own = asked.1.healthcheck.as_ref();
    if own.is_some_and(|health| health.disabled) {
        return None;
    }
    let built = image.health.as_ref().filter(|health| !health.disabled);
    let test = own.and_then(|health| health.test.as_ref()).or_else(|| built?.test.as_ref())?;
    let said: Vec<Text> = test.words.iter().map(|word| word.value.clone()).collect();
    if said.iter().any(Text::has_hole) {
        return None;
    }
    let said = if test.shell { words_of(said.first()?)? } else { said };
    let words: Vec<String> = said.iter().map(Text::assumed).collect();
    let name = argument(&words)?.to_string();
    let launch = Launch { words, directory: directory.to_path_buf(), ..Launch::default() };
    if !image.is_built(asked.1) {
        return mounted(sources, asked, tree, &launch.path(&name), &said);
    }
    let started = Started { commands: vec![launch], ..Started::default() };
    unstarted::of(sources, asked, image, tree, build, (&said, &started))
}

/// The words of a line that decides nothing; what is tried when the file fails only says so.
fn words_of(said: &Text) -> Option<Vec<Text>> {
    let whole = said.assumed();
    let line = match whole.split_once("||") {
        Some((line, rest)) if rest.trim().starts_with("exit 1") || rest.trim() == "false" => line,
        Some(_) => return None,
        None => whole.as_str(),
    };
    if BRANCHES.iter().any(|sign| line.contains(sign)) || line.contains(['|', '\'', '"', '\\']) {
        return None;
    }
    let mut at = 0;
    let words = line.split_whitespace().filter_map(|word| {
        let start = at + line.get(at..)?.find(word)?;
        at = start + word.len();
        Some(said.slice(start, at))
    });
    Some(words.collect())
}

/// The file in a folder of this machine that is mounted into an image which is taken as it is.
fn mounted(
    sources: &SourceMap,
    (project, service): (&Project, &Service),
    tree: &ImageTree,
    path: &Path,
    said: &[Text],
) -> Option<Unstarted> {
    let files = sources.files();
    let covers = |target: &str| path.starts_with(clean(Path::new(target)));
    let covered = service.volumes.iter().any(|mount| mount.kind == MountKind::Bind && covers(&mount.target));
    if !covered
        || service.build.is_some()
        || unstarted::is_mounted_over(sources, service, path)
        || tree.resolve(files, path).is_some()
    {
        return None;
    }
    let host = tree.place_for(files, path)?;
    let name = path.file_name()?.to_str()?;
    Some(Unstarted {
        target: path.display().to_string(),
        file: Absent::of(sources, project, &host, None),
        at: said.iter().find(|word| word.assumed().contains(name)).map_or(Span::NONE, Text::span),
        into: None,
    })
}
