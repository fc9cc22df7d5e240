//! What a run found, and the ways to write it down.

mod concise;
pub mod diff;
mod environment;
mod excerpt;
mod github;
mod gitlab;
pub mod json;
pub mod mask;
mod once;
pub mod page;
pub mod paint;
mod place;
mod printable;
mod rdjson;
pub mod said;
mod sarif;
mod screen;
mod statistics;
mod text;
pub mod wrap;
mod xml;

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use environment::{EnvironmentFormat, Sheet, Sheets, write as write_environments};
pub use place::{Place, shown};
pub use printable::{ascii, printable};
pub use screen::{ColorChoice, Screen};
pub use statistics::write as write_statistics;

use crate::baseline::{self, Entry};
use crate::config::Settings;
use crate::finding::{Applicability, Finding, Severity};
use crate::programs::Skipped;
use crate::source::{SourceMap, Span};
use crate::suppress::Suppressed;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Pictures of the source, for people
    #[default]
    Text,
    /// One line a finding
    Concise,
    /// For programs; docs/json.md describes it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's Code Quality report
    Gitlab,
    /// A report of tests, one failed test a finding
    Junit,
    /// Checkstyle's report
    Checkstyle,
    /// Reviewdog's diagnostic format
    Rdjson,
}

impl Format {
    /// Whether people read it as it is; all others are documents that are written even when there is nothing to say.
    #[must_use]
    pub const fn is_for_people(self) -> bool {
        matches!(self, Self::Text | Self::Concise | Self::Github)
    }
}

/// A project that was checked.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Its name.
    pub name: String,
    /// Its compose files, in the order they were merged.
    pub files: Vec<PathBuf>,
    /// How many services it defines.
    pub services: usize,
    /// Their names.
    pub names: Vec<String>,
    /// The files that are its own: compose files, env files, Dockerfiles, what its services load.
    pub read: Vec<PathBuf>,
    /// Whether Compose refuses it.
    pub refused: bool,
    /// Whether all of its profiles were taken, because nothing runs without one and none was asked for.
    pub every_profile: bool,
    /// The declared stack that it is.
    pub stack: Option<String>,
    /// Where a script or note starts it, while its folder holds another.
    pub said: Option<said::Said>,
    /// What the rules found, unsorted.
    pub findings: Vec<Finding>,
    /// What comments in its files accept, unsorted.
    pub suppressed: Vec<Suppressed>,
    /// What its services may run and could not be read.
    pub skipped: Vec<Skipped>,
}

impl Checked {
    /// Takes out the findings that are not sure enough to be shown.
    pub fn hide(&mut self, settings: &Settings) -> Vec<Finding> {
        self.suppressed.retain(|suppressed| settings.shows(&suppressed.finding));
        let (shown, hidden) =
            std::mem::take(&mut self.findings).into_iter().partition(|finding| settings.shows(finding));
        self.findings = shown;
        hidden
    }
}

/// A project that could not be loaded at all.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Why, in the style of a message.
    pub message: String,
}

/// What a baseline says of a run.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The findings that it knows: in order, no longer among [`Report::findings`].
    pub findings: Vec<Finding>,
    /// What it knows and the run did not find any more.
    pub stale: Vec<Entry>,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// The projects in the order they were asked for. Their findings are in [`Report::findings`].
    pub projects: Vec<Checked>,
    /// All findings: sorted by file, line, column and rule, the same one only once.
    pub findings: Vec<Finding>,
    /// What comments accept, sorted in the same way. It is none of the findings.
    pub suppressed: Vec<Suppressed>,
    /// What services may run and could not be read: sorted, each once.
    pub skipped: Vec<Skipped>,
    /// What could not be loaded.
    pub failures: Vec<Failure>,
    /// How many findings were left out because they are not sure enough.
    pub unsure: usize,
    /// Those findings.
    pub hidden: Vec<Finding>,
    /// What the baseline says, where there is one.
    pub known: Option<Known>,
    /// How many projects were left out because nothing of theirs has changed, where that was asked for.
    pub unchanged: Option<usize>,
    /// To which of the projects findings of a rule at a place belong.
    pub owners: HashMap<(Span, &'static str), usize>,
    /// How many findings were fixed, if that was asked for; they are not among [`Report::findings`].
    pub fixed: Option<usize>,
    /// Whether unsafe fixes count as fixes.
    pub unsafe_fixes: bool,
    /// How many files were read.
    pub files_read: usize,
    /// How long it took.
    pub elapsed: Duration,
    /// The directory that paths are shown relative to.
    pub directory: PathBuf,
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Advice.
    pub advice: usize,
}

