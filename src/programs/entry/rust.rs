//! What a command starts: `cargo run`, and binaries that `cargo build` made from packages of the project.

use std::path::{Path, PathBuf};

use super::{Launch, Launched, Machine, Started, Starter, Wanted, known};
use crate::programs::rust::{Manifest, binary, binary_of_package};
use crate::programs::{ModuleIndex, Scope};

const LANGUAGE: &str = "rust";

/// Rust.
pub(super) struct Rust;

impl Starter for Rust {
    fn language(&self) -> &'static str {
        LANGUAGE
    }

    fn launch(&self, machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
        match name {
            "cargo" | "cross" => command(launch, out),
            "bacon" => {
                start(&launch.directory, CARGO_RUN, out);
                Launched::Started
            }
            _ => compiled(machine, name, launch, out),
        }
    }

    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
        let found = started.binaries.iter().filter_map(|wanted| {
            let directory = &wanted.directory;
            wanted.names.iter().find_map(|name| match name.strip_prefix(PACKAGE) {
                Some(package) => binary_of_package(scope, directory, Some(package)),
                None if name == CARGO_RUN => binary_of_package(scope, directory, None),
                None => binary(scope, directory, name),
            })
        });
        found.collect()
    }
}

/// Stands for the binary that `cargo run` starts when it is told none.
const CARGO_RUN: &str = "";
/// Before the name of a package whose binary is meant.
const PACKAGE: &str = "package ";

fn start(directory: &Path, name: &str, out: &mut Started) {
    out.language(LANGUAGE);
    out.binaries.push(Wanted { directory: directory.to_path_buf(), names: vec![name.to_string()] });
}

/// The value of an option: `--bin api`, `--bin=api`, `-p api`.
fn value<'w>(words: &'w [String], names: &[&str]) -> Option<&'w str> {
    words.iter().enumerate().find_map(|(at, word)| {
        if names.contains(&word.as_str()) {
            return words.get(at + 1).map(String::as_str);
        }
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then_some(value)
    })
}

/// `cargo run --bin api`, `cargo watch -x "run -p api"`; `cargo build` for what is run next.
fn command(launch: &Launch, out: &mut Started) -> Launched {
    let toolchain = launch.words.get(1).is_some_and(|word| word.starts_with('+'));
    let words = launch.words.get(1 + usize::from(toolchain)..).unwrap_or_default();
    let own = words.iter().position(|word| word == "--").map_or(words, |at| words.get(..at).unwrap_or(words));
    let directory = match value(own, &["--manifest-path"])
        .and_then(|path| launch.path(path).parent().map(PathBuf::from))
    {
        Some(directory) => directory,
        None => launch.directory.clone(),
    };
    match words.first().map(String::as_str) {
        Some("run" | "r") => match (value(own, &["--bin"]), value(own, &["-p", "--package"])) {
            (Some(bin), _) => start(&directory, bin, out),
            (None, Some(package)) => start(&directory, &format!("{PACKAGE}{package}"), out),
            (None, None) => start(&directory, CARGO_RUN, out),
        },
        Some("watch") => {
            // The last command is the one that stays.
            let run = words
                .iter()
                .zip(words.iter().skip(1))
                .rev()
                .find(|(word, _)| matches!(word.as_str(), "-x" | "--exec" | "-s" | "--shell"));
            let Some((option, text)) = run else { return Launched::Started };
            let text = match option.as_str() {
                "-x" | "--exec" => format!("cargo {text}"),
                _ => text.clone(),
            };
            return Launched::Next(launch.with(["sh".to_string(), "-c".to_string(), text]));
        }
        Some("test" | "nextest" | "bench") => {
            out.language(LANGUAGE);
            out.tests = true;
        }
        Some("build" | "b" | "install") => out.builds.push(launch.clone()),
        Some("sqlx" | "check" | "fetch" | "chef" | "clippy" | "fmt") => {}
        Some("leptos" | "shuttle" | "loco") => start(&directory, CARGO_RUN, out),
        _ => out.foreign = true,
    }
    Launched::Started
}

/// A program that `cargo build` or `cargo install` made.
fn compiled(machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
    let first = launch.words.first().map_or("", String::as_str);
    if known::FOREIGN.contains(&name) {
        return Launched::Other;
    }
    let origins = machine.origins_of_command(launch, first);
    // `/app/target/release/api`, `/app/target/x86_64-unknown-linux-musl/release/api`
    let target = |origin: &&PathBuf| {
        let parts: Vec<&str> = origin.iter().filter_map(|part| part.to_str()).collect();
        let at = parts.iter().position(|part| *part == "target");
        at.is_some_and(|at| parts.iter().skip(at).any(|part| matches!(*part, "release" | "debug")))
    };
    let made = |build: &&Launch| {
        let words = &build.words;
        let cargo =
            words.first().is_some_and(|word| matches!(word.rsplit('/').next(), Some("cargo" | "cross")));
        cargo
            && words
                .iter()
                .any(|word| matches!(word.as_str(), "build" | "b" | "install" | "zigbuild" | "auditable"))
    };
    let Some(build) = out.builds.iter().rev().find(made).cloned() else { return Launched::Other };
    if let Some(origin) = origins.iter().find(target) {
        let name = origin.file_name().and_then(|name| name.to_str()).unwrap_or("").to_string();
        let root = origin.ancestors().find(|above| above.ends_with("target")).and_then(Path::parent);
        start(root.unwrap_or(&build.directory), &name, out);
        return Launched::Started;
    }
    let copied =
        first.contains('/') || origins.iter().any(|origin| origin.starts_with("/usr/local/cargo/bin"));
    let names: Vec<String> =
        origins.iter().filter_map(|origin| Some(origin.file_name()?.to_str()?.to_string())).collect();
    let said = value(&build.words, &["--bin", "-p", "--package"]);
    let text = machine.below.file(machine.sources.files(), &build.directory.join("Cargo.toml"));
    let manifest =
        text.and_then(|host| machine.sources.load(&host).ok()).map(|file| Manifest::of(&file.text));
    let package = manifest.as_ref().and_then(|manifest| manifest.package.clone());
    let binaries = manifest.iter().flat_map(|manifest| &manifest.binaries).map(|(name, _)| name.as_str());
    let mut known = said.into_iter().chain(package.as_deref()).chain(binaries);
    match known.find(|known| names.iter().any(|name| name.replace('-', "_") == known.replace('-', "_"))) {
        Some(name) => start(&build.directory, name, out),
        // Renamed by a command of the build: what that built is meant.
        None if copied => match said {
            Some(name) => start(&build.directory, name, out),
            None => {
                let names = names.into_iter().chain([CARGO_RUN.to_string()]).collect();
                out.language(LANGUAGE);
                out.binaries.push(Wanted { directory: build.directory.clone(), names });
            }
        },
        None => return Launched::Other,
    }
    Launched::Started
}
