//! How often each rule speaks.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::paint::{self, Style};
use super::{Report, Screen, json, severity, wrap};
use crate::finding::{Applicability, Fix, Severity};
use crate::rules::ALL;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    statistics: &'a [Line],
}

/// What is said of a rule.
#[derive(Serialize)]
struct Line {
    rule: &'static str,
    severity: Severity,
    count: usize,
    fixable: usize,
}

/// Writes a line for each rule that has findings, the most frequent first: a table, or `as_json`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, as_json: bool, screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let lines = lines(report);
    if as_json {
        let document = Document { version: json::VERSION, statistics: &lines };
        return writeln!(out, "{}", serde_json::to_string_pretty(&document)?);
    }
    table(&lines, screen, out)?;
    if !screen.quiet {
        writeln!(out, "{}", report.summary())?;
    }
    Ok(())
}

fn lines(report: &Report) -> Vec<Line> {
    let mut lines: BTreeMap<&'static str, Line> = BTreeMap::new();
    for finding in &report.findings {
        let (rule, severity) = (finding.rule, finding.severity);
        let line = lines.entry(rule).or_insert(Line { rule, severity, count: 0, fixable: 0 });
        line.severity = line.severity.max(severity);
        line.count += 1;
        let fixable = |fix: &Fix| report.unsafe_fixes || fix.applicability == Applicability::Safe;
        line.fixable += usize::from(finding.fix.as_ref().is_some_and(fixable));
    }
    let mut lines: Vec<Line> = lines.into_values().collect();
    // The sort is stable: rules of the same count stay in the order of their names.
    lines.sort_by_key(|line| std::cmp::Reverse(line.count));
    lines
}

fn table(lines: &[Line], screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
    let count = widest(&mut lines.iter().map(|line| line.count.to_string().len()));
    let name = widest(&mut lines.iter().map(|line| line.rule.len()));
    let fixes = lines.iter().any(|line| line.fixable > 0);
    let mut text = String::new();
    for line in lines {
        let rule = Style::Strong.paint(&format!("{:name$}", line.rule), screen);
        let fixable = match (fixes, line.fixable) {
            (false, _) => "",
            (true, 0) => "     ",
            (true, _) => "[fix]",
        };
        let start = format!("{:count$}  {rule}  {:7}  {fixable}", line.count, severity(line.severity));
        let indent = count + name + 13 + fixable.len() + usize::from(fixes) * 2;
        let summary = ALL.iter().find(|rule| rule.name == line.rule).map(|rule| rule.meta().summary.as_str());
        let room = screen.width.saturating_sub(indent);
        let summary = summary.unwrap_or_default();
        if room < 24 {
            // No room for a column: the summary is what `explain` is for.
            text.push_str(&format!("{}\n", start.trim_end()));
            continue;
        }
        let gap = if fixes { "  " } else { "" };
        for (index, part) in wrap::wrap(summary, room).iter().enumerate() {
            match index {
                0 => text.push_str(&format!("{start}{gap}{part}\n")),
                _ => text.push_str(&format!("{:indent$}{part}\n", "")),
            }
        }
    }
    if !lines.is_empty() && !screen.quiet {
        text.push('\n');
    }
    paint::put(&text, screen, out)
}
