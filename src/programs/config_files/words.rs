//! What the names around a setting say of it.

use crate::programs::SinkKind;

/// Sections of environments of which one is chosen when the program runs.
const ENVIRONMENTS: &[&str] = &[
    "development",
    "dev",
    "test",
    "testing",
    "tests",
    "local",
    "staging",
    "stage",
    "ci",
    "example",
    "examples",
    "production",
    "prod",
    "docker",
];

/// Words of what a server binds, or is reached by from outside.
const BOUND: &[&str] = &[
    "listen",
    "listener",
    "listeners",
    "bind",
    "binds",
    "bindaddress",
    "advertise",
    "advertised",
    "cors",
    "origin",
    "origins",
    "allowed",
    "trusted",
    "public",
    "redirect",
    "redirects",
    "callback",
    "external",
    "issuer",
    "domain",
    "health",
    "healthcheck",
    "frontend",
    "receivers",
    "sources",
    "extensions",
    "telemetry",
    "pprof",
    "metrics",
    "inputs",
    "input",
    "instance",
    "docs",
    "swagger",
    "website",
    "site",
    "homepage",
    "license",
    "contact",
    "browser",
    "self",
    "root",
    "annotations",
    "runbook",
    "link",
    "links",
    "help",
    "admin",
    "no",
    "noproxy",
    "proxy",
    "dev",
    "webhook",
    // What Kibana hands on to agents elsewhere.
    "fleet",
];

/// Keys of addresses.
const ADDRESSES: &[&str] = &[
    "url",
    "urls",
    "uri",
    "uris",
    "dsn",
    "addr",
    "addrs",
    "address",
    "addresses",
    "endpoint",
    "endpoints",
    "broker",
    "brokers",
    "server",
    "servers",
    "host",
    "hosts",
    "target",
    "targets",
    "nodes",
    "seeds",
    "connection",
    "smarthost",
    "upstream",
    "upstreams",
    "backend",
    "connectionstring",
];

/// Sections and keys under which a web address is one that the program itself dials.
const OF_SERVERS: &[&str] = &[
    "datasource",
    "datasources",
    "exporter",
    "exporters",
    "sinks",
    "outputs",
    "output",
    "upstream",
    "upstreams",
    "elasticsearch",
    "opensearch",
    "influxdb",
    "otlp",
    "scrape",
    "targets",
    "remote",
    "databases",
    "database",
    "strings",
    "alertmanagers",
    "alertmanager",
    "loki",
    "webhook",
    "pushgateway",
    "jaeger",
    "zipkin",
    "tempo",
    "kibana",
    "clients",
];

/// Words that name what is dialled.
const KINDS: &[(&[&str], SinkKind)] = &[
    (&["postgres", "postgresql", "pg", "pgsql", "timescale"], SinkKind::Postgres),
    (&["mysql", "mariadb"], SinkKind::MySql),
    (&["mssql", "sqlserver"], SinkKind::Mssql),
    (&["mongo", "mongodb"], SinkKind::Mongo),
    (&["redis", "valkey"], SinkKind::Redis),
    (&["memcached", "memcache"], SinkKind::Memcached),
    (&["rabbitmq", "rmq", "mq", "rabbit", "amqp"], SinkKind::Amqp),
    (&["kafka", "bootstrap"], SinkKind::Kafka),
    (&["nats"], SinkKind::Nats),
    (&["mqtt", "mosquitto"], SinkKind::Mqtt),
    (&["elasticsearch", "elastic", "opensearch"], SinkKind::Elasticsearch),
    (&["clickhouse"], SinkKind::ClickHouse),
    (&["cassandra", "scylla"], SinkKind::Cassandra),
    (&["neo4j"], SinkKind::Neo4j),
    (&["smtp", "smarthost", "mailer", "mail"], SinkKind::Smtp),
    (&["targets", "loki", "webhttp", "influxdb", "influx"], SinkKind::Http),
    (&["forward"], SinkKind::Tcp),
    (&["database", "databases", "db", "datasource", "sql"], SinkKind::Sql),
];

