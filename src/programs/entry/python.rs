//! What a command starts: Python files, modules, and the launchers of Python programs.

use std::path::Path;

use super::launchers::{self, Outcome};
use super::{Launch, Machine, Started};

/// Commands that prepare the start and run nothing of the project.
const SETUP: &[&str] = &[
    "[",
    "[[",
    "apk",
    "apt-get",
    "awk",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cp",
    "curl",
    "cut",
    "date",
    "echo",
    "envsubst",
    "export",
    "find",
    "getent",
    "git",
    "grep",
    "groupadd",
    "groupmod",
    "hash",
    "head",
    "hostname",
    "id",
    "install",
    "kill",
    "ldconfig",
    "ln",
    "locale-gen",
    "ls",
    "mkdir",
    "mktemp",
    "mongosh",
    "mv",
    "mysql",
    "mysqladmin",
    "nc",
    "ncat",
    "netcat",
    "nslookup",
    "openssl",
    "pg_isready",
    "ping",
    "pip",
    "pip3",
    "printf",
    "ps",
    "psql",
    "pwd",
    "read",
    "realpath",
    "redis-cli",
    "rm",
    "rsync",
    "sed",
    "seq",
    "sleep",
    "sort",
    "stat",
    "sync",
    "tail",
    "tee",
    "touch",
    "tr",
    "trap",
    "type",
    "ulimit",
    "umask",
    "uname",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "wait",
    "wc",
    "wget",
    "which",
    "whoami",
    "xargs",
    "(",
    ")",
    "cron",
    "crond",
    "service",
    "playwright",
    "pre-commit",
    "black",
    "ruff",
    "mypy",
    "flake8",
    "break",
    "continue",
    "until",
    "eval",
];

/// Programs that run nothing written in Python.
const FOREIGN: &[&str] = &[
    "air",
    "apache2-foreground",
    "apachectl",
    "bin/rails",
    "bun",
    "bundle",
    "caddy",
    "cargo",
    "consul",
    "deno",
    "dotnet",
    "elasticsearch",
    "etcd",
    "go",
    "gradle",
    "grafana-server",
    "gradlew",
    "haproxy",
    "httpd",
    "influxd",
    "java",
    "jetty.sh",
    "kong",
    "minio",
    "mix",
    "mongod",
    "mvn",
    "mvnw",
    "mysqld",
    "nats-server",
    "nest",
    "next",
    "nginx",
    "ng",
    "node",
    "npm",
    "npx",
    "nuxt",
    "php",
    "php-fpm",
    "pm2",
    "pm2-runtime",
    "pnpm",
    "postgres",
    "prometheus",
    "puma",
    "rabbitmq-server",
    "rackup",
    "rails",
    "rake",
    "redis-sentinel",
    "redis-server",
    "ruby",
    "serve",
    "sidekiq",
    "traefik",
    "ts-node",
    "tsx",
    "turbo",
    "unicorn",
    "valkey-server",
    "varnishd",
    "vault",
    "vite",
    "yarn",
    "zkServer.sh",
    "mailhog",
    "mailpit",
    "memcached",
    "etcd",
    "vector",
    "fluentd",
    "fluent-bit",
];

/// Notes what the command starts. Gives a command back when it is one that starts another.
pub(super) fn launch(
    machine: &Machine<'_>,
    name: &str,
    launch: &Launch,
    out: &mut Started,
) -> Option<Launch> {
    if is_python(name) {
        return interpreter(machine, launch, out);
    }
    match launchers::start(machine, name, launch, out) {
        Outcome::Started => return None,
        Outcome::Other => {}
    }
    if SETUP.contains(&name) {
        return None;
    }
    match defined(machine, launch, name) {
        Some(Defined::Module(module)) => out.want(launch, vec![module]),
        Some(Defined::Command(text)) => {
            return Some(launch.with(["sh".to_string(), "-c".to_string(), text]));
        }
        None if FOREIGN.contains(&name) => out.foreign = true,
        None => out.unknown = true,
    }
    None
}

