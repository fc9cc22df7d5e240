//! Every page's examples are run: the rule speaks on each marked line of `Fails` and on no other,
//! and says nothing about `Passes`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use dockworthy::finding::{Applicability, Edit};
use dockworthy::report::Report;
use dockworthy::rules::{ALL, Rule};
use dockworthy::source::SourceMap;
use support::page::{self, Example};

const HEADINGS: [&str; 5] = ["What it does", "Why it matters", "Fails", "Passes", "When to ignore it"];

#[test]
fn pages_have_their_parts() {
    let mut problems = Vec::new();
    for rule in ALL {
        let name = rule.name;
        let headings: Vec<&str> =
            page::headings(rule.page).into_iter().filter(|heading| !heading.is_empty()).collect();
        if headings != HEADINGS {
            problems.push(format!("rules/{name}.md: the headings are {headings:?}, not {HEADINGS:?}"));
        }
        let front = rule.page.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        match front.map(|(front, _)| serde_yaml::from_str::<dockworthy::rules::page::Meta>(front)) {
            None => problems.push(format!("rules/{name}.md: no front matter between `---` lines")),
            Some(Err(error)) => problems.push(format!("rules/{name}.md: {error}")),
            Some(Ok(meta)) => {
                if meta.summary.is_empty() || meta.summary.ends_with('.') || meta.summary.contains('\n') {
                    problems.push(format!("rules/{name}.md: the summary is one line without a final stop"));
                }
            }
        }
        for section in ["Fails", "Passes"] {
            match page::examples(rule.page, section) {
                Err(error) => problems.push(format!("rules/{name}.md: {error}")),
                Ok(examples) if examples.is_empty() => {
                    problems.push(format!("rules/{name}.md: no project under {section}"));
                }
                Ok(_) => {}
            }
        }
    }
    support::finish(problems);
}

#[test]
fn failing_projects_fail_where_they_say() {
    let mut problems = Vec::new();
    each_example("Fails", |rule, example| {
        let (report, sources) = example.check(rule.name);
        let (expected, actual) = (&example.errors, page::lines(&report, &sources));
        let at = format!("rules/{}.md, {}", rule.name, example.title);
        if expected.is_empty() {
            problems.push(format!("{at}: no line is marked `# error`"));
        }
        for (file, line) in expected.difference(&actual) {
            problems.push(format!("{at}: silent at {file}:{line}"));
        }
        for (file, line) in actual.difference(expected) {
            problems.push(format!("{at}: speaks at {file}:{line}:\n{}", support::concise(&report, &sources)));
        }
        problems.extend(report.failures.iter().map(|failure| format!("{at}: {}", failure.message)));
    });
    support::finish(problems);
}

#[test]
fn passing_projects_pass() {
    let mut problems = Vec::new();
    each_example("Passes", |rule, example| {
        let (report, sources) = example.check(rule.name);
        let said = support::concise(&report, &sources);
        if !said.is_empty() {
            problems.push(format!("rules/{}.md, {}: not silent:\n{said}", rule.name, example.title));
        }
    });
    support::finish(problems);
}

/// With `fix: safe`, the fixes make of each failing project the passing one at the same place of
/// the page.
#[test]
fn safe_fixes_lead_from_failing_to_passing() {
    let mut problems = Vec::new();
    for rule in ALL.iter().filter(|rule| rule.meta().fix == Some(Applicability::Safe)) {
        let (Ok(fails), Ok(passes)) =
            (page::examples(rule.page, "Fails"), page::examples(rule.page, "Passes"))
        else {
            continue;
        };
        for (failing, passing) in fails.iter().zip(&passes) {
            let (report, sources) = failing.check(rule.name);
            let fixed = fixed(failing, &report, &sources);
            let expected: BTreeMap<_, _> = passing.files.iter().cloned().collect();
            if fixed != expected {
                problems.push(format!(
                    "rules/{}.md, {}: fixed, it is\n{fixed:#?}\nnot\n{expected:#?}",
                    rule.name, failing.title
                ));
            }
        }
    }
    support::finish(problems);
}

/// The files of the project after all safe fixes.
fn fixed(example: &Example, report: &Report, sources: &SourceMap) -> BTreeMap<String, String> {
    let safe = |finding: &dockworthy::finding::Finding| {
        finding.fix.clone().filter(|fix| fix.applicability == Applicability::Safe)
    };
    let mut edits: Vec<Edit> = report.findings.iter().filter_map(safe).flat_map(|fix| fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    edits.dedup();
    let mut files: BTreeMap<String, String> = example.files.iter().cloned().collect();
    for edit in edits {
        let file = sources.file(edit.span).expect("an edit stands in a file");
        let path = file.path.strip_prefix(page::FOLDER).unwrap().to_string_lossy().into_owned();
        files.get_mut(&path).unwrap().replace_range(file.range(edit.span), &edit.text);
    }
    files
}

fn each_example(section: &str, mut test: impl FnMut(&Rule, &Example)) {
    for rule in ALL {
        // What is wrong with a page's form is for `pages_have_their_parts` to say.
        for example in page::examples(rule.page, section).unwrap_or_default() {
            test(rule, &example);
        }
    }
}
