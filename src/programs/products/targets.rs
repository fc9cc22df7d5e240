//! What commands of a build, or the container's own, are told to build or run and the project does not have: a package of Go, a
//! program of Cargo's, a project of .NET's.

use std::path::{Path, PathBuf};

use super::{Workshop, compiled};
use crate::compose::{Service, nearest};
use crate::programs::dockerfile::{Fault, FaultKind, Snapshot, Whence};
use crate::programs::entry::{Launch, Machine, Started, Way, go_told};
use crate::programs::has_extension;
use crate::programs::image::Image;
use crate::programs::service_files::Walks;
use crate::source::{Kind, Span, Text, clean};

/// What is named and not there.
struct Lack {
    /// The command, as a person would say it.
    command: String,
    /// What is not there.
    what: String,
    /// What is named in its place.
    instead: Option<String>,
}

/// The first thing of each command of a stage, and of those that it takes from, that is not there.
pub(super) fn of_stage(workshop: &Workshop<'_>, stage: &Snapshot) -> Vec<Fault> {
    let text = |at: usize| stage.runs.get(at).map(|run| run.command.assumed()).unwrap_or_default();
    // What is made or fetched before is not seen.
    let brings = |text: &str| {
        let words = [
            "clone",
            "curl",
            "wget",
            "generate",
            "tar ",
            "unzip",
            "cp ",
            "mv ",
            "ln ",
            "mkdir",
            " new ",
            " init ",
            "make",
            ".sh",
            "sed ",
            "npm ",
            "yarn ",
            "protoc",
            "buf ",
            "sqlc",
            "templ",
            "--mount=type=bind",
            ">",
        ];
        words.iter().any(|word| text.contains(word))
    };
    let mut found = Vec::new();
    for (at, run) in stage.runs.iter().enumerate() {
        if (0..=at).any(|at| brings(&text(at))) {
            break;
        }
        let launches = crate::programs::entry::built_by(&workshop.machine(), run);
        for launch in launches.iter().filter(|launch| launch.way == Way::Surely) {
            let Some(lack) = of_launch(&workshop.machine(), launch) else { continue };
            let of_stage = stage.taken.iter().any(|taken| {
                !matches!(taken.from, Whence::Context(_)) && launch.directory.starts_with(clean(&taken.to))
            });
            if !of_stage {
                found.push(fault(lack, run.command.span(), false));
            }
        }
    }
    found
}

/// The same of the commands that the container starts, where its image is seen and its build stops at no other.
pub(in crate::programs) fn of_start(
    machine: &Machine<'_>,
    (service, image): (&Service, &Image),
    command: &[Text],
    started: &Started,
) -> Option<Fault> {
    let stops = image.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Target { .. }));
    if image.parsed.is_none() || stops {
        return None;
    }
    let at = command.first().map_or(Span::NONE, Text::span);
    // What a volume holds is not seen.
    let mounted = |launch: &&Launch| {
        service
            .volumes
            .iter()
            .any(|mount| mount.path.is_none() && launch.directory.starts_with(&mount.target))
    };
    let launches = started.calls.iter().map(|call| &call.launch);
    let mut surely = launches.filter(|launch| launch.way == Way::Surely && !mounted(launch));
    surely.find_map(|launch| Some(fault(of_launch(machine, launch)?, at, true)))
}

fn fault(lack: Lack, at: Span, start: bool) -> Fault {
    let Lack { command, what, instead } = lack;
    Fault { kind: FaultKind::Target { command, what, instead, start }, at }
}

fn of_launch(machine: &Machine<'_>, launch: &Launch) -> Option<Lack> {
    if launch.words.iter().any(|word| word.contains([Text::HOLE, '$', '`'])) {
        return None;
    }
    match launch.name() {
        "go" => of_go(machine, launch),
        "cargo" => of_cargo(machine, launch),
        "dotnet" => of_dotnet(machine, launch),
        _ => None,
    }
}

