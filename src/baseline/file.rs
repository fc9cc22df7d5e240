//! A baseline: the findings that a project has made its peace with, one line each, so that a run speaks of new ones.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::finding::Finding;
use crate::source::SourceMap;
use crate::yaml::{self, Node};

/// The version of the format.
const VERSION: &str = "1";

const HEADER: &str = "# Findings that were there when this file was written. `dockworthy check --baseline` leaves them out;\n\
                      # `dockworthy baseline` writes it anew, `dockworthy baseline --prune` takes out what is no longer found.\n";

/// One line of a baseline: findings of the same fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The rule.
    pub rule: String,
    /// The file, relative to the folder of the baseline, with `/`.
    pub file: String,
    /// The service, where the findings are about one.
    pub service: Option<String>,
    /// What they have in common: see [`fingerprints`](super::fingerprints).
    pub fingerprint: String,
    /// How many they are.
    pub count: usize,
    /// The line of the baseline; 0 for what was not read from one.
    pub line: usize,
}

/// A file of known findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The file.
    pub path: PathBuf,
    /// What it holds, in order.
    pub entries: Vec<Entry>,
}

/// Why a baseline cannot be used: a place in the file, where there is one, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Line and column.
    pub place: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

/// Findings, divided by what a baseline knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Divided {
    /// What it does not know, in order.
    pub new: Vec<Finding>,
    /// What it knows, in order.
    pub known: Vec<Finding>,
    /// The entries that more was expected of, with the count of what is missing.
    pub stale: Vec<Entry>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// [`Unreadable`] with the first thing that is wrong.
    pub fn read(sources: &SourceMap, path: &Path) -> Result<Self, Unreadable> {
        let whole = |message: String| Unreadable { place: None, message };
        let file = sources.load(path).map_err(|error| whole(error.to_string()))?;
        let wrong = |node: &Node, message: &str| {
            let at = file.position(node.span.lo);
            Unreadable { place: Some((at.line, at.column)), message: message.to_string() }
        };
        let stream = yaml::parse(&file);
        if let Some(problem) = stream.problems.first() {
            let at = file.position(problem.at.lo);
            return Err(Unreadable { place: Some((at.line, at.column)), message: problem.message.clone() });
        }
        let [document] = stream.documents.as_slice() else {
            return Err(whole("is no baseline: it must be one YAML document".to_string()));
        };
        let Some(root) = document.as_mapping() else {
            return Err(wrong(document, "a baseline is a mapping of `version` and `findings`"));
        };
        let mut baseline = Self { path: path.to_path_buf(), entries: Vec::new() };
        let (mut version, mut found) = (false, false);
        for entry in root.entries.iter() {
            match text(&entry.key) {
                Some("version") if text(&entry.value) == Some(VERSION) => version = true,
                Some("version") => {
                    return Err(wrong(&entry.value, "this version of baselines is unknown here; known is 1"));
                }
                Some("findings") => {
                    let Some(items) = entry.value.as_sequence() else {
                        return Err(wrong(&entry.value, "`findings` must be a list"));
                    };
                    for item in items.items.iter() {
                        let line = file.position(item.span.lo).line;
                        let entry = read_entry(item, line).map_err(|(node, why)| wrong(node, &why))?;
                        baseline.entries.push(entry);
                    }
                    found = true;
                }
                _ => {
                    let why = "a baseline has no such key; known are `version` and `findings`";
                    return Err(wrong(&entry.key, why));
                }
            }
        }
        if !version || !found {
            return Err(wrong(document, "a baseline needs both `version` and `findings`"));
        }
        Ok(baseline)
    }

    /// The baseline of these findings, to be written to `path`.
    #[must_use]
    pub fn of(findings: &[Finding], sources: &SourceMap, path: &Path) -> Self {
        let folder = path.parent().unwrap_or(path);
        let mut counts: BTreeMap<(String, String, Option<String>, String), usize> = BTreeMap::new();
        for finding in findings {
            let file = super::path(finding, sources, folder);
            let print = super::fingerprint(finding, sources, folder);
            let key = (file, finding.rule.to_string(), finding.service.clone(), print);
            *counts.entry(key).or_default() += 1;
        }
        let entries = counts.into_iter().map(|((file, rule, service, fingerprint), count)| Entry {
            rule,
            file,
            service,
            fingerprint,
            count,
            line: 0,
        });
        Self { path: path.to_path_buf(), entries: entries.collect() }
    }

    /// Divides findings by what the baseline knows. `hidden` are findings that are not reported but there all the same.
    #[must_use]
    pub fn divide(&self, findings: Vec<Finding>, hidden: &[Finding], sources: &SourceMap) -> Divided {
        let folder = self.path.parent().unwrap_or(&self.path);
        let mut left: HashMap<&str, usize> = HashMap::new();
        for entry in &self.entries {
            let count = left.entry(&entry.fingerprint).or_default();
            *count = count.saturating_add(entry.count);
        }
        let mut take =
            |finding: &Finding| match left.get_mut(super::fingerprint(finding, sources, folder).as_str()) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    true
                }
                _ => false,
            };
        let mut divided = Divided::default();
        for finding in findings {
            if take(&finding) { divided.known.push(finding) } else { divided.new.push(finding) }
        }
        for finding in hidden {
            take(finding);
        }
        for entry in &self.entries {
            let Some(count) = left.get_mut(entry.fingerprint.as_str()) else { continue };
            let missing = (*count).min(entry.count);
            *count -= missing;
            if missing > 0 {
                divided.stale.push(Entry { count: missing, ..entry.clone() });
            }
        }
        divided
    }

    /// The baseline without what these entries say is missing.
    #[must_use]
    pub fn without(&self, stale: &[Entry]) -> Self {
        let mut entries = self.entries.clone();
        for gone in stale {
            if let Some(entry) = entries.iter_mut().find(|entry| is_same(entry, gone)) {
                entry.count = entry.count.saturating_sub(gone.count);
            }
        }
        entries.retain(|entry| entry.count > 0);
        Self { path: self.path.clone(), entries }
    }

    /// How many findings it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.iter().fold(0, |sum, entry| sum.saturating_add(entry.count))
    }

    /// Whether it knows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The text of the file: entries sorted by file, rule, service and fingerprint, one a line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by_key(|entry| (&entry.file, &entry.rule, &entry.service, &entry.fingerprint));
        let mut text = format!("{HEADER}version: {VERSION}\nfindings:");
        if entries.is_empty() {
            text.push_str(" []");
        }
        text.push('\n');
        for Entry { rule, file, service, fingerprint, count, .. } in entries {
            let service =
                service.as_ref().map(|name| format!("service: {}, ", written(name))).unwrap_or_default();
            let (rule, file) = (written(rule), written(file));
            let _ = writeln!(
                text,
                "- {{file: {file}, rule: {rule}, {service}fingerprint: {fingerprint}, count: {count}}}"
            );
        }
        text
    }
}

