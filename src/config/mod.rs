//! What a run is asked for: which rules speak, how sure they must be, and when the run fails; and what a project
//! says of itself in its configuration file.

pub mod file;
pub mod keys;
mod overrides;
mod reader;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use file::ConfigFile;
pub use overrides::Override;

use crate::compose::LoadOptions;
use crate::finding::{Confidence, Finding, Severity};
use crate::rules::suppressions::{CATEGORY, WITHOUT_REASON};
use crate::rules::{ALL, Rule, page::Level};
use crate::source::SourceMap;

/// The choices of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Rules up to this level speak.
    pub level: Level,
    /// Findings less sure than this are left out.
    pub min_confidence: Confidence,
    /// When not empty, only these rules speak, whatever their level.
    pub select: Vec<String>,
    /// Rules that do not speak.
    pub ignore: Vec<String>,
    /// The run fails on findings of at least this severity; `None`: never.
    pub fail_on: Option<Severity>,
    /// Severities that take the place of the rules' own.
    pub severity: BTreeMap<String, Severity>,
    /// What is different in some files, the later over the earlier.
    pub overrides: Vec<Override>,
    /// Whether suppressions must say why.
    pub require_reason: bool,
    /// The settings of projects that have a configuration file of their own, by their folder.
    pub projects: BTreeMap<PathBuf, Settings>,
}

/// What the command line asks for; what it leaves open, the configuration file says.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// [`Settings::level`]
    pub level: Option<Level>,
    /// [`Settings::min_confidence`]
    pub min_confidence: Option<Confidence>,
    /// [`Settings::select`]
    pub select: Vec<String>,
    /// [`Settings::ignore`]
    pub ignore: Vec<String>,
    /// [`Settings::fail_on`]
    pub fail_on: Option<Option<Severity>>,
}

impl Choices {
    /// These choices over those of a configuration file, and both over the defaults. Who names rules or a level on
    /// the command line wants those, whatever the file selects; `--ignore` adds to what the file ignores.
    #[must_use]
    pub fn over(&self, file: Option<&ConfigFile>) -> Settings {
        let none = ConfigFile::default();
        let file = file.unwrap_or(&none);
        let default = Settings::default();
        let select = match (self.select.is_empty(), self.level) {
            (false, _) => self.select.clone(),
            (true, Some(_)) => Vec::new(),
            (true, None) => file.select.clone(),
        };
        let mut ignore = self.ignore.clone();
        if self.select.is_empty() {
            ignore.extend(file.ignore.iter().cloned());
        }
        Settings {
            level: self.level.or(file.level).unwrap_or(default.level),
            min_confidence: self.min_confidence.or(file.min_confidence).unwrap_or(default.min_confidence),
            select,
            ignore,
            fail_on: self.fail_on.or(file.fail_on).unwrap_or(default.fail_on),
            severity: file.severity.clone(),
            overrides: file.overrides.clone(),
            require_reason: file.require_reason && self.select.is_empty(),
            projects: BTreeMap::new(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            level: Level::Default,
            min_confidence: Confidence::Likely,
            select: Vec::new(),
            ignore: Vec::new(),
            fail_on: Some(Severity::Warning),
            severity: BTreeMap::new(),
            overrides: Vec::new(),
            require_reason: false,
            projects: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// The rules of one group alone, those of the default level.
    #[must_use]
    pub fn of_group(group: &str) -> Self {
        let default = Self::default();
        let rules = ALL.iter().filter(|rule| rule.level() <= default.level && rule.meta().category == group);
        Self { select: rules.map(|rule| rule.name.to_string()).collect(), ..default }
    }

    /// The settings for a project.
    #[must_use]
    pub fn of(&self, request: &LoadOptions) -> &Settings {
        self.projects.get(&request.folder()).unwrap_or(self)
    }

    /// Gives findings the severities that are asked for, and takes out those that are ignored where they stand.
    pub fn settle(&self, sources: &SourceMap, findings: &mut Vec<Finding>) {
        if self.severity.is_empty() && self.overrides.is_empty() {
            return;
        }
        findings.retain_mut(|finding| self.keeps(sources, finding));
    }

    /// As [`Settings::settle`], for one finding: whether it stays.
    pub fn keeps(&self, sources: &SourceMap, finding: &mut Finding) -> bool {
        if let Some(severity) = self.severity.get(finding.rule) {
            finding.severity = *severity;
        }
        let file = if self.overrides.is_empty() { None } else { sources.file(finding.at) };
        let Some(file) = file else { return true };
        let mut kept = true;
        for other in self.overrides.iter().filter(|other| other.matches(&file.path)) {
            kept &= !other.ignore.iter().any(|name| name == finding.rule);
            if let Some(severity) = other.severity.get(finding.rule) {
                finding.severity = *severity;
            }
        }
        kept
    }

    /// Whether the rule speaks in this run.
    #[must_use]
    pub fn enables(&self, rule: &Rule) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == rule.name);
        let wanted = if self.select.is_empty() { rule.level() <= self.level } else { named(&self.select) };
        let required = self.require_reason && rule.name == WITHOUT_REASON.name;
        (wanted || required) && !named(&self.ignore)
    }

    /// The rules to ask: those that speak, and those that suppressions name when suppressions are what is asked about.
    pub fn asked(&self, named: impl Iterator<Item = &'static Rule>) -> Vec<&'static Rule> {
        let about = |rule: &&&Rule| {
            rule.meta().category == CATEGORY && self.select.iter().any(|name| name == rule.name)
        };
        let suppressions = !self.select.is_empty() && ALL.iter().any(|rule| about(&rule));
        let named: Vec<&str> = if suppressions { named.map(|rule| rule.name).collect() } else { Vec::new() };
        let ignored = |rule: &Rule| self.ignore.iter().any(|name| name == rule.name);
        let also = |rule: &Rule| named.contains(&rule.name) && !ignored(rule);
        ALL.iter().copied().filter(|rule| self.enables(rule) || also(rule)).collect()
    }

    /// Whether findings of this rule are among those that are asked for.
    #[must_use]
    pub fn speaks(&self, finding: &Finding) -> bool {
        ALL.iter().any(|rule| rule.name == finding.rule && self.enables(rule))
    }

    /// The rules that speak.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        ALL.iter().copied().filter(|rule| self.enables(rule))
    }

    /// Whether the finding is sure enough to be shown.
    #[must_use]
    pub fn shows(&self, finding: &Finding) -> bool {
        finding.confidence >= self.min_confidence
    }

    /// Whether the finding makes the run fail.
    #[must_use]
    pub fn fails_on(&self, finding: &Finding) -> bool {
        self.fail_on.is_some_and(|least| finding.severity >= least)
    }
}