/// The client of servers that are dialled by this scheme.
pub(super) fn of_scheme(scheme: &str) -> SinkKind {
    let dialect = scheme.split(['+', ':']).find(|word| *word != "jdbc").unwrap_or(scheme);
    let known = KINDS.iter().find(|(words, _)| words.contains(&dialect)).map(|(_, kind)| *kind);
    match known {
        // The scheme may name a driver, too, which this says nothing of.
        Some(SinkKind::Postgres | SinkKind::MySql | SinkKind::Mssql) => SinkKind::Sql,
        Some(kind) => kind,
        None if dialect.starts_with("http") => SinkKind::Http,
        None => SinkKind::Tcp,
    }
}

/// The names around a setting, cut into small words.
pub(super) struct Path {
    /// The words of the sections, and last those of the key.
    parts: Vec<Vec<String>>,
}

impl Path {
    pub(super) fn of(path: &[String]) -> Self {
        Self { parts: path.iter().map(|name| words(name)).collect() }
    }

    fn any(&self, list: &[&str]) -> bool {
        self.parts.iter().flatten().any(|word| list.contains(&word.as_str()))
    }

    fn key(&self) -> &[String] {
        self.parts.last().map_or(&[], Vec::as_slice)
    }

    /// Whether it belongs to one of several environments.
    pub(super) fn is_aside(&self) -> bool {
        let environment =
            |part: &Vec<String>| matches!(part.as_slice(), [one] if ENVIRONMENTS.contains(&one.as_str()));
        self.parts.iter().any(environment)
    }

    /// Whether it is in a section of the program's own address.
    pub(super) fn is_own(&self) -> bool {
        let own = |part: &Vec<String>| matches!(part.as_slice(), [one] if matches!(one.as_str(), "server" | "http" | "web" | "app" | "api" | "grpc" | "service"));
        let sections = self.parts.split_last().map_or(&[][..], |(_, sections)| sections);
        sections.last().is_some_and(own) && self.kind().is_none()
    }

    /// Whether a server binds it, or it is meant for others than the program.
    pub(super) fn is_bound(&self) -> bool {
        let sections = self.parts.split_last().map_or(&[][..], |(_, sections)| sections);
        // An OpenTelemetry collector's Prometheus exporter is scraped.
        let scraped = sections.iter().any(|part| part.first().is_some_and(|word| word == "exporters"))
            && sections.iter().any(|part| matches!(part.as_slice(), [one, ..] if one == "prometheus"));
        // Metrics that are written to a server elsewhere are dialled, whatever they are of, and so is what they are asked of.
        let asked = |part: &Vec<String>| match part.as_slice() {
            [a, b] => a == "remote" && b == "write" || b == "configs" && (a == "scrape" || a == "webhook"),
            _ => false,
        };
        let written = sections.iter().any(asked) || self.is_fetched();
        // What Patroni tells the others to reach it by.
        let told = matches!(self.key(), [first, second] if first == "connect" && second == "address");
        (self.any(BOUND) || scraped || told) && !written
    }

    /// Whether it is of one of Telegraf's plugins: `[[outputs.influxdb]]`.
    pub(super) fn is_of_plugins(&self) -> bool {
        let first = self.parts.first().map_or(&[][..], Vec::as_slice);
        self.parts.len() == 3 && matches!(first, [one] if one == "outputs" || one == "inputs")
    }

    /// Whether it says where a server listens, or what it tells others of itself.
    pub(super) fn is_listening(&self) -> bool {
        const WORDS: [&str; 10] = [
            "listen",
            "listener",
            "listeners",
            "bind",
            "binds",
            "bindaddress",
            "advertise",
            "advertised",
            "receivers",
            "external",
        ];
        // What Patroni tells the others to reach it by.
        let told = matches!(self.key(), [first, second] if first == "connect" && second == "address");
        self.any(&WORDS) || told
    }

    /// Whether it is of an input of Logstash or Telegraf that asks a server elsewhere, and waits for nobody.
    fn is_fetched(&self) -> bool {
        const WAITING: [&str; 14] = [
            "listener",
            "statsd",
            "webhooks",
            "opentelemetry",
            "zipkin",
            "syslog",
            "tcp",
            "udp",
            "http",
            "beats",
            "gelf",
            "lumberjack",
            "collectd",
            "socket",
        ];
        let [first, second, ..] = self.parts.as_slice() else { return false };
        let inputs = matches!(first.as_slice(), [one] if one == "input" || one == "inputs");
        let key = self.key().last().map_or("", String::as_str);
        let own = ["host", "port", "listen", "bind"].contains(&key)
            && first.first().is_some_and(|it| it == "input");
        inputs && !own && self.parts.len() > 2 && !second.iter().any(|word| WAITING.contains(&word.as_str()))
    }

