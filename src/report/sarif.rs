//! SARIF 2.1.0, which code scanning services read.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::io::{self, Write};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{Place, Report, json, mask, one_line, printable};
use crate::finding::{Confidence, Finding, Fix, Severity};
use crate::rules::{ALL, Rule, page};
use crate::source::{SourceMap, Span};
use crate::suppress::Suppressed;

/// The key of our fingerprints; another way to make them gets another number.
const FINGERPRINT: &str = "dockworthy/v1";

/// Paths count from the directory of the run, whatever that is on another machine.
const ROOT: &str = "%SRCROOT%";

/// Writes the findings as one run. Columns count characters; help is the rule's page.
pub fn write(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let writer = Writer { report, sources };
    let mut rules: IndexMap<&str, &Rule> = IndexMap::new();
    let all = report.fingerprinted(sources);
    let accepted = report.suppressed(sources);
    let found = all.iter().map(|(finding, _, _)| *finding);
    for finding in found.chain(accepted.iter().map(|(suppressed, _)| &suppressed.finding)) {
        if let Some(rule) = ALL.iter().find(|rule| rule.name == finding.rule) {
            rules.entry(rule.name).or_insert(rule);
        }
    }
    let results = all.iter().map(|(finding, print, known)| {
        let index = rules.get_index_of(finding.rule);
        writer.result(finding, index, print, *known)
    });
    let mut results: Vec<Value> = results.collect();
    for (suppressed, print) in &accepted {
        let index = rules.get_index_of(suppressed.finding.rule);
        let mut result = writer.result(&suppressed.finding, index, print, false);
        if let Value::Object(result) = &mut result {
            result.insert("suppressions".into(), json!([writer.suppression(suppressed)]));
        }
        results.push(result);
    }
    if !accepted.is_empty() {
        // All results of a run have the property, or none.
        for result in results.iter_mut().filter_map(Value::as_object_mut) {
            result.entry("suppressions").or_insert_with(|| json!([]));
        }
    }
    let notes = report
        .failures
        .iter()
        .map(|failure| json!({ "level": "error", "message": { "text": one_line(&failure.message) } }));
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.failures.is_empty(),
                "toolExecutionNotifications": notes.collect::<Vec<_>>(),
            }],
            "results": results,
        }],
    });
    let text = serde_json::to_string_pretty(&document)?;
    writeln!(out, "{}", json::escaped(&text))
}

fn descriptor(rule: &Rule) -> Value {
    let meta = rule.meta();
    let body = page::body(rule.page).trim();
    let references: String = meta.references.iter().map(|link| format!("- <{link}>\n")).collect();
    let markdown = match references.is_empty() {
        true => body.to_string(),
        false => format!("{body}\n\n## References\n\n{references}"),
    };
    json!({
        "id": rule.name,
        "name": rule.name,
        "shortDescription": { "text": meta.summary },
        "help": { "text": body, "markdown": markdown },
        "defaultConfiguration": { "level": level(meta.severity) },
        "properties": { "tags": [meta.category], "precision": precision(meta.confidence) },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

const fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "very-high",
        Confidence::Likely => "high",
        Confidence::Possible => "low",
    }
}

struct Writer<'a> {
    report: &'a Report,
    sources: &'a SourceMap,
}

