//! What a run is asked for: which rules speak, how sure they must be, and when the run fails; and what a project
//! says of itself in its configuration file.

pub mod file;

use crate::finding::{Confidence, Finding, Severity};
use crate::rules::{ALL, Rule, page::Level};

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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            level: Level::Default,
            min_confidence: Confidence::Likely,
            select: Vec::new(),
            ignore: Vec::new(),
            fail_on: Some(Severity::Warning),
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

    /// Whether the rule speaks in this run.
    #[must_use]
    pub fn enables(&self, rule: &Rule) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == rule.name);
        let wanted = if self.select.is_empty() { rule.level() <= self.level } else { named(&self.select) };
        wanted && !named(&self.ignore)
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
