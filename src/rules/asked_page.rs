//! The page that a command of a healthcheck asks its own container for.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::healthcheck_refused::fails;
use super::prelude::*;
use crate::facts::Target;
use crate::facts::probe::Probe;
use crate::source::clean;

/// A page that is asked for.
pub struct Page {
    pub path: String,
    /// The name by which the container itself is asked.
    pub host: String,
    /// The port, where it is a number that is seen.
    pub port: Option<u16>,
    /// Where it is written.
    pub at: Span,
}

/// A URL, as far as its path.
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"https?://([A-Za-z0-9_.\-]+|\[::1\])(?::(?:\d+|\$?\{[^}]*\}|%s|["'`][^/]{1,60}?["'`]))?(/[^"'`?#\s|;)\\<>,]*)?"#).ok()
});

/// The path among the options of Node's `http.request`.
static OPTIONS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\bpath["']?\s*:\s*["'`](/[^"'`?#\s]*)["'`]"#).ok());

/// Answers that code takes for a failure.
static JUDGES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"raise_for_status|\.is_success|\.ok\b|(?:status|status_code|statusCode|code|getcode\(\))\)?\s*(?:===?|!==?|<|<=|>=|>|in|not in)\s*["'(\[{]*(?:2\d\d|3\d\d|399|400)|"#,
        r#"(?:2\d\d|3\d\d|399|400)["']?\s*(?:===?|!==?|>)\s*\w*\.?(?:status|statusCode|code)|HTTPSuccess"#
    ))
    .ok()
});

/// The page that a probe asks for, where it fails when it is refused.
pub fn of(cx: &Context<'_>, facts: &ServiceFacts<'_>, probe: &Probe) -> Option<Page> {
    let program = probe.program()?;
    let own = |host: &str| {
        let host = host.trim_matches(['[', ']']);
        crate::programs::hosts::reaches_itself(host)
            || host == facts.key
            || cx.facts.reach.resolve(facts.key, host) == Target::Itself
    };
    match program.as_str() {
        "curl" | "wget" => {
            if program == "curl" && !fails(probe) {
                return None;
            }
            probe.words.iter().skip(1).find_map(|word| {
                let text = word.complete()?;
                let bare = ["localhost:", "127.0.0.1:", "localhost/", "127.0.0.1/"];
                let after = match text.starts_with("http://") || text.starts_with("https://") {
                    true => text.find("://")? + 3,
                    false => bare.iter().any(|start| text.starts_with(start)).then_some(0)?,
                };
                let rest = text.get(after..)?;
                let slash = rest.find('/')?;
                let (host, port) = rest.get(..slash).map(|all| all.split_once(':').unwrap_or((all, "")))?;
                let path = rest.get(slash..)?;
                let end = path.find(['?', '#', ' ', '|', ';', '"', '\'', ')']).unwrap_or(path.len());
                let from = after + slash;
                own(host).then(|| Page {
                    path: path.get(..end).unwrap_or(path).to_string(),
                    host: host.to_string(),
                    port: port.parse().ok(),
                    at: word.slice(from, from + end).span(),
                })
            })
        }
        _ => {
            let language = Language::of(&program)?;
            if let Some(code) = probe.option(language.flags()) {
                let text = code.complete()?;
                let Asked { path, host, place } = language.asks(&text, &own)?;
                let at = code.slice(place.start, place.end).span();
                return Some(Page { path, host, port: None, at });
            }
            // A file of the project.
            let file = probe.words.iter().skip(1).map(Text::assumed).find(|word| !word.starts_with('-'))?;
            let source = facts.program.scope.at(&place(facts, &file))?;
            let (_, source) = facts.program.scope.get(source)?;
            let text = source.text();
            if text.lines().count() > 120 {
                return None;
            }
            let Asked { path, host, .. } = language.asks(text, &own)?;
            Some(Page { path, host, port: None, at: Span::NONE })
        }
    }
}

/// Where a file lies that a command names in the container.
pub fn place(facts: &ServiceFacts<'_>, file: &str) -> PathBuf {
    let service = facts.service.working_dir.as_ref().map(|it| it.value.assumed());
    let folder = service.or_else(|| facts.program.image.working_dir.clone()).unwrap_or_default();
    clean(&Path::new("/").join(folder).join(file))
}

/// What code asks for, with the place of the path in it.
#[derive(Clone)]
struct Asked {
    path: String,
    host: String,
    place: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    JavaScript,
    Ruby,
    Php,
}

