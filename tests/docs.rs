//! Every command of the README and the pages in `docs/` is run, in a project made for it.
//!
//! A `console` block holds commands behind `$ `, each with an exit code of 0 or 1, or the one that the block names
//! (`console exit=2`). Blocks with a `title=` are files of the project from there on. What is no command of ours, or
//! needs what a test has not, stands in [`ELSEWHERE`] with the reason.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::{files, root};

const OURS: &str = env!("CARGO_BIN_EXE_dockworthy");

/// How commands start that are not run here, and why.
const ELSEWHERE: [(&str, &str); 11] = [
    ("cargo install", "builds all once more"),
    ("cargo build", "builds all once more"),
    ("cargo test", "this is one of its tests"),
    ("cargo publish", "publishes"),
    (".ci/run", "runs this test"),
    ("pip install", "builds all once more, with what it gets from PyPI"),
    ("pre-commit", "tests/precommit.rs runs it"),
    ("maturin", "builds all once more, with what it gets from PyPI"),
    ("docker", "needs an engine"),
    ("git", "signs and publishes"),
    ("node packages/npm/platform.mjs", "tests/distribution.rs runs it"),
];
/// The same for what needs npm's registry.
const PUBLISHED: [&str; 2] = ["npm", "npx"];

/// A project with something to find.
const PROJECT: [(&str, &str); 5] = [
    (
        "compose.yaml",
        "\
services:
  api:
    build: api
    environment:
      DATABASE_URL: postgresql://app:secret@db:5433/shop
    depends_on:
      db:
        condition: service_healthy
  worker:
    image: example/worker:1
    profiles: [worker]
  db:
    image: postgres:16
    environment:
      POSTGRES_USER: app
      POSTGRES_PASSWORD: secret
      POSTGRES_DB: shop
    healthcheck:
      test: [CMD, pg_isready, -U, app, -d, shop]
",
    ),
    (".env", "TAG=1\n"),
    ("api/Dockerfile", "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"main.py\"]\n"),
    ("api/main.py", "import os\n\nimport psycopg\n\npsycopg.connect(os.environ[\"DATABASE_URL\"])\n"),
    ("README.md", "# Shop\n"),
];
/// What is there, too, where the page speaks of it.
const SPOKEN_OF: [(&str, &str); 5] = [
    ("compose.dev.yaml", "services:\n  api:\n    environment:\n      DEBUG: '1'\n"),
    ("compose.prod.yaml", "services:\n  api:\n    restart: unless-stopped\n"),
    ("prod.env", "TAG=2\n"),
    ("infra/compose.yaml", "services:\n  cache:\n    image: redis:7\n"),
    ("shop/compose.yaml", "services:\n  web:\n    image: example/web:1\n"),
];

/// A part of a page that is to be tried.
enum Step {
    /// A file of the project.
    File(String, String),
    /// A command with its line, and its exit code if one is named.
    Command(usize, String, Option<i32>),
}

fn pages() -> Vec<PathBuf> {
    let docs = files(&root().join("docs"));
    let pages = docs.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    std::iter::once(root().join("README.md")).chain(pages).collect()
}

/// The fenced blocks of a page as steps, in their order.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((_, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let (indent, fence) = (line.len() - line.trim_start().len(), "```");
        let block: Vec<(usize, &str)> = lines
            .by_ref()
            .take_while(|(_, line)| line.trim_start() != fence)
            .map(|(number, line)| (number + 1, line.get(indent..).unwrap_or_default()))
            .collect();
        let option = |key: &str| info.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        if let Some(title) = option("title") {
            let text = block.iter().map(|(_, line)| format!("{line}\n")).collect();
            steps.push(Step::File(title.to_string(), text));
        } else if info.split(' ').next() == Some("console") {
            let exit = option("exit").map(|code| code.parse().expect("a number"));
            let commands = block.iter().filter_map(|(number, line)| Some((number, line.strip_prefix("$ ")?)));
            steps.extend(commands.map(|(number, line)| Step::Command(*number, plain(line), exit)));
        }
    }
    steps
}

