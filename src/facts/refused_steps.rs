//! Steps of builds that the tools of today refuse: `rules/data/refused_steps.yaml`, typed.

use std::sync::OnceLock;

use serde::Deserialize;

use super::archived::place;
use super::build_programs::{Needed, needed};
use super::environment::EffectiveEnvironment;
use super::images::Version;
use super::service::ServiceFacts;
use super::{installs, packages, probe};
use crate::compose::ImageReference;
use crate::programs::dockerfile::Step;
use crate::source::{Span, Spanned, Text};

const TABLE: &str = include_str!("../../rules/data/refused_steps.yaml");

/// A step that is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Refused {
    programs: Vec<String>,
    verbs: Vec<String>,
    any: Vec<String>,
    all: Vec<String>,
    without: Vec<String>,
    alone: bool,
    image: Option<String>,
    since: Option<Version>,
    before: Option<Version>,
    releases: Vec<String>,
    system: Vec<String>,
    starts: Vec<String>,
    package: Option<String>,
    brought: Option<Version>,
    needs: Option<Version>,
    who: String,
    /// What the tool says.
    pub says: String,
    /// What to do.
    pub instead: String,
}

/// A command of a container that the newest version of its image refuses, and where it stands.
#[must_use]
pub fn at_start(service: &ServiceFacts<'_>) -> Option<(&'static Refused, String, Span)> {
    let image = service.service.image.as_ref().filter(|_| service.service.build.is_none())?.complete()?;
    let reference = ImageReference::parse(&image)?;
    let newest = matches!(reference.tag, None | Some("latest")) && reference.digest.is_none();
    let of_image = |known: &&Refused| newest && known.image.as_deref() == Some(reference.path);
    let words = [&service.service.entrypoint, &service.service.command];
    let words = || words.into_iter().flatten().flat_map(|command| &command.words);
    let mut known =
        table().iter().filter(of_image).flat_map(|known| known.starts.iter().map(move |told| (known, told)));
    known.find_map(|(known, told)| {
        let found = words().find(|word| word.assumed().contains(told.as_str()))?;
        Some((known, told.clone(), place(found, &found.assumed(), told)))
    })
}

/// A step of a service's build at which that stops.
#[derive(Clone, Debug)]
pub struct Stop {
    /// What is known of it.
    pub known: &'static Refused,
    /// The command, as far as it matters: `poetry install --no-dev`.
    pub command: String,
    /// Where.
    pub at: Span,
    /// The image that its stage is made from.
    pub image: Spanned<String>,
}

impl Refused {
    /// Who refuses it, on an image.
    #[must_use]
    pub fn who(&self, image: &str) -> String {
        self.who.replace("{image}", image)
    }
}

fn table() -> &'static [Refused] {
    static READ: OnceLock<Vec<Refused>> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// A command's words, and the whole text that it stands in.
type Before = (Vec<String>, String);

/// What a `RUN` has that looks whether something is there, or is no plain list of commands.
const BRANCHES: [&str; 6] = ["if ", "command -v", "case ", "while ", "<<", "for "];

/// The first step of each stage at which the build of a service stops.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Vec<Stop> {
    needed(service).iter().filter_map(of_stage).collect()
}

fn of_stage(stage: &Needed<'_>) -> Option<Stop> {
    let reference = ImageReference::parse(&stage.image.value)?;
    let said = said(stage);
    let mut copied = false;
    let mut before: Vec<Before> = Vec::new();
    for (at, step) in stage.steps.iter().enumerate() {
        let text = match step {
            Step::Copy(_) => {
                copied = true;
                continue;
            }
            Step::Shell(_) => return None,
            Step::Run(text) => text,
            _ => continue,
        };
        let whole = text.assumed();
        let plain = at >= stage.own
            && !whole.trim_start().starts_with('[')
            && !BRANCHES.iter().any(|word| whole.contains(word));
        for command in probe::commands(text, &EffectiveEnvironment::default()) {
            let words = words_of(&command);
            let known = table().iter().find(|known| {
                plain
                    && known.starts.is_empty()
                    && !command.has_alternative
                    && known.is_called(&words)
                    && !(known.alone && copied)
                    && known.is_of(&reference, &stage.image.value)
                    && known.is_brought(&before, stage, &reference)
                    && !known.without.iter().any(|part| said.contains(part.as_str()))
            });
            if let Some(known) = known {
                let (command, mark) = known.told(&words);
                return Some(Stop {
                    known,
                    command,
                    at: place(text, &whole, &mark),
                    image: stage.image.clone(),
                });
            }
            before.push((words, whole.clone()));
        }
    }
    None
}