impl Language {
    fn of(program: &str) -> Option<Self> {
        match program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
            "python" | "pypy" => Some(Self::Python),
            "node" | "nodejs" | "bun" => Some(Self::JavaScript),
            "ruby" => Some(Self::Ruby),
            "php" => Some(Self::Php),
            _ => None,
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["-c"],
            Self::JavaScript => &["-e", "--eval", "-p", "--print"],
            Self::Ruby => &["-e"],
            Self::Php => &["-r", "--run"],
        }
    }

    /// The only page of the container itself that code asks for, with its place, where it takes a refusal for a failure.
    fn asks(self, code: &str, own: &dyn Fn(&str) -> bool) -> Option<Asked> {
        let judged = JUDGES.as_ref()?.is_match(code);
        let refused = match self {
            Self::Python => judged || code.contains("urlopen(") && !code.contains("HTTPError"),
            Self::JavaScript => judged,
            Self::Ruby => judged || code.contains("URI.open"),
            Self::Php => {
                judged && !code.contains("ignore_errors")
                    || code.contains("file_get_contents")
                        && code.contains("exit")
                        && !code.contains("ignore_errors")
            }
        };
        // What is sent is not asked for.
        if !refused || code.contains("POST") {
            return None;
        }
        let mut found: Vec<Asked> = Vec::new();
        for it in URL.as_ref()?.captures_iter(code) {
            let (host, path) = (it.get(1)?.as_str(), it.get(2)?);
            if !own(host) {
                return None;
            }
            let (path, host, place) = (path.as_str().to_string(), host.to_string(), path.range());
            found.push(Asked { path, host, place });
        }
        if found.is_empty() && self == Self::JavaScript && code.contains("http") {
            let host = Regex::new(r#"\bhost(?:name)?["']?\s*:\s*["'`]([^"'`]*)["'`]"#).ok()?;
            let hosts: Vec<&str> =
                host.captures_iter(code).filter_map(|it| Some(it.get(1)?.as_str())).collect();
            if !hosts.iter().all(|host| own(host)) {
                return None;
            }
            // Node's own default.
            let host = hosts.first().copied().unwrap_or("localhost");
            for it in OPTIONS.as_ref()?.captures_iter(code).filter_map(|it| it.get(1)) {
                let (path, host) = (it.as_str().to_string(), host.to_string());
                found.push(Asked { path, host, place: it.range() });
            }
        }
        found.dedup_by(|one, other| one.path == other.path);
        match found.as_slice() {
            [only] if !only.path.contains(['$', '{', '%']) => Some(only.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(language: Language, code: &str) -> Option<String> {
        language.asks(code, &|host| host == "localhost" || host == "127.0.0.1").map(|it| it.path)
    }

    #[test]
    fn code_is_read_that_takes_a_refusal_for_a_failure() {
        let node = Language::JavaScript;
        let code = "fetch('http://localhost:3000/health').then(r=>process.exit(r.ok?0:1))";
        assert_eq!(asks(node, code).as_deref(), Some("/health"));
        let code = "require('http').get('http://localhost:3000/health', r => process.exit(r.statusCode === 200 ? 0 : 1))";
        assert_eq!(asks(node, code).as_deref(), Some("/health"));
        let code = "const o = { host: 'localhost', port: 3000, path: '/health' }; http.request(o, (res) => { if (res.statusCode == 200) {} })";
        assert_eq!(asks(node, code).as_deref(), Some("/health"));
        let code = "http.get('http://localhost:' + (process.env.PORT || 3000) + '/health', r => {})";
        assert_eq!(asks(node, code), None);
        assert_eq!(asks(node, "fetch('http://localhost:3000/health').catch(()=>process.exit(1))"), None);
        assert_eq!(asks(node, "fetch('http://localhost/a'); r.ok; fetch('http://localhost/b')"), None);
        let python = Language::Python;
        let code = "import requests; requests.get('http://localhost:8000/ping').raise_for_status()";
        assert_eq!(asks(python, code).as_deref(), Some("/ping"));
        assert_eq!(asks(python, "import httpx; httpx.get('http://localhost:8000/ping')"), None);
        let code = "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/ping')";
        assert_eq!(asks(python, code).as_deref(), Some("/ping"));
        assert_eq!(asks(python, "u.urlopen('http://queue:8000/ping')"), None);
        let code = "require 'net/http'; exit(Net::HTTP.get_response(URI('http://localhost:3000/up')).is_a?(Net::HTTPSuccess))";
        assert_eq!(asks(Language::Ruby, code).as_deref(), Some("/up"));
        let code = "exit(@file_get_contents('http://localhost/ping') === false ? 1 : 0);";
        assert_eq!(asks(Language::Php, code).as_deref(), Some("/ping"));
    }
}
