//! Which of two services, where one dials the other, has to wait, and whether it does.

use super::images::ImageKind;
use super::{By, Dial, Facts, ServiceFacts};
use crate::compose::{Condition, Dependency};
use crate::programs::spring::is_manifest;
use crate::programs::{AT_START, Role, SinkKind, has_extension};
use crate::source::Text;

/// Whether `client` cannot do without `target` when it starts: a database or broker, or a server of settings.
fn is_needed(client: &ServiceFacts<'_>, target: &ServiceFacts<'_>) -> bool {
    target.is_stateful() || asks_first(client, target) && !client.restarts()
}

/// Whether `client` asks `target` for its settings before anything else, and stops where that does not answer.
#[must_use]
pub fn asks_first(client: &ServiceFacts<'_>, target: &ServiceFacts<'_>) -> bool {
    let name = target.service.name.value.as_str();
    let asked = client.dials.iter().filter(|dial| dial.sibling() == Some(name));
    asked.filter_map(Dial::sink).flat_map(|sink| &sink.arguments).any(|(name, _)| name.value == AT_START)
}

/// Whether `client` begins once `target` is started, and `target` can't say when it is ready
/// (`depends-on-without-health`).
#[must_use]
pub fn starts_without_health(client: &ServiceFacts<'_>, target: &ServiceFacts<'_>) -> bool {
    let name = &target.service.name.value;
    is_needed(client, target)
        && !target.reports_health()
        && !client.starts_alone()
        && !client.waits_for(name)
        && !client.retries(target)
        && dependency(client, name).is_some_and(|wait| wait.condition.value == Condition::Started)
}

/// Whether `client` waits for `target` only until it is started, though it says when it is ready
/// (`healthcheck-ignored`).
#[must_use]
pub fn ignores_health(facts: &Facts<'_>, client: &ServiceFacts<'_>, target: &ServiceFacts<'_>) -> bool {
    let (name, other) = (&client.service.name.value, &target.service.name.value);
    dependency(client, other).is_some_and(|wait| !wait.implied && wait.condition.value == Condition::Started)
        && is_needed(client, target)
        && target.reports_health()
        && !client.starts_alone()
        && !client.waits_for(other)
        && !client.retries(target)
        && facts.waited_for(name, other) == Some(Condition::Started)
}

/// Whether `client`, which dials `target`, waits for it in no way (`missing-depends-on`).
#[must_use]
pub fn waits_for_nothing(facts: &Facts<'_>, client: &ServiceFacts<'_>, target: &ServiceFacts<'_>) -> bool {
    let (name, other) = (&client.service.name.value, &target.service.name.value);
    // A server that itself waits for this service can't be waited for by it.
    let waits = |service, other| facts.waited_for(service, other).is_some();
    is_needed(client, target)
        && !client.is_stateful()
        && !client.starts_alone()
        && !sleeps(client)
        && !client.waits_for(other)
        && !client.retries(target)
        && !waits(name, other)
        && !waits(other, name)
}

/// Whether an early start of `client` costs time or a few requests only: all by which it dials `target` connects when it can, or
/// when it is first used, or Docker starts it again.
#[must_use]
pub fn keeps_trying(client: &ServiceFacts<'_>, target: &ServiceFacts<'_>) -> bool {
    let name = &target.service.name.value;
    if client.is_told_to_retry() {
        return true;
    }
    if asks_first(client, target) {
        return client.restarts();
    }
    // A worker may go on without the part of it that failed, and is not started again.
    let started_again = is_started_again(client);
    if client.waits_by_itself(name) || client.connects_when_used(name) || started_again {
        return true;
    }
    // Its sessions are kept by an actor that connects when it can.
    if target.speaks("redis") && !client.program.scope.containing("actix_redis").is_empty() {
        return true;
    }
    // Pools of deadpool connect for who takes something out of them: not in the file that starts.
    let scope = &client.program.scope;
    let holds = |word: &str| scope.containing(word);
    if target.speaks("postgresql") && !holds("deadpool_postgres").is_empty() {
        let takes = holds(".get().await");
        let sqlx = !holds("sqlx").is_empty() || !holds("diesel").is_empty();
        return !sqlx && !holds("fn main(").iter().any(|main| takes.contains(main));
    }
    // sqlx's are told so.
    let at_once = ["Pool::connect(", "Pool::connect_with(", ".connect(", "Connection::connect", "migrate!("];
    if ["postgresql", "mysql"].iter().any(|spoken| target.speaks(spoken))
        && !holds("connect_lazy").is_empty()
        && at_once.iter().all(|call| holds(call).is_empty())
        && !holds("fn main(").iter().any(|main| holds("sqlx::query").contains(main))
    {
        return true;
    }
    let mut dials = client.dials.iter().filter(|dial| dial.sibling() == Some(name)).peekable();
    dials.peek().is_some() && dials.all(|dial| tries_again(client, dial))
}

