//! The packages that a program surely imports when it starts, and that nothing installs: `rules/data/imports.yaml`, typed.

mod astray;
mod bare;
mod classes;
mod commands;
mod dotnet;
mod drifted;
mod floors;
mod gemfile;
mod go;
mod hex;
mod left_behind;
mod loaders;
mod native;
mod newer;
mod node;
mod origins;
mod orm;
mod outgrown;
mod own;
mod php;
mod python;
mod rails;
mod ruby;
mod scriptless;
mod table;
mod ungenerated;
mod unkept;
mod unlaid;
mod worded;

use std::collections::HashSet;
use std::path::PathBuf;

use super::dockerfile::{Run, Snapshot};
use super::entry::{By, Launch, Machine, Started, Way};
use super::image::Image;
use super::{Dotenv, ModuleIndex, Scope};
use crate::compose::Service;
use crate::source::{Span, Text};

pub use astray::{Astray, Mislaid};
pub use bare::Bare;
pub(super) use bare::of as bare;
pub use drifted::Drifted;
pub(super) use drifted::holds_old_sqlalchemy;
pub use floors::{Floor, Floored};
pub use native::Native;
pub(super) use origins::takes_own_alone;
pub(super) use python::brings_program;
pub(super) use table::is_standard;
pub(super) use unlaid::unlaid;

/// A package that is imported and not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uninstalled {
    /// The name in code.
    pub import: String,
    /// The package that holds it.
    pub package: String,
    /// Where it is imported.
    pub at: Span,
    /// Whether Django is only told its name there.
    pub named: bool,
    /// The file that says what is installed, on this machine.
    pub manifest: Option<PathBuf>,
    /// Why it is not there.
    pub lack: Missing,
    /// Whether something names what is to be installed: where nothing does, that may lie elsewhere.
    pub sure: bool,
    /// What loads it by itself, where the program only names it.
    pub loader: Option<&'static str>,
    /// What is installed in its place.
    pub similar: Option<String>,
}

/// Why a package is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// What is installed is seen, and it is not among that.
    Unnamed,
    /// The build installs nothing.
    Nothing,
    /// What is needed to compile the program is seen, and it is not among that.
    Unbuilt,
    /// It is a package of the project's own, and is not there.
    Absent,
    /// It is a file of the project's own, and is not there.
    File,
    /// It is a file of the project's own, the manifest, and the build does not copy it.
    Uncopied,
    /// It is a file of the project's own, the manifest, and `.dockerignore` leaves it out.
    Ignored,
    /// It is a file of the project's own, the manifest, which the repository leaves out, and of which nothing says how it is made.
    LeftOut,
    /// It is a class of the project's own, and is not there.
    Class,
    /// It is a name that a file of the project's own, the manifest, does not have.
    Name,
    /// It is there, and wants a runtime of JavaScript, of which there is none.
    Runtime,
    /// It is there, and what is to be made for it is not: nothing runs its generator.
    Ungenerated,
    /// It is for development, and this command leaves such packages out.
    Development(Span),
}

/// What is known of a program that is started.
pub(super) struct Program<'a> {
    pub machine: &'a Machine<'a>,
    pub scope: &'a Scope,
    pub entries: &'a [ModuleIndex],
    pub loaded: &'a [ModuleIndex],
    pub started: &'a Started,
    pub start: &'a Launch,
    pub image: &'a Image,
    pub service: &'a Service,
    /// Its image, with the stages that it takes from.
    pub whole: &'a Snapshot,
    pub runs: &'a [Run],
    /// Those of its last stage alone.
    pub own_runs: &'a [Run],
    /// The commands of the build, words of shells taken apart, each with the `RUN` that it is in.
    pub builds: &'a [(Launch, Span)],
    /// The container's command.
    pub command: &'a [Text],
    /// The dotenv files that the program itself loads.
    pub dotenv: &'a [Dotenv],
}

