//! The program that is meant where the file, the module or the package that a command starts is not there: the mistake is told,
//! and what else is wrong with the program does not wait for it to be mended.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Launch, Started, dotnet, node, python, ruby};
use crate::compose::nearest;
use crate::programs::service_files::is_aside;
use crate::programs::{ModuleIndex, Scope, has_extension, rust};

/// More sources than these are more than one program, or one that is not known by its looks.
const MAX_SOURCES: usize = 120;
/// How files are called that others do not import.
const USUAL: [&str; 9] = ["main", "app", "server", "index", "manage", "run", "wsgi", "asgi", "bot"];
/// What runs the file that it is told.
const RUNTIMES: [&str; 9] =
    ["node", "nodejs", "nodemon", "ts-node", "ts-node-dev", "tsx", "bun", "deno", "ruby"];

/// The modules that were found, with those of the one program that may be meant where they are none.
pub(in crate::programs) fn or_meant(
    mut found: Vec<ModuleIndex>,
    scope: &mut Scope,
    started: &Started,
) -> Vec<ModuleIndex> {
    if started.tests || started.unknown || started.foreign || started.idle {
        return found;
    }
    // The schema by which a start script migrates the database is no program.
    let program = |index: &ModuleIndex| {
        scope.get(*index).is_some_and(|(_, source)| source.front_end.name() != "prisma")
    };
    if !found.iter().any(program) {
        found.extend(meant(scope, started));
    }
    found
}

/// The modules of the one program that may be meant.
fn meant(scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
    let speaks = |language: &&str| started.languages.contains(language);
    for language in [node::LANGUAGE, python::LANGUAGE, ruby::LANGUAGE].into_iter().filter(speaks) {
        let meant = interpreted(scope, started, language);
        if meant.is_some() {
            return meant.into_iter().collect();
        }
    }
    if speaks(&"go") && started.modules.iter().flat_map(|wanted| &wanted.names).all(|name| is_local(name)) {
        return package(scope);
    }
    if speaks(&"rust") {
        return rust::only_binary(scope).into_iter().collect();
    }
    if speaks(&"csharp") {
        return dotnet::only_program(scope).into_iter().collect();
    }
    Vec::new()
}

/// Whether an import path of Go is none that is fetched: `cmd/api`, not `github.com/acme/tool`.
fn is_local(path: &str) -> bool {
    !path.split('/').next().is_some_and(|first| first.contains('.') && first != "." && first != "..")
}

/// The only package of a program in Go.
fn package(scope: &Scope) -> Vec<ModuleIndex> {
    let of_program = |text: &str| {
        text.lines().any(|line| line.trim_end() == "package main")
            && text.lines().any(|line| line.starts_with("func main()"))
    };
    let mut found: Vec<ModuleIndex> = Vec::new();
    let mut folders: HashSet<PathBuf> = HashSet::new();
    for (index, place, source) in scope.iter().filter(|(_, place, _)| is_source(place)) {
        if source.front_end.name() == "go" && source.glance(of_program) {
            folders.extend(place.parent().map(Path::to_path_buf));
            found.push(index);
        }
    }
    if folders.len() == 1 { found } else { Vec::new() }
}

/// Whether the file is one of a program, and no test of it.
pub(super) fn is_source(place: &Path) -> bool {
    let stem = place.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let settings = name.contains(".config.") || name.starts_with('.') || name.ends_with(".d.ts");
    !(is_aside(place) || stem.ends_with("_test") || stem.starts_with("test_") || settings)
}

/// The file that is called like the one that is not there, or the only one that others do not import.
fn interpreted(scope: &Scope, started: &Started, language: &str) -> Option<ModuleIndex> {
    // What is run by `-m` may be of any package, a server's target is of the project.
    let by_name = started.commands.iter().any(|launch| launch.words.iter().any(|word| word == "-m"));
    let of_modules = started.modules.iter().filter(|_| !by_name).flat_map(|wanted| {
        let names = wanted.names.iter().filter(|name| !name.ends_with("__main__"));
        names.map(|name| (wanted.directory.clone(), name.rsplit('.').next().unwrap_or(name).to_string()))
    });
    let said = |place: &Path| {
        let runs = |launch: &&Launch| {
            let name = launch.name();
            name.starts_with("python") || name.starts_with("pm2") || RUNTIMES.contains(&name)
        };
        let mut launches = started.commands.iter().filter(runs);
        launches.any(|launch| launch.words.iter().skip(1).any(|word| launch.path(word) == place))
    };
    let source = |place: &Path| {
        let ends = ["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx", "py", "rb"];
        is_source(place) && (place.extension().is_none() || has_extension(place, &ends))
    };
    let named = |place: &&PathBuf| source(place) && said(place);
    let of_files =
        started.files.iter().filter(named).filter_map(|place| {
            Some((place.parent()?.to_path_buf(), place.file_stem()?.to_str()?.to_string()))
        });
    let wanted: Vec<(PathBuf, String)> = of_files.chain(of_modules).collect();
    // What is run last stays.
    let (folder, stem) = wanted.last().map(|(folder, stem)| (folder, stem.as_str()))?;
    let sources: Vec<(ModuleIndex, &Path)> = scope
        .iter()
        .filter(|(_, place, source)| source.front_end.name() == language && is_source(place))
        .map(|(index, place, _)| (index, place))
        .take(MAX_SOURCES + 1)
        .collect();
    if sources.len() > MAX_SOURCES {
        return None;
    }
    let stem_of = |place: &Path| place.file_stem().and_then(|stem| stem.to_str()).unwrap_or("").to_string();
    let only = |all: Vec<ModuleIndex>| match all.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let called = |name: &str, beside: bool| {
        let like = sources.iter().filter(|(_, place)| {
            stem_of(place) == name && (!beside || place.parent() == Some(folder.as_path()))
        });
        only(like.map(|(index, _)| *index).collect())
    };
    if let Some(found) = called(stem, false) {
        return Some(found);
    }
    let beside: Vec<String> = sources
        .iter()
        .filter(|(_, place)| place.parent() == Some(folder.as_path()))
        .map(|(_, place)| stem_of(place))
        .collect();
    let near = nearest(stem, beside.iter().map(String::as_str)).and_then(|name| called(name, true));
    near.or_else(|| {
        let mut imported: HashSet<ModuleIndex> = HashSet::new();
        for (index, _) in &sources {
            imported.extend(scope.loaded_from(&[*index]).into_iter().filter(|other| other != index));
        }
        let mut first: Vec<(ModuleIndex, &Path)> =
            sources.iter().copied().filter(|(index, _)| !imported.contains(index)).collect();
        if first.len() > 1 {
            first.retain(|(_, place)| USUAL.contains(&stem_of(place).as_str()));
        }
        only(first.into_iter().map(|(index, _)| index).collect())
    })
}
