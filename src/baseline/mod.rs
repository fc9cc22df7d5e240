//! What makes a finding this finding: its fingerprint stays the same when lines move and messages are reworded.
//! And the files that say which findings are known.

mod file;

pub use file::{Baseline, Divided, Entry, Unreadable};

use std::collections::HashMap;
use std::path::{Component, Path};

use sha2::{Digest as _, Sha256};

use crate::finding::Finding;
use crate::source::{SourceMap, relative};

/// The fingerprints of the findings, in their order: 32 hexadecimal digits over rule, file (relative to `directory`,
/// with `/`), service and evidence. Findings that agree in all of them are numbered in their order.
#[must_use]
pub fn fingerprints<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    sources: &SourceMap,
    directory: &Path,
) -> Vec<String> {
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let print = |finding: &Finding| {
        let identity = identity(finding, sources, directory);
        let count = seen.entry(identity.clone()).or_default();
        *count += 1;
        hash(&identity, *count)
    };
    findings.into_iter().map(print).collect()
}

/// The fingerprint of a finding that is the first of its kind.
fn fingerprint(finding: &Finding, sources: &SourceMap, directory: &Path) -> String {
    hash(&identity(finding, sources, directory), 1)
}

fn hash(identity: &[u8], count: usize) -> String {
    let numbered = if count > 1 { format!("\0{count}") } else { String::new() };
    let digest = Sha256::new().chain_update(identity).chain_update(numbered).finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Rule, file, service and evidence, kept apart by NUL, which none of them holds.
fn identity(finding: &Finding, sources: &SourceMap, directory: &Path) -> Vec<u8> {
    let mut parts = vec![finding.rule.to_string(), path(finding, sources, directory)];
    parts.push(finding.service.clone().unwrap_or_default());
    // Whatever the order in which a rule came across it.
    let mut evidence = finding.evidence.clone();
    evidence.sort();
    parts.extend(evidence);
    parts.join("\0").into_bytes()
}

/// The finding's file relative to `directory`, with `/`; blank when it stands in none.
fn path(finding: &Finding, sources: &SourceMap, directory: &Path) -> String {
    let file = sources.file(finding.at).map(|file| relative(&file.path, directory));
    let names = file.iter().flat_map(|path| path.components()).map(|part| match part {
        Component::RootDir => String::new(),
        part => part.as_os_str().to_string_lossy().into_owned(),
    });
    names.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Severity};
    use crate::source::{Memory, Span};

    fn finding(at: Span) -> Finding {
        Finding {
            rule: "wrong-port",
            severity: Severity::Error,
            confidence: Confidence::Certain,
            service: Some("api".to_string()),
            message: "a message".to_string(),
            at,
            label: None,
            also: Vec::new(),
            help: None,
            fix: None,
            evidence: vec!["DB".to_string(), "5433".to_string()],
            alike: Vec::new(),
        }
    }

    #[test]
    fn lines_and_words_do_not_count() {
        let sources = SourceMap::new(Memory::new([("/p/a.yaml", "one: 1\ntwo: 2\n")]));
        let file = sources.load(Path::new("/p/a.yaml")).map(|file| file.slice(0, 3)).unwrap_or_default();
        let moved = sources.load(Path::new("/p/a.yaml")).map(|file| file.slice(7, 10)).unwrap_or_default();
        let of = |finding: Finding| fingerprints(&[finding], &sources, Path::new("/p"));
        let first = of(finding(file));
        assert_eq!(first, of(Finding { message: "another".to_string(), ..finding(moved) }));
        assert_eq!(first, of(finding(file).severity(Severity::Advice)));
        assert_ne!(first, of(finding(file).evidence("more")));
        assert_ne!(first, of(finding(file).service("worker")));
        assert!(first.iter().all(|print| print.len() == 32));
        let both = fingerprints(&[finding(file), finding(moved)], &sources, Path::new("/p"));
        assert_eq!(both.first(), first.first());
        assert_ne!(both.first(), both.last());
    }
}
