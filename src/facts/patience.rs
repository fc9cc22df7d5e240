//! Clients that do not mind when their server comes late: they wait for it, or are made without being connected.

use super::Dial;
use super::dials::By;
use crate::programs::{SinkKind, has_extension, javascript};

/// Clients that wait for their server by themselves: Celery tries its broker again until it is there, and asks for its result
/// backend when there is a result; the drivers of MongoDB look for a server for thirty seconds ("Server Selection",
/// `serverSelectionTimeoutMS`).
const WAITS: [SinkKind; 3] = [SinkKind::CeleryBroker, SinkKind::CeleryBackend, SinkKind::Mongo];

/// Whether the client waits for its server, or tries it again, by itself.
pub(super) fn waits(dial: &Dial<'_>) -> bool {
    // Whoever gets an address of MongoDB hands it to one of those drivers.
    if dial.protocols == ["mongodb"] && dial.endpoint.scheme.is_some() {
        return true;
    }
    let (module, sink) = match &dial.by {
        By::Sink(module, sink) => (module, sink),
        // Celery is told by variables and settings of its name.
        By::Read(_, read) => return read.name.value.contains("CELERY"),
        By::Variable(_) => return false,
    };
    // Modules of Nest try ten times, three seconds apart (`retryAttempts`, `retryDelay`).
    let nest = ["TypeOrmModule.", "SequelizeModule.", "MongooseModule."];
    if nest.iter().any(|module| sink.callee.value.starts_with(module)) {
        return true;
    }
    // Its transports, too, connect with the first message, or again without end (`amqp-connection-manager`).
    if ["Transport.RMQ", "Transport.REDIS", "Transport.TCP", "Transport.MQTT"]
        .contains(&sink.callee.value.as_str())
    {
        return true;
    }
    // Spring's clients of brokers connect with the first message, and its listeners start again without end.
    // https://docs.spring.io/spring-amqp/reference/amqp/resilience-recovering-from-errors-and-broker-failures.html
    const OF_SPRING: [&str; 4] =
        ["spring.rabbitmq.", "spring.kafka.", "spring-boot-starter-amqp", "spring-kafka"];
    if OF_SPRING.iter().any(|group| sink.callee.value.starts_with(group)) {
        return true;
    }
    // ioredis, and what is built on it, connects again without end; node-redis is told to connect, and may throw.
    let ioredis = sink.kind == SinkKind::Redis
        && sink.callee.value.rsplit('.').next() != Some("createClient")
        && has_extension(&module.path, &javascript::EXTENSIONS);
    // librdkafka tries again in the background, without end.
    let background = sink.kind == SinkKind::Kafka
        && has_extension(&module.path, &["py"])
        && matches!(
            sink.callee.value.rsplit('.').next(),
            Some("Producer" | "Consumer" | "SerializingProducer")
        );
    ioredis || background || WAITS.contains(&sink.kind)
}

/// Whether the client is one that is made without being connected, so that the first request or message finds out.
pub(super) fn is_lazy(dial: &Dial<'_>) -> bool {
    let (module, sink) = match &dial.by {
        By::Sink(module, sink) => (module, sink),
        // Who asks over HTTP connects with each request.
        By::Read(..) if dial.speaks_web() => return true,
        // What becomes of it is not seen; clients of Redis in these languages all connect when they are used.
        By::Read(module, _) => {
            return dial.protocols == ["redis"] && has_extension(&module.path, &["py", "rb", "php", "go"]);
        }
        By::Variable(_) => return false,
    };
    let written_in = |extensions: &[&str]| has_extension(&module.path, extensions);
    let callee = sink.callee.value.rsplit(['.', ':']).next().unwrap_or_default();
    // A context of Entity Framework opens its connection for the first query.
    if written_in(&["cs"]) && matches!(callee, "UseSqlServer" | "UseNpgsql" | "UseMySql" | "UseMySQL") {
        return true;
    }
    // A single connection of JDBC, or of Diesel's, is one for a request, where there are requests.
    if written_in(&["java", "kt", "scala"]) && callee == "getConnection"
        || written_in(&["rs"]) && callee == "establish"
    {
        return true;
    }
    // Pools of sqlx's that are told so, too.
    if written_in(&["rs"]) && callee.starts_with("connect_lazy") {
        return true;
    }
    // So does Marten, unless it is told to make its tables first; a check of health asks when it is asked.
    if written_in(&["cs"]) && matches!(callee, "AddMarten" | "Connection" | "AddNpgSql") {
        return true;
    }
    // Tortoise connects for the first query, too.
    if written_in(&["py"]) && matches!(callee, "init" | "register_tortoise") && sink.kind == SinkKind::Sql {
        return true;
    }
    // `Open` of `database/sql`, and of what is built on it, whichever driver it is told.
    if written_in(&["go"]) && callee == "Open" && sink.callee.value.starts_with("sql") {
        return true;
    }
    match sink.kind {
        SinkKind::SqlAlchemy
        | SinkKind::SqlAlchemyAsync
        | SinkKind::DjangoDatabase
        | SinkKind::DjangoCache
        | SinkKind::CeleryBackend
        | SinkKind::Memcached
        | SinkKind::Elasticsearch
        | SinkKind::Http
        | SinkKind::S3
        | SinkKind::Smtp => true,
        // `redis-py`, `go-redis`, `ioredis`, Lettuce, Rails' cache, Predis; not node-redis, which is told to connect.
        SinkKind::Redis => {
            !callee.contains("connect") && !callee.contains("Connect") && callee != "createClient"
        }
        SinkKind::Postgres | SinkKind::MySql => {
            // pgx' pools connect beside the program since its fifth version; what it cannot do without it pings.
            written_in(&["go"]) && sink.callee.value.ends_with("pgxpool.New")
                || written_in(&javascript::EXTENSIONS) && matches!(callee, "Pool" | "createPool" | "postgres")
        }
        // `ruby-kafka` and `rdkafka` look for a broker when there is something to hand over.
        SinkKind::Kafka => written_in(&["rb", "php"]),
        SinkKind::Neo4j => written_in(&["py"]) && callee == "driver",
        SinkKind::Sql => match callee {
            "PrismaClient" | "Sequelize" | "knex" => true,
            _ => written_in(&["rb", "yml", "prisma"]),
        },
        _ => false,
    }
}
