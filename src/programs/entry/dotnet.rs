//! What a command starts of a .NET solution: a published program, or a project that is built at the start.

use std::path::{Path, PathBuf};

use super::{Launch, Launched, Machine, Started, Starter, known, wrappers};
use crate::programs::csharp::{assembly_name, is_project};
use crate::programs::{ModuleIndex, Scope, has_extension};

const LANGUAGES: [&str; 2] = ["csharp", "appsettings"];

/// .NET.
pub(super) struct Dotnet;

/// Options of `dotnet run`, `watch`, `publish` and the like that take the next word.
const TAKES: &[&str] = &[
    "-c",
    "--configuration",
    "-f",
    "--framework",
    "-r",
    "--runtime",
    "-o",
    "--output",
    "-a",
    "--arch",
    "--os",
    "-v",
    "--verbosity",
    "--launch-profile",
    "-lp",
    "--depsfile",
    "--runtimeconfig",
    "--additionalprobingpath",
    "--fx-version",
    "--urls",
    "--environment",
];

/// What of a solution is started.
enum Target {
    /// The program that was published under this name, without `.dll`.
    Assembly(String),
    /// The project at this path, or in this directory.
    Project(PathBuf),
}

impl Starter for Dotnet {
    fn language(&self) -> &'static str {
        "csharp"
    }

    fn launch(&self, machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
        if name != "dotnet" {
            let own = is_published(machine, name, launch, out);
            if own {
                LANGUAGES.iter().for_each(|language| out.language(language));
            }
            return if own { Launched::Started } else { Launched::Other };
        }
        match verb(launch).as_deref() {
            Some("tool" | "restore" | "build" | "publish" | "dev-certs" | "nuget" | "new" | "clean") => {
                // It prepares the start.
                return Launched::Started;
            }
            Some("test" | "vstest") => out.tests = true,
            _ => {}
        }
        LANGUAGES.iter().for_each(|language| out.language(language));
        Launched::Started
    }

    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
        let mut found = Vec::new();
        for launch in &started.commands {
            let Some(target) = target(launch) else { continue };
            let project = match &target {
                Target::Assembly(name) => {
                    assembly(scope, name, started).or_else(|| published(scope, started))
                }
                Target::Project(path) => project(scope, path),
            };
            let Some(index) = project else { continue };
            if let Some(directory) = scope.get(index).and_then(|(place, _)| place.parent()) {
                let directory = directory.to_path_buf();
                if !scope.roots.contains(&directory) {
                    scope.roots.push(directory);
                }
            }
            scope.given.extend(given(&launch.words));
            found.push(index);
        }
        found
    }
}

/// The settings among the arguments of the program: `--Key=value`, `--Key value`, `/Key=value`, `Key=value`.
fn given(words: &[String]) -> Vec<(String, String)> {
    let program = words.iter().position(|word| word == "--" || word.ends_with(".dll"));
    let own = words.get(program.map_or(1, |at| at + 1)..).unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = own.iter().peekable();
    while let Some(word) = rest.next() {
        let key = word.strip_prefix("--").or_else(|| word.strip_prefix('/'));
        match (key.unwrap_or(word).split_once('='), key) {
            (Some((key, value)), _) => found.push((key.to_string(), value.to_string())),
            (None, Some(key)) => {
                if let Some(value) = rest.next_if(|next| !next.starts_with('-')) {
                    found.push((key.to_string(), value.clone()));
                }
            }
            (None, None) => {}
        }
    }
    found
}

/// Whether it is a program that the image's build published, and not one that the machine has.
fn is_published(machine: &Machine<'_>, name: &str, launch: &Launch, out: &Started) -> bool {
    let builds = || out.builds.iter().any(is_build);
    !known::FOREIGN.contains(&name)
        && launch.words.first().is_some_and(|word| machine.program(launch, word).is_none())
        && (launch.words.first().is_some_and(|word| word.contains('/')) || name.contains('.'))
        && builds()
}

/// `dotnet publish …`, `dotnet build …`
fn is_build(launch: &Launch) -> bool {
    launch.words.first().is_some_and(|word| word == "dotnet" || word.ends_with("/dotnet"))
        && matches!(verb(launch).as_deref(), Some("publish" | "build" | "msbuild"))
}

/// The project, or its folder, that a verb is told after it, wherever its options stand: `dotnet publish -c Release Shop`.
pub(in crate::programs) fn project_of(words: &[String]) -> Option<&str> {
    let mut at = wrappers::after_options(words, 2, TAKES)?;
    // `--self-contained` may have such a word behind it.
    while words.get(at).is_some_and(|word| matches!(word.as_str(), "true" | "false")) {
        at = wrappers::after_options(words, at + 1, TAKES)?;
    }
    words.get(at).map(String::as_str).filter(|word| !word.starts_with('/'))
}

