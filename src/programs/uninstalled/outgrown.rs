//! What code of Node.js says that the version of a package which its manifest asks for has no more: it was written for an older one.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use super::{Drifted, Program};
use crate::programs::javascript::plain;
use crate::programs::versions::range::Version;
use crate::programs::versions::{Language, images};
use crate::source::Spanned;

/// The table of them.
const TABLE: &str = include_str!("../../../rules/data/outgrown.yaml");

/// What a version of a package does not take.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    package: String,
    /// The first major version that does not.
    from: u32,
    /// What is written.
    words: Vec<String>,
    /// The first version of Node.js that takes it all the same.
    #[serde(default)]
    below: Option<String>,
    /// Not where one of these is written anywhere in the program.
    #[serde(default)]
    unless: Vec<String>,
    /// Whether it counts only in a line at the margin, and under no condition.
    #[serde(default)]
    straight: bool,
    /// Whether the program starts, and fails where it uses that.
    #[serde(default)]
    late: bool,
    /// What is wrong, where that is not that the words are not taken.
    #[serde(default)]
    why: Option<String>,
    says: String,
    instead: String,
}

impl Row {
    /// Whether it holds for the program's Node.js, and nothing in the program makes it right.
    fn is_of(&self, program: &Program<'_>) -> bool {
        let runs = || {
            let (language, has) = images::version(&program.image.base.as_ref()?.value)?;
            Some(has).filter(|_| language == Language::Node)
        };
        let below = self.below.as_deref().and_then(Version::at_start_of);
        let words: Vec<&str> = self.unless.iter().map(String::as_str).collect();
        below.is_none_or(|below| runs().is_some_and(|has| has.is_before(below)))
            && (words.is_empty() || program.scope.containing_any(&words).is_empty())
    }
}

/// Directories above a module in which its manifest is looked for.
const MAX_ABOVE: usize = 6;

fn table() -> &'static [Row] {
    static ALL: OnceLock<Vec<Row>> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What the loaded modules say that is no more; each package once.
pub(super) fn of(program: &Program<'_>) -> Vec<Drifted> {
    let mut found: Vec<Drifted> = Vec::new();
    for (place, source) in program.loaded.iter().filter_map(|index| program.scope.get(*index)) {
        if source.front_end.name() != "javascript" {
            continue;
        }
        for row in table() {
            let speaks = |text: &str| {
                let exact = [format!("'{}'", row.package), format!("\"{}\"", row.package)];
                let named = exact.iter().any(|name| text.contains(name.as_str()))
                    || row.words.iter().all(|word| word.contains(&row.package));
                named && row.words.iter().any(|word| text.contains(word.as_str()))
            };
            if found.iter().any(|one| one.says == row.says) || !source.glance(speaks) || !row.is_of(program) {
                continue;
            }
            let Ok(file) = program.machine.sources.load(&source.path) else { continue };
            let Some((from, word)) = row.words.iter().find_map(|word| Some((said(&file.text, word)?, word)))
            else {
                continue;
            };
            if row.straight && !is_straight(&file.text, from) {
                continue;
            }
            let mut above = place.ancestors().skip(1).take(MAX_ABOVE);
            let Some(manifest) =
                above.find_map(|folder| program.machine.of_build().load(&folder.join("package.json")))
            else {
                continue;
            };
            let Some(version) =
                asked(&manifest.text, &row.package).filter(|version| is_since(version, row.from))
            else {
                continue;
            };
            let key = format!("\"{}\"", row.package);
            let Some(at) = manifest.text.find(&key) else { continue };
            let word = word.trim_end_matches([':', '(']);
            found.push(Drifted {
                package: Some(Spanned::new(
                    format!("{} {version}", row.package),
                    manifest.slice(at, at + key.len()),
                )),
                with: None,
                used: Spanned::new(word.to_string(), file.slice(from, from + word.len())),
                refused: false,
                written: true,
                late: row.late,
                why: row.why.as_deref(),
                image: None,
                says: row.says.clone(),
                instead: &row.instead,
            });
        }
    }
    found
}

/// Where a word stands in a text, comments left out.
pub(super) fn said(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let line = text.get(..*at).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
        let begins = line.trim_start();
        !begins.starts_with(['*', '/'])
            && !line.contains("/*")
            && !line
                .match_indices("//")
                .any(|(at, _)| !line.get(..at).is_some_and(|before| before.ends_with(':')))
    })
}

/// Whether the line in which a place lies is at the margin of the text, and decides nothing before it.
fn is_straight(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
    !before.starts_with([' ', '\t']) && !["?", "&&", "||", "if"].iter().any(|sign| before.contains(sign))
}

/// The version of a package that a manifest asks for.
pub(super) fn asked(manifest: &str, package: &str) -> Option<String> {
    let json: Value = serde_json::from_str(&plain(manifest)).ok()?;
    Some(json.get("dependencies")?.get(package)?.as_str()?.to_string())
}

/// Whether only versions from this one on fit.
pub(super) fn is_since(version: &str, from: u32) -> bool {
    if matches!(version, "latest" | "*") {
        return true;
    }
    let digits = version.trim_start_matches(['^', '~', '=', 'v', '>', ' ']);
    let first = digits.split(['.', ' ']).next().and_then(|first| first.parse::<u32>().ok());
    first.is_some_and(|first| first >= from) && !version.contains("||")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert!(table().len() > 4);
        assert!(is_since("^8.0.0", 6) && is_since("latest", 6) && is_since(">=6.1", 6) && is_since("7.x", 6));
        assert!(!is_since("^5.13.0", 6) && !is_since("5 || 6", 6) && !is_since("github:a/b", 6));
        assert_eq!(said("// a: 1\n b({ a: 1 })", "a:"), Some(13));
    }
}
