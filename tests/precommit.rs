//! The real `pre-commit`, run by `git commit` in throw-away repositories.
//!
//! The hooks are those of `.pre-commit-hooks.yaml`, made local so that nothing has to be built: the entry starts the
//! binary under test. `DOCKWORTHY_PRE_COMMIT` names pre-commit; skipped aloud without it, required on CI.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_yaml::{Mapping, Value};
use support::{files, name, root};

const OURS: &str = env!("CARGO_BIN_EXE_dockworthy");

/// What a commit may wait for our own process when nothing has to be read for the first time.
const WARM: Duration = Duration::from_millis(100);

const COMPOSE: &str = "\
services:
  api:
    build: .
    environment:
      CACHE_URL: redis://cache:6379/0
    depends_on:
      cache:
        condition: service_healthy
  cache:
    image: redis:7
    healthcheck:
      test: [CMD, redis-cli, ping]
";
const DOCKERFILE: &str =
    "FROM python:3.12-slim\nWORKDIR /app\nCOPY app ./app\nCMD [\"python\", \"-m\", \"app.main\"]\n";
const MAIN: &str = "from app.settings import CACHE_URL\nimport redis\n\nredis.from_url(CACHE_URL).ping()\n";
const SETTINGS: &str =
    "import os\n\nCACHE_URL = os.environ.get(\"CACHE_URL\", \"redis://localhost:6379/0\")\n";

fn pre_commit() -> Option<PathBuf> {
    let program =
        std::env::var_os("DOCKWORTHY_PRE_COMMIT").map_or_else(|| "pre-commit".into(), PathBuf::from);
    if Command::new(&program).arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Some(program);
    }
    support::skipped(format_args!(
        "{} cannot be run; DOCKWORTHY_PRE_COMMIT can name pre-commit (pip install pre-commit)",
        program.display()
    ));
    assert!(!support::oracle::on_ci(), "pre-commit must be there on CI");
    None
}

fn hooks() -> Vec<Mapping> {
    let text = std::fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

fn text<'a>(hook: &'a Mapping, key: &str) -> &'a str {
    hook.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("a hook has no {key}"))
}

/// A `.pre-commit-config.yaml` with the hook of that name as it is published, but run from here.
fn configuration(id: &str) -> String {
    let mut hook = hooks().into_iter().find(|hook| text(hook, "id") == id).expect("a hook of that name");
    let entry =
        text(&hook, "entry").strip_prefix("dockworthy ").expect("the hook runs dockworthy").to_string();
    hook.insert("entry".into(), format!("'{OURS}' {entry}").into());
    hook.insert("language".into(), "system".into());
    let local = Mapping::from_iter([
        ("repo".into(), "local".into()),
        ("hooks".into(), vec![Value::from(hook)].into()),
    ]);
    serde_yaml::to_string(&Mapping::from_iter([("repos".into(), vec![Value::from(local)].into())])).unwrap()
}

