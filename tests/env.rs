//! `dockworthy env` as a user meets it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

const COMPOSE: &str = "\
services:
  api:
    build: .
    command: python app.py
    env_file: [api.env]
    environment:
      DATABASE_URL: postgres://app:${DB_PASSWORD}@db:5432/app
      LOG_LEVEL: ${LEVEL:-info}
      FROM_HOST:
      NOT_THERE:
      BLANK: ''
  db:
    image: postgres:16
    environment: {POSTGRES_PASSWORD: \"${DB_PASSWORD}\"}
  tools:
    image: example/tools:1
    profiles: [debug]
    environment: [A=1]
";
const DOCKERFILE: &str = "\
FROM python:3.12
ENV LOG_LEVEL=debug CACHE_URL=redis://cache:6379
WORKDIR /app
COPY . .
";
const APP: &str = "\
import os
from dotenv import load_dotenv
from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings
load_dotenv('extra.env')
database = os.environ['DATABASE_URL']
level = os.getenv('LOG_LEVEL', 'warning')
cache = os.getenv('CACHE_URL')
search = os.getenv('SEARCH_URL', 'http://localhost:9200')
broker = os.getenv('BROKER_URL') or 'amqp://guest:guest@localhost:5672'
key = os.environ['API_TOKEN']
home = os.getenv('HOME')
class Settings(BaseSettings):
    queue: str = Field('q', validation_alias=AliasChoices('QUEUE', 'EXTRA'))
    never: str = 'x'
print(Settings().queue, database, level, cache, search, broker, home)
print(os.getenv('SEARCH_URL', 'http://search:9200'))
";

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("compose.yaml", COMPOSE),
        ("Dockerfile", DOCKERFILE),
        ("app.py", APP),
        (".env", "DB_PASSWORD=hunter2\n"),
        ("api.env", "LOG_LEVEL=notice\nSECRET_KEY=abc\n"),
        ("extra.env", "EXTRA=from dotenv\nCACHE_URL=redis://other\n"),
    ];
    for (path, text) in files {
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockworthy"));
    command.arg("env").args(arguments).current_dir(folder).env_clear();
    command.env("FROM_HOST", "yes").env("LANG", "C.UTF-8");
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn line<'o>(out: &'o str, name: &str) -> &'o str {
    let words = |line: &str| line.split_whitespace().nth(1) == Some(name);
    out.lines().find(|line| words(line)).unwrap_or_else(|| panic!("no {name} in\n{out}"))
}

