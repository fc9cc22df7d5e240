//! The command that an entry point of the project hands on to.

use std::path::{Path, PathBuf};

use super::{Contents, may_make};
use crate::programs::entry::{Launch, Way};

/// How a script ends that hands on to the words it is given.
const HANDS_ON: [&str; 3] = ["exec \"$@\"", "exec \"${@}\"", "exec $@"];

/// The command that is started in the end, where it is what the container's command says behind a script that ends with `exec "$@"`
/// and that does not make its file.
#[must_use]
pub(super) fn on<'a>(contents: &Contents<'a>) -> Option<&'a Launch> {
    let (started, words) = (contents.started, contents.words());
    let launch = started.commands.last()?;
    let behind = words.len() > launch.words.len() && words.ends_with(&launch.words);
    if !behind || launch.way != Way::Surely {
        return None;
    }
    let called = started.calls.iter().filter_map(|call| call.script.as_deref());
    let scripts = started.scripts.iter().map(|script| script.path.as_path()).chain(called);
    let mut texts = scripts.filter_map(|path| contents.sources.load(path).ok()).peekable();
    texts.peek()?;
    let place: PathBuf = launch.path(launch.words.iter().find(|word| word.contains(['/', '.']))?);
    let (mut hands_on, mut makes) = (false, false);
    for file in texts {
        let mut last =
            file.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        hands_on |= last.next_back().is_some_and(|line| HANDS_ON.contains(&line));
        makes |= makes_file(&file.text, &place);
    }
    (hands_on && !makes).then_some(launch)
}

/// Whether a script may make the file.
fn makes_file(text: &str, place: &Path) -> bool {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    may_make(&code.join("\n"), place)
}
