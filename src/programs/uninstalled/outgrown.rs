//! What code of Node.js says that the version of a package which its manifest asks for has no more: it was written for an older one.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use super::{Drifted, Program};
use crate::programs::javascript::plain;
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
    says: String,
    instead: String,
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
            if found.iter().any(|one| one.says == row.says) || !source.glance(speaks) {
                continue;
            }
            let Ok(file) = program.machine.sources.load(&source.path) else { continue };
            let Some((from, word)) = row.words.iter().find_map(|word| Some((said(&file.text, word)?, word)))
            else {
                continue;
            };
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
                image: None,
                says: row.says.clone(),
                instead: &row.instead,
            });
        }
    }
    found
}

/// Where a word stands in a text, comments left out.
fn said(text: &str, word: &str) -> Option<usize> {
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

/// The version of a package that a manifest asks for.
fn asked(manifest: &str, package: &str) -> Option<String> {
    let json: Value = serde_json::from_str(&plain(manifest)).ok()?;
    Some(json.get("dependencies")?.get(package)?.as_str()?.to_string())
}

/// Whether only versions from this one on fit.
fn is_since(version: &str, from: u32) -> bool {
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
