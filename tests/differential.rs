//! What we say beside what the real `docker-compose` says now: to our own cases and the shared ones, to every
//! project among the fixtures, and to each file of a corpus alone in a folder.
//!
//! Skipped aloud without the real one, required on CI. Models are compared as JSON, and what is printed as YAML
//! byte for byte.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use dockworthy::compose::projects;
use dockworthy::source::{Disk, SourceMap};
use serde_json::Value;
use support::oracle::{HOME, cases, differences, environment, find, read_json, run, shared, strings};
use support::{files, root};

const OURS: &str = env!("CARGO_BIN_EXE_dockworthy");

/// One question to both.
struct Question {
    name: String,
    folder: PathBuf,
    /// What stands before and behind the word `config`.
    arguments: (Vec<String>, Vec<String>),
    environment: BTreeMap<String, String>,
    /// Whether what is printed as YAML is compared, too.
    printed: bool,
}

impl Question {
    fn arguments(&self, format: &str) -> Vec<String> {
        let (before, behind) = &self.arguments;
        let word = ["config", "--format", format].map(str::to_string);
        before.iter().cloned().chain(word).chain(behind.iter().cloned()).collect()
    }

    /// What differs between the answers; nothing when they agree.
    fn ask(&self, oracle: &Path) -> Option<String> {
        let arguments = self.arguments("json");
        let theirs = run(oracle, &self.folder, &arguments, &self.environment);
        // It can't print some SSH keys as JSON, which is no refusal.
        let json = theirs.accepts || !theirs.err.contains("MarshalJSON");
        let ours = run(Path::new(OURS), &self.folder, &arguments, &self.environment);
        if json && theirs.accepts != ours.accepts {
            let said = format!("theirs: {}\nours: {}", theirs.err.trim_end(), ours.err.trim_end());
            return Some(format!("{}: one accepts\n{said}", self.name));
        }
        if !ours.accepts {
            return None;
        }
        if json {
            let parse = |text: &str| serde_json::from_str::<Value>(text).expect("a model is JSON");
            let mut found = Vec::new();
            differences(&parse(&ours.out), &parse(&theirs.out), "", &mut found);
            if !found.is_empty() {
                return Some(format!("{}: {}", self.name, found.join("\n    ")));
            }
        }
        if !self.printed {
            return None;
        }
        let arguments = self.arguments("yaml");
        let theirs = run(oracle, &self.folder, &arguments, &self.environment);
        let ours = run(Path::new(OURS), &self.folder, &arguments, &self.environment);
        // Without interpolation the real one leaves the last line open.
        if theirs.out.trim_end() == ours.out.trim_end() {
            return None;
        }
        let pair = theirs.out.lines().zip(ours.out.lines()).find(|(a, b)| a != b);
        Some(format!("{}: printed otherwise: theirs and ours {pair:?}", self.name))
    }
}

/// Asks all, on both cores, and prints how many answers agree.
fn ask(set: &str, oracle: &Path, questions: &[Question]) {
    assert!(!questions.is_empty(), "{set}: nothing to ask");
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut wrong = Vec::new();
        while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(question.ask(oracle));
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    eprintln!("{set}: {} of {} agree", questions.len() - wrong.len(), questions.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn home() -> BTreeMap<String, String> {
    BTreeMap::from([("HOME".to_string(), HOME.to_string())])
}

/// The cases of a folder. Bombs are left out: the real one takes all memory for them, and we refuse them.
fn questions(folder: &Path) -> Vec<Question> {
    let question = |folder: &PathBuf| {
        let case = read_json(&folder.join("case.json")).expect("a case is JSON");
        let directory = dockworthy::source::clean(&folder.join("proj").join(case["cwd"].as_str().unwrap()));
        Question {
            name: support::name(folder),
            arguments: (strings(&case, "args"), strings(&case, "cfg")),
            environment: environment(&case, &directory),
            folder: directory,
            printed: true,
        }
    };
    cases(folder).iter().map(question).filter(|question| !question.name.contains("bomb")).collect()
}

#[test]
fn our_own_cases() {
    let Some(oracle) = find() else { return };
    ask("own cases", &oracle, &questions(&root().join("fixtures/compose")));
}

#[test]
fn shared_cases() {
    let (Some(oracle), Some(folder)) = (find(), shared("conformance/cases")) else { return };
    // They are read-only where they lie, and some are searched upwards from.
    ask("shared cases", &oracle, &questions(&folder));
}

#[test]
fn projects_among_the_fixtures() {
    let Some(oracle) = find() else { return };
    let mut asked = Vec::new();
    for set in ["incidents", "projects", "rules"] {
        let folder = root().join("fixtures").join(set);
        for found in projects::find(&SourceMap::new(Disk), &folder).found {
            let name = found.directory.strip_prefix(&folder).unwrap().display().to_string();
            // What is fetched the real one would try to fetch.
            if name.contains("bomb") || name.contains("remote") {
                continue;
            }
            let files = found.files.iter().flat_map(|file| ["-f".to_string(), file.display().to_string()]);
            asked.push(Question {
                name: format!("{set}/{name}"),
                folder: found.directory.clone(),
                arguments: (files.collect(), Vec::new()),
                environment: home(),
                printed: true,
            });
        }
    }
    ask("fixtures", &oracle, &asked);
}

/// Each file of the corpus alone in a folder.
fn corpus(name: &str, flags: &[&str]) {
    let (Some(oracle), Some(folder)) = (find(), shared("corpus/compose")) else { return };
    let place = tempfile::tempdir().unwrap();
    let asked: Vec<Question> = files(&folder)
        .iter()
        .enumerate()
        .map(|(at, path)| {
            let folder = place.path().join(support::name(path));
            std::fs::create_dir(&folder).unwrap();
            std::fs::copy(path, folder.join("compose.yaml")).unwrap();
            let flags = flags.iter().map(|flag| (*flag).to_string()).collect();
            let arguments = (["-p", "x"].map(str::to_string).to_vec(), flags);
            // Each question takes the real one a moment, and there are many.
            let printed = at % 4 == 0;
            Question { name: support::name(path), folder, arguments, environment: home(), printed }
        })
        .collect();
    ask(name, &oracle, &asked);
}

#[test]
fn the_corpus() {
    corpus("corpus", &[]);
}

#[test]
fn the_corpus_as_it_is_written() {
    corpus("corpus, lax", &["--no-interpolate", "--no-consistency", "--no-env-resolution"]);
}