/// A command without the remark behind it.
fn plain(line: &str) -> String {
    line.split("  #").next().unwrap_or(line).trim().to_string()
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The project of a page, as a repository of which `origin/main` knows the last commit but one.
fn project(page: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Someone", "-c", "user.email=someone@example.com"]).args(arguments);
        let output = command.current_dir(folder.path()).env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "Start"]);
    git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    // A file, or the folder that it alone is in.
    let named = |path: &str| {
        page.contains(path) || path.split_once('/').is_some_and(|(top, _)| page.contains(&format!(" {top}/")))
    };
    let files = PROJECT.iter().chain(SPOKEN_OF.iter().filter(|(path, _)| named(path)));
    files.for_each(|(path, text)| write(folder.path(), path, text));
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "Shop"]);
    folder
}

/// Why a command is not run here.
fn elsewhere(command: &str) -> Option<&'static str> {
    let starts =
        |with: &str| command.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let published = PUBLISHED.iter().any(|program| starts(program)).then_some("asks npm's registry");
    published.or_else(|| ELSEWHERE.iter().find(|(start, _)| starts(start)).map(|(_, why)| *why))
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The command up to the first program that is not on this machine.
fn runnable(command: &str) -> String {
    let parts: Vec<&str> = command.split(" | ").collect();
    let missing = |part: &&&str| {
        let program = part.split(' ').next().unwrap_or_default();
        program != "dockworthy" && !is_installed(program)
    };
    let count = parts.iter().skip(1).take_while(|part| !missing(part)).count() + 1;
    if count < parts.len() {
        eprintln!("not run: `{}`, which is not installed", parts[count]);
    }
    parts[..count].join(" | ")
}

/// Runs a command as a shell does, and says what it ended with and what it said.
fn run(command: &str, folder: &Path) -> (i32, String) {
    let ours = PathBuf::from(OURS).parent().unwrap().to_path_buf();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(ours).chain(std::env::split_paths(&path))).unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-c", command]).current_dir(folder).env_clear().env("PATH", path).env("LANG", "C.UTF-8");
    shell.env("HOME", folder.join(".git")).stdin(Stdio::null());
    let output = shell.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.code().unwrap_or(-1), said)
}

#[test]
fn every_command_does_what_its_page_says() {
    let mut problems = Vec::new();
    let mut count = 0;
    for page in pages() {
        let shown = page.strip_prefix(root()).unwrap().display().to_string();
        let text = std::fs::read_to_string(&page).unwrap();
        let folder = project(&text);
        for step in steps(&text) {
            let (line, command, exit) = match step {
                Step::File(path, text) => {
                    write(folder.path(), &path, &text);
                    continue;
                }
                Step::Command(line, command, exit) => (line, command, exit),
            };
            if elsewhere(&command).is_some() {
                continue;
            }
            count += 1;
            // What a clone can do runs on the clone.
            let (code, said) = match command.strip_prefix("cargo run -- ") {
                Some(arguments) => run(&format!("dockworthy {arguments}"), &root()),
                None => run(&runnable(&command), folder.path()),
            };
            if !exit.map_or((0..=1).contains(&code), |exit| exit == code) {
                problems.push(format!("{shown}:{line}: `{command}` ends with {code}:\n{said}"));
            }
        }
    }
    assert!(count > 20, "only {count} commands were found");
    support::finish(problems);
}

/// `dockworthy …` in the text of a page is something that the program takes.
#[test]
fn every_command_that_is_spoken_of_is_there() {
    let mut problems = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let mut fenced = false;
        for (index, line) in text.lines().enumerate() {
            fenced ^= line.trim_start().starts_with("```");
            let spans = line.split('`').skip(1).step_by(2).filter(|_| !fenced);
            for arguments in spans.filter_map(|span| span.strip_prefix("dockworthy ")) {
                let mut command = Command::new(OURS);
                let output = command.args(arguments.split(' ')).arg("--help").output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                // `FORMAT` stands for one that is there.
                let stands_for =
                    |word: &str| said.contains(&format!("invalid value '{}'", word.to_uppercase()));
                if !output.status.success() && !arguments.split(' ').any(stands_for) {
                    let page = page.strip_prefix(root()).unwrap().display();
                    problems.push(format!("{page}:{}: `dockworthy {arguments}`: {said}", index + 1));
                }
            }
        }
    }
    support::finish(problems);
}
