//! Which commands of a build make nothing that matters, and which may put anything anywhere.

use std::path::{Component, Path, PathBuf};

use crate::programs::entry::Launch;

/// Commands that make no program.
const HARMLESS: [&str; 40] = [
    "apk",
    "apt",
    "apt-get",
    "yum",
    "dnf",
    "microdnf",
    "addgroup",
    "adduser",
    "groupadd",
    "useradd",
    "usermod",
    "chmod",
    "chown",
    "chgrp",
    "echo",
    "printf",
    "set",
    "rm",
    "cd",
    "export",
    "true",
    "false",
    "ls",
    "cat",
    "pwd",
    "env",
    "update-ca-certificates",
    "upx",
    "strip",
    "sleep",
    "test",
    "[",
    ":",
    "corepack",
    "rmdir",
    "find",
    "grep",
    "which",
    "exit",
    "unset",
];

/// Folders of the system: base images have files there.
const SYSTEM: [&str; 21] = [
    "usr", "bin", "sbin", "lib", "lib64", "etc", "opt", "var", "root", "home", "go", "tmp", "dev", "proc",
    "sys", "srv", "run", "mnt", "media", "boot", "nix",
];

/// Images of Docker's own library that bring distributions, languages and web servers.
const OFFICIAL: [&str; 43] = [
    "alpine",
    "debian",
    "ubuntu",
    "busybox",
    "fedora",
    "centos",
    "rockylinux",
    "almalinux",
    "amazonlinux",
    "oraclelinux",
    "golang",
    "rust",
    "node",
    "python",
    "ruby",
    "php",
    "perl",
    "elixir",
    "erlang",
    "maven",
    "gradle",
    "eclipse-temurin",
    "openjdk",
    "amazoncorretto",
    "sapmachine",
    "ibmjava",
    "ibm-semeru-runtimes",
    "groovy",
    "jruby",
    "pypy",
    "julia",
    "mono",
    "archlinux",
    "clojure",
    "gcc",
    "buildpack-deps",
    "swift",
    "dart",
    "haskell",
    "composer",
    "nginx",
    "httpd",
    "caddy",
];

/// Folders that builds write to.
const OUTPUTS: [&str; 12] = [
    "dist", "build", "out", "output", "target", "publish", "bin", "_build", ".next", ".output", "www", "lib",
];

/// Whether a path is, or lies in, a folder that builds write to.
pub(super) fn is_output(path: &Path) -> bool {
    path.iter().any(|part| OUTPUTS.iter().any(|name| part == *name))
}

/// Whether a command makes no program, wherever it runs.
pub(super) fn is_harmless(launch: &Launch) -> bool {
    let name = launch.name();
    let verb = launch.words.get(1).map_or("", String::as_str);
    match name {
        "npm" | "pnpm" | "yarn" | "bun" => {
            let told = ["--prefix", "-C", "--cwd", "--dir"];
            matches!(
                verb,
                "" | "install"
                    | "i"
                    | "ci"
                    | "add"
                    | "config"
                    | "cache"
                    | "prune"
                    | "set"
                    | "audit"
                    | "fetch"
            ) || launch.words.iter().skip(1).all(|word| {
                let option = word.starts_with('-') && !told.contains(&word.as_str());
                option || word.chars().all(|c| c.is_ascii_digit())
            })
        }
        "find" => !launch.words.iter().any(|word| word.starts_with("-exec")),
        "mkdir" | "touch" => true,
        _ => HARMLESS.contains(&name),
    }
}

/// Whether a command installs packages where their language has them, and nothing else.
pub(super) fn only_installs(launch: &Launch) -> bool {
    let words: Vec<&str> = launch.words.iter().skip(1).map(String::as_str).collect();
    let elsewhere = ["-t", "--target", "--prefix", "--root", "-e", "--editable", "--binstubs", "--path"];
    let told = |word: &&str| elsewhere.contains(&word.split('=').next().unwrap_or(word));
    let verb = words.iter().find(|word| !word.starts_with('-')).copied().unwrap_or("");
    let installs = match launch.name() {
        "pip" | "pip3" => ["install", "cache", "config"].contains(&verb),
        "python" | "python3" => words.starts_with(&["-m", "pip"]),
        "poetry" => ["install", "config", "export"].contains(&verb),
        "uv" => ["sync", "pip", "add"].contains(&verb),
        "pipenv" => ["install", "sync"].contains(&verb),
        "bundle" | "gem" => ["install", "config", "update"].contains(&verb),
        "mix" => ["deps.get", "deps.compile", "local.hex", "local.rebar"].contains(&verb),
        "go" => verb == "mod",
        _ => false,
    };
    installs && !words.iter().any(told)
}

