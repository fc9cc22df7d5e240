//! The frameworks whose pages are known by what their programs say.

use super::graph::Graph;
use super::sources::Sources;
use super::{express, nest, python};

/// How the routes of a framework are put together; `None` where that is not seen. It is told which variables are set.
type Routes = for<'a, 'b, 'c> fn(&'a Sources<'b>, &'c dyn Fn(&str) -> bool) -> Option<Graph>;

/// What a framework is known by in its programs' sources, and by what these answer any path.
pub struct Framework {
    pub front_ends: &'static [&'static str],
    /// Words of a file that makes its server.
    pub makes: &'static [&'static str],
    /// Words with which some page answers for many.
    pub catches: &'static [&'static str],
    /// Paths that it serves by itself.
    pub own: &'static [&'static str],
    /// Words of what may bring pages beside its own, none of which tells how the program is.
    pub beside: &'static [&'static str],
    /// Whether routes begin with a slash.
    pub rooted: bool,
    /// How they are put together.
    pub routes: Option<Routes>,
}

/// Words with which a server of JavaScript answers for many pages.
const CATCHES: [&str; 15] = [
    "'*'",
    "\"*\"",
    "'/*",
    "\"/*",
    "(.*)",
    "*splat",
    "createServer((",
    "createServer(async",
    "createServer(function",
    "yoga",
    "NestFactory",
    "lightship",
    "setNotFoundHandler",
    "onRequest",
    "under-pressure",
];

pub const FRAMEWORKS: [Framework; 14] = [
    // A pattern that ends with a slash stands for all below it.
    Framework {
        front_ends: &["go"],
        makes: &["http.NewServeMux(", "http.HandleFunc("],
        catches: &["/\",", "GET /\"", "ServeHTTP(", "FileServer", "promhttp", "{$}", "...}"],
        own: &["metrics", "debug", "swagger"],
        beside: &[],
        rooted: true,
        routes: None,
    },
    Framework {
        front_ends: &["python"],
        makes: &["Flask(", "FastAPI("],
        catches: &[
            "<path:",
            ":path}",
            "exception_handler(404",
            "errorhandler(404",
            "errorhandler(NotFound",
            "static_url_path=\"\"",
            "static_url_path=''",
        ],
        own: &["docs", "redoc", "openapi.json", "apidocs", "admin", "static", "metrics", "graphql"],
        beside: &["StaticFiles", "errorhandler", "exception_handler"],
        rooted: true,
        routes: Some(|sources, is_set| Some(python::graph(sources, is_set))),
    },
    Framework {
        front_ends: &["python"],
        makes: &["Starlette(", "Quart(", "Sanic(", "Bottle(", "web.Application(", "from werkzeug.routing"],
        catches: &[
            "<path:",
            ":path}",
            "exception_handler(404",
            "errorhandler(404",
            "Mount(\"/\"",
            ".mount(\"/\"",
            "Flask(",
            "FastAPI(",
        ],
        own: &["docs", "redoc", "openapi.json", "apidocs", "admin", "static", "metrics", "graphql"],
        beside: &["StaticFiles", ".mount(", "errorhandler", "exception_handler"],
        rooted: true,
        routes: None,
    },
    Framework {
        front_ends: &["javascript"],
        makes: &["express()"],
        catches: &CATCHES,
        own: &["metrics", "graphql", "docs", "api-docs", "documentation", "static"],
        beside: &["swagger", "graphql"],
        rooted: true,
        routes: Some(|sources, _| Some(express::graph(sources))),
    },
    Framework {
        front_ends: &["javascript"],
        makes: &["fastify(", "Fastify(", "new Koa(", "new Hono(", "restify.createServer"],
        catches: &CATCHES,
        own: &["metrics", "graphql", "docs", "api-docs", "documentation", "static"],
        beside: &["swagger", "graphql"],
        rooted: false,
        routes: None,
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
        beside: &[],
        rooted: false,
        routes: None,
    },
    Framework {
        front_ends: &["ruby"],
        makes: &["require 'sinatra", "require \"sinatra", "Sinatra::Base"],
        catches: &["'*'", "\"*\"", "/*", "not_found", "%r{"],
        own: &["__sinatra__", "metrics"],
        beside: &[],
        rooted: true,
        routes: None,
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
        beside: &[],
        rooted: false,
        routes: None,
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
        beside: &[],
        rooted: false,
        routes: None,
    },
    Framework {
        front_ends: &["rust"],
        makes: &["App::new()", "Router::new()", "rocket::build()"],
        catches: &["fallback", "default_service", "/{tail", "<..>", "{*", "/*", "nest_service", "Files::new"],
        own: &["metrics"],
        beside: &[],
        rooted: false,
        routes: None,
    },
    Framework {
        front_ends: &["javascript"],
        makes: &["NestFactory.create"],
        catches: &["yoga", "lightship"],
        own: &["metrics", "graphql", "docs", "api-docs", "static"],
        beside: &["swagger", "graphql", "@All("],
        rooted: false,
        routes: Some(|sources, _| Some(nest::graph(sources))),
    },
    Framework {
        front_ends: &["ruby", "rails"],
        makes: &["Rails.application.routes.draw"],
        catches: &["'*", "\"*", "/*", "mount ", "devise_for", "draw(", "draw :"],
        own: &["assets", "cable", "sidekiq", "admin", "rails"],
        beside: &[],
        rooted: false,
        routes: None,
    },
    Framework {
        front_ends: &["elixir"],
        makes: &["use Phoenix.Router", ", :router"],
        catches: &["/*", "\"*", "forward ", "match _", "match :*", "heartbeat", "Heartbeat", "HealthCheck"],
        own: &["dashboard", "live", "assets", "dev"],
        beside: &[],
        rooted: true,
        routes: None,
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
        beside: &[],
        rooted: false,
        routes: None,
    },
];

/// Words in the names of libraries that answer by themselves who asks how a program is.
pub const ANSWERS: [&str; 7] =
    ["health", "terminus", "lightship", "instrumentator", "exporter", "prom-client", "heartbeat"];
