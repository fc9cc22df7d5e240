//! GitLab's Code Quality report.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::io::{self, Write};

use serde::Serialize;

use super::{Place, Report, json, one_line};
use crate::finding::Severity;
use crate::source::SourceMap;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

/// Writes the findings as one JSON list.
pub fn write(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let new = report.fingerprinted(sources).into_iter().filter(|(_, _, known)| !known);
    let issues = new.map(|(finding, fingerprint, _)| {
        let place = Place::of(sources, &report.directory, finding.at);
        Issue {
            description: one_line(&finding.message),
            check_name: finding.rule,
            fingerprint,
            severity: match finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Advice => "info",
            },
            location: Location {
                path: place.file,
                positions: Positions {
                    begin: Position { line: place.line, column: place.column },
                    end: Position { line: place.end_line, column: place.end_column },
                },
            },
        }
    });
    let text = serde_json::to_string_pretty(&issues.collect::<Vec<_>>())?;
    writeln!(out, "{}", json::escaped(&text))
}
