//! Which configuration files a process looks for, and which lies over which.

use std::path::Path;

use super::overrides::Overrides;
use crate::source::clean;

/// What the name of a configuration file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    /// What it is before its profile: `application`, `bootstrap`.
    pub base: &'a str,
    /// The profile that it is for.
    pub profile: Option<&'a str>,
}

/// What the name says, if it is that of a configuration file.
pub(super) fn named(name: &str) -> Option<Named<'_>> {
    let (stem, extension) = name.rsplit_once('.')?;
    if !["yml", "yaml", "properties"].iter().any(|known| extension.eq_ignore_ascii_case(known)) {
        return None;
    }
    let bases = ["application", "bootstrap", "microprofile-config"];
    let base = bases.into_iter().find(|base| stem.starts_with(base))?;
    match stem.get(base.len()..)? {
        "" => Some(Named { base, profile: None }),
        rest => rest.strip_prefix('-').map(|profile| Named { base, profile: Some(profile) }),
    }
}

/// Where a file lies for the process, higher over lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// `bootstrap.yml`, read before everything else.
    Bootstrap,
    /// In the program's own archive.
    Classpath,
    /// In `config/` of its own archive.
    ClasspathConfig,
    /// Beside the program.
    Directory,
    /// In `config/` beside the program.
    Config,
    /// Where the program is told to look.
    Told,
}

/// The rank of the file at that place; `None` when the process does not look there.
pub(super) fn rank(place: &Path, directory: &Path, told: &Overrides) -> Option<Rank> {
    let name = place.file_name()?.to_str()?;
    let within = place.parent()?;
    let names: Vec<&str> = within.components().filter_map(|part| part.as_os_str().to_str()).collect();
    let packed = resources_of(place).is_some()
        || names.iter().any(|part| matches!(*part, "BOOT-INF" | "classes" | "resources" | "META-INF"));
    if told.locations().any(|location| {
        location == within
            || location == place
            || location == within.parent().unwrap_or(within) && location.ends_with("*")
    }) {
        return Some(Rank::Told);
    }
    if told.only_told() && !packed {
        return None;
    }
    let bootstrap = named(name).is_some_and(|named| named.base == "bootstrap");
    let config = names.last() == Some(&"config");
    if packed {
        return Some(match (bootstrap, config) {
            (true, _) => Rank::Bootstrap,
            (false, true) => Rank::ClasspathConfig,
            (false, false) => Rank::Classpath,
        });
    }
    let directory = clean(directory);
    if within == directory {
        Some(Rank::Directory)
    } else if within.starts_with(directory.join("config"))
        && within.components().count() <= directory.components().count() + 2
    {
        Some(Rank::Config)
    } else {
        None
    }
}

/// The `src/main/resources` that a file belongs to.
pub(super) fn resources_of(place: &Path) -> Option<&Path> {
    place.ancestors().find(|above| above.ends_with("src/main/resources"))
}
