//! Pages of compiled programs, whose paths are put together: what a group, a nested router or a class puts before the path of each.
//!
//! Where that can be followed to the server itself, the whole path is known; where not, whatever the program puts before paths may
//! stand before it. A page is missing where no path of the program can be put together to it, and another ends as it does.

mod classes;
mod groups;
mod nested;

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::graph::joined;
use super::sources::Sources;
use super::written::is_variable;

/// Groups within groups that are followed.
const MAX_DEPTH: usize = 8;
/// Pages of a program that are looked at.
const MAX_ROUTES: usize = 2_000;
/// Pieces that may stand before a path.
const MAX_PREFIXES: usize = 200;

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

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// Whether a part of a path that is written stands for one that is asked for.
fn is_same(written: &str, asked: &str, folded: bool) -> bool {
    is_variable(written) || written == asked || folded && written.eq_ignore_ascii_case(asked)
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
/// The language of a program, by the front end that reads it.
const LANGUAGES: [&[&str]; 4] = [&["go"], &["csharp"], &["rust"], &["java", "kotlin"]];

/// Whether a program, which has a page whose path ends like this one, has none at this path. `Some` is the page that is meant, if
/// there is one.
pub(super) fn lacks(sources: &Sources<'_>, asked: &str) -> Option<Option<String>> {
    let asked = segments(asked);
    let last = asked.last()?;
    let language = LANGUAGES.into_iter().find(|names| sources.loads(names))?;
    let files: Vec<&str> = sources.codes_of(language).collect();
    let mut pages = match language {
        ["go"] => groups::of(&files, &groups::GO),
        ["csharp"] => {
            let mut pages = groups::of(&files, &groups::CSHARP);
            classes::add_csharp(&files, &mut pages);
            pages.folded = true;
            pages
        }
        ["rust"] => nested::of(&files),
        _ => classes::of_spring(sources, &files),
    };
    // What else ends like it may be a path, wherever it counts.
    for (at, file) in files.iter().enumerate() {
        for found in LITERAL.iter().flat_map(|literal| literal.captures_iter(file)) {
            let Some(text) = found.get(1) else { continue };
            let like = segments(text.as_str()).last().is_some_and(|end| end.eq_ignore_ascii_case(last));
            if like && !pages.seen.contains(&(at, text.start())) {
                pages.add(text.as_str().to_string(), false);
            }
        }
    }
    let ends = |route: &&Route| {
        segments(&route.path).last().is_some_and(|end| is_same(end, last, pages.folded) && !is_variable(end))
    };
    let mut meant: Vec<&str> = pages
        .routes
        .iter()
        .filter(ends)
        .filter(|route| route.whole)
        .map(|route| route.path.as_str())
        .collect();
    meant.sort_unstable();
    meant.dedup();
    let any = pages.routes.iter().any(|route| ends(&route));
    if pages.open || !any || pages.answers(&asked) {
        return None;
    }
    Some(match meant.as_slice() {
        [only] => Some((*only).to_string()),
        _ => None,
    })
}
