//! Pages of compiled programs, whose paths are put together: what a group, a nested router or a class puts before the path of each.
//!
//! Where that can be followed to the server itself, the whole path is known; where not, whatever the program puts before paths may
//! stand before it. A page is missing where no path of the program can be put together to it, and another ends as it does.

mod actuator;
mod classes;
mod groups;
mod nested;

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::ServiceFacts;
use crate::programs::has_extension;

/// Groups within groups that are followed.
const MAX_DEPTH: usize = 8;
/// Pages of a program that are looked at.
const MAX_ROUTES: usize = 2_000;
/// Pieces that may stand before a path.
const MAX_PREFIXES: usize = 200;

/// A source of the program.
struct File<'a> {
    place: &'a Path,
    text: String,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    /// Its path, as far as it is known from the end.
    path: String,
    /// Whether nothing stands before that.
    whole: bool,
}

/// What the sources of a program say of its pages.
#[derive(Debug, Default)]
struct Pages {
    routes: Vec<Route>,
    /// What is put before paths somewhere.
    prefixes: Vec<String>,
    /// Whether something is put before paths that is not written out.
    open: bool,
    /// Where paths stand that are known for such: the file, and where its literal begins.
    seen: HashSet<(usize, usize)>,
    /// Whether paths are the same in whatever case.
    folded: bool,
}

impl Pages {
    fn add(&mut self, path: String, whole: bool) {
        if self.routes.len() < MAX_ROUTES {
            self.routes.push(Route { path, whole });
        }
    }

    fn prefix(&mut self, prefix: &str) {
        if self.prefixes.len() < MAX_PREFIXES && !prefix.trim_matches('/').is_empty() {
            self.prefixes.push(prefix.to_string());
        }
    }
}

