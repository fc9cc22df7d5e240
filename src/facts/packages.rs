//! Packages that the distribution of an image does not have: `rules/data/packages.yaml`, typed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::environment::EffectiveEnvironment;
use super::{archived, installs, probe};
use crate::compose::ImageReference;
use crate::programs::Image;
use crate::programs::dockerfile::Step;
use crate::source::{Span, Text};

const TABLE: &str = include_str!("../../rules/data/packages.yaml");

/// What in a `RUN` says that packages come from elsewhere, or that a failure does not matter.
const ELSEWHERE: [&str; 12] = [
    "sources.list",
    "/etc/apt/",
    "add-apt-repository",
    "apt.postgresql.org",
    "backports",
    "nodesource",
    "extrepo",
    "||",
    ".deb",
    "--repository",
    "apk/repositories",
    " -X ",
];

/// Parts of tags that name another distribution.
const OTHERS: [&str; 6] = ["alpine", "windowsservercore", "nanoserver", "ubi", "oraclelinux", "buildpack"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    debian: Vec<String>,
    ubuntu: Vec<String>,
    images: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    newest: BTreeMap<String, Vec<String>>,
    packages: Vec<Gone>,
}

/// Packages that are gone.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gone {
    names: Vec<String>,
    debian: Option<String>,
    ubuntu: Option<String>,
    alpine: bool,
    /// What to install in place of them.
    pub instead: Option<String>,
}

impl Gone {
    /// Whether no release that is known has it: it comes from a repository of its maker, or from another distribution.
    #[must_use]
    pub fn was_never(&self) -> bool {
        let first = |since: &Option<String>, releases: &[String]| {
            since.as_ref().is_none_or(|since| releases.first() == Some(since))
        };
        first(&self.debian, &table().debian) && first(&self.ubuntu, &table().ubuntu)
    }
}

/// A package that a build installs and that is not to be had.
#[derive(Clone, Debug)]
pub struct Lacking {
    /// The package.
    pub package: String,
    /// What is known of it.
    pub gone: &'static Gone,
    /// The image that is built on.
    pub base: String,
    /// Where that is named.
    pub from: Span,
    /// The release of its distribution: `Debian 12 (bookworm)`, and `or later` where the tag does not name it.
    pub release: String,
    /// Where the package is named.
    pub at: Span,
}

fn table() -> &'static Table {
    static READ: OnceLock<Table> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// The release that an image is built on, or a later one.
#[must_use]
pub fn release(reference: &str) -> Option<&'static str> {
    let table = table();
    let parsed = ImageReference::parse(reference)?;
    let tag = match (parsed.tag, parsed.digest) {
        (Some(tag), _) => tag,
        (None, None) => "latest",
        (None, Some(_)) => return None,
    };
    let words: Vec<&str> = tag.split(['-', '_']).collect();
    let known = || table.debian.iter().chain(&table.ubuntu);
    if words.iter().any(|word| OTHERS.iter().any(|other| word.starts_with(other))) {
        return None;
    }
    if let Some(named) = known().find(|release| words.contains(&release.as_str())) {
        return Some(named);
    }
    let version = words.first().copied().unwrap_or("");
    // `slim` alone is the newest.
    let version = if matches!(version, "slim" | "fpm" | "apache" | "cli") { "latest" } else { version };
    if table.newest.get(parsed.path).is_some_and(|tags| tags.iter().any(|tag| tag == version)) {
        return table.debian.last().map(String::as_str);
    }
    let fits = |wanted: &String| {
        version == wanted || version.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('.'))
    };
    let releases = table.images.get(parsed.path)?;
    let all = releases.iter().flat_map(|(release, tags)| tags.iter().map(move |tag| (release, tag)));
    let best = all.filter(|(_, tag)| fits(tag)).max_by_key(|(_, tag)| tag.len())?;
    Some(best.0)
}

/// Whether an image is built on this release of its distribution, or on a later one.
#[must_use]
pub(super) fn is_since(reference: &str, least: &str) -> bool {
    let Some(release) = release(reference) else { return false };
    let table = table();
    [&table.debian, &table.ubuntu].into_iter().any(|releases| {
        let place = |name: &str| releases.iter().position(|known| known == name);
        place(release).zip(place(least)).is_some_and(|(here, least)| least <= here)
    })
}

/// What a release is called, and whether the image names it.
fn title(release: &str, image: &str) -> String {
    let place = |releases: &[String]| releases.iter().position(|known| known == release);
    let table = table();
    // Both lists begin with what this counts from.
    let number = match (place(&table.debian), place(&table.ubuntu)) {
        (Some(at), _) => format!("Debian {}", 9 + at),
        (None, at) => format!("Ubuntu {}.04", 18 + 2 * at.unwrap_or(0)),
    };
    let later = if image.contains(release) { "" } else { " or later" };
    format!("{number} ({release}){later}")
}

/// Whether a package is gone in a release.
fn gone(package: &str, release: &str) -> Option<&'static Gone> {
    let table = table();
    let found = table.packages.iter().find(|gone| gone.names.iter().any(|name| name == package))?;
    let since = |releases: &[String], since: &Option<String>| {
        let place = |name: &str| releases.iter().position(|release| release == name);
        place(release).zip(since.as_deref().and_then(place)).is_some_and(|(here, since)| since <= here)
    };
    (since(&table.debian, &found.debian) || since(&table.ubuntu, &found.ubuntu)).then_some(found)
}

