//! Queries that sqlx checks against a database while a program in Rust is compiled.

use super::{Stage, Unbuilt};
use crate::programs::Scope;
use crate::programs::entry::{self, Machine};

/// The macros that ask the database that `DATABASE_URL` names.
const MACROS: [&str; 5] = ["query!(", "query_as!(", "query_scalar!(", "query_file!(", "query_file_as!("];
/// Where `cargo sqlx prepare` keeps the answers.
const PREPARED: [&str; 2] = [".sqlx", "sqlx-data.json"];

/// The first such query of a program that is compiled without what `cargo sqlx prepare` keeps: Compose builds images before
/// anything runs, and no service is reached from there.
pub(super) fn of(machine: &Machine<'_>, scope: &Scope, stage: &Stage<'_>) -> Option<Unbuilt> {
    let launches = entry::built_by(machine, stage.run);
    let build = launches.iter().find(|launch| {
        let verb = launch.words.iter().skip(1).find(|word| !word.starts_with(['-', '+']));
        launch.name() == "cargo"
            && verb.is_some_and(|verb| matches!(verb.as_str(), "build" | "b" | "install"))
    })?;
    // What is installed by name is no program of this project.
    let foreign =
        build.words.iter().any(|word| word == "install") && !build.words.iter().any(|word| word == "--path");
    let text = stage.before.join("\n");
    let by_itself =
        ["sqlx", "postgres", "mysql", "sqlite", "git clone"].iter().any(|word| text.contains(word));
    let files = machine.sources.files();
    let kept = build
        .directory
        .ancestors()
        .any(|folder| PREPARED.iter().any(|name| machine.files.resolve(files, &folder.join(name)).is_some()));
    let within =
        machine.files.layers().iter().any(|layer| PREPARED.iter().any(|name| layer.target.ends_with(name)));
    let url = build.env.get("DATABASE_URL").map_or("", String::as_str);
    let host = url.rsplit('@').next().unwrap_or(url).split(['/', ':', '?']).next().unwrap_or("");
    // One outside, or a file.
    let reached = url.starts_with("sqlite") || url.contains('@') && host.contains('.');
    if foreign || by_itself || kept || within || reached {
        return None;
    }
    let manifest = machine.text(&build.directory.join("Cargo.toml"))?;
    if manifest.contains("\"sqlite\"")
        && !manifest.contains("\"postgres\"")
        && !manifest.contains("\"mysql\"")
    {
        return None;
    }
    scope.containing("sqlx").iter().find_map(|index| {
        let (place, source) = scope.get(*index)?;
        let own = source.front_end.name() == "rust" && place.starts_with(&build.directory);
        let file = own.then(|| source.file())?;
        // Workspaces keep the answers of each crate beside it.
        let beside = place.ancestors().skip(1).any(|folder| {
            PREPARED.iter().any(|name| machine.files.resolve(files, &folder.join(name)).is_some())
        });
        let (from, length) = MACROS.iter().find_map(|name| {
            let mut found = file.text.match_indices(name);
            found.find(|(at, _)| is_code(&file.text, *at)).map(|(at, _)| (at, name.len() - 1))
        })?;
        let found = stage.found(
            "the queries that sqlx checks".to_string(),
            file.slice(from, from + length),
            "error communicating with database, or: set `DATABASE_URL` to use query macros online, or run `cargo sqlx prepare`",
            "run `cargo sqlx prepare` once, put `.sqlx` under version control and copy it before `cargo build`",
        );
        (!beside).then_some(Unbuilt { asks: true, ..found })
    })
}

/// Whether a macro at this place is sqlx's and stands in no comment.
fn is_code(text: &str, at: usize) -> bool {
    let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
    let imported = text.contains("use sqlx::") || line.ends_with("sqlx::");
    let part = line.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
    !line.trim_start().starts_with("//") && imported && !part
}
