//! Routers of Rust that stand within others: `.nest("/api", api())`, `.service(web::scope("/api").service(health))`.

use std::sync::LazyLock;

use regex::Regex;

use super::super::written::closing;
use super::{MAX_DEPTH, Pages, joined};

/// A page: in a chain, or as an attribute of its handler.
static ROUTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\.(?:route|at|route_service)\(\s*"([^"]*)"|#\[(?:get|post|put|delete|patch|head|route)\(\s*"([^"]*)"|web::resource\(\s*"([^"]*)""#).ok()
});
/// What puts a path before the pages that it is given, or that stand after it in its brackets.
static WITHIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"\.(?:nest|nest_service|mount)\(\s*"([^"]*)"|(?:web::|actix_web::web::)?scope\(\s*"([^"]*)""#,
    )
    .ok()
});
/// The same without the path written out.
static OPEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\.(?:nest|mount)\(\s*[^"\s)]|\bscope\(\s*[^"\s)]|\.nest\(\s*"[^"]*[:{]"#).ok()
});
/// Something with a name: a function, or a variable.
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)\bfn\s+(\w+)|\blet\s+(?:mut\s+)?(\w+)(?:\s*:[^=;]+)?\s*=").ok());

/// The pages of a program.
pub(super) fn of(files: &[&str]) -> Pages {
    let mut pages = Pages::default();
    for (file, text) in files.iter().copied().enumerate() {
        pages.open |= OPEN.as_ref().is_some_and(|open| open.is_match(text));
        for found in WITHIN.iter().flat_map(|within| within.captures_iter(text)) {
            let Some(path) = found.get(1).or_else(|| found.get(2)) else { continue };
            pages.prefix(path.as_str());
            pages.seen.insert((file, path.start()));
        }
        for found in ROUTE.iter().flat_map(|route| route.captures_iter(text)) {
            let path = (1..4).find_map(|at| found.get(at));
            let (Some(whole), Some(path)) = (found.get(0), path) else { continue };
            pages.seen.insert((file, path.start()));
            let attribute = found.get(2).is_some();
            for (before, is_whole) in before(files, file, whole.start(), attribute, 0) {
                pages.add(joined(&before, path.as_str()), is_whole);
            }
        }
    }
    pages
}

/// What stands before what is at this place, and whether that is all.
fn before(files: &[&str], file: usize, at: usize, attribute: bool, depth: usize) -> Vec<(String, bool)> {
    let unknown = || vec![(String::new(), false)];
    let Some(text) = files.get(file).copied().filter(|_| depth < MAX_DEPTH) else {
        return unknown();
    };
    let mut around = String::new();
    for found in WITHIN.iter().flat_map(|within| within.captures_iter(text)) {
        let (Some(whole), Some(path)) = (found.get(0), found.get(1).or_else(|| found.get(2))) else {
            continue;
        };
        if attribute || whole.start() > at {
            continue;
        }
        // A scope counts for the rest of the chain that it begins.
        let open = match found.get(2) {
            Some(_) => text.get(..whole.start()).and_then(|before| before.rfind('(')),
            None => whole.as_str().find('(').map(|open| whole.start() + open),
        };
        let Some(open) = open else { continue };
        if at > whole.start() && at < closing(text, open) {
            around = joined(&around, path.as_str());
        }
    }
    let (name, begin) = match attribute {
        true => {
            let after = text.get(at..).unwrap_or("");
            let found = NAMED.as_ref().and_then(|named| named.captures(after));
            let Some(name) = found.as_ref().and_then(|found| found.get(1)) else { return unknown() };
            (name.as_str().to_string(), at + name.start())
        }
        false => {
            let all = NAMED.iter().flat_map(|named| named.captures_iter(text));
            let mut last = None;
            for found in all {
                let (Some(whole), Some(name)) = (found.get(0), found.get(1).or_else(|| found.get(2))) else {
                    continue;
                };
                if whole.start() >= at {
                    break;
                }
                // A statement ends before what comes after it.
                let ended = found.get(2).is_some() && text.get(whole.end()..at).is_some_and(ends);
                if !ended {
                    last = Some((name.as_str().to_string(), name.start()));
                }
            }
            let Some(last) = last else { return unknown() };
            last
        }
    };
    if name == "main" {
        return vec![(around, true)];
    }
    let mut found = Vec::new();
    let Ok(word) = Regex::new(&format!(r"\b{name}\b")) else { return unknown() };
    for (other, text) in files.iter().copied().enumerate() {
        for used in word.find_iter(text) {
            let line = text.get(..used.start()).and_then(|before| before.lines().next_back()).unwrap_or("");
            let trimmed = line.trim_start();
            let declares = trimmed.ends_with("fn ")
                || trimmed.starts_with("use ")
                || trimmed.starts_with("pub use ")
                || trimmed.starts_with("mod ")
                || trimmed.starts_with("pub mod ")
                || line.trim_end().ends_with("let")
                || line.trim_end().ends_with("let mut");
            let path = text.get(used.end()..).is_some_and(|rest| rest.starts_with("::"));
            let mut literal = line.matches('"').count() % 2 == 1;
            literal |= other == file && used.start() == begin;
            if declares || path || literal {
                continue;
            }
            found.extend(before(files, other, used.start(), false, depth + 1));
        }
    }
    if found.is_empty() {
        found.push((String::new(), false));
    }
    found.truncate(32);
    found.into_iter().map(|(above, whole)| (joined(&above, &around), whole)).collect()
}

/// Whether a statement ends in a text that begins within it.
fn ends(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ';' if depth <= 0 => return true,
            _ => {}
        }
    }
    false
}
