//! Compiled programs whose C library is not in the image that they are copied into: one that is linked against glibc does
//! not start on Alpine, nor where glibc is older than what it was linked against.

use super::dockerfile::{Copy, Dockerfile, Stage, Step};
use super::{Program, has_extension};
use crate::compose::ImageReference;
use crate::source::{Span, Text};

/// A program that the loader of its image refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unloadable {
    /// Where it is copied.
    pub copied: Span,
    /// The image that it was built in.
    pub built: String,
    /// The image that it runs in.
    pub runs: String,
    /// What is said when it is started.
    pub says: &'static str,
}

/// A C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Library {
    /// glibc, by its version after `2.`.
    Glibc(u32),
    /// Another one, or none.
    Other,
}

/// What in a Dockerfile says that the program is linked statically, or that glibc is brought along.
const SAYS_OTHERWISE: [&str; 8] =
    ["CGO_ENABLED", "musl", "static", "gcompat", "libc6-compat", "glibc", "netgo", "zigbuild"];
/// From this version on, programs are linked against symbols that those before do not have: threads moved into `libc.so`.
const SYMBOLS_MOVED: u32 = 34;
/// From this version on, the standard library of Rust starts processes by functions that those before do not have, and is linked
/// against them where they are there.
const PIDFD: u32 = 39;
/// Stages that are followed to the image at their ground.
const MAX_STAGES: usize = 16;

/// Whether the service's program was linked against a C library that its image does not have.
#[must_use]
pub fn unloadable(program: &Program, target: Option<&str>) -> Option<Unloadable> {
    let parsed = program.image.parsed.as_ref().filter(|_| program.image.problem.is_none())?;
    let last = match target {
        Some(name) => stage(parsed, name)?,
        None => parsed.stages.last()?,
    };
    let nothing = || ground(parsed, last).filter(|image| image == "scratch");
    let runs = program.image.base.as_ref().map(|base| base.value.clone()).or_else(nothing)?;
    let place = library(&runs)?;
    let language = |ending: &str| {
        let mut loaded = program.loaded.iter().filter_map(|index| program.scope.get(*index));
        program.entry_known && loaded.any(|(place, _)| has_extension(place, &[ending]))
    };
    let builds: &[&str] = match (language("rs"), language("go")) {
        (true, false) => &["cargo build", "cargo install", "cargo b "],
        (false, true) => &["go build", "go install"],
        _ => return None,
    };
    let first = program.command.first()?.complete()?;
    let name = first.rsplit('/').next().unwrap_or(&first);
    let copies = last.steps.iter().filter_map(|step| match step {
        Step::Copy(copy) if copy.from.is_some() => Some(copy),
        _ => None,
    });
    let brings = |copy: &&Copy| {
        let mut places = copy.sources.iter().chain([&copy.destination]).map(Text::assumed);
        places.any(|place| place.rsplit('/').next() == Some(name))
    };
    let copy = copies.into_iter().find(brings)?;
    // Of Go's own packages only those of the network are linked against it.
    let dials = || program.modules.iter().any(|module| !module.sinks.is_empty() || !module.serves.is_empty());
    if language("go") && program.scope.containing("\"net").is_empty() && !dials() {
        return None;
    }
    let from = stage(parsed, &copy.from.as_ref()?.assumed())?;
    let runs_of = |stage: &Stage| {
        let of_run = |step: &Step| match step {
            Step::Run(text) => Some(text.assumed()),
            _ => None,
        };
        stage.steps.iter().filter_map(of_run).collect::<Vec<_>>()
    };
    if !runs_of(from).iter().any(|run| builds.iter().any(|build| run.contains(build)))
        || says_otherwise(parsed)
    {
        return None;
    }
    let built = ground(parsed, from)?;
    let Library::Glibc(wanted) = library(&built)? else { return None };
    let says = match place {
        Library::Other => "no such file or directory",
        Library::Glibc(there) if wanted >= SYMBOLS_MOVED && there < SYMBOLS_MOVED => "GLIBC_2.34 not found",
        Library::Glibc(there) if language("rs") && wanted >= PIDFD && there < PIDFD => "GLIBC_2.39 not found",
        Library::Glibc(_) => return None,
    };
    Some(Unloadable { copied: copy.keyword, built, runs, says })
}

fn stage<'d>(dockerfile: &'d Dockerfile, name: &str) -> Option<&'d Stage> {
    let named = |stage: &&Stage| stage.name.as_ref().is_some_and(|own| own.value.eq_ignore_ascii_case(name));
    let by_number = || dockerfile.stages.get(name.parse::<usize>().ok()?);
    dockerfile.stages.iter().find(named).or_else(by_number)
}

/// The image at the ground of a stage.
fn ground(dockerfile: &Dockerfile, stage: &Stage) -> Option<String> {
    let mut from = stage.from.complete()?;
    for _ in 0..MAX_STAGES {
        match self::stage(dockerfile, &from).filter(|_| from.parse::<usize>().is_err()) {
            Some(below) => from = below.from.complete()?,
            None => return (!from.contains('$')).then_some(from),
        }
    }
    None
}

