//! Repairs projects: makes the fixes of what the rules find, and checks what has become of them.
//!
//! All of it happens in memory, round by round, because a fix may wait for another that changes the same lines.
//! What a round has made is loaded and checked like any project before it counts.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compose::LoadOptions;
use crate::config::Settings;
use crate::finding::{Applicability, Edit, Finding, Fix};
use crate::fix::{self, Change, Failed, Reason};
use crate::report::{Report, shown};
use crate::source::{Files, Overlay, SourceMap, WriteError};

/// After so many rounds that each made something, it is enough: one more run may go on.
const MAX_ROUNDS: usize = 32;

/// What is to be repaired.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The projects, as for [`crate::check`].
    pub requests: &'a [LoadOptions],
    /// Which findings count; what these hide is not fixed.
    pub settings: &'a Settings,
    /// Paths are shown relative to this.
    pub directory: &'a Path,
    /// Folders whose files may be changed. A project's own compose files and their folders may be, too.
    pub within: &'a [PathBuf],
    /// Whether fixes are made, too, that change what happens when the project runs.
    pub unsafe_fixes: bool,
}

/// What has become of the projects, in memory.
pub struct Repaired {
    /// What is left to report.
    pub report: Report,
    /// The texts that the report speaks of.
    pub sources: SourceMap,
    /// The files that changed, by path.
    pub changes: Vec<Changed>,
    /// The findings that were fixed.
    pub fixed: Vec<Fixed>,
    /// The files that fixes would change and that must not be changed, with the reason, by path.
    pub refused: BTreeMap<PathBuf, String>,
}

/// A file with another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The file as it was read.
    pub path: PathBuf,
    /// Its text on disk.
    pub before: Arc<str>,
    /// Its text with the fixes made.
    pub after: String,
}

/// A finding that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The rule.
    pub rule: &'static str,
    /// The service it was about.
    pub service: Option<String>,
    /// What it said.
    pub message: String,
    /// What was done.
    pub title: String,
    /// In which files.
    pub files: Vec<PathBuf>,
}

impl Repaired {
    /// Writes the changed files; gives those that could not be written, which are as they were.
    #[must_use]
    pub fn write(&self, files: &dyn Files) -> Vec<Failed> {
        let failed = |changed: &Changed| {
            let Changed { path, before, after } = changed;
            let written = fix::write(files, path, before, after);
            written.err().map(|error| Failed { path: path.clone(), error })
        };
        self.changes.iter().filter_map(failed).collect()
    }
}

/// Repairs the projects in memory. Nothing is written to `files`.
#[must_use]
pub fn repair(files: Arc<dyn Files>, job: &Job<'_>) -> Repaired {
    let mut work = Work {
        overlay: Overlay::over(files),
        job,
        files: BTreeMap::new(),
        fixed: Vec::new(),
        tried: HashSet::new(),
        suspects: HashSet::new(),
        refused: BTreeMap::new(),
    };
    let mut found = Found::of(&work.overlay, job);
    for _ in 0..MAX_ROUNDS {
        let candidates = work.candidates(&found);
        if candidates.is_empty() {
            break;
        }
        let before = work.overlay.written();
        let Some(round) = work.make(&found, &candidates) else { continue };
        let after = Found::of(&work.overlay, job);
        let harmed = after.harmed(&found);
        if after.report.failures.len() > found.report.failures.len() || !harmed.is_empty() {
            work.overlay.restore(before);
            work.blame(round, &harmed);
        } else {
            work.keep(round, &after);
            found = after;
        }
    }
    let changes = work.changes();
    let Work { fixed, refused, .. } = work;
    let Found { mut report, sources } = found;
    report.fixed = Some(fixed.len());
    report.unsafe_fixes = job.unsafe_fixes;
    Repaired { report, sources, changes, fixed, refused }
}

/// What the rules find in the files as they are now.
struct Found {
    report: Report,
    sources: SourceMap,
}

impl Found {
    fn of(overlay: &Overlay, job: &Job<'_>) -> Self {
        let sources = SourceMap::new(overlay.clone());
        let report = crate::check(&sources, job.requests, job.settings, job.directory.to_path_buf());
        Self { report, sources }
    }

