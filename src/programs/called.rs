//! The programs that a container and its build call by name, and what is seen to bring them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Scope;
use super::brought::{self, INSTALLERS, KnownProgram};
pub(super) use super::development::without_development;
use super::dockerfile::Run;
use super::entry::{self, By, Call, Launch, Machine, NoScript, Started, Way};
use super::first_dials::FirstDial;
use super::install_hooks;
use super::looked_for;
use super::misplaced::Misplaced;
use super::modules_missing::{self, AbsentModule};
use super::python::requirements;
use super::serverless::Serverless;
use super::uninstalled::{Native, brings_program};
use super::unowned::Unowned;
use super::unstarted::Unstarted;
use super::userless::Userless;
use crate::source::{Span, Text};

/// A known program that is called and that no manifest of the project brings.
#[derive(Clone, Debug)]
pub struct Called {
    /// The program.
    pub known: &'static KnownProgram,
    /// Where it is called; [`Span::NONE`] where that is not seen.
    pub at: Span,
    /// Whether a loop waits for its success.
    pub awaited: bool,
    /// Whether the build calls it, and not the container.
    pub by_build: bool,
    /// Why it may not be there.
    pub lacking: Lacking,
}

/// Why a program may not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// The image has to have it, or what its build installs of the system; the manifest, if there is one, does not name it.
    Image(Option<PathBuf>),
    /// The package whose script calls it does not name it.
    Manifest {
        /// The manifest.
        manifest: PathBuf,
        /// Whether what is installed for development, or a lock file, is seen, and it is not among that.
        complete: bool,
    },
    /// What Next.js makes to stand alone has no commands.
    Unpacked,
    /// The package needs it for development only, and the build leaves that out.
    Development {
        /// The manifest.
        manifest: PathBuf,
        /// The command that installs the rest.
        install: Span,
    },
}

/// A program that is called by its whole path, at which nothing of this machine is.
#[derive(Clone, Debug)]
pub struct CalledAt {
    /// The path.
    pub path: String,
    /// Where it is called; [`Span::NONE`] where that is not seen.
    pub at: Span,
}

/// A script of a package that is run and that the package does not have.
#[derive(Clone, Debug)]
pub struct AbsentScript {
    /// What runs it: `npm`, `yarn`.
    pub manager: String,
    /// Its name.
    pub script: String,
    /// The manifest on this machine.
    pub manifest: PathBuf,
    /// The scripts that are there.
    pub others: Vec<String>,
    /// Where it is run; [`Span::NONE`] where that is not seen.
    pub at: Span,
    /// Whether the build runs it, and not the container.
    pub by_build: bool,
}

/// What a container and its build call, and is not seen to be there.
#[derive(Clone, Debug, Default)]
pub struct Absences {
    /// Programs.
    pub programs: Vec<Called>,
    /// Programs that are called by a path.
    pub paths: Vec<CalledAt>,
    /// Scripts of packages.
    pub scripts: Vec<AbsentScript>,
    /// A module of Python, and where it is started.
    pub module: Option<(AbsentModule, Span)>,
    /// What a first script of a database asks of a server that does not listen yet.
    pub first_dial: Option<FirstDial>,
    /// The file that its healthcheck runs and that is not in the container.
    pub unchecked: Option<Unstarted>,
    /// Whether its release is started without its web server.
    pub serverless: Option<Serverless>,
    /// What of the project it looks for in another folder than it lies in.
    pub misplaced: Option<Misplaced>,
    /// The app of its users, where that has no migrations and they are run.
    pub userless: Option<Userless>,
    /// What of the system its packages load or run.
    pub native: Vec<Native>,
    /// The volumes that it cannot write.
    pub unowned: Vec<Unowned>,
}

const INSTALL: [&str; 8] = ["add", "ci", "i", "install", "require", "sync", "-o", "-O"];
/// What puts scripts or packages into a manifest.
const REWRITES: [&str; 5] = ["npm init", "npm pkg", "npm-add-script", "package.json", "yarn init"];