/// What "loads" a package that the container's command is of.
pub const COMMAND: &str = "the command";
/// What "loads" a package that brings what the container's command is told to do.
pub const TASK: &str = "the task";
/// Images that bring what installs, and no packages.
const TOOLS: [&str; 3] = ["astral-sh/uv", "composer", "mlocati/php-extension-installer"];
/// Commands of start scripts that load no program.
const BESIDE: [&str; 37] = [
    "[",
    "[[",
    "awk",
    "cat",
    "chmod",
    "chown",
    "command",
    "cp",
    "curl",
    "cut",
    "date",
    "echo",
    "exit",
    "export",
    "false",
    "find",
    "grep",
    "head",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mv",
    "mysqladmin",
    "nc",
    "netcat",
    "pg_isready",
    "printf",
    "psql",
    "redis-cli",
    "rm",
    "sed",
    "set",
    "sleep",
    "test",
    "touch",
    "true",
];
/// No more are looked for.
const MAX_FOUND: usize = 20;

/// The packages that the program imports and nothing installs, where both are seen, and the files of its own that it loads
/// and that are not there.
pub(super) fn of(program: &Program<'_>) -> Vec<Uninstalled> {
    let mut found = packages(program);
    found.extend(own(program));
    if found.iter().all(|one| one.lack != Missing::Nothing) {
        found.extend(ungenerated::of(program));
    }
    found.truncate(MAX_FOUND);
    found
}

fn packages(program: &Program<'_>) -> Vec<Uninstalled> {
    let image = program.image;
    let Some(base) = image.base.as_ref().filter(|_| !image.assumed && image.problem.is_none()) else {
        return Vec::new();
    };
    let language = program.entries.iter().find_map(|index| {
        let name = program.scope.get(*index)?.1.front_end.name();
        ["python", "javascript", "ruby", "php", "go", "csharp", "elixir"]
            .into_iter()
            .find(|known| *known == name)
    });
    // Programs and tasks of gems are started without any file of the project.
    let by_gems = || entered_by_gems(program).then_some("ruby");
    let language = language.or_else(by_gems);
    let name = base.value.trim_start_matches("docker.io/").trim_start_matches("library/");
    let official = |names: &[&str]| names.contains(&name.split([':', '@']).next().unwrap_or(name));
    match language {
        Some("python")
            if official(&["python", "debian", "ubuntu", "alpine"])
                || name.starts_with("ghcr.io/astral-sh/uv") =>
        {
            let mut found = python::of(program);
            let more = commands::of(program);
            let new = |one: &Uninstalled| found.iter().all(|known| known.package != one.package);
            let more: Vec<Uninstalled> = more.into_iter().filter(new).collect();
            found.extend(more);
            found
        }
        Some("javascript") if official(&["node", "debian", "ubuntu", "alpine"]) => node::of(program),
        Some("ruby") if official(&["ruby", "debian", "ubuntu", "alpine"]) => {
            ruby::of(program).into_iter().chain(scriptless::of(program)).collect()
        }
        Some("php") if official(&["php", "debian", "ubuntu", "alpine"]) => php::of(program),
        Some("go") => go::of(program),
        Some("csharp") => dotnet::of(program),
        Some("elixir") => hex::of(program),
        _ => Vec::new(),
    }
}

/// Whether a program or a task of a gem is started.
fn entered_by_gems(program: &Program<'_>) -> bool {
    let names = ["rails", "rake", "bundle"];
    let of_gems = |name: &str| names.contains(&name) || loaders::all().commands.contains_key(name);
    program.started.calls.iter().any(|call| of_gems(call.launch.name()))
}

