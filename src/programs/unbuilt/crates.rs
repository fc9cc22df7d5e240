//! Crates that are made of, or linked against, what the image in which they are compiled does not have.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::{Stage, Unbuilt, table};
use crate::programs::entry::{self, Launch, Machine};
use crate::source::Span;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Crate {
    /// Its name, as `Cargo.lock` has it.
    #[serde(rename = "crate")]
    name: String,
    /// Crates with which it makes what it needs by itself.
    unless: Vec<String>,
    /// Whether the larger images of Rust lack it as well: what it needs is a tool, and asked for by `build.rs`.
    anywhere: bool,
    /// The feature of `diesel_cli` that brings it.
    feature: Option<String>,
    needs: Vec<Vec<String>>,
    says: String,
    instead: String,
}

/// The first crate that a `cargo build` or `cargo install` compiles without what it needs.
pub(super) fn of(machine: &Machine<'_>, stage: &Stage<'_>, small: bool) -> Option<Unbuilt> {
    let launches = entry::built_by(machine, stage.run);
    let cargo = launches.iter().filter(|launch| launch.name() == "cargo");
    cargo.into_iter().find_map(|launch| {
        let verb = launch.words.iter().skip(1).find(|word| !word.starts_with(['-', '+']))?;
        let by_name = verb == "install" && !launch.words.iter().any(|word| word == "--path");
        let lacks = |one: &&Crate| {
            (small || one.anywhere) && !one.needs.iter().all(|group| stage.has(group)) && !stage.is_open()
        };
        match verb.as_str() {
            "install" if by_name => {
                let found = table().rust.iter().filter(lacks).find(|one| is_of_tool(launch, one))?;
                let at = stage.run.command.span();
                let found = stage.found("`diesel_cli`".to_string(), at, &found.says, &found.instead);
                Some(Unbuilt { run: Span::NONE, ..found })
            }
            "build" | "b" | "install" => {
                // One of several programs may do without.
                let part =
                    |word: &String| matches!(word.as_str(), "-p" | "--package" | "--bin" | "--features");
                if launch.words.iter().any(part) {
                    return None;
                }
                let lock = machine.load(&launch.path("Cargo.lock"))?;
                let manifest = machine.text(&launch.path("Cargo.toml"))?;
                let compiled = compiled(&lock.text, &manifest)?;
                let script = machine.text(&launch.path("build.rs"));
                let compiles = script.is_some_and(|text| text.contains("compile"));
                let found = table().rust.iter().filter(lacks).find(|one| {
                    (compiles || !one.anywhere)
                        && compiled.contains(one.name.as_str())
                        && !one.unless.iter().any(|other| compiled.contains(other.as_str()))
                })?;
                let line = format!("name = \"{}\"", found.name);
                let at = lock.text.find(&line).map(|from| lock.slice(from, from + line.len()))?;
                Some(stage.found(format!("`{}`", found.name), at, &found.says, &found.instead))
            }
            _ => None,
        }
    })
}

/// Whether `cargo install diesel_cli` compiles the crate: all of its servers, but where their features are named.
fn is_of_tool(launch: &Launch, one: &Crate) -> bool {
    let Some(feature) = one.feature.as_deref() else { return false };
    let chosen = launch.words.iter().any(|word| word == "--no-default-features");
    let named = launch.words.iter().any(|word| word.split([',', ' ', '=']).any(|word| word == feature));
    launch.words.iter().any(|word| word == "diesel_cli") && (!chosen || named)
}

/// The crates that a lock file has below the dependencies of the manifest, of which those for tests are none, and those that are
/// optional may be none.
fn compiled<'t>(lock: &'t str, manifest: &'t str) -> Option<HashSet<&'t str>> {
    let mut below: HashMap<&str, Vec<&str>> = HashMap::new();
    let (mut name, mut listed) = ("", false);
    for line in lock.lines() {
        if let Some(rest) = line.strip_prefix("name = \"") {
            name = rest.trim_end_matches('"');
        }
        let list = line.strip_prefix("dependencies = [");
        listed |= list.is_some();
        if listed {
            let words = list.unwrap_or(line).split(',').filter_map(|word| word.trim().strip_prefix('"'));
            let names = words.filter_map(|word| word.split([' ', '"']).next());
            below.entry(name).or_default().extend(names);
            listed &= !line.contains(']');
        }
    }
    if manifest.contains("[workspace]") {
        return None;
    }
    let mut within = false;
    let direct = manifest.lines().filter_map(|line| {
        if line.trim_start().starts_with('[') {
            within = line.trim() == "[dependencies]" || line.trim() == "[build-dependencies]";
            return None;
        }
        let (name, value) = line.split_once('=').filter(|_| within)?;
        let optional = value.contains("optional = true") || value.contains("package");
        (!optional && !line.trim_start().starts_with('#')).then(|| name.trim().trim_end_matches(".workspace"))
    });
    let mut open: Vec<&str> = direct.collect();
    let mut found: HashSet<&str> = HashSet::new();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(below.get(name).into_iter().flatten());
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled() {
        let lock = "[[package]]\nname = \"shop\"\ndependencies = [\n \"reqwest\",\n \"surf 2.3.2\",\n]\n\n\
            [[package]]\nname = \"reqwest\"\ndependencies = [\"native-tls\"]\n\n\
            [[package]]\nname = \"surf\"\ndependencies = [\n \"isahc\",\n]\n";
        let manifest = "[dependencies]\nreqwest = \"0.12\"\nlater = { version = \"1\", optional = true }\n\
            [dev-dependencies]\nsurf = \"2\"\n";
        let found = compiled(lock, manifest).unwrap_or_default();
        assert!(found.contains("reqwest") && found.contains("native-tls"));
        assert!(!found.contains("surf") && !found.contains("isahc") && !found.contains("later"));
        assert_eq!(compiled(lock, "[workspace]\n[dependencies]\nreqwest = \"1\"\n"), None);
    }
}
