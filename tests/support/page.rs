//! The projects of a rule's page.
//!
//! Under `## Fails` and `## Passes` stand whole small projects. Each file is a fenced block whose
//! info string names it: ```` ```yaml title=compose.yaml ````. A `###` heading starts another
//! project. A line of a failing project on which the rule must report ends with a comment that says
//! `error` (`# error`, `// error`, `-- error`, `; error`, `<!-- error -->`); the mark is taken off before the file is read, so that
//! it can stand in any kind of file.

use std::collections::BTreeSet;
use std::path::Path;

use dockworthy::config::Settings;
use dockworthy::finding::Confidence;
use dockworthy::report::{Place, Report};
use dockworthy::rules::page::{Level, block_title, body};
use dockworthy::source::{Memory, SourceMap};

/// Where the projects of pages lie.
pub const FOLDER: &str = "/project";

/// A project of a page.
#[derive(Debug, Default)]
pub struct Example {
    /// The `###` heading, or the section's name.
    pub title: String,
    /// Path and text, marks taken off.
    pub files: Vec<(String, String)>,
    /// The files that may be executed: `executable` stands in their block's info string.
    pub executables: Vec<String>,
    /// The lines with a mark.
    pub errors: BTreeSet<(String, usize)>,
}

/// The projects of a section.
pub fn examples(page: &str, section: &str) -> Result<Vec<Example>, String> {
    let mut examples = vec![Example { title: section.to_string(), ..Example::default() }];
    let mut within = false;
    let mut lines = body(page).lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            within = heading.trim() == section;
        } else if let Some(heading) = line.strip_prefix("### ").filter(|_| within) {
            examples.push(Example { title: heading.trim().to_string(), ..Example::default() });
        } else if let Some(info) = line.strip_prefix("```") {
            let fence = line.chars().take_while(|c| *c == '`').count();
            let close = "`".repeat(fence);
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != close).collect();
            if within {
                let title = block_title(info).ok_or_else(|| {
                    format!("under {section} every block is a file and needs `title=path`: ```{info}")
                })?;
                let example = examples.last_mut().unwrap();
                if info.split_whitespace().any(|word| word == "executable") {
                    example.executables.push(title.to_string());
                }
                example.take(title, &block);
            }
        }
    }
    examples.retain(|example| !example.files.is_empty());
    Ok(examples)
}

impl Example {
    fn take(&mut self, title: &str, block: &[&str]) {
        let mut text = String::new();
        for (index, line) in block.iter().enumerate() {
            let (line, marked) = unmarked(line);
            if marked {
                self.errors.insert((title.to_string(), index + 1));
            }
            text.push_str(line);
            text.push('\n');
        }
        self.files.push((title.to_string(), text));
    }

    /// What the rule says about the project.
    pub fn check(&self, rule: &str) -> (Report, SourceMap) {
        let files = self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        check(rule, files, &self.executables)
    }
}

/// What the rule says about these files.
pub fn check<'a>(
    rule: &str,
    files: impl Iterator<Item = (&'a str, &'a str)>,
    executables: &[String],
) -> (Report, SourceMap) {
    let memory = Memory::new(files.map(|(path, text)| (format!("{FOLDER}/{path}"), text)))
        .with_executables(executables.iter().map(|path| format!("{FOLDER}/{path}")));
    let settings = Settings {
        level: Level::Pedantic,
        min_confidence: Confidence::Possible,
        select: vec![rule.to_string()],
        ..Settings::default()
    };
    super::check(SourceMap::new(memory), Path::new(FOLDER), &super::Case::default(), &settings)
}

/// The lines that a report speaks of.
pub fn lines(report: &Report, sources: &SourceMap) -> BTreeSet<(String, usize)> {
    let place = |span| Place::of(sources, Path::new(FOLDER), span);
    report.findings.iter().map(|finding| place(finding.at)).map(|place| (place.file, place.line)).collect()
}

/// The line without its mark, and whether it has one.
pub fn unmarked(line: &str) -> (&str, bool) {
    let bare = line.trim_end().strip_suffix("-->").map_or(line.trim_end(), str::trim_end);
    let Some(rest) = bare.strip_suffix("error") else { return (line, false) };
    let rest = rest.trim_end();
    let opened = ["#", "//", "--", ";", "<!--"].into_iter().find_map(|open| rest.strip_suffix(open));
    match opened.map(|text| text.strip_suffix("<!").unwrap_or(text)) {
        Some(text) if text.is_empty() || text.ends_with([' ', '\t']) => (text.trim_end(), true),
        _ => (line, false),
    }
}

#[test]
fn marks_are_taken_off() {
    assert_eq!(unmarked("    image: x # error"), ("    image: x", true));
    assert_eq!(unmarked("let a = 1; // error"), ("let a = 1;", true));
    assert_eq!(unmarked("<a/> <!-- error -->"), ("<a/>", true));
    assert_eq!(unmarked("log: error"), ("log: error", false));
    assert_eq!(unmarked("x: a#error"), ("x: a#error", false));
    assert_eq!(unmarked("# error"), ("", true));
}

/// The `##` headings of a page, code blocks left out.
pub fn headings(page: &str) -> Vec<&str> {
    let mut code = false;
    let mut headings = Vec::new();
    for line in body(page).lines() {
        if line.starts_with("```") {
            code = !code;
        } else if let Some(heading) = line.strip_prefix("## ").filter(|_| !code) {
            headings.push(heading.trim());
        }
    }
    headings
}
