//! Comments that accept findings: what they cover, in every language, and what becomes of both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use dockworthy::config::Settings;
use dockworthy::finding::Confidence;
use dockworthy::report::{Format, Place, Report, Screen};
use dockworthy::rules::page::Level;
use dockworthy::source::{Memory, SourceMap};
use serde_json::Value;

/// The rules that find something here: file, line and rule of what is left, and of what is accepted.
struct Outcome {
    left: Vec<String>,
    accepted: Vec<String>,
    report: Report,
    sources: SourceMap,
}

fn ask(files: &[(&str, &str)], settings: &Settings) -> Outcome {
    let memory = Memory::new(files.iter().map(|(path, text)| (format!("/p/{path}"), (*text).to_string())));
    let case = support::Case::default();
    let (report, sources) = support::check(SourceMap::new(memory), Path::new("/p"), &case, settings);
    let line = |finding: &dockworthy::finding::Finding| {
        let Place { file, line, .. } = Place::of(&sources, Path::new("/p"), finding.at);
        format!("{file}:{line} {}", finding.rule)
    };
    let left = report.findings.iter().map(line).collect();
    let accepted = report.suppressed.iter().map(|it| line(&it.finding)).collect();
    Outcome { left, accepted, report, sources }
}

fn select(rules: &[&str]) -> Settings {
    let select = rules.iter().map(|rule| (*rule).to_string()).collect();
    Settings { select, min_confidence: Confidence::Possible, level: Level::Pedantic, ..Settings::default() }
}

/// What of `undefined-service` is left, and what is accepted, in a compose file.
fn compose(text: &str) -> (Vec<String>, Vec<String>) {
    let outcome = ask(&[("compose.yaml", text)], &select(&["undefined-service"]));
    let lines = |all: Vec<String>| {
        all.into_iter().map(|it| it.replace("compose.yaml:", "").replace(" undefined-service", "")).collect()
    };
    (lines(outcome.left), lines(outcome.accepted))
}

fn split(left: &[&str], accepted: &[&str]) -> (Vec<String>, Vec<String>) {
    let texts = |all: &[&str]| all.iter().map(|it| (*it).to_string()).collect();
    (texts(left), texts(accepted))
}

#[test]
fn at_the_end_of_a_line_it_is_for_the_line() {
    let text = "services:\n  a:\n    image: x\n    depends_on:\n      - one # dockworthy: ignore[undefined-service] why\n      - two\n";
    assert_eq!(compose(text), split(&["6"], &["5"]));
    let crlf = text.replace('\n', "\r\n");
    assert_eq!(compose(&crlf), split(&["6"], &["5"]));
    // A comment behind a key is not for what is below it.
    let key = "services:\n  a:\n    image: x\n    depends_on: # dockworthy: ignore[undefined-service]\n      - one\n";
    assert_eq!(compose(key), split(&["5"], &[]));
}

#[test]
fn alone_it_is_for_all_that_follows_it_in_the_tree() {
    let text = "services:\n  # dockworthy: ignore[undefined-service] why\n\n  # another comment\n  a:\n    image: x\n    depends_on: [one]\n  b:\n    image: x\n    depends_on: [two]\n";
    assert_eq!(compose(text), split(&["10"], &["7"]));
    let item = "services:\n  a:\n    image: x\n    depends_on:\n      - one\n      # dockworthy: ignore[undefined-service] why\n      - two\n      - three\n";
    assert_eq!(compose(item), split(&["5", "8"], &["7"]));
    let top =
        "# dockworthy: ignore[undefined-service] why\nservices:\n  a:\n    image: x\n    depends_on: [one]\n";
    assert_eq!(compose(top), split(&[], &["5"]));
    let last =
        "services:\n  a:\n    image: x\n    depends_on: [one]\n# dockworthy: ignore[undefined-service] why\n";
    assert_eq!(compose(last), split(&["4"], &[]));
}

