//! Annotations of GitHub Actions: workflow commands, one a line.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::io::{self, Write};

use super::{Place, Report, mask, one_line};
use crate::finding::{Finding, Severity};
use crate::source::SourceMap;

/// Writes each finding as a command. What texts hold is escaped, so that no file can give a command of its own.
pub fn write(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let Place { file, line, column, end_line, end_column } =
            Place::of(sources, &report.directory, finding.at);
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "notice",
        };
        // Columns mean something within one line only, and GitHub's end is the last column, not the one after it.
        let columns = match end_line == line {
            true => format!(",col={column},endColumn={}", end_column.saturating_sub(1).max(column)),
            false => format!(",col={column}"),
        };
        writeln!(
            out,
            "::{command} file={},line={line},endLine={end_line}{columns},title={}::{}",
            property(&file),
            property(&format!("dockworthy: {}", finding.rule)),
            data(&text(finding)),
        )?;
    }
    Ok(())
}

/// The message, and what to do.
fn text(finding: &Finding) -> String {
    let message = one_line(&finding.message);
    match &finding.help {
        Some(help) => format!("{message}\n{}", mask::message(help)),
        None => message,
    }
}

/// The text of a command.
fn data(text: &str) -> String {
    let lines = text.replace("\r\n", "\n");
    let shown: Vec<String> = lines.split('\n').map(super::printable).collect();
    shown.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
