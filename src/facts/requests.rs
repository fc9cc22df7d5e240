//! Programs that look for their siblings only when a request comes in: PHP starts anew for each of them, and many clients
//! connect when they are first used, so that a database that comes up late costs the requests until then, and not the
//! service.

use super::dials::By;
use super::endpoint::HostKind;
use super::patience::{is_lazy, waits};
use super::{Dial, ServiceFacts};
use crate::programs::{Module, Role, SinkKind, Source, has_extension};
use crate::source::{Span, Text};

/// Web servers that run PHP for each request, and those that stand beside them in one container.
const FOR_REQUESTS: &[&str] = &[
    "apache2-foreground",
    "apachectl",
    "apache2ctl",
    "httpd-foreground",
    "frankenphp",
    "heroku-php-apache2",
    "heroku-php-nginx",
    "lsphp",
    "php-cgi",
    "unitd",
];
const BESIDE: &[&str] = &[
    "nginx",
    "cron",
    "crond",
    "composer",
    "npm",
    "yarn",
    "a2enmod",
    "docker-php-ext-configure",
    "docker-php-ext-enable",
    "docker-php-ext-install",
];

/// Tasks of Django that work off a queue.
const WORKERS: [&str; 5] = ["qcluster", "run_huey", "rqworker", "rundramatiq", "process_tasks"];

/// Words of commands that look at the database before the program serves.
const LOOKS_FIRST: &[&str] = &[
    "migrat",
    "upgrade",
    "alembic",
    "prisma",
    "db:",
    "ecto.",
    "seed",
    "init",
    "createsuperuser",
    "collectstatic",
    "knex",
    "sequelize",
    "typeorm",
    "flyway",
    "liquibase",
    "goose",
    "prestart",
    "dbmate",
    "diesel",
    "sqlx",
    "schema",
    "setup",
    "doctrine:",
];

/// Whether a word of a command says that it looks at the database.
pub(super) fn looks_first(word: &str) -> bool {
    LOOKS_FIRST.iter().any(|first| word.contains(first))
}

/// Whether a source of Go makes tables, or asks a database in `main` itself and in no function that is called later.
fn asks_in_main(source: &Source) -> bool {
    const ASKS: [&str; 5] = [".Exec(", ".ExecContext(", ".Query", ".Begin(", ".BeginTx("];
    let file = source.file();
    if file.text.contains("CREATE TABLE") || file.text.contains("create table") {
        return true;
    }
    let Some((_, main)) = file.text.split_once("func main()") else { return false };
    let body = main.split_once("\n}").map_or(main, |(body, _)| body);
    let own = body.split_once("func(").map_or(body, |(before, _)| before);
    ASKS.iter().any(|call| own.contains(call))
}

/// Whether a class of C# only sends when somebody calls it, and does nothing when the program starts.
fn publishes(text: &str) -> bool {
    const SENDS: [&str; 2] = ["BasicPublish(", "BasicPublishAsync("];
    const STARTS: [&str; 7] = [
        "BackgroundService",
        "IHostedService",
        "BasicConsume",
        "static void Main",
        "static async Task Main",
        "WebApplication.Create",
        "ConfigureServices",
    ];
    SENDS.iter().any(|word| text.contains(word)) && !STARTS.iter().any(|word| text.contains(word))
}