    /// Whether the key is one of the port that is listened on.
    pub(super) fn is_own_port(&self) -> bool {
        let port = self.key().last().is_some_and(|word| word == "port");
        // MongoDB's `net.port`.
        let net = matches!(self.parts.as_slice(), [section, _] if matches!(section.as_slice(), [word] if word == "net"));
        port && self.kind().is_none() && (self.parts.len() == 1 || net || self.is_own() || self.any(BOUND))
    }

    /// Whether the key is one of addresses.
    pub(super) fn is_address(&self) -> bool {
        self.key().iter().any(|word| ADDRESSES.contains(&word.as_str()))
    }

    /// Whether the key is one of hosts.
    pub(super) fn is_host(&self) -> bool {
        self.key()
            .last()
            .is_some_and(|word| matches!(word.as_str(), "host" | "hostname" | "server" | "addr" | "address"))
    }

    /// Whether the key is one of a broker's host.
    pub(super) fn is_broker(&self) -> bool {
        matches!(self.key(), [one] if one == "broker")
    }

    /// Whether what is around says that the program dials it.
    pub(super) fn is_of_servers(&self) -> bool {
        self.any(OF_SERVERS)
    }

    /// What is dialled, by the innermost name that says it.
    pub(super) fn kind(&self) -> Option<SinkKind> {
        self.parts.iter().rev().flatten().find_map(|word| {
            KINDS.iter().find(|(words, _)| words.contains(&word.as_str())).map(|(_, kind)| *kind)
        })
    }
}

/// What is left of a key beside `host` of the same family: `port` of `db_port` beside `db_host`.
pub(super) fn beside(key: &str, host: &str) -> String {
    let (mut key, host) = (words(key), words(host));
    let family = host.len().saturating_sub(1);
    if family > 0 && key.len() > family && key.get(..family) == host.get(..family) {
        key.drain(..family);
    }
    key.join("_")
}

/// Cuts at `_`, `-` and where a small letter meets a capital one.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        let cut = !c.is_alphanumeric() || (small && c.is_uppercase());
        if cut && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether the file describes the sources, their tools or their interfaces, or is only an example.
pub(super) fn is_manifest(path: &std::path::Path) -> bool {
    const NAMES: &[&str] = &[
        "package",
        "package-lock",
        "pnpm-lock",
        "pnpm-workspace",
        "composer",
        "pyproject",
        "cargo",
        "setup",
        "tox",
        "pytest",
        "mypy",
        "alembic",
        "mkdocs",
        "renovate",
        "lerna",
        "nx",
        "turbo",
        "angular",
        "nest-cli",
        "vercel",
        "netlify",
        "firebase",
        "manifest",
        "launchsettings",
        "global",
        "openapi",
        "swagger",
        "poetry",
        "uv",
        "deno",
        "bun",
        "biome",
        "jsconfig",
        "codecov",
        "skaffold",
        "chart",
        "values",
        "kustomization",
        "buf",
        "logging",
        "log4j2",
        "logback",
        "components",
        "nodemon",
        "proguard",
        "pubspec",
    ];
    const STARTS: &[&str] = &[
        ".",
        "docker-compose",
        "compose",
        "tsconfig",
        "openapi",
        "swagger",
        "babel.",
        "jest.",
        "eslint",
        "prettier",
    ];
    const PARTS: &[&str] =
        &["example", "sample", "dist", "template", "schema", "lock", "spec", "test", "bak", "old"];
    const FOLDERS: &[&str] = &[
        "locales",
        "locale",
        "i18n",
        "lang",
        "translations",
        "testdata",
        "schemas",
        ".github",
        "migrations",
    ];
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or("");
    let folder = |part: std::path::Component<'_>| {
        part.as_os_str().to_str().is_some_and(|part| FOLDERS.contains(&part.to_ascii_lowercase().as_str()))
    };
    NAMES.contains(&stem)
        || STARTS.iter().any(|start| name.starts_with(start))
        || name.split(['.', '-', '_']).any(|part| PARTS.contains(&part))
        || path.components().any(folder)
}
