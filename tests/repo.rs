//! The laws of the house, kept by machine. CONTRIBUTING.md says why each of them is one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use dockworthy::finding::{Applicability, Finding, Fix, ProblemKind};
use dockworthy::report::{Format, Report, Screen};
use dockworthy::rules::ALL;
use dockworthy::rules::page::Level;
use support::{files, folders, name, root};

/// A layer uses only itself and those before it.
const LAYERS: [&str; 16] = [
    "source", "finding", "yaml", "compose", "programs", "facts", "rules", "config", "suppress", "baseline",
    "fix", "report", "repair", "graph", "cli", "lib",
];

/// A file of `src/`: its path there, and its text without its tests.
struct Source {
    path: String,
    text: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let rust = files(&src).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        let code =
            text.split_once("#[cfg(test)]\nmod tests {").map_or(text.as_str(), |(code, _)| code).to_string();
        let path = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        Source { path, text: code, lines }
    };
    let sources: Vec<Source> = rust.map(read).collect();
    assert!(sources.len() > 20, "the scan finds the sources");
    sources.into_iter().filter(|source| !source.path.ends_with("tests.rs")).collect()
}

impl Source {
    fn layer(&self) -> usize {
        let first = self.path.split('/').next().unwrap().trim_end_matches(".rs");
        let first = if first == "main" { "lib" } else { first };
        LAYERS.iter().position(|layer| *layer == first).unwrap_or_else(|| panic!("{}: no layer", self.path))
    }

    /// Lines that are code, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn mentions(&self, words: &[&str]) -> Vec<String> {
        let has = |line: &str| words.iter().any(|word| line.contains(word));
        let lines = self.code().filter(|(_, line)| has(line));
        lines.map(|(number, line)| format!("src/{}:{number}: {}", self.path, line.trim())).collect()
    }
}

#[test]
fn a_layer_uses_only_those_before_it() {
    let mut problems = Vec::new();
    for source in sources() {
        let own = source.layer();
        for (number, line) in source.code() {
            for (at, _) in line.match_indices("crate::").filter(|(at, _)| !line[..*at].ends_with('$')) {
                let rest = &line[at + "crate::".len()..];
                let used = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                let layer = LAYERS.iter().position(|layer| *layer == used);
                if layer.is_some_and(|layer| layer > own) {
                    problems.push(format!("src/{}:{number}: {} uses {used}", source.path, LAYERS[own]));
                }
            }
        }
    }
    support::finish(problems);
}

#[test]
fn only_yaml_sees_the_parser() {
    let outside = sources().into_iter().filter(|source| !source.path.starts_with("yaml"));
    let mut problems: Vec<String> = outside.flat_map(|source| source.mentions(&["granit"])).collect();
    // serde_yaml reads our own data and other programs' configuration, never a compose document.
    let documents = |source: &Source| ["source", "finding", "compose"].contains(&LAYERS[source.layer()]);
    problems.extend(sources().iter().filter(|s| documents(s)).flat_map(|s| s.mentions(&["serde_yaml"])));
    support::finish(problems);
}

#[test]
fn only_source_touches_the_disk() {
    let words = ["std::fs", "fs::read", "fs::write", "File::open", ".exists()", ".is_file()", ".is_dir()"];
    let outside = sources().into_iter().filter(|source| !source.path.starts_with("source/"));
    support::finish(outside.flat_map(|source| source.mentions(&words)).collect());
}

#[test]
fn rules_see_no_yaml_no_text_and_no_files() {
    let words =
        ["crate::yaml", "SourceMap", "SourceFile", "crate::source::Files", "serde_yaml", "tree_sitter"];
    // What the text of a program holds is a fact, looked up once, where others can ask for it.
    let words = [&words[..], &[".glance(", ".containing(", ".containing_any("]].concat();
    let rules = sources().into_iter().filter(|s| s.path.starts_with("rules/") && s.path != "rules/page.rs");
    support::finish(rules.flat_map(|source| source.mentions(&words)).collect());
}

