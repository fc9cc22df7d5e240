//! Containers that are started for one errand, and dial only what that asks for: those that migrate a database.

use super::Dial;
use super::asking_steps::asked;
use crate::finding::Confidence;
use crate::programs::Program;

/// Commands of Django that look at the databases, and at nothing else that its settings name.
const OF_DJANGO: [&str; 8] = [
    "migrate",
    "makemigrations",
    "showmigrations",
    "collectstatic",
    "flush",
    "loaddata",
    "createsuperuser",
    "check",
];
/// Programs that do nothing else.
const MIGRATORS: [&str; 9] =
    ["dbmate", "goose", "flyway", "liquibase", "tern", "pgroll", "migrate", "node-pg-migrate", "efbundle"];
/// What stands beside it and dials nothing by itself.
const BESIDE: [&str; 6] = ["echo", "sleep", "set", "export", "cd", "true"];

/// Whether all that it runs sees to a database, as far as its commands say, and then ends.
#[must_use]
pub(super) fn only_migrates(program: &Program) -> bool {
    let beside = |words: &&Vec<String>| words.first().is_some_and(|word| BESIDE.contains(&base(word)));
    let mut commands = program.commands.iter().filter(|words| !beside(words)).peekable();
    program.servers.is_empty() && commands.peek().is_some() && commands.all(|words| migrates(words))
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn migrates(words: &[String]) -> bool {
    if let Some(at) = words.iter().position(|word| word.ends_with("manage.py") || word == "django-admin") {
        let command = words.get(at + 1);
        return command
            .is_some_and(|word| OF_DJANGO.contains(&word.as_str()) || word.starts_with("wait_for"));
    }
    if words.iter().any(|word| ["serve", "start", "worker"].iter().any(|it| word.contains(it))) {
        return false;
    }
    let mut names = words.iter().filter(|word| !word.starts_with('-')).map(|word| base(word));
    words.first().is_some_and(|first| MIGRATORS.contains(&base(first)))
        || asked(words).is_some()
        // `rails db:prepare`, `mix ecto.migrate`, `artisan migrate --force`, `knex migrate:latest`,
        // `bin/shop eval "Shop.Release.migrate()"`, `node dist/migrate.js`
        || names.any(|name| {
            let name = name.to_ascii_lowercase();
            name.starts_with("db:") || name.starts_with("ecto.") || name.contains("migrat")
        })
}

/// Whether it dials a database.
#[must_use]
pub(super) fn is_of_database(dial: &Dial<'_>) -> bool {
    const DATABASES: [&str; 8] =
        ["postgresql", "mysql", "mssql", "oracle", "mongodb", "cassandra", "clickhouse", "tcp"];
    dial.protocols.is_empty() || dial.protocols.iter().any(|spoken| DATABASES.contains(spoken))
}

/// What only migrates a database knows the addresses of mail servers and caches, too, and hardly dials them.
pub(super) fn doubt(dials: &mut [Dial<'_>], program: &Program) {
    if !dials.iter().all(is_of_database) && only_migrates(program) {
        let others = dials.iter_mut().filter(|dial| !is_of_database(dial));
        others.for_each(|dial| dial.sureness = Confidence::Possible);
    }
}
