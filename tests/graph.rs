//! `dockworthy graph`: every format, compared with `fixtures/graph/`, and texts that try to break out of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::*;
use serde_json::Value;
use support::root;

fn graph(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockworthy"));
    command.current_dir(folder).arg("graph").args(arguments);
    // Nothing of the machine may show.
    command.env_clear().env("LC_ALL", "C.UTF-8").env("COLUMNS", "100");
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn fixture(name: &str) -> PathBuf {
    root().join("fixtures/graph").join(name)
}

#[test]
fn every_format_is_what_is_expected() {
    let mut problems = Vec::new();
    for project in ["shop", "hostile"] {
        for (format, file) in [
            ("text", "expected.txt"),
            ("mermaid", "expected.mmd"),
            ("dot", "expected.dot"),
            ("svg", "expected.svg"),
            ("json", "expected.json"),
        ] {
            let written = said(&graph(&fixture(project), &["--format", format]));
            problems.extend(support::expect(&fixture(project).join(file), &written).err());
        }
    }
    support::finish(problems);
}

#[test]
fn the_text_fits_the_screen_and_its_characters() {
    let narrow = |columns: &str, locale: &str, color: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockworthy"));
        command.current_dir(fixture("shop")).args(["graph", "--color", color]).env_clear();
        said(&command.env("COLUMNS", columns).env("LC_ALL", locale).output().unwrap())
    };
    for columns in [60, 80, 140] {
        let text = narrow(&columns.to_string(), "C.UTF-8", "never");
        for line in text.lines() {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
    }
    let plain = narrow("80", "C", "never");
    assert!(plain.is_ascii(), "{plain}");
    assert!(plain.contains("--x serch:9200") && plain.contains("x unknown-host"), "{plain}");
    let red = narrow("140", "C.UTF-8", "always");
    assert!(red.contains("\u{1b}[31m   ──✗ serch:9200"), "{red}");
}

#[test]
fn secrets_and_escapes_are_in_no_format() {
    for format in ["text", "mermaid", "dot", "svg", "json"] {
        for project in ["shop", "hostile"] {
            let text = said(&graph(&fixture(project), &["--format", format]));
            for secret in ["hunter2", "ghp_", "\u{1b}", "\u{202e}"] {
                assert!(!text.contains(secret), "{project} {format}: {secret:?}\n{text}");
            }
        }
    }
}

#[test]
fn a_flowchart_has_the_lines_that_we_write_and_no_other() {
    let text = said(&graph(&fixture("hostile"), &["--format", "mermaid"]));
    for line in text.lines().skip(1) {
        // What stands in quotes has no quote, no markup of HTML but our breaks, and no fence.
        let parts: Vec<&str> = line.split('"').collect();
        assert!(parts.len() == 1 || parts.len() == 3, "{line}");
        let inner = parts.get(1).copied().unwrap_or_default().replace("<br/>", "");
        assert!(!inner.contains(['<', '>', '`', '%', '{', '[', '(', '&', '\\', '|']), "{line}");
        for (at, _) in inner.match_indices('#') {
            let code = inner[at + 1..].split(';').next().unwrap();
            assert!(!code.is_empty() && code.chars().all(|c| c.is_ascii_digit()), "{line}");
        }
        let outer = format!("{}{}", parts[0], parts.get(2).copied().unwrap_or_default());
        let word: &str = outer.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap();
        let ours = ["subgraph", "end", "linkStyle", "classDef"].contains(&word)
            || word.strip_prefix('n').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
        assert!(ours, "{line}");
    }
}

#[test]
fn a_picture_is_xml() {
    for project in ["shop", "hostile"] {
        let svg = said(&graph(&fixture(project), &["--format", "svg"]));
        let tags = well_formed(&svg);
        let ours: BTreeSet<&str> =
            ["svg", "title", "style", "defs", "marker", "path", "rect", "text", "g"].into();
        assert!(tags.iter().all(|tag| ours.contains(tag.as_str())), "{tags:?}");
    }
}

/// Checks that a text is XML of the simple kind that we write, and gives its tags.
fn well_formed(xml: &str) -> BTreeSet<String> {
    let (mut open, mut seen): (Vec<&str>, BTreeSet<String>) = (Vec::new(), BTreeSet::new());
    let mut rest = xml.trim();
    while let Some(at) = rest.find(['<', '&']) {
        assert!(!rest[..at].contains('>') || open.last() == Some(&"style"), "{}", &rest[..at]);
        if rest[at..].starts_with('&') {
            let entity = rest[at + 1..].split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot", "#39"].contains(&entity), "&{entity};");
            rest = &rest[at + entity.len() + 2..];
            continue;
        }
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            let name = tag.split([' ', '/']).next().unwrap();
            seen.insert(name.to_string());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[end + 1..];
        assert!(!open.is_empty() || rest.is_empty(), "text after the end: {rest}");
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(xml.chars().all(|c| c == '\n' || !c.is_control()));
    seen
}

#[test]
fn graphviz_takes_it() {
    for project in ["shop", "hostile"] {
        let text = said(&graph(&fixture(project), &["--format", "dot"]));
        for line in text.lines() {
            // Quotes are balanced: an escaped one ends nothing.
            let plain = line.replace("\\\\", "").replace("\\\"", "");
            assert_eq!(plain.matches('"').count() % 2, 0, "{line}");
        }
        let path = fixture(project).join("expected.dot");
        // Where Graphviz is installed it says itself whether it can read it.
        if let Ok(output) = Command::new("dot").args(["-Tplain"]).arg(&path).output() {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn edges_of_the_document_lead_to_its_nodes() {
    let text = said(&graph(&fixture("shop"), &["--format", "json"]));
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["version"], 1);
    let project = &document["projects"][0];
    let nodes = project["nodes"].as_array().unwrap();
    for (index, node) in nodes.iter().enumerate() {
        assert_eq!(node["id"], index);
        assert_eq!(node["layer"].is_null(), node["kind"] != "service");
    }
    let dials = project["dials"].as_array().unwrap();
    for edge in dials.iter().chain(project["waits"].as_array().unwrap()) {
        for end in ["from", "to"] {
            assert!(edge[end].as_u64().unwrap() < nodes.len() as u64);
        }
    }
    let of = |name: &str| dials.iter().find(|dial| dial["source"]["name"] == name).unwrap();
    let to = |dial: &Value| &nodes[usize::try_from(dial["to"].as_u64().unwrap()).unwrap()];
    assert_eq!(of("SEARCH_URL")["broken"][0]["rule"], "unknown-host");
    assert_eq!(of("SEARCH_URL")["meant"], "search:9200");
    assert_eq!(to(of("SEARCH_URL"))["kind"], "nobody");
    assert_eq!(of("REPORTS_DATABASE_URL")["broken"][0]["rule"], "unset-variable-loopback-default");
    assert_eq!(to(of("REPORTS_DATABASE_URL"))["kind"], "loopback");
    assert_eq!(of("DATABASE_URL")["waits_for"], "healthy");
    assert_eq!(of("DATABASE_URL")["networks"][0], "back");
    assert_eq!(to(of("LEGACY_DB_HOST"))["kind"], "host");
    assert_eq!(to(of("BILLING_DB_HOST"))["kind"], "declared");
    assert_eq!(to(of("MAIL_HOST"))["kind"], "domain");
}

#[test]
fn services_profiles_and_files() {
    let folder = fixture("shop");
    let worker = said(&graph(&folder, &["worker", "-q"]));
    assert!(worker.contains("kafka-1") && !worker.contains("proxy_pass"), "{worker}");
    // Who dials it belongs to it.
    assert!(said(&graph(&folder, &["cache"])).contains("REDIS_URL"));
    assert!(said(&graph(&folder, &["--profile", "debug"])).contains("console"));
    let unknown = graph(&folder, &["wroker"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean `worker`"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.svg");
    let path = file.to_str().unwrap();
    for _ in 0..2 {
        let output = graph(&fixture("shop"), &["--format", "svg", "--output", path]);
        assert!(said(&output).is_empty());
        assert!(std::fs::read_to_string(&file).unwrap().ends_with("</svg>\n"));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    let output = graph(&fixture("shop"), &["--output", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn of_several_projects_a_picture_shows_none() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        let compose = "services: {x: {image: redis}}\n";
        std::fs::write(folder.path().join(name).join("compose.yaml"), compose).unwrap();
    }
    let output = graph(folder.path(), &["--format", "dot"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("`a/compose.yaml`, `b/compose.yaml`"));
    assert!(said(&graph(folder.path(), &[])).contains("b (b/compose.yaml)"));
    let document: Value = serde_json::from_str(&said(&graph(folder.path(), &["--format", "json"]))).unwrap();
    assert_eq!(document["projects"].as_array().unwrap().len(), 2);
}

/// Services that dial each other as the pairs say.
fn project(services: usize, dials: &[(usize, usize)], waits: &[(usize, usize)]) -> String {
    let mut text = String::from("services:\n");
    for service in 0..services {
        text.push_str(&format!("  s{service}:\n    image: example/x\n    environment:\n      A: b\n"));
        for (_, to) in dials.iter().filter(|(from, _)| *from == service) {
            text.push_str(&format!("      S{to}_URL: http://s{to}:80\n"));
        }
        let on: BTreeSet<String> = waits
            .iter()
            .filter(|(from, to)| *from == service && from != to)
            .map(|(_, to)| format!("s{to}"))
            .collect();
        let on: Vec<String> = on.into_iter().collect();
        text.push_str(&format!("    depends_on: [{}]\n", on.join(", ")));
    }
    text
}

fn written(text: &str, format: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compose.yaml"), text).unwrap();
    graph(folder.path(), &["--format", format, "-p", "made"])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_graph_has_a_picture(
        dials in proptest::collection::btree_set((0..14_usize, 0..14_usize), 0..50),
        waits in proptest::collection::vec((0..14_usize, 0..14_usize), 0..20),
    ) {
        let dials: Vec<(usize, usize)> = dials.into_iter().collect();
        let text = project(14, &dials, &waits);
        let svg = said(&written(&text, "svg"));
        well_formed(&svg);
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        prop_assert_eq!(svg, said(&written(&text, "svg")));
    }
}

#[test]
fn very_many_services_end() {
    let dials: Vec<(usize, usize)> = (0..300).flat_map(|from| [(from, from + 1), (from, from + 7)]).collect();
    let text = project(310, &dials, &dials);
    let output = written(&text, "svg");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("a picture of 310 nodes"));
    for format in ["text", "mermaid", "dot", "json"] {
        assert!(said(&written(&text, format)).contains("s309"));
    }
}

/// The variable that is set is dialled by nobody: the program is known, and does not look at it.
#[test]
fn a_misnamed_variable_breaks_the_dial_of_the_program() {
    let compose = "services:\n  api:\n    build: .\n    environment:\n      NOTIFIER_URL: http://notifier:3000\n  notifier:\n    image: example/notifier:1\n    expose: [3000]\n";
    let dockerfile = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"app.py\"]\n";
    let program = "import os\nimport requests\nurl = os.getenv(\"SHOP_NOTIFIER_URL\", \"http://localhost:3000\")\nrequests.get(url)\n";
    let tree = support::tree::Tree::new(&[
        ("compose.yaml", compose),
        ("Dockerfile", dockerfile),
        ("app.py", program),
    ]);
    let document: Value = serde_json::from_str(&said(&graph(tree.path(), &["--format", "json"]))).unwrap();
    let dials = document["projects"][0]["dials"].as_array().unwrap();
    let broken: Vec<(&str, bool)> = dials
        .iter()
        .map(|dial| (dial["source"]["name"].as_str().unwrap(), dial["broken"] != serde_json::json!([])))
        .collect();
    assert_eq!(broken, [("SHOP_NOTIFIER_URL", true)]);
}
