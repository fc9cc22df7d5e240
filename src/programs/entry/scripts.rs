//! The scripts that a container's command leads to, read as what they read, dial and export.

use std::path::Path;

use super::{Launch, Machine};
use crate::programs::Module;
use crate::programs::dockerfile::Body;
use crate::programs::shell::{self, Start};
use crate::source::{SourceFile, Text};

/// The container's command: the text that a shell is given (`sh -c "…"`), or a command like `wait-for-it db:5432`.
/// Says also whether it runs before the scripts that the command leads to; those may hand over to it
/// (`ENTRYPOINT ["./start.sh"]` with `CMD sh -c "…"`).
pub(super) fn of_command(machine: &Machine<'_>, command: &[Text], start: &Launch) -> (Module, bool) {
    let words: Vec<String> = command.iter().map(Text::assumed).collect();
    match shell_text(&words) {
        Some(at) => {
            let arguments = words.get(at + 2..).unwrap_or_default();
            let text = command.get(at).map_or_else(|| Body::inline(&Text::default()), Body::inline);
            let sourced = |name: &str| sourced(machine, start, None, name);
            let first = words.first().is_some_and(|word| shell::is_shell(word));
            let run = Start { arguments: Some(arguments), environment: &start.env, sourced: &sourced };
            (shell::script(Path::new(""), text, run), first)
        }
        None => (shell::command(command), true),
    }
}

/// A script that is run; the launch's words are its arguments.
pub(super) fn of_file(machine: &Machine<'_>, place: &Path, file: &SourceFile, launch: &Launch) -> Module {
    let beside = place.parent();
    let sourced = |name: &str| sourced(machine, launch, beside, name);
    let start = Start { arguments: Some(&launch.words), environment: &launch.env, sourced: &sourced };
    shell::script(&file.path, Body::of_file(file), start)
}

/// The file that a script sources by this name.
fn sourced(machine: &Machine<'_>, launch: &Launch, beside: Option<&Path>, name: &str) -> Option<Body> {
    let places = [Some(launch.path(name)), beside.map(|directory| directory.join(name))];
    let file = places.iter().flatten().find_map(|place| machine.load(place))?;
    Some(Body::of_file(&file))
}

/// The word that is the text for a shell.
fn shell_text(words: &[String]) -> Option<usize> {
    let shell = words.iter().position(|word| shell::is_shell(word))?;
    let flags = words.iter().skip(shell + 1).take_while(|word| word.starts_with(['-', '+'])).count();
    let flagged = words.get(shell + 1..=shell + flags)?;
    let given = flagged.iter().any(|word| !word.starts_with("--") && word.contains('c'));
    // `-o pipefail` takes a word between.
    let at = shell + 1 + flags;
    let at = if flagged.last().is_some_and(|word| word.ends_with('o')) { at + 1 } else { at };
    match given {
        true => (at < words.len()).then_some(at),
        false => {
            let later = words.get(at)?;
            (later.starts_with('-') && later.contains('c') && at + 1 < words.len()).then_some(at + 1)
        }
    }
}
