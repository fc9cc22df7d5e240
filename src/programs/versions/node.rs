//! Packages of Node.js that refuse versions of it by themselves: `rules/data/engines.yaml`, typed; and `engines`, where the
//! package manager insists on it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::range::{Dialect, Version, excludes};
use super::{Asked, Place};
use crate::programs::entry::{By, Launch};
use crate::source::SourceFile;

const TABLE: &str = include_str!("../../../rules/data/engines.yaml");

/// Versions of a package that need, or can't bear, some of Node.js.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Engine {
    package: String,
    from: Option<String>,
    below: Option<String>,
    least: Option<String>,
    most: Option<String>,
    programs: Vec<String>,
    unless: Vec<String>,
    says: String,
}

/// Directories above a package in which the lock file of its workspace is looked for.
const MAX_LOCKS_ABOVE: usize = 3;

fn table() -> &'static [Engine] {
    static READ: OnceLock<Vec<Engine>> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

pub(super) fn asked(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    insists(place, launch).or_else(|| refused(place, launch))
}

/// A program of a package, an installation that builds one, or what `node` is started with that loads one.
fn refused(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    let name = launch.name();
    let called = match &launch.by {
        // `nest build` loads nothing of the program.
        By::Package(_) | By::Tool if name == "nest" && !launch.words.iter().any(|word| word == "start") => {
            return None;
        }
        By::Package(_) | By::Tool => name,
        By::Path if installs(launch) => "install",
        By::Path if name == "node" => name,
        By::Path => return None,
    };
    let mut engines = table().iter().filter(|engine| engine.programs.iter().any(|program| program == called));
    engines.find_map(|engine| {
        let (directory, file) = place.manifest(launch, "package.json")?;
        let (written, at) = declared(&file, &engine.package)?;
        // What a lock file holds is installed, whatever else the manifest lets in.
        let held = lock_version(&|path| place.load(path), &directory, &engine.package);
        let lowest = Version::at_start_of(match &held {
            Some(version) => version,
            None => written.trim_start_matches(['^', '~', '>', '=', ' ']),
        })?;
        let within = |bound: &Option<String>| bound.as_deref().and_then(Version::at_start_of);
        let old = within(&engine.from).is_some_and(|from| lowest.first() < from.first());
        let new = within(&engine.below).is_some_and(|below| lowest.first() >= below.first());
        let few = within(&engine.least).is_some_and(|least| place.has.is_before(least));
        let many = within(&engine.most).is_some_and(|most| most.is_before(place.has));
        // A bare `>=` takes the newest there is.
        let open = held.is_none() && written.starts_with('>') && engine.below.is_some();
        let helped = |word: &String| {
            place.text.contains(word.as_str())
                || launch.env.values().any(|value| value.contains(word.as_str()))
                || file.text.contains(word.as_str())
        };
        if old || new || open || !(few || many) || engine.unless.iter().any(helped) {
            return None;
        }
        let limit = engine.least.as_ref().or(engine.most.as_ref())?;
        let order = if few { "or later" } else { "at most" };
        let says = engine.says.replace("{version}", &place.has.to_string());
        let wanted =
            format!("{limit} {order}, with `{}` {}", engine.package, held.as_ref().unwrap_or(&written));
        let mut asked = place.asks(&file, at, &wanted, says);
        let major = Version::at_start_of(limit)?.major;
        asked.instead = Some(format!("node:{major}"));
        Some(asked)
    })
}

fn installs(launch: &Launch) -> bool {
    let verb = launch.words.iter().skip(1).find(|word| !word.starts_with('-')).map(String::as_str);
    match launch.name() {
        "npm" | "pnpm" => matches!(verb, Some("install" | "i" | "ci")),
        "yarn" => matches!(verb, None | Some("install")),
        _ => false,
    }
}