/// A repository whose commits go through one of the hooks.
struct Repository {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Repository {
    fn new(program: PathBuf, hook: &str) -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap(), program };
        repository.git(&["init", "--quiet"]);
        repository.git(&["config", "user.name", "Someone"]);
        repository.git(&["config", "user.email", "someone@example.com"]);
        for (path, text) in [
            (".pre-commit-config.yaml", configuration(hook).as_str()),
            ("compose.yaml", COMPOSE),
            ("Dockerfile", DOCKERFILE),
            ("app/main.py", MAIN),
            ("app/settings.py", SETTINGS),
            ("README.md", "# Shop\n"),
        ] {
            repository.write(path, text);
        }
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message", "Start"]);
        let mut install = Command::new(&repository.program);
        let installed = repository.run(install.arg("install"));
        assert!(installed.0, "{}", installed.1);
        repository
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    /// Whether a program ends well here, and all that it says.
    fn run(&self, command: &mut Command) -> (bool, String) {
        let home = self.folder.path().join(".git/home");
        std::fs::create_dir_all(&home).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        command.current_dir(self.folder.path()).env_clear().env("PATH", path).env("LANG", "C.UTF-8");
        command.env("HOME", &home).env("PRE_COMMIT_HOME", home.join("pre-commit"));
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    fn git(&self, arguments: &[&str]) -> String {
        let (ended_well, said) = self.run(Command::new("git").args(arguments));
        assert!(ended_well, "git {arguments:?}: {said}");
        said
    }

    /// Stages all and commits: whether it came through, and what was said.
    fn commit(&self) -> (bool, String) {
        self.git(&["add", "."]);
        self.commit_staged()
    }

    fn commit_staged(&self) -> (bool, String) {
        let before = self.commits();
        let (came_through, said) = self.run(Command::new("git").args(["commit", "--message", "Change"]));
        assert_eq!(self.commits(), before + usize::from(came_through), "{said}");
        (came_through, said)
    }

    fn commits(&self) -> usize {
        self.git(&["rev-list", "--count", "HEAD"]).trim().parse().unwrap()
    }
}

#[test]
fn a_broken_commit_is_stopped_and_a_good_one_passes() {
    let Some(program) = pre_commit() else { return };
    let repository = Repository::new(program, "dockworthy");

    // The wiring breaks although the compose file stays as it is.
    repository.write("app/settings.py", &SETTINGS.replace("\"CACHE_URL\",", "\"REDIS_URL\","));
    let (came_through, said) = repository.commit();
    assert!(!came_through, "{said}");
    for words in [
        "dockworthy....",
        "Failed",
        "- hook id: dockworthy",
        "error[misnamed-variable]",
        "`CACHE_URL` is set for `api`, but nothing there reads it",
        "app/settings.py:3:",
        "help: write",
        "1 error in 1 project",
    ] {
        assert!(said.contains(words), "{words} is missing:\n{said}");
    }
    assert!(!said.contains('\u{1b}'), "what is no terminal gets no colours:\n{said}");

    // Either half can repair it.
    repository.write("compose.yaml", &COMPOSE.replace("CACHE_URL", "REDIS_URL"));
    let (came_through, said) = repository.commit();
    assert!(came_through && said.contains("Passed"), "{said}");

    // Only what is staged counts.
    repository.write("app/main.py", &format!("{MAIN}print('ready')\n"));
    repository.git(&["add", "."]);
    repository.write("app/settings.py", &SETTINGS.replace("\"CACHE_URL\",", "\"OTHER_URL\","));
    let (came_through, said) = repository.commit_staged();
    assert!(came_through && said.contains("Passed"), "{said}");
    assert!(repository.read("app/settings.py").contains("OTHER_URL"), "what is not staged stays");
    repository.git(&["checkout", "--quiet", "app/settings.py"]);

    repository.write("README.md", "# The shop\n");
    let (came_through, said) = repository.commit();
    assert!(came_through && said.contains("Skipped"), "{said}");
}

#[test]
fn the_other_hook_repairs_what_it_can() {
    let Some(program) = pre_commit() else { return };
    let repository = Repository::new(program, "dockworthy-fix");
    let old = format!("version: '3'\n{COMPOSE}");
    repository.write("compose.yaml", &old);
    let (came_through, said) = repository.commit();
    assert!(!came_through && said.contains("files were modified by this hook"), "{said}");
    assert_eq!(repository.read("compose.yaml").trim_start(), COMPOSE);
    repository.write("README.md", "# The shop\n");
    let (came_through, said) = repository.commit();
    assert!(came_through, "{said}");
}

#[test]
fn pre_commit_takes_the_hooks() {
    let Some(program) = pre_commit() else { return };
    let mut command = Command::new(program);
    let checked =
        command.arg("validate-manifest").arg(root().join(".pre-commit-hooks.yaml")).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// No program of ours takes long enough for people to switch the hook off.
#[test]
fn a_warm_run_is_fast() {
    let folder = root().join("fixtures/incidents/unset-async-url/before");
    let run = || {
        let start = Instant::now();
        let output = Command::new(OURS).arg("check").current_dir(&folder).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        start.elapsed()
    };
    run();
    let best = (0..5).map(|_| run()).min().unwrap();
    eprintln!("a warm run: {best:?}");
    assert!(cfg!(debug_assertions) || best < WARM, "{best:?}");
}

#[test]
fn the_pattern_has_all_that_is_read() {
    let hooks = hooks();
    let patterns: Vec<regex::Regex> =
        hooks.iter().map(|hook| regex::Regex::new(text(hook, "files")).unwrap()).collect();
    // What stands among the fixtures and is no part of a project that could break its wiring.
    let left_out = |path: &Path| {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        ["expected", "html", "ipynb", "labels", "md", "old", "disabled", "sql", "svg", "txt"]
            .contains(&extension)
            || name(path).starts_with(".git")
    };
    let mut problems = Vec::new();
    let mut found = 0;
    for path in ["incidents", "projects", "rules", "languages"]
        .iter()
        .flat_map(|f| files(&root().join("fixtures").join(f)))
    {
        found += 1;
        let shown = path.strip_prefix(root()).unwrap().to_str().unwrap().to_string();
        if !left_out(&path) && !patterns.iter().all(|pattern| pattern.is_match(&shown)) {
            problems.push(format!("{shown} does not start the hooks"));
        }
    }
    assert!(found > 500);
    for path in [
        "compose.yaml",
        "a/docker-compose.override.yml",
        "api/Dockerfile.prod",
        "bin/start",
        ".env",
        "prod.env",
        "api/requirements-dev.txt",
        "Cargo.lock",
        ".ruby-version",
    ] {
        assert!(patterns.iter().all(|pattern| pattern.is_match(path)), "{path} does not start the hooks");
    }
    for path in ["README.md", "docs/logo.png", "site/index.html", "notes.txt", ".gitignore"] {
        assert!(!patterns.iter().any(|pattern| pattern.is_match(path)), "{path} starts the hooks");
    }
    support::finish(problems);
}