/// The parts of a line, which stand at least two blanks apart.
fn parts(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[test]
fn every_variable_has_its_places() {
    let folder = tree();
    let (code, out, err) = run(folder.path(), &["api"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let is = |name: &str, expected: &[&str]| assert_eq!(parts(line(&out, name))[2..], *expected, "{name}");
    is(
        "DATABASE_URL",
        &[
            "postgres://app:***@db:5432/app",
            "compose.yaml:7, DB_PASSWORD from .env:1",
            "read by app.py:6 (required)",
        ],
    );
    is(
        "LOG_LEVEL",
        &[
            "info",
            "compose.yaml:8, LEVEL not set: default, over api.env:1, over Dockerfile:2",
            "read by app.py:7 (default warning)",
        ],
    );
    is(
        "CACHE_URL",
        &[
            "redis://cache:6379",
            "Dockerfile:2, over extra.env:2 (read by the program)",
            "read by app.py:8 (no default)",
        ],
    );
    is("SECRET_KEY", &["***", "api.env:2"]);
    is("FROM_HOST", &["yes", "compose.yaml:9, FROM_HOST from the host"]);
    is("NOT_THERE", &["(not set)", "(compose.yaml:10 passes it on, the host has none)"]);
    is("BLANK", &["(blank)", "compose.yaml:11"]);
    is(
        "SEARCH_URL",
        &[
            "(not set)",
            "-",
            "read by app.py:9 (default http://localhost:9200), app.py:17 (default http://search:9200)",
        ],
    );
    is("BROKER_URL", &["(not set)", "-", "read by app.py:10 (default amqp://guest:***@localhost:5672)"]);
    is("API_TOKEN", &["(not set)", "-", "read by app.py:11 (required; not used)"]);
    is("HOME", &["(by the container's runtime)", "-", "read by app.py:12 (no default)"]);
    // A read of several names belongs to the one that is set.
    is(
        "EXTRA",
        &["from dotenv", "extra.env:1 (read by the program)", "read by app.py:14 (default q; or QUEUE)"],
    );
    assert!(!out.contains("\n  QUEUE"), "{out}");
    // A field that nobody looks at is not missed.
    assert!(!out.contains("NEVER"), "{out}");
}

#[test]
fn secrets_are_shown_only_when_asked_for() {
    let folder = tree();
    for format in ["text", "json"] {
        let (_, out, _) = run(folder.path(), &["--format", format]);
        assert!(!out.contains("hunter2") && !out.contains("abc\""), "{out}");
        let (_, out, _) = run(folder.path(), &["--format", format, "--show-secrets"]);
        assert!(out.contains("postgres://app:hunter2@db:5432/app"), "{out}");
    }
}

#[test]
fn json_says_the_same() {
    let folder = tree();
    let (code, out, _) = run(folder.path(), &["--format", "json"]);
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&out).unwrap();
    let services = document["projects"][0]["services"].as_array().unwrap();
    let names: Vec<&str> = services.iter().map(|service| service["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["api", "db"], "a profile keeps the third from running");
    let variables = services[0]["variables"].as_array().unwrap();
    let names: Vec<&str> = variables.iter().map(|variable| variable["name"].as_str().unwrap()).collect();
    assert!(names.is_sorted(), "{names:?}");
    let level = variables.iter().find(|variable| variable["name"] == "LOG_LEVEL").unwrap();
    let expected = json!({
        "name": "LOG_LEVEL",
        "state": "set",
        "value": "info",
        "masked": false,
        "source": {"layer": "environment", "file": "compose.yaml", "line": 8, "column": 7},
        "references": [{"name": "LEVEL", "given_by": "default", "file": null, "line": null, "column": null}],
        "overrides": [
            {"layer": "env-file", "file": "api.env", "line": 1, "column": 1},
            {"layer": "image", "file": "Dockerfile", "line": 2, "column": 5}
        ],
        "readers": [
            {"file": "app.py", "line": 7, "column": 9, "fallback": "default", "default": "warning", "used": true, "also": []}
        ]
    });
    assert_eq!(*level, expected);
    for _ in 0..3 {
        assert_eq!(run(folder.path(), &["--format", "json"]).1, out);
    }
}

#[test]
fn services_and_paths_are_told_apart() {
    let folder = tree();
    let (code, out, err) = run(folder.path(), &["apo"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(err, "error: there is no service `apo`; did you mean `api`?\n");
    let (code, _, err) = run(folder.path(), &["zzz"]);
    assert_eq!(
        (code, err.as_str()),
        (2, "error: there is no service `zzz`; there are `api`, `db`, `tools`\n")
    );
    // Named, a service is shown though its profile is not active.
    let (code, out, _) = run(folder.path(), &["tools"]);
    assert_eq!((code, parts(out.trim())), (0, vec!["tools", "A", "1", "compose.yaml:18"]));
    let (_, out, _) = run(folder.path(), &["--profile", "debug"]);
    assert!(out.contains("tools"), "{out}");
    let above = folder.path().parent().unwrap();
    let path = format!("./{}", folder.path().file_name().unwrap().to_string_lossy());
    let (code, out, err) = run(above, &[&path, "db"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.lines().count(), 1, "{out}");
    assert_eq!(run(folder.path(), &["-f", "compose.yaml", "./"]).0, 2);
    assert_eq!(run(folder.path(), &["-f", "missing.yaml"]).0, 2);
    let (_, out, _) = run(folder.path(), &["--no-host-environment", "api"]);
    assert!(line(&out, "FROM_HOST").contains("(not set)"), "{out}");
}

/// The table as it is on a terminal of a width.
fn table(folder: &Path, width: usize, color: bool) -> String {
    use dockworthy::compose::LoadOptions;
    use dockworthy::facts::Facts;
    use dockworthy::programs::{self, Shelf};
    use dockworthy::report::{EnvironmentFormat, Screen, Sheets, write_environments};
    use dockworthy::source::{Disk, SourceMap};

    let sources = SourceMap::new(Disk);
    let options = LoadOptions { current_directory: folder.to_path_buf(), ..LoadOptions::default() };
    let project = dockworthy::compose::load(&sources, &options).unwrap();
    let programs = programs::read(&sources, &Shelf::default(), &project);
    let facts = Facts::of(&project, &programs);
    let sheets = Sheets { sources: &sources, directory: folder, show_secrets: false };
    let sheet = sheets.of("p", &project.files, &facts, &["api".to_string()]);
    let screen = Screen { width, color, ..Screen::default() };
    let mut out = Vec::new();
    write_environments(&[sheet], EnvironmentFormat::Text, true, &screen, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn tables_keep_to_the_screen() {
    let folder = tree();
    std::fs::write(folder.path().join("api.env"), format!("LONG={}\n", "a long value ".repeat(200))).unwrap();
    for width in [40, 60, 89, 90, 100, 140, 200] {
        let out = table(folder.path(), width, false);
        let too_wide = out.lines().find(|line| line.chars().count() > width);
        assert_eq!(too_wide, None, "at {width}:\n{out}");
        assert!(out.starts_with("api: ") && out.contains("NOT SET"), "{out}");
        assert!(out.contains(" characters"), "{out}");
        let flat: String = out.split_whitespace().collect();
        for whole in ["postgres://app:***@db:5432/app", "http://localhost:9200", "compose.yaml:8"] {
            assert!((90..140).contains(&width) || flat.contains(whole), "{whole} at {width}:\n{out}");
        }
        assert!(!out.contains('\u{1b}'));
        assert!(table(folder.path(), width, true).contains("\u{1b}[1mBROKER_URL\u{1b}[0m"));
    }
}
