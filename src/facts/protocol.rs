//! The protocols that clients speak, by the schemes their URLs carry.

/// A protocol with the schemes that mean it and the port it has when none is written.
struct Row {
    name: &'static str,
    port: u16,
    schemes: &'static [&'static str],
}

/// Only protocols that dial a host over the network; `sqlite`, `file`, `s3`, `data` and the like
/// are no endpoints of a container network. Ports are those of IANA's registry, or of the
/// product's documentation where it has none.
const TABLE: &[Row] = &[
    Row {
        name: "postgresql",
        port: 5432,
        schemes: &["postgresql", "postgres", "pgsql", "postgis", "timescaledb", "psql", "pgx", "pg"],
    },
    Row { name: "cockroachdb", port: 26257, schemes: &["cockroachdb", "cockroach"] },
    Row { name: "mysql", port: 3306, schemes: &["mysql", "mariadb", "mysql2", "mysqlx"] },
    Row { name: "mssql", port: 1433, schemes: &["mssql", "sqlserver", "sqlsrv", "dblib", "tedious"] },
    Row { name: "oracle", port: 1521, schemes: &["oracle"] },
    Row { name: "mongodb", port: 27017, schemes: &["mongodb", "mongo"] },
    Row { name: "redis", port: 6379, schemes: &["redis", "rediss", "valkey", "valkeys", "redis-socket"] },
    Row { name: "memcached", port: 11211, schemes: &["memcached", "memcache", "pymemcache"] },
    Row { name: "amqp", port: 5672, schemes: &["amqp", "amqps", "pyamqp", "rabbitmq"] },
    Row { name: "kafka", port: 9092, schemes: &["kafka", "plaintext", "sasl_plaintext", "sasl_ssl"] },
    Row { name: "nats", port: 4222, schemes: &["nats", "tls+nats"] },
    Row { name: "mqtt", port: 1883, schemes: &["mqtt", "mqtts"] },
    Row { name: "stomp", port: 61613, schemes: &["stomp"] },
    Row { name: "activemq", port: 61616, schemes: &["activemq", "failover"] },
    Row { name: "pulsar", port: 6650, schemes: &["pulsar"] },
    Row { name: "zookeeper", port: 2181, schemes: &["zookeeper", "zk"] },
    Row { name: "clickhouse", port: 9000, schemes: &["clickhouse"] },
    Row { name: "neo4j", port: 7687, schemes: &["neo4j", "bolt", "neo4j+s", "bolt+s"] },
    Row { name: "cassandra", port: 9042, schemes: &["cassandra"] },
    Row { name: "couchbase", port: 11210, schemes: &["couchbase"] },
    Row { name: "ldap", port: 389, schemes: &["ldap"] },
    Row { name: "ldaps", port: 636, schemes: &["ldaps"] },
    Row { name: "smtp", port: 25, schemes: &["smtp", "smtps"] },
    Row { name: "imap", port: 143, schemes: &["imap"] },
    Row { name: "pop3", port: 110, schemes: &["pop3"] },
    Row { name: "ftp", port: 21, schemes: &["ftp"] },
    // A host after `ssh://` may be one of `~/.ssh/config`.
    Row { name: "sftp", port: 22, schemes: &["sftp"] },
    Row { name: "etcd", port: 2379, schemes: &["etcd"] },
    Row { name: "http", port: 80, schemes: &["http", "ws"] },
    Row { name: "https", port: 443, schemes: &["https", "wss"] },
    Row { name: "elasticsearch", port: 9200, schemes: &["elasticsearch", "elastic", "es"] },
    // What Elasticsearch's nodes speak among each other.
    Row { name: "transport", port: 9300, schemes: &[] },
    Row { name: "grpc", port: 50051, schemes: &["grpc", "grpcs"] },
    Row { name: "fastcgi", port: 9000, schemes: &["fastcgi", "fcgi"] },
    Row { name: "uwsgi", port: 3031, schemes: &["uwsgi"] },
    Row { name: "beanstalkd", port: 11300, schemes: &["beanstalk", "beanstalkd"] },
];

/// The dialect of a URL scheme: what stands before the driver (`postgresql` of
/// `postgresql+asyncpg`, `redis` of `redis+sentinel`).
#[must_use]
pub fn dialect(scheme: &str) -> &str {
    match scheme.split_once('+') {
        // In these the first word is the transport or an option, not the dialect.
        Some(("tls" | "db" | "sqla", rest)) => dialect(rest),
        Some((dialect, _)) => dialect,
        None => scheme,
    }
}

/// The protocol that a URL scheme means, without its driver; `None` for schemes that dial nothing.
#[must_use]
pub fn of_scheme(scheme: &str) -> Option<&'static str> {
    let scheme = scheme.to_ascii_lowercase();
    // .NET's service discovery: the host is looked up in the configuration.
    if matches!(scheme.as_str(), "https+http" | "http+https") {
        return None;
    }
    let row = |word: &str| TABLE.iter().find(|row| row.schemes.contains(&word)).map(|row| row.name);
    row(&scheme).or_else(|| row(dialect(&scheme)))
}

/// Whether a scheme says only that some SQL database is meant: which one, the client knows.
#[must_use]
pub fn is_some_database(scheme: &str) -> bool {
    matches!(scheme, "ecto" | "db" | "sql")
}

/// The port of a protocol when the address names none.
#[must_use]
pub fn default_port(protocol: &str) -> Option<u16> {
    TABLE.iter().find(|row| row.name == protocol).map(|row| row.port)
}

/// The protocol of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static str> {
    TABLE.iter().find(|row| row.name == name).map(|row| row.name)
}

/// The protocol whose usual port this is.
#[must_use]
pub fn of_port(port: u16) -> Option<&'static str> {
    TABLE.iter().find(|row| row.port == port).map(|row| row.name)
}

/// Whether browsers speak it, so that the same value may be meant for one.
#[must_use]
pub fn is_web(protocol: &str) -> bool {
    matches!(protocol, "http" | "https")
}
