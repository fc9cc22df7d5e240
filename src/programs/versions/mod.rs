//! The version of a language that a manifest asks for, where the image that builds or runs it has another.
//!
//! Tools refuse such manifests by themselves, before anything is compiled: `go.mod requires go >= 1.23 (running go 1.21;
//! GOTOOLCHAIN=local)`.

mod dotnet;
mod gems;
mod go;
pub(super) mod images;
mod jvm;
mod newest;
mod node;
mod packages;
pub(super) mod range;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use range::Version;

use super::dockerfile::Run;
use super::entry::{self, Launch, Machine, Started, Way};
use crate::source::{SourceFile, Span, Spanned};

pub use images::Language;
pub(super) use node::lock_version;

/// A manifest that asks for another version than the image has.
#[derive(Clone, Debug)]
pub struct WrongVersion {
    /// Whose version it is.
    pub language: Language,
    /// What is asked for, as a person would say it: `1.23`, `^8.2`.
    pub asked: String,
    /// The version that the image has.
    pub has: String,
    /// The image.
    pub image: Spanned<String>,
    /// Where it is asked for.
    pub manifest: Span,
    /// Its file.
    pub path: PathBuf,
    /// The program that refuses it, as it is started: `go build`.
    pub tool: String,
    /// What it says.
    pub says: String,
    /// Where it is started; [`Span::NONE`] where that is the container's own command.
    pub at: Span,
    /// A tag that has the version, or a variable that helps.
    pub instead: Option<String>,
    /// Whether it is no manifest that asks, but the newest version of a tool that the build installs, which `path` names.
    pub newest: bool,
    /// What the program's code says, where that is what asks.
    pub written: Option<Written>,
}

/// Something in a program's code that its language has in some versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What, for people.
    pub what: String,
    /// Whether older versions had it.
    pub before: bool,
    /// Whether the program starts, and fails where it runs that.
    pub late: bool,
}

/// What a manifest asks for.
struct Asked {
    language: Language,
    asked: String,
    at: Span,
    path: PathBuf,
    says: String,
    instead: Option<String>,
    newest: bool,
}

/// Commands that run on one image.
struct Place<'a> {
    machine: &'a Machine<'a>,
    image: &'a Spanned<String>,
    language: Language,
    has: Version,
    launches: Vec<Launch>,
    /// What the build's commands are written with, and the programs that the container starts.
    called: &'a [String],
    /// The text of the `RUN`.
    text: String,
    at: Span,
}

/// Directories above the one that a tool is started in, in which it looks for its manifest.
const MAX_ABOVE: usize = 6;

impl Place<'_> {
    /// The manifest that a command started here finds, and where it lies.
    fn manifest(&self, launch: &Launch, name: &str) -> Option<(PathBuf, Arc<SourceFile>)> {
        let mut above = launch.directory.ancestors().take(MAX_ABOVE);
        above.find_map(|directory| Some((directory.to_path_buf(), self.load(&directory.join(name))?)))
    }

    fn load(&self, place: &Path) -> Option<Arc<SourceFile>> {
        self.machine.load(place)
    }

    /// Something in a manifest that asks for a version.
    fn asks(&self, file: &SourceFile, (from, to): (usize, usize), asked: &str, says: String) -> Asked {
        Asked {
            language: self.language,
            asked: asked.to_string(),
            at: file.slice(from, to),
            path: file.path.clone(),
            says,
            instead: None,
            newest: false,
        }
    }
}

