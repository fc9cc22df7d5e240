//! One line a finding: `path:line:column: severity[rule] message`.

use std::io::{self, Write};

use super::{Place, Report, one_line, severity};
use crate::finding::Finding;
use crate::source::SourceMap;

/// Writes the findings, each on one line, whatever their texts hold.
pub fn write(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{}", line(finding, &Place::of(sources, &report.directory, finding.at)))?;
    }
    Ok(())
}

/// The line of a finding.
pub fn line(finding: &Finding, place: &Place) -> String {
    let Place { file, line, column, .. } = place;
    let message = one_line(&finding.message);
    format!("{file}:{line}:{column}: {}[{}] {message}", severity(finding.severity), finding.rule)
}