#[test]
fn no_file_is_long() {
    let long = sources().into_iter().filter(|source| source.lines > 500);
    support::finish(long.map(|source| format!("src/{}: {} lines", source.path, source.lines)).collect());
    let main = std::fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 40);
}

#[test]
fn nothing_that_input_reaches_may_panic() {
    let words =
        [".unwrap()", ".expect(\"", "panic!(", "unreachable!(", "todo!(", "unimplemented!(", "unsafe "];
    support::finish(sources().into_iter().flat_map(|source| source.mentions(&words)).collect());
}

#[test]
fn every_rule_has_its_page_its_examples_and_its_fixture() {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for rule in ALL {
        if !names.insert(rule.name.to_string()) {
            problems.push(format!("{} stands in the list twice", rule.name));
        }
        let cases = folders(&root().join("fixtures/rules").join(rule.name));
        if cases.is_empty() {
            problems.push(format!("fixtures/rules/{}/ has no case", rule.name));
        }
    }
    let listed: Vec<&str> = ALL.iter().map(|rule| rule.name).collect();
    assert!(listed.is_sorted(), "the rules are listed by name");
    let pages: BTreeSet<String> = files(&root().join("rules"))
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| name(path).trim_end_matches(".md").to_string())
        .collect();
    problems.extend(
        pages.difference(&names).map(|page| format!("rules/{page}.md belongs to no rule in the list")),
    );
    problems.extend(names.difference(&pages).map(|rule| format!("rules/{rule}.md is missing")));
    for folder in folders(&root().join("fixtures/rules")) {
        if !names.contains(&name(&folder)) {
            problems.push(format!("fixtures/rules/{} belongs to no rule", name(&folder)));
        }
    }
    let kinds = ProblemKind::ALL.iter().map(|kind| kind.rule()).filter(|rule| !names.contains(*rule));
    problems.extend(kinds.map(|rule| format!("what `{rule}` is to report is reported by no rule")));
    support::finish(problems);
}

/// The groups whose rules take most to be right.
const GROUPS: [&str; 4] = ["wiring", "readiness", "datasource", "environment"];

fn rules_of_groups() -> impl Iterator<Item = &'static dockworthy::rules::Rule> {
    ALL.iter().copied().filter(|rule| GROUPS.contains(&rule.meta().category.as_str()))
}

#[test]
fn rules_have_three_cases_that_fail_and_three_that_pass() {
    let mut problems = Vec::new();
    for rule in rules_of_groups() {
        let cases = folders(&root().join("fixtures/rules").join(rule.name));
        for kind in ["fails-", "passes-"] {
            let count = cases.iter().filter(|case| name(case).starts_with(kind)).count();
            if count < 3 {
                problems.push(format!("fixtures/rules/{} has {count} cases `{kind}…`, not three", rule.name));
            }
        }
    }
    support::finish(problems);
}

#[test]
fn rules_speak_in_whole_projects() {
    let fixtures = root().join("fixtures");
    let projects = folders(&fixtures.join("projects")).into_iter();
    let projects = projects.filter(|project| name(project).starts_with("fails-"));
    let incidents = folders(&fixtures.join("incidents")).into_iter().flat_map(|incident| folders(&incident));
    // That they are true is for `tests/fixtures.rs` to say.
    let expected = projects.chain(incidents).map(|project| project.join("expected.txt"));
    let said: String = expected.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let silent = rules_of_groups().filter(|rule| !said.contains(&format!("[{}] ", rule.name)));
    support::finish(silent.map(|rule| format!("{} speaks in no whole project", rule.name)).collect());
}

