//! What a program loads by way of a module of its own that is not there: what lies beside that is likely what it loads.

use std::path::{Path, PathBuf};

use super::meant::is_source;
use crate::programs::rust::Manifest;
use crate::programs::{ModuleIndex, Scope, Source, has_extension};
use crate::source::clean;

/// More modules than these are not looked through.
const MAX_MODULES: usize = 500;
/// What modules are called by that code makes, or that other commands run.
const OTHERS: [&str; 12] = [
    "generated",
    "gen",
    "dist",
    "build",
    "types",
    "proto",
    "seed",
    "migration",
    "script",
    "cli",
    "mock",
    "fixture",
];

/// Whether a loaded module imports one of the program's own that is nowhere: who mentions what is then not seen.
pub(in crate::programs) fn lacks_own(scope: &Scope, loaded: &[ModuleIndex]) -> bool {
    !folders(scope, loaded).is_empty()
}

/// The modules that lie in the folder of one that a loaded module imports and that is nowhere.
pub(super) fn of(scope: &Scope, loaded: &[ModuleIndex]) -> Vec<ModuleIndex> {
    let folders = folders(scope, loaded);
    let within = |place: &Path, language: &str| {
        folders.iter().any(|(folder, other)| *other == language && place.starts_with(folder))
            && is_plain(place)
    };
    let found = scope.iter().filter(|(_, place, source)| within(place, source.front_end.name()));
    found.map(|(index, ..)| index).filter(|index| !loaded.contains(index)).collect()
}

/// The folders in which the modules would lie, each with its language.
fn folders<'s>(scope: &'s Scope, loaded: &[ModuleIndex]) -> Vec<(PathBuf, &'s str)> {
    let mut folders: Vec<(PathBuf, &str)> = Vec::new();
    for index in loaded.iter().take(MAX_MODULES) {
        let Some((place, source)) = scope.get(*index) else { continue };
        let language = source.front_end.name();
        let folder = match language {
            "javascript" => absent_import(scope, place, source),
            "rust" => own_library(scope, place, source),
            _ => None,
        };
        folders.extend(folder.map(|folder| (folder, language)));
    }
    folders
}

/// Whether a file is likely one of those that a server loads.
fn is_plain(place: &Path) -> bool {
    let other = |part: &str| OTHERS.iter().any(|word| part.to_ascii_lowercase().contains(word));
    let mut parts = place.iter().rev().take(3).filter_map(|part| part.to_str());
    is_source(place) && !parts.any(other) && !place.iter().any(|part| part == "bin" || part == "node_modules")
}

/// The folder of a module beside that is imported by a path and that no file is.
fn absent_import(scope: &Scope, place: &Path, source: &Source) -> Option<PathBuf> {
    const FILES: [&str; 14] = [
        "json", "css", "scss", "sass", "less", "svg", "png", "jpg", "html", "vue", "svelte", "graphql", "md",
        "txt",
    ];
    let absent = source.imports().iter().filter(|name| name.starts_with('.')).find(|name| {
        let path = Path::new(name.as_str());
        !has_extension(path, &FILES) && scope.resolve_from(place, source.front_end, name).is_none()
    })?;
    let whole = clean(&place.parent()?.join(absent));
    is_plain(&whole).then(|| whole.parent().map(Path::to_path_buf))?
}

/// The folder of the library that a binary takes its modules from by the package's name, where that is not there.
fn own_library(scope: &Scope, place: &Path, source: &Source) -> Option<PathBuf> {
    let folder = place.parent().filter(|_| place.ends_with("src/main.rs"))?;
    let manifest = scope.at(&folder.parent()?.join("Cargo.toml")).and_then(|index| scope.get(index))?.1;
    let package = Manifest::of(manifest.text()).package?.replace('-', "_");
    let asks = source.imports().iter().any(|name| name.split("::").next() == Some(package.as_str()));
    (asks && scope.at(&folder.join("lib.rs")).is_none()).then(|| folder.to_path_buf())
}
