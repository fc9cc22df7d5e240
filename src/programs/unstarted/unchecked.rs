//! The file that a healthcheck runs and that is not in the container.

use std::path::Path;

use super::{Contents, Unstarted, argument};
use crate::compose::MountKind;
use crate::programs::entry::{Launch, Started};
use crate::source::{Text, clean};

/// What in a line of a shell may decide whether the file is run.
const BRANCHES: [&str; 9] = ["&&", ";", "if ", "[ ", "test ", "$", "`", "<", "cd "];

/// The file that the healthcheck runs, where all that could bring it into the container is seen and nothing does.
#[must_use]
pub(in crate::programs) fn of(contents: &Contents<'_>, directory: &Path) -> Option<Unstarted> {
    let own = contents.service.healthcheck.as_ref();
    if own.is_some_and(|health| health.disabled) {
        return None;
    }
    let built = contents.image.health.as_ref().filter(|health| !health.disabled);
    let test = own.and_then(|health| health.test.as_ref()).or_else(|| built?.test.as_ref())?;
    let said: Vec<Text> = test.words.iter().map(|word| word.value.clone()).collect();
    if said.iter().any(Text::has_hole) {
        return None;
    }
    let said = if test.shell { words_of(said.first()?)? } else { said };
    let words: Vec<String> = said.iter().map(Text::assumed).collect();
    let name = argument(&words)?.to_string();
    let launch = Launch { words, directory: directory.to_path_buf(), ..Launch::default() };
    let path = launch.path(&name);
    let started = Started { commands: vec![launch], ..Started::default() };
    let contents = Contents { command: &said, started: &started, ..*contents };
    match contents.image.is_built(contents.service) {
        true => super::of(&contents),
        false => mounted(&contents, &path),
    }
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
fn mounted(contents: &Contents<'_>, path: &Path) -> Option<Unstarted> {
    let service = contents.service;
    let covers = |target: &str| path.starts_with(clean(Path::new(target)));
    let covered = service.volumes.iter().any(|mount| mount.kind == MountKind::Bind && covers(&mount.target));
    if !covered
        || service.build.is_some()
        || contents.is_mounted_over(path)
        || contents.resolve(path).is_some()
    {
        return None;
    }
    let host = contents.tree.place_for(contents.files(), path)?;
    let name = path.file_name()?.to_str()?;
    Some(Unstarted::new(contents, path, name, contents.absent(&host, None)))
}