impl ServiceFacts<'_> {
    /// Whether its start script sleeps before anything else, as JHipster's does for its siblings' sake.
    pub(super) fn sleeps_first(&self) -> bool {
        let seconds = self.environment.value("JHIPSTER_SLEEP").map(|text| text.assumed());
        seconds.is_some_and(|seconds| seconds.trim().parse::<u32>().is_ok_and(|seconds| seconds > 0))
    }

    /// Whether it is a worker of Kafka Connect, by the topics that only such a one keeps its state in: it asks for the broker again
    /// and again, for a minute.
    pub(super) fn is_kafka_connect(&self) -> bool {
        let set = |name: &str| {
            let own = self.environment.value(name).is_some();
            own || self.environment.value(&format!("CONNECT_{name}")).is_some()
        };
        set("CONFIG_STORAGE_TOPIC") && set("OFFSET_STORAGE_TOPIC")
    }

    /// Whether it serves requests, and all by which it dials the sibling connects only when it is used: see [`is_lazy`].
    /// What it does before it serves must not look at the sibling, as far as that can be told from a glance.
    #[must_use]
    pub fn connects_when_used(&self, sibling: &str) -> bool {
        let dials = self.dials_of(sibling);
        // Who asks over HTTP connects with each request, also where a library takes the address from a variable.
        if dials.is_empty() && self.service.build.is_some() {
            let mut named = self.dials.iter().filter(|dial| dial.sibling() == Some(sibling)).peekable();
            return named.peek().is_some() && named.all(Dial::speaks_web);
        }
        let scope = &self.program.scope;
        let mut loaded = self.program.loaded.iter().filter_map(|index| scope.get(*index));
        let by_command = || {
            let mut words = self.program.commands.iter().flatten();
            words.any(|word| looks_first(word))
        };
        // Nobody migrates a cache.
        let cache = |dial: &&Dial<'_>| {
            dial.protocols
                .iter()
                .all(|spoken| matches!(*spoken, "redis" | "memcached" | "elasticsearch" | "http"))
        };
        // Made in code that runs when a request comes, where none is seen to run once when the program starts.
        let by_request = std::cell::OnceCell::new();
        let uses = || {
            let sources = self.program.loaded.iter().filter_map(|index| scope.get(*index));
            let once = sources.into_iter().any(|(_, source)| source.has_start_hooks());
            (!once).then(|| self.program.uses())
        };
        let later = |dial: &Dial<'_>| match &dial.by {
            By::Sink(module, sink) if has_extension(&module.path, &["py"]) => {
                by_request.get_or_init(uses).as_ref().is_some_and(|uses| !uses.starts(module, sink.span))
            }
            By::Sink(module, _) | By::Read(module, _)
                if has_extension(&module.path, &["cs"]) && dial.protocols == ["amqp"] =>
            {
                let made = scope.containing("ConnectionFactory");
                let mut sources = made.iter().filter_map(|index| scope.get(*index)).peekable();
                sources.peek().is_some() && sources.all(|(_, source)| source.glance(publishes))
            }
            _ => false,
        };
        let lazy = dials.iter().all(|dial| waits(dial) || is_lazy(dial) || later(dial));
        if dials.is_empty() || !lazy {
            return false;
        }
        // What is asked now and then, a worker asks when it has work, and not before.
        let searched = |dial: &&Dial<'_>| {
            dial.sink().is_some_and(|sink| {
                matches!(
                    sink.kind,
                    SinkKind::Elasticsearch | SinkKind::Memcached | SinkKind::S3 | SinkKind::Smtp
                )
            })
        };
        if dials.iter().all(searched) {
            return true;
        }
        if !self.serves() && !self.works_for_celery() {
            return false;
        }
        // What migrates a database is not about a broker.
        let published = |dial: &&Dial<'_>| dial.protocols == ["amqp"] && later(dial);
        if dials.iter().all(|dial| cache(dial) || published(dial)) {
            return true;
        }
        !by_command() && !loaded.any(|(_, source)| self.is_connected_by(source))
    }

    /// Whether all by which it dials the sibling waits for it by itself: see [`WAITS`].
    #[must_use]
    pub fn waits_by_itself(&self, sibling: &str) -> bool {
        let mut dials = self.dials_of(sibling);
        // What Celery is made of, it alone looks at; clients that its tasks have connect when those run.
        let celery = self.program.commands.iter().any(|words| name(words) == "celery");
        if celery && dials.iter().any(|dial| waits(dial)) {
            dials.retain(|dial| !matches!(dial.by, By::Read(..)) && (waits(dial) || !is_lazy(dial)));
        }
        !dials.is_empty() && dials.into_iter().all(waits) || self.is_told_as_celery(sibling)
    }

    /// Whether all that it starts are workers or schedulers of Celery: what their tasks ask, they ask when there is a task. A scheduler
    /// keeps its plan in a file, or in the database where it is told so.
    fn works_for_celery(&self) -> bool {
        let told = |words: &[String], word: &str| words.iter().any(|other| other == word);
        let planned = |words: &[String]| {
            words.iter().any(|word| word.contains("DatabaseScheduler") || word == "django")
                || !self.program.scope.containing("DatabaseScheduler").is_empty()
        };
        let worker = |words: &Vec<String>| {
            let schedules = ["beat", "-B", "--beat"].iter().any(|word| told(words, word));
            name(words) == "celery"
                && (told(words, "worker") || told(words, "beat"))
                && !(schedules && planned(words))
        };
        !self.program.commands.is_empty() && self.program.commands.iter().all(worker)
    }

    /// Whether all that it starts waits for work that a broker hands over, and its framework opens the database when there is some, or
    /// says what went wrong and goes on: Sidekiq, Symfony's Messenger where it keeps no messages in the database, what works off
    /// queues for Python. So do jobs of cron.
    fn works_on_demand(&self) -> bool {
        let kept = self
            .environment
            .iter()
            .any(|(_, it)| it.value().is_some_and(|value| value.assumed().contains("doctrine://")));
        let works = |words: &Vec<String>| {
            let consumes = || words.iter().any(|word| word == "messenger:consume");
            let works = || words.iter().any(|word| WORKERS.contains(&word.as_str()));
            matches!(name(words), "sidekiq" | "dramatiq" | "rq") || works() || consumes() && !kept
        };
        self.runs_by_clock() || !self.program.commands.is_empty() && self.program.commands.iter().all(works)
    }

    /// Whether its code is a client of a broker, and not of this sibling: what it does it does with the messages that come from
    /// there.
    fn takes_work_from_another(&self, sibling: &str) -> bool {
        let broker = |dial: &&Dial<'_>| {
            matches!(dial.by, By::Sink(..))
                && dial.protocols.iter().any(|it| ["amqp", "kafka", "nats"].contains(it))
        };
        let mut brokers = self.received.iter().filter(broker);
        brokers.any(|dial| dial.sibling() != Some(sibling))
            || !self.program.scope.containing("AddMassTransit(").is_empty()
    }

    /// Whether a daemon of cron is what its container runs, and no server.
    fn runs_by_clock(&self) -> bool {
        const DAEMONS: [&str; 3] = ["cron", "crond", "supercronic"];
        let words: Vec<String> = self.program.command.iter().map(Text::assumed).collect();
        let mut words = words.iter().flat_map(|word| word.split_whitespace());
        words.any(|word| DAEMONS.contains(&word.rsplit('/').next().unwrap_or(word))) && !self.serves()
    }

    /// Whether it runs jobs beside its main flow, which may fail without ending the process, so that nothing starts it again.
    #[must_use]
    pub fn has_jobs_beside(&self) -> bool {
        const JOBS: [&str; 5] = ["Scheduler", "threading", "node-cron", "setInterval", "sidekiq-cron"];
        JOBS.iter().any(|word| !self.program.scope.containing(word).is_empty())
    }

    /// Whether it is seen to connect to the sibling before it does anything else: a command of its start looks at the database, its
    /// code makes a client that connects at once, or its image is known to give up. What becomes of a variable that is only read
    /// says nothing.
    #[must_use]
    pub fn connects_at_start(&self, sibling: &Self) -> bool {
        const DATABASES: [&str; 5] = ["postgresql", "mysql", "mssql", "oracle", "mongodb"];
        let key = sibling.key;
        let database = DATABASES.iter().any(|spoken| sibling.speaks(spoken));
        let mut words = self.program.commands.iter().flatten();
        if database && words.any(|word| looks_first(word)) {
            return true;
        }
        if database && self.works_on_demand() {
            return false;
        }
        let named = |dial: &&Dial<'_>| dial.sibling() == Some(key);
        if self.image.is_some_and(|image| image.impatient) && self.dials.iter().any(|dial| named(&dial)) {
            return true;
        }
        let dials: Vec<&Dial<'_>> = self.received.iter().chain(&self.dials).filter(named).collect();
        // Pools of the JVM's frameworks take their first connection when the program starts.
        let pooled = |dial: &&Dial<'_>| match &dial.by {
            By::Variable(name) => is_of_pool(name),
            By::Sink(..) => !is_lazy(dial),
            By::Read(..) => true,
        };
        if database && self.is_written_in(&["java", "kt", "scala"]) && dials.iter().any(pooled) {
            return true;
        }
        let scope = &self.program.scope;
        let mut loaded = self.program.loaded.iter().filter_map(|index| scope.get(*index));
        if database && !dials.is_empty() && loaded.any(|(_, source)| self.is_connected_by(source)) {
            return true;
        }
        let uses = self.program.uses();
        // What waits for nobody's requests has no other reason to be started.
        let works = self.program.entry_known
            && !self.serves()
            && !self.works_for_celery()
            && !self.takes_work_from_another(key);
        dials.iter().any(|dial| match &dial.by {
            // Settings of .NET are what its code makes clients of, some other time.
            By::Sink(module, _) if is_of_dotnet(module) => works && !waits(dial),
            By::Sink(module, sink) => {
                let starts = || module.role != Role::Source || uses.starts(module, sink.span);
                !waits(dial) && (works || !is_lazy(dial) && starts())
            }
            By::Read(..) | By::Variable(_) => false,
        })
    }

    /// Whether a source that it loads connects by itself when the program starts. What stands in a function of Python that nothing
    /// mentions, such as `init_db`, does not, nor what handles a request.
    fn is_connected_by(&self, source: &Source) -> bool {
        // A server that opens connections one by one does so for requests.
        let single = |at: &Span| source.file().snippet(*at).eq_ignore_ascii_case("getConnection(");
        if ["java", "kotlin"].contains(&source.front_end.name()) && self.serves() {
            return source.connects() && !source.first_calls().iter().all(single);
        }
        // A controller is made for a request.
        if source
            .path
            .file_stem()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.ends_with("Controller"))
        {
            return false;
        }
        if source.front_end.name() == "javascript" {
            let (uses, file) = (self.program.uses(), source.file());
            // A function of that name, and what asks who somebody is.
            let other = |at: &Span| {
                let before = file.text.get(..file.range(*at).start).unwrap_or("");
                before.ends_with("function ") || before.ends_with("passport.")
            };
            let mut calls = source.first_calls().into_iter().filter(|at| !other(at));
            return source.connects() && calls.any(|at| uses.starts(source.full(), at));
        }
        if source.front_end.name() == "go" && asks_in_main(source) {
            return true;
        }
        source.connects()
            && (source.front_end.name() != "python" || {
                let (uses, module) = (self.program.uses(), source.module());
                let scope = &self.program.scope;
                // Tortoise makes tables where it is told so.
                let told = |text: &str| !scope.containing(&format!("generate_schemas{text}")).is_empty();
                let untold = (told("=False") || told(" = False")) && !told("=True") && !told(" = True");
                let asks = |at: &Span| !untold || !source.file().snippet(*at).contains("generate_schemas");
                source.first_calls().into_iter().filter(asks).any(|at| uses.starts(module, at))
            })
    }

    /// Whether only variables of Celery's name speak of the sibling, to a worker or a scheduler of Celery.
    fn is_told_as_celery(&self, sibling: &str) -> bool {
        let celery = |words: &Vec<String>| name(words) == "celery";
        let mut dials = self.dials.iter().filter(|dial| dial.sibling() == Some(sibling)).peekable();
        let told = |dial: &Dial<'_>| matches!(&dial.by, By::Variable(name) if name.starts_with("CELERY_"));
        dials.peek().is_some() && dials.all(told) && self.program.commands.iter().any(celery)
    }

    fn dials_of(&self, sibling: &str) -> Vec<&Dial<'_>> {
        let dials = self.received.iter().chain(&self.dials).filter(|dial| dial.sibling() == Some(sibling));
        // A variable that is not seen to be read says nothing of how.
        dials.filter(|dial| !matches!(dial.by, By::Variable(_))).collect()
    }

    /// Whether it is a server of requests, by what its commands start, its code opens, or the host is given of it.
    fn serves(&self) -> bool {
        let mut modules = self.program.modules.iter();
        let framework =
            |word: &String| matches!(word.as_str(), "strapi" | "keystone" | "directus" | "medusa");
        !self.program.servers.is_empty()
            || !self.bound.is_empty()
            || !self.service.ports.is_empty()
            || self.program.modules.iter().any(|module| is_bot(module))
            || self.program.commands.iter().flatten().any(framework)
            || modules.any(|module| {
                !module.serves.is_empty() || module.sinks.iter().any(|sink| sink.kind == SinkKind::Listen)
            })
    }

    /// Whether its program, which is known, dials the sibling nowhere.
    #[must_use]
    pub fn never_dials(&self, sibling: &ServiceFacts<'_>) -> bool {
        // An address that is not known may be this one.
        let may_be = |dial: &Dial<'_>| {
            let unknown = dial.target.is_none() && dial.host() == HostKind::Unknown;
            dial.sibling() == Some(sibling.key)
                || unknown
                    && (dial.protocols.is_empty()
                        || dial.protocols.iter().any(|spoken| sibling.speaks(spoken)))
        };
        let mut sources = self.program.modules.iter().filter(|module| module.role == Role::Source);
        self.program.entry_known
            && sources.any(|module| !module.reads.is_empty() || !module.sinks.is_empty())
            && !self.dials.iter().chain(&self.received).any(may_be)
    }

    /// Whether all that it starts dials only when a request comes in.
    #[must_use]
    pub fn connects_on_request(&self) -> bool {
        let commands = &self.program.commands;
        let beside = |words: &Vec<String>| BESIDE.contains(&name(words));
        commands.iter().any(|words| serves_requests(words))
            && commands.iter().all(|words| serves_requests(words) || beside(words))
    }
}

