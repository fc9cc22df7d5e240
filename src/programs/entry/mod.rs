//! From the command of a container to the modules that its process starts with.

mod beyond;
mod built;
mod crontab;
mod dotnet;
mod elixir;
mod go;
mod ini;
mod jvm;
mod known;
mod launch;
mod launchers;
mod lexer;
mod machine;
mod meant;
mod named;
mod node;
mod node_entries;
mod node_packages;
mod node_tools;
mod parameters;
mod php;
mod python;
mod ruby;
mod rust;
mod scripts;
mod shell;
mod wrappers;
pub(in crate::programs) mod written;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) use beyond::lacks_own;
pub(super) use built::built_by;
pub(super) use crontab::{commands, tables};
pub(super) use elixir::releases;
pub(super) use go::{packages as go_told, places as go_binaries};
pub(super) use ini::sections as ini_sections;
pub(super) use known::only_language;
pub(super) use launch::{By, Call, Launch, NoScript, Way};
pub(super) use launchers::is_dotted;
pub(super) use machine::{FOLDERS, Machine};
pub(super) use meant::or_meant;
pub(super) use named::{follow_names, loads_otherwise};
pub(super) use node_packages::workspaces;

use super::dockerfile::Run;
use super::{Module, ModuleIndex, Scope, has_extension};
use crate::source::Text;

/// Wrappers, scripts and shells within each other beyond this depth are not followed.
const MAX_DEPTH: usize = 12;
/// Nor are more commands than this.
const MAX_LAUNCHES: usize = 200;

/// Modules of which one is started with: the first that the program has.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Where the command is started.
    pub directory: PathBuf,
    /// The modules, best first.
    pub names: Vec<String>,
}

/// What the commands of a container start with.
#[derive(Clone, Debug, Default)]
pub(super) struct Started {
    /// Directories that absolute imports start from.
    pub roots: Vec<PathBuf>,
    /// Modules.
    pub modules: Vec<Wanted>,
    /// Files, by their place in the container.
    pub files: Vec<PathBuf>,
    /// Binaries that are started, by their names, with where they were built.
    pub binaries: Vec<Wanted>,
    /// The management commands of Django that are run.
    pub django_commands: Vec<String>,
    /// Dotenv files that the launcher itself reads.
    pub dotenv: Vec<PathBuf>,
    /// The scripts and commands of shells that are run, as the container's command leads to them.
    pub scripts: Vec<Arc<Module>>,
    /// Whether the tests are what is run.
    pub tests: bool,
    /// The languages of which a program is started, found or not.
    pub languages: Vec<&'static str>,
    /// The commands that the container comes to in the end, known or not; what only prepares is left out.
    pub commands: Vec<Launch>,
    /// The commands that it comes to on the way there, wrappers and what prepares among them.
    pub calls: Vec<Call>,
    /// The scripts of packages that are run and are not there.
    pub no_scripts: Vec<NoScript>,
    /// The commands by which its image was built: how a compiled program was made.
    pub builds: Vec<Launch>,
    /// What was made of sources before it came into the image, archives for one: where it would stand among
    /// those sources.
    pub made: Vec<PathBuf>,
    /// From where to where the build copied, within and between its stages.
    pub copied: Vec<(PathBuf, PathBuf)>,
    /// Whether a program is started that no source of the project belongs to, or one of another language.
    pub foreign: bool,
    /// Whether only a prompt is started.
    pub idle: bool,
    /// Whether a command is not understood.
    pub unknown: bool,
    /// The front ends of the only language that the container can run, when that is known.
    pub only: Option<&'static [&'static str]>,
}

pub(super) use dotnet::project_of as project_of_dotnet;

impl Started {
    /// Whether the container can run what this front end reads.
    pub(super) fn can_run(&self, front_end: &str) -> bool {
        self.only.is_none_or(|only| only.contains(&front_end))
    }

    fn root(&mut self, directory: &Path) {
        if !self.roots.iter().any(|root| root == directory) {
            self.roots.push(directory.to_path_buf());
        }
    }

