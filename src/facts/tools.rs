//! Commands that speak to a server and are none themselves, which the images of servers bring along.

use super::images::{ImageKind, KnownImage};

/// Clients that may make accounts, databases, topics and the like.
const TOOLS: &[&str] = &[
    "psql",
    "createdb",
    "createuser",
    "mysql",
    "mariadb",
    "mongosh",
    "mongo",
    "mongoimport",
    "mongorestore",
    "rabbitmqctl",
    "rabbitmqadmin",
    "clickhouse-client",
    "cypher-shell",
    "mc",
    "redis-cli",
    "sqlcmd",
    "pg_restore",
];

/// Clients that only ask, dump or make what is no account.
const OTHERS: &[&str] = &[
    "pg_dump",
    "pg_isready",
    "mysqldump",
    "mysqladmin",
    "mariadb-dump",
    "mongodump",
    "kafka-topics",
    "kafka-configs",
    "kafka-acls",
    "kafka-console-producer",
    "kafka-console-consumer",
    "kafka-consumer-groups",
    "kafka-broker-api-versions",
    "cub",
    "rpk",
    "cqlsh",
    "nc",
    "curl",
];

/// What starts the server in images of servers, beside the servers' own names.
const STARTERS: &[&str] = &[
    "docker-entrypoint",
    "entrypoint",
    "run",
    "start",
    "launch",
    "mongod",
    "mongos",
    "mysqld",
    "mysqld_safe",
    "mariadbd",
    "postgres",
    "pg_ctl",
    "redis-server",
    "redis-sentinel",
    "rabbitmq-server",
    "kafka-server-start",
    "connect-distributed",
    "zookeeper-server-start",
    "zkServer",
    "sqlservr",
    "cassandra",
    "elasticsearch",
    "clickhouse-server",
    "neo4j",
    "minio",
    "redpanda",
];

/// Clients that only the images of their own servers bring, with how those are called in `rules/data/images.yaml`.
const OF_ONE_SERVER: &[(&[&str], &[&str])] = &[
    (
        &["psql", "pg_isready", "pg_dump"],
        &["postgres", "timescaledb", "kartoza-postgis", "pgbouncer", "database-backup"],
    ),
    (&["mysql", "mysqladmin", "mysqldump"], &["mysql", "mariadb", "database-backup"]),
    (&["mariadb", "mariadb-admin"], &["mariadb", "database-backup"]),
    (&["redis-cli"], &["redis", "valkey", "keydb", "dragonfly"]),
    (&["mongosh", "mongo"], &["mongo", "database-backup"]),
    (&["rabbitmqctl", "rabbitmq-diagnostics"], &["rabbitmq"]),
    (&["cqlsh"], &["cassandra", "scylla"]),
];

/// Whether a command is a client that the image of this other server does not bring.
#[must_use]
pub fn is_foreign(program: &str, image: &KnownImage) -> bool {
    let server =
        matches!(image.kind, ImageKind::Database | ImageKind::Broker | ImageKind::Cache | ImageKind::Search);
    let owners = OF_ONE_SERVER.iter().find(|(tools, _)| tools.contains(&program)).map(|(_, owners)| *owners);
    server && owners.is_some_and(|owners| !owners.iter().any(|owner| image.name.starts_with(owner)))
}

/// The words of a shell's text that may be commands.
pub fn within(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || ";|&()'\"`".contains(c)).filter(|word| !word.is_empty())
}

/// Whether a command is a client that may make accounts or databases.
#[must_use]
pub fn is_tool(word: &str) -> bool {
    TOOLS.contains(&name_of(word))
}

/// Whether a command is MinIO's client.
#[must_use]
pub fn is_of_objects(word: &str) -> bool {
    name_of(word) == "mc"
}

/// Whether commands only speak to servers: some are clients, and none starts a server.
pub fn only_ask<'w>(words: impl Iterator<Item = &'w str>) -> bool {
    let mut asks = false;
    for word in words.flat_map(within).map(name_of) {
        if STARTERS.contains(&word) {
            return false;
        }
        asks |= TOOLS.contains(&word) || OTHERS.contains(&word);
    }
    asks
}

/// Whether some command starts a server.
pub fn start<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    words.any(|word| within(word).any(|word| STARTERS.contains(&name_of(word))))
}

/// The name of a program, without its directory and ending.
fn name_of(word: &str) -> &str {
    let name = word.rsplit('/').next().unwrap_or(word);
    name.strip_suffix(".sh").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_and_servers() {
        let asks = |words: &[&str]| only_ask(words.iter().copied());
        assert!(asks(&["/bin/sh", "-c", "\"\nkafka-topics --bootstrap-server kafka:29092 --list\n\""]));
        assert!(asks(&["psql", "-h", "db", "-f", "/init.sql"]));
        assert!(!asks(&["bash", "-c", "kafka-topics --list; /etc/confluent/docker/run"]));
        assert!(!asks(&["docker-entrypoint.sh", "postgres"]));
        assert!(!asks(&["redis-server", "--appendonly", "yes"]));
        assert!(!asks(&["--default-authentication-plugin=mysql_native_password"]));
    }
}
