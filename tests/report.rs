//! What reports look like: made findings, written in every format, compared with `fixtures/report/`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use dockworthy::finding::{Applicability, Confidence, Edit, Finding, Fix, Severity};
use dockworthy::report::{Checked, Format, Report, Screen};
use dockworthy::source::{Memory, SourceMap, Span};
use quick_xml::events::Event;

const COMPOSE: &str = "\
services:
  api:
    build: .
    environment:
      - DATABASE_URL=postgresql://app:hunter2@database:5432/app
      - JWT_SECRET=correct horse battery staple # do not tell
  database:
    image: postgres:16
    environment:
      POSTGRES_PASSWORD: hunter2
";

const PYTHON: &str = "\
import os

# 接続先
ASYNC = os.getenv(\"ASYNC_DATABASE_URL\", \"postgresql+asyncpg://app:hunter2@localhost:5432/app\")
SECRET_KEY = \"s3cr3t\"  # \u{202e}reversed
";

fn sources() -> SourceMap {
    let long = format!("services: {{x: {{image: {}, command: \"a\tb\u{1b}[31m\"}}}}\n", "long/".repeat(60));
    SourceMap::new(Memory::new([
        ("/project/compose.yaml", COMPOSE.to_string()),
        ("/project/src/connection.py", PYTHON.replace('\n', "\r\n")),
        ("/project/long.yaml", long),
    ]))
}

fn span(sources: &SourceMap, path: &str, text: &str) -> Span {
    let file = sources.load(&Path::new("/project").join(path)).unwrap();
    let at = file.text.find(text).unwrap_or_else(|| panic!("{path} has no {text:?}"));
    file.slice(at, at + text.len())
}

fn finding(rule: &'static str, at: Span, message: &str) -> Finding {
    Finding {
        rule,
        severity: Severity::Error,
        confidence: Confidence::Certain,
        service: None,
        message: message.to_string(),
        at,
        label: None,
        also: Vec::new(),
        help: None,
        fix: None,
        evidence: Vec::new(),
        alike: Vec::new(),
    }
}

fn report(sources: &SourceMap) -> Report {
    let block = span(sources, "compose.yaml", "      - DATABASE_URL");
    let edit = Edit {
        span: block.start(),
        text: "      - ASYNC_DATABASE_URL=postgresql+asyncpg://app:hunter2@database:5432/app\n".to_string(),
    };
    let first = finding(
        "unset-variable-loopback-default",
        span(sources, "src/connection.py", "\"postgresql+asyncpg://app:hunter2@localhost:5432/app\""),
        "`ASYNC_DATABASE_URL` is not set for `api`; the program falls back to `localhost:5432`, where nothing listens in its container",
    )
    .service("api")
    .here("the default that is taken: `postgresql+asyncpg://app:hunter2@localhost:5432/app`")
    .also(span(sources, "src/connection.py", "os.getenv(\"ASYNC_DATABASE_URL\""), "read here")
    .also(span(sources, "compose.yaml", "environment"), "`ASYNC_DATABASE_URL` is not set here")
    .also(span(sources, "compose.yaml", "database:\n"), "`database` listens on port 5432")
    .help("set it beside `DATABASE_URL`:\n  ASYNC_DATABASE_URL=postgresql+asyncpg://app:hunter2@database:5432/app")
    .fix(Fix {
        title: "set `ASYNC_DATABASE_URL` for `api`".to_string(),
        applicability: Applicability::Unsafe,
        edits: vec![edit],
    });
    let second = finding(
        "secret-in-environment",
        span(sources, "compose.yaml", "correct horse"),
        "a secret\nin two lines, \u{1b}[2Jand more",
    )
    .service("api")
    .severity(Severity::Warning)
    .help("take it from a file");
    let second = Finding { alike: vec!["worker".to_string()], ..second };
    let third = finding("long-line", span(sources, "long.yaml", "command"), "a word in a long line")
        .severity(Severity::Advice)
        .at_most(Confidence::Likely);
    let nowhere = finding("nowhere", Span::NONE, "something is missing altogether");
    let files = vec![PathBuf::from("/project/compose.yaml")];
    let checked = |findings| Checked {
        name: "app".to_string(),
        files: files.clone(),
        services: 2,
        findings,
        ..Checked::default()
    };
    let projects = vec![checked(vec![third, first.clone(), second]), checked(vec![nowhere, first])];
    Report::new(projects, sources, PathBuf::from("/project"))
}

fn written(format: Format, screen: Screen) -> String {
    let sources = sources();
    let mut out = Vec::new();
    report(&sources).write(format, &sources, &screen, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_format_looks_as_expected() {
    let screen = Screen::default();
    let cases = [
        ("text-100.txt", Format::Text, screen),
        ("text-60.txt", Format::Text, Screen { width: 60, ..screen }),
        ("text-200.txt", Format::Text, Screen { width: 200, ..screen }),
        ("text-ascii.txt", Format::Text, Screen { unicode: false, width: 80, ..screen }),
        ("concise.txt", Format::Concise, screen),
        ("report.json", Format::Json, screen),
        ("report.sarif", Format::Sarif, screen),
        ("github.txt", Format::Github, screen),
        ("gitlab.json", Format::Gitlab, screen),
        ("junit.xml", Format::Junit, screen),
        ("checkstyle.xml", Format::Checkstyle, screen),
        ("rdjson.json", Format::Rdjson, screen),
    ];
    for format in Format::value_variants() {
        assert!(cases.iter().any(|(_, known, _)| known == format), "{format:?} has no picture");
    }
    let folder = support::root().join("fixtures/report");
    let problems = cases.into_iter().filter_map(|(name, format, screen)| {
        support::expect(&folder.join(name), &written(format, screen)).err()
    });
    support::finish(problems.collect());
}

#[test]
fn no_format_shows_a_secret_or_a_control_character() {
    for format in Format::value_variants().iter().copied() {
        let text = written(format, Screen::default());
        for secret in ["hunter2", "horse", "s3cr3t"] {
            assert!(!text.contains(secret), "{format:?} shows {secret}:\n{text}");
        }
        let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{format:?}");
    }
}

#[test]
fn the_same_finding_of_two_projects_is_told_once() {
    let sources = sources();
    let rules: Vec<_> = report(&sources).findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["nowhere", "secret-in-environment", "long-line", "unset-variable-loopback-default"]);
}

#[test]
fn plain_text_is_ascii_where_it_must_be() {
    let text = written(Format::Text, Screen { unicode: false, ..Screen::default() });
    assert!(text.is_ascii(), "{text}");
}

/// Yellow and cyan disappear on white, blue on black.
#[test]
fn colours_can_be_read_on_every_background() {
    let text = written(Format::Text, Screen { color: true, ..Screen::default() });
    let codes = text.split("\u{1b}[").skip(1).map(|rest| rest.split('m').next().unwrap());
    let codes: std::collections::BTreeSet<&str> = codes.flat_map(|codes| codes.split(';')).collect();
    for code in &codes {
        assert!(["0", "1", "2", "4", "31", "32", "35"].contains(code), "{code} among {codes:?}");
    }
    assert!(codes.contains("31") && codes.contains("35"), "{codes:?}");
}

/// How often `::` stands in the message of the one command, where it means nothing.
fn text_in_data(command: &str) -> usize {
    let (_, rest) = command.strip_prefix("::").unwrap().split_once("::").unwrap();
    rest.matches("::").count()
}

/// How many findings a well-formed document has.
fn elements(xml: &str) -> Result<usize, String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = 0;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Eof => return Ok(found),
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    let attribute = attribute.map_err(|error| error.to_string())?;
                    attribute
                        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                        .map_err(|error| error.to_string())?;
                }
                found += usize::from(matches!(tag.name().as_ref(), "failure" | "error"));
            }
            _ => {}
        }
    }
}

