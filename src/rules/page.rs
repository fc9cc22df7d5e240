//! A rule's page: front matter, and the projects that show when the rule speaks.

use serde::Deserialize;

use crate::finding::{Applicability, Confidence, Severity};

/// Who sees a rule without asking for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// On unless switched off.
    Default,
    /// Absences of protection; off unless asked for.
    Hardening,
    /// Taste; off unless asked for.
    Pedantic,
}

/// The level in a page's front matter, found without parsing it.
#[must_use]
pub fn level(page: &str) -> Level {
    let front = page.split("\n---\n").next().unwrap_or(page);
    match front.lines().find_map(|line| line.strip_prefix("level:")).map(str::trim) {
        Some("hardening") => Level::Hardening,
        Some("pedantic") => Level::Pedantic,
        _ => Level::Default,
    }
}

/// The front matter of a page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// One line: what the rule finds.
    pub summary: String,
    /// What happens if it is ignored.
    pub severity: Severity,
    /// How sure its findings are when nothing lowers that.
    pub confidence: Confidence,
    /// Who sees it.
    pub level: Level,
    /// The group it belongs to.
    pub category: String,
    /// The version that brought it.
    pub since: String,
    /// Whether it offers fixes.
    #[serde(default)]
    pub fix: Option<Applicability>,
    /// Where the facts come from.
    #[serde(default)]
    pub references: Vec<String>,
}

impl Meta {
    /// The front matter of a page. Pages are part of the program and tested, so a page that
    /// can't be read gives a placeholder that the tests refuse.
    #[must_use]
    pub fn of(page: &str) -> Self {
        let front =
            page.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map(|(front, _)| front);
        front.and_then(|front| serde_yaml::from_str(front).ok()).unwrap_or_else(|| Self {
            summary: String::new(),
            severity: Severity::Warning,
            confidence: Confidence::Possible,
            level: Level::Default,
            category: String::new(),
            since: String::new(),
            fix: None,
            references: Vec::new(),
        })
    }
}

/// The page without its front matter.
#[must_use]
pub fn body(page: &str) -> &str {
    page.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map_or(page, |(_, body)| body)
}

/// The file that a code block of a page is: `src/app.py` of ```` ```python title=src/app.py ````.
#[must_use]
pub fn block_title(info: &str) -> Option<&str> {
    info.split_whitespace().find_map(|word| word.strip_prefix("title="))
}
