//! Every fixture is checked and compared with its `expected.txt`: one finding a line.
//!
//! `fixtures/rules/<rule>/<case>/` asks that rule alone, whatever its level;
//! `fixtures/projects/<name>/` and `fixtures/incidents/<name>/<case>/` ask all rules of the default
//! level. A `case.yaml` beside `expected.txt` changes that (`level`, `min_confidence`, `files`,
//! `profiles`, `environment`). The host's environment is never seen. `UPDATE=1` rewrites.
//!
//! Names are promises that `UPDATE=1` cannot change: `passes-…` and `silent-…` are silent,
//! `fails-…` is not. In a case of a rule that has the mark `# error`, as in the pages (or
//! `# error on the next line`), the rule reports the marked lines and no others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use dockworthy::finding::Finding;
use dockworthy::report::Place;
use support::fixes::{self, Fixed};
use support::page::unmarked;
use support::{folders, name, oracle, root};

#[test]
fn rules() {
    let mut problems = Vec::new();
    for rule in folders(&root().join("fixtures/rules")) {
        for case in folders(&rule) {
            problems.extend(compare(&case, Some(&name(&rule))).err());
            problems.extend(marks(&case, &name(&rule)));
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

/// What fixes make of the cases of rules stands in `fixed/`; nothing else changes, and nothing new is wrong.
#[test]
fn fixes_of_rules() {
    let oracle = oracle::find();
    let mut problems = Vec::new();
    for rule in folders(&root().join("fixtures/rules")) {
        for case in folders(&rule) {
            let rule = Some(name(&rule));
            let fixed = Fixed::of(&case, rule.as_deref());
            problems.extend(fixed.problems(rule.as_deref(), oracle.as_deref()));
        }
    }
    support::finish(problems);
}

/// The same for whole projects, all rules at once.
#[test]
fn fixes_of_projects() {
    let oracle = oracle::find();
    let incidents = folders(&root().join("fixtures/incidents"));
    let cases = incidents.iter().flat_map(|incident| folders(incident));
    let cases = cases.chain(folders(&root().join("fixtures/projects")));
    let problems = cases.flat_map(|case| Fixed::of(&case, None).problems(None, oracle.as_deref()));
    support::finish(problems.collect());
}

fn compare(case: &Path, rule: Option<&str>) -> Result<(), String> {
    let (report, sources) = support::check_folder(case, rule);
    let said = support::concise(&report, &sources);
    let shown = case.strip_prefix(root()).unwrap().display();
    let promises = |word: &str| name(case).starts_with(word);
    if (promises("passes-") || promises("silent-")) && !said.is_empty() {
        return Err(format!("{shown} is not silent:\n{said}"));
    }
    if promises("fails-") && said.is_empty() {
        return Err(format!("{shown} is silent"));
    }
    support::expect(&case.join("expected.txt"), &said)
}

/// Where the marks of a case and the findings of its rule differ.
fn marks(case: &Path, rule: &str) -> Vec<String> {
    let mut marked = BTreeSet::new();
    for path in support::files(case).into_iter().filter(|path| !path.starts_with(case.join(fixes::FOLDER))) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let file = path.strip_prefix(case).unwrap().to_string_lossy().replace('\\', "/");
        for (index, line) in text.lines().enumerate() {
            if unmarked(line).1 {
                marked.insert((file.clone(), index + 1));
            } else if line.trim_end().ends_with("# error on the next line") {
                marked.insert((file.clone(), index + 2));
            }
        }
    }
    // Where a mark would change what the file says there is none, and `expected.txt` says it alone.
    if marked.is_empty() {
        return Vec::new();
    }
    let (report, sources) = support::check_folder(case, Some(rule));
    let place = |finding: &Finding| Place::of(&sources, case, finding.at);
    let reported: BTreeSet<_> = report.findings.iter().map(place).map(|p| (p.file, p.line)).collect();
    let shown = case.strip_prefix(root()).unwrap().display();
    let silent = marked.difference(&reported).map(|(file, line)| format!("{shown}: silent at {file}:{line}"));
    let speaks = reported.difference(&marked).map(|(file, line)| format!("{shown}: speaks at {file}:{line}"));
    silent.chain(speaks).collect()
}