    /// Whether a supervisor starts the program, and starts it again when it ends.
    pub(super) fn is_supervised(&self) -> bool {
        let supervisors = ["supervisord", "s6-svscan", "runsvdir", "pm2-runtime", "forever"];
        self.calls.iter().any(|call| supervisors.contains(&call.launch.name()))
    }

    /// Whether something starts the program anew when a source changes, and stays when it ends.
    pub(super) fn is_watched(&self) -> bool {
        self.calls.iter().any(|call| known::is_watcher(&call.launch))
    }

    /// Notes that a program in this language is started.
    pub(super) fn language(&mut self, language: &'static str) {
        if !self.languages.contains(&language) {
            self.languages.push(language);
        }
    }

    fn want(&mut self, launch: &Launch, names: Vec<String>) {
        self.language(python::LANGUAGE);
        self.root(&launch.directory);
        self.modules.push(Wanted { directory: launch.directory.clone(), names });
    }
}

/// What a language's [`Starter`] says of a command.
pub(super) enum Launched {
    /// It is none of this language.
    Other,
    /// It is, and what it starts is noted.
    Started,
    /// It starts this command in turn.
    Next(Launch),
}

/// How commands start the programs of one language, and where the sources of those lie.
pub(super) trait Starter: Sync {
    /// The language, as its front end names it.
    fn language(&self) -> &'static str;

    /// Notes what the command starts; `name` is its first word without directories.
    fn launch(&self, machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched;

    /// The command of a base image that starts programs of the language when nothing else is said.
    fn base(&self, base: &str) -> Option<&'static [&'static str]> {
        let _ = base;
        None
    }

    /// Whether the file at this place is a script of the language; `first` is its first line.
    fn script(&self, place: &Path, first: &str) -> bool {
        let _ = (place, first);
        false
    }

    /// Notes that the file at this place is run with these arguments.
    fn file(&self, place: &Path, arguments: &[String], out: &mut Started) {
        let _ = arguments;
        out.language(self.language());
        out.files.push(place.to_path_buf());
    }

    /// The modules that the process starts with, as far as the program has them. It may add roots.
    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex>;
}

/// All languages that commands are understood for.
static STARTERS: &[&dyn Starter] = &[
    &jvm::Jvm,
    &python::Python,
    &node::Node,
    &php::Php,
    &ruby::Ruby,
    &dotnet::Dotnet,
    &elixir::Elixir,
    &go::Go,
    &rust::Rust,
];

