//! The sources that a server's pages are looked for in.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::written::{self, Written, literal};
use crate::programs::{ModuleIndex, Program, Scope, Source, has_extension, is_aside};

/// The sources of a program that may have its pages: those of the languages that it loads, and settings.
pub struct Sources<'p> {
    scope: &'p Scope,
    all: Vec<One<'p>>,
    by_index: HashMap<ModuleIndex, usize>,
    /// The front ends of what is loaded.
    loaded: Vec<&'static str>,
}

struct One<'p> {
    place: &'p Path,
    source: &'p Source,
    /// What is written in it, where it is code.
    written: Option<Written>,
}

/// Languages whose frameworks take routes from names, too.
const BY_NAME: [&str; 5] = ["ruby", "rails", "csharp", "elixir", "php"];

/// Files of settings that say nothing of pages.
const MANIFESTS: [&str; 5] =
    ["package.json", "package-lock.json", "pyproject.toml", "composer.json", "tsconfig.json"];

/// Languages that are read as code.
const CODE: [&str; 11] =
    ["python", "javascript", "go", "java", "kotlin", "rust", "ruby", "rails", "csharp", "elixir", "php"];

impl<'p> Sources<'p> {
    /// The sources of a program.
    pub fn of(program: &'p Program) -> Self {
        let scope = &program.scope;
        let front_end = |index: &ModuleIndex| Some(scope.get(*index)?.1.front_end.name());
        let mut loaded: Vec<&'static str> = program.loaded.iter().filter_map(front_end).collect();
        loaded.sort_unstable();
        loaded.dedup();
        for (one, other) in [("java", "kotlin"), ("ruby", "rails")] {
            if loaded.contains(&one) || loaded.contains(&other) {
                loaded.extend([one, other]);
            }
        }
        let mut all = Vec::new();
        let mut by_index = HashMap::new();
        for (index, place, source) in scope.iter() {
            let name = source.front_end.name();
            let code = CODE.contains(&name);
            // What runs is none, whatever its package is called: `com.example.shop`.
            let aside = is_aside(place) && !program.loaded.contains(&index);
            if aside || code && !loaded.contains(&name) {
                continue;
            }
            let written = code.then(|| source.glance(|text| written::read(text, name)));
            by_index.insert(index, all.len());
            all.push(One { place, source, written });
        }
        Self { scope, all, by_index, loaded }
    }

    /// Whether something is loaded that one of these front ends reads.
    pub fn loads(&self, front_ends: &[&str]) -> bool {
        self.loaded.iter().any(|name| front_ends.contains(name))
    }

    /// Whether a file of settings of such an ending has what is looked for.
    pub fn say(&self, endings: &[&str], has: impl Fn(&str) -> bool) -> bool {
        let mut settings =
            self.all.iter().filter(|one| one.written.is_none() && has_extension(one.place, endings));
        settings.any(|one| one.source.glance(&has))
    }

    /// The code, without comments.
    pub fn codes(&self) -> impl Iterator<Item = (usize, &str)> {
        self.all.iter().enumerate().filter_map(|(at, one)| Some((at, one.written.as_ref()?.code.as_str())))
    }

    /// Where a file lies.
    pub fn place(&self, at: usize) -> Option<&Path> {
        Some(self.all.get(at)?.place)
    }

    /// The code of a file.
    pub fn code(&self, at: usize) -> Option<&str> {
        Some(self.all.get(at)?.written.as_ref()?.code.as_str())
    }

    /// The file that another gets by this name.
    pub fn resolve(&self, from: usize, module: &str) -> Option<usize> {
        let one = self.all.get(from)?;
        let index = self.scope.resolve_from(one.place, one.source.front_end, module)?;
        self.by_index.get(&index).copied()
    }