impl Writer<'_> {
    fn result(&self, finding: &Finding, index: Option<usize>, fingerprint: &str, known: bool) -> Value {
        let message = one_line(&finding.message);
        let help = finding.help.as_deref().map(|help| format!("\n\n{}", mask::message(help)));
        let related = finding.also.iter().enumerate().map(|(id, label)| {
            let text = one_line(&label.text);
            json!({ "id": id, "physicalLocation": self.place(label.span), "message": { "text": text } })
        });
        let mut result = Map::new();
        result.insert("ruleId".into(), finding.rule.into());
        result.extend(index.map(|index| ("ruleIndex".to_string(), index.into())));
        result.insert("level".into(), level(finding.severity).into());
        result.insert("message".into(), json!({ "text": format!("{message}{}", help.unwrap_or_default()) }));
        let mut location = json!({ "physicalLocation": self.place(finding.at) });
        if let (Some(label), Some(location)) = (&finding.label, location.as_object_mut()) {
            location.insert("message".into(), json!({ "text": one_line(label) }));
        }
        result.insert("locations".into(), json!([location]));
        result.insert("relatedLocations".into(), related.collect());
        result.insert("partialFingerprints".into(), json!({ FINGERPRINT: fingerprint }));
        if self.report.known.is_some() {
            let state = if known { "unchanged" } else { "new" };
            result.insert("baselineState".into(), state.into());
        }
        if known {
            let why = "known to the baseline of the project";
            result.insert("suppressions".into(), json!([{ "kind": "external", "justification": why }]));
        }
        if let Some(fix) = finding.fix.as_ref().and_then(|fix| self.fix(fix)) {
            result.insert("fixes".into(), json!([fix]));
        }
        let mut properties = json!({ "confidence": finding.confidence });
        if let (Some(service), Some(properties)) = (&finding.service, properties.as_object_mut()) {
            properties.insert("service".into(), printable(service).into());
            if !finding.alike.is_empty() {
                let alike: Vec<String> = finding.alike.iter().map(|name| printable(name)).collect();
                properties.insert("alike".into(), alike.into());
            }
        }
        result.insert("properties".into(), properties);
        Value::Object(result)
    }

    fn suppression(&self, suppressed: &Suppressed) -> Value {
        let place = self.place(suppressed.by);
        match &suppressed.reason {
            Some(reason) => json!({
                "kind": "inSource",
                "justification": one_line(reason),
                "location": { "physicalLocation": place },
            }),
            None => json!({ "kind": "inSource", "location": { "physicalLocation": place } }),
        }
    }

    /// The fix; none where it would write a secret down.
    fn fix(&self, fix: &Fix) -> Option<Value> {
        let mut files: IndexMap<String, Vec<Value>> = IndexMap::new();
        for edit in &fix.edits {
            if mask::config(&edit.text) != edit.text {
                return None;
            }
            let replacement = json!({
                "deletedRegion": self.region(edit.span),
                "insertedContent": { "text": edit.text },
            });
            files.entry(self.uri(edit.span)).or_default().push(replacement);
        }
        let changes = files.into_iter().map(
            |(uri, replacements)| json!({ "artifactLocation": location(&uri), "replacements": replacements }),
        );
        let changes: Vec<Value> = changes.collect();
        Some(json!({ "description": { "text": one_line(&fix.title) }, "artifactChanges": changes }))
    }

    fn place(&self, span: Span) -> Value {
        json!({ "artifactLocation": location(&self.uri(span)), "region": self.region(span) })
    }

    fn region(&self, span: Span) -> Value {
        let Place { line, column, end_line, end_column, .. } =
            Place::of(self.sources, &self.report.directory, span);
        json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
    }

    /// The file as a relative reference, or a `file:` URI when it lies outside the directory of the run.
    fn uri(&self, span: Span) -> String {
        let Some(file) = self.sources.file(span) else { return String::new() };
        let whole = || url::Url::from_file_path(&file.path).map(|url| url.to_string()).unwrap_or_default();
        let Ok(below) = file.path.strip_prefix(&self.report.directory) else { return whole() };
        let Ok(mut base) = url::Url::parse("file:///") else { return whole() };
        if let Ok(mut segments) = base.path_segments_mut() {
            segments.extend(below.components().map(|part| part.as_os_str().to_string_lossy()));
        }
        base.path().trim_start_matches('/').to_string()
    }
}

fn location(uri: &str) -> Value {
    match uri.starts_with("file:") {
        true => json!({ "uri": uri }),
        false => json!({ "uri": uri, "uriBaseId": ROOT }),
    }
}
