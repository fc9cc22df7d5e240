//! Variables of `environment` that nothing in a program is seen to look at.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::environment::{Effective, Layer};
use super::{ServiceFacts, variables};
use crate::programs::{Role, has_extension, mentioned};
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
    let reads_some =
        program.modules.iter().any(|module| module.role == Role::Source && !module.reads.is_empty());
    if !program.entry_known || !reads_some || facts.environment.unseen().is_some() {
        return Vec::new();
    }
    // Spring, Quarkus and the like take any setting of their libraries from the environment, under any name.
    let binds = |path: &std::path::Path| has_extension(path, &["java", "kt", "kts", "scala", "groovy"]);
    if program.scope.iter().any(|(_, place, _)| binds(place)) {
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
