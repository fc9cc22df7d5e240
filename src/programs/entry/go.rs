//! What a command starts: `go run`, tools that build anew on every change, and binaries that were built
//! from packages of the project.

use std::path::{Path, PathBuf};

use super::{Launch, Launched, Machine, Started, Starter, Wanted, known};
use crate::programs::go::{module_name, package_at};
use crate::programs::{self, ModuleIndex, Scope};
use crate::source::clean;

const LANGUAGE: &str = "go";

/// Go.
pub(super) struct Go;

impl Starter for Go {
    fn language(&self) -> &'static str {
        LANGUAGE
    }

    fn launch(&self, machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
        let words = &launch.words;
        match name {
            "go" | "gow" | "wgo" | "garble" => command(machine, launch, out),
            "air" => air(machine, launch, out),
            "CompileDaemon" => compile_daemon(launch),
            "reflex" => match words.iter().position(|word| word == "--") {
                Some(at) => Launched::Next(launch.with(words.iter().skip(at + 1).cloned())),
                None => match super::wrappers::after_options(
                    words,
                    1,
                    &["-r", "-R", "-g", "-G", "-c", "-t", "-d"],
                ) {
                    Some(at) => Launched::Next(launch.with(words.iter().skip(at).cloned())),
                    None => Launched::Other,
                },
            },
            "dlv" => match words.iter().position(|word| word == "debug" || word == "exec") {
                Some(at) => {
                    let target = words.iter().skip(at + 1).find(|word| !word.starts_with('-'));
                    let target = target.cloned().unwrap_or_else(|| ".".to_string());
                    let run = ["go".to_string(), "run".to_string(), target.clone()];
                    match words.get(at).is_some_and(|word| word == "exec") {
                        true => Launched::Next(launch.with([target])),
                        false => Launched::Next(launch.with(run)),
                    }
                }
                None => Launched::Other,
            },
            _ => compiled(machine, name, launch, out),
        }
    }

    fn entries(&self, scope: &mut Scope, started: &Started) -> Vec<ModuleIndex> {
        let mut found: Vec<ModuleIndex> =
            started.files.iter().flat_map(|place| package_at(scope, place)).collect();
        for wanted in &started.modules {
            let importer = wanted.directory.join("entry.go");
            let paths = wanted.names.iter().filter(|name| name.contains('/'));
            let resolved = paths.filter_map(|name| scope.resolve_from(&importer, &programs::go::Go, name));
            found.extend(resolved);
        }
        found
    }
}

/// Options of `go build`, `go run` and `go install` that take a value.
const TAKES: &[&str] = &[
    "-o",
    "-ldflags",
    "-tags",
    "-mod",
    "-modfile",
    "-gcflags",
    "-asmflags",
    "-p",
    "-exec",
    "-C",
    "-overlay",
    "-pkgdir",
    "-installsuffix",
    "-buildmode",
    "-compiler",
    "-toolexec",
    "-covermode",
    "-coverpkg",
];

/// What a `go` command is told: the directory it works in, `-o`, and the packages.
struct Told {
    directory: PathBuf,
    output: Option<String>,
    packages: Vec<String>,
}

fn told(launch: &Launch) -> Told {
    let mut told = Told { directory: launch.directory.clone(), output: None, packages: Vec::new() };
    let mut words = launch.words.iter().skip(2).peekable();
    while let Some(word) = words.next() {
        let Some(option) = word.strip_prefix('-') else {
            told.packages.push(word.clone());
            continue;
        };
        let name = format!("-{}", option.trim_start_matches('-').split('=').next().unwrap_or(""));
        let value = match word.split_once('=') {
            Some((_, value)) => Some(value.to_string()),
            None if TAKES.contains(&name.as_str()) => words.next().cloned(),
            None => None,
        };
        match (name.as_str(), value) {
            ("-o", value) => told.output = value,
            ("-C", Some(value)) => told.directory = launch.path(&value),
            _ => {}
        }
    }
    told
}

/// The directory that a command of a build works in, and the packages that it names.
pub(in crate::programs) fn packages(launch: &Launch) -> (PathBuf, Vec<String>) {
    let told = told(launch);
    (told.directory, told.packages)
}