/// The words of a command, its program by its bare name first: options of `RUN`, `sudo` and `python -m` are taken off.
fn words_of(command: &probe::Probe) -> Vec<String> {
    let all = command.words.iter().map(Text::assumed);
    let mut words: Vec<String> =
        all.skip_while(|word| word.starts_with("--") || word == "sudo" || word == "exec").collect();
    if let [first, flag, ..] = words.as_slice()
        && first.starts_with("python")
        && flag == "-m"
    {
        words.drain(..2);
    }
    if let Some(first) = words.first_mut() {
        *first = first.rsplit('/').next().unwrap_or(first).to_string();
    }
    words
}

/// All that the steps of a stage say, in commands and in variables.
fn said(stage: &Needed<'_>) -> String {
    let mut out = String::new();
    let mut add = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    for step in &stage.steps {
        match step {
            Step::Run(text) => add(&text.assumed()),
            Step::Env(all) | Step::Arg(all) => {
                for one in all {
                    add(&format!("{}={}", one.name.value, value(one.value.as_ref())));
                }
            }
            Step::Copy(copy) => add(&copy.destination.assumed()),
            _ => {}
        }
    }
    out
}

fn value(text: Option<&Text>) -> String {
    text.map(Text::assumed).unwrap_or_default()
}

/// Whether a word is one that is told, or has it for a part.
fn is(word: &str, told: &str) -> bool {
    match (told.strip_prefix('*'), told.strip_suffix('*')) {
        (Some(_), Some(_)) => word.contains(told.trim_matches('*')),
        (Some(end), None) => word.ends_with(end),
        (None, Some(start)) => word.starts_with(start),
        (None, None) => word == told,
    }
}

impl Refused {
    fn is_called(&self, words: &[String]) -> bool {
        let Some((first, rest)) = words.split_first() else { return false };
        let mut plain = rest.iter().filter(|word| !word.starts_with('-'));
        let has = |wanted: &Vec<String>| {
            wanted.is_empty() || rest.iter().any(|word| wanted.iter().any(|told| is(word, told)))
        };
        self.programs.contains(first)
            && self.verbs.iter().all(|verb| plain.next() == Some(verb))
            && has(&self.any)
            && has(&self.all)
    }

    /// Whether it holds on an image.
    fn is_of(&self, reference: &ImageReference<'_>, whole: &str) -> bool {
        if let Some(image) = &self.image {
            // A digest without a tag tells no version.
            let told = reference.tag.is_some() || reference.digest.is_none();
            return told
                && reference.path == image
                && Version::lies_within(reference.tag, self.since, self.before);
        }
        self.releases.is_empty() || self.releases.iter().any(|release| is_release(reference, whole, release))
    }

    /// Whether the commands before it brought a program that refuses it.
    fn is_brought(&self, before: &[Before], stage: &Needed<'_>, reference: &ImageReference<'_>) -> bool {
        if !self.system.is_empty() {
            // Images of a language have its own, which nobody else manages.
            return reference.path != "python"
                && before.iter().any(|(words, _)| {
                    words.first().is_some_and(|name| matches!(name.as_str(), "apt-get" | "apt" | "apk"))
                        && installs::packages(words).any(|package| self.system.contains(&package))
                });
        }
        let Some(package) = &self.package else { return true };
        let python = reference.path == "python"
            && reference.digest.is_none()
            && Version::lies_within(reference.tag, self.needs, None);
        let installed = before.iter().rev().find_map(|before| brought(before, package, stage));
        python
            && match installed {
                Some(Held::Newest) => true,
                Some(Held::At(version)) => Version::lies_within(Some(&version), self.brought, None),
                Some(Held::Unknown) | None => false,
            }
    }

    /// The command as far as it matters, and the word to point at.
    fn told(&self, words: &[String]) -> (String, String) {
        let first = words.first().cloned().unwrap_or_default();
        let word = words.iter().skip(1).find(|word| self.any.iter().any(|told| is(word, told))).cloned();
        let mut all = vec![first.clone()];
        all.extend(self.verbs.iter().cloned());
        // What it is the value of.
        let option = word.as_ref().and_then(|word| {
            let at = words.iter().position(|other| other == word)?;
            words.get(at.checked_sub(1)?).filter(|before| self.all.iter().any(|told| is(before, told)))
        });
        all.extend(option.cloned());
        all.extend(word.clone());
        let mark = word.unwrap_or_else(|| {
            std::iter::once(first).chain(self.verbs.iter().cloned()).collect::<Vec<_>>().join(" ")
        });
        (all.join(" "), mark)
    }
}