/// Whether a module is a file of settings of .NET.
fn is_of_dotnet(module: &Module) -> bool {
    let name = module.path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    module.role != Role::Source && name.starts_with("appsettings") && has_extension(&module.path, &["json"])
}

/// Whether a module is of a bot, which answers messages as a server does requests.
fn is_bot(module: &Module) -> bool {
    const LIBRARIES: [&str; 9] = [
        "aiogram",
        "telebot",
        "telegram",
        "discord",
        "pyrogram",
        "telethon",
        "telegraf",
        "grammy",
        "node-telegram-bot-api",
    ];
    let of_library = |import: &str| LIBRARIES.contains(&import.split(['.', '/']).next().unwrap_or(import));
    module.role == Role::Source && module.imports.iter().any(|import| of_library(&import.value))
}

/// Whether a variable is one that frameworks of the JVM make a pool of connections from.
fn is_of_pool(variable: &str) -> bool {
    ["DATASOURCE", "JDBC", "R2DBC"].iter().any(|word| variable.to_ascii_uppercase().contains(word))
}

fn name(words: &[String]) -> &str {
    words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word))
}

fn serves_requests(words: &[String]) -> bool {
    let name = name(words);
    let told = |word: &str| words.iter().any(|other| other == word);
    let php =
        name.strip_prefix("php").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let console = |verb: &str| {
        words
            .windows(2)
            .any(|pair| matches!(pair, [first, then] if first.ends_with("artisan") && then == verb))
    };
    FOR_REQUESTS.contains(&name)
        || name.starts_with("php") && name.contains("fpm")
        || php && (told("-S") || console("serve"))
}