/// The folders of the container that hold sources of this kind; nothing where not all are seen.
fn folders(machine: &Machine<'_>, wanted: fn(&Path) -> bool) -> Option<Vec<PathBuf>> {
    let holding = machine.files.sources(machine.sources, &Walks::default(), wanted);
    let folders = holding.files.keys().filter_map(|place| place.parent().map(Path::to_path_buf));
    let mut all: Vec<PathBuf> = folders.collect();
    all.sort();
    all.dedup();
    holding.cut.is_empty().then_some(all)
}

/// `go build ./cmd/server`, `go run main.go`
fn of_go(machine: &Machine<'_>, launch: &Launch) -> Option<Lack> {
    fn wanted(path: &Path) -> bool {
        has_extension(path, &["go"])
    }
    let verb = launch.words.get(1).filter(|verb| matches!(verb.as_str(), "build" | "run" | "install"))?;
    let (directory, mut packages) = go_told(launch);
    if packages.is_empty() {
        packages.push(".".to_string());
    }
    if verb == "run" {
        packages.truncate(1);
    }
    let module = directory.ancestors().find(|above| machine.has(&above.join("go.mod")))?;
    let outside = |package: &String| {
        package.contains("...") || package.contains(['@', '*']) || package.ends_with(".go") && verb != "run"
    };
    let local = |package: &String| package.starts_with('.') || package.ends_with(".go");
    let mut named = packages.iter().filter(|package| local(package) && !outside(package));
    let holding = folders(machine, wanted)?;
    let package = named.find(|package| {
        let place = clean(&directory.join(package));
        match package.ends_with(".go") {
            true => !machine.has(&place),
            false => place.starts_with(module) && !holding.contains(&place),
        }
    })?;
    // Where no source at all is seen, something else is wrong.
    let within: Vec<&PathBuf> = holding.iter().filter(|folder| folder.starts_with(module)).collect();
    within.first()?;
    let is_main = |folder: &&&PathBuf| {
        let host = machine.files.resolve(machine.sources.files(), folder);
        let names = host.map(|host| machine.sources.files().list(&host)).unwrap_or_default();
        names.iter().filter(|name| name.ends_with(".go") && !name.ends_with("_test.go")).any(|name| {
            machine.text(&folder.join(name)).is_some_and(|text| {
                text.lines()
                    .any(|line| line.trim_end() == "package main" || line.starts_with("package main "))
            })
        })
    };
    let mains: Vec<String> = within
        .iter()
        .filter(|folder| is_main(folder))
        .filter_map(|folder| {
            let below = folder.strip_prefix(&directory).ok()?.to_str()?;
            Some(if below.is_empty() { ".".to_string() } else { format!("./{below}") })
        })
        .collect();
    let near = nearest(package, mains.iter().map(String::as_str)).map(str::to_string);
    let only = || match mains.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    let what = match package.as_str() {
        "." => "a source of Go in its folder".to_string(),
        file if file.ends_with(".go") => format!("the file `{file}`"),
        package => format!("the package `{package}`"),
    };
    Some(Lack { command: format!("go {verb} {package}"), what, instead: near.or_else(only) })
}

