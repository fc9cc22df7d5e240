//! `dockworthy explain RULE…`: their pages, made readable in a terminal.

use serde::Serialize;

use super::rules::Item;
use super::{CLEAN, Failed, Shared, print, suggest};
use crate::report::page::{fill, markdown};
use crate::report::paint::Style;
use crate::report::{Screen, severity};
use crate::rules::{Rule, page};

/// How pages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For a terminal
    #[default]
    Text,
    /// As they are written
    Markdown,
    /// For programs: a list, with the page of each as Markdown
    Json,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dockworthy explain unknown-host
  dockworthy explain wrong-port unknown-host --format markdown")]
pub struct Arguments {
    /// The rules; `dockworthy rules` lists them
    #[arg(
        value_name = "RULE",
        value_delimiter = ',',
        hide_possible_values = true,
        value_parser = suggest::RuleNames
    )]
    rules: Vec<String>,
    /// How to write the pages
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    shared: Shared,
}

/// A rule and its page.
#[derive(Serialize)]
struct Page {
    #[serde(flatten)]
    rule: Item,
    explanation: &'static str,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    if arguments.rules.is_empty() {
        return Err(Failed::Asked("which rule? `dockworthy rules` lists all of them".to_string()));
    }
    let mut rules: Vec<&'static Rule> = Vec::new();
    for name in &arguments.rules {
        rules.push(suggest::rule(name).map_err(Failed::Asked)?);
    }
    let text = match arguments.format {
        Format::Text => {
            let screen = arguments.shared.screen();
            rules.iter().map(|rule| text(rule, &screen)).collect::<Vec<_>>().join("\n\n")
        }
        Format::Markdown => {
            let page = |rule: &&Rule| format!("# {}\n\n{}\n", rule.name, page::body(rule.page).trim());
            rules.iter().map(page).collect::<Vec<_>>().join("\n")
        }
        Format::Json => {
            let page = |rule: &'static Rule| Page {
                rule: Item::from(rule),
                explanation: page::body(rule.page).trim(),
            };
            let pages: Vec<Page> = rules.into_iter().map(page).collect();
            serde_json::to_string_pretty(&pages).map_err(std::io::Error::from)? + "\n"
        }
    };
    print(&text)?;
    Ok(CLEAN)
}

/// The page as it is shown.
fn text(rule: &Rule, screen: &Screen) -> String {
    let meta = rule.meta();
    let strong = |text: &str| Style::Strong.paint(text, screen);
    let mut text = format!("{}\n{}\n\n", strong(rule.name), fill(&meta.summary, screen.width, 0));
    let fix = match meta.fix {
        Some(crate::finding::Applicability::Safe) => "safe",
        Some(crate::finding::Applicability::Unsafe) => "unsafe",
        None => "none",
    };
    let facts = format!(
        "{}, {:?}, level {:?}, category {}, since {}, fix {fix}",
        severity(meta.severity),
        meta.confidence,
        meta.level,
        meta.category,
        meta.since
    );
    text.push_str(&fill(&facts.to_lowercase(), screen.width, 0));
    text.push_str("\n\n");
    text.push_str(&markdown(page::body(rule.page), screen));
    if !meta.references.is_empty() {
        text.push_str(&format!("\n{}\n", strong("References")));
        for reference in &meta.references {
            text.push_str(&format!("  {}\n", screen.link(reference, reference)));
        }
    }
    let mut out = Vec::new();
    // It is memory that is written to.
    let _ = crate::report::paint::put(&text, screen, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
