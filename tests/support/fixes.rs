//! What fixes make of fixtures.
//!
//! `fixed/` beside `expected.txt` holds the files that `--fix --unsafe-fixes` changes, as they are then. What cannot be
//! read off these files stands beside the folder: `fixed-new.txt` is what all rules of the default level say of the fixed
//! project and did not say before, `fixed-model.txt` is what differs between the two resolved models, as our own
//! loader and the real one see them. Each is there only where there is something to say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dockworthy::compose::{self, ConfigOptions, LoadOptions};
use dockworthy::config::Settings;
use dockworthy::finding::Finding;
use dockworthy::repair::{Job, Repaired, repair};
use dockworthy::report::{Report, one_line};
use dockworthy::source::{Disk, Files, Kind, Overlay, ReadError, SourceMap, Walked, WriteError};
use serde_json::Value;

use super::{Case, files, name, oracle, root, updating};

/// The folder of a case that is no part of its project.
pub const FOLDER: &str = "fixed";

/// The disk, but for what of a case is no part of its project: what fixes make of it, what is expected, and how it is asked.
pub struct Fixture {
    hidden: [PathBuf; 3],
}

impl Fixture {
    /// The project of a case.
    pub fn of(case: &Path) -> Self {
        Self { hidden: [FOLDER, "expected.txt", "case.yaml"].map(|name| case.join(name)) }
    }

    fn hides(&self, path: &Path) -> bool {
        self.hidden.iter().any(|hidden| path.starts_with(hidden))
    }
}

impl Files for Fixture {
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        if self.hides(path) { Err(ReadError::NotFound) } else { Disk.read(path, limit) }
    }

    fn write(&self, _: &Path, _: &[u8]) -> Result<(), WriteError> {
        Err(WriteError::ReadOnly)
    }

    fn writable(&self, path: &Path) -> Result<(), WriteError> {
        Disk.writable(path)
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        Disk.kind(path).filter(|_| !self.hides(path))
    }

    fn list(&self, path: &Path) -> Vec<String> {
        let mut names = Disk.list(path);
        names.retain(|name| !self.hides(&path.join(name)));
        names
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        Disk.canonical(path)
    }

    fn is_link(&self, path: &Path) -> bool {
        Disk.is_link(path)
    }

    fn is_executable(&self, path: &Path) -> Option<bool> {
        Disk.is_executable(path)
    }

    fn walk(&self, root: &Path, enter: fn(&Path) -> bool) -> Walked {
        let mut walked = Disk.walk(root, enter);
        walked.files.retain(|path| !self.hides(path));
        walked
    }
}

/// A case, and what fixes make of it.
pub struct Fixed<'a> {
    folder: &'a Path,
    case: Case,
    requests: Vec<LoadOptions>,
    repaired: Repaired,
    /// The fixed project.
    overlay: Overlay,
}

impl<'a> Fixed<'a> {
    /// Fixes all that can be fixed of what a rule, or all of them, find.
    pub fn of(folder: &'a Path, rule: Option<&str>) -> Self {
        let case = Case::of(folder);
        let settings = case.settings(rule);
        let requests = super::requests(&SourceMap::new(Fixture::of(folder)), folder, &case);
        let overlay = Overlay::over(Arc::new(Fixture::of(folder)));
        let repaired = run(Arc::new(overlay.clone()), &requests, &settings, folder);
        for change in &repaired.changes {
            overlay.write(&change.path, change.after.as_bytes()).unwrap();
        }
        Self { folder, case, requests, repaired, overlay }
    }

    /// All that is wrong with the fixes.
    pub fn problems(&self, rule: Option<&str>, oracle: Option<&Path>) -> Vec<String> {
        let shown = self.folder.strip_prefix(root()).unwrap().display().to_string();
        let mut problems = Vec::new();
        for (path, why) in &self.repaired.refused {
            problems.push(format!("{} {why}", path.display()));
        }
        let again =
            run(Arc::new(self.overlay.clone()), &self.requests, &self.case.settings(rule), self.folder);
        if !again.changes.is_empty() {
            problems.push(format!("a second time, fixes change more: {:?}", again.fixed));
        }
        let left: BTreeSet<Said> = said(&again.report);
        for fixed in &self.repaired.fixed {
            let key = (fixed.rule, fixed.service.clone(), fixed.message.clone());
            if left.contains(&key) {
                problems.push(format!("fixed, and still there: {key:?}"));
            }
        }
        // Rules have cases of their own to stand for them; whole projects need not keep their files twice.
        if rule.is_some() {
            problems.extend(self.compare());
        }
        problems.extend(self.note("new.txt", &self.new_findings()));
        let models = self.models(oracle, &mut problems);
        match rule {
            Some(_) => problems.extend(self.note("model.txt", &models)),
            None => problems.extend(self.strays(models)),
        }
        problems.into_iter().map(|problem| format!("{shown}: {problem}")).collect()
    }