impl Report {
    /// Puts the findings of the projects in order. The same finding in several projects, as when
    /// two variants of a project share a file, stays with the first of them.
    #[must_use]
    pub fn new(mut projects: Vec<Checked>, sources: &SourceMap, directory: PathBuf) -> Self {
        let mut findings = Vec::new();
        let (mut suppressed, mut owners) = (Vec::new(), HashMap::new());
        for (index, project) in projects.iter_mut().enumerate() {
            // What stands nowhere is shown at the start of the project's file.
            let start = project.files.first().and_then(|path| sources.load(path).ok());
            let start = start.map(|file| file.span().start());
            let placed = |finding: Finding| {
                let at = if finding.at.is_none() { start.unwrap_or_default() } else { finding.at };
                Finding { at, ..finding }
            };
            for finding in std::mem::take(&mut project.findings).into_iter().map(placed) {
                owners.entry((finding.at, finding.rule)).or_insert(index);
                findings.push(finding);
            }
            let accepted = std::mem::take(&mut project.suppressed).into_iter();
            suppressed.extend(accepted.map(|it| Suppressed { finding: placed(it.finding), ..it }));
        }
        let findings = in_order(findings, |finding| finding, sources, &directory);
        let suppressed = in_order(suppressed, |suppressed| &suppressed.finding, sources, &directory);
        let mut skipped: Vec<Skipped> =
            projects.iter_mut().flat_map(|project| std::mem::take(&mut project.skipped)).collect();
        skipped.sort();
        skipped.dedup();
        let files_read = sources.len();
        Self { projects, findings, suppressed, skipped, files_read, directory, owners, ..Self::default() }
    }

    /// The place of the finding's project among [`Report::projects`].
    #[must_use]
    pub fn owner(&self, finding: &Finding) -> usize {
        self.owners.get(&(finding.at, finding.rule)).copied().unwrap_or_default()
    }

    /// Tells what is true of several services for one reason as one finding. Baselines and fixes, which look at each
    /// service, come before this.
    pub fn tell_once(&mut self) {
        self.findings = once::once(std::mem::take(&mut self.findings));
    }

    /// All findings with their fingerprints, those first that a baseline knows, and whether one knows them.
    #[must_use]
    pub fn fingerprinted(&self, sources: &SourceMap) -> Vec<(&Finding, String, bool)> {
        let known = self.known.iter().flat_map(|known| &known.findings).map(|finding| (finding, true));
        let all: Vec<(&Finding, bool)> =
            known.chain(self.findings.iter().map(|finding| (finding, false))).collect();
        let prints =
            baseline::fingerprints(all.iter().map(|(finding, _)| *finding), sources, &self.directory);
        all.into_iter().zip(prints).map(|((finding, known), print)| (finding, print, known)).collect()
    }

    /// What is suppressed, with fingerprints: such as leave those of the findings as they are.
    #[must_use]
    pub fn suppressed(&self, sources: &SourceMap) -> Vec<(&Suppressed, String)> {
        let known = self.known.iter().flat_map(|known| &known.findings);
        let accepted = self.suppressed.iter().map(|suppressed| &suppressed.finding);
        let all = known.chain(&self.findings).chain(accepted);
        let mut prints = baseline::fingerprints(all, sources, &self.directory);
        let own = prints.split_off(prints.len().saturating_sub(self.suppressed.len()));
        self.suppressed.iter().zip(own).collect()
    }