/// Whether a command may put something at the path, or change what is made there.
pub(super) fn may_move(launch: &Launch, path: &Path) -> bool {
    let words = launch.words.get(1..).unwrap_or_default();
    let places = || words.iter().filter(|word| !word.starts_with('-')).map(|word| launch.path(word));
    match launch.name() {
        "git" | "svn" | "hg" => words.iter().any(|word| word == "clone" || word == "checkout"),
        "cp" | "mv" | "ln" | "install" | "rsync" => places().next_back().is_some_and(|to| {
            let same = to.file_name() == path.file_name();
            same || path.starts_with(&to)
                || words.iter().any(|word| word.contains(['*', '$', '{']))
                    && to.parent().is_some_and(|above| path.starts_with(above))
        }),
        "tar" | "unzip" | "curl" | "wget" | "find" | "xargs" => {
            launch.name() != "find" || words.iter().any(|word| word.starts_with("-exec"))
        }
        "mkdir" | "touch" => places().any(|place| place.starts_with(path)),
        // What changes a manifest changes what is made.
        "sed" | "perl" | "awk" | "python" | "python3" | "make" | "just" | "task" => {
            words.iter().any(|word| {
                ["toml", "xml", "gradle", "json", "csproj", "props", "exs", "properties"]
                    .iter()
                    .any(|end| word.contains(end))
            })
        }
        "cargo" => words.first().is_some_and(|verb| matches!(verb.as_str(), "new" | "init" | "generate")),
        "npm" => words.first().is_some_and(|verb| matches!(verb.as_str(), "init" | "create" | "pkg")),
        _ => false,
    }
}

/// The one file that a command copies, or moves, to the path.
pub(super) fn copies(launch: &Launch, path: &Path) -> Option<PathBuf> {
    if !matches!(launch.name(), "cp" | "mv" | "install") {
        return None;
    }
    let words = launch.words.get(1..).unwrap_or_default();
    let mut places = words.iter().filter(|word| !word.starts_with('-') && !word.contains(['*', '$', '?']));
    let (from, to) = (launch.path(places.next()?), launch.path(places.next()?));
    let within = from.file_name().is_some_and(|name| to.join(name) == path);
    (places.next().is_none() && (to == path || within)).then_some(from)
}

/// Whether the text of a `RUN` redirects something to a file of that name, or to one in a folder of its name.
pub(super) fn writes(text: &str, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    text.split('>').skip(1).any(|rest| {
        let word = rest.trim_start().split([' ', ';', '&', '\n']).next().unwrap_or("");
        Path::new(word.trim_matches(['"', '\''])).iter().any(|part| part == name)
    })
}

/// Whether a base image is one of a distribution, a language or a runtime: it brings no program of the project.
pub(in crate::programs) fn is_plain(base: &str) -> bool {
    const HOMES: [&str; 16] = [
        "mcr.microsoft.com/dotnet/",
        "gcr.io/distroless/",
        "docker.io/library/",
        "library/",
        "public.ecr.aws/docker/library/",
        "oven/bun",
        "bellsoft/liberica",
        "azul/zulu-openjdk",
        "adoptopenjdk/",
        "ghcr.io/graalvm/",
        "registry.access.redhat.com/ubi",
        "ghcr.io/astral-sh/uv",
        "denoland/deno",
        "messense/rust-musl-cross",
        "clux/muslrust",
        "hexpm/elixir",
    ];
    let name = base.split([':', '@']).next().unwrap_or(base);
    OFFICIAL.contains(&name) || HOMES.iter().any(|home| base.starts_with(home))
}

/// Whether base images may have the path: it lies in a folder of the system, and the stage does not work there.
pub(super) fn is_of_system(path: &Path, directory: &Path) -> bool {
    let mut parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    let first = parts.next().map(|part| part.as_os_str().to_os_string());
    let works = directory != Path::new("/") && path.starts_with(directory);
    !works && first.is_none_or(|first| SYSTEM.iter().any(|name| first == *name))
}

/// The script among the words of `node -r dotenv/config dist/main.js --port 1`.
pub(super) fn script(words: &[String]) -> Option<&str> {
    let mut words = words.iter().map(String::as_str);
    loop {
        let word = words.next()?;
        match word {
            "-r" | "--require" | "--import" | "--env-file" => drop(words.next()?),
            _ if !word.starts_with('-') => return Some(word),
            // These take no word, or have theirs after `=`.
            _ if word.contains('=') || word.starts_with("--enable") || word.starts_with("--trace") => {}
            _ => return None,
        }
    }
}

/// Whether a word names a script without its ending: `dist/main`.
pub(super) fn is_bare_module(word: &str) -> bool {
    word.contains('/') && word.rsplit('/').next().is_some_and(|name| !name.contains(['.', '*', '$', '%']))
}

/// The program that a command starts by its path, or hands to the runtime of its language.
pub(super) fn program(words: &[String]) -> Option<&str> {
    let (first, rest) = words.split_first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    let ends = |word: &&String, end: &str| word.ends_with(end) && !word.contains(['*', '$', '%']);
    match name {
        "dotnet" => rest.first().filter(|word| ends(word, ".dll")).map(String::as_str),
        "java" => {
            let at = rest.iter().position(|word| word == "-jar")?;
            rest.get(at + 1).filter(|word| ends(word, ".jar")).map(String::as_str)
        }
        "node" => script(rest).filter(|word| {
            let ends = [".js", ".mjs", ".cjs"].iter().any(|end| word.ends_with(end));
            is_output(Path::new(word)) && (ends || is_bare_module(word))
        }),
        _ => (first.contains('/') && !name.contains(['.', '*', '$', '%'])).then_some(first.as_str()),
    }
}
