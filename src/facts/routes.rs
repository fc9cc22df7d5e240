//! Pages that a server does not have: what its program, which is seen whole, names nowhere.
//!
//! Routes are put together from pieces in many ways. What they are is not worked out; a page is missing where no text of the
//! program has the last part of its path, and nothing in it answers all paths.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::ServiceFacts;
use crate::programs::Role;

/// What a framework is known by in its programs' sources, and by what these answer any path.
struct Framework {
    front_ends: &'static [&'static str],
    /// Words of a file that makes its server.
    makes: &'static [&'static str],
    /// Words with which some page answers for many.
    catches: &'static [&'static str],
    /// Paths that it serves by itself.
    own: &'static [&'static str],
}

const FRAMEWORKS: [Framework; 12] = [
    // A pattern that ends with a slash stands for all below it.
    Framework {
        front_ends: &["go"],
        makes: &["http.NewServeMux(", "http.HandleFunc("],
        catches: &["/\",", "GET /\"", "ServeHTTP(", "FileServer", "promhttp", "{$}", "...}"],
        own: &["metrics", "debug", "swagger"],
    },
    Framework {
        front_ends: &["python"],
        makes: &["Flask(", "FastAPI(", "Starlette(", "Quart(", "Sanic(", "Bottle(", "web.Application("],
        catches: &[
            "<path:",
            ":path}",
            ".mount(",
            "StaticFiles",
            "404)(",
            "errorhandler",
            "exception_handler",
            "static_url_path=\"\"",
            "static_url_path=''",
        ],
        own: &["docs", "redoc", "openapi.json", "apidocs", "admin", "static", "metrics", "graphql"],
    },
    Framework {
        front_ends: &["javascript"],
        makes: &["express()", "fastify(", "Fastify(", "new Koa(", "new Hono(", "restify.createServer"],
        catches: &[
            "'*'",
            "\"*\"",
            "'/*",
            "\"/*",
            "(.*)",
            "*splat",
            "createServer((",
            "createServer(async",
            "createServer(function",
            "graphql",
            "Terminus",
            "lightship",
            "swagger",
            "setNotFoundHandler",
            "onRequest",
        ],
        own: &["metrics", "graphql", "docs", "api-docs", "documentation", "static"],
    },
    Framework {
        front_ends: &["go"],
        makes: &["gin.Default(", "gin.New(", "echo.New(", "chi.NewRouter(", "fiber.New(", "mux.NewRouter("],
        catches: &[
            "/*",
            "NoRoute",
            "PathPrefix(\"/\")",
            "NotFound",
            "http.HandleFunc(\"/\"",
            "promhttp",
            "RouteNotFound",
            "FileServer",
            "Static(\"/\"",
            "StaticFS(\"/\"",
            "filesystem.New",
        ],
        own: &["metrics", "debug", "swagger"],
    },
    Framework {
        front_ends: &["ruby"],
        makes: &["require 'sinatra", "require \"sinatra", "Sinatra::Base"],
        catches: &["'*'", "\"*\"", "/*", "not_found", "%r{"],
        own: &["__sinatra__", "metrics"],
    },
    Framework {
        front_ends: &["java", "kotlin"],
        makes: &["@SpringBootApplication", "SpringApplication.run"],
        catches: &["/**", "ErrorController", "RouterFunction", "\"/*\"", "{path"],
        own: &[
            "actuator",
            "swagger-ui",
            "api-docs",
            "h2-console",
            "graphql",
            "graphiql",
            "login",
            "logout",
            "error",
            "index.html",
        ],
    },
    Framework {
        front_ends: &["csharp"],
        makes: &["WebApplication.Create", "ConfigureWebHostDefaults"],
        catches: &[
            "MapFallback",
            "{*",
            "UseSpa",
            "MapReverseProxy",
            "UseOcelot",
            "app.Run(async",
            "MapRazor",
            "MapBlazor",
        ],
        own: &["swagger", "index.html", "openapi", "scalar"],
    },
    Framework {
        front_ends: &["rust"],
        makes: &["App::new()", "Router::new()", "rocket::build()"],
        catches: &["fallback", "default_service", "/{tail", "<..>", "{*", "/*", "nest_service", "Files::new"],
        own: &["metrics"],
    },
    Framework {
        front_ends: &["javascript"],
        makes: &["NestFactory.create"],
        catches: &[
            "'*'",
            "\"*\"",
            "(.*)",
            "*splat",
            "ServeStatic",
            "graphql",
            "Terminus",
            "swagger",
            "@All(",
        ],
        own: &["metrics", "graphql", "docs", "api-docs", "static"],
    },
    Framework {
        front_ends: &["ruby", "rails"],
        makes: &["Rails.application.routes.draw"],
        catches: &["'*", "\"*", "/*", "mount ", "devise_for", "draw(", "draw :"],
        own: &["assets", "cable", "sidekiq", "admin", "rails"],
    },
    Framework {
        front_ends: &["elixir"],
        makes: &["use Phoenix.Router", ", :router"],
        catches: &["/*", "\"*", "forward ", "match _", "match :*", "heartbeat", "Heartbeat", "HealthCheck"],
        own: &["dashboard", "live", "assets", "dev"],
    },
    Framework {
        front_ends: &["python"],
        makes: &["ROOT_URLCONF"],
        catches: &[
            "re_path(",
            "url(r",
            "<path:",
            "health_check",
            "watchman",
            "handler404",
            "wagtail",
            "cms.urls",
            "flatpages",
            "probes",
        ],
        own: &["admin", "static", "media", "api-auth", "docs", "schema", "accounts", "metrics"],
    },
];

