//! Distributions whose packages were moved to an archive: `rules/data/archived.yaml`, typed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::compose::ImageReference;
use crate::programs::Image;
use crate::programs::dockerfile::{Dockerfile, Stage, Step};
use crate::source::{Span, Text};

const TABLE: &str = include_str!("../../rules/data/archived.yaml");

/// What in a `RUN` says that the packages are looked for elsewhere, or that a failure does not matter.
const MENDED: [&str; 10] = [
    "disablerepo",
    "archive.debian.org",
    "sources.list",
    "snapshot.debian",
    "|| true",
    "|| :",
    "mirror",
    "old-releases",
    "vault.centos",
    "yum.repos.d",
];

/// Whether the text says so; a list that is added beside the image's own changes nothing of that.
fn is_mended(text: &str) -> bool {
    let own = text.replace("sources.list.d/", "");
    MENDED.iter().any(|sign| own.contains(sign))
}

/// A release whose packages are no longer where its images look for them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Its name.
    pub release: String,
    words: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    other: Vec<String>,
    commands: Vec<String>,
    /// Where they are now.
    pub moved: String,
    /// Since when.
    pub since: String,
    /// Pages that say it.
    pub sources: Vec<String>,
}

/// A command of a build that looks for packages where they are no longer.
#[derive(Clone, Debug)]
pub struct Stale {
    /// The release.
    pub release: &'static Release,
    /// The image that is built on it.
    pub base: String,
    /// Where that is named.
    pub from: Span,
    /// The command.
    pub command: String,
    /// Where it stands.
    pub at: Span,
}

/// The release that an image is built on, if its packages are archived.
#[must_use]
pub fn release(reference: &str) -> Option<&'static Release> {
    static ALL: OnceLock<Vec<Release>> = OnceLock::new();
    let parsed = ImageReference::parse(reference)?;
    let tag = parsed.tag?;
    let words: Vec<&str> = tag.split(['-', '_']).collect();
    let all = ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default());
    all.iter().find(|known| {
        let named = known.words.iter().any(|word| words.contains(&word.as_str()));
        let other = words.iter().any(|word| known.other.iter().any(|other| word.starts_with(other.as_str())));
        let version = words.first().copied().unwrap_or("");
        let starts = |wanted: &String| {
            wanted.strip_prefix('=').is_some_and(|whole| whole == version)
                || version == wanted
                || wanted.contains('-')
                    && tag
                        .strip_prefix(wanted.as_str())
                        .is_some_and(|it| it.is_empty() || it.starts_with('-'))
                || version.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        let by_version = known.tags.get(parsed.path).is_some_and(|tags| tags.iter().any(starts));
        named || by_version && !other
    })
}

/// The first command of each stage that an image needs which looks for packages where they are no longer.
#[must_use]
pub fn stale(image: &Image) -> Vec<Stale> {
    image.parsed.as_deref().map(|dockerfile| of_stages(dockerfile, image)).unwrap_or_default()
}

fn of_stages(dockerfile: &Dockerfile, image: &Image) -> Vec<Stale> {
    let mut found = Vec::new();
    for stage in &dockerfile.stages {
        let from = origin(&dockerfile.stages, stage).from.span();
        let Some(base) = image.pulled.iter().find(|pulled| pulled.span == from || pulled.span.contains(from))
        else {
            continue;
        };
        let Some(release) = release(&base.value) else { continue };
        for step in &stage.steps {
            let text = match step {
                Step::Run(text) => text.assumed(),
                // Lists of sources of one's own.
                Step::Copy(copy)
                    if ["/etc/apt", "/etc/yum"].iter().any(|it| copy.destination.assumed().contains(it)) =>
                {
                    break;
                }
                _ => continue,
            };
            if is_mended(&text) {
                break;
            }
            let command = release.commands.iter().find(|command| text.contains(command.as_str()));
            if let (Some(command), Step::Run(written)) = (command, step) {
                found.push(Stale {
                    release,
                    base: base.value.clone(),
                    from: base.span,
                    command: command.clone(),
                    at: place(written, &text, command),
                });
                break;
            }
        }
    }
    found
}

/// The stage whose image a stage is built on in the end: of stages that are made from others, the first.
pub(super) fn origin<'s>(stages: &'s [Stage], stage: &'s Stage) -> &'s Stage {
    let mut found = stage;
    for _ in 0..stages.len() {
        let name = found.from.assumed().to_lowercase();
        let before = stages.iter().take_while(|other| other.from.span() != found.from.span());
        let Some(other) =
            before.filter(|other| other.name.as_ref().is_some_and(|it| it.value == name)).last()
        else {
            break;
        };
        found = other;
    }
    found
}

/// Where words stand by themselves in a text, which is given as it reads, too; the whole where it is put together of several
/// pieces.
pub(super) fn place(written: &Text, text: &str, words: &str) -> Span {
    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+');
    let at = text.match_indices(words).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + words.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(joins) && !after.is_some_and(joins)
    });
    let part = at.map(|at| written.slice(at, at + words.len()).span());
    part.filter(|span| !span.is_none()).unwrap_or_else(|| written.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        let named = |reference: &str| release(reference).map(|release| release.words.join(" "));
        for buster in [
            "python:3.9-slim-buster",
            "debian:buster-slim",
            "debian:10",
            "node:14",
            "node:14.8.0-slim",
            "python:2.7",
            "rust:1.67-buster",
            "python:3.8.10-slim",
            "ruby:2.6.3",
            "php:7.4.8-fpm",
            "node:16",
            "mcr.microsoft.com/dotnet/core/aspnet:3.1",
            "mcr.microsoft.com/dotnet/sdk:5.0",
            "elixir:1.10-slim",
        ] {
            assert_eq!(named(buster).as_deref(), Some("buster"), "{buster}");
        }
        for stretch in [
            "node:10",
            "node:12-slim",
            "debian:9.13",
            "php:5-fpm",
            "php:5.6-apache",
            "ruby:2.6-rc",
            "golang:1.11",
            "elixir:1.6",
        ] {
            assert_eq!(named(stretch).as_deref(), Some("stretch"), "{stretch}");
        }
        for other in [
            "node:14-alpine",
            "node:14-bullseye",
            "node:18",
            "node",
            "python:3.9",
            "python:3.9.16",
            "python:3.8.11",
            "php:7.4-fpm",
            "debian:12",
            "debian:bookworm",
            "node:140",
            "alpine:3.10",
            "python:3.10-slim",
            "mcr.microsoft.com/dotnet/sdk:6.0",
            "mcr.microsoft.com/dotnet/core/aspnet:3.1-bionic",
            "elixir:1.11",
            "ruby:2.6",
            "ubuntu:20.04",
            "golang:1.1",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
