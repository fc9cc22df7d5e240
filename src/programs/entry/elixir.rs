//! What a command starts of an Elixir project: Mix, or a release that another stage of the build made.

use std::path::{Path, PathBuf};

use super::{Launch, Launched, Machine, Started, Starter, known};
use crate::programs::elixir::MIX_ENV;
use crate::programs::{ModuleIndex, Scope};

const LANGUAGE: &str = "elixir";

/// Tasks of Mix that only prepare the start.
const PREPARES: &[&str] = &[
    "deps.get",
    "deps.compile",
    "compile",
    "local.hex",
    "local.rebar",
    "archive.install",
    "assets.deploy",
    "assets.build",
    "assets.setup",
    "phx.digest",
    "release",
    "format",
    "hex.info",
];

/// Elixir.
pub(super) struct Elixir;

impl Starter for Elixir {
    fn language(&self) -> &'static str {
        LANGUAGE
    }

    fn launch(&self, machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
        match name {
            "mix" => {
                let task = launch.words.get(1).map_or("run", String::as_str);
                if task == "do" {
                    // `mix do ecto.create, phx.server`: what counts is that the project is run.
                    out.language(LANGUAGE);
                    return Launched::Started;
                }
                if !PREPARES.contains(&task) {
                    out.language(LANGUAGE);
                    out.tests |= task == "test";
                }
                Launched::Started
            }
            "iex" | "elixir" => {
                // `iex -S mix phx.server`
                if let Some(at) = launch.words.iter().position(|word| word == "mix") {
                    return Launched::Next(launch.with(launch.words.iter().skip(at).cloned()));
                }
                out.language(LANGUAGE);
                Launched::Started
            }
            _ if is_release(machine, name, launch, out) => {
                out.language(LANGUAGE);
                Launched::Started
            }
            _ => Launched::Other,
        }
    }

    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
        let mut found = Vec::new();
        for launch in &started.commands {
            let mix = launch.words.first().is_some_and(|word| word.rsplit('/').next() == Some("mix"));
            let (project, environment) = match mix {
                true => {
                    let environment = launch.env.get("MIX_ENV").filter(|name| !name.is_empty()).cloned();
                    let project = mix_file(scope, &launch.directory).or_else(|| only_project(scope, launch));
                    (project, environment.unwrap_or_else(|| "dev".to_string()))
                }
                false => match started.builds.iter().rev().find(|build| releases(build)) {
                    Some(build) => {
                        let environment = build.env.get("MIX_ENV").filter(|name| !name.is_empty()).cloned();
                        let environment = environment.unwrap_or_else(|| "prod".to_string());
                        (mix_file(scope, &build.directory), environment)
                    }
                    None => continue,
                },
            };
            if let Some(project) = project {
                scope.given.push((MIX_ENV.to_string(), environment));
                found.push(project);
            }
        }
        found
    }
}

/// Whether the command is a release's own, which the build made and this machine does not have.
fn is_release(machine: &Machine<'_>, name: &str, launch: &Launch, out: &Started) -> bool {
    !known::FOREIGN.contains(&name)
        && launch
            .words
            .first()
            .is_some_and(|word| word.contains("bin/") && machine.program(launch, word).is_none())
        && out.builds.iter().any(releases)
}

/// `mix release`, also behind `do`
pub(in crate::programs) fn releases(build: &Launch) -> bool {
    build.words.first().is_some_and(|word| word.rsplit('/').next() == Some("mix"))
        && build.words.iter().any(|word| word.trim_end_matches(',') == "release")
}

/// The one project of a container, where the image does not say in which folder commands run: Mix runs nowhere else.
fn only_project(scope: &Scope, launch: &Launch) -> Option<ModuleIndex> {
    if launch.directory != Path::new("/") {
        return None;
    }
    let all = scope.iter().filter(|(_, place, _)| place.file_name().is_some_and(|name| name == "mix.exs"));
    let depth = |place: &Path| place.components().count();
    let mut all: Vec<(usize, ModuleIndex)> = all.map(|(index, place, _)| (depth(place), index)).collect();
    all.sort_by_key(|(depth, _)| *depth);
    match all.as_slice() {
        [(_, only)] => Some(*only),
        [(first, root), (second, _), ..] if first < second => Some(*root),
        _ => None,
    }
}

/// The project of the directory, or of one above it.
fn mix_file(scope: &Scope, directory: &Path) -> Option<ModuleIndex> {
    directory
        .ancestors()
        .map(|above: &Path| -> PathBuf { above.join("mix.exs") })
        .find_map(|file| scope.at(&file))
}