    /// How many findings there are of each severity.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let count = |severity| self.findings.iter().filter(|finding| finding.severity == severity).count();
        Counts {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            advice: count(Severity::Advice),
        }
    }

    /// One line: how much was found, in how many projects and files, and how long it took.
    #[must_use]
    pub fn summary(&self) -> String {
        let Counts { errors, warnings, advice } = self.counts();
        let mut found: Vec<String> = Vec::new();
        for (count, one, many) in [(errors, "error", "errors"), (warnings, "warning", "warnings")] {
            if count > 0 {
                found.push(number(count, one, many));
            }
        }
        if advice > 0 {
            found.push(format!("{advice} advice"));
        }
        let found = if found.is_empty() { "nothing to report".to_string() } else { found.join(", ") };
        let suppressed = match self.suppressed.len() {
            0 => String::new(),
            count => format!("; {count} suppressed"),
        };
        let unsure = match self.unsure {
            0 => String::new(),
            count => format!("; {count} less sure (--min-confidence possible)"),
        };
        let skipped = match self.skipped.len() {
            0 => String::new(),
            count => format!("; {} skipped (--verbose)", number(count, "source", "sources")),
        };
        let known = match &self.known {
            Some(known) if !known.findings.is_empty() => {
                format!("; {} known (--baseline)", known.findings.len())
            }
            _ => String::new(),
        };
        let unchanged = match self.unchanged {
            Some(count) if count > 0 => {
                format!("; {} unchanged (--changed-since)", number(count, "project", "projects"))
            }
            _ => String::new(),
        };
        let fixes = self.fixes();
        format!(
            "{found} in {} ({} read, {}){fixes}{suppressed}{known}{unsure}{skipped}{unchanged}",
            number(self.projects.len(), "project", "projects"),
            number(self.files_read, "file", "files"),
            duration(self.elapsed),
        )
    }

    /// One line for a run that only shows fixes: what [`Report::fixed`] says would be so.
    #[must_use]
    pub fn foreseen(&self, files: usize) -> String {
        let fixed = self.fixed.unwrap_or_default();
        let would = match fixed {
            0 => "nothing would be fixed".to_string(),
            _ => format!(
                "{} would be fixed in {}",
                number(fixed, "finding", "findings"),
                number(files, "file", "files")
            ),
        };
        would + self.fixes().strip_prefix(&format!("; {fixed} fixed")).unwrap_or_default()
    }

    /// What fixes have done or could do, for the summary.
    fn fixes(&self) -> String {
        let count = |applicability| {
            let is = |finding: &&Finding| {
                finding.fix.as_ref().is_some_and(|fix| fix.applicability == applicability)
            };
            self.findings.iter().filter(is).count()
        };
        let (safe, more) = match (count(Applicability::Safe), count(Applicability::Unsafe)) {
            (safe, more) if self.unsafe_fixes => (safe + more, 0),
            counts => counts,
        };
        match (self.fixed, safe, more) {
            (None, 0, 0) => String::new(),
            (None, 0, more) => format!("; {more} fixable with --fix --unsafe-fixes"),
            (None, safe, 0) => format!("; {safe} fixable with --fix"),
            (None, safe, more) => format!("; {safe} fixable with --fix, {more} more with --unsafe-fixes"),
            (Some(fixed), _, 0) => format!("; {fixed} fixed"),
            (Some(fixed), _, more) => format!("; {fixed} fixed, {more} more with --unsafe-fixes"),
        }
    }

    /// Writes the report. Text is followed by its summary unless `screen` is quiet.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(
        &self,
        format: Format,
        sources: &SourceMap,
        screen: &Screen,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match format {
            Format::Text => text::write(self, sources, screen, out),
            Format::Concise => concise::write(self, sources, out),
            Format::Json => json::write(self, sources, out),
            Format::Sarif => sarif::write(self, sources, out),
            Format::Github => github::write(self, sources, out),
            Format::Gitlab => gitlab::write(self, sources, out),
            Format::Junit => xml::junit(self, sources, out),
            Format::Checkstyle => xml::checkstyle(self, sources, out),
            Format::Rdjson => rdjson::write(self, sources, out),
        }
    }
}

/// Sorted by place, rule, service and message, the same one only once: the first project's. The sort is stable.
fn in_order<T>(
    items: Vec<T>,
    finding: impl Fn(&T) -> &Finding,
    sources: &SourceMap,
    directory: &Path,
) -> Vec<T> {
    let key = |item: &T| {
        let finding = finding(item);
        let place = Place::of(sources, directory, finding.at);
        (place, finding.rule, finding.service.clone(), finding.message.clone())
    };
    let mut keyed: Vec<_> = items.into_iter().map(|item| (key(&item), item)).collect();
    keyed.sort_by(|(left, _), (right, _)| left.cmp(right));
    keyed.dedup_by(|(later, _), (first, _)| later == first);
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// The word of a severity, as every format writes it.
#[must_use]
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    }
}

/// A message as it may be shown: one line, secrets masked, nothing that moves a cursor.
#[must_use]
pub fn one_line(text: &str) -> String {
    printable(&mask::message(text))
}

/// A count and what is counted.
#[must_use]
pub fn number(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn duration(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        _ => format!("{:.1} s", elapsed.as_secs_f64()),
    }
}