/// Programs that are called by a path and are kept.
const MAX_PATHS: usize = 50;

/// Who calls a program: the container, or a `RUN` of its build.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    Container,
    Build,
    LastStage,
}

/// What the commands need of what the build was given.
struct Search<'a> {
    machine: &'a Machine<'a>,
    /// The commands of the build, words of shells taken apart, each with the `RUN` that it is in.
    builds: Vec<(Launch, Span)>,
    /// Those of the last stage alone.
    own: Vec<(Launch, Span)>,
    /// The text of all of them.
    text: String,
    /// What of Python is installed, where all of it is seen.
    python: Option<requirements::Installed>,
}

/// The known programs that the container's commands and its build call and that nothing which is seen brings.
#[must_use]
pub(super) fn of(
    machine: &Machine<'_>,
    scope: &Scope,
    (runs, own_runs): (&[Run], &[Run]),
    started: &Started,
    command: &[Text],
) -> Absences {
    let builds = builds(machine, runs);
    let text: Vec<String> = runs.iter().map(|run| run.command.assumed()).collect();
    let python = requirements::installed(machine, builds.iter().map(|(launch, _)| launch));
    let own = self::builds(machine, own_runs);
    let search = Search { machine, builds, own, text: text.join("\n"), python };
    let mut out = Absences::default();
    let installs = started.calls.iter().any(|call| is_install(&call.launch));
    for call in &started.calls {
        search.call(call, installs, command, &mut out);
        search.path(call, command, &mut out);
    }
    for none in &started.no_scripts {
        search.script(none, None, command, &mut out);
    }
    out.scripts.extend(super::tasks::absent(machine, &started.calls, command));
    for run in runs {
        search.build(run, &mut out);
    }
    let module = modules_missing::of(machine, scope, runs, &started.calls);
    let module = module.or_else(|| modules_missing::of_django(machine, scope, runs, &started.calls));
    let module = module.or_else(|| modules_missing::of_flask(machine, scope, runs, &started.calls));
    out.module = module.map(|(absent, call)| {
        if !absent.at.is_none() {
            let at = absent.at;
            return (absent, at);
        }
        let at = search.place(&call, &absent.module, command);
        (absent, at)
    });
    out
}

/// The commands of a build, words of shells taken apart, each with the `RUN` that it is in.
pub(super) fn builds(machine: &Machine<'_>, runs: &[Run]) -> Vec<(Launch, Span)> {
    let of = |run: &Run| {
        let found = entry::built_by(&machine.of_build(), run);
        found.into_iter().map(|launch| (launch, run.command.span())).collect::<Vec<_>>()
    };
    runs.iter().flat_map(of).collect()
}

/// Whether a command installs or fetches something.
fn is_install(launch: &Launch) -> bool {
    let name = launch.name();
    let verb = launch.words.iter().skip(1).any(|word| INSTALL.contains(&word.as_str()));
    let module = matches!(name, "python" | "python3") && launch.words.iter().any(|word| word == "pip");
    INSTALLERS.contains(&name) && (verb || name == "yarn" && launch.words.len() == 1) || module && verb
}

