//! `.dockerignore`: which files of a build context the build does not see.
//!
//! See [.dockerignore files](https://docs.docker.com/build/concepts/context/#dockerignore-files).

use std::path::{Component, Path};

use regex::{Regex, RegexSet};

/// More patterns than this are not looked at.
const MAX_PATTERNS: usize = 2_000;

/// How many patterns are searched for at once: a set of expressions has a limit of its size.
const MANY: usize = 100;

/// The patterns of a `.dockerignore` file, in order.
#[derive(Clone, Debug, Default)]
pub struct DockerIgnore {
    sets: Vec<Patterns>,
}

/// Patterns that are searched for in one pass over a path, in order.
#[derive(Clone, Debug)]
struct Patterns {
    /// A path, or one of its directories, that one of them matches.
    set: RegexSet,
    /// Which of them are exceptions (`!README.md`).
    exceptions: Vec<bool>,
    /// The numbers of their lines.
    lines: Vec<usize>,
}

impl DockerIgnore {
    /// Reads the text of a `.dockerignore` file.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let lines = text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#'));
        let patterns: Vec<(String, bool, usize)> = lines
            .filter_map(|(line, number)| {
                let line = line.trim();
                let (line, exception) =
                    line.strip_prefix('!').map_or((line, false), |rest| (rest.trim(), true));
                let cleaned = clean(line);
                (!line.is_empty() && cleaned != ".").then_some((cleaned, exception, number))
            })
            .take(MAX_PATTERNS)
            .collect();
        let sets = patterns.chunks(MANY).filter_map(|patterns| {
            let whole = patterns.iter().map(|(pattern, ..)| format!("^(?s:{})(?:/|$)", expression(pattern)));
            let exceptions = patterns.iter().map(|(_, exception, _)| *exception).collect();
            let lines = patterns.iter().map(|(.., number)| *number).collect();
            Some(Patterns { set: RegexSet::new(whole).ok()?, exceptions, lines })
        });
        Self { sets: sets.collect() }
    }

    /// Whether the build sees nothing of this path, nor of what lies below it.
    #[must_use]
    pub fn hides_all(&self, path: &Path) -> bool {
        self.sets.iter().all(|patterns| !patterns.exceptions.contains(&true)) && self.ignores(path)
    }

    /// Whether the build does not see the file at this path, relative to the context. The last
    /// pattern that matches the path or one of its directories decides.
    #[must_use]
    pub fn ignores(&self, path: &Path) -> bool {
        self.ignored_by(path).is_some()
    }

    /// The number of the line by which the build does not see the file at this path.
    #[must_use]
    pub fn ignored_by(&self, path: &Path) -> Option<usize> {
        if self.sets.is_empty() {
            return None;
        }
        let names: Vec<_> = path
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .collect();
        let path = names.join("/");
        let (patterns, last) = self.sets.iter().rev().find_map(|patterns| {
            let last = patterns.set.matches(&path).iter().next_back()?;
            Some((patterns, last))
        })?;
        let exception = patterns.exceptions.get(last)?;
        patterns.lines.get(last).filter(|_| !exception).copied()
    }
}

/// A shell pattern over slash-separated paths: `*`, `?`, `[…]` within a name, `**` across them.
#[derive(Clone, Debug)]
pub struct Pattern(Option<Regex>);

impl Pattern {
    /// Reads a pattern; one that is too large to be searched for matches nothing.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(Regex::new(&format!("^(?s:{})$", expression(pattern))).ok())
    }

    /// Whether the whole path matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(path))
    }
}

/// The regular expression of a pattern.
fn expression(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    let literal = |character: char| regex::escape(character.encode_utf8(&mut [0; 4]));
    while let Some(character) = rest.next() {
        match character {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                // Nothing, or anything that ends in a slash; any characters at the end, slashes among them.
                out.push_str(if rest.peek().is_none() { ".*" } else { "(?:.*/)?" });
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '\\' => out.push_str(&literal(rest.next().unwrap_or('\\'))),
            '[' => out.push_str(&class(&mut rest)),
            other => out.push_str(&literal(other)),
        }
    }
    out
}

/// The expression of a class of characters, whose `[` was read.
fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let negated = rest.next_if(|c| matches!(c, '^' | '!')).is_some();
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut first = true;
    while let Some(mut character) = rest.next() {
        if character == ']' && !first {
            break;
        }
        first = false;
        if character == '\\' {
            character = rest.next().unwrap_or('\\');
        }
        let mut end = character;
        if rest.peek() == Some(&'-') {
            rest.next();
            match rest.next() {
                Some(']') => {
                    ranges.extend([(character, character), ('-', '-')]);
                    break;
                }
                Some(to) => end = to,
                None => {}
            }
        }
        ranges.push((character, end));
    }
    let code = |character: char| format!("\\x{{{:x}}}", u32::from(character));
    let ranges = ranges.iter().filter(|(from, to)| from <= to);
    let ranges: String = ranges.map(|(from, to)| format!("{}-{}", code(*from), code(*to))).collect();
    match (negated, ranges.is_empty()) {
        (true, _) => format!("[^/{ranges}]"),
        (false, true) => r"[^\s\S]".to_string(),
        (false, false) => format!("[[{ranges}]&&[^/]]"),
    }
}

/// The pattern without `.`, `..`, doubled and outer slashes.
fn clean(pattern: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in pattern.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    if names.is_empty() { ".".to_string() } else { names.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(patterns: &str, path: &str) -> bool {
        DockerIgnore::parse(patterns).ignores(Path::new(path))
    }

    #[test]
    fn a_pattern_covers_what_lies_below() {
        assert!(ignored("build", "build/a/b.py"));
        assert!(ignored("/build/", "build/a/b.py"));
        assert!(!ignored("build", "src/build"));
        assert!(ignored("**/build", "src/build/x"));
        assert!(ignored("**/*.pyc", "a.pyc"));
        assert!(ignored("*/temp*", "a/temporary.txt"));
        assert!(!ignored("*/temp*", "a/b/temporary.txt"));
        assert!(ignored("temp?", "tempa"));
        assert!(ignored("a/**", "a/b/c"));
        assert!(!ignored("a/**", "b/a/c"));
        assert!(ignored("[a-c].txt", "b.txt"));
        assert!(!ignored("[^a-c].txt", "b.txt"));
    }

    #[test]
    fn the_last_match_decides() {
        assert!(!ignored("*.md\n!README.md", "README.md"));
        assert!(ignored("*.md\n!README*.md\nREADME-secret.md", "README-secret.md"));
        assert!(!ignored("*\n!src", "src/main.py"));
        assert!(ignored("*\n!src", "tests/main.py"));
        assert!(!ignored("# comment\n\n", "comment"));
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(200);
        assert!(!ignored(&pattern, &"a".repeat(100)));
    }
}
