//! Gems of a lock file that are not installed on an older Ruby: `rules/data/gems.yaml`, typed.

use std::sync::OnceLock;

use serde::Deserialize;

use super::range::Version;
use super::{Asked, Place};
use crate::programs::entry::Launch;

const TABLE: &str = include_str!("../../../rules/data/gems.yaml");

/// From which version on a gem needs which Ruby.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Gem {
    package: String,
    from: String,
    least: String,
}

fn table() -> &'static [Gem] {
    static READ: OnceLock<Vec<Gem>> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// Words of a build that leaves groups of gems out.
const LEAVES_OUT: [&str; 4] = ["without", "WITHOUT", "BUNDLE_ONLY", " only"];

/// The gem of the lock file that needs the newest Ruby, where the image's is older.
pub(super) fn locked(place: &Place<'_>, launch: &Launch, has: Version) -> Option<Asked> {
    let installs = matches!(launch.words.get(1).map(String::as_str), None | Some("install"))
        || launch.words.get(1).is_some_and(|word| word.starts_with('-'));
    if !installs {
        return None;
    }
    let (directory, gemfile) = place.manifest(launch, "Gemfile")?;
    let lock = place.load(&directory.join("Gemfile.lock"))?;
    let partly = LEAVES_OUT.iter().any(|word| place.text.contains(word))
        || launch.words.iter().any(|word| word.contains("without"))
        || launch.env.keys().any(|name| name.starts_with("BUNDLE_WITHOUT"));
    let mut found: Option<(Version, &str, &str, (usize, usize))> = None;
    let mut at = 0;
    for line in lock.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        // Gems stand four blanks deep, what they need themselves six.
        let Some(entry) = line.strip_prefix("    ").filter(|entry| !entry.starts_with(' ')) else { continue };
        let entry = entry.trim_end();
        let Some((name, version)) =
            entry.split_once(" (").and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)))
        else {
            continue;
        };
        let Some(locked) = Version::at_start_of(version) else { continue };
        let from = |gem: &&Gem| {
            gem.package == name
                && Version::at_start_of(&gem.from).is_some_and(|from| from.first() <= locked.first())
        };
        let Some(least) = table().iter().rfind(from).and_then(|gem| Version::at_start_of(&gem.least)) else {
            continue;
        };
        // A group that is left out may hold it: then the whole of the program must need it.
        if partly && is_grouped(&gemfile.text, name) {
            continue;
        }
        if has.is_before(least) && found.is_none_or(|(known, ..)| known.first() < least.first()) {
            found = Some((least, name, version, (start + 4, start + 4 + entry.len())));
        }
    }
    let (least, name, version, at) = found?;
    let says = format!(
        "{name}-{version} requires ruby version >= {least}, which is incompatible with the current version, {has}"
    );
    let mut asked = place.asks(&lock, at, &format!("{least} or later, with `{name}` {version}"), says);
    asked.instead = super::packages::tagged(&place.image.value, Version { patch: None, ..least });
    Some(asked)
}

/// Whether a gem stands in a group of the `Gemfile`, or not in it at all.
fn is_grouped(gemfile: &str, name: &str) -> bool {
    let named = [format!("gem '{name}'"), format!("gem \"{name}\"")];
    let found =
        gemfile.lines().find(|line| named.iter().any(|gem| line.trim_start().starts_with(gem.as_str())));
    found.is_none_or(|line| line.starts_with([' ', '\t']) || line.contains("group"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let table: Vec<Gem> = serde_yaml::from_str(TABLE).unwrap();
        let known = |text: &str| Version::at_start_of(text).is_some();
        assert!(table.iter().all(|gem| known(&gem.from) && known(&gem.least)));
    }
}
