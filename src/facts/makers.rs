//! Programs that make the databases and accounts themselves that they use, or those of others.

use super::dials::{By, Dial};
use super::images::KnownImage;
use super::{ServiceFacts, tools};
use crate::compose::Project;
use crate::programs::{Module, Role, Sink, SinkKind, has_extension};
use crate::source::Text;

/// Whether the client may make its database itself: frameworks with a command for it, and commands that say so.
pub(super) fn may_make_databases(client: &ServiceFacts<'_>, dial: &Dial<'_>) -> bool {
    const MAKERS: &[&str] = &["rb", "prisma"];
    const SETTINGS: &[&str] = &["yml", "yaml", "erb", "json"];
    const WORDS: &[&str] = &["create", "prepare", "setup", "init", "prisma"];
    const MIGRATIONS: &[&str] = &["migrat", "upgrade"];
    // Their migrations want the database to be there.
    const PLAIN: &[&str] = &[
        "sequelize",
        "knex",
        "typeorm",
        "alembic",
        "manage.py",
        "flask",
        "flyway",
        "liquibase",
        "goose",
        "-database",
    ];
    const PLAIN_IMAGES: &[&str] = &["flyway", "liquibase", "migrate/migrate", "goose"];
    // Of PHP, frameworks have such commands. What connects without a database may make one in the end.
    let plain = |sink: &Sink| matches!(sink.callee.value.as_str(), "PDO" | "mysqli" | "mysqli_connect");
    let without = |other: &Dial<'_>| {
        other.sibling() == dial.sibling()
            && other.sink().is_some_and(plain)
            && other.endpoint.database.is_none()
    };
    // Connector/J makes it itself where it is told so.
    let told = |(name, value): &(String, Text)| {
        name.eq_ignore_ascii_case("createDatabaseIfNotExist") && value.assumed() == "true"
    };
    if dial.endpoint.parameters.iter().any(told) {
        return true;
    }
    // MySQL's image gives its user rights on one database only.
    let user = dial.endpoint.user.as_ref().and_then(Text::complete);
    if dial.protocols == ["mysql"] && user.is_some_and(|user| user != "root") {
        return false;
    }
    // Of these the code has to say so: a release of Elixir's has no tasks, and what only asks makes nothing.
    const BY_CALLS: &[(&[&str], &[&str])] = &[
        (&["ex", "exs"], &["storage_up"]),
        (&["py"], &["create_database(", "CREATE DATABASE", "create database"]),
        (&["js", "ts", "mjs", "cjs"], &["CREATE DATABASE", "create database", "createDatabase("]),
        (&["go", "java", "kt", "php", "rs"], &["CREATE DATABASE", "create database", "create_database("]),
        (
            &["cs"],
            &[
                "Migrat",
                "EnsureCreated",
                "EnsureDatabase",
                "CreateDatabase",
                "CREATE DATABASE",
                "create database",
            ],
        ),
    ];
    let scope = &client.program.scope;
    let calls = |words: &[&str]| words.iter().any(|word| !scope.containing(word).is_empty());
    let is_maker = |module: &Module| {
        let by_calls = BY_CALLS.iter().find(|(endings, _)| has_extension(&module.path, endings));
        has_extension(&module.path, MAKERS) || by_calls.is_some_and(|(_, words)| calls(words))
    };
    // Of Ruby's, Rails and what has its tasks does.
    let tasks = || {
        scope.iter().any(|(_, place, _)| place.ends_with("config/database.yml"))
            || calls(&["active_record", "activerecord", "hanami"])
    };
    let is_maker = |module: &Module| is_maker(module) && (!has_extension(&module.path, &["rb"]) || tasks());
    let by_program = || client.program.modules.iter().any(|module| is_maker(module));
    let by_framework = match dial.by {
        By::Sink(_, sink) if plain(sink) => client.received.iter().any(without),
        // Settings say nothing of what is done with them: that is their program's.
        By::Sink(module, _) => is_maker(module) || has_extension(&module.path, SETTINGS) && by_program(),
        By::Read(..) | By::Variable(_) => by_program(),
    };
    let words: Vec<String> =
        client.program.command.iter().map(|word| word.assumed().to_ascii_lowercase()).collect();
    // Where Mix is there, its tasks may be run by hand.
    let mix = || client.program.commands.iter().flatten().any(|word| word == "mix" || word.ends_with("/mix"));
    let has = |parts: &[&str]| words.iter().any(|word| parts.iter().any(|part| word.contains(part)));
    // Laravel's ask first, unless they are forced.
    let forced = !has(&["artisan"]) || has(&["--force"]);
    let image = client.service.image.as_ref().map(|image| image.assumed()).unwrap_or_default();
    if PLAIN_IMAGES.iter().any(|tool| image.contains(tool)) {
        return false;
    }
    by_framework
        || mix()
        || words.iter().any(|word| word.contains("mix "))
        || has(WORDS)
        || has(MIGRATIONS) && !has(PLAIN) && forced
}

/// Whether this service, or a script that it runs, may make accounts and databases on a server: it runs a tool
/// for that.
#[must_use]
pub fn may_make(service: &ServiceFacts<'_>) -> bool {
    // MinIO's makes buckets, too, and accounts only as `mc admin`.
    let administers = |text: &str| tools::within(text).any(|word| word == "admin");
    let makes = |text: &str| {
        tools::within(text)
            .any(|word| tools::is_tool(word) && (!tools::is_of_objects(word) || administers(text)))
    };
    let by_command = service.program.command.iter().any(|word| makes(&word.assumed()))
        || service.program.commands.iter().any(|words| {
            words.first().is_some_and(|word| tools::is_of_objects(word))
                && words.iter().any(|word| word == "admin")
        });
    // Settings may be called like a tool: Laravel's connection `mysql`.
    let mut scripts = service.received.iter().filter(|dial| dial.sink_role() == Some(Role::Script));
    let tool = |sink: &Sink| {
        let name = &sink.callee.value;
        sink.kind != SinkKind::Tcp && tools::is_tool(name) && !tools::is_of_objects(name)
    };
    by_command || scripts.any(|dial| dial.sink().is_some_and(tool))
}

/// Whether a command of the build makes data or scripts for it.
pub(super) fn makes_data(run: &str) -> bool {
    if run.trim_start().starts_with("rabbitmq-plugins ") && !run.contains(['&', ';', '|']) {
        return false;
    }
    ["initdb", "sql", "createuser", "mongo", "rabbitmq", "definitions"].iter().any(|word| run.contains(word))
}

/// Whether the data is kept in a volume that others made.
pub(super) fn has_old_data(project: &Project, server: &ServiceFacts<'_>, image: &KnownImage) -> bool {
    let data = |target: &str| image.data.iter().any(|path| target.starts_with(path.as_str()));
    let mut mounts = server.service.volumes.iter().filter(|mount| data(&mount.target));
    mounts.any(|mount| {
        let volume = mount.source.as_ref().and_then(|name| project.volumes.get(name));
        volume.is_some_and(|volume| volume.external)
    })
}

/// Whether there is a page on which people make databases.
pub(super) fn made_by_hand(project: &Project) -> bool {
    let page = |image: &str| {
        ["phpmyadmin", "adminer", "dbgate", "cloudbeaver"].iter().any(|name| image.contains(name))
    };
    project.services.values().filter_map(|service| service.image.as_ref()).any(|image| page(&image.assumed()))
}