/// `go run ./cmd/api`, `go run main.go routes.go -v`; `go build` and `go install` for what is run next.
fn command(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    match launch.words.get(1).map(String::as_str) {
        Some("run") => {
            let told = told(launch);
            let files: Vec<&String> = told.packages.iter().take_while(|word| word.ends_with(".go")).collect();
            match (files.is_empty(), told.packages.first()) {
                (false, _) => files.iter().for_each(|file| start(&told.directory, file, out)),
                (true, Some(package)) => start(&told.directory, package, out),
                (true, None) => start(&told.directory, ".", out),
            }
        }
        Some("test") => {
            out.language(LANGUAGE);
            out.tests = true;
        }
        Some("build" | "install") => out.builds.push(launch.clone()),
        // `go tool air`, and what only prepares.
        Some("tool") => {
            let rest = launch.with(launch.words.iter().skip(2).cloned());
            let name = rest.words.first().and_then(|word| word.rsplit('/').next()).unwrap_or("").to_string();
            return match name.as_str() {
                "air" => air(machine, &rest, out),
                _ => Launched::Started,
            };
        }
        _ => {}
    }
    Launched::Started
}

/// Notes the package that is run: a directory, a file, or an import path.
fn start(directory: &Path, package: &str, out: &mut Started) {
    out.language(LANGUAGE);
    let local = package.starts_with(['.', '/']) || package.ends_with(".go") || !package.contains('/');
    match local {
        true => out.files.push(clean(&directory.join(package))),
        // `go run cmd/api` is the standard library's, but people mean theirs.
        false => {
            out.files.push(clean(&directory.join(package)));
            let names = vec![package.to_string()];
            out.modules.push(Wanted { directory: directory.to_path_buf(), names });
        }
    }
}

/// A binary that a build makes: where, and from which package.
struct Binary {
    place: PathBuf,
    directory: PathBuf,
    package: String,
}

/// The binaries that a command of the build makes.
fn binaries(machine: &Machine<'_>, launch: &Launch) -> Vec<Binary> {
    let words = &launch.words;
    let name = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or("");
    let verb = match name {
        // `garble -literals build …`
        "garble" => words.iter().find(|word| matches!(word.as_str(), "build" | "install")),
        "go" => words.get(1),
        _ => None,
    };
    let installs = match verb.map(String::as_str) {
        Some("build") => false,
        Some("install") => true,
        _ => return Vec::new(),
    };
    let Told { directory, output, mut packages } = told(launch);
    if packages.iter().any(|package| package.contains('@')) {
        // A tool of somebody else.
        return Vec::new();
    }
    if packages.is_empty() {
        packages.push(".".to_string());
    }
    let several = packages.len() > 1 && !packages.iter().any(|package| package.ends_with(".go"));
    let mut out = Vec::new();
    for package in packages {
        let own = name_of(machine, &directory, &package);
        let place = match &output {
            Some(path) if several || path.ends_with('/') || package.ends_with("...") => {
                directory.join(path).join(&own)
            }
            Some(path) => directory.join(path),
            None if installs => Path::new("/go/bin").join(&own),
            None => directory.join(&own),
        };
        out.push(Binary { place: clean(&place), directory: directory.clone(), package });
    }
    out
}

/// The tools of others that a command of the build installs: `goose` of `go install github.com/pressly/goose/v3/cmd/goose@latest`.
fn tools(launch: &Launch) -> Vec<String> {
    let version = |part: &&str| part.starts_with('v') && part.chars().skip(1).all(|c| c.is_ascii_digit());
    let paths = launch.words.iter().filter_map(|word| Some(word.split_once('@')?.0));
    paths.filter_map(|path| path.rsplit('/').find(|part| !version(part))).map(str::to_string).collect()
}

/// Where the binaries come to that a command of the build makes.
pub(in crate::programs) fn places(machine: &Machine<'_>, launch: &Launch) -> Vec<PathBuf> {
    binaries(machine, launch).into_iter().map(|binary| binary.place).collect()
}

/// The name of a package's binary: its directory's, or that of the module at the module's own directory.
fn name_of(machine: &Machine<'_>, directory: &Path, package: &str) -> String {
    let place = clean(&directory.join(package.trim_end_matches(".go")));
    let manifest = machine.below.file(machine.sources.files(), &place.join("go.mod"));
    let text = manifest.and_then(|host| machine.sources.load(&host).ok());
    let module = text.as_ref().and_then(|file| module_name(&file.text).map(str::to_string));
    let version = |part: &&str| part.starts_with('v') && part.chars().skip(1).all(|c| c.is_ascii_digit());
    match module {
        Some(module) => module.rsplit('/').find(|part| !version(part)).unwrap_or("").to_string(),
        None => place.file_name().and_then(|name| name.to_str()).unwrap_or("").to_string(),
    }
}