/// What the page says of fixes is what they are, over all cases and pages.
#[test]
fn pages_say_which_fixes_there_are() {
    let mut offered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let word = |fix: &Fix| if fix.applicability == Applicability::Safe { "safe" } else { "unsafe" };
    let mut look = |report: &Report| {
        for finding in &report.findings {
            if let Some(fix) = &finding.fix {
                offered.entry(finding.rule).or_default().insert(word(fix));
            }
        }
    };
    for case in cases() {
        let rule = case.parent().filter(|it| it.parent().is_some_and(|it| it.ends_with("rules"))).map(name);
        look(&support::check_folder(&case, rule.as_deref()).0);
    }
    for rule in ALL {
        for example in support::page::examples(rule.page, "Fails").unwrap_or_default() {
            look(&example.check(rule.name).0);
        }
    }
    let mut problems = Vec::new();
    for rule in ALL {
        let offered = offered.get(rule.name).cloned().unwrap_or_default();
        // Where both kinds are offered, the page says the better one.
        let offered = offered.first().copied().unwrap_or("none");
        let said = match rule.meta().fix {
            Some(Applicability::Safe) => "safe",
            Some(Applicability::Unsafe) => "unsafe",
            None => "none",
        };
        if offered != said {
            problems
                .push(format!("rules/{}.md says `fix: {said}`, and what is offered is {offered}", rule.name));
        }
    }
    support::finish(problems);
}

#[test]
fn messages_have_the_style_of_the_house() {
    let mut problems = BTreeSet::new();
    let mut look = |finding: &Finding, from: &str| {
        let labels = finding.also.iter().map(|label| &label.text).chain(&finding.label);
        for (text, what) in
            std::iter::once((&finding.message, "message")).chain(labels.map(|text| (text, "label")))
        {
            for wrong in faults(text) {
                problems.insert(format!("{}: {what} {wrong}: {text} ({from})", finding.rule));
            }
        }
        if finding.help.as_deref().is_some_and(|help| help.trim().is_empty() || help.ends_with('.')) {
            problems
                .insert(format!("{}: help is blank or ends with a stop: {:?}", finding.rule, finding.help));
        }
    };
    for case in cases() {
        let (report, _) = support::check_folder(&case, None);
        report.findings.iter().for_each(|finding| look(finding, &name(&case)));
    }
    for rule in ALL {
        for example in support::page::examples(rule.page, "Fails").unwrap_or_default() {
            let (report, _) = example.check(rule.name);
            report.findings.iter().for_each(|finding| look(finding, "its page"));
        }
    }
    support::finish(problems.into_iter().collect());
}

/// What is wrong with a text that people read.
fn faults(text: &str) -> Vec<&'static str> {
    let mut faults = Vec::new();
    let first = text.split_whitespace().next().unwrap_or_default();
    let capital = first.chars().next().is_some_and(char::is_uppercase);
    // Names that are written with a capital may stand first; capitals within (`PostgreSQL`) tell most.
    let proper =
        ["Compose", "Docker", "Python", "Swarm", "Django", "Celery", "Redis", "Kafka", "Elasticsearch"];
    let known = proper.contains(&first) || first.chars().skip(1).any(char::is_uppercase);
    if capital && !known {
        faults.push("starts with a capital");
    }
    if text.trim().is_empty() || text != text.trim() {
        faults.push("is blank or has blanks around it");
    }
    if text.ends_with('.') && !text.ends_with("...") {
        faults.push("ends with a stop");
    }
    if text.contains('\n') {
        faults.push("has several lines");
    }
    if text.matches('`').count() % 2 == 1 {
        faults.push("has an odd number of backticks");
    }
    faults
}

fn cases() -> Vec<PathBuf> {
    let fixtures = root().join("fixtures");
    let nested = ["rules", "incidents"].into_iter().flat_map(|kind| folders(&fixtures.join(kind)));
    nested.flat_map(|folder| folders(&folder)).chain(folders(&fixtures.join("projects"))).collect()
}