    /// The files that changed, and those in `fixed/`.
    fn compare(&self) -> Vec<String> {
        let folder = self.folder.join(FOLDER);
        let made: BTreeMap<PathBuf, &str> = self
            .repaired
            .changes
            .iter()
            .map(|change| {
                (change.path.strip_prefix(self.folder).unwrap().to_path_buf(), change.after.as_str())
            })
            .collect();
        if updating() {
            let _ = std::fs::remove_dir_all(&folder);
            for (path, text) in &made {
                let path = folder.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            return Vec::new();
        }
        let kept = if folder.is_dir() { files(&folder) } else { Vec::new() }.into_iter();
        let kept = kept.map(|path| path.strip_prefix(&folder).unwrap().to_path_buf());
        let kept: BTreeSet<PathBuf> = kept.collect();
        let mut problems = Vec::new();
        for path in kept.iter().filter(|path| !made.contains_key(*path)) {
            problems.push(format!("fixed/{} is not changed by fixes", path.display()));
        }
        for (path, text) in &made {
            let expected = std::fs::read(folder.join(path)).ok();
            if expected.as_deref() != Some(text.as_bytes()) {
                let path = path.display();
                problems.push(format!("fixed/{path} differs (UPDATE=1 writes it); fixes make\n{text}"));
            }
        }
        problems
    }

    /// A list of exceptions, which stands in a file only when there are some.
    fn note(&self, file: &str, lines: &[String]) -> Option<String> {
        let path = self.folder.join(FOLDER).with_file_name(format!("{FOLDER}-{file}"));
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if expected == text {
            return None;
        }
        if updating() {
            match text.as_str() {
                "" => std::fs::remove_file(&path).unwrap(),
                text => std::fs::write(&path, text).unwrap(),
            }
            return None;
        }
        let name = name(&path);
        Some(format!("{name} (UPDATE=1 rewrites it) has\n{expected}and is to have\n{text}"))
    }

    /// What all rules of the default level say of the fixed project and not of the other.
    fn new_findings(&self) -> Vec<String> {
        if self.repaired.changes.is_empty() {
            return Vec::new();
        }
        let all = |files: SourceMap| {
            let report =
                dockworthy::check(&files, &self.requests, &Settings::default(), self.folder.to_path_buf());
            said(&report)
        };
        let before = all(SourceMap::new(Fixture::of(self.folder)));
        let after = all(SourceMap::new(self.overlay.clone()));
        let line = |(rule, service, message): &Said| {
            format!("{rule}: {}: {}", service.as_deref().unwrap_or("-"), one_line(message))
        };
        after.difference(&before).map(line).collect()
    }

    /// Where the resolved models differ, by our own loader and by the real one.
    fn models(&self, oracle: Option<&Path>, problems: &mut Vec<String>) -> Vec<String> {
        if self.repaired.changes.is_empty() {
            return Vec::new();
        }
        let disk = oracle.map(|program| (program, Copies::of(self)));
        let mut found = Vec::new();
        for request in &self.requests {
            let ours = |files: SourceMap| {
                let resolved = compose::config(&files, request, &ConfigOptions::default()).ok()?;
                let model = oracle::place_names(&compose::doubled(&resolved.model), self.folder);
                (!resolved.project.refused()).then_some(model)
            };
            let before = ours(SourceMap::new(Fixture::of(self.folder)));
            let after = ours(SourceMap::new(self.overlay.clone()));
            let changes = compare(before.as_ref(), after.as_ref(), problems);
            if let Some((program, copies)) = &disk {
                let (before, after) = copies.models(program, self, request);
                let theirs = compare(before.as_ref(), after.as_ref(), problems);
                if theirs != changes {
                    problems
                        .push(format!("Compose itself sees other changes: {theirs:?} and not {changes:?}"));
                }
            }
            found.extend(changes);
        }
        found.sort();
        found.dedup();
        found
    }

    /// The differences of models that are not of the services that were fixed.
    fn strays(&self, models: Vec<String>) -> Vec<String> {
        // What a fix changes for other services, its title names.
        let named = self.repaired.fixed.iter().flat_map(|fixed| fixed.title.split('`').skip(1).step_by(2));
        let services: BTreeSet<&str> =
            self.repaired.fixed.iter().filter_map(|fixed| fixed.service.as_deref()).chain(named).collect();
        let own = |line: &String| {
            let path = line.strip_prefix("services.").unwrap_or_default();
            services
                .iter()
                .any(|name| path.strip_prefix(*name).is_some_and(|rest| rest.starts_with(['.', ':'])))
        };
        let strays = models.into_iter().filter(|line| !own(line));
        strays.map(|line| format!("fixes change what was not found: {line}")).collect()
    }
}

fn run(files: Arc<dyn Files>, requests: &[LoadOptions], settings: &Settings, folder: &Path) -> Repaired {
    let within = [folder.to_path_buf()];
    repair(files, &Job { requests, settings, directory: folder, within: &within, unsafe_fixes: true })
}

type Said = (&'static str, Option<String>, String);

fn said(report: &Report) -> BTreeSet<Said> {
    let said = |finding: &Finding| (finding.rule, finding.service.clone(), finding.message.clone());
    report.findings.iter().map(said).collect()
}

/// The differences of two models; what was refused had none.
fn compare(before: Option<&Value>, after: Option<&Value>, problems: &mut Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    match (before, after) {
        (Some(before), Some(after)) => differences(before, after, "", &mut found),
        (Some(_), None) => problems.push("fixed, Compose refuses it".to_string()),
        (None, _) => {}
    }
    found
}

fn differences(before: &Value, after: &Value, path: &str, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => differences(old, new, &path, found),
                    (Some(old), None) => found.push(format!("{path}: {old} is gone")),
                    (_, new) => found.push(format!("{path}: new: {}", new.unwrap_or(&Value::Null))),
                }
            }
        }
        _ if before == after => {}
        _ => found.push(format!("{path}: {before} becomes {after}")),
    }
}