#[test]
fn for_the_whole_file_it_stands_above_the_content() {
    let text = "# a\n---\n# dockworthy: ignore-file[undefined-service] why\n\nservices:\n  a: {image: x, depends_on: [one]}\n";
    assert_eq!(compose(text), split(&[], &["6"]));
    let late =
        "services:\n  # dockworthy: ignore-file[undefined-service] why\n  a: {image: x, depends_on: [one]}\n";
    assert_eq!(compose(late), split(&["3"], &[]));
}

#[test]
fn what_only_looks_like_a_comment_is_none() {
    let quoted = "services:\n  a:\n    image: x\n    labels: [\"# dockworthy: ignore[undefined-service]\"]\n    depends_on: [one]\n";
    assert_eq!(compose(quoted), split(&["5"], &[]));
    let block = "services:\n  a:\n    image: x\n    command: |\n      # dockworthy: ignore[undefined-service]\n    depends_on: [one]\n";
    assert_eq!(compose(block), split(&["6"], &[]));
    let word = "services:\n  a:\n    image: x\n    depends_on: [one#dockworthy: ignore[undefined-service]]\n";
    assert!(compose(word).1.is_empty());
    let another = "services:\n  a:\n    image: x\n    depends_on: [one] # dockworthy: ignore[wrong-port]\n";
    assert_eq!(compose(another), split(&["4"], &[]));
}

const DOCKERFILE: &str = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"app.py\"]\n";
const WITH_DB: &str =
    "services:\n  api:\n    build: .\n    depends_on: [db]\n  db:\n    image: postgres:16\n";

/// `unknown-host` in a source file.
fn source(name: &str, start: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let dockerfile = format!("FROM example\nWORKDIR /app\nCOPY . .\nCMD {start}\n");
    let files = [("compose.yaml", WITH_DB), ("Dockerfile", dockerfile.as_str()), (name, text)];
    let outcome = ask(&files, &select(&["unknown-host"]));
    let lines = |all: Vec<String>| all.into_iter().map(|it| it.replace(" unknown-host", "")).collect();
    (lines(outcome.left), lines(outcome.accepted))
}

#[test]
fn each_language_has_its_comments() {
    let url = "postgres://u@legacy-db:5432/d";
    let python =
        |comment: &str| format!("import psycopg2\n{comment}\nc = psycopg2.connect(\n    \"{url}\",\n)\n");
    let ignore = "dockworthy: ignore[unknown-host] why";
    let (left, _) = source("app.py", "python app.py", &python("#"));
    assert_eq!(left, ["app.py:4"], "the rule finds it");
    assert_eq!(source("app.py", "python app.py", &python(&format!("# {ignore}"))), split(&[], &["app.py:4"]));
    let string = format!("x = \"# {ignore}\"");
    assert_eq!(source("app.py", "python app.py", &python(&string)), split(&["app.py:4"], &[]));
    let docstring = format!("\"\"\"\n# {ignore}\n\"\"\"");
    assert_eq!(source("app.py", "python app.py", &python(&docstring)).1, Vec::<String>::new());

    let javascript = |comment: &str| {
        format!(
            "const {{ Client }} = require('pg');\n{comment}\nconst c = new Client({{\n  connectionString: '{url}',\n}});\n"
        )
    };
    let node = "node app.js";
    assert_eq!(source("app.js", node, &javascript("")).0, ["app.js:4"], "the rule finds it");
    assert_eq!(source("app.js", node, &javascript(&format!("// {ignore}"))), split(&[], &["app.js:4"]));
    assert_eq!(source("app.js", node, &javascript(&format!("/* {ignore} */"))), split(&[], &["app.js:4"]));
    let doc = format!("/**\n * A client.\n * {ignore}\n */");
    assert_eq!(source("app.js", node, &javascript(&doc)), split(&[], &["app.js:7"]));
    assert_eq!(
        source("app.js", node, &javascript(&format!("const s = `\n// {ignore}\n`;"))).1,
        Vec::<String>::new()
    );
}

