//! What the tests over pages and fixtures share. `UPDATE=1` rewrites expectations.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

pub mod fixes;
pub mod oracle;
pub mod page;
pub mod schema;
pub mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dockworthy::compose::{LoadOptions, projects};
use dockworthy::config::Settings;
use dockworthy::finding::Confidence;
use dockworthy::report::{Format, Report, Screen};
use dockworthy::rules::page::Level;
use dockworthy::source::SourceMap;

/// Says that a test is skipped, past the harness, which keeps what passing tests print to itself.
pub fn skipped(why: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// The folder of the package.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Whether expectations are to be rewritten.
pub fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| !value.is_empty())
}

/// `case.yaml` beside an `expected.txt`: what differs from a plain run on the folder.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Case {
    /// The highest level of rules that speak.
    pub level: Option<Level>,
    /// The least confidence that is shown.
    pub min_confidence: Option<Confidence>,
    /// Files as for `-f`, relative to the folder.
    pub files: Vec<PathBuf>,
    /// Active profiles.
    pub profiles: Vec<String>,
    /// The host's environment; blank when nothing is said.
    pub environment: BTreeMap<String, String>,
}

impl Case {
    /// The case of a folder.
    pub fn of(folder: &Path) -> Self {
        match std::fs::read_to_string(folder.join("case.yaml")) {
            Ok(text) => serde_yaml::from_str(&text)
                .unwrap_or_else(|error| panic!("{}/case.yaml: {error}", folder.display())),
            Err(_) => Self::default(),
        }
    }

    /// What the run is asked for; `rule` alone, when one is given.
    pub fn settings(&self, rule: Option<&str>) -> Settings {
        let default = Settings::default();
        Settings {
            level: self.level.unwrap_or(default.level),
            min_confidence: self.min_confidence.unwrap_or(default.min_confidence),
            select: rule.map(str::to_string).into_iter().collect(),
            ..default
        }
    }
}

/// Checks a folder on disk as the command line does, with an environment of its own.
pub fn check_folder(folder: &Path, rule: Option<&str>) -> (Report, SourceMap) {
    let case = Case::of(folder);
    check(SourceMap::new(fixes::Fixture::of(folder)), folder, &case, &case.settings(rule))
}

/// Checks the projects below `folder` of any file system.
pub fn check(sources: SourceMap, folder: &Path, case: &Case, settings: &Settings) -> (Report, SourceMap) {
    let requests = requests(&sources, folder, case);
    let mut report = dockworthy::check(&sources, &requests, settings, folder.to_path_buf());
    report.tell_once();
    (report, sources)
}

/// The projects below `folder`, as the command line finds them.
pub fn requests(sources: &SourceMap, folder: &Path, case: &Case) -> Vec<LoadOptions> {
    let base = LoadOptions {
        current_directory: folder.to_path_buf(),
        files: case.files.clone(),
        profiles: case.profiles.clone(),
        environment: case.environment.clone(),
        ..LoadOptions::default()
    };
    let requests: Vec<LoadOptions> = if case.files.is_empty() {
        let found = projects::find(sources, folder).found;
        found.into_iter().map(|project| project.options(&base)).collect()
    } else {
        vec![base]
    };
    assert!(!requests.is_empty(), "{}: no project", folder.display());
    requests
}

/// The report in the form of `expected.txt`: one finding a line; what could not be loaded first.
pub fn concise(report: &Report, sources: &SourceMap) -> String {
    let mut out = Vec::new();
    for failure in &report.failures {
        out.extend(format!("cannot load: {}\n", failure.message).into_bytes());
    }
    report.write(Format::Concise, sources, &Screen::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares with the file at `path`, or rewrites it. Says what differs.
pub fn expect(path: &Path, actual: &str) -> Result<(), String> {
    let expected = std::fs::read_to_string(path).ok();
    if expected.as_deref() == Some(actual) {
        return Ok(());
    }
    if updating() {
        std::fs::write(path, actual).unwrap();
        return Ok(());
    }
    let name = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let Some(expected) = expected else {
        return Err(format!("{name} is missing; UPDATE=1 writes it:\n{actual}"));
    };
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("  - {line}\n"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("  + {line}\n"));
    Err(format!("{name} differs (UPDATE=1 rewrites it):\n{}", gone.chain(come).collect::<String>()))
}

/// Fails with all that is wrong at once.
#[track_caller]
pub fn finish(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n{} problem(s)", problems.join("\n"), problems.len());
}

/// The folders directly below a folder, by name; none when it is not there.
pub fn folders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// All files below a folder, by path; what git ignores is left out.
pub fn files(path: &Path) -> Vec<PathBuf> {
    let walk = ignore::WalkBuilder::new(path).hidden(false).require_git(false).build();
    let mut files: Vec<PathBuf> = walk
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(|entry| entry.into_path())
        .filter(|path| !path.components().any(|part| part.as_os_str() == ".git"))
        .collect();
    files.sort();
    files
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