/// The document with another value at a place, which its schema is to notice.
fn broken(document: &serde_json::Value, pointer: &str, value: serde_json::Value) -> serde_json::Value {
    let mut document = document.clone();
    *document.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    document
}

fn parsed(format: Format) -> serde_json::Value {
    serde_json::from_str(&written(format, Screen::default())).unwrap()
}

#[test]
fn sarif_is_what_its_schema_says() {
    let schema =
        |document: &serde_json::Value| support::schema::json("tests/schemas/sarif-2.1.0.json", document);
    let document = parsed(Format::Sarif);
    assert_eq!(schema(&document), Ok(()));
    assert!(schema(&broken(&document, "/runs/0/results/0/level", "fatal".into())).is_err());
}

#[test]
fn json_is_what_its_schema_says() {
    let schema =
        |document: &serde_json::Value| support::schema::json_and_no_more("docs/json.schema.json", document);
    let document = parsed(Format::Json);
    assert_eq!(schema(&document), Ok(()));
    assert!(schema(&broken(&document, "/findings/0/severity", "fatal".into())).is_err());
    assert!(schema(&broken(&document, "/findings/0/line", 0.into())).is_err());
    let mut unknown = document;
    unknown["findings"][0]["colour"] = "red".into();
    assert!(schema(&unknown).is_err(), "a member that the schema does not describe");
}