    /// The text that an expression stands for: a literal, or what a constant is set to everywhere that no variable may replace.
    pub fn value(&self, expression: &str, is_set: &dyn Fn(&str) -> bool) -> Option<String> {
        if let Some(text) = literal(expression) {
            return Some(text.to_string());
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let name = expression.rsplit('.').next().filter(|_| expression.chars().all(plain))?;
        if name.is_empty() || is_set(name) {
            return None;
        }
        let search = Regex::new(&format!(r#"\b{name}\b\s*(?::[^=\n]+)?=[^=]\s*["']?([^"'\n]*)"#)).ok()?;
        let mut found: Vec<String> = Vec::new();
        for (_, code) in self.codes() {
            for it in search.captures_iter(code).filter_map(|it| it.get(0)) {
                let value = it.as_str().split_once('=').map_or("", |(_, value)| value).trim();
                found.push(format!("{value}{}", value.chars().next().unwrap_or(' ')));
            }
        }
        found.dedup();
        match found.as_slice() {
            [only] => literal(only).map(str::to_string),
            _ => None,
        }
    }

    /// Whether one of the words stands in a source of these languages.
    pub fn make(&self, words: &[&str], front_ends: &[&str]) -> bool {
        self.codes_of(front_ends).any(|code| words.iter().any(|word| code.contains(word)))
    }

    /// The code that these front ends read, without comments.
    pub fn codes_of(&self, front_ends: &[&str]) -> impl Iterator<Item = &str> {
        let those = self.all.iter().filter(move |one| front_ends.contains(&one.source.front_end.name()));
        those.filter_map(|one| Some(one.written.as_ref()?.code.as_str()))
    }

    /// The same of words that bring pages, other than where all are refused.
    pub fn have(&self, words: &[&str], front_ends: &[&str]) -> bool {
        if words.is_empty() {
            return false;
        }
        let Ok(search) = AhoCorasick::new(words) else { return true };
        let refuses = |text: &str, found: aho_corasick::Match| {
            front_ends.contains(&"javascript") && refuses_all(text, found.start(), found.end())
        };
        // Manifests, and the settings of compilers, have no pages.
        let speaks = |one: &&One<'_>| {
            front_ends.contains(&one.source.front_end.name()) && !has_extension(one.place, &["json"])
        };
        self.all.iter().filter(speaks).any(|one| {
            let has = |text: &str| search.find_iter(text).any(|found| !refuses(text, found));
            match &one.written {
                Some(written) => has(&written.code),
                None => one.source.glance(has),
            }
        })
    }

    /// Whether a handler is given all requests and does not refuse them.
    pub fn handles(&self) -> bool {
        let answers = |text: &str, found: regex::Match<'_>| !refuses_all(text, found.start(), found.end());
        self.codes().any(|(_, text)| {
            HANDLED.as_ref().is_none_or(|it| it.find_iter(text).any(|found| answers(text, found)))
        })
    }

    /// Whether code compares what is asked for with the path by itself, and does not hand it on.
    pub fn compare(&self, asked: &str) -> bool {
        const NEAR: usize = 200;
        self.all.iter().filter_map(|one| one.written.as_ref()).any(|written| {
            written.literals.iter().any(|range| {
                let code = &written.code;
                let before = code.get(..range.start).unwrap_or("").lines().next_back().unwrap_or("");
                let own = code.get(range.clone()).is_some_and(|text| text == asked);
                let far = code.char_indices().map(|(at, _)| at).find(|at| *at >= range.end + NEAR);
                let after = code.get(range.end..far.unwrap_or(code.len())).unwrap_or("");
                let path = ["path", "url", "Path", "URL"].iter().any(|word| before.contains(word));
                own && path
                    && before.contains("==")
                    && !after.contains("call_next")
                    && !after.contains("next(")
            })
        })
    }

    /// Whether some text or name of the sources may be a page at the path.
    pub fn speak(&self, asked: &str, wanted: &str, rooted: bool) -> bool {
        // As a whole: `/healthz` is no page of who has `/health`.
        let word = Regex::new(&format!(r"(?i)(?:^|[^A-Za-z0-9_-]){wanted}(?:[^A-Za-z0-9_-]|$)"));
        let value = Regex::new(&format!(r#"(?im)(?:/|[:=]\s*["']?){wanted}(?:["'/?,\s]|$)"#));
        let (Ok(word), Ok(value)) = (word, value) else { return true };
        // Paths that are put together from parts.
        let computed = ["\"/\" +", "'/' +", "f\"/{", "f'/{", "`/${", "}/{", "}/${", "\"/\"+"];
        let routes = ["Rule(", "oute(", "outer", "@app.", ".get('/", ".get(\"/", "add_get"];
        let has = |code: &str, words: &[&str]| words.iter().any(|one| code.contains(one));
        let parts = || self.codes().any(|(_, code)| has(code, &computed) && has(code, &routes));
        let rooted = rooted && !parts();
        let controller = format!("{wanted}controller");
        self.all.iter().any(|one| {
            let Some(written) = &one.written else {
                // Manifests name packages.
                let manifest = one
                    .place
                    .file_name()
                    .is_some_and(|name| MANIFESTS.iter().any(|manifest| name.eq_ignore_ascii_case(manifest)));
                return !manifest && one.source.glance(|text| value.is_match(text));
            };
            let name = one.source.front_end.name();
            if BY_NAME.contains(&name) || written.code.contains("rest_framework") {
                return speaks_of(&written.code, &word, asked)
                    || written.code.to_ascii_lowercase().contains(&controller);
            }
            let bare = format!("/{wanted}");
            let regex = || {
                let found = written.code.match_indices(&bare);
                name == "javascript"
                    && found
                        .into_iter()
                        .any(|(at, _)| written.code.get(..at).is_some_and(|it| it.ends_with('\\')))
            };
            written.texts().any(|text| written::may_answer(text, asked, rooted)) || regex()
        })
    }

    /// Whether files are called so, where files may be routes.
    pub fn are_named(&self, wanted: &str) -> bool {
        const BY_FILE: [&str; 9] = [
            "autoload",
            "file-routing",
            "file-routes",
            "fs-router",
            "readdir",
            "import.meta.glob",
            "pkgutil",
            "importlib",
            "glob(",
        ];
        let looks = || self.codes().any(|(_, code)| BY_FILE.iter().any(|word| code.contains(word)));
        let wanted = wanted.to_ascii_lowercase();
        self.all.iter().any(|one| one.place.to_string_lossy().to_ascii_lowercase().contains(&wanted))
            && looks()
    }

    /// The paths that are written somewhere.
    pub fn written(&self) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        for (_, code) in self.codes() {
            let found = WRITTEN.iter().flat_map(|written| written.captures_iter(code));
            let room = MAX_PATHS.saturating_sub(paths.len());
            paths.extend(found.filter_map(|found| Some(found.get(1)?.as_str().to_string())).take(room));
        }
        paths
    }
}

/// The path among these that may be meant by who asks for a page with this last part.
pub fn like(wanted: &str, paths: &[String]) -> Option<String> {
    let wanted = wanted.to_ascii_lowercase();
    let like = |other: &&String| {
        let last = other.trim_end_matches('/').rsplit('/').next().unwrap_or("").to_ascii_lowercase();
        last.len() > 2 && (wanted.starts_with(&last) || last.starts_with(&wanted))
            || strsim::levenshtein(&last, &wanted) < 3
    };
    paths.iter().find(like).cloned()
}

/// A path that is written in a source.
static WRITTEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["'](/[A-Za-z0-9_\-]+(?:/[A-Za-z0-9_\-]+)*/?)["']"#).ok());

/// A handler of JavaScript's frameworks that is given all requests that come so far.
static HANDLED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\.use\(\s*(?:async\s+)?(?:function\s*\w*\s*)?\(\s*\w+\s*(?::\s*\w+\s*)?,\s*\w+\s*(?::\s*\w+\s*)?\)",
    )
    .ok()
});

/// Words of handlers that answer some of what they are given.
const ANSWERS_SOME: [&str; 9] = [
    "sendFile",
    "sendfile",
    "render",
    "redirect",
    "proxy",
    "next(",
    "if (",
    "createReadStream",
    "index.html",
];

/// How many written paths are looked at.
const MAX_PATHS: usize = 400;

/// Whether a text has the word, other than at the end of a longer path than the one that is asked for: `/api/health` answers nobody
/// who asks for `/health`.
fn speaks_of(text: &str, word: &Regex, asked: &str) -> bool {
    if !word.is_match(text) {
        return false;
    }
    let Some(written) = WRITTEN.as_ref() else { return true };
    let other = |path: &str| {
        let path = path.trim_end_matches('/');
        path.matches('/').count() > 1 && !asked.ends_with(path)
    };
    let longer: Vec<_> = written
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .filter(|path| other(path.as_str()))
        .map(|path| path.range())
        .collect();
    word.find_iter(text).any(|found| {
        // The word without what stands around it.
        let at = found.start().midpoint(found.end());
        !longer.iter().any(|path| path.contains(&at))
    })
}

/// Whether what is found in a source of JavaScript says of all requests only that there is no such page, or of which origins
/// they may come.
fn refuses_all(text: &str, start: usize, end: usize) -> bool {
    const FAR: usize = 240;
    let before = text.get(..start).unwrap_or("").trim_end();
    if before.ends_with("origin:") || before.ends_with("-Origin',") || before.ends_with("-Origin\",") {
        return true;
    }
    let rest = text.get(end..).unwrap_or("");
    let handler = rest.char_indices().nth(FAR).map_or(rest, |(at, _)| rest.get(..at).unwrap_or(rest));
    let handler = handler.split("\n  });").next().unwrap_or(handler).split("\n});").next().unwrap_or("");
    handler.contains("404") && !ANSWERS_SOME.iter().any(|word| handler.contains(word))
}