/// `engines.node`, where an installation stops for it: yarn 1 by default, npm with `engine-strict`.
fn insists(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    if launch.by != By::Path || !installs(launch) {
        return None;
    }
    let (directory, file) = place.manifest(launch, "package.json")?;
    let beside = |name: &str| place.load(&directory.join(name));
    let strict = beside(".npmrc").is_some_and(|file| {
        file.text.lines().any(|line| line.replace(' ', "").starts_with("engine-strict=true"))
    });
    let insists = match launch.name() {
        // Later ones know no such check.
        "yarn" => {
            beside(".yarnrc.yml").is_none()
                && !file.text.contains("\"yarn@")
                && !launch.words.iter().chain([&place.text]).any(|word| word.contains("ignore-engines"))
        }
        _ => strict && !place.text.contains("engine-strict"),
    };
    let json: serde_json::Value = serde_json::from_str(&file.text).ok()?;
    let range = json.get("engines")?.get("node")?.as_str()?;
    if !insists || excludes(range, place.has, Dialect::Npm) != Some(true) {
        return None;
    }
    let key = file.text.find("\"engines\"")?;
    let quoted = format!("\"{range}\"");
    let from = key + file.text.get(key..)?.find(&quoted)? + 1;
    let says = "The engine \"node\" is incompatible with this module".to_string();
    let mut asked = place.asks(&file, (from, from + range.len()), range, says);
    let lowest = Version::at_start_of(range.trim_start_matches(['^', '~', '>', '=', ' ']))?;
    asked.instead = place.has.is_before(lowest).then(|| format!("node:{}", lowest.major));
    Some(asked)
}

/// The version of a package that a lock file beside the manifest, or above it, holds.
pub(in crate::programs) fn lock_version(
    load: &dyn Fn(&Path) -> Option<Arc<SourceFile>>,
    directory: &Path,
    package: &str,
) -> Option<String> {
    directory.ancestors().take(MAX_LOCKS_ABOVE).find_map(|above| {
        let of_npm = || {
            let file = load(&above.join("package-lock.json"))?;
            let json: serde_json::Value = serde_json::from_str(&file.text).ok()?;
            let own = directory.strip_prefix(above).ok()?.join("node_modules").join(package);
            let packages = json.get("packages");
            let mut keys = [own.display().to_string(), format!("node_modules/{package}")].into_iter();
            let entry = keys.find_map(|key| packages?.get(&key));
            let entry = entry.or_else(|| json.get("dependencies")?.get(package));
            Some(entry?.get("version")?.as_str()?.to_string())
        };
        let of_yarn = || {
            let file = load(&above.join("yarn.lock"))?;
            let mut lines = file.text.lines();
            let starts = [format!("{package}@"), format!("\"{package}@")];
            lines.find(|line| starts.iter().any(|start| line.starts_with(start.as_str())))?;
            let version = lines.next()?.trim().strip_prefix("version")?;
            Some(version.trim_matches([' ', ':', '"']).to_string())
        };
        of_npm().or_else(of_yarn)
    })
}

/// The version that a manifest declares for a package.
fn declared(file: &SourceFile, package: &str) -> Option<(String, (usize, usize))> {
    let json: serde_json::Value = serde_json::from_str(&file.text).ok()?;
    let sections = ["dependencies", "devDependencies"];
    let written = sections.iter().find_map(|section| json.get(section)?.get(package)?.as_str())?;
    let key = format!("\"{package}\"");
    let (from, _) = file.text.match_indices(&key).find(|(at, _)| {
        let rest = file.text.get(at + key.len()..).unwrap_or("").trim_start();
        rest.strip_prefix(':').is_some_and(|rest| rest.trim_start().starts_with(&format!("\"{written}\"")))
    })?;
    let behind = from + key.len();
    let value = behind + file.text.get(behind..)?.find(&format!("\"{written}\""))? + 1;
    Some((written.to_string(), (value, value + written.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Vec<Engine> = serde_yaml::from_str(TABLE).unwrap();
        for engine in &table {
            let bounds = [&engine.from, &engine.below, &engine.least, &engine.most];
            assert!(
                bounds
                    .iter()
                    .all(|bound| bound.as_deref().is_none_or(|it| Version::at_start_of(it).is_some()))
            );
            assert!(engine.least.is_some() != engine.most.is_some(), "{}", engine.package);
            assert!(!engine.says.is_empty() && !engine.programs.is_empty(), "{}", engine.package);
        }
        assert!(table.len() > 10);
    }
}
