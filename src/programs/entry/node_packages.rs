//! `package.json`: its scripts, its packages, and the commands that run them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{By, Launch, Launched, Machine, NoScript, Started, Way, node};
use crate::programs::javascript::plain;
use crate::source::{Text, clean};

/// Packages of one repository that are looked at.
const MAX_PACKAGES: usize = 300;

/// Names of scripts that no command of a package has.
const USUAL: [&str; 7] = ["start", "dev", "develop", "build", "watch", "prod", "production"];

/// A manifest and where it is.
struct Package {
    directory: PathBuf,
    manifest: Value,
}

impl Package {
    /// The nearest one at or above a directory.
    fn above(machine: &Machine<'_>, directory: &Path) -> Option<Self> {
        directory.ancestors().take(16).find_map(|directory| Self::at(machine, directory))
    }

    fn at(machine: &Machine<'_>, directory: &Path) -> Option<Self> {
        let text = machine.text(&directory.join("package.json"))?;
        let manifest = serde_json::from_str(&plain(&text)).ok()?;
        Some(Self { directory: directory.to_path_buf(), manifest })
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.manifest.get(key)?.as_str()
    }

    fn script(&self, name: &str) -> Option<&str> {
        self.manifest.get("scripts")?.get(name)?.as_str()
    }

    /// The script as one that it does not have; nothing for what may be one of its commands, or falls back to something.
    fn lacks(&self, machine: &Machine<'_>, manager: &str, launch: &Launch, script: &str) -> Option<NoScript> {
        let plain = !script.contains(['.', '/', '*', '$', Text::HOLE]);
        let usual = USUAL.contains(&script) || script.contains(':');
        let serves = script == "start" && manager != "yarn" && machine.has(&self.directory.join("server.js"));
        let absent = self.script(script).is_none() && plain && (manager == "npm" || usual) && !serves;
        let scripts = self.manifest.get("scripts").and_then(Value::as_object);
        absent.then(|| NoScript {
            manager: manager.to_string(),
            script: script.to_string(),
            package: self.directory.clone(),
            others: scripts.into_iter().flat_map(|scripts| scripts.keys().cloned()).collect(),
            way: launch.way,
        })
    }

    /// The script by which the package is started, where one is not there that would be such: that it is not there is told
    /// by itself, and what else is wrong does not wait for it.
    fn meant(&self, script: &str) -> Option<&'static str> {
        let starts = ["start", "dev", "serve", "prod", "watch"].iter().any(|word| script.starts_with(word));
        let known = ["start", "serve", "dev", "start:prod", "start:dev"];
        known.into_iter().find(|name| starts && self.script(name).is_some())
    }

    /// What runs a script, with those before and after it.
    fn run(&self, launch: &Launch, name: &str, arguments: &[String]) -> Option<Launch> {
        let main = match self.script(name) {
            Some(text) => text,
            None if name == "start" => "node server.js",
            None => return None,
        };
        let quoted = arguments.iter().map(|word| match word.contains([' ', '"', '$']) {
            true => format!(" '{word}'"),
            false => format!(" {word}"),
        });
        let main = format!("{main}{}", quoted.collect::<String>());
        let around = [self.script(&format!("pre{name}")), Some(&main), self.script(&format!("post{name}"))];
        let text = around.into_iter().flatten().collect::<Vec<_>>().join("\n");
        let mut inner = launch.with(["sh".to_string(), "-c".to_string(), text]);
        inner.directory = self.directory.clone();
        inner.by = By::Package(self.directory.clone());
        Some(inner)
    }
}

/// The file that a directory's manifest names as its main one.
pub(super) fn main_of(machine: &Machine<'_>, directory: &Path) -> Option<PathBuf> {
    let package = Package::at(machine, directory)?;
    Some(clean(&directory.join(package.text("main").unwrap_or("index.js"))))
}

/// The file of a command that the package itself defines by `bin`.
pub(super) fn binary(machine: &Machine<'_>, launch: &Launch, name: &str) -> Option<PathBuf> {
    let package = Package::above(machine, &launch.directory)?;
    let path = match package.manifest.get("bin")? {
        Value::String(path) if package.text("name") == Some(name) => path,
        Value::Object(all) => all.get(name)?.as_str()?,
        _ => return None,
    };
    Some(clean(&package.directory.join(path)))
}