/// A program that a build made from a package of the project.
fn compiled(machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
    if known::FOREIGN.contains(&name) {
        return Launched::Other;
    }
    let made: Vec<Binary> = out.builds.iter().flat_map(|build| binaries(machine, build)).take(200).collect();
    if made.is_empty() {
        return Launched::Other;
    }
    let first = launch.words.first().map_or("", String::as_str);
    let origins = machine.origins_of_command(launch, first);
    let at = |binary: &&Binary| origins.contains(&binary.place);
    let named = |binary: &&Binary| {
        let own = binary.place.file_name();
        own.is_some() && origins.iter().any(|origin| origin.file_name() == own)
    };
    let tools: Vec<String> = out.builds.iter().flat_map(tools).collect();
    let names = || origins.iter().filter_map(|origin| origin.file_name()?.to_str());
    if names().any(|name| tools.iter().any(|tool| tool == name)) && !made.iter().any(|it| named(&it)) {
        return Launched::Other;
    }
    // A pattern builds every program below it, each by its directory's name.
    let pattern = |binary: &&Binary| binary.package.ends_with("...");
    let plain = || made.iter().filter(|binary| !pattern(binary));
    let mut packages: Vec<&str> = plain().map(|binary| binary.package.as_str()).collect();
    packages.dedup();
    let only = || (packages.len() == 1 && first.contains('/')).then(|| plain().next()).flatten();
    if let Some(binary) = plain().find(at).or_else(|| plain().find(named)) {
        start(&binary.directory, &binary.package, out);
        return Launched::Started;
    }
    if let Some(binary) = made.iter().find(pattern) {
        let below = binary.package.trim_end_matches("...").trim_end_matches('/');
        for name in names() {
            start(&binary.directory, &format!("{below}/{name}"), out);
            start(&binary.directory, &format!("{below}/cmd/{name}"), out);
        }
        return Launched::Started;
    }
    match only() {
        Some(binary) => {
            start(&binary.directory, &binary.package, out);
            Launched::Started
        }
        None => Launched::Other,
    }
}

/// `air -c .air.toml`: builds what its configuration says, or the package in the directory.
fn air(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    let given = words.iter().position(|word| word == "-c").and_then(|at| words.get(at + 1));
    let file = given.map_or(".air.toml", String::as_str);
    let text = machine.text(&launch.path(file)).unwrap_or_default();
    let root = setting(&text, "root").unwrap_or_else(|| ".".to_string());
    let launch = Launch { directory: launch.path(&root), ..launch.clone() };
    let build = setting(&text, "cmd").filter(|build| !build.is_empty());
    let Some(build) = build else {
        start(&launch.directory, ".", out);
        return Launched::Started;
    };
    match setting(&text, "full_bin").or_else(|| setting(&text, "bin")) {
        Some(binary) => Launched::Next(shell(&launch, &format!("{build} && {binary}"))),
        None => Launched::Next(shell(&launch, &format!("{build} && ./tmp/main"))),
    }
}

/// The text of a setting in a TOML file; a list gives its first item.
fn setting(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().trim_start_matches('[').trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        (key.trim() == name).then(|| value.get(1..)?.split(quote).next().map(str::to_string))?
    })
}

/// `CompileDaemon -build="go build -o app ./cmd/api" -command="./app"`
fn compile_daemon(launch: &Launch) -> Launched {
    let value = |name: &str| {
        let words = launch.words.iter().enumerate();
        let mut found = words.filter_map(|(at, word)| {
            let rest = word.trim_start_matches('-').strip_prefix(name).filter(|_| word.starts_with('-'))?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value.trim_matches(['"', '\'']).to_string()),
                None if rest.is_empty() => launch.words.get(at + 1).cloned(),
                None => None,
            }
        });
        found.next()
    };
    let build = value("build").unwrap_or_else(|| "go build".to_string());
    match value("command") {
        Some(command) => Launched::Next(shell(launch, &format!("{build} && {command}"))),
        None => Launched::Next(shell(launch, &build)),
    }
}

fn shell(launch: &Launch, text: &str) -> Launch {
    launch.with(["sh".to_string(), "-c".to_string(), text.to_string()])
}
