//! Which protocols the known clients speak.

use super::Dial;
use super::names::Words;
use crate::programs::SinkKind;

/// What is asked for over HTTP that pages for people do not give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// S3.
    Objects,
    /// OTLP.
    Telemetry,
}

/// The databases that SQL clients reach over the network.
const SQL: &[&str] = &["postgresql", "mysql", "mssql", "oracle", "cockroachdb", "clickhouse"];

impl Dial<'_> {
    /// The protocols that its client could be told to speak, those of the address first.
    pub fn speakable(&self) -> impl Iterator<Item = &'static str> {
        let of_client = self.sink().map(|sink| protocols(sink.kind)).unwrap_or_default();
        self.protocols.clone().into_iter().chain(of_client)
    }

    /// What is asked for, where the client or the name of the variable says so.
    #[must_use]
    pub fn asks_for(&self) -> Option<Asked> {
        let callee = self.sink().map(|sink| sink.callee.value.to_ascii_lowercase()).unwrap_or_default();
        let words = self.variable().map(Words::of);
        if self.sink().is_some_and(|sink| sink.kind == SinkKind::S3 || sink.callee.value == "mc") {
            return Some(Asked::Objects);
        }
        if callee.contains("otlp") || words.as_ref().is_some_and(Words::is_of_telemetry) {
            return Some(Asked::Telemetry);
        }
        words.is_some_and(|words| words.is_of_objects()).then_some(Asked::Objects)
    }
}

/// The protocols that a client of this kind may speak when its address has no scheme.
#[must_use]
pub fn protocols(kind: SinkKind) -> Vec<&'static str> {
    match kind {
        SinkKind::SqlAlchemy | SinkKind::SqlAlchemyAsync | SinkKind::DjangoDatabase | SinkKind::Sql => {
            SQL.to_vec()
        }
        SinkKind::Asyncpg | SinkKind::Psycopg2 | SinkKind::Psycopg | SinkKind::Postgres => {
            vec!["postgresql"]
        }
        SinkKind::Mssql => vec!["mssql"],
        SinkKind::Memcached => vec!["memcached"],
        SinkKind::Nats => vec!["nats"],
        SinkKind::Mqtt => vec!["mqtt"],
        SinkKind::Cassandra => vec!["cassandra"],
        SinkKind::Neo4j => vec!["neo4j"],
        SinkKind::ClickHouse => vec!["clickhouse", "http"],
        SinkKind::Grpc => vec!["grpc"],
        SinkKind::Upstream => vec!["http", "https"],
        SinkKind::Tcp | SinkKind::Listen | SinkKind::Call => Vec::new(),
        SinkKind::MySql => vec!["mysql"],
        SinkKind::Redis => vec!["redis"],
        SinkKind::Mongo => vec!["mongodb"],
        SinkKind::CeleryBroker => vec!["amqp", "redis"],
        SinkKind::CeleryBackend => vec!["redis", "postgresql", "mysql", "mongodb", "memcached"],
        SinkKind::Kafka => vec!["kafka"],
        SinkKind::Amqp => vec!["amqp"],
        SinkKind::Http | SinkKind::S3 => vec!["http", "https"],
        SinkKind::Elasticsearch => vec!["elasticsearch", "http", "https"],
        SinkKind::Smtp => vec!["smtp"],
        SinkKind::DjangoCache => vec!["redis", "memcached"],
    }
}