fn is_same(entry: &Entry, other: &Entry) -> bool {
    entry.line == other.line && entry.fingerprint == other.fingerprint
}

fn text(node: &Node) -> Option<&str> {
    node.as_scalar().map(|scalar| scalar.text.as_str())
}

fn read_entry(item: &Node, line: usize) -> Result<Entry, (&Node, String)> {
    const KEYS: &str = "`rule`, `file`, `service`, `fingerprint` and `count`";
    let Some(members) = item.as_mapping() else {
        return Err((item, format!("an entry is a mapping of {KEYS}")));
    };
    let blank = String::new;
    let mut entry =
        Entry { rule: blank(), file: blank(), service: None, fingerprint: blank(), count: 1, line };
    for member in members.entries.iter() {
        let Some(value) = text(&member.value) else {
            return Err((&member.value, "must be text".to_string()));
        };
        match text(&member.key) {
            Some("rule") => entry.rule = value.to_string(),
            Some("file") => entry.file = value.to_string(),
            Some("service") => entry.service = Some(value.to_string()),
            Some("fingerprint") if value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit()) => {
                entry.fingerprint = value.to_ascii_lowercase();
            }
            Some("fingerprint") => {
                return Err((&member.value, "a fingerprint has 32 hexadecimal digits".to_string()));
            }
            Some("count") => match value.parse() {
                Ok(count) if count > 0 => entry.count = count,
                _ => return Err((&member.value, "a count is a number from 1".to_string())),
            },
            _ => return Err((&member.key, format!("an entry has no such key; known are {KEYS}"))),
        }
    }
    if entry.rule.is_empty() || entry.fingerprint.is_empty() {
        return Err((item, "an entry needs `rule` and `fingerprint`".to_string()));
    }
    Ok(entry)
}