impl Search<'_> {
    /// A command of the container.
    fn call(&self, call: &Call, installs: bool, command: &[Text], out: &mut Absences) {
        let name = call.launch.name();
        // A command that Celery has only with the package.
        let flower = name == "celery" && call.launch.words.iter().any(|word| word == "flower");
        for name in [Some(name), flower.then_some("flower")].into_iter().flatten() {
            self.program(call, name, installs, command, out);
        }
    }

    fn program(&self, call: &Call, name: &str, installs: bool, command: &[Text], out: &mut Absences) {
        let launch = &call.launch;
        let Some(first) = launch.words.first() else { return };
        let folder = Path::new(first).parent();
        let by_path = entry::FOLDERS.iter().any(|known| folder == Some(Path::new(known)));
        let twice = out.programs.iter().any(|known| known.known.program == name);
        if launch.way == Way::Perhaps || launch.by == By::Tool || first.contains('/') && !by_path || twice {
            return;
        }
        let Some(known) = brought::known(name) else { return };
        if self.machine.program(launch, first).is_some() || self.is_looked_for(call, name) {
            return;
        }
        let Some(lacking) = self.lacking(known, launch, Caller::Container).filter(|_| !installs) else {
            return;
        };
        out.programs.push(Called {
            known,
            at: self.place(call, name, command),
            awaited: launch.way == Way::Awaited,
            by_build: false,
            lacking,
        });
    }

    /// A command of the container that is called by its whole path, where no script asks first whether it is there.
    fn path(&self, call: &Call, command: &[Text], out: &mut Absences) {
        const ASKS: [&str; 8] = ["-x ", "-f ", "-e ", "-d ", "command -v", "which ", "ls ", "find "];
        let Some(first) = call.launch.words.first().filter(|word| word.starts_with('/')) else { return };
        let file = call.script.as_ref().and_then(|path| self.machine.sources.load(path).ok());
        let said = match &file {
            Some(file) => file.text.to_string(),
            None => command.iter().map(|word| word.assumed() + "\n").collect(),
        };
        let asks =
            said.lines().any(|line| ASKS.iter().any(|word| line.contains(word)) && !line.contains(first));
        let asks = asks && said.contains("if ")
            || said.contains(&format!("-x {first}"))
            || said.contains(&format!("-f {first}"));
        let twice = out.paths.iter().any(|known| known.path == *first);
        if !asks && !twice && out.paths.len() < MAX_PATHS && !self.machine.has(&call.launch.path(first)) {
            out.paths.push(CalledAt { path: first.clone(), at: self.place(call, first, command) });
        }
    }

    /// What the commands of a `RUN` call.
    fn build(&self, run: &Run, out: &mut Absences) {
        let start =
            Launch { directory: run.directory.clone(), env: run.variables.clone(), ..Launch::default() };
        let found = entry::run_by(&self.machine.of_build(), &run.command.assumed(), &start);
        for none in &found.no_scripts {
            self.script(none, Some(run.command.span()), &[], out);
        }
        let hooks = install_hooks::calls(self.machine, &self.builds, run);
        let last = self.own.iter().any(|(_, at)| *at == run.command.span());
        let caller = if last { Caller::LastStage } else { Caller::Build };
        for call in found.calls.iter().chain(&hooks) {
            let launch = &call.launch;
            let of_package = matches!(launch.by, By::Package(_)) && launch.is_named();
            if launch.way != Way::Surely || !of_package {
                continue;
            }
            let Some(known) = brought::known(launch.name()).filter(|known| !known.node.is_empty()) else {
                continue;
            };
            if let Some(lacking) = self.lacking(known, launch, caller) {
                out.programs.push(Called {
                    known,
                    at: run.command.span(),
                    awaited: false,
                    by_build: true,
                    lacking,
                });
            }
        }
    }

    fn script(&self, none: &NoScript, run: Option<Span>, command: &[Text], out: &mut Absences) {
        let twice = out.scripts.iter().any(|known| known.script == none.script);
        if none.way == Way::Perhaps || REWRITES.iter().any(|word| self.rewrites(word)) || twice {
            return;
        }
        let manifests = self.manifests(&none.package, run.is_some());
        let has = |manifest: &Manifest| {
            manifest.json.get("scripts").and_then(|all| all.get(&none.script)).is_some()
        };
        let Some(first) = manifests.first().filter(|_| !manifests.iter().any(has)) else { return };
        let at = run.unwrap_or_else(|| in_command(command, &none.script).unwrap_or(Span::NONE));
        out.scripts.push(AbsentScript {
            manager: none.manager.clone(),
            script: none.script.clone(),
            manifest: first.host.clone(),
            others: none.others.clone(),
            at,
            by_build: run.is_some(),
        });
    }

    /// Whether the build changes manifests by such a command.
    fn rewrites(&self, word: &str) -> bool {
        let copies = |line: &&str| !line.trim_start().starts_with(['#']);
        self.text.lines().filter(copies).any(|line| line.contains(word))
    }

    fn lacking(&self, known: &KnownProgram, launch: &Launch, caller: Caller) -> Option<Lacking> {
        let packages = known.python.iter().chain(&known.node);
        if packages.clone().any(|name| is_mentioned(&self.text, name)) {
            return None;
        }
        if let By::Package(directory) = &launch.by
            && !known.node.is_empty()
        {
            return self.of_package(known, directory, caller);
        }
        if !known.node.is_empty() {
            let path = launch.env.get("PATH").is_some_and(|path| path.contains("node_modules"));
            return (!path).then_some(Lacking::Image(None));
        }
        if known.python.is_empty() {
            return Some(Lacking::Image(None));
        }
        let installed = self.python.as_ref()?;
        let blank = installed.blank && installed.manifest.is_none();
        if blank || brings_program(&known.program, installed) {
            return None;
        }
        if known.is_among(&installed.names) {
            let left_out = !known.is_among(&installed.without_development());
            let install = self.builds.iter().find(|(launch, _)| requirements::is_of_project(launch));
            return install
                .zip(installed.manifest.clone())
                .filter(|_| left_out)
                .map(|((_, install), manifest)| Lacking::Development { manifest, install: *install });
        }
        Some(Lacking::Image(installed.manifest.clone()))
    }

    /// Why a command of npm's packages is not there for a script of this package.
    fn of_package(&self, known: &KnownProgram, directory: &Path, caller: Caller) -> Option<Lacking> {
        let by_build = caller != Caller::Container;
        let files = self.machine.sources.files();
        let tree = if by_build { self.machine.below } else { self.machine.files };
        let modules = |above: &Path| tree.resolve(files, &above.join("node_modules")).is_some();
        let above: Vec<&Path> = directory.ancestors().take(MAX_ABOVE).collect();
        if above.iter().any(|above| modules(above)) {
            return None;
        }
        let manifests: Vec<Manifest> = above.iter().flat_map(|at| self.manifests(at, by_build)).collect();
        let own = manifests.first()?.host.clone();
        let names = |sections: &[&str]| -> HashSet<String> {
            let all = manifests.iter().flat_map(|one| sections.iter().filter_map(|name| one.json.get(*name)));
            let all = all.filter_map(|section| section.as_object()).flatten();
            let brings = all.filter(|(name, version)| {
                !version.as_str().is_some_and(|version| known.is_outgrown(name, version))
            });
            brings.map(|(name, _)| name.clone()).collect()
        };
        if known.is_among(&names(&["dependencies", "optionalDependencies", "peerDependencies"])) {
            return None;
        }
        if known.is_among(&names(&["devDependencies"])) {
            let install = self.without_development(directory, caller)?;
            return Some(Lacking::Development { manifest: own, install });
        }
        // What another package brings stands in the lock file.
        let places = above.iter().flat_map(|above| LOCKS.map(|name| above.join(name)));
        let locks: Vec<_> = places
            .filter_map(|place| tree.file(files, &place))
            .filter_map(|host| self.machine.sources.load(&host).ok())
            .collect();
        let brings = |name: &&String| !known.until.contains_key(*name);
        let locked = locks
            .iter()
            .any(|file| known.node.iter().filter(brings).any(|name| is_mentioned(&file.text, name)));
        let direct = names(&["dependencies"]);
        let whole = |text: &str| !direct.is_empty() && direct.iter().all(|name| is_mentioned(text, name));
        // In a repository of several packages one may bring what another calls.
        let several = manifests.iter().any(|one| one.json.get("workspaces").is_some())
            || above.iter().any(|above| tree.file(files, &above.join("pnpm-workspace.yaml")).is_some());
        let complete =
            locks.iter().any(|file| whole(&file.text)) || !several && !names(&["devDependencies"]).is_empty();
        (!locked).then_some(Lacking::Manifest { manifest: own, complete })
    }

    /// The command that leaves out what is for development. What other stages install counts where it is copied.
    fn without_development(&self, directory: &Path, caller: Caller) -> Option<Span> {
        let packages = directory.join("node_modules");
        let of_stage =
            || self.machine.copied.iter().any(|(_, to)| packages.starts_with(crate::source::clean(to)));
        let own = without_development(&self.own).filter(|_| caller != Caller::Build && !of_stage());
        own.or_else(|| without_development(&self.builds))
    }

    /// The manifests of npm that may lie in a directory: of a build, whose stages are not told apart, all of them.
    fn manifests(&self, directory: &Path, by_build: bool) -> Vec<Manifest> {
        let (files, place) = (self.machine.sources.files(), directory.join("package.json"));
        let hosts: Vec<PathBuf> = if by_build {
            let layers = self.machine.below.layers().iter().rev();
            let within = layers.filter_map(|layer| match place.strip_prefix(&layer.target) {
                Ok(below) if below.as_os_str().is_empty() => Some(layer.host.clone()),
                Ok(below) => Some(layer.host.join(below)).filter(|_| layer.directory),
                Err(_) => None,
            });
            within.collect()
        } else {
            self.machine.files.file(files, &place).into_iter().collect()
        };
        let read = |host: PathBuf| {
            let file = self.machine.sources.load(&host).ok()?;
            let json = serde_json::from_str(&super::javascript::plain(&file.text)).ok()?;
            Some(Manifest { host, json })
        };
        hosts.into_iter().filter_map(read).collect()
    }

    /// Whether the script in which a program is called looks first whether it is there.
    fn is_looked_for(&self, call: &Call, name: &str) -> bool {
        let Some(file) = call.script.as_ref().and_then(|path| self.machine.sources.load(path).ok()) else {
            return false;
        };
        looked_for::in_script(&file.text, name)
    }

    /// Where a program is called: in the script, or by the container's command.
    fn place(&self, call: &Call, name: &str, command: &[Text]) -> Span {
        let package = match &call.launch.by {
            By::Package(directory) => {
                self.manifests(directory, false).into_iter().next().map(|found| found.host)
            }
            _ => None,
        };
        let file = package.as_ref().or(call.script.as_ref());
        let file = file.and_then(|path| self.machine.sources.load(path).ok());
        let within = file.and_then(|file| {
            let from = if package.is_some() { file.text.find("\"scripts\"")? } else { 0 };
            let at = from + word(file.text.get(from..)?, name)?;
            Some(file.slice(at, at + name.len()))
        });
        within.or_else(|| in_command(command, name)).unwrap_or(Span::NONE)
    }
}