/// Whether an early start of `client` may end it: it tries once. Of a program that is seen it must be seen, too, that it asks
/// `target` before it does anything else, and that nothing starts it again.
#[must_use]
pub fn is_harmed(client: &ServiceFacts<'_>, target: &ServiceFacts<'_>) -> bool {
    if sleeps(client) || waits_a_while(client) || keeps_trying(client, target) {
        return false;
    }
    let seen = client.service.build.is_some() || !client.program.loaded.is_empty();
    asks_first(client, target) || !seen || client.connects_at_start(target)
}

/// Whether it answers sooner than a program that is started after it can ask: a cache, which keeps what it holds in memory.
#[must_use]
pub fn is_up_at_once(target: &ServiceFacts<'_>) -> bool {
    target.image.is_some_and(|image| image.kind == ImageKind::Cache)
}

/// Whether somebody waits until the service is healthy.
#[must_use]
pub fn is_awaited(facts: &Facts<'_>, target: &ServiceFacts<'_>) -> bool {
    facts.active().any(|other| {
        let mut waits = other.service.depends_on.iter();
        waits.any(|it| it.service.value == target.key && it.condition.value == Condition::Healthy)
    })
}

/// Whether what ends is started again, by Docker or by a supervisor in the container, and nothing keeps that from being seen.
fn is_started_again(client: &ServiceFacts<'_>) -> bool {
    (client.restarts() || client.program.supervised) && !client.has_jobs_beside() && !client.program.watched
}

/// Whether it only waits for somebody to start its program by hand: `tail -f /dev/null`, `sleep infinity`, a shell, or is a tool that is
/// told what to do by whoever runs it, and without that only says what it can.
fn sleeps(client: &ServiceFacts<'_>) -> bool {
    const TOOLS: [&str; 10] =
        ["artisan", "composer", "npm", "yarn", "pnpm", "bundle", "rails", "wp", "console", "manage.py"];
    let words: Vec<String> = client.program.command.iter().map(Text::assumed).collect();
    const SHELLS: [&str; 6] = ["bash", "sh", "zsh", "ash", "dash", "fish"];
    let last = |word: &str| word.rsplit('/').next().unwrap_or("").to_string();
    let tool = |word: &str| TOOLS.contains(&last(word).as_str());
    let shell = |word: &str| SHELLS.contains(&last(word).as_str());
    let sleeps = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tail", .., "/dev/null"] => true,
        ["sleep", time] => time.starts_with("inf") || time.ends_with('d'),
        [program] | [program, "-l" | "-i" | "--login"] if shell(program) => true,
        [program] | ["php" | "python" | "python3", program] => tool(program),
        _ => false,
    };
    client.program.idle || sleeps
}

/// Whether the first that its command does, or its start script, is to wait for some seconds: `sleep 10 && bin/server`.
fn waits_a_while(client: &ServiceFacts<'_>) -> bool {
    let scope = &client.program.scope;
    let scripts = client.program.modules.iter().filter(|module| module.role == Role::Script);
    let mut sources = scripts.filter_map(|module| scope.get(scope.index_of(module)?));
    client.program.command.iter().any(|word| sleeps_first(&word.assumed()))
        || sources.any(|(_, source)| source.glance(sleeps_first))
}