#[test]
fn code_quality_is_what_its_schema_says() {
    let schema =
        |document: &serde_json::Value| support::schema::json("tests/schemas/code-quality.json", document);
    let document = parsed(Format::Gitlab);
    assert_eq!(schema(&document), Ok(()));
    assert!(schema(&broken(&document, "/0/severity", "error".into())).is_err());
    assert!(schema(&broken(&document, "/0/location/path", "./compose.yaml".into())).is_err());
    assert!(schema(&broken(&document, "/0/location/positions/begin/line", 0.into())).is_err());
    let issues = document.as_array().unwrap();
    let prints: std::collections::BTreeSet<_> =
        issues.iter().map(|issue| issue["fingerprint"].to_string()).collect();
    assert_eq!(prints.len(), issues.len(), "GitLab shows one issue a fingerprint");
}

#[test]
fn junit_is_what_its_schema_says() {
    let schema = |document: &str| support::schema::xml("tests/schemas/junit.xsd", document);
    let document = written(Format::Junit, Screen::default());
    assert_eq!(schema(&document), Ok(()));
    for (right, wrong) in [
        ("type=\"error\"", "type=\"fatal\""),
        ("<testcase name=", "<testcase line=\"1\" name="),
        ("tests=\"", "tests=\"-"),
        ("testcase", "case"),
    ] {
        assert!(document.contains(right), "{right} in\n{document}");
        assert!(schema(&document.replace(right, wrong)).is_err(), "{wrong} is not noticed");
    }
}

#[test]
fn a_run_that_finds_nothing_is_a_test_that_passed() {
    let sources = sources();
    let project = Checked { name: "app".to_string(), ..Checked::default() };
    let report = Report::new(vec![project], &sources, PathBuf::from("/project"));
    let mut out = Vec::new();
    report.write(Format::Junit, &sources, &Screen::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("<testcase name=\"app\""), "{text}");
    assert_eq!(elements(&text), Ok(0));
    assert_eq!(support::schema::xml("tests/schemas/junit.xsd", &text), Ok(()));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Whatever a file holds and wherever a finding points, the report can be written and shows
    /// nothing that acts on a terminal.
    #[test]
    fn any_file_can_be_shown(
        text in "([a-zé日:=@/\"'`$\\{\\}\\[ \t\r\n\u{1b}\u{202e}\u{feff}#,;-]|PASSWORD|://|\\$\\{X:-|token: ){0,60}",
        spans in proptest::collection::vec((0usize..80, 0usize..80), 1..4),
        width in 40usize..120,
        unicode in proptest::bool::ANY,
    ) {
        let sources = SourceMap::new(Memory::new([("/project/x.yaml", text.clone())]));
        let file = sources.load(Path::new("/project/x.yaml")).unwrap();
        let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let span = |(from, length): &(usize, usize)| file.slice(boundary(*from), boundary(from + length));
        let mut made = finding("x", span(&spans[0]), &text).here(text.clone()).help(text.clone());
        for other in &spans[1..] {
            made = made.also(span(other), text.clone());
        }
        let checked = Checked { findings: vec![made], ..Checked::default() };
        let report = Report::new(vec![checked], &sources, PathBuf::from("/project"));
        let screen = Screen { width, unicode, ..Screen::default() };
        for format in Format::value_variants().iter().copied() {
            let mut out = Vec::new();
            report.write(format, &sources, &screen, &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            proptest::prop_assert!(!out.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{out:?}");
            proptest::prop_assert!(!out.contains("Failed to read"), "{out}");
            match format {
                Format::Text => {}
                Format::Concise => proptest::prop_assert_eq!(out.lines().count(), 1),
                Format::Github => {
                    proptest::prop_assert_eq!(out.lines().count(), 1);
                    proptest::prop_assert_eq!(out.matches("::").count(), 2 + text_in_data(&out));
                }
                Format::Junit | Format::Checkstyle => proptest::prop_assert_eq!(elements(&out), Ok(1)),
                Format::Json | Format::Sarif | Format::Gitlab | Format::Rdjson => {
                    proptest::prop_assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{out}");
                }
            }
        }
    }
}
