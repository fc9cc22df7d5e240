//! Reviewdog's diagnostic format.
//!
//! <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf>

use std::io::{self, Write};

use serde::Serialize;

use super::{Place, Report, json, mask, one_line};
use crate::finding::{Applicability, Finding, Severity};
use crate::source::{SourceMap, Span};

#[derive(Serialize)]
struct Document {
    source: Source,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Diagnostic {
    message: String,
    location: Location,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
}

#[derive(Serialize)]
struct Location {
    path: String,
    range: Range,
}

#[derive(Serialize)]
struct Related {
    message: String,
    location: Location,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

/// Writes the findings as one document. Columns count bytes, as the format wants it.
pub fn write(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let location = |span: Span| Location {
        path: Place::of(sources, &report.directory, span).file,
        range: range(sources, span),
    };
    let diagnostic = |finding: &Finding| {
        let help = finding.help.as_deref().map(|help| format!("\n{}", mask::message(help)));
        let related = finding
            .also
            .iter()
            .map(|label| Related { message: one_line(&label.text), location: location(label.span) });
        Diagnostic {
            message: format!("{}{}", one_line(&finding.message), help.unwrap_or_default()),
            location: location(finding.at),
            severity: match finding.severity {
                Severity::Error => "ERROR",
                Severity::Warning => "WARNING",
                Severity::Advice => "INFO",
            },
            code: Code { value: finding.rule },
            related_locations: related.collect(),
            suggestions: suggestions(sources, finding),
        }
    };
    let document = Document {
        source: Source { name: "dockworthy" },
        diagnostics: report.findings.iter().map(diagnostic).collect(),
    };
    let text = serde_json::to_string_pretty(&document)?;
    writeln!(out, "{}", json::escaped(&text))
}

/// The edit of a safe fix: a suggestion is one that a person takes with one click, so it stands in the file of
/// the finding, and holds no secret.
fn suggestions(sources: &SourceMap, finding: &Finding) -> Vec<Suggestion> {
    let fix = finding.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe);
    let Some([edit]) = fix.map(|fix| fix.edits.as_slice()) else { return Vec::new() };
    let own = sources.file(finding.at).is_some_and(|file| file.owns(edit.span));
    if !own || mask::config(&edit.text) != edit.text {
        return Vec::new();
    }
    vec![Suggestion { range: range(sources, edit.span), text: edit.text.clone() }]
}

fn range(sources: &SourceMap, span: Span) -> Range {
    let Some(file) = sources.file(span) else {
        return Range { start: Position { line: 1, column: 1 }, end: Position { line: 1, column: 1 } };
    };
    let position = |offset: u32| {
        let local = file.local(offset);
        let line = file.line_of(local);
        Position { line: line + 1, column: local - file.line_start(line) + 1 }
    };
    Range { start: position(span.lo), end: position(span.hi) }
}
