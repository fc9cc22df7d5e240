//! Which accounts of servers a client's own variables speak of.

use super::service::ServiceFacts;

/// Whether the service has a variable with one of these words in its name.
pub(super) fn holds(client: &ServiceFacts<'_>, words: &[&str]) -> bool {
    let named = |name: &str| words.iter().any(|word| name.to_ascii_uppercase().contains(word));
    client.environment.iter().any(|(name, _)| named(name))
}

/// Whether the service is told an account by which it may make its own in a server, not one of its own users.
pub(super) fn holds_administrator(client: &ServiceFacts<'_>) -> bool {
    const ROLES: [&str; 3] = ["ROOT", "ADMIN", "SUPER"];
    const SERVERS: [&str; 9] =
        ["DB", "DATABASE", "SQL", "POSTGRES", "PG", "MARIA", "MONGO", "RABBIT", "CLICKHOUSE"];
    let with = |name: &str, words: &[&str]| words.iter().any(|word| name.contains(word));
    client.environment.iter().any(|(name, _)| {
        let name = name.to_ascii_uppercase();
        with(&name, &ROLES) && with(&name, &SERVERS)
    })
}