/// `cargo build --bin api`, `cargo run -p api`
fn of_cargo(machine: &Machine<'_>, launch: &Launch) -> Option<Lack> {
    let words = &launch.words;
    let own = words.iter().position(|word| word == "--").and_then(|at| words.get(..at)).unwrap_or(words);
    let verb = own.iter().skip(1).find(|word| !word.starts_with(['-', '+']))?;
    if !matches!(verb.as_str(), "build" | "b" | "run" | "r")
        || own.iter().any(|word| word.starts_with("--manifest-path"))
    {
        return None;
    }
    let above = launch.directory.ancestors();
    let root = above.filter(|above| machine.has(&above.join("Cargo.toml"))).last()?;
    let manifests = compiled::manifests(machine, root)?;
    let seen = manifests.iter().any(|(_, manifest)| manifest.package.is_some());
    if let Some(name) = compiled::value(own, &["--bin"]).filter(|_| seen) {
        let programs = compiled::programs(machine, root)?;
        if programs.iter().all(|program| program != name) {
            let near = nearest(name, programs.iter().map(String::as_str)).map(str::to_string);
            let only = (programs.len() == 1).then(|| programs.first().cloned()).flatten();
            let what = format!("a program `{name}`");
            return Some(Lack {
                command: format!("cargo {verb} --bin {name}"),
                what,
                instead: near.or(only),
            });
        }
    }
    let name = compiled::value(own, &["-p", "--package"]).filter(|_| seen)?;
    // It may be one that another needs.
    let spoken =
        |place: &PathBuf| machine.text(&place.join("Cargo.toml")).is_none_or(|text| text.contains(name));
    let packages: Vec<&str> =
        manifests.iter().filter_map(|(_, manifest)| manifest.package.as_deref()).collect();
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let dependency = manifests.iter().any(|(place, _)| {
        spoken(place)
            && machine.text(&place.join("Cargo.toml")).is_none_or(|text| {
                text.lines().any(|line| {
                    let key = line.split(['=', '.']).next().unwrap_or("").trim().trim_matches('"');
                    key == name || line.contains(&format!("package = \"{name}\""))
                })
            })
    });
    if !plain || packages.contains(&name) || dependency {
        return None;
    }
    let near = nearest(name, packages.iter().copied()).map(str::to_string);
    let only = match packages.as_slice() {
        [only] => Some((*only).to_string()),
        _ => None,
    };
    let what = format!("a package `{name}`");
    Some(Lack { command: format!("cargo {verb} -p {name}"), what, instead: near.or(only) })
}

/// `dotnet publish Shop`, `dotnet run --project src/Shop`
fn of_dotnet(machine: &Machine<'_>, launch: &Launch) -> Option<Lack> {
    fn wanted(path: &Path) -> bool {
        has_extension(path, &["csproj", "fsproj", "vbproj", "sln", "slnx", "slnf", "proj"])
    }
    let words = &launch.words;
    let verb = words.get(1)?.as_str();
    let named = match verb {
        "run" | "watch" => compiled::value(words, &["--project", "-p"])?,
        "publish" | "build" => crate::programs::entry::project_of_dotnet(words).unwrap_or("."),
        _ => return None,
    };
    let named = named.replace('\\', "/");
    if named.contains(['=', '*', ';']) || has_extension(Path::new(&named), &["dll"]) {
        return None;
    }
    let place = clean(&launch.path(&named));
    let holding = machine.files.sources(machine.sources, &Walks::default(), wanted);
    let is_project = |path: &Path| has_extension(path, &["csproj", "fsproj", "vbproj"]);
    let projects: Vec<&PathBuf> = holding.files.keys().filter(|place| is_project(place)).collect();
    if projects.is_empty() || !holding.cut.is_empty() {
        return None;
    }
    let there = holding.files.iter().any(|(other, _)| *other == place || other.parent() == Some(&place));
    // Another kind of project may be one, too.
    let files = machine.sources.files();
    let other = machine.files.resolve(files, &place).filter(|_| !is_project(&place)).is_some_and(|host| {
        files.kind(&host) == Some(Kind::File) || files.list(&host).iter().any(|name| name.ends_with("proj"))
    });
    if there || other {
        return None;
    }
    let shown: Vec<String> = projects
        .iter()
        .filter(|project| !project.to_string_lossy().to_lowercase().contains("test"))
        .filter_map(|project| Some(project.strip_prefix(&launch.directory).ok()?.to_str()?.to_string()))
        .collect();
    let near = nearest(&named, shown.iter().map(String::as_str)).map(str::to_string);
    let only = (shown.len() == 1).then(|| shown.first().cloned()).flatten();
    let (command, what) = match named.as_str() {
        "." => (format!("dotnet {verb}"), "a project in its folder".to_string()),
        named => (format!("dotnet {verb} {named}"), format!("the project `{named}`")),
    };
    Some(Lack { command, what, instead: near.or(only) })
}
