//! The two XML formats: JUnit's for test reports, Checkstyle's for linters.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Place, Report, mask, one_line, printable, severity};
use crate::finding::{Finding, Severity};
use crate::source::SourceMap;

/// Writes a report of tests: one suite a file, one failed test a finding. Where nothing was found, each project is a
/// test that passed, since a report without tests counts as a run that went wrong.
///
/// The dialect is what the schema of Jenkins' xUnit plugin (`junit-10.xsd` in
/// <https://github.com/jenkinsci/xunit-plugin>) accepts: it lets a suite name its file, a case not.
pub fn junit(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let files = by_file(report, sources);
    let found = report.findings.len();
    let passed: Vec<String> = match found {
        0 => report.projects.iter().map(|project| printable(&project.name)).collect(),
        _ => Vec::new(),
    };
    let mut xml = start(out)?;
    let tests = (found + passed.len()).to_string();
    let failures = found.to_string();
    let totals =
        [("name", "dockworthy"), ("tests", tests.as_str()), ("failures", failures.as_str()), ("errors", "0")];
    xml.create_element("testsuites").with_attributes(totals).write_inner_content(|xml| {
        for (file, findings) in &files {
            let count = findings.len().to_string();
            let suite = [
                ("name", file.as_str()),
                ("tests", &count),
                ("failures", &count),
                ("errors", "0"),
                ("file", file),
            ];
            xml.create_element("testsuite").with_attributes(suite).write_inner_content(|xml| {
                findings.iter().try_for_each(|(place, finding)| case(xml, place, finding))
            })?;
        }
        if !passed.is_empty() {
            let count = passed.len().to_string();
            let suite = [("name", "dockworthy"), ("tests", &count), ("failures", "0"), ("errors", "0")];
            xml.create_element("testsuite").with_attributes(suite).write_inner_content(|xml| {
                passed.iter().try_for_each(|project| {
                    let case = [("name", project.as_str()), ("classname", "project")];
                    xml.create_element("testcase").with_attributes(case).write_empty().map(|_| ())
                })
            })?;
        }
        Ok(())
    })?;
    end(xml)
}

fn case<W: Write>(xml: &mut Writer<W>, place: &Place, finding: &Finding) -> io::Result<()> {
    let name = format!("{}:{} {}", place.line, place.column, finding.rule);
    let message = one_line(&finding.message);
    let case = [("name", name.as_str()), ("classname", finding.rule)];
    xml.create_element("testcase").with_attributes(case).write_inner_content(|xml| {
        let failure = [("message", message.as_str()), ("type", severity(finding.severity))];
        let help = finding.help.as_deref().map(|help| format!("\n\n{}", lines(help))).unwrap_or_default();
        let at = format!("{}:{}:{}", place.file, place.line, place.column);
        let text = format!("{at}: {message}{help}");
        xml.create_element("failure").with_attributes(failure).write_text_content(BytesText::new(&text))?;
        Ok(())
    })?;
    Ok(())
}

/// Writes Checkstyle's report.
///
/// <https://checkstyle.org/> has no schema; this is what its own writer gives.
pub fn checkstyle(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let files = by_file(report, sources);
    let mut xml = start(out)?;
    xml.create_element("checkstyle").with_attribute(("version", "4.3")).write_inner_content(|xml| {
        for (file, findings) in &files {
            let file = xml.create_element("file").with_attribute(("name", file.as_str()));
            file.write_inner_content(|xml| {
                findings.iter().try_for_each(|(place, finding)| {
                    let level = match finding.severity {
                        Severity::Error => "error",
                        Severity::Warning => "warning",
                        Severity::Advice => "info",
                    };
                    let (line, column) = (place.line.to_string(), place.column.to_string());
                    let message = one_line(&finding.message);
                    let source = format!("dockworthy.{}", finding.rule);
                    let error = [
                        ("line", line.as_str()),
                        ("column", column.as_str()),
                        ("severity", level),
                        ("message", message.as_str()),
                        ("source", source.as_str()),
                    ];
                    xml.create_element("error").with_attributes(error).write_empty().map(|_| ())
                })
            })?;
        }
        Ok(())
    })?;
    end(xml)
}

type ByFile<'a> = BTreeMap<String, Vec<(Place, &'a Finding)>>;

fn by_file<'a>(report: &'a Report, sources: &SourceMap) -> ByFile<'a> {
    let mut files = ByFile::new();
    for finding in &report.findings {
        let place = Place::of(sources, &report.directory, finding.at);
        files.entry(place.file.clone()).or_default().push((place, finding));
    }
    files
}

/// A text of several lines, each without what XML or a terminal would act on.
fn lines(text: &str) -> String {
    let masked = mask::message(text);
    masked.lines().map(printable).collect::<Vec<_>>().join("\n")
}

fn start(out: &mut dyn Write) -> io::Result<Writer<&mut dyn Write>> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    Ok(xml)
}

fn end(xml: Writer<&mut dyn Write>) -> io::Result<()> {
    writeln!(xml.into_inner())
}