#[test]
fn a_service_takes_its_findings_with_it_wherever_they_stand() {
    let app = "import psycopg2\nc = psycopg2.connect(\"postgres://u@legacy-db:5432/d\")\n";
    let text = WITH_DB.replace("  api:", "  # dockworthy: ignore[unknown-host] a tunnel\n  api:");
    let files = [("compose.yaml", text.as_str()), ("Dockerfile", DOCKERFILE), ("app.py", app)];
    let outcome = ask(&files, &select(&["unknown-host"]));
    assert_eq!((outcome.left, outcome.accepted), split(&[], &["app.py:2 unknown-host"]));
    let other = WITH_DB.replace("  db:", "  # dockworthy: ignore[unknown-host] a tunnel\n  db:");
    let files = [("compose.yaml", other.as_str()), ("Dockerfile", DOCKERFILE), ("app.py", app)];
    assert_eq!(ask(&files, &select(&["unknown-host"])).accepted, Vec::<String>::new());
}

#[test]
fn env_files_have_theirs() {
    let text = "services:\n  api:\n    build: .\n    env_file: app.env\n";
    let ignore = "# dockworthy: ignore[duplicate-variable]";
    let env = format!("{ignore} why\nA=1\nA=2\nB=1 {ignore}\nB=2\nC=\"x {ignore}\"\nC=2\n");
    let files = [("compose.yaml", text), ("Dockerfile", DOCKERFILE), ("app.env", env.as_str())];
    let outcome = ask(&files, &select(&["duplicate-variable"]));
    let accepted = ["app.env:2 duplicate-variable", "app.env:4 duplicate-variable"];
    assert_eq!((outcome.left, outcome.accepted), split(&["app.env:6 duplicate-variable"], &accepted));
}

#[test]
fn what_is_of_no_use_is_told_once_for_all_projects() {
    let base = "services:\n  a:\n    image: x\n    # dockworthy: ignore[undefined-service] in the other file\n    depends_on: [b]\n";
    let over = "services:\n  b:\n    image: y\n";
    // One of the two projects finds it, the other does not.
    let files = [("docker-compose.yml", base), ("docker-compose.prod.yml", over)];
    let outcome = ask(&files, &Settings::default());
    let about = |all: &[String]| all.iter().filter(|it| it.contains("suppression")).count();
    assert_eq!(about(&outcome.left), 0, "{:?}", outcome.left);
    let unused = base.replace("[b]", "[a2]").replace("  a:\n", "  a2:\n    image: x\n  a:\n");
    let files = [("docker-compose.yml", unused.as_str()), ("docker-compose.prod.yml", over)];
    let outcome = ask(&files, &Settings::default());
    assert_eq!(about(&outcome.left), 1, "{:?}", outcome.left);
    // A rule that was not asked finds nothing, which says nothing.
    let ignoring = Settings { ignore: vec!["undefined-service".to_string()], ..Settings::default() };
    assert_eq!(about(&ask(&files, &ignoring).left), 0);
    // One can say that this, too, is accepted.
    let both = unused.replace("[undefined-service]", "[undefined-service, unused-suppression]");
    let files = [("docker-compose.yml", both.as_str())];
    let outcome = ask(&files, &Settings::default());
    assert_eq!((about(&outcome.left), about(&outcome.accepted)), (0, 1));
}

#[test]
fn reasons_are_required_where_the_project_says_so() {
    let text = "services:\n  a:\n    image: x\n    depends_on: [b] # dockworthy: ignore[undefined-service]\n";
    let files = [("compose.yaml", text)];
    assert!(!ask(&files, &Settings::default()).left.iter().any(|it| it.contains("reason")));
    let strict = Settings { require_reason: true, ..Settings::default() };
    assert!(ask(&files, &strict).left.contains(&"compose.yaml:4 suppression-without-reason".to_string()));
}