/// The first word after `dotnet` that is no option.
fn verb(launch: &Launch) -> Option<String> {
    let at = wrappers::after_options(&launch.words, 1, TAKES)?;
    launch.words.get(at).cloned()
}

fn target(launch: &Launch) -> Option<Target> {
    let first = launch.words.first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    if name != "dotnet" {
        return Some(Target::Assembly(name.to_string()));
    }
    let at = wrappers::after_options(&launch.words, 1, TAKES)?;
    let verb = launch.words.get(at)?;
    if let Some(stem) = verb.strip_suffix(".dll") {
        return Some(Target::Assembly(stem.rsplit(['/', '\\']).next().unwrap_or(stem).to_string()));
    }
    let named = launch.words.iter().position(|word| matches!(word.as_str(), "--project" | "-p"));
    let named = named.and_then(|at| launch.words.get(at + 1)).cloned();
    let attached = launch.words.iter().find_map(|word| word.strip_prefix("--project=").map(str::to_string));
    let startup = launch.words.iter().position(|word| matches!(word.as_str(), "-s" | "--startup-project"));
    let startup = startup.and_then(|at| launch.words.get(at + 1)).cloned();
    match verb.as_str() {
        "run" | "watch" | "ef" | "exec" => {
            if let Some(dll) = launch.words.iter().skip(at + 1).find_map(|word| word.strip_suffix(".dll")) {
                return Some(Target::Assembly(dll.rsplit('/').next().unwrap_or(dll).to_string()));
            }
            let path =
                startup.or(named).or(attached).map_or(launch.directory.clone(), |path| launch.path(&path));
            Some(Target::Project(path))
        }
        _ => None,
    }
}

/// The project whose program has this name.
fn assembly(scope: &Scope, name: &str, started: &Started) -> Option<ModuleIndex> {
    let file = format!("{name}.csproj");
    let mut named: Vec<(ModuleIndex, &Path)> = scope.named(&file).collect();
    if named.is_empty() {
        let projects = scope.iter().filter(|(_, place, _)| is_project(place));
        named = projects
            .filter(|(.., source)| assembly_name(source.text()) == Some(name))
            .map(|(index, place, _)| (index, place))
            .collect();
    }
    // Of several the one that was published.
    let built = named.iter().find(|(_, place)| built(started).any(|path| path == *place));
    built
        .or_else(|| named.iter().min_by_key(|(_, place)| place.components().count()))
        .map(|(index, _)| *index)
}

/// The paths that the image's build published.
fn built(started: &Started) -> impl Iterator<Item = PathBuf> + '_ {
    started.builds.iter().filter(|build| is_build(build)).map(|build| {
        let at = wrappers::after_options(&build.words, 1, TAKES).unwrap_or(0);
        let path = wrappers::after_options(&build.words, at + 1, TAKES).and_then(|at| build.words.get(at));
        path.map_or(build.directory.clone(), |path| build.path(path))
    })
}

/// The only project that the build published, whatever its program is called.
fn published(scope: &Scope, started: &Started) -> Option<ModuleIndex> {
    let mut projects: Vec<ModuleIndex> = built(started).filter_map(|path| project(scope, &path)).collect();
    projects.sort_unstable();
    projects.dedup();
    match projects.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// The only project that is a program, and no test of one.
pub(super) fn only_program(scope: &mut Scope) -> Option<ModuleIndex> {
    let is_program = |text: &str| {
        let tests =
            ["Microsoft.NET.Test.Sdk", "xunit", "NUnit", "MSTest"].iter().any(|name| text.contains(name));
        let runs = ["Sdk.Web", "Sdk.Worker", "<OutputType>Exe"].iter().any(|sign| text.contains(sign));
        runs && !tests
    };
    let mut projects =
        scope.iter().filter(|(_, place, source)| is_project(place) && is_program(source.text()));
    let (index, place, _) = projects.next()?;
    let directory = place.parent()?.to_path_buf();
    let several = projects.next().is_some();
    drop(projects);
    if several {
        return None;
    }
    if !scope.roots.contains(&directory) {
        scope.roots.push(directory);
    }
    Some(index)
}

/// The project at the path, or the one in the directory.
fn project(scope: &Scope, path: &Path) -> Option<ModuleIndex> {
    if has_extension(path, &["csproj"]) {
        return scope.at(path);
    }
    let mut inside = scope.within(path).filter(|(_, place)| is_project(place));
    let first = inside.next()?;
    inside.next().is_none().then_some(first.0)
}