/// Whether a script begins with a wait of some seconds.
fn sleeps_first(script: &str) -> bool {
    let mut commands = script.split(['\n', ';']).flat_map(|line| line.split("&&")).map(str::trim);
    let first = commands.find(|command| {
        let prepares =
            ["#", "set ", "echo ", "cd ", "export "].iter().any(|start| command.starts_with(start));
        !command.is_empty() && !prepares
    });
    let time = first.and_then(|command| command.strip_prefix("sleep "));
    let seconds = time.and_then(|time| time.trim().trim_end_matches('s').parse::<f32>().ok());
    seconds.is_some_and(|seconds| seconds >= 5.0)
}

/// Whether it is a client that the program starts with and that tries again for ever: MassTransit's bus, Nest's transport, and
/// Kafka's own client, which wants the broker's name to be known and then waits.
fn tries_again(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    // Channels of SmallRye's are connected again, a hundred times, ten seconds apart (its documentation, "Customizing the underlying
    // RabbitMQ client": `reconnect-attempts`).
    let by_channel = || {
        let mut sources = client.program.scope.iter();
        sources.any(|(_, place, source)| {
            is_manifest(place) && source.glance(|text| text.contains("messaging-rabbitmq"))
        })
    };
    if dial.protocols == ["amqp"] && by_channel() {
        return true;
    }
    match &dial.by {
        By::Sink(module, sink) => match sink.kind {
            // So does Nest's own transport (`amqp-connection-manager`).
            SinkKind::Amqp => {
                sink.callee.value == "Transport.RMQ"
                    || sink.callee.value == "Host" && has_extension(&module.path, &["cs"])
            }
            // sqlx's pools take a refused connection for a server that is starting up, for half a minute.
            SinkKind::Postgres if has_extension(&module.path, &["rs"]) => {
                let has = |word: &str| !client.program.scope.containing(word).is_empty();
                let pool = has("PgPool::connect") || has("PgPoolOptions");
                let callee = &sink.callee.value;
                pool && (callee == "connect" || callee.contains("Pool"))
                    && !["acquire_timeout", "connect_timeout", "PgConnection"].into_iter().any(has)
            }
            SinkKind::Kafka if client.is_written_in(&["java", "kt"]) => true,
            // So does the library of C that `confluent_kafka` wraps.
            SinkKind::Kafka
                if module.imports.iter().any(|import| import.value.starts_with("confluent_kafka")) =>
            {
                true
            }
            // ioredis, and the queues that are built on it, connect again and again.
            SinkKind::Redis
                if module.imports.iter().any(|import| {
                    let name = import.value.rsplit('/').next().unwrap_or(&import.value);
                    matches!(name, "ioredis" | "bull" | "bullmq")
                }) =>
            {
                true
            }
            // StackExchange.Redis goes on to connect, where it is told not to give up.
            SinkKind::Redis if has_extension(&module.path, &["cs"]) => {
                let text = dial.endpoint.text.assumed().to_ascii_lowercase();
                text.contains("abortconnect=false")
                    || !client.program.scope.containing("AbortOnConnectFail = false").is_empty()
            }
            // Elixir's pools and Redix connect beside the program, again and again; its tasks do not wait.
            _ if has_extension(&module.path, &["ex", "exs"]) => {
                let task =
                    |word: &String| ["migrate", "ecto", "setup"].iter().any(|part| word.contains(part));
                let pool = matches!(sink.callee.value.as_str(), "Ecto.Repo" | "Redix" | "Postgrex");
                pool && !client.program.commands.iter().flatten().any(task)
                    && client.program.command.iter().all(|word| !task(&word.assumed()))
            }
            // Go's connect when they are used, and code may go on where that does not work.
            _ => sink.arguments.iter().any(|(name, _)| name.value == "goes on"),
        },
        // Kafka's own client is what the frameworks of the JVM make of their variables.
        By::Variable(name) => name.contains("KAFKA") && client.is_written_in(&["java", "kt"]),
        By::Read(..) => false,
    }
}

/// The entry of `depends_on` that names a service.
#[must_use]
pub fn dependency<'a>(client: &ServiceFacts<'a>, target: &str) -> Option<&'a Dependency> {
    client.service.depends_on.iter().find(|dependency| dependency.service.value == target)
}
