//! Lock files that lack what the manifest beside them asks for, where the build installs with a tool that stops at that.
//!
//! Seen with npm 11, yarn 1.22 and pnpm 9. Composer: `Locker::getMissingRequirementInfo`, which ends `composer install` with
//! code 4. Bundler: "The dependencies in your gemfile changed, but the lockfile can't be updated because frozen mode is set".

mod node;
mod others;

use super::dockerfile::Run;
use super::entry::{self, Launch, Machine, Way};
use crate::source::{SourceFile, Span};

/// A lock file that lacks something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutdatedLock {
    /// The command that stops: `npm ci`.
    pub command: String,
    /// The `RUN` that has it.
    pub run: Span,
    /// Where the manifest asks for what is lacking.
    pub at: Span,
    /// The manifest's name.
    pub manifest: &'static str,
    /// The lock file's.
    pub lock: &'static str,
    /// What is asked for: its name.
    pub package: String,
    /// The versions that are asked for.
    pub asked: String,
    /// What the lock file has of it instead.
    pub has: Option<String>,
    /// How many more it lacks.
    pub more: usize,
    /// What the tool says.
    pub says: &'static str,
    /// What brings the lock file up to date.
    pub update: &'static str,
    /// What to write in place of the command, where that does it too.
    pub instead: Option<&'static str>,
    /// Whether `package` is the only platform that it is made for, and none that images are of.
    pub platform: bool,
}

/// Something that a manifest asks for and the lock file lacks.
struct Lacking {
    package: String,
    asked: String,
    has: Option<String>,
    at: Span,
}

/// A tool that insists on its lock file.
struct Tool {
    manifest: &'static str,
    lock: &'static str,
    says: &'static str,
    update: &'static str,
    instead: Option<&'static str>,
}

/// What the comparison of a manifest and a lock file came to.
#[derive(Default)]
struct Compared {
    lacking: Vec<Lacking>,
    /// How many the lock file has.
    there: usize,
    /// The platforms that it is made for, where images are of none of them.
    platforms: Option<(String, Span)>,
}

/// What makes a lock file of Bundler one for images, too.
const PLATFORMS: &str = "bundle lock --add-platform x86_64-linux aarch64-linux";

/// The lock files of a build that lack something, the first for each `RUN`.
#[must_use]
pub(super) fn of(machine: &Machine<'_>, runs: &[Run]) -> Vec<OutdatedLock> {
    let machine = machine.of_build();
    let mut out = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let stage = |other: &&Run| match (&other.base, &run.base) {
            (Some(one), Some(other)) => one.span == other.span,
            (one, other) => one.is_none() && other.is_none(),
        };
        let before = runs.get(..=at).unwrap_or_default().iter().filter(stage);
        let texts: Vec<String> = before.map(|run| run.command.assumed()).collect();
        if texts.last().is_some_and(|text| text.contains("||")) {
            continue;
        }
        let launches = entry::built_by(&machine, run);
        let surely = launches.iter().filter(|launch| launch.way == Way::Surely);
        out.extend(surely.filter_map(|launch| outdated(&machine, launch, run, &texts)).next());
    }
    out
}

fn outdated(machine: &Machine<'_>, launch: &Launch, run: &Run, texts: &[String]) -> Option<OutdatedLock> {
    let tool = node::tool(launch).or_else(|| others::tool(launch, run, texts))?;
    // What names one of both may change it, and so may what adds packages.
    const CHANGES: [&str; 12] = [
        "npm pkg",
        "npm install ",
        "npm i ",
        "npm update",
        "lock-only",
        "lockfile-only",
        "yarn add",
        "pn add",
        "composer update",
        "composer require",
        "bundle lock",
        "bundle add",
    ];
    let elsewhere = ["--prefix", "-C", "--cwd", "--dir", "--working-dir", "-d"];
    if launch.words.iter().any(|word| elsewhere.contains(&word.as_str())) {
        return None;
    }
    // Programs of the system are installed by npm, too; and `pnpm` is not `npm`.
    let changes = |text: &String| {
        let own = text.replace("pnpm ", "pn ").replace("npm install -g", "").replace("npm i -g", "");
        CHANGES.iter().any(|word| own.contains(word))
            || own.contains(tool.manifest)
            || own.contains(tool.lock)
    };
    if texts.iter().any(changes) {
        return None;
    }
    let load = |name: &str| machine.load(&launch.path(name));
    let (manifest, lock) = (load(tool.manifest)?, load(tool.lock)?);
    let compared = match tool.manifest {
        "package.json" => node::compare(&manifest, &lock, launch)?,
        _ => others::compare(&manifest, &lock, launch)?,
    };
    // A file that has little of it is no lock file that anybody installs from, but a sketch of one.
    let Compared { mut lacking, there, platforms } = compared;
    let known = there + lacking.iter().filter(|lacking| lacking.has.is_some()).count();
    if lacking.iter().filter(|lacking| lacking.has.is_none()).count() > known {
        lacking.clear();
    }
    let (platform, update) = (lacking.is_empty(), if lacking.is_empty() { PLATFORMS } else { tool.update });
    if let Some((package, at)) = platforms.filter(|_| platform) {
        lacking.push(Lacking { package, asked: String::new(), has: None, at });
    }
    let more = lacking.len().checked_sub(1)?;
    let first = lacking.into_iter().min_by_key(|lacking| lacking.at.lo)?;
    let words = launch.words.iter().skip(1).map(String::as_str);
    Some(OutdatedLock {
        command: std::iter::once(launch.name()).chain(words).collect::<Vec<_>>().join(" "),
        run: run.command.span(),
        at: first.at,
        manifest: tool.manifest,
        lock: tool.lock,
        package: first.package,
        asked: first.asked,
        has: first.has,
        more,
        says: if platform {
            "Your bundle only supports platforms … but your local platform is x86_64-linux"
        } else {
            tool.says
        },
        update,
        instead: tool.instead,
        platform,
    })
}

/// Where a manifest in JSON has a key with this text as its value: the key.
fn key_of(file: &SourceFile, key: &str, value: &str) -> Option<Span> {
    let quoted = format!("\"{key}\"");
    let (from, _) = file.text.match_indices(&quoted).find(|(at, _)| {
        let rest = file.text.get(at + quoted.len()..).unwrap_or("").trim_start();
        rest.strip_prefix(':').is_some_and(|rest| rest.trim_start().starts_with(&format!("\"{value}\"")))
    })?;
    Some(file.slice(from, from + quoted.len()))
}

/// The first word of a command that is no option.
fn verb(launch: &Launch) -> &str {
    launch.words.iter().skip(1).find(|word| !word.starts_with('-')).map_or("", String::as_str)
}

fn says(launch: &Launch, option: &str) -> bool {
    launch.words.iter().any(|word| word == option)
}
