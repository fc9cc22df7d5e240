//! The extensions of PHP that Composer asks for before it installs packages: those of `require` in `composer.json`, and those of the
//! packages, by `composer.lock`, or as is known of them (`rules/data/extensions.yaml`). It stops where one is missing
//! (getcomposer.org, "Basic usage", "Platform packages").

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::uninstalled::Program;
use crate::source::{SourceFile, Span};

const TABLE: &str = include_str!("../../rules/data/extensions.yaml");

/// What is known of extensions.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Those that official images have.
    there: BTreeSet<String>,
    /// Packages that ask for some.
    packages: BTreeMap<String, Row>,
}

/// What a package asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// From which version on.
    from: u64,
    extensions: Vec<String>,
}

impl Row {
    /// Whether each version that a constraint lets in asks for them.
    fn is_of(&self, constraint: &str) -> bool {
        let number = constraint.trim_start_matches(['^', '~', '>', '=', 'v', ' ']);
        let major =
            number.split(|c: char| !c.is_ascii_digit()).next().and_then(|major| major.parse::<u64>().ok());
        !constraint.contains("||") && major.is_some_and(|major| major >= self.from)
    }
}

/// An extension that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Its name, without `ext-`.
    pub extension: String,
    /// The package that asks; none where the project does.
    pub package: Option<String>,
    /// Where.
    pub at: Span,
}

fn table() -> &'static Table {
    static EXTENSIONS: OnceLock<Table> = OnceLock::new();
    EXTENSIONS.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What Composer asks for in the last stage of a build, each once. Official images have some, which are left out.
#[must_use]
pub(super) fn of(program: &Program<'_>) -> Vec<Demand> {
    let installs = |text: &str| {
        text.contains("composer")
            && [" install", " update", " i "].iter().any(|verb| text.contains(verb))
            && !["ignore-platform", "||", "global", "--working-dir", " -d "]
                .iter()
                .any(|word| text.contains(word))
    };
    let of_composer = |text: &str| {
        text.replace("\\\n", " ")
            .split(['&', ';', '\n'])
            .map(str::trim)
            .find(|part| installs(part))
            .map(str::to_string)
    };
    let mut runs =
        program.own_runs.iter().filter_map(|run| Some((run, of_composer(&run.command.assumed())?)));
    let Some((run, command)) = runs.next() else { return Vec::new() };
    let load = |name: &str| program.machine.load(&run.directory.join(name));
    let Some(manifest) = load("composer.json") else { return Vec::new() };
    let Ok(json) = serde_json::from_str::<serde_json::Value>(&manifest.text) else { return Vec::new() };
    // Who says what the platform has is believed.
    if json.pointer("/config/platform").is_some() {
        return Vec::new();
    }
    let parts: &[(&str, &str)] = match command.contains("--no-dev") {
        true => &[("require", "packages")],
        false => &[("require", "packages"), ("require-dev", "packages-dev")],
    };
    let mut found: BTreeMap<String, Demand> = BTreeMap::new();
    let mut note = |extension: &str, package: Option<&str>| {
        let name = extension.to_ascii_lowercase();
        if !table().there.contains(&name) {
            let written = package.map_or_else(|| format!("ext-{extension}"), str::to_string);
            let at = key(&manifest, &written).unwrap_or_else(|| manifest.slice(0, 0));
            let package = package.map(str::to_string);
            found.entry(name.clone()).or_insert(Demand { extension: name, package, at });
        }
    };
    let lock = load("composer.lock").map(|file| serde_json::from_str::<serde_json::Value>(&file.text));
    let lock = match lock {
        Some(Ok(lock)) => Some(lock),
        Some(Err(_)) => return Vec::new(),
        None => None,
    };
    for (own, locked) in parts {
        for (name, version) in json.get(own).and_then(|all| all.as_object()).into_iter().flatten() {
            if let Some(extension) = name.strip_prefix("ext-") {
                note(extension, None);
            } else if lock.is_none()
                && let Some(row) = table().packages.get(name)
                && version.as_str().is_some_and(|version| row.is_of(version))
            {
                row.extensions.iter().for_each(|extension| note(extension, Some(name)));
            }
        }
        let packages = lock.as_ref().and_then(|lock| lock.get(locked)).and_then(|all| all.as_array());
        for package in packages.into_iter().flatten() {
            let Some(name) = package.get("name").and_then(|name| name.as_str()) else { continue };
            let asks = package.get("require").and_then(|asks| asks.as_object());
            for extension in asks.into_iter().flatten().filter_map(|(name, _)| name.strip_prefix("ext-")) {
                note(extension, Some(name));
            }
        }
    }
    // A package may stand in for an extension: `symfony/polyfill-mbstring` provides `ext-mbstring`.
    let provided = lock.as_ref().map(|lock| lock.to_string()).unwrap_or_default();
    let stands_in = |extension: &str| {
        provided.contains(&format!("polyfill-{extension}"))
            || provided.contains(&format!("\"ext-{extension}\":\"self"))
    };
    found.into_values().filter(|demand| !stands_in(&demand.extension)).collect()
}

/// Where a manifest names something.
fn key(manifest: &SourceFile, name: &str) -> Option<Span> {
    let at = manifest.text.find(&format!("\"{name}\""))?;
    Some(manifest.slice(at + 1, at + 1 + name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert!(table().there.contains("mbstring"));
        let row = &table().packages["maatwebsite/excel"];
        assert!(row.is_of("^3.1") && row.is_of("3.1.*"));
        assert!(!row.is_of("~2.1.0") && !row.is_of("^2.1 || ^3.1") && !row.is_of("*"));
    }
}
