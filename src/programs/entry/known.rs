//! Commands that are known to start nothing of the project.

use super::Launch;
use crate::programs::dockerfile::Run;

/// Commands that prepare the start and run nothing of the project.
pub(super) const SETUP: &[&str] = &[
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
    "corepack",
    "husky",
    "patch-package",
    "wait-on",
    "wait-port",
    "tsc",
    "tsc-alias",
    "rimraf",
    "copyfiles",
    "cpx",
    "shx",
    "esbuild",
    "rollup",
    "ncc",
    "swc",
    "babel",
    "eslint",
    "prettier",
    "break",
    "continue",
    "until",
    "eval",
];

/// Those of them that make what browsers get.
pub(super) const BUNDLERS: &[&str] = &["esbuild", "rollup", "swc", "babel", "tsc"];

/// Programs that run nothing of the project's sources, or sources of a language that is not read.
pub(super) const FOREIGN: &[&str] = &[
    "tailwindcss",
    "postcss",
    "sass",
    "caddy",
    "consul",
    "elasticsearch",
    "etcd",
    "grafana-server",
    "haproxy",
    "httpd",
    "influxd",
    "jetty.sh",
    "kong",
    "minio",
    "mongod",
    "mysqld",
    "nats-server",
    "nginx",
    "postgres",
    "prometheus",
    "rabbitmq-server",
    "redis-sentinel",
    "redis-server",
    "serve",
    "traefik",
    "valkey-server",
    "varnishd",
    "vault",
    "zkServer.sh",
    "mailhog",
    "mailpit",
    "memcached",
    "etcd",
    "vector",
    "fluentd",
    "fluent-bit",
];

/// Scripts that fetch a build tool and hand their words to it.
pub(super) const BUILD_TOOLS: &[&str] = &["gradlew", "mvnw"];

/// The images that bring the interpreter or compiler of one language, with the front ends that read what it runs.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("node", &["javascript", "prisma"]),
    ("python", &["python"]),
    ("ruby", &["ruby", "rails"]),
    ("php", &["php", "symfony"]),
    ("golang", &["go"]),
    ("elixir", &["elixir"]),
    ("rust", &["rust"]),
    ("eclipse-temurin", JVM),
    ("openjdk", JVM),
    ("amazoncorretto", JVM),
    ("maven", JVM),
    ("gradle", JVM),
    ("mcr.microsoft.com/dotnet/aspnet", DOTNET),
    ("mcr.microsoft.com/dotnet/runtime", DOTNET),
    ("mcr.microsoft.com/dotnet/sdk", DOTNET),
];

/// The front ends of what a Java runtime runs, and what the programs are called that it starts.
const JVM: &[&str] = &["jvm", "java", "kotlin", "spring"];

/// The front ends of what a .NET runtime runs.
const DOTNET: &[&str] = &["csharp", "appsettings"];

/// The images that bring no interpreter but the shell's.
const DISTRIBUTIONS: &[&str] = &[
    "alpine",
    "almalinux",
    "amazonlinux",
    "busybox",
    "debian",
    "fedora",
    "oraclelinux",
    "rockylinux",
    "ubuntu",
];

/// The front ends of what runs without an interpreter, once it is compiled.
const COMPILED: &[&str] = &["go", "rust", "csharp", "appsettings", "elixir"];

/// The front ends of the only languages that a container can run whose image is this, or was built from it by commands that bring
/// no other.
pub(in crate::programs) fn only_language(image: &str, runs: &[Run]) -> Option<&'static [&'static str]> {
    const BRINGS: [&str; 20] = [
        "python", "ruby", "php", "elixir", "erlang", "golang", "jdk", "jre", "nodejs", "npm", "dotnet",
        "cargo", "rustup", "nvm", "asdf", "curl -", "wget ", "http", ".sh", "$(",
    ];
    let name = official(image);
    let known = LANGUAGES.iter().find(|(known, _)| *known == name).map(|(_, front_ends)| *front_ends);
    let front_ends = known.or_else(|| DISTRIBUTIONS.contains(&name).then_some(COMPILED))?;
    // A package manager of its own brings what it says.
    let own = |word: &str| word == name || name == "node" && word == "npm";
    let brings = |run: &Run| {
        let text = run.command.assumed();
        BRINGS.iter().any(|word| !own(word) && text.contains(word))
    };
    (!runs.iter().any(brings)).then_some(front_ends)
}

/// Whether an image starts a prompt that waits for people when nothing else is said.
pub(super) fn is_prompt(image: &str) -> bool {
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    match official(image) {
        "node" | "python" | "ruby" | "elixir" | "erlang" => true,
        "php" => !tag.contains("apache") && !tag.contains("fpm"),
        _ => false,
    }
}

/// The name of an official image of Docker Hub; that of any other, with its registry or owner.
fn official(image: &str) -> &str {
    let name = image.strip_prefix("docker.io/").unwrap_or(image);
    let name = name.strip_prefix("library/").unwrap_or(name);
    name.split([':', '@']).next().unwrap_or(name)
}

/// Whether a command starts a program anew when a source changes, and goes on waiting for that where the program ends.
pub(super) fn is_watcher(launch: &Launch) -> bool {
    const WATCHERS: [&str; 11] = [
        "nodemon",
        "ts-node-dev",
        "tsnd",
        "node-dev",
        "air",
        "watchexec",
        "watchfiles",
        "watchmedo",
        "reflex",
        "CompileDaemon",
        "entr",
    ];
    let told = |option: &str| launch.words.get(1).is_some_and(|word| word == option);
    match launch.name() {
        "tsx" | "dotnet" | "cargo" => told("watch"),
        "node" | "bun" => told("--watch"),
        name => WATCHERS.contains(&name),
    }
}

#[cfg(test)]
mod tests {
    use super::only_language;

    #[test]
    fn an_image_runs_what_it_brings() {
        assert_eq!(only_language("python:3.12-slim", &[]), Some(&["python"][..]));
        let of = |image| only_language(image, &[]).unwrap_or_default();
        assert!(of("eclipse-temurin:21").contains(&"java") && !of("eclipse-temurin:21").contains(&"python"));
        // What is compiled needs nothing of the image, scripts do.
        assert!(of("debian:12").contains(&"rust") && !of("debian:12").contains(&"python"));
        assert_eq!(only_language("ghcr.io/shop/base", &[]), None);
    }
}
