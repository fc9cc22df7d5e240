//! JSON for programs. `docs/json.md` is its description; a change there that can break a reader
//! raises [`VERSION`].

use std::io::{self, Write};

use serde::Serialize;

use super::{Place, Report, mask, one_line, printable};
use crate::finding::{Applicability, Confidence, Finding, Fix, Severity};
use crate::programs::Skipped;
use crate::source::{SourceMap, Span};
use crate::suppress::Suppressed;

/// The version of the format.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document {
    version: u32,
    findings: Vec<Item>,
    suppressed: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Baseline>,
    failures: Vec<String>,
    skipped: Vec<SkippedItem>,
    summary: Summary,
}

#[derive(Serialize)]
struct Baseline {
    known: Vec<Item>,
    stale: Vec<Stale>,
}

#[derive(Serialize)]
struct Stale {
    rule: String,
    file: String,
    service: Option<String>,
    fingerprint: String,
    count: usize,
}

#[derive(Serialize)]
struct SkippedItem {
    file: String,
    reason: String,
}

#[derive(Serialize)]
struct Item {
    rule: &'static str,
    severity: Severity,
    confidence: Confidence,
    service: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alike: Vec<String>,
    #[serde(flatten)]
    place: Where,
    message: String,
    label: Option<String>,
    help: Option<String>,
    also: Vec<Also>,
    fix: Option<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Comment>,
}

#[derive(Serialize)]
struct Comment {
    reason: Option<String>,
    file: String,
    line: usize,
}

#[derive(Serialize)]
struct Where {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Also {
    #[serde(flatten)]
    place: Where,
    message: String,
}

#[derive(Serialize)]
struct Change {
    title: String,
    applicability: Applicability,
    edits: Vec<Replacement>,
}

#[derive(Serialize)]
struct Replacement {
    #[serde(flatten)]
    place: Where,
    text: String,
    masked: bool,
}

#[derive(Serialize)]
struct Summary {
    projects: Vec<ProjectItem>,
    files_read: usize,
    errors: usize,
    warnings: usize,
    advice: usize,
    suppressed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<usize>,
}

#[derive(Serialize)]
struct ProjectItem {
    name: String,
    files: Vec<String>,
    services: usize,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    every_profile: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<String>,
}

struct Writer<'a> {
    report: &'a Report,
    sources: &'a SourceMap,
}

/// Writes the report as one JSON document.
pub fn write(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let writer = Writer { report, sources };
    let counts = report.counts();
    let document = Document {
        version: VERSION,
        findings: report.findings.iter().map(|finding| writer.item(finding)).collect(),
        suppressed: report.suppressed.iter().map(|suppressed| writer.suppressed(suppressed)).collect(),
        baseline: report.known.as_ref().map(|known| writer.baseline(known)),
        failures: report.failures.iter().map(|failure| one_line(&failure.message)).collect(),
        skipped: report.skipped.iter().map(|skipped| writer.skipped(skipped)).collect(),
        summary: Summary {
            projects: report.projects.iter().map(|project| writer.project(project)).collect(),
            files_read: report.files_read,
            errors: counts.errors,
            warnings: counts.warnings,
            advice: counts.advice,
            suppressed: report.suppressed.len(),
            fixed: report.fixed,
        },
    };
    let text = serde_json::to_string_pretty(&document)?;
    writeln!(out, "{}", escaped(&text))
}

impl Writer<'_> {
    fn item(&self, finding: &Finding) -> Item {
        let also = finding
            .also
            .iter()
            .map(|label| Also { place: self.place(label.span), message: one_line(&label.text) });
        Item {
            rule: finding.rule,
            severity: finding.severity,
            confidence: finding.confidence,
            service: finding.service.as_deref().map(printable),
            alike: finding.alike.iter().map(|name| printable(name)).collect(),
            place: self.place(finding.at),
            message: one_line(&finding.message),
            label: finding.label.as_deref().map(one_line),
            help: finding.help.as_deref().map(|help| mask::message(help).into_owned()),
            also: also.collect(),
            fix: finding.fix.as_ref().map(|fix| self.change(fix)),
            suppressed: None,
        }
    }

    fn suppressed(&self, suppressed: &Suppressed) -> Item {
        let Where { file, line, .. } = self.place(suppressed.by);
        let comment = Comment { reason: suppressed.reason.as_deref().map(one_line), file, line };
        Item { suppressed: Some(comment), ..self.item(&suppressed.finding) }
    }

    fn baseline(&self, known: &super::Known) -> Baseline {
        let stale = known.stale.iter().map(|entry| Stale {
            rule: printable(&entry.rule),
            file: printable(&entry.file),
            service: entry.service.as_deref().map(printable),
            fingerprint: entry.fingerprint.clone(),
            count: entry.count,
        });
        Baseline {
            known: known.findings.iter().map(|finding| self.item(finding)).collect(),
            stale: stale.collect(),
        }
    }

    fn change(&self, fix: &Fix) -> Change {
        let edits = fix.edits.iter().map(|edit| {
            let text = mask::config(&edit.text);
            Replacement { place: self.place(edit.span), masked: text != edit.text, text: text.into_owned() }
        });
        Change { title: one_line(&fix.title), applicability: fix.applicability, edits: edits.collect() }
    }

    fn project(&self, project: &super::Checked) -> ProjectItem {
        let files = project.files.iter().map(|path| super::shown(path, &self.report.directory));
        let (name, stack) = (project.name.clone(), project.stack.clone());
        let (services, every_profile) = (project.services, project.every_profile);
        ProjectItem { name, files: files.collect(), services, every_profile, stack }
    }

    fn skipped(&self, skipped: &Skipped) -> SkippedItem {
        let file = super::shown(&skipped.path, &self.report.directory);
        SkippedItem { file, reason: one_line(&skipped.why) }
    }

    fn place(&self, span: Span) -> Where {
        let Place { file, line, column, end_line, end_column } =
            Place::of(self.sources, &self.report.directory, span);
        Where { file, line, column, end_line, end_column }
    }
}

/// JSON text with the characters escaped that a terminal would act on. They can only stand in
/// strings, so escaping them changes the text and not what it says.
#[must_use]
pub fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\u{7f}' || super::printable::hides(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(c);
        }
    }
    text
}
