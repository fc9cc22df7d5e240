//! Variables of `environment` that nothing in a program is seen to look at.

use std::collections::HashSet;
use std::path::Path;
use std::sync::OnceLock;

use super::environment::{Effective, EffectiveEnvironment, Layer};
use super::images::{ImageKind, KnownImage};
use super::{ServiceFacts, variables};
use crate::compose::Service;
use crate::programs::{Program, Role, has_extension, mentioned, mentions};
use crate::source::Text;

const TABLE: &str = include_str!("../../rules/data/variables.yaml");

/// Variables that others than the program's own code read.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    names: HashSet<String>,
    prefixes: Vec<String>,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// Whether a runtime, a library or another container is known to read the variable by itself.
#[must_use]
pub fn is_read_by_others(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    known().names.contains(&name) || known().prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
}

/// The variables of `environment` that neither the program nor what starts it mentions; none where not all of
/// that is known.
#[must_use]
pub fn of<'a>(facts: &'a ServiceFacts<'_>) -> Vec<(String, &'a Effective)> {
    let program = facts.program;
    if !is_seen(program, &facts.environment) || binds_any(program) {
        return Vec::new();
    }
    let service = facts.service;
    let health = service.healthcheck.as_ref().and_then(|healthcheck| healthcheck.test.as_ref());
    let words = health.into_iter().flat_map(|test| test.words.iter().map(|word| &word.value));
    let commands: Vec<String> = program.command.iter().chain(words).map(Text::assumed).collect();
    let candidates: Vec<(String, &Effective)> = variables::of(facts)
        .into_iter()
        .filter(|seen| seen.readers.is_empty() && !is_read_by_others(&seen.name))
        .filter_map(|seen| Some((seen.name, seen.set?)))
        .filter(|(name, set)| {
            // .NET looks up `Section__Key` under the name `Section:Key`, also in libraries.
            let only_here = !name.contains("__") && set.layer == Layer::Environment && set.hides.is_empty();
            only_here && !commands.iter().any(|word| word.contains(name.as_str()))
        })
        .collect();
    let names: Vec<&str> = candidates.iter().map(|(name, _)| name.as_str()).collect();
    let Some(mentioned) = mentioned(program, &names) else { return Vec::new() };
    candidates.into_iter().filter(|(name, _)| !mentioned.contains(name)).collect()
}

/// Whether the program that runs is known, with all that it finds and some of what it reads.
fn is_seen(program: &Program, environment: &EffectiveEnvironment) -> bool {
    let mut sources = program.modules.iter().filter(|module| module.role == Role::Source);
    program.entry_known && sources.any(|module| !module.reads.is_empty()) && environment.unseen().is_none()
}

/// Whether it is of a language whose frameworks take any setting of their libraries from the environment, under any
/// name: Spring, Quarkus and the like.
fn binds_any(program: &Program) -> bool {
    let binds = |path: &Path| has_extension(path, &["java", "kt", "kts", "scala", "groovy"]);
    program.scope.iter().any(|(_, place, _)| binds(place))
}

/// Of these variables those that nothing of a program which is known looks at. A server of files that runs as its image has
/// it looks at none.
pub(super) fn ignored(
    service: &Service,
    program: &Program,
    environment: &EffectiveEnvironment,
    image: Option<&KnownImage>,
    names: &[&str],
) -> HashSet<String> {
    if names.is_empty() {
        return HashSet::new();
    }
    if is_plain_web_server(service, program, image) {
        return names.iter().map(|name| (*name).to_string()).collect();
    }
    // Frameworks of these languages bring settings of their own, which are not among the sources.
    let hidden = |path: &Path| has_extension(path, &["php", "cs", "fs", "ex", "exs"]);
    let of_file = |held: &Effective| matches!(held.layer, Layer::Dotenv | Layer::EnvFile);
    let seen = program.entry_known && environment.unseen().is_none();
    let dotenv = names.iter().any(|name| environment.get(name).is_some_and(of_file));
    if !(is_seen(program, environment) || seen && dotenv)
        || program.scope.iter().any(|(_, place, _)| hidden(place))
    {
        return HashSet::new();
    }
    // Of a file of variables, libraries of Ruby know few names.
    let ruby = program.scope.iter().any(|(_, place, _)| has_extension(place, &["rb"]));
    let by_library = |name: &str| {
        let held = environment.get(name).is_some_and(of_file);
        ruby && !(held && !OF_RUBY.iter().any(|part| name.contains(part)))
    };
    let commands: Vec<String> = program.command.iter().map(Text::assumed).collect();
    let candidates: Vec<&str> = names
        .iter()
        .copied()
        // `APPCONF_dbs_mongo` is the path of a setting: what takes those looks none up by its name.
        .filter(|name| !name.chars().any(|c| c.is_ascii_lowercase()) && !by_library(name))
        .filter(|name| !is_read_by_others(name) && !commands.iter().any(|word| word.contains(name)))
        .collect();
    let silent = |name: &&str| match binds_any(program) {
        // `DB_HOST` is `db.host` in settings, and `host` below `db`.
        true => !mentions(program, name.split('_').next().unwrap_or(name)),
        false => true,
    };
    let Some(mentioned) = mentioned(program, &candidates) else { return HashSet::new() };
    let unmentioned = candidates.into_iter().filter(|name| !mentioned.contains(*name));
    unmentioned.filter(silent).map(str::to_string).collect()
}

/// Parts of the names that libraries of Ruby look up.
const OF_RUBY: [&str; 14] = [
    "REDIS",
    "DATABASE",
    "DB_",
    "MEMCACHE",
    "ELASTIC",
    "OPENSEARCH",
    "RABBIT",
    "AMQP",
    "KAFKA",
    "MONGO",
    "SMTP",
    "MAIL",
    "OTEL",
    "HTTP",
];

/// Whether it is nginx or the like that only serves what was built into its image: nothing fills variables into its settings.
fn is_plain_web_server(service: &Service, program: &Program, image: Option<&KnownImage>) -> bool {
    const FILLED: [&str; 2] = ["/etc/nginx/templates", "/docker-entrypoint.d"];
    let filled = |path: &Path| FILLED.iter().any(|folder| path.starts_with(folder));
    let own_start =
        program.image.entrypoint.is_some() || service.entrypoint.is_some() || service.command.is_some();
    image.is_some_and(|image| image.kind == ImageKind::Web && image.name == "nginx")
        && !own_start
        && !program.modules.iter().any(|module| !module.reads.is_empty())
        && !program.files.layers().iter().any(|layer| filled(&layer.target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let table: Known = serde_yaml::from_str(TABLE).unwrap();
        assert!(table.names.iter().chain(&table.prefixes).all(|name| *name == name.to_uppercase()));
        assert!(is_read_by_others("http_proxy") && is_read_by_others("AWS_REGION"));
        assert!(!is_read_by_others("DATABASE_URL"));
    }
}
