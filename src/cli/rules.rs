//! `dockworthy rules`: the list of them, or of some.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::selection::UpTo;
use super::{CLEAN, Failed, Shared, print, suggest};
use crate::finding::{Applicability, Confidence, Severity};
use crate::report::page::fill;
use crate::report::paint::Style;
use crate::report::severity;
use crate::rules::{ALL, Rule, page::Level};

/// How the list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dockworthy rules --category wiring
  dockworthy rules --level hardening,pedantic --severity warning
  dockworthy rules --fixable --format json")]
pub struct Arguments {
    /// Only the rules of these levels
    #[arg(long, value_enum, value_name = "LEVEL", value_delimiter = ',')]
    level: Vec<UpTo>,
    /// Only the rules of these categories
    #[arg(long, value_name = "CATEGORY", value_delimiter = ',')]
    category: Vec<String>,
    /// Only the rules of these severities
    #[arg(long, value_enum, value_name = "SEVERITY", value_delimiter = ',')]
    severity: Vec<Severe>,
    /// Only the rules that offer fixes
    #[arg(long)]
    fixable: bool,
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Severe {
    Advice,
    Warning,
    Error,
}

/// A rule for programs.
#[derive(Serialize)]
pub struct Item {
    name: &'static str,
    summary: &'static str,
    severity: Severity,
    confidence: Confidence,
    level: Level,
    category: &'static str,
    since: &'static str,
    fix: Option<Applicability>,
    references: &'static [String],
}

impl From<&'static Rule> for Item {
    fn from(rule: &'static Rule) -> Self {
        let meta = rule.meta();
        Self {
            name: rule.name,
            summary: &meta.summary,
            severity: meta.severity,
            confidence: meta.confidence,
            level: meta.level,
            category: &meta.category,
            since: &meta.since,
            fix: meta.fix,
            references: &meta.references,
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let rules = arguments.rules()?;
    match arguments.format {
        Format::Json => {
            let items: Vec<Item> = rules.into_iter().map(Item::from).collect();
            let text = serde_json::to_string_pretty(&items).map_err(std::io::Error::from)?;
            print(&format!("{text}\n"))?;
        }
        Format::Text => print(&table(rules, &arguments.shared))?,
    }
    Ok(CLEAN)
}

impl Arguments {
    /// The rules that all of the filters let through.
    fn rules(&self) -> Result<Vec<&'static Rule>, Failed> {
        let known: BTreeSet<&str> = ALL.iter().map(|rule| rule.meta().category.as_str()).collect();
        if let Some(name) = self.category.iter().find(|name| !known.contains(name.as_str())) {
            let hint = match suggest::nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are `{}`", known.into_iter().collect::<Vec<_>>().join("`, `")),
            };
            let name = crate::report::printable(name);
            return Err(Failed::Asked(format!("there is no category `{name}`; {hint}")));
        }
        let levels: Vec<Level> = self.level.iter().map(|level| Level::from(*level)).collect();
        let severities: Vec<Severity> = self.severity.iter().map(|severity| severity.meant()).collect();
        let wanted = |rule: &&Rule| {
            let meta = rule.meta();
            (levels.is_empty() || levels.contains(&meta.level))
                && (self.category.is_empty() || self.category.contains(&meta.category))
                && (severities.is_empty() || severities.contains(&meta.severity))
                && (!self.fixable || meta.fix.is_some())
        };
        Ok(ALL.iter().copied().filter(wanted).collect())
    }
}

impl Severe {
    const fn meant(self) -> Severity {
        match self {
            Self::Advice => Severity::Advice,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}

fn table(mut rules: Vec<&Rule>, shared: &Shared) -> String {
    let screen = shared.screen();
    rules.sort_by_key(|rule| (rule.meta().category.as_str(), rule.name));
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut category = "";
    for rule in rules {
        let meta = rule.meta();
        if meta.category != category {
            let gap = if category.is_empty() { "" } else { "\n" };
            category = &meta.category;
            let _ = writeln!(text, "{gap}{}", Style::Strong.paint(category, &screen));
        }
        let level = match meta.level {
            Level::Default => "",
            Level::Hardening => " (hardening)",
            Level::Pedantic => " (pedantic)",
        };
        let summary = format!("{}{level}", meta.summary);
        let (name, severity) = (rule.name, severity(meta.severity));
        let indent = width + 13;
        if screen.width < indent + 24 {
            // No room beside it.
            let _ = writeln!(text, "  {name}  {severity}\n{}", fill(&summary, screen.width, 4));
            continue;
        }
        let summary = fill(&summary, screen.width, indent);
        let _ = writeln!(text, "  {name:width$}  {severity:7}  {}", summary.trim_start());
    }
    if screen.unicode { text } else { text.lines().map(|line| crate::report::ascii(line) + "\n").collect() }
}
