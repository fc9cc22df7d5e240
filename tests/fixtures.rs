//! Every fixture is checked and compared with its `expected.txt`: one finding a line.
//!
//! `fixtures/rules/<rule>/<case>/` asks that rule alone, whatever its level;
//! `fixtures/projects/<name>/` and `fixtures/incidents/<name>/<case>/` ask all rules of the default
//! level. A `case.yaml` beside `expected.txt` changes that (`level`, `min_confidence`, `files`,
//! `profiles`, `environment`). The host's environment is never seen. `UPDATE=1` rewrites.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use support::{folders, name, root};

#[test]
fn rules() {
    let mut problems = Vec::new();
    for rule in folders(&root().join("fixtures/rules")) {
        for case in folders(&rule) {
            problems.extend(compare(&case, Some(&name(&rule))).err());
        }
    }
    support::finish(problems);
}

#[test]
fn projects() {
    let cases = folders(&root().join("fixtures/projects"));
    support::finish(cases.iter().filter_map(|case| compare(case, None).err()).collect());
}

#[test]
fn incidents() {
    let incidents = folders(&root().join("fixtures/incidents"));
    assert!(!incidents.is_empty());
    let cases = incidents.iter().flat_map(|incident| folders(incident));
    support::finish(cases.filter_map(|case| compare(&case, None).err()).collect());
}

fn compare(case: &Path, rule: Option<&str>) -> Result<(), String> {
    let (report, sources) = support::check_folder(case, rule);
    support::expect(&case.join("expected.txt"), &support::concise(&report, &sources))
}