/// What a package manager, or a tool that runs scripts, starts.
pub(super) fn launch(machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    match name {
        "npx" | "bunx" | "pnpx" => execute(launch, 1, out),
        "turbo" | "lerna" => everywhere(machine, launch, out),
        "concurrently" => {
            let takes =
                ["-n", "--names", "-c", "--prefix-colors", "-p", "--prefix", "--kill-others-on-fail", "-m"];
            let commands = positional(words, 1, &takes);
            let text: String = commands.iter().map(|command| format!("{}\n", shorthand(command))).collect();
            Launched::Next(launch.with(["sh".to_string(), "-c".to_string(), text]))
        }
        "npm-run-all" | "run-p" | "run-s" => {
            let package = Package::above(machine, &launch.directory);
            let mut text = String::new();
            for wanted in positional(words, 1, &["-l"]) {
                text.push_str(&by_pattern(package.as_ref(), wanted.split(' ').next().unwrap_or(wanted)));
            }
            Launched::Next(launch.with(["sh".to_string(), "-c".to_string(), text]))
        }
        _ => manager(machine, name, launch, out),
    }
}

/// The words that are no options, from one on.
fn positional<'w>(words: &'w [String], from: usize, takes: &[&str]) -> Vec<&'w String> {
    let mut out = Vec::new();
    let mut at = from;
    while let Some(word) = words.get(at) {
        if takes.contains(&word.as_str()) {
            at += 1;
        } else if !word.starts_with('-') {
            out.push(word);
        }
        at += 1;
    }
    out
}

/// `npm:watch` of concurrently.
fn shorthand(command: &str) -> String {
    for manager in ["npm", "yarn", "pnpm", "bun"] {
        if let Some(script) = command.strip_prefix(manager).and_then(|rest| rest.strip_prefix(':')) {
            return format!("{manager} run {script}");
        }
    }
    command.to_string()
}

/// The scripts that a name with stars means.
fn by_pattern(package: Option<&Package>, wanted: &str) -> String {
    let Some((start, _)) = wanted.split_once('*') else { return format!("npm run {wanted}\n") };
    let scripts = package.and_then(|package| package.manifest.get("scripts")).and_then(Value::as_object);
    let names = scripts.into_iter().flat_map(|scripts| scripts.keys()).filter(|name| name.starts_with(start));
    names.map(|name| format!("npm run {name}\n")).collect()
}

/// `npx -y name …`
fn execute(launch: &Launch, from: usize, out: &mut Started) -> Launched {
    let takes = ["-p", "--package", "-c", "--call"];
    let at = super::wrappers::after_options(&launch.words, from, &takes);
    match at.and_then(|at| launch.words.get(at..)).filter(|rest| !rest.is_empty()) {
        Some(rest) => {
            let mut rest = rest.to_vec();
            if let Some(first) = rest.first_mut()
                && let Some((name, _)) = first.rsplit_once('@').filter(|(name, _)| !name.is_empty())
            {
                *first = name.to_string();
            }
            Launched::Next(launch.with(rest).of_tool())
        }
        None => {
            out.unknown = true;
            Launched::Started
        }
    }
}

/// Options of package managers that take the next word, beside those that say where they run.
const TAKES: &[&str] =
    &["--loglevel", "--registry", "--network-timeout", "--cache", "--userconfig", "--reporter"];

fn manager(machine: &Machine<'_>, name: &str, launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    let mut inner = launch.clone();
    let mut wanted: Vec<String> = Vec::new();
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let (option, attached) =
            word.split_once('=').map_or((word.as_str(), None), |(o, v)| (o, Some(v.to_string())));
        let takes = matches!(
            option,
            "--prefix" | "-C" | "--dir" | "--cwd" | "-w" | "--workspace" | "--filter" | "-F" | "--env-file"
        ) && !(option == "-w" && name == "pnpm");
        if !word.starts_with('-') {
            break;
        }
        let value = attached.clone().or_else(|| words.get(at + 1).cloned()).unwrap_or_default();
        match option {
            "--prefix" | "-C" | "--dir" | "--cwd" => inner.directory = launch.path(&value),
            "-w" | "--workspace" if takes => wanted.push(value),
            "--filter" | "-F" => wanted.push(value),
            "--env-file" => out.dotenv.push(launch.path(&value)),
            _ => {}
        }
        let two = attached.is_none() && (takes || TAKES.contains(&option));
        at += if two { 2 } else { 1 };
    }
    let Some(verb) = words.get(at).map(String::as_str) else { return Launched::Started };
    let rest = words.get(at + 1..).unwrap_or_default();
    match verb {
        "run" | "run-script" => script(machine, name, &inner, wanted, rest, out),
        "exec" | "x" | "dlx" => {
            // What is run for a package of a repository is run in its folder.
            let root = Package::above(machine, &inner.directory).filter(|_| !wanted.is_empty());
            let all = root.map(|root| (packages(machine, &root), root));
            let chosen = all.iter().flat_map(|(all, root)| {
                all.iter().filter(|package| wanted.iter().any(|name| is_named(package, root, name)))
            });
            if let [only] = chosen.collect::<Vec<_>>()[..] {
                inner.directory.clone_from(&only.directory);
            }
            execute(&inner, at + 1, out)
        }
        "workspace" => match rest.split_first() {
            Some((package, rest)) => {
                let rest = rest.strip_prefix(&["run".to_string()]).unwrap_or(rest);
                script(machine, name, &inner, vec![package.clone()], rest, out)
            }
            None => Launched::Started,
        },
        "start" | "stop" | "restart" | "test" | "t" if !(name == "bun" && verb == "test") => {
            let words: Vec<String> = words.get(at..).unwrap_or_default().to_vec();
            script(machine, name, &inner, wanted, &words, out)
        }
        "install" | "i" | "ci" | "add" | "update" | "rebuild" | "config" | "cache" | "prune" | "set"
        | "link" | "audit" | "clean-install" | "install-clean" | "version" | "fund" | "ls" | "pkg"
        | "init" | "login" | "store" | "fetch" | "setup" | "import" | "--version" | "deploy" | "dedupe"
        | "pack" | "publish" | "remove" | "rm" | "create" | "env" | "outdated" | "why" | "up" | "upgrade"
        | "patch" | "self-update" | "list" | "licenses" => Launched::Started,
        "node" => Launched::Next(inner.with(words.get(at..).unwrap_or_default().to_vec())),
        _ if name != "npm" => {
            let words: Vec<String> = words.get(at..).unwrap_or_default().to_vec();
            script(machine, name, &inner, wanted, &words, out)
        }
        _ => Launched::Started,
    }
}

