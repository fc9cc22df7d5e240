//! Which accounts of servers a client's own variables speak of.

use super::environment::{Effective, Layer};
use super::service::ServiceFacts;

/// Whether the service has a variable with one of these words in its name.
pub(super) fn holds(client: &ServiceFacts<'_>, words: &[&str]) -> bool {
    let named = |name: &str| words.iter().any(|word| name.to_ascii_uppercase().contains(word));
    client.environment.iter().any(|(name, _)| named(name))
}

/// Whether the service has a password that may be that of a server without users: none that is another's by its name.
pub(super) fn holds_of_cache(client: &ServiceFacts<'_>) -> bool {
    const OTHERS: [&str; 24] = [
        "FLOWER",
        "DB",
        "DATABASE",
        "DATASOURCE",
        "SQL",
        "POSTGRES",
        "PG",
        "MARIA",
        "MONGO",
        "NEO4J",
        "CASSANDRA",
        "RABBIT",
        "AMQP",
        "SMTP",
        "MAIL",
        "LDAP",
        "ADMIN",
        "MINIO",
        "ELASTIC",
        "TYPEORM",
        "KEYCLOAK",
        "KEYSTORE",
        "TRUSTSTORE",
        "KEY_STORE",
    ];
    client.environment.iter().filter(|(name, found)| !is_only_shared(client, name, found)).any(|(name, _)| {
        let name = name.to_ascii_uppercase();
        name.contains("PASS") && !OTHERS.iter().any(|other| name.contains(other))
    })
}

/// Whether the service is told an account by which it may make its own in a server, not one of its own users.
pub(super) fn holds_administrator(client: &ServiceFacts<'_>) -> bool {
    const ROLES: [&str; 3] = ["ROOT", "ADMIN", "SUPER"];
    const SERVERS: [&str; 9] =
        ["DB", "DATABASE", "SQL", "POSTGRES", "PG", "MARIA", "MONGO", "RABBIT", "CLICKHOUSE"];
    let with = |name: &str, words: &[&str]| words.iter().any(|word| name.contains(word));
    client.environment.iter().filter(|(name, found)| !is_only_shared(client, name, found)).any(|(name, _)| {
        // pgAdmin's own account is none of PostgreSQL's.
        let name = name.to_ascii_uppercase().replace("PGADMIN_", "");
        with(&name, &ROLES) && with(&name, &SERVERS)
    })
}

/// Whether the variable stands in a file that services share, or that is copied with the sources, and that holds the server's own
/// account: a program that is known need not look at it.
fn is_only_shared(client: &ServiceFacts<'_>, name: &str, found: &Effective) -> bool {
    let mut reads = client.program.modules.iter().flat_map(|module| &module.reads);
    matches!(found.layer, Layer::EnvFile | Layer::Dotenv)
        && client.program.entry_known
        && !reads.any(|read| read.name.value == name)
}