#[test]
fn programs_see_what_people_do_not() {
    let text = "services:\n  a:\n    image: x\n    depends_on: [b] # dockworthy: ignore[undefined-service] \u{202e}because\n";
    let Outcome { report, sources, .. } = ask(&[("compose.yaml", text)], &select(&["undefined-service"]));
    let written = |format| {
        let mut out = Vec::new();
        report.write(format, &sources, &Screen::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    for format in
        [Format::Concise, Format::Github, Format::Gitlab, Format::Junit, Format::Checkstyle, Format::Rdjson]
    {
        assert!(!written(format).contains("undefined-service"), "{format:?}");
    }
    let text = written(Format::Text);
    assert!(!text.contains("undefined-service") && text.contains("1 suppressed"), "{text}");
    let json: Value = serde_json::from_str(&written(Format::Json)).unwrap();
    assert_eq!(json["findings"], serde_json::json!([]));
    assert_eq!(json["suppressed"][0]["rule"], "undefined-service");
    assert_eq!(json["suppressed"][0]["suppressed"]["reason"], "\u{fffd}because");
    assert_eq!(json["suppressed"][0]["suppressed"]["line"], 4);
    let sarif: Value = serde_json::from_str(&written(Format::Sarif)).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["suppressions"][0]["kind"], "inSource");
    assert_eq!(result["suppressions"][0]["justification"], "\u{fffd}because");
    assert_eq!(support::schema::json("tests/schemas/sarif-2.1.0.json", &sarif), Ok(()));
    assert_eq!(support::schema::json_and_no_more("docs/json.schema.json", &json), Ok(()));
}

/// The comment of each language, and the statement after it; what stands in a string is none.
#[test]
fn every_grammar_shows_its_comments() {
    let cases = [
        (
            "a.go",
            "package a\n\nvar s = \"// no\"\n\n// yes\nvar t = f(\n\t1,\n)\n\nvar u = 2\n",
            "var t = f(\n\t1,\n)",
        ),
        (
            "A.java",
            "class A {\n  String s = \"// no\";\n  // yes\n  int t = f(\n    1);\n  int u;\n}\n",
            "int t = f(\n    1);",
        ),
        ("a.kt", "val s = \"// no\"\n// yes\nval t = f(\n  1)\nval u = 2\n", "val t = f(\n  1)"),
        (
            "a.cs",
            "class A {\n  string s = \"// no\";\n  /* yes */\n  int t = F(\n    1);\n  int u;\n}\n",
            "int t = F(\n    1);",
        ),
        ("a.php", "<?php\n$s = '# no';\n# yes\n$t = f(\n  1);\n$u = 2;\n", "$t = f(\n  1);"),
        ("a.rb", "s = \"# no\"\n# yes\nt = f(\n  1)\nu = 2\n", "t = f(\n  1)"),
        (
            "a.rs",
            "const S: &str = \"// no\";\n// yes\nconst T: u8 = f(\n  1);\nconst U: u8 = 2;\n",
            "const T: u8 = f(\n  1);",
        ),
        ("a.ex", "s = \"# no\"\n# yes\nt = f(\n  1)\nu = 2\n", "t = f(\n  1)"),
        ("a.sh", "s='# no'\n# yes\nt=1\nu=2\n", "t=1"),
        (
            "a.ts",
            "const s: string = '// no';\n// yes\nconst t = f(\n  1);\nconst u = 2;\n",
            "const t = f(\n  1);",
        ),
        ("a.py", "def f():\n    # yes\n    t = g(\n        1)\n    u = '# no'\n", "t = g(\n        1)"),
    ];
    let mut problems = Vec::new();
    for (name, text, next) in cases {
        let sources = SourceMap::new(Memory::new([(format!("/p/{name}"), text.to_string())]));
        let file = sources.load(&Path::new("/p").join(name)).unwrap();
        let comments = dockworthy::programs::comments::comments(&file).unwrap_or_default();
        let found: Vec<&str> = comments.iter().map(|comment| file.snippet(comment.next)).collect();
        if found != [next] {
            problems.push(format!("{name}: {found:?}, not {next:?}"));
        }
    }
    support::finish(problems);
}