/// A case as it was and as it is, on the disk.
struct Copies {
    folder: tempfile::TempDir,
}

impl Copies {
    fn of(fixed: &Fixed<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = Fixture::of(fixed.folder);
        for path in files(fixed.folder).into_iter().filter(|path| !own.hides(path)) {
            let written = Overlay::read(&fixed.overlay, &path, u64::MAX).unwrap();
            for (at, bytes) in [("before", std::fs::read(&path).unwrap()), ("after", written)] {
                let copy =
                    Self::place(folder.path(), at, fixed).join(path.strip_prefix(fixed.folder).unwrap());
                std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
                std::fs::write(copy, bytes).unwrap();
            }
        }
        Self { folder }
    }

    /// The folder keeps its name, which is the project's.
    fn place(folder: &Path, at: &str, fixed: &Fixed<'_>) -> PathBuf {
        folder.join(at).join(name(fixed.folder))
    }

    fn models(
        &self,
        program: &Path,
        fixed: &Fixed<'_>,
        request: &LoadOptions,
    ) -> (Option<Value>, Option<Value>) {
        let model = |at: &str| {
            let place = Self::place(self.folder.path(), at, fixed);
            let moved = |path: &Path| match path.strip_prefix(fixed.folder) {
                Ok(below) => place.join(below),
                Err(_) => path.to_path_buf(),
            };
            let mut arguments: Vec<String> = Vec::new();
            let text = |path: PathBuf| path.to_string_lossy().into_owned();
            for file in &request.files {
                arguments.extend(["-f".to_string(), text(moved(file))]);
            }
            for profile in &request.profiles {
                arguments.extend(["--profile".to_string(), profile.clone()]);
            }
            if let Some(directory) = &request.project_directory {
                arguments.extend(["--project-directory".to_string(), text(moved(directory))]);
            }
            arguments.extend(["config", "--format", "json"].map(str::to_string));
            let mut environment = request.environment.clone();
            environment.entry("HOME".into()).or_insert_with(|| oracle::HOME.into());
            let said = oracle::run(program, &moved(&request.current_directory), &arguments, &environment);
            let model: Option<Value> =
                said.accepts.then(|| serde_json::from_str(&said.out).expect("Compose prints JSON"));
            model.map(|model| oracle::place_names(&model, &place))
        };
        (model("before"), model("after"))
    }
}