/// Words in the names of libraries that answer by themselves who asks how a program is.
const ANSWERS: [&str; 7] =
    ["health", "terminus", "lightship", "instrumentator", "exporter", "prom-client", "heartbeat"];

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

/// The prefix that NestJS puts before all pages, where none is left out.
static GLOBAL_PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\.setGlobalPrefix\(\s*(?:["'`]/?([A-Za-z0-9_\-/]+?)/?["'`]\s*\)|([^)]))"#).ok()
});

/// The path below which Spring Boot serves all that it does.
static CONTEXT_PATH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m)^\s*(?:server\.servlet\.)?context-path\s*[:=]\s*(?:["']?/?([A-Za-z0-9_\-/]+?)/?["']?\s*$|(.))"#).ok()
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

impl ServiceFacts<'_> {
    /// What its framework puts before the path of each page, where that is said once and is not before this path.
    #[must_use]
    pub fn lacks_prefix(&self, path: &str) -> Option<String> {
        // Documentation and the like may stand beside it.
        const ASKED: [&str; 6] = ["health", "ready", "readiness", "live", "liveness", "ping"];
        let program = self.program;
        let last = path.split('?').next()?.trim_end_matches('/').rsplit('/').next()?;
        let asked = ASKED.iter().any(|word| last == *word || last == format!("{word}z"));
        let alone = program.entry_known
            && self.service.build.is_some()
            && !program.modules.iter().any(|module| module.role == Role::Proxy);
        if !asked || !alone || path.contains(['$', '{']) || program.skipped().next().is_some() {
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
        let wanted = path.trim_end_matches('/').rsplit('/').next().filter(|last| last.len() > 2)?;
        let plain = wanted.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let alone = program.entry_known
            && self.service.build.is_some()
            && !program.modules.iter().any(|module| module.role == Role::Proxy);
        let sources = || program.scope.iter().map(|(_, place, source)| (place, source));
        // As a whole: `/healthz` is no page of who has `/health`.
        let word = Regex::new(&format!(r"(?i)(?:^|[^A-Za-z0-9_-]){wanted}(?:[^A-Za-z0-9_-]|$)")).ok()?;
        let asked = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/');
        let spoken = || {
            program.skipped().next().is_some()
                || sources().any(|(_, source)| source.glance(|text| speaks_of(text, &word, asked)))
        };
        if !plain || !alone || path.contains(['$', '{']) || spoken() {
            return None;
        }
        // Folders and files may be routes, and what is told by a variable may be one.
        let named = |text: &str| text.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase());
        let by_name = sources().any(|(place, _)| named(&place.to_string_lossy()));
        let told =
            self.environment.iter().any(|(_, one)| one.value().is_some_and(|value| named(&value.assumed())));
        let commanded = program.commands.iter().flatten().any(|word| named(word));
        if by_name || told || commanded {
            return None;
        }
        if self.answers_more(path) || self.hands_on() {
            return None;
        }
        let mut paths: Vec<String> = Vec::new();
        for (_, source) in sources() {
            source.glance(|text| {
                let found = WRITTEN.iter().flat_map(|written| written.captures_iter(text));
                let room = MAX_PATHS.saturating_sub(paths.len());
                paths.extend(found.filter_map(|found| Some(found.get(1)?.as_str().to_string())).take(room));
            });
        }
        let like = |other: &&String| {
            let last = other.trim_end_matches('/').rsplit('/').next().unwrap_or("").to_ascii_lowercase();
            let wanted = wanted.to_ascii_lowercase();
            last.len() > 2 && (wanted.starts_with(&last) || last.starts_with(&wanted))
                || strsim::levenshtein(&last, &wanted) < 3
        };
        Some(paths.iter().find(like).cloned())
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
        let program = self.program;
        let sources = || program.scope.iter().map(|(_, place, source)| (place, source));
        let has = |words: &[&str], front_ends: &[&str]| {
            let Ok(search) = AhoCorasick::new(words) else { return true };
            sources().any(|(_, source)| {
                let of_this = front_ends.contains(&source.front_end.name());
                let refuses = |text: &str, found: aho_corasick::Match| {
                    front_ends.contains(&"javascript") && refuses_all(text, found.start(), found.end())
                };
                of_this && source.glance(|text| search.find_iter(text).any(|found| !refuses(text, found)))
            })
        };
        let mut made = FRAMEWORKS.iter().filter(|it| has(it.makes, it.front_ends)).peekable();
        if made.peek().is_none() {
            return true;
        }
        let open =
            made.any(|it| has(it.catches, it.front_ends) || it.own.iter().any(|own| path.contains(own)));
        // What a module of its own is called says nothing.
        let own = |import: &str| {
            let last = import.rsplit(['/', '.']).next().unwrap_or(import);
            program.scope.iter().any(|(_, place, _)| {
                place.components().any(|part| part.as_os_str() == last)
                    || place.file_stem().is_some_and(|stem| stem == last)
            })
        };
        let mut imports = program.modules.iter().flat_map(|module| &module.imports);
        let answered = imports.any(|import| {
            ANSWERS.iter().any(|word| import.value.to_ascii_lowercase().contains(word)) && !own(&import.value)
        });
        open || answered
    }

    /// Whether a handler of JavaScript's frameworks may answer for all requests.
    fn hands_on(&self) -> bool {
        let sources = || self.program.scope.iter().map(|(_, place, source)| (place, source));
        let handled = || {
            let answers =
                |text: &str, found: regex::Match<'_>| !refuses_all(text, found.start(), found.end());
            sources().any(|(_, source)| {
                source.glance(|text| {
                    HANDLED.as_ref().is_none_or(|it| it.find_iter(text).any(|found| answers(text, found)))
                })
            })
        };
        handled()
    }
}

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