/// Text as YAML reads it back, whatever it holds, with nothing that a terminal would act on.
fn written(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c));
    if plain && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.' && text.len() > 3) {
        return text.to_string();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            c if c.is_alphanumeric() => quoted.push(c),
            c => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Severity};
    use crate::source::{Memory, Span};

    fn finding(at: Span, evidence: &str) -> Finding {
        Finding {
            rule: "wrong-port",
            severity: Severity::Error,
            confidence: Confidence::Certain,
            service: Some("a\"\u{202e}\n: b".to_string()),
            message: "postgres://me:hunter2@db".to_string(),
            at,
            label: None,
            also: Vec::new(),
            help: None,
            fix: None,
            evidence: vec![evidence.to_string()],
            alike: Vec::new(),
        }
    }

    fn sources(baseline: &str) -> (SourceMap, Span) {
        let files = [("/p/a b.yaml", "one: 1\n"), ("/p/baseline.yaml", baseline)];
        let sources = SourceMap::new(Memory::new(files));
        let at = sources.load(Path::new("/p/a b.yaml")).map(|file| file.slice(0, 3)).unwrap_or_default();
        (sources, at)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (map, at) = sources("");
        let findings = [finding(at, "x"), finding(at, "y"), finding(at, "x")];
        let text = Baseline::of(&findings, &map, Path::new("/p/baseline.yaml")).text();
        assert_eq!(
            text.lines().filter(|line| line.starts_with("- {file: \"a b.yaml\", rule: wrong-port")).count(),
            2
        );
        assert!(!text.contains("hunter2") && !text.contains('\u{202e}'), "{text}");
        let (map, at) = sources(&text);
        let baseline = Baseline::read(&map, Path::new("/p/baseline.yaml")).expect("it is one");
        assert_eq!((baseline.len(), baseline.text()), (3, text));
        let four = vec![finding(at, "x"), finding(at, "x"), finding(at, "x"), finding(at, "z")];
        let divided = baseline.divide(four, &[], &map);
        assert_eq!((divided.known.len(), divided.new.len()), (2, 2));
        assert_eq!(divided.stale.iter().map(|entry| entry.count).collect::<Vec<_>>(), [1]);
        assert_eq!(baseline.without(&divided.stale).len(), 2);
        let hidden = baseline.divide(vec![finding(at, "x")], &[finding(at, "x"), finding(at, "y")], &map);
        assert_eq!((hidden.known.len(), hidden.stale), (1, vec![]));
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let told = |text: &str| {
            let (map, _) = sources(text);
            let wrong = Baseline::read(&map, Path::new("/p/baseline.yaml")).expect_err("it is wrong");
            (wrong.place, wrong.message)
        };
        let place = |text: &str| told(text).0;
        assert_eq!(place(""), None);
        assert_eq!(place("version: 2\nfindings: []\n"), Some((1, 10)));
        assert_eq!(place("version: 1\n"), Some((1, 1)));
        assert_eq!(place("version: 1\nfindings: {}\n"), Some((2, 11)));
        assert_eq!(place("version: 1\nfindings:\n- {rule: x, fingerprint: 12}\n"), Some((3, 26)));
        assert_eq!(place("version: 1\nfindings:\n- {rule: x, line: 12}\n"), Some((3, 13)));
        assert_eq!(
            place(
                "version: 1\nfindings:\n- {rule: x, fingerprint: 0123456789abcdef0123456789abcdef, count: 0}\n"
            ),
            Some((3, 67))
        );
        assert_eq!(place("version: [1\n").map(|place| place.0), Some(1));
        assert!(told("<<<<<<< ours\nversion: 1\n").1.contains("merge"));
    }
}