fn is_python(name: &str) -> bool {
    let rest = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
    rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// `python -u -m package.module …`, `python file.py …`
fn interpreter(machine: &Machine<'_>, launch: &Launch, out: &mut Started) -> Option<Launch> {
    let mut words = launch.words.iter().skip(1);
    while let Some(word) = words.next() {
        let Some(option) = word.strip_prefix('-').filter(|option| !option.is_empty()) else {
            let rest: Vec<String> = words.cloned().collect();
            let place = launch.path(word);
            // A directory or archive is run by the `__main__` in it.
            let main = place.join("__main__.py");
            file(if machine.has(&main) { &main } else { &place }, &rest, out);
            return None;
        };
        if word == "--" || option.starts_with('-') {
            continue;
        }
        // Flags may be put together (`-um module`); the argument of `-m` may follow at once.
        for (at, flag) in option.char_indices() {
            let attached = option.get(at + 1..).filter(|rest| !rest.is_empty()).map(str::to_string);
            match flag {
                'm' => {
                    let module = attached.or_else(|| words.next().cloned())?;
                    return self::module(machine, &module, &launch.with(words.cloned()), out);
                }
                'c' => {
                    let text = attached.or_else(|| words.next().cloned()).unwrap_or_default();
                    out.python = true;
                    out.root(&launch.directory);
                    out.want(launch, imported(&text));
                    return None;
                }
                'W' | 'X' => {
                    if attached.is_none() {
                        words.next();
                    }
                    break;
                }
                _ => {}
            }
        }
    }
    out.unknown = true;
    None
}

/// The modules that `python -c` names in `import` and `from`.
fn imported(text: &str) -> Vec<String> {
    let mut words = text.split(|c: char| c.is_whitespace() || c == ';' || c == ',').peekable();
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        if matches!(word, "import" | "from")
            && let Some(name) = words.peek().filter(|name| launchers::is_dotted(name))
        {
            names.push((*name).to_string());
        }
    }
    names
}

/// `python -m module`: a launcher that is run as a module, or a module of the program.
fn module(machine: &Machine<'_>, module: &str, launch: &Launch, out: &mut Started) -> Option<Launch> {
    let arguments = &launch.words;
    if module == "debugpy" || module == "pdb" || module == "cProfile" || module == "trace" {
        let at = arguments.iter().position(|word| word == "-m");
        let rest: Vec<String> = match at {
            Some(at) => arguments.iter().skip(at).cloned().collect(),
            None => {
                let takes = ["--listen", "--connect", "--log-to", "-o", "-s"];
                let at = super::wrappers::after_options(arguments, 0, &takes)?;
                arguments.get(at..)?.to_vec()
            }
        };
        return Some(launch.with(std::iter::once("python".to_string()).chain(rest)));
    }
    let name = module.split('.').next().unwrap_or(module).to_string();
    let again = launch.with(std::iter::once(name.clone()).chain(arguments.iter().cloned()));
    if module == name && super::wrappers::unwrap(machine, &name, &again).is_some() {
        return Some(again);
    }
    match launchers::start(machine, &name, &again, out) {
        Outcome::Started => {}
        Outcome::Other => {
            let main = format!("{module}.__main__");
            let names = vec![main, module.to_string()];
            out.want(launch, names);
        }
    }
    None
}

/// A Python file that is run.
pub(super) fn file(place: &Path, arguments: &[String], out: &mut Started) {
    out.python = true;
    if let Some(directory) = place.parent() {
        out.root(directory);
    }
    if place.file_name().is_some_and(|name| name == "manage.py" || name == "django-admin.py") {
        out.django_commands.extend(arguments.iter().find(|word| !word.starts_with('-')).cloned());
    }
    out.files.push(place.to_path_buf());
}

/// A command that the project's own files define.
enum Defined {
    /// `name = "module:function"`: a script that the package installs.
    Module(String),
    /// `name = "command …"`: a task of PDM, Poe, taskipy, Pipenv or Hatch.
    Command(String),
}

fn defined(machine: &Machine<'_>, launch: &Launch, name: &str) -> Option<Defined> {
    for directory in launch.directory.ancestors() {
        for file in ["pyproject.toml", "setup.cfg", "setup.py", "Pipfile"] {
            let Some(text) = machine.text(&directory.join(file)) else { continue };
            let mut found = text.lines().filter_map(|line| {
                let line = line.trim().trim_matches(['"', '\'', ',']);
                let (key, value) = line.split_once('=')?;
                (key.trim().trim_matches(['"', '\'']) == name).then(|| defined_as(value))?
            });
            if let Some(found) = found.next_back() {
                return Some(found);
            }
        }
    }
    None
}

fn defined_as(value: &str) -> Option<Defined> {
    // `{cmd = "…"}`, `{shell = "…"}`, or the text itself.
    let value = value.trim();
    let value = match value.strip_prefix('{') {
        Some(table) => {
            let keys = ["cmd", "shell"];
            let rest = keys.iter().find_map(|key| table.split_once(key).map(|(_, rest)| rest))?;
            rest.split(['"', '\'']).nth(1)?
        }
        None => value.trim_matches(['"', '\'', ',', ' ', ']']),
    };
    let module = value.split([':', '"', '\'']).next().unwrap_or("").trim();
    if value.contains(' ') {
        Some(Defined::Command(value.to_string()))
    } else if value.contains(':') && launchers::is_dotted(module) {
        Some(Defined::Module(module.to_string()))
    } else {
        None
    }
}