fn says_otherwise(dockerfile: &Dockerfile) -> bool {
    // What is on by itself may be said, too.
    let says = |text: &str| {
        let text = text.replace("CGO_ENABLED=1", "").replace("CGO_ENABLED=true", "");
        SAYS_OTHERWISE.iter().any(|word| text.contains(word))
    };
    dockerfile.stages.iter().flat_map(|stage| &stage.steps).any(|step| match step {
        Step::Run(text) => says(&text.assumed()) || text.assumed().contains("make"),
        Step::Env(set) | Step::Arg(set) => set.iter().any(|it| {
            let value = it.value.as_ref().map(Text::assumed).unwrap_or_default();
            says(&format!("{}={value}", it.name.value))
        }),
        _ => false,
    })
}

/// The C library of an image; `None` where it is not known for sure.
fn library(reference: &str) -> Option<Library> {
    if reference == "scratch" {
        return Some(Library::Other);
    }
    let image = ImageReference::parse(reference)?;
    let tag = image.tag.unwrap_or("latest");
    if tag.contains("alpine") || image.path == "alpine" || image.path.contains("distroless/static") {
        return Some(Library::Other);
    }
    const DEBIAN: [(&str, u32); 9] = [
        ("stretch", 24),
        ("buster", 28),
        ("bullseye", 31),
        ("bookworm", 36),
        ("trixie", 41),
        ("debian10", 28),
        ("debian11", 31),
        ("debian12", 36),
        ("debian13", 41),
    ];
    let named = |text: &str| DEBIAN.iter().find(|(name, _)| text.contains(name)).map(|(_, version)| *version);
    if let Some(version) = named(tag).or_else(|| named(image.path)) {
        return Some(Library::Glibc(version));
    }
    // `latest-rust-1.90`, on the image of Rust of that version.
    let (path, tag) = match image.path {
        "lukemathwalker/cargo-chef" => {
            ("rust", tag.trim_start_matches("latest-").trim_start_matches("rust-"))
        }
        path => (path, tag),
    };
    let numbers: Vec<u32> = tag.split(['.', '-']).map_while(|part| part.parse().ok()).collect();
    let glibc = match (path, numbers.as_slice()) {
        ("debian", [10, ..]) => 28,
        ("debian", [11, ..]) => 31,
        ("debian", [12, ..]) => 36,
        ("debian", [13, ..]) => 41,
        ("debian", []) if matches!(tag, "latest" | "stable" | "stable-slim") => 41,
        ("ubuntu", [18, ..]) => 27,
        ("ubuntu", [20, ..]) => 31,
        ("ubuntu", [22, ..]) => 35,
        ("ubuntu", [24, ..]) => 39,
        // Their tags without the name of a distribution go on to each new release of Debian, from the version on that is current
        // then, and never back.
        ("rust" | "golang", [1]) => 41,
        ("rust", [1, minor, ..]) if *minor >= 89 => 41,
        ("golang", [1, minor, ..]) if *minor >= 25 => 41,
        ("rust", [1, minor, ..]) if *minor > 70 => 36,
        ("golang", [1, minor, ..]) if *minor > 20 => 36,
        // Some Debian before that.
        ("rust" | "golang", [1, ..]) => 31,
        ("rust" | "golang", []) if tag == "latest" || tag == "slim" => 41,
        _ => return None,
    };
    Some(Library::Glibc(glibc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_images() {
        for (image, found) in [
            ("rust", Some(Library::Glibc(41))),
            ("rust:1-slim", Some(Library::Glibc(41))),
            ("rust:1.90.0", Some(Library::Glibc(41))),
            ("lukemathwalker/cargo-chef:latest-rust-1.88", Some(Library::Glibc(36))),
            ("lukemathwalker/cargo-chef:latest-rust-1", Some(Library::Glibc(41))),
            ("rust:1.79-slim", Some(Library::Glibc(36))),
            ("rust:1.60", Some(Library::Glibc(31))),
            ("rust:1-alpine", Some(Library::Other)),
            ("rust:1.60-buster", Some(Library::Glibc(28))),
            ("golang:1.22", Some(Library::Glibc(36))),
            ("golang:1.16", Some(Library::Glibc(31))),
            ("debian:bullseye-slim", Some(Library::Glibc(31))),
            ("debian:stable-slim", Some(Library::Glibc(41))),
            ("ubuntu:20.04", Some(Library::Glibc(31))),
            ("gcr.io/distroless/cc-debian12", Some(Library::Glibc(36))),
            ("gcr.io/distroless/static", Some(Library::Other)),
            ("alpine:3.19", Some(Library::Other)),
            ("scratch", Some(Library::Other)),
        ] {
            assert_eq!(library(image), found, "{image}");
        }
    }
}