/// Paths put together.
fn joined(before: &str, after: &str) -> String {
    let parts = before.split('/').chain(after.split('/')).filter(|part| !part.is_empty());
    parts.fold(String::new(), |path, part| path + "/" + part)
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// Whether a part of a path that is written stands for one that is asked for.
fn is_same(written: &str, asked: &str, folded: bool) -> bool {
    let stands_for_any = written.contains([':', '{', '<', '*', '$']);
    stands_for_any || written == asked || folded && written.eq_ignore_ascii_case(asked)
}

impl Pages {
    fn is(&self, written: &[&str], asked: &[&str]) -> bool {
        let mut both = written.iter().zip(asked);
        written.len() == asked.len() && both.all(|(written, asked)| is_same(written, asked, self.folded))
    }

    /// Whether what the program puts before paths gives this.
    fn is_put_together(&self, head: &[&str], depth: usize) -> bool {
        head.is_empty()
            || depth < MAX_DEPTH
                && self.prefixes.iter().any(|prefix| {
                    let prefix = segments(prefix);
                    head.split_at_checked(prefix.len()).is_some_and(|(first, rest)| {
                        self.is(&prefix, first) && self.is_put_together(rest, depth + 1)
                    })
                })
    }

    fn answers(&self, asked: &[&str]) -> bool {
        self.routes.iter().any(|route| {
            let path = segments(&route.path);
            if route.whole {
                return self.is(&path, asked);
            }
            let Some(at) = asked.len().checked_sub(path.len()) else { return false };
            let (head, tail) = asked.split_at(at);
            self.is(&path, tail) && self.is_put_together(head, 0)
        })
    }
}

/// A text in quotes that may be a path.
static LITERAL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["'`](?:[A-Z]+ )?(/[A-Za-z0-9_\-./:{}<>\[\]*]+)["'`]"#).ok());
/// Comments that stand alone in their line.
static COMMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^\s*(?://|#[^\[!]|\*|/\*).*$").ok());

impl ServiceFacts<'_> {
    /// Whether the server of its program, which has a page whose path ends like this one, has none at this path. `Some` is the
    /// page that is meant, if there is one.
    #[must_use]
    pub fn lacks_composed(&self, path: &str) -> Option<Option<String>> {
        let asked = path.split(['?', '#']).next()?.trim_end_matches('/');
        let asked = segments(asked);
        let last = asked.last().filter(|last| last.len() > 2 && !last.contains(['$', '{', '%']))?;
        if !self.is_alone() || self.answers_more(path) {
            return None;
        }
        let language = self.language()?;
        let files = self.files(language);
        let mut pages = match language {
            "go" => groups::of(&files, &groups::GO),
            "cs" => {
                let mut pages = groups::of(&files, &groups::CSHARP);
                classes::add_csharp(&files, &mut pages);
                pages.folded = true;
                pages
            }
            "rs" => nested::of(&files),
            _ => classes::of_spring(&files),
        };
        // What else ends like it may be a path, wherever it counts.
        for (at, file) in files.iter().enumerate() {
            for found in LITERAL.iter().flat_map(|literal| literal.captures_iter(&file.text)) {
                let Some(text) = found.get(1) else { continue };
                let like = segments(text.as_str()).last().is_some_and(|end| end.eq_ignore_ascii_case(last));
                if like && !pages.seen.contains(&(at, text.start())) {
                    pages.add(text.as_str().to_string(), false);
                }
            }
        }
        let ends = |route: &&Route| {
            segments(&route.path).last().is_some_and(|end| {
                is_same(end, last, pages.folded) && !end.contains([':', '{', '<', '*', '$'])
            })
        };
        let mut meant: Vec<String> = pages
            .routes
            .iter()
            .filter(ends)
            .filter(|route| route.whole)
            .map(|route| joined("", &route.path))
            .collect();
        meant.sort();
        meant.dedup();
        let any = pages.routes.iter().any(|route| ends(&route));
        if pages.open || !any || pages.answers(&asked) {
            return None;
        }
        Some(match meant.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        })
    }

    /// The language of its program, by the ending of its sources.
    fn language(&self) -> Option<&'static str> {
        const ENDINGS: [(&[&str], &str); 4] =
            [(&["go"], "go"), (&["cs"], "cs"), (&["rs"], "rs"), (&["java", "kt"], "java")];
        let program = self.program;
        let mut loaded = program.loaded.iter().filter_map(|index| program.scope.get(*index));
        loaded.find_map(|(place, _)| {
            ENDINGS.iter().find(|(endings, _)| has_extension(place, endings)).map(|(_, name)| *name)
        })
    }

    /// The sources of its program in a language, without tests, comments taken off.
    fn files(&self, language: &str) -> Vec<File<'_>> {
        let endings: &[&str] = match language {
            "java" => &["java", "kt", "properties", "yml", "yaml"],
            other => &[other],
        };
        let test = |place: &Path| {
            let place = place.to_string_lossy().to_lowercase();
            ["_test.", ".test.", ".spec.", "/tests/", "/test/", "/test_", "node_modules"]
                .iter()
                .any(|sign| place.contains(sign))
        };
        let sources =
            self.program.scope.iter().filter(|(_, place, _)| has_extension(place, endings) && !test(place));
        sources
            .map(|(_, place, source)| {
                let text = source.glance(|text| match COMMENT.as_ref() {
                    Some(comment) => comment
                        .replace_all(text, |found: &regex::Captures<'_>| {
                            " ".repeat(found.get(0).map_or(0, |all| all.len()))
                        })
                        .into_owned(),
                    None => text.to_string(),
                });
                File { place, text }
            })
            .collect()
    }
}

/// Where the bracket closes that opens at this place of a text, or the text ends.
fn closing(text: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (at, c) in text.get(open..).unwrap_or("").char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, c) {
            (Some(_), '\\') => escaped = true,
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return open + at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The arguments between brackets, apart.
fn arguments(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(text.get(from..at).unwrap_or("").trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(text.get(from..).unwrap_or("").trim());
    found
}
