//! `dockworthy explain RULE`: its page, made readable in a terminal.

use super::{CLEAN, Failed, Shared, print, suggest};
use crate::report::{Screen, severity};
use crate::rules::Rule;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The rule
    rule: String,
    #[command(flatten)]
    shared: Shared,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let rule = suggest::rule(&arguments.rule).map_err(Failed::Asked)?;
    print(&page(rule, &arguments.shared.screen()))?;
    Ok(CLEAN)
}

/// The page as it is shown.
fn page(rule: &Rule, screen: &Screen) -> String {
    let meta = rule.meta();
    let strong = |text: &str| style(text, "1", screen);
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
    text.push('\n');
    text.push_str(&markdown(crate::rules::page::body(rule.page), screen));
    if !meta.references.is_empty() {
        text.push_str(&format!("\n{}\n", strong("References")));
        for reference in &meta.references {
            text.push_str(&format!("  {reference}\n"));
        }
    }
    if screen.unicode { text } else { crate::report::ascii(&text) }
}

/// Headings strong, paragraphs filled, code indented.
fn markdown(body: &str, screen: &Screen) -> String {
    let mut text = String::new();
    let mut paragraph = String::new();
    let mut code = false;
    let end = |paragraph: &mut String, text: &mut String| {
        if !paragraph.is_empty() {
            let hang = if paragraph.starts_with("- ") { 4 } else { 2 };
            let filled = fill(paragraph, screen.width, hang);
            text.push_str(&format!("  {}\n", filled.trim_start()));
            paragraph.clear();
        }
    };
    for line in body.lines() {
        if let Some(info) = line.strip_prefix("```") {
            end(&mut paragraph, &mut text);
            code = !code;
            if let Some(title) = crate::rules::page::block_title(info).filter(|_| code) {
                text.push_str(&format!("  {}\n", style(title, "2", screen)));
            }
        } else if code {
            text.push_str(&if line.is_empty() { "\n".to_string() } else { format!("    {line}\n") });
        } else if let Some(heading) =
            line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))
        {
            end(&mut paragraph, &mut text);
            text.push_str(&format!("{}\n", style(heading, "1", screen)));
        } else if line.trim().is_empty() {
            end(&mut paragraph, &mut text);
            text.push('\n');
        } else {
            if line.starts_with("- ") {
                end(&mut paragraph, &mut text);
            }
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    end(&mut paragraph, &mut text);
    text
}

fn style(text: &str, code: &str, screen: &Screen) -> String {
    if screen.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
}

/// The text in lines of at most `width` columns, each `indent` columns in.
pub fn fill(text: &str, width: usize, indent: usize) -> String {
    let room = width.min(100).saturating_sub(indent).max(20);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    let pad = " ".repeat(indent);
    lines.iter().map(|line| format!("{pad}{line}")).collect::<Vec<_>>().join("\n")
}