/// Runs a script of the package, or of those that are wanted; what is no script is a command.
fn script(
    machine: &Machine<'_>,
    name: &str,
    launch: &Launch,
    mut wanted: Vec<String>,
    words: &[String],
    out: &mut Started,
) -> Launched {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        match word.split_once('=') {
            Some(("--workspace" | "--filter", value)) => wanted.push(value.to_string()),
            _ if matches!(word.as_str(), "-w" | "--workspace" | "--filter") => {
                wanted.extend(words.get(at + 1).cloned());
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    let Some(script) = words.get(at) else { return Launched::Started };
    let mut arguments: Vec<String> = Vec::new();
    let mut rest = words.get(at + 1..).unwrap_or_default().iter();
    let mut passes = name != "npm";
    while let Some(word) = rest.next() {
        match word.split_once('=') {
            _ if passes && word != "--" => arguments.push(word.clone()),
            Some(("--workspace" | "-w" | "--filter", value)) => wanted.push(value.to_string()),
            Some(("--prefix", _)) => {}
            _ if word == "--" => passes = true,
            _ if matches!(word.as_str(), "-w" | "--workspace") => wanted.extend(rest.next().cloned()),
            _ if !word.starts_with('-') => arguments.push(word.clone()),
            _ => {}
        }
    }
    let Some(root) = Package::above(machine, &launch.directory) else {
        if name == "bun" {
            return node::file(&launch.path(script), out);
        }
        // The program is one of ours, but which cannot be seen.
        node::started(out);
        return Launched::Started;
    };
    if !wanted.is_empty() {
        let packages = packages(machine, &root);
        let chosen =
            packages.iter().filter(|package| wanted.iter().any(|name| is_named(package, &root, name)));
        let lines: String =
            chosen.map(|package| format!("cd {}; npm run {script}\n", package.directory.display())).collect();
        return match lines.is_empty() {
            true => {
                node::started(out);
                Launched::Started
            }
            false => Launched::Next(launch.with(["sh".to_string(), "-c".to_string(), lines])),
        };
    }
    let absent = root.lacks(machine, name, launch, script);
    let lacks = absent.is_some();
    out.no_scripts.extend(absent);
    let meant = root.meant(script).filter(|_| lacks);
    let way = if meant.is_some() { Way::Perhaps } else { launch.way };
    let start = Launch { way, ..launch.clone() };
    if let Some(next) = root.run(&start, meant.unwrap_or(script), &arguments) {
        return Launched::Next(next);
    }
    let file = Path::new(script);
    if name == "bun" && crate::programs::has_extension(file, &crate::programs::javascript::EXTENSIONS) {
        return node::file(&launch.path(script), out);
    }
    match name {
        // A script that only builds starts none of the programs.
        _ if lacks && script.starts_with("build") => {
            out.foreign = true;
            Launched::Started
        }
        _ if name == "npm" || lacks => {
            node::started(out);
            Launched::Started
        }
        // `yarn tsx src/index.ts` runs a command of a package.
        _ => {
            let mut next = launch.with(words.get(at..).unwrap_or_default().to_vec());
            next.by = By::Package(root.directory.clone());
            Launched::Next(next)
        }
    }
}

/// `turbo run start --filter=api`: the script in every package that has it.
fn everywhere(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Launched {
    let words = &launch.words;
    let wanted: Vec<String> = node::option(words, &["--filter", "-F", "--scope"]).into_iter().collect();
    let scripts = positional(words, 1, &["--filter", "-F", "--scope", "--concurrency"]);
    let scripts: Vec<&String> = scripts.into_iter().filter(|word| *word != "run").collect();
    if matches!(scripts.first().map(|word| word.as_str()), Some("build" | "lint" | "prune" | "test"))
        && scripts.len() == 1
    {
        return Launched::Started;
    }
    node::started(out);
    let Some(root) = Package::above(machine, &launch.directory) else { return Launched::Started };
    let mut lines = String::new();
    for package in packages(machine, &root) {
        if !wanted.is_empty() && !wanted.iter().any(|name| is_named(&package, &root, name)) {
            continue;
        }
        for script in &scripts {
            if package.script(script).is_some() {
                lines.push_str(&format!("cd {}; npm run {script}\n", package.directory.display()));
            }
        }
    }
    match lines.is_empty() {
        true => Launched::Started,
        false => Launched::Next(launch.with(["sh".to_string(), "-c".to_string(), lines])),
    }
}

/// Whether a package is the one that is meant: by its name, the end of it, or its directory.
fn is_named(package: &Package, root: &Package, wanted: &str) -> bool {
    let wanted = wanted.trim_end_matches("...").trim_start_matches("...").trim_matches(['{', '}', '"', '\'']);
    let name = package.text("name").unwrap_or("");
    let short = name.rsplit('/').next().unwrap_or(name);
    let place = clean(&root.directory.join(wanted));
    let folder = package.directory.file_name().and_then(|name| name.to_str());
    name == wanted
        || short == wanted
        || package.directory == place
        || name.is_empty() && folder == Some(wanted)
}

/// The packages of a repository, as its manifest or `pnpm-workspace.yaml` lists them.
fn packages(machine: &Machine<'_>, root: &Package) -> Vec<Package> {
    let mut patterns: Vec<String> = Vec::new();
    let listed = root.manifest.get("workspaces");
    let listed = listed.and_then(|listed| listed.as_array().or_else(|| listed.get("packages")?.as_array()));
    patterns.extend(listed.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_string)));
    if let Some(text) = machine.text(&root.directory.join("pnpm-workspace.yaml")) {
        let items = text.lines().filter_map(|line| line.trim().strip_prefix('-'));
        patterns.extend(items.map(|item| item.trim().trim_matches(['"', '\'']).to_string()));
    }
    if patterns.is_empty() {
        patterns = ["apps/*", "packages/*", "services/*"].map(str::to_string).to_vec();
    }
    let mut out: Vec<Package> = Vec::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.starts_with('!')) {
        let mut found = vec![root.directory.clone()];
        for part in pattern.split('/').filter(|part| !part.is_empty() && *part != ".") {
            let below = |directory: &PathBuf| match part.contains('*') {
                true => list(machine, directory),
                false => vec![directory.join(part)],
            };
            found = found.iter().flat_map(below).take(MAX_PACKAGES).collect();
        }
        for directory in found {
            if out.len() < MAX_PACKAGES && !out.iter().any(|known| known.directory == directory) {
                out.extend(Package::at(machine, &directory));
            }
        }
    }
    out
}