    /// The files of projects that Compose takes no more.
    fn harmed(&self, before: &Found) -> Vec<PathBuf> {
        let refused = |found: &Found, files: &[PathBuf]| {
            found.report.projects.iter().any(|project| project.refused && project.files == files)
        };
        let projects = self.report.projects.iter().filter(|project| project.refused);
        let harmed = projects.filter(|project| !refused(before, &project.files));
        harmed.flat_map(|project| project.files.clone()).collect()
    }

    /// What tells the fix of a finding from all others, wherever lines have moved to.
    fn name(&self, finding: &Finding, fix: &Fix) -> Name {
        let mut files = self.files_of(fix);
        files.extend(self.sources.file(finding.at).map(|file| file.path.clone()));
        (finding.rule, files, finding.message.clone(), fix.title.clone())
    }

    fn names(&self) -> HashSet<Name> {
        let named = |finding: &Finding| finding.fix.as_ref().map(|fix| self.name(finding, fix));
        self.report.findings.iter().filter_map(named).collect()
    }

    /// The files that the edits stand in, each once.
    fn files_of(&self, fix: &Fix) -> Vec<PathBuf> {
        let file = |edit: &Edit| self.sources.file(edit.span).map(|file| file.path.clone());
        let mut files: Vec<PathBuf> = fix.edits.iter().filter_map(file).collect();
        files.sort();
        files.dedup();
        files
    }
}

/// Rule, files, message and the fix's title.
type Name = (&'static str, Vec<PathBuf>, String, String);

/// A fix that is to be made.
struct Candidate<'a> {
    name: Name,
    finding: &'a Finding,
    fix: &'a Fix,
}

/// What a round has made.
struct Round {
    changes: Vec<Change>,
    made: Vec<(Name, Fixed)>,
    /// Fixes that had to wait for others.
    waiting: HashSet<Name>,
}

struct Work<'a> {
    overlay: Overlay,
    job: &'a Job<'a>,
    /// By canonical path: the name by which a changed file was read, and its text on disk.
    files: BTreeMap<PathBuf, (PathBuf, Arc<str>)>,
    fixed: Vec<Fixed>,
    /// Fixes that are not made again: they can't be made, did not end their finding, or did harm.
    tried: HashSet<Name>,
    /// Fixes of which one has done harm: made one at a time.
    suspects: HashSet<Name>,
    refused: BTreeMap<PathBuf, String>,
}