/// The first manifest that each image refuses which the service's build and its start come to.
#[must_use]
pub(super) fn of(
    machine: &Machine<'_>,
    runs: &[Run],
    started: &Started,
    base: Option<&Spanned<String>>,
) -> Vec<WrongVersion> {
    let mut out: Vec<WrongVersion> = Vec::new();
    let words = runs.iter().flat_map(|run| {
        let text = run.command.assumed();
        text.split(|c: char| c.is_whitespace() || matches!(c, '&' | ';' | '|'))
            .map(str::to_string)
            .collect::<Vec<_>>()
    });
    let called: Vec<String> =
        started.calls.iter().map(|call| call.launch.name().to_string()).chain(words).collect();
    let called = called.as_slice();
    let building = machine.of_build();
    for run in runs {
        let Some(image) = &run.base else { continue };
        let known = images::version(&image.value).or_else(|| images::of_composer(&image.value));
        let Some((language, has)) = known else { continue };
        let at = run.command.span();
        let text = run.command.assumed();
        let start =
            Launch { directory: run.directory.clone(), env: run.variables.clone(), ..Launch::default() };
        // The scripts of packages are followed, too.
        let calls = entry::run_by(&building, &text, &start).calls.into_iter().map(|call| call.launch);
        let launches = entry::built_by(&building, run).into_iter().chain(calls);
        let launches = launches.filter(|launch| launch.way == Way::Surely).collect();
        add(&Place { machine: &building, image, language, has, launches, called, text, at }, &mut out);
    }
    let Some(image) = base else { return out };
    if let Some((language, has)) = images::version(&image.value) {
        let launches = started.calls.iter().map(|call| call.launch.clone());
        let launches: Vec<Launch> = launches.filter(|launch| launch.way == Way::Surely).collect();
        // What was installed without looking at versions is not checked later, either.
        let texts = runs.iter().map(|run| run.command.assumed());
        let text = texts.filter(|text| text.contains("ignore-platform-req")).collect();
        add(&Place { machine, image, language, has, launches, called, text, at: Span::NONE }, &mut out);
        out.extend(dotnet::of_runtime(&building, runs, started, image, has));
        out.extend(jvm::of_runtime(&building, runs, started, image, has));
    }
    out
}

fn add(place: &Place<'_>, out: &mut Vec<WrongVersion>) {
    for launch in &place.launches {
        let found = match place.language {
            Language::Go => go::asked(place, launch),
            Language::DotNet => dotnet::asked(place, launch),
            Language::Java => jvm::asked(place, launch),
            Language::Node => node::asked(place, launch),
            _ => packages::asked(place, launch),
        };
        let Some(asked) = found.or_else(|| newest::asked(place, launch)) else { continue };
        let twice = |known: &WrongVersion| known.manifest == asked.at && known.image.span == place.image.span;
        if out.iter().any(twice) {
            continue;
        }
        let words = launch.words.iter().skip(1).find(|word| !word.starts_with('-'));
        let tool = std::iter::once(launch.name()).chain(words.map(String::as_str)).collect::<Vec<_>>();
        out.push(WrongVersion {
            language: asked.language,
            asked: asked.asked,
            has: place.has.to_string(),
            image: place.image.clone(),
            manifest: asked.at,
            path: asked.path,
            tool: tool.join(" "),
            says: asked.says,
            at: place.at,
            instead: asked.instead,
            newest: asked.newest,
            written: None,
        });
    }
}

/// Where a key stands at the start of a line of a text, and the value after it: `ruby "3.2.2"`, `go 1.23`, `edition = "2024"`.
/// Quotes and what parts the two are left out; comments are skipped.
fn value<'t>(text: &'t str, key: &str, comment: &str) -> Option<(&'t str, (usize, usize))> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim_start();
        let Some(rest) = trimmed.strip_prefix(key) else { continue };
        if !rest.starts_with([' ', '\t', '=', ':', '(', '"', '\'']) || trimmed.starts_with(comment) {
            continue;
        }
        let indent = line.len() - trimmed.len();
        let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '=', ':', '(', '"', '\'']).len();
        let from = start + indent + key.len() + skipped;
        let after = text.get(from..at)?;
        let end = after.find(['"', '\'', '\n', '\r', '#', ')', ';']).unwrap_or(after.len());
        let found = after.get(..end)?.split("//").next()?.trim_end();
        return Some((found, (from, from + found.len())));
    }
    None
}
