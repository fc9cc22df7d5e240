//! The pages of a server, as its program says them.
//!
//! Where it is understood how a framework puts routes together, they are put together as it does, and looked through. Elsewhere a
//! page is missing where no text of the program has the last part of its path; and nothing in it may answer all paths.

mod blocks;
mod compiled;
mod django;
mod express;
mod frameworks;
mod graph;
mod nest;
mod next;
mod node;
mod python;
mod sources;
mod written;

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use self::frameworks::{ANSWERS, FRAMEWORKS, Framework};
use self::graph::Graph;
use self::sources::{Sources, like};
use super::Program;

/// A search that is made once.
macro_rules! pattern {
    ($(#[$doc:meta])* $name:ident, $text:expr $(,)?) => {
        $(#[$doc])*
        static $name: std::sync::LazyLock<Option<regex::Regex>> =
            std::sync::LazyLock::new(|| regex::Regex::new($text).ok());
    };
}
use pattern;

/// The prefix that NestJS puts before all pages, where none is left out.
static GLOBAL_PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\.setGlobalPrefix\(\s*(?:["'`]/?([A-Za-z0-9_\-/]+?)/?["'`]\s*\)|([^)]))"#).ok()
});

/// The path below which Spring Boot serves all that it does.
static CONTEXT_PATH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m)^\s*(?:server\.servlet\.)?context-path\s*[:=]\s*(?:["']?/?([A-Za-z0-9_\-/]+?)/?["']?\s*$|(.))"#).ok()
});

/// What pages are called that tell how a program is.
const TOLD: [&str; 14] = [
    "health",
    "ready",
    "readiness",
    "live",
    "liveness",
    "ping",
    "status",
    "alive",
    "up",
    "healthcheck",
    "health-check",
    "health_check",
    "heartbeat",
    "info",
];

/// Whether a page is called as those that tell how a program is.
#[must_use]
pub fn tells_health(name: &str) -> bool {
    TOLD.iter().any(|word| name == *word || name == format!("{word}z"))
}

/// What the framework of a program puts before the path of each page, where that is said once: without a slash. `is_told` says that
/// variables may say another to Spring Boot.
#[must_use]
pub fn prefix(program: &Program, is_told: bool) -> Option<String> {
    let has = |word: &str| !program.scope.containing(word).is_empty();
    let one = |search: &LazyLock<Option<Regex>>, front_ends: &[&str]| {
        let mut found: Vec<Option<String>> = Vec::new();
        for (_, _, source) in program.scope.iter().filter(|it| front_ends.contains(&it.2.front_end.name())) {
            source.glance(|text| {
                let all = search.iter().flat_map(|search| search.captures_iter(text));
                found.extend(all.map(|found| Some(found.get(1)?.as_str().to_string())).take(8));
            });
        }
        match found.as_slice() {
            [Some(only)] => Some(only.clone()),
            _ => None,
        }
    };
    let nest = has("NestFactory.create").then(|| one(&GLOBAL_PREFIX, &["javascript"])).flatten();
    let nest = nest.filter(|_| !has("ServeStatic") && !has("VERSION_NEUTRAL") && !has("lightship"));
    let spring = || {
        let settings = ["spring", "config", "yaml", "properties"];
        let found = one(&CONTEXT_PATH, &settings).filter(|_| !is_told && has("SpringApplication"));
        found.filter(|_| !has("management"))
    };
    nest.or_else(spring)
}

/// Whether the program's server has no page at a path without a query. `Some` is the page that may be meant, if one is like it.
/// `is_set` says which variables are set.
#[must_use]
pub fn lack(program: &Program, asked: &str, is_set: &dyn Fn(&str) -> bool) -> Option<Option<String>> {
    let wanted = asked.rsplit('/').next()?;
    let sources = Sources::of(program);
    if let Some(lacks) = next::lacks(program, asked) {
        return Some(lacks);
    }
    let made: Vec<&Framework> =
        FRAMEWORKS.iter().filter(|it| sources.make(it.makes, it.front_ends)).collect();
    let open = |it: &&&Framework| {
        sources.have(it.catches, it.front_ends) || it.own.iter().any(|own| asked.contains(own))
    };
    let beside = || !tells_health(wanted) && made.iter().any(|it| sources.have(it.beside, it.front_ends));
    // An application of one page may be what every other path is answered with.
    let page = || {
        let python = &["python"][..];
        sources.have(&["index.html"], python)
            && sources.have(&["exception_handler(", "errorhandler("], python)
    };
    if made.is_empty()
        || made.iter().any(|it| open(&it))
        || page()
        || beside()
        || is_answered_by_library(program)
        || sources.handles()
    {
        return None;
    }
    // Routes of one framework, put together as it does.
    let graph = match made.as_slice() {
        [only] => only.routes.and_then(|routes| routes(&sources, is_set)),
        _ => None,
    };
    if let Some(graph) = graph.filter(|graph| !graph.unclear && !graph.leaves.is_empty()) {
        return (!graph.may_answer(asked) && !sources.compare(asked)).then(|| like(wanted, &graph.known()));
    }
    let rooted = made.iter().all(|it| it.rooted);
    match sources.are_named(wanted) || sources.speak(asked, wanted, rooted) {
        true => compiled::lacks(&sources, asked).or_else(|| match made.as_slice() {
            [only] => lack_at(&(only.joins?)(&sources), &sources, asked, wanted),
            _ => None,
        }),
        false => Some(like(wanted, &sources.written())),
    }
}

/// The same where a page whose path ends like the one that is asked for stands elsewhere: the program has a page of that name, and
/// all that is put before it is seen.
fn lack_at(graph: &Graph, sources: &Sources<'_>, asked: &str, wanted: &str) -> Option<Option<String>> {
    let known = graph.known();
    let ends = |path: &&String| path.trim_end_matches('/').rsplit('/').next() == Some(wanted);
    let mut elsewhere = known.iter().filter(ends);
    let meant = elsewhere.next()?.clone();
    let lacks = !graph.unclear && !graph.may_answer(asked) && !sources.compare(asked);
    lacks.then(|| elsewhere.all(|other| *other == meant).then_some(meant))
}

/// Whether a library that it imports answers by itself who asks how it is.
fn is_answered_by_library(program: &Program) -> bool {
    let scope = &program.scope;
    program.modules.iter().any(|module| {
        module.imports.iter().any(|import| {
            let name = import.value.to_ascii_lowercase();
            // What a module of its own is called says nothing.
            let last = import.value.rsplit(['/', '.']).next().unwrap_or(&import.value);
            let is_of = |place: &Path| {
                place.components().any(|part| part.as_os_str() == last)
                    || place.file_stem().is_some_and(|stem| stem == last)
            };
            let own = || {
                name.starts_with('.')
                    || scope.index_of(module).is_some_and(|at| scope.resolve(at, &import.value).is_some())
                    || scope.iter().any(|(_, place, _)| is_of(place))
            };
            ANSWERS.iter().any(|word| name.contains(word)) && !name.contains("terminus") && !own()
        })
    })
}
