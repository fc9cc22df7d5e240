//! The folders that an image has when something is copied: files that are copied there come into them.

use std::path::Path;

use super::build::Built;
use super::copy::absolute;
use crate::source::Text;

/// A destination as it is meant: with a slash at the end where a folder of that name is there.
pub(super) fn into(destination: String, built: &Built) -> String {
    if destination.is_empty() || destination.ends_with('/') || destination.contains(Text::HOLE) {
        return destination;
    }
    let place = absolute(&built.working_directory, &destination);
    let above = built.layers.iter().any(|layer| layer.target.starts_with(&place) && layer.target != place);
    match above || built.runs.iter().any(|run| makes(&run.command.assumed(), &run.directory, &place)) {
        true => destination + "/",
        false => destination,
    }
}

/// Whether a command surely makes a folder at this place.
fn makes(command: &str, directory: &Path, place: &Path) -> bool {
    let mut directory = directory.to_path_buf();
    let separated = command.replace("\\\n", " ").replace("\\\r\n", " ");
    for part in separated.split(['&', ';', '\n']) {
        let words: Vec<&str> = part.split_whitespace().collect();
        match words.as_slice() {
            ["cd", to] => directory = absolute(&directory, to),
            ["mkdir", rest @ ..] if !part.contains(['|', '{', '$', '`']) => {
                let mut skip = false;
                for word in rest {
                    if std::mem::take(&mut skip) {
                        continue;
                    }
                    skip = matches!(*word, "-m" | "--mode");
                    let made = absolute(&directory, word.trim_matches(['"', '\'']));
                    if !word.starts_with('-') && made.starts_with(place) {
                        return true;
                    }
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_commands_make() {
        let is = |command: &str| makes(command, Path::new("/"), Path::new("/app"));
        for made in
            ["mkdir /app", "set -x && mkdir -p -m 755 /app/log", "cd / && mkdir app", "mkdir -p \"/app\" /x"]
        {
            assert!(is(made), "{made}");
        }
        for other in
            ["mkdir /application", "rmdir /app", "mkdir -p /srv || true", "mkdir $APP", "echo mkdir /app"]
        {
            assert!(!is(other), "{other}");
        }
    }
}