/// Which version of a package is installed.
enum Held {
    Newest,
    At(String),
    Unknown,
}

/// What a command installs of a package of PyPI.
fn brought((words, whole): &Before, package: &str, stage: &Needed<'_>) -> Option<Held> {
    let (first, rest) = words.split_first()?;
    if !matches!(first.as_str(), "pip" | "pip3" | "pipx") || !rest.iter().any(|word| word == "install") {
        return None;
    }
    let named = rest.iter().find_map(|word| {
        let end = word.strip_prefix(package)?;
        let end = match end.strip_prefix('[') {
            Some(extra) => extra.split_once(']')?.1,
            None => end,
        };
        (end.is_empty() || end.starts_with(['=', '<', '>', '~', '!', ' '])).then(|| end.trim().to_string())
    })?;
    if named.is_empty() {
        return Some(Held::Newest);
    }
    if named.starts_with(">") && !named.contains(['<', ',', '$']) {
        return Some(Held::Newest);
    }
    let Some(version) = named.strip_prefix("==") else { return Some(Held::Unknown) };
    // A variable is none in the words.
    let written = whole.split_once(&format!("{package}==$")).map(|(_, rest)| rest.trim_start_matches('{'));
    let version = match written {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            variable(stage, rest.get(..end)?)?
        }
        None => version.to_string(),
    };
    Some(if version.starts_with(|c: char| c.is_ascii_digit()) { Held::At(version) } else { Held::Unknown })
}

/// What a stage sets a variable to.
fn variable(stage: &Needed<'_>, name: &str) -> Option<String> {
    stage.steps.iter().find_map(|step| match step {
        Step::Env(all) | Step::Arg(all) => {
            all.iter().find(|one| one.name.value == name).map(|one| value(one.value.as_ref()))
        }
        _ => None,
    })
}

/// The Alpine that an image is made from is this one, or a later.
fn is_release(reference: &ImageReference<'_>, whole: &str, release: &str) -> bool {
    let Some(least) = release.strip_prefix("alpine ") else {
        return packages::is_since(whole, release);
    };
    let least = Version::try_from(least.to_string()).ok();
    let told = reference.tag.is_some() || reference.digest.is_none();
    if reference.path == "alpine" {
        let named = reference.tag.filter(|tag| *tag != "edge");
        return told && Version::lies_within(named, least, None);
    }
    let Some(tag) = reference.tag else { return false };
    let Some((front, alpine)) = tag.split_once("alpine") else { return false };
    if !alpine.is_empty() {
        return Version::lies_within(Some(alpine), least, None)
            && alpine.starts_with(|c: char| c.is_ascii_digit());
    }
    // Lines that were built anew since then; a whole version may be older.
    let since = match reference.path {
        "node" => "18",
        "golang" => "1.21",
        "php" => "8.1",
        "ruby" => "3.1",
        _ => return false,
    };
    let front = front.trim_end_matches('-');
    let dots = if reference.path == "node" { 0 } else { 1 };
    front.matches('.').count() <= dots
        && Version::lies_within(Some(front), Version::try_from(since.to_string()).ok(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let all: Vec<Refused> = serde_yaml::from_str(TABLE).unwrap();
        assert!(all.iter().all(|known| !known.programs.is_empty() && !known.says.is_empty()));
        assert!(all.iter().all(|known| known.package.is_none() || known.brought.is_some()));
    }

    #[test]
    fn releases() {
        let is =
            |image: &str, release: &str| is_release(&ImageReference::parse(image).unwrap(), image, release);
        for image in ["alpine", "alpine:3.20", "alpine:latest", "node:20-alpine", "golang:1.22-alpine3.19"] {
            assert!(is(image, "alpine 3.19"), "{image}");
        }
        for image in
            ["alpine:3.18", "node:16-alpine", "node:20.1.0-alpine", "python:3.12-alpine", "debian:12"]
        {
            assert!(!is(image, "alpine 3.19"), "{image}");
        }
        assert!(is("debian:12", "bookworm") && is("node:20", "bookworm") && is("ubuntu:24.04", "noble"));
        assert!(!is("debian:11", "bookworm") && !is("ubuntu:22.04", "noble") && !is("debian:12", "noble"));
    }
}