/// The directories of all packages of the repository that the directory belongs to, and of those that are wanted.
pub(in crate::programs) fn workspaces(
    machine: &Machine<'_>,
    directory: &Path,
    wanted: &[String],
) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let lists = |directory: &Path| {
        let package = Package::at(machine, directory)?;
        let listed = package.manifest.get("workspaces").is_some();
        (listed || machine.has(&directory.join("pnpm-workspace.yaml"))).then_some(package)
    };
    let Some(root) = directory.ancestors().take(16).find_map(lists) else { return Default::default() };
    let all = packages(machine, &root);
    let is_wanted = |package: &&Package| wanted.iter().any(|name| is_named(package, &root, name));
    let chosen = all.iter().filter(is_wanted).map(|package| package.directory.clone()).collect();
    (all.into_iter().map(|package| package.directory).collect(), chosen)
}

/// What stands in a directory of the container.
fn list(machine: &Machine<'_>, directory: &Path) -> Vec<PathBuf> {
    let files = machine.sources.files();
    let mut out: Vec<PathBuf> = Vec::new();
    if let Some(host) = machine.files.resolve(files, directory) {
        out.extend(files.list(&host).into_iter().map(|name| directory.join(name)));
    }
    // A package may have been copied by itself.
    for layer in machine.files.layers() {
        if let Ok(below) = layer.target.strip_prefix(directory)
            && let Some(first) = below.components().next()
        {
            out.push(directory.join(first));
        }
    }
    out.sort();
    out.dedup();
    out
}
