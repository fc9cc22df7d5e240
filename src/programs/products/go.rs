//! What Go's own tool makes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::compiled::value;
use super::{Holds, Product, tools};
use crate::programs::entry::{Launch, Machine, go_binaries, go_told};
use crate::programs::go::module_name;
use crate::programs::has_extension;
use crate::programs::service_files::Walks;
use crate::source::{Text, clean};

/// Where the official images have `go install` put programs.
const BINARIES: &str = "/go/bin";

/// `go build -o main .`, `go install ./...`
pub(super) fn of(machine: &Machine<'_>, launch: &Launch, base: Option<&str>) -> Option<Vec<Product>> {
    let official = base.is_some_and(|base| tools::is_plain(base) && base.contains("golang"));
    let set = |name: &str| launch.env.get(name).filter(|value| !value.contains(Text::HOLE));
    let told = ["GOBIN", "GOPATH"].iter().any(|name| launch.env.contains_key(*name));
    let folder = match (set("GOBIN"), set("GOPATH")) {
        (Some(folder), _) => Some(PathBuf::from(folder)),
        (None, Some(path)) if !launch.env.contains_key("GOBIN") => Some(Path::new(path).join("bin")),
        _ => (official && !told).then(|| PathBuf::from(BINARIES)),
    };
    let installed = |names: Option<Vec<String>>| -> Vec<Product> {
        folder.iter().map(|folder| Product::new(folder, Holds::Binaries(names.clone()))).collect()
    };
    match launch.words.get(1).map_or("", String::as_str) {
        "build" => build(machine, launch, official),
        "install" => Some(installed(packages(machine, launch))),
        // Older versions install what they get.
        "get" if !launch.words.iter().any(|word| word == "-d") => Some(installed(None)),
        "get" | "mod" | "env" | "version" | "vet" | "test" | "clean" | "fmt" | "list" => Some(Vec::new()),
        _ => None,
    }
}

fn build(machine: &Machine<'_>, launch: &Launch, official: bool) -> Option<Vec<Product>> {
    if launch.words.iter().any(|word| word.contains(Text::HOLE)) {
        return None;
    }
    let named = value(&launch.words, &["-o"]);
    let folder = named.is_some_and(|path| path.ends_with('/'));
    if let Some(named) = named
        && (folder || official && clean(&launch.path(named)) == Path::new(BINARIES))
    {
        let names = packages(machine, launch);
        return Some(vec![Product::new(launch.path(named), Holds::Binaries(names))]);
    }
    let several = launch.words.iter().any(|word| word.contains("..."));
    if several || named.is_none() && !machine.has(&launch.directory.join("go.mod")) {
        return None;
    }
    let made = go_binaries(machine, launch);
    Some(made.into_iter().map(|place| Product::new(place, Holds::Itself)).collect())
}

/// The names of the programs that the packages of a command make; nothing where not all of them are seen.
fn packages(machine: &Machine<'_>, launch: &Launch) -> Option<Vec<String>> {
    let (directory, mut packages) = go_told(launch);
    if packages.is_empty() {
        packages.push(".".to_string());
    }
    let mut found = Vec::new();
    let mut mains: Option<BTreeMap<PathBuf, String>> = None;
    for package in packages {
        if let Some((path, _)) = package.split_once('@') {
            // A tool of somebody else.
            found.extend(last(path));
            continue;
        }
        if !package.starts_with('.') || package.ends_with(".go") || package.contains(['$', '`', Text::HOLE]) {
            return None;
        }
        if mains.is_none() {
            mains = Some(programs(machine)?);
        }
        let all = package.strip_suffix("...").map(|start| start.trim_end_matches('/'));
        let place = clean(&directory.join(all.unwrap_or(&package)));
        let wanted = |folder: &PathBuf| match all {
            Some(_) => folder.starts_with(&place),
            None => *folder == place,
        };
        let before = found.len();
        found.extend(
            mains.iter().flatten().filter(|(folder, _)| wanted(folder)).map(|(_, name)| name.clone()),
        );
        if found.len() == before {
            return None;
        }
    }
    Some(found)
}

/// The last part of an import path that is no version.
fn last(path: &str) -> Option<String> {
    let version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
    };
    path.rsplit('/').find(|part| !version(part)).map(str::to_string)
}

/// The folders that hold programs, and what those are called.
fn programs(machine: &Machine<'_>) -> Option<BTreeMap<PathBuf, String>> {
    fn wanted(path: &Path) -> bool {
        has_extension(path, &["go"]) && !path.to_string_lossy().ends_with("_test.go")
    }
    let holding = machine.files.sources(machine.sources, &Walks::default(), wanted);
    if !holding.cut.is_empty() {
        return None;
    }
    let mut found = BTreeMap::new();
    for (place, host) in &holding.files {
        let folder = place.parent()?;
        let text = &machine.sources.load(host).ok()?.text;
        let is_main = text.lines().any(|line| {
            line.strip_prefix("package main")
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        });
        if !is_main || found.contains_key(folder) {
            continue;
        }
        // At the module's own folder it is the module that gives the name.
        let name = match machine.text(&folder.join("go.mod")) {
            Some(manifest) => last(module_name(&manifest)?),
            None => folder.file_name().and_then(|name| name.to_str()).map(str::to_string),
        };
        found.insert(folder.to_path_buf(), name?);
    }
    Some(found)
}
