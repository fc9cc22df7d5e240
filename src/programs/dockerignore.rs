//! `.dockerignore`: which files of a build context the build does not see.
//!
//! See [.dockerignore files](https://docs.docker.com/build/concepts/context/#dockerignore-files).

use std::path::{Component, Path};

/// More patterns than this are not looked at.
const MAX_PATTERNS: usize = 2_000;

/// The patterns of a `.dockerignore` file, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerIgnore {
    patterns: Vec<(Pattern, bool)>,
}

impl DockerIgnore {
    /// Reads the text of a `.dockerignore` file.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let lines = text.lines().filter(|line| !line.starts_with('#')).map(str::trim);
        let patterns = lines
            .filter_map(|line| {
                let (line, exception) =
                    line.strip_prefix('!').map_or((line, false), |rest| (rest.trim(), true));
                let cleaned = clean(line);
                (!line.is_empty() && cleaned != ".").then(|| (Pattern::new(&cleaned), exception))
            })
            .take(MAX_PATTERNS)
            .collect();
        Self { patterns }
    }

    /// Whether the build sees nothing of this path, nor of what lies below it.
    #[must_use]
    pub fn hides_all(&self, path: &Path) -> bool {
        self.patterns.iter().all(|(_, exception)| !exception) && self.ignores(path)
    }

    /// Whether the build does not see the file at this path, relative to the context. The last
    /// pattern that matches the path or one of its directories decides.
    #[must_use]
    pub fn ignores(&self, path: &Path) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let names: Vec<_> = path
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .collect();
        let prefixes: Vec<String> = (1..=names.len()).map(|end| names[..end].join("/")).collect();
        let mut ignored = false;
        for (pattern, exception) in &self.patterns {
            if *exception == ignored && prefixes.iter().any(|prefix| pattern.matches(prefix)) {
                ignored = !exception;
            }
        }
        ignored
    }
}

/// A shell pattern over slash-separated paths: `*`, `?`, `[…]` within a name, `**` across them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<Token>,
    literal: Option<String>,
    /// The text after a leading `**/` when there is no other wildcard: the most common form.
    tail: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    One(char),
    AnyOne,
    AnyRun,
    /// Any characters, slashes among them.
    Everything,
    /// Nothing, or anything that ends in a slash.
    Directories,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Pattern {
    /// Reads a pattern.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = pattern.chars().peekable();
        while let Some(character) = rest.next() {
            tokens.push(match character {
                '*' if rest.peek() == Some(&'*') => {
                    rest.next();
                    if rest.peek() == Some(&'/') {
                        rest.next();
                    }
                    if rest.peek().is_none() { Token::Everything } else { Token::Directories }
                }
                '*' => Token::AnyRun,
                '?' => Token::AnyOne,
                '\\' => Token::One(rest.next().unwrap_or('\\')),
                '[' => class(&mut rest),
                other => Token::One(other),
            });
        }
        let literal = literal_of(&tokens);
        let tail = tokens.split_first().filter(|(first, _)| **first == Token::Directories);
        let tail = tail.and_then(|(_, rest)| literal_of(rest));
        Self { tokens, literal, tail }
    }

    /// Whether there is no wildcard in it.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.literal.is_some()
    }

    /// Whether the whole path matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        if let Some(literal) = &self.literal {
            return literal == path;
        }
        if let Some(tail) = &self.tail {
            let before = path.strip_suffix(tail.as_str());
            return before.is_some_and(|before| before.is_empty() || before.ends_with('/'));
        }
        if let (Some(Token::One(last)), false) = (self.tokens.last(), path.is_empty())
            && !path.ends_with(*last)
        {
            return false;
        }
        let path: Vec<char> = path.chars().collect();
        // `reached[i]`: the tokens so far match the first `i` characters.
        let mut reached = vec![false; path.len() + 1];
        reached[0] = true;
        for token in &self.tokens {
            reached = token.advance(&path, &reached);
        }
        reached.last().copied().unwrap_or(false)
    }
}

impl Token {
    fn advance(&self, path: &[char], reached: &[bool]) -> Vec<bool> {
        let mut next = vec![false; reached.len()];
        let mut open = false;
        for (at, here) in reached.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| path.get(before)).copied();
            match self {
                Token::AnyRun => {
                    open = *here || (open && before != Some('/'));
                    next[at] = open;
                }
                Token::Everything => {
                    open |= here;
                    next[at] = open;
                }
                Token::Directories => {
                    next[at] = *here || (open && before == Some('/'));
                    open |= here;
                }
                _ => {
                    let from = at.checked_sub(1).and_then(|before| reached.get(before));
                    next[at] = from == Some(&true) && before.is_some_and(|c| self.takes(c));
                }
            }
        }
        next
    }

    fn takes(&self, character: char) -> bool {
        match self {
            Token::One(one) => *one == character,
            Token::AnyOne => character != '/',
            Token::Class { negated, ranges } => {
                character != '/'
                    && ranges.iter().any(|(from, to)| (*from..=*to).contains(&character)) != *negated
            }
            _ => false,
        }
    }
}

fn literal_of(tokens: &[Token]) -> Option<String> {
    let literal = |token: &Token| match token {
        Token::One(character) => Some(*character),
        _ => None,
    };
    tokens.iter().map(literal).collect()
}

fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Token {
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
    Token::Class { negated, ranges }
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