/// The files of its own that the program loads and that are not there.
fn own(program: &Program<'_>) -> Vec<Uninstalled> {
    let known = ["python", "javascript", "ruby", "php"];
    let of_jvm = |index: &ModuleIndex| {
        let place = program.scope.get(*index).map(|(place, _)| place);
        place.is_some_and(|place| super::has_extension(place, &["kt", "java"]))
    };
    let language = program.entries.iter().find_map(|index| {
        let name = program.scope.get(*index)?.1.front_end.name();
        known.into_iter().find(|known| *known == name)
    });
    match language {
        Some(language) => own::of(program, language),
        // A framework's own class may be what is started.
        None if program.scope.iter().any(|(index, ..)| of_jvm(&index)) => classes::of(program),
        None => Vec::new(),
    }
}

/// Whether the program's driver of MySQL is one that needs `cryptography` for passwords, and nothing installs that.
pub(super) fn keyless(program: &Program<'_>) -> bool {
    let Some(found) = python::installed(program) else { return false };
    let has = |words: &[&str]| found.names.iter().any(|name| words.contains(&name.as_str()));
    let takes = has(&["pymysql", "aiomysql", "asyncmy"])
        && !found.names.iter().any(|name| name.starts_with("mysql"))
        && !found.extras.iter().any(|name| matches!(name.as_str(), "pymysql" | "aiomysql"));
    takes
        && !program.may_install_more()
        && !python::has_environment(program)
        && python::row_of("cryptography").is_some_and(|row| python::is_missing(program, row, &found))
}

/// The packages of Python that the build leaves out, which the program's manifest names for development.
pub(super) fn left_out(program: &Program<'_>) -> HashSet<String> {
    python::installed(program).map(|found| found.development).unwrap_or_default()
}

/// The module of the program's own that it imports by a name under which it is not found.
pub(super) fn astray(program: &Program<'_>) -> Option<Astray> {
    let image = program.image;
    let built = image.parsed.is_some() && !image.assumed && image.problem.is_none();
    (built && program.is_sure()).then(|| astray::of(program)).flatten()
}

/// The packages of the program that do not run together, or not with its code, as they are declared, where its image is its own.
pub(super) fn drifted(program: &Program<'_>) -> Vec<Drifted> {
    match declares_all(program) {
        Some("javascript") => outgrown::of(program),
        Some("ruby") => rails::loggerless(program).into_iter().collect(),
        Some(_) => drifted::of(program),
        None => Vec::new(),
    }
}

/// What its packages ask of the servers that it dials.
pub(super) fn floors(program: &Program<'_>) -> Vec<Floored> {
    match declares_all(program) {
        Some("javascript") => floors::of_node(program),
        Some("python") => floors::of_python(program),
        _ => Vec::new(),
    }
}