/// The modules that the process starts with, as far as the program has them, whatever their language.
pub(super) fn entries(scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
    let mut found = Vec::new();
    for starter in STARTERS {
        // What is not understood may be a program of any language.
        let open = started.unknown && started.can_run(starter.language());
        if open || started.languages.contains(&starter.language()) {
            found.extend(starter.entries(scope, started));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What the container's command starts. `runs` are the commands by which the image was built.
pub(super) fn started(
    machine: &Machine<'_>,
    base: Option<&str>,
    command: &[Text],
    runs: &[Run],
    start: &Launch,
) -> Started {
    let out = Started {
        builds: runs.iter().flat_map(|run| built_by(&machine.of_build(), run)).take(MAX_LAUNCHES).collect(),
        ..Started::default()
    };
    let mut finder = Finder { machine, out, launches: 0, scripts: HashSet::new(), within: None };
    finder.out.root(&start.directory);
    let mut words: Vec<String> = command.iter().map(Text::assumed).collect();
    if base.is_some_and(php::is_composer) && words.first().is_none_or(|word| php::is_verb(word)) {
        words.insert(0, "composer".to_string());
    }
    if words.is_empty() {
        match base.and_then(command_of_base) {
            Some((directory, modules)) => {
                let names = modules.iter().map(|name| (*name).to_string()).collect();
                finder.out.want(&Launch { directory: directory.into(), ..start.clone() }, names);
            }
            None => match base.and_then(|base| STARTERS.iter().find_map(|starter| starter.base(base))) {
                Some(words) => finder.follow(&start.with(words.iter().map(|word| (*word).to_string())), 0),
                None if base.is_some_and(is_server) => finder.out.foreign = true,
                None if base.is_some_and(known::is_prompt) => {
                    finder.out.foreign = true;
                    finder.out.idle = true;
                }
                None => finder.out.unknown = true,
            },
        }
    } else {
        let (script, first) = scripts::of_command(machine, command, start);
        finder.follow(&start.with(words), 0);
        if !script.is_blank() {
            let at = if first { 0 } else { finder.out.scripts.len() };
            finder.out.scripts.insert(at, Arc::new(script));
        }
    }
    // What only bundles what browsers get runs nothing else.
    let bundles = |call: &Call| known::BUNDLERS.contains(&call.launch.name());
    if finder.out.commands.is_empty() && finder.out.languages.is_empty() {
        finder.out.foreign |= !finder.out.unknown && finder.out.calls.iter().any(bundles);
    }
    for root in start.env.get("PYTHONPATH").into_iter().flat_map(|path| path.split(':')) {
        if !root.is_empty() && !root.contains(Text::HOLE) {
            finder.out.root(&start.path(root));
        }
    }
    finder.out
}

/// Where base images that start an application by convention look for it: the directory and the
/// modules (their documentation, "`MODULE_NAME`").
fn command_of_base(base: &str) -> Option<(&'static str, &'static [&'static str])> {
    let server = ["uvicorn-gunicorn", "meinheld-gunicorn", "uwsgi-nginx-flask", "uwsgi-nginx"];
    server.iter().any(|name| base.contains(name)).then_some(("/app", &["app.main", "main"]))
}

/// Whether a base image starts a server of its own that runs none of the sources: it gives files out, or they
/// are scripts for its database.
fn is_server(base: &str) -> bool {
    const SERVERS: &[&str] = &[
        "nginx",
        "nginx-unprivileged",
        "httpd",
        "caddy",
        "static-web-server",
        "openresty",
        "postgres",
        "postgis",
        "timescaledb",
        "pgvector",
        "mysql",
        "mariadb",
        "percona",
        "mongo",
        "redis",
        "rabbitmq",
        "elasticsearch",
        "opensearch",
        "cassandra",
        "neo4j",
        "clickhouse-server",
    ];
    let name = base.rsplit('/').next().unwrap_or(base);
    SERVERS.contains(&name.split([':', '@']).next().unwrap_or(name))
}

/// What a text for a shell starts.
pub(super) fn run_by(machine: &Machine<'_>, text: &str, start: &Launch) -> Started {
    let out = Started::default();
    let mut finder = Finder { machine, out, launches: 0, scripts: HashSet::new(), within: None };
    finder.text(text, start, 0);
    finder.out
}

struct Finder<'a> {
    machine: &'a Machine<'a>,
    out: Started,
    launches: usize,
    /// The scripts that were read, with their arguments.
    scripts: HashSet<(PathBuf, Vec<String>)>,
    /// The script whose commands are followed.
    within: Option<PathBuf>,
}

impl Finder<'_> {
    fn follow(&mut self, launch: &Launch, depth: usize) {
        self.launches += 1;
        if depth > MAX_DEPTH || self.launches > MAX_LAUNCHES {
            self.out.unknown = true;
            return;
        }
        let Some(first) = launch.words.first() else { return };
        let name = first.rsplit('/').next().unwrap_or(first).to_string();
        self.out.calls.push(Call { launch: launch.clone(), script: self.within.clone() });
        if matches!(name.as_str(), "sh" | "bash" | "dash" | "ash" | "zsh") {
            return self.shell(launch, depth);
        }
        self.out.dotenv.extend(wrappers::dotenv_files(&name, launch));
        if let Some(inner) = wrappers::unwrap(self.machine, &name, launch) {
            self.out.calls.extend(wrappers::by_netcat(self.machine, &name, launch));
            return match inner {
                wrappers::Inner::Launches(all) => {
                    all.iter().for_each(|launch| self.follow(launch, depth + 1));
                }
                wrappers::Inner::Shell(text) => self.text(&text, &launch.with([]), depth),
            };
        }
        if !known::BUILD_TOOLS.contains(&name.as_str())
            && let Some(place) = self.machine.program(launch, first)
            && self.script(&place, launch, depth)
        {
            return;
        }
        // A program of the project may be called like one of the system's, but does not lie where that does.
        let of_system = !first.contains('/')
            || ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"].iter().any(|start| first.starts_with(start));
        if of_system && known::SETUP.contains(&name.as_str()) {
            if name == "cp" {
                self.copied_dotenv(launch);
            }
            return;
        }
        for starter in STARTERS {
            match starter.launch(self.machine, &name, launch, &mut self.out) {
                Launched::Other => {}
                Launched::Started => return self.out.commands.push(launch.clone()),
                Launched::Next(next) => return self.follow(&next, depth + 1),
            }
        }
        self.out.commands.push(launch.clone());
        match known::FOREIGN.contains(&name.as_str()) {
            true => self.out.foreign = true,
            false => self.out.unknown = true,
        }
    }

    /// `cp .env.example .env`, where there is none: what frameworks load then is the copy.
    fn copied_dotenv(&mut self, launch: &Launch) {
        let mut paths = launch.words.iter().skip(1).filter(|word| !word.starts_with('-'));
        let (Some(from), Some(to), None) = (paths.next(), paths.next(), paths.next()) else { return };
        let (from, to) = (launch.path(from), launch.path(to));
        if to.file_name().is_some_and(|name| name == ".env")
            && self.machine.has(&from)
            && !self.machine.has(&to)
        {
            self.out.dotenv.push(from);
        }
    }

    /// `sh -c "…"`, `sh script.sh`
    fn shell(&mut self, launch: &Launch, depth: usize) {
        let mut words = launch.words.iter().skip(1);
        let mut text = false;
        while let Some(word) = words.next() {
            if word == "-o" || word == "+o" {
                words.next();
            } else if let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.starts_with('-')) {
                text |= flags.contains('c');
            } else if text {
                let arguments = words.skip(1).cloned();
                return self.text(word, &launch.with(arguments), depth);
            } else if !word.starts_with("--") {
                let script = launch.with(std::iter::once(word.clone()).chain(words.cloned()));
                let place = self.machine.program(&script, word);
                let found = place.is_some_and(|place| self.shell_file(&place, &script, depth));
                self.out.unknown |= !found;
                return;
            }
        }
    }

    fn text(&mut self, text: &str, start: &Launch, depth: usize) {
        let source = |place: &Path| self.machine.text(place).map(|text| text.to_string());
        for launch in shell::launches(text, start, &source) {
            self.follow(&launch, depth + 1);
        }
    }

    fn shell_file(&mut self, place: &Path, launch: &Launch, depth: usize) -> bool {
        let inside = launch.with(launch.words.iter().skip(1).cloned());
        let Some(file) = self.machine.load(place) else {
            // One that the build wrote has no lines of its own to point at.
            let written =
                written::text_at(self.machine.written, place).filter(|_| self.launches < MAX_LAUNCHES);
            return written.map(|text| self.text(text, &inside, depth)).is_some();
        };
        if self.launches < MAX_LAUNCHES && self.scripts.insert((place.to_path_buf(), inside.words.clone())) {
            let script = scripts::of_file(self.machine, place, &file, &inside);
            self.out.scripts.push(Arc::new(script));
        }
        let outer = self.within.replace(file.path.clone());
        self.text(&file.text, &inside, depth);
        self.within = outer;
        true
    }

    /// A file that is started by its path; says whether it is a script that is understood.
    fn script(&mut self, place: &Path, launch: &Launch, depth: usize) -> bool {
        let Some(text) = self.machine.text(place) else { return false };
        let first = text.lines().next().unwrap_or("");
        if let Some(starter) = STARTERS.iter().find(|starter| starter.script(place, first)) {
            starter.file(place, launch.words.get(1..).unwrap_or_default(), &mut self.out);
            self.out.commands.push(launch.clone());
            return true;
        }
        let shell = first.starts_with("#!") && first.contains("sh");
        if shell && !launch.words.first().is_some_and(|word| word.contains('$')) {
            // The system starts its interpreter.
            let named = first.trim_end().rsplit(['/', ' ']).next().filter(|name| *name == "bash");
            let script = self.machine.load(place).map(|file| file.path.clone());
            let call = named.map(|name| Call { launch: launch.with([name.to_string()]), script });
            self.out.calls.extend(call);
        }
        (shell || has_extension(place, &["sh", "bash"])) && self.shell_file(place, launch, depth)
    }
}