/// Directories above the one that a script is run in whose packages it finds.
const MAX_ABOVE: usize = 4;
/// What package managers write down that they installed.
pub(super) const LOCKS: [&str; 4] = ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"];

struct Manifest {
    host: PathBuf,
    json: serde_json::Value,
}

/// The place of a word in the command.
pub(super) fn in_command(command: &[Text], name: &str) -> Option<Span> {
    command.iter().find_map(|text| {
        let at = word(&text.assumed(), name)?;
        let span = text.slice(at, at + name.len()).span();
        Some(if span.is_none() { text.span() } else { span }).filter(|span| !span.is_none())
    })
}

/// Where a word stands in a text, comments left out.
pub(super) fn word(text: &str, name: &str) -> Option<usize> {
    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).unwrap_or("");
        let after = text.get(at + name.len()..).unwrap_or("").chars().next();
        let line = before.rsplit('\n').next().unwrap_or("");
        !before.chars().next_back().is_some_and(joins)
            && !after.is_some_and(joins)
            && !line.trim_start().starts_with('#')
    })
}

/// Whether a name stands in a text by itself, with a version at most.
pub(super) fn is_mentioned(text: &str, name: &str) -> bool {
    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = name.split('[').next().unwrap_or(name);
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(|c| joins(c) || c == '@') && !after.is_some_and(joins)
    })
}