impl Work<'_> {
    /// The fixes that are wanted and may be made.
    fn candidates<'f>(&mut self, found: &'f Found) -> Vec<Candidate<'f>> {
        let roots = self.roots(&found.report);
        // A folder may be reached by two names; then one of its files' names is as good as the other.
        let mut names: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        let mut candidates = Vec::new();
        let mut suspected = false;
        for finding in &found.report.findings {
            let wanted = |fix: &&Fix| self.job.unsafe_fixes || fix.applicability == Applicability::Safe;
            let Some(fix) = finding.fix.as_ref().filter(wanted) else { continue };
            let name = found.name(finding, fix);
            let suspect = self.suspects.contains(&name);
            if self.tried.contains(&name) || suspect && suspected {
                continue;
            }
            let mut free = true;
            for path in found.files_of(fix) {
                free &= self.may_change(&path, &roots);
                let first = names.entry(self.overlay.canonical(&path)).or_insert_with(|| path.clone());
                free &= *first == path;
            }
            if free {
                suspected |= suspect;
                candidates.push(Candidate { name, finding, fix });
            }
        }
        candidates
    }

    /// Makes of them what can be made together; `None` when that is nothing.
    fn make(&mut self, found: &Found, candidates: &[Candidate<'_>]) -> Option<Round> {
        let fixes: Vec<&Fix> = candidates.iter().map(|candidate| candidate.fix).collect();
        let plan = fix::plan(&found.sources, &fixes);
        let name = |index: &usize| candidates.get(*index).map(|candidate| candidate.name.clone());
        if plan.changes.is_empty() || !plan.write(&self.overlay).is_empty() {
            self.tried.extend(candidates.iter().map(|candidate| candidate.name.clone()));
            return None;
        }
        let (waiting, never): (Vec<_>, Vec<_>) =
            plan.dropped.iter().partition(|(_, reason)| *reason == Reason::Overlap);
        self.tried.extend(never.iter().filter_map(|(index, _)| name(index)));
        let made = plan.applied.iter().filter_map(|index| candidates.get(*index));
        let made = made.map(|Candidate { name, finding, fix }| {
            let (service, message, title) =
                (finding.service.clone(), finding.message.clone(), fix.title.clone());
            let files = found.files_of(fix);
            (name.clone(), Fixed { rule: finding.rule, service, message, title, files })
        });
        Some(Round {
            made: made.collect(),
            waiting: waiting.iter().filter_map(|(index, _)| name(index)).collect(),
            changes: plan.changes,
        })
    }

    /// Takes note of a round after which Compose takes some projects no more.
    fn blame(&mut self, round: Round, harmed: &[PathBuf]) {
        let mut names: Vec<Name> = round.made.iter().map(|(name, _)| name.clone()).collect();
        if let Some(name) = names.iter().find(|name| self.suspects.contains(name)) {
            self.tried.insert(name.clone());
            return;
        }
        let near = |fixed: &Fixed| fixed.files.iter().any(|file| harmed.contains(file));
        if round.made.iter().any(|(_, fixed)| near(fixed)) {
            names = round.made.into_iter().filter(|(_, fixed)| near(fixed)).map(|(name, _)| name).collect();
        }
        self.suspects.extend(names);
    }

    /// Counts the fixes of a round, after which `found` is left, as made.
    fn keep(&mut self, round: Round, found: &Found) {
        for change in round.changes {
            let canonical = self.overlay.canonical(&change.file.path);
            let first = (change.file.path.clone(), change.file.text.clone());
            self.files.entry(canonical).or_insert(first);
        }
        let left = found.names();
        for (name, fixed) in round.made {
            if left.contains(&name) && !round.waiting.contains(&name) {
                self.tried.insert(name);
            } else {
                self.fixed.push(fixed);
            }
        }
    }

    /// The folders, and the files, that may be changed: canonical paths.
    fn roots(&self, report: &Report) -> Vec<PathBuf> {
        let files = report.projects.iter().flat_map(|project| &project.files);
        let folders = report.projects.iter().filter_map(|project| project.files.first()?.parent());
        let all =
            self.job.within.iter().map(PathBuf::as_path).chain(folders).chain(files.map(PathBuf::as_path));
        let mut roots: Vec<PathBuf> = all.map(|path| self.overlay.canonical(path)).collect();
        roots.sort();
        roots.dedup();
        roots
    }

    /// Whether a file may be changed; takes note of it where it may not.
    fn may_change(&mut self, path: &Path, roots: &[PathBuf]) -> bool {
        let Some(why) = self.refusal(path, roots) else { return true };
        self.refused.insert(path.to_path_buf(), why);
        false
    }

    fn refusal(&self, path: &Path, roots: &[PathBuf]) -> Option<String> {
        let canonical = self.overlay.canonical(path);
        if self.overlay.is_link(path) {
            let target = shown(&canonical, self.job.directory);
            return Some(format!("is a symbolic link; check `{target}` itself to change it"));
        }
        if !roots.iter().any(|root| canonical.starts_with(root)) {
            return Some("lies outside the folders that are checked; name it to change it".to_string());
        }
        self.overlay.writable(path).err().map(|error: WriteError| error.to_string())
    }

    fn changes(&self) -> Vec<Changed> {
        let written = self.overlay.written();
        let changed = |(canonical, (path, before)): (&PathBuf, &(PathBuf, Arc<str>))| {
            let after = String::from_utf8(written.get(canonical)?.clone()).ok()?;
            let changed = Changed { path: path.clone(), before: before.clone(), after };
            (*changed.before != *changed.after).then_some(changed)
        };
        self.files.iter().filter_map(changed).collect()
    }
}
