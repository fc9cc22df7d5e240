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
    // The file of the Typesafe library, which Ktor, Akka and Play read.
    if name == "application.conf" {
        return Some(Named { base: "application", profile: None });
    }
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
    let is_told = |location: &Path| {
        location == within
            || location == place
            || location.ends_with("*") && location.parent() == within.parent()
    };
    if told.locations().any(is_told) {
        return Some(Rank::Told);
    }
    // The roots of classes and resources, packed or not.
    let is_root = |directory: &Path| {
        directory.ends_with("src/main/resources")
            || ["classes", "resources", "META-INF"].iter().any(|name| directory.ends_with(name))
    };
    let config = within.ends_with("config");
    let bootstrap = named(name).is_some_and(|named| named.base == "bootstrap");
    if is_root(within) || config && within.parent().is_some_and(is_root) {
        return Some(match (bootstrap, config) {
            (true, _) => Rank::Bootstrap,
            (false, true) => Rank::ClasspathConfig,
            (false, false) => Rank::Classpath,
        });
    }
    let directory = clean(directory);
    if told.only_told() || resources_of(place).is_some() {
        None
    } else if within == directory {
        Some(Rank::Directory)
    } else if within == directory.join("config") || within.parent() == Some(&directory.join("config")) {
        Some(Rank::Config)
    } else {
        None
    }
}

/// The `src/main/resources` that a file belongs to.
pub(super) fn resources_of(place: &Path) -> Option<&Path> {
    place.ancestors().find(|above| above.ends_with("src/main/resources"))
}