/// Where the packages of an image come from.
#[derive(Clone, Copy)]
enum Source {
    /// A release of Debian or Ubuntu.
    Release(&'static str),
    /// Alpine, whatever its release.
    Alpine,
}

impl Source {
    fn of(reference: &str) -> Option<Self> {
        if let Some(release) = release(reference) {
            return Some(Self::Release(release));
        }
        let parsed = ImageReference::parse(reference)?;
        let tag = parsed.tag.unwrap_or("latest");
        let official =
            ["python", "node", "ruby", "php", "golang", "rust", "nginx", "eclipse-temurin", "elixir"];
        let alpine = parsed.path == "alpine" || official.contains(&parsed.path) && tag.contains("alpine");
        alpine.then_some(Self::Alpine)
    }

    fn lacks(self, package: &str) -> Option<&'static Gone> {
        match self {
            Self::Release(release) => gone(package, release),
            Self::Alpine => {
                let named = |gone: &&Gone| gone.alpine && gone.names.iter().any(|name| name == package);
                table().packages.iter().find(named)
            }
        }
    }

    /// What installs packages of it.
    const fn installers(self) -> &'static [&'static str] {
        match self {
            Self::Release(_) => &["apt-get", "apt", "aptitude"],
            Self::Alpine => &["apk"],
        }
    }

    fn title(self, image: &str) -> String {
        match self {
            Self::Release(release) => title(release, image),
            Self::Alpine => "Alpine".to_string(),
        }
    }
}

/// The packages that the builds of an image's stages install and that are not to be had.
#[must_use]
pub fn lacking(image: &Image) -> Vec<Lacking> {
    let mut found = Vec::new();
    let Some(dockerfile) = image.parsed.as_deref() else { return found };
    for stage in &dockerfile.stages {
        let from = archived::origin(&dockerfile.stages, stage).from.span();
        let base = image.pulled.iter().find(|pulled| pulled.span == from || pulled.span.contains(from));
        let Some((base, source)) = base.and_then(|base| Some((base, Source::of(&base.value)?))) else {
            continue;
        };
        for step in &stage.steps {
            let run = match step {
                Step::Run(run) => run,
                Step::Copy(copy) if copy.destination.assumed().contains("/etc/apt") => break,
                _ => continue,
            };
            let text = run.assumed();
            if ELSEWHERE.iter().any(|sign| text.contains(sign)) {
                break;
            }
            for package in installed(run, source.installers()) {
                if let Some(gone) = source.lacks(&package) {
                    let at = archived::place(run, &text, &package);
                    let (release, from) = (source.title(&base.value), base.span);
                    found.push(Lacking { at, package, gone, base: base.value.clone(), from, release });
                }
            }
        }
    }
    found
}

/// The packages that these programs install in a `RUN`.
fn installed(run: &Text, installers: &[&str]) -> Vec<String> {
    let commands = probe::commands(run, &EffectiveEnvironment::default());
    let of_apt = commands.iter().filter_map(|command| {
        let mut words = command.words.iter().map(Text::assumed).skip_while(|word| word.starts_with("--"));
        let name = words.next()?;
        let name = name.rsplit('/').next().unwrap_or(&name).to_string();
        let rest: Vec<String> = words.collect();
        installers.contains(&name.as_str()).then_some(rest)
    });
    let packages = of_apt.flat_map(|words| installs::packages(&words).collect::<Vec<_>>());
    packages.map(|package| package.split(['=', '/', ':']).next().unwrap_or(&package).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Table = serde_yaml::from_str(TABLE).unwrap();
        let known = |release: &String| table.debian.contains(release) || table.ubuntu.contains(release);
        assert!(table.packages.iter().all(|gone| gone.debian.iter().chain(&gone.ubuntu).all(known)));
        assert!(table.images.values().flat_map(BTreeMap::keys).all(known));
    }

    #[test]
    fn releases_of_images() {
        for (image, expected) in [
            ("python:3.11-slim", Some("trixie")),
            ("python:3.11.4-slim", Some("bookworm")),
            ("python:3.9.16", Some("bullseye")),
            ("python:3.8-slim-buster", Some("buster")),
            ("python:3.8.1-slim", Some("buster")),
            ("python:3.8.19-slim", Some("bookworm")),
            ("php:8.0.5-fpm", Some("buster")),
            ("python:slim", Some("trixie")),
            ("python:3.11-alpine", None),
            ("php:8.2-fpm", Some("trixie")),
            ("php:8.2.11-fpm", None),
            ("node:20", Some("bookworm")),
            ("node:18.12.1", Some("bullseye")),
            ("node:16", None),
            ("ubuntu:24.04", Some("noble")),
            ("debian", Some("trixie")),
        ] {
            assert_eq!(release(image), expected, "{image}");
        }
    }

    #[test]
    fn what_releases_are_called() {
        assert_eq!(title("bookworm", "node:20-bookworm"), "Debian 12 (bookworm)");
        assert_eq!(title("noble", "ubuntu:24.04"), "Ubuntu 24.04 (noble) or later");
    }

    #[test]
    fn packages_that_are_gone() {
        assert!(gone("netcat", "trixie").is_some() && gone("netcat", "bookworm").is_some());
        assert!(gone("netcat", "bullseye").is_none() && gone("mysql-client", "noble").is_none());
    }
}