#[test]
fn the_pages_show_the_rules_and_what_the_program_says() {
    let mut table = String::from("| rule | severity | what it finds |\n|---|---|---|\n");
    let mut rules = ALL.to_vec();
    rules.sort_by_key(|rule| (rule.meta().level, rule.meta().category.clone(), rule.name));
    for rule in rules {
        let meta = rule.meta();
        let level = match meta.level {
            Level::Default => "",
            Level::Hardening => " (level `hardening`)",
            Level::Pedantic => " (level `pedantic`)",
        };
        let severity = dockworthy::report::severity(meta.severity);
        let summary = meta.summary.replace('|', "\\|");
        writeln!(table, "| [`{0}`](../rules/{0}.md) | {severity} | {summary}{level} |", rule.name).unwrap();
    }
    let (report, sources) =
        support::check_folder(&root().join("fixtures/incidents/unset-async-url/before"), None);
    let screen = Screen { quiet: true, ..Screen::default() };
    let mut picture = Vec::new();
    report.write(Format::Text, &sources, &screen, &mut picture).unwrap();
    let picture = format!("```text\n{}\n```\n", String::from_utf8(picture).unwrap().trim_end());
    let pages = [("README.md", "picture", picture), ("docs/rules.md", "rules", table)];
    let differ = |(page, marker, content): (&str, &str, String)| {
        let path = root().join(page);
        let text = std::fs::read_to_string(&path).unwrap();
        support::expect(&path, &between(&text, marker, &content)).err()
    };
    support::finish(pages.into_iter().filter_map(differ).collect());
}

/// The text with what stands between the markers of that name replaced.
fn between(text: &str, marker: &str, content: &str) -> String {
    let (open, close) = (format!("<!-- {marker} -->\n"), format!("<!-- /{marker} -->"));
    let (before, rest) = text.split_once(&open).unwrap_or_else(|| panic!("a page has no {open}"));
    let (_, after) = rest.split_once(&close).unwrap_or_else(|| panic!("a page has no {close}"));
    format!("{before}{open}{content}{close}{after}")
}

/// What stands between backticks and looks like a path of this repository, and where links lead.
#[test]
fn every_path_that_is_named_exists() {
    let mut problems = Vec::new();
    let pages = files(&root().join("docs"))
        .into_iter()
        .chain(["README.md", "CONTRIBUTING.md", "fixtures/projects/README.md"].map(|f| root().join(f)));
    for page in pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = std::fs::read_to_string(&page).unwrap();
        let quoted = text.split('`').skip(1).step_by(2).map(|path| (path, root()));
        let near = page.parent().unwrap().to_path_buf();
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let linked = linked.filter(|link| !link.contains("://") && !link.starts_with('#'));
        for (path, from) in
            quoted.filter(|(path, _)| is_ours(path)).chain(linked.map(|link| (link, near.clone())))
        {
            if !from.join(path.split('#').next().unwrap()).exists() {
                problems.push(format!("{}: {path} does not exist", name(&page)));
            }
        }
    }
    support::finish(problems);
}

/// Whether a quoted text is meant as a path from the root of this repository.
fn is_ours(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
    let starts =
        ["src/", "tests/", "fixtures/", "rules/", "docs/", ".ci/"].iter().any(|top| text.starts_with(top));
    plain && starts
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let machine = ["work", "tmp", "root", "farm"].map(|name| format!("/{name}/"));
    let mut problems = Vec::new();
    for path in files(&root()) {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        if shown.starts_with("fixtures") || shown == "Cargo.lock" || shown == "tests/repo.rs" {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (index, line) in text.lines().enumerate() {
            // A path of a container in an example is none of a machine: it follows a name or a colon.
            let starts = |at: usize| line[..at].chars().next_back().is_none_or(|c| " \"'`(=".contains(c));
            if machine.iter().any(|word| line.match_indices(word.as_str()).any(|(at, _)| starts(at)))
                && !is_example(&path)
            {
                problems.push(format!("{shown}:{}: {line}", index + 1));
            }
        }
    }
    support::finish(problems);
}

/// Pages and data speak of containers, whose paths are the images' own.
fn is_example(path: &Path) -> bool {
    path.starts_with(root().join("rules")) || path.starts_with(root().join("src"))
}
