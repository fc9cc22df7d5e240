//! `dockworthy rules`: the list of them.

use std::fmt::Write as _;

use serde::Serialize;

use super::{CLEAN, Failed, Shared, print};
use crate::finding::{Applicability, Confidence, Severity};
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
pub struct Arguments {
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Serialize)]
struct Item {
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
    match arguments.format {
        Format::Json => {
            let items: Vec<Item> = ALL.iter().map(|rule| Item::from(*rule)).collect();
            let text = serde_json::to_string_pretty(&items).map_err(std::io::Error::from)?;
            print(&format!("{text}\n"))?;
        }
        Format::Text => print(&table(&arguments.shared))?,
    }
    Ok(CLEAN)
}

fn table(shared: &Shared) -> String {
    let screen = shared.screen();
    let mut rules: Vec<&Rule> = ALL.to_vec();
    rules.sort_by_key(|rule| (rule.meta().category.as_str(), rule.name));
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut category = "";
    for rule in rules {
        let meta = rule.meta();
        if meta.category != category {
            let gap = if category.is_empty() { "" } else { "\n" };
            category = &meta.category;
            let _ = writeln!(text, "{gap}{category}");
        }
        let level = match meta.level {
            Level::Default => "",
            Level::Hardening => " (hardening)",
            Level::Pedantic => " (pedantic)",
        };
        let indent = width + 13;
        let summary = super::explain::fill(&format!("{}{level}", meta.summary), screen.width, indent);
        let _ =
            writeln!(text, "  {:width$}  {:7}  {}", rule.name, severity(meta.severity), summary.trim_start());
    }
    text
}
