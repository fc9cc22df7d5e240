//! Pages that a server does not have: what its program, which is seen whole, names nowhere.
//!
//! Where it is understood how a framework puts routes together, they are put together as it does, and looked through. Elsewhere a
//! page is missing where no text of the program has the last part of its path; and nothing in it may answer all paths.

mod express;
mod frameworks;
mod graph;
mod nest;
mod python;
mod sources;
mod written;

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use self::frameworks::{ANSWERS, FRAMEWORKS, Framework};
use self::sources::{Sources, like};
use super::ServiceFacts;
use crate::programs::Role;

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
const ASKED: [&str; 14] = [
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

impl ServiceFacts<'_> {
    /// What its framework puts before the path of each page, where that is said once and is not before this path.
    #[must_use]
    pub fn lacks_prefix(&self, path: &str) -> Option<String> {
        let program = self.program;
        let last = path.split('?').next()?.trim_end_matches('/').rsplit('/').next()?;
        let asked = ASKED.iter().any(|word| last == *word || last == format!("{word}z"));
        if !asked || !self.is_alone() || path.contains(['$', '{']) {
            return None;
        }
        let by_variable =
            self.environment.iter().any(|(name, _)| name.contains("CONTEXT") || name.contains("MANAGEMENT"));
        let has = |word: &str| !program.scope.containing(word).is_empty();
        let one = |search: &LazyLock<Option<Regex>>, front_ends: &[&str]| {
            let mut found: Vec<Option<String>> = Vec::new();
            for (_, _, source) in
                program.scope.iter().filter(|it| front_ends.contains(&it.2.front_end.name()))
            {
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
            let found = one(&CONTEXT_PATH, &settings).filter(|_| !by_variable && has("SpringApplication"));
            found.filter(|_| !has("management"))
        };
        let prefix = nest.or_else(spring)?;
        let below = path.trim_start_matches('/');
        let within = below == prefix || below.starts_with(&format!("{prefix}/"));
        (!within).then(|| format!("/{prefix}"))
    }

    /// Whether the server of its program has no page at this path, which is asked for in its container. `Some` is the page that
    /// may be meant, if one is like it.
    #[must_use]
    pub fn lacks_page(&self, path: &str) -> Option<Option<String>> {
        let program = self.program;
        let asked = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/');
        let wanted = asked.rsplit('/').next().filter(|last| last.len() > 2)?;
        let plain = wanted.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !plain || !self.is_alone() || path.contains(['$', '{']) {
            return None;
        }
        // Folders and files may be routes, and what is told by a variable may be one.
        let named = |text: &str| text.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase());
        let told =
            self.environment.iter().any(|(_, one)| one.value().is_some_and(|value| named(&value.assumed())));
        let commanded = program.commands.iter().flatten().any(|word| named(word));
        if told || commanded {
            return None;
        }
        let sources = Sources::of(program);
        let mut made = FRAMEWORKS.iter().filter(|it| sources.make(it.makes, it.front_ends)).peekable();
        made.peek()?;
        let made: Vec<&Framework> = made.collect();
        let open = made
            .iter()
            .any(|it| sources.have(it.catches, it.front_ends) || it.own.iter().any(|own| path.contains(own)));
        let health = ASKED.iter().any(|word| wanted == *word || wanted == format!("{word}z"));
        let beside = || !health && made.iter().any(|it| sources.have(it.beside, it.front_ends));
        // An application of one page may be what every other path is answered with.
        let page = || {
            let python = &["python"][..];
            sources.have(&["index.html"], python)
                && sources.have(&["exception_handler(", "errorhandler("], python)
        };
        if open || page() || beside() || self.is_answered_by_library() || sources.handles() {
            return None;
        }
        let is_set = |name: &str| self.environment.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        // Routes of one framework, put together as it does.
        let graph = match made.as_slice() {
            [only] => only.routes.and_then(|routes| routes(&sources, &is_set)),
            _ => None,
        };
        match graph.filter(|graph| !graph.unclear && !graph.leaves.is_empty()) {
            Some(graph) => {
                (!graph.may_answer(asked) && !sources.compare(asked)).then(|| like(wanted, &graph.known()))
            }
            None => {
                let rooted = made.iter().all(|it| it.rooted);
                let spoken = sources.are_named(wanted) || sources.speak(asked, wanted, rooted);
                (!spoken).then(|| like(wanted, &sources.written()))
            }
        }
    }

    /// Whether its program, whose start is seen, answers by itself what comes to the service.
    pub(super) fn is_alone(&self) -> bool {
        let program = self.program;
        program.entry_known
            && self.service.build.is_some()
            && !program.modules.iter().any(|module| module.role == Role::Proxy)
            && program.skipped().next().is_none()
    }

    /// Whether its framework is not known, or something in its program may answer for a path that it does not write out.
    pub(super) fn answers_more(&self, path: &str) -> bool {
        let sources = Sources::of(self.program);
        let mut made = FRAMEWORKS.iter().filter(|it| sources.make(it.makes, it.front_ends)).peekable();
        made.peek().is_none()
            || made.any(|it| {
                sources.have(it.catches, it.front_ends) || it.own.iter().any(|own| path.contains(own))
            })
            || self.is_answered_by_library()
    }

    /// Whether a library that it imports answers by itself who asks how it is.
    fn is_answered_by_library(&self) -> bool {
        let scope = &self.program.scope;
        self.program.modules.iter().any(|module| {
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
}