/// The language of a program of Node.js, Ruby or Python whose packages are all declared in manifests that its image installs from.
fn declares_all(program: &Program<'_>) -> Option<&'static str> {
    let image = program.image;
    let named = |index: &ModuleIndex| program.scope.get(*index).map(|(_, source)| source.front_end.name());
    let is = |language: &str| program.entries.iter().filter_map(named).any(|name| name == language);
    let built = image.parsed.is_some() && !image.assumed && image.problem.is_none();
    if !built || !program.is_sure() {
        return None;
    }
    if is("javascript") {
        return Some("javascript");
    }
    if (is("ruby") || entered_by_gems(program)) && !program.may_install_more() {
        return Some("ruby");
    }
    let all = is("python") && !program.may_install_more() && !python::has_environment(program);
    all.then_some("python")
}

/// What of the system the program's packages need and its image does not have.
pub(super) fn native(program: &Program<'_>) -> Vec<Native> {
    let image = program.image;
    let built = image.parsed.is_some() && !image.assumed && image.problem.is_none();
    if !built || !program.is_sure() || program.may_install_more() || python::has_environment(program) {
        return Vec::new();
    }
    native::of(program).into_iter().chain(rails::zoneless(program)).collect()
}

/// What the program's code says that the version of its language in the image does not have.
pub(super) fn newer(program: &Program<'_>) -> Option<super::versions::WrongVersion> {
    let image = program.image;
    let known = !image.assumed && image.problem.is_none() && program.is_sure();
    (known && !program.may_install_more() && !python::has_environment(program))
        .then(|| newer::of(program))
        .flatten()
}

impl Program<'_> {
    /// Whether something is mounted into its container.
    pub fn is_mounted(&self) -> bool {
        !self.service.volumes.is_empty()
    }

    /// Whether something in the build, or before the start, may install what is not seen.
    fn may_install_more(&self) -> bool {
        // What is fetched as a whole, and scripts and tools of which nothing is known.
        let other = |launch: &Launch| {
            let first = launch.words.first().map_or("", String::as_str);
            let name = launch.name();
            let unpacks = matches!(
                name,
                "tar" | "unzip" | "git" | "make" | "just" | "invoke" | "tox" | "nox" | "ansible" | "nix"
            );
            let script = first.contains('/') && !first.starts_with("/usr/") && !first.starts_with("/opt/")
                || first.ends_with(".sh");
            unpacks && !launch.words.iter().any(|word| word == "config")
                || script && self.machine.of_build().text(&launch.path(first)).is_none()
        };
        let stages = || self.image.parsed.iter().flat_map(|parsed| &parsed.stages);
        let of_stage = |from: &str| {
            from.parse::<usize>().is_ok()
                || stages()
                    .filter_map(|stage| stage.name.as_ref())
                    .any(|stage| stage.value.eq_ignore_ascii_case(from))
        };
        let foreign = stages().flat_map(|stage| &stage.steps).any(|step| match step {
            super::dockerfile::Step::Copy(copy) => {
                let from = copy.from.as_ref().map(Text::assumed);
                copy.add && copy.sources.iter().any(|it| it.assumed().contains("://"))
                    || from
                        .is_some_and(|from| !of_stage(&from) && !TOOLS.iter().any(|tool| from.contains(tool)))
            }
            _ => false,
        });
        foreign || self.builds.iter().any(|(launch, _)| other(launch))
    }

    /// Whether all that is started is started for sure.
    fn is_sure(&self) -> bool {
        let perhaps = self.started.calls.iter().map(|call| &call.launch);
        let perhaps = perhaps
            .filter(|launch| launch.way == Way::Perhaps)
            .any(|launch| !BESIDE.contains(&launch.name()) && !self.is_same(launch));
        !self.started.unknown && !self.started.tests && (!perhaps || self.entries.len() == 1)
    }

    /// Whether a command that is only perhaps started loads nothing that the others do not: what runs tasks of Rails, or of Django
    /// with the same settings.
    fn is_same(&self, launch: &Launch) -> bool {
        let rails = |name: &str| ["rails", "rake", "bundle"].contains(&name);
        let others = || {
            let surely = self.started.calls.iter().map(|call| &call.launch);
            surely.filter(|launch| launch.way == Way::Surely)
        };
        if rails(launch.name()) {
            return others().any(|launch| rails(launch.name()) || launch.name() == "sidekiq");
        }
        let manages = |launch: &Launch| {
            launch.name().starts_with("python") && launch.words.iter().any(|word| word.ends_with("manage.py"))
        };
        manages(launch) && (others().any(manages) || python::same_settings(self))
    }

    /// The commands that install something before the program starts.
    fn at_start(&self) -> impl Iterator<Item = &Launch> {
        self.started
            .calls
            .iter()
            .map(|call| &call.launch)
            .filter(|launch| launch.by != By::Package(PathBuf::new()))
    }

    /// Whether the name is that of something of the project's own.
    fn is_own(&self, name: &str) -> bool {
        self.scope.iter().any(|(_, place, _)| {
            let mut parts = place.components().filter_map(|part| part.as_os_str().to_str());
            parts.any(|part| part == name || part.rsplit_once('.').is_some_and(|(stem, _)| stem == name))
        })
    }

    /// Whether a command of the build names it.
    fn is_spoken_of(&self, name: &str) -> bool {
        self.runs
            .iter()
            .any(|run| run.command.assumed().to_ascii_lowercase().contains(&name.to_ascii_lowercase()))
    }
}
