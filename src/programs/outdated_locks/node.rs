//! `package.json` against the lock files of npm, yarn and pnpm.

use std::collections::HashMap;

use serde_json::Value;

use super::{Compared, Lacking, Tool, key_of, says, verb};
use crate::programs::entry::Launch;
use crate::programs::versions::range::{Dialect, Version, excludes};
use crate::source::SourceFile;

/// The sections whose packages a lock file has.
const SECTIONS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

/// The tool that a command starts, where that insists on what its lock file says.
pub(super) fn tool(launch: &Launch) -> Option<Tool> {
    let manifest = "package.json";
    match (launch.name(), verb(launch)) {
        ("npm", "ci" | "clean-install") => Some(Tool {
            manifest,
            lock: "package-lock.json",
            says: "`npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync",
            update: "npm install",
            instead: Some("npm install"),
        }),
        ("yarn", "" | "install") if says(launch, "--frozen-lockfile") || says(launch, "--immutable") => {
            Some(Tool {
                manifest,
                lock: "yarn.lock",
                says: "Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`",
                update: "yarn install",
                instead: Some("yarn install"),
            })
        }
        ("pnpm", "install" | "i") if is_frozen(launch) => Some(Tool {
            manifest,
            lock: "pnpm-lock.yaml",
            says: "ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with \"frozen-lockfile\" because pnpm-lock.yaml is not up to date with package.json",
            update: "pnpm install",
            instead: Some("pnpm install --no-frozen-lockfile"),
        }),
        _ => None,
    }
}

/// Whether pnpm insists on its lock file: it is told to, or is where `CI` says that nobody is there to look.
fn is_frozen(launch: &Launch) -> bool {
    let ci = launch.env.get("CI").is_some_and(|value| matches!(value.as_str(), "1" | "true"));
    says(launch, "--frozen-lockfile")
        || ci
            && !launch
                .words
                .iter()
                .any(|word| word.starts_with("--no-frozen") || word.starts_with("--frozen"))
}

/// What the lock file lacks of what the manifest asks for; nothing where that cannot be told.
pub(super) fn compare(manifest: &SourceFile, lock: &SourceFile, launch: &Launch) -> Option<Compared> {
    let json: Value = serde_json::from_str(&manifest.text).ok()?;
    // Members of a workspace are not all seen, and what replaces versions makes others of them.
    if ["workspaces", "resolutions", "overrides", "pnpm"].iter().any(|key| json.get(*key).is_some()) {
        return None;
    }
    // Whatever writes lock files notes what it fetched.
    if !["integrity", "checksum"].iter().any(|word| lock.text.contains(word)) {
        return None;
    }
    let locked: Lookup = match launch.name() {
        "npm" => of_npm(&lock.text)?,
        "yarn" => of_yarn(&lock.text, launch)?,
        _ => of_pnpm(&lock.text)?,
    };
    let mut out = Compared::default();
    for section in SECTIONS {
        if section == "devDependencies" && launch.name() == "yarn" && says(launch, "--production") {
            continue;
        }
        let packages = json.get(section).and_then(Value::as_object);
        for (package, asked) in packages.into_iter().flatten() {
            let Some(asked) = asked.as_str() else { continue };
            let has = match locked(package, asked) {
                Locked::There => {
                    out.there += 1;
                    continue;
                }
                Locked::Unknown => continue,
                Locked::Other(has) => Some(has),
                Locked::Nothing => None,
            };
            let at = key_of(manifest, package, asked)?;
            out.lacking.push(Lacking { package: package.clone(), asked: asked.to_string(), has, at });
        }
    }
    Some(out)
}

/// What a lock file has of a package.
enum Locked {
    /// What is asked for.
    There,
    /// Something else.
    Other(String),
    Nothing,
    Unknown,
}

/// What a lock file has of a package, by its name and the versions that are asked for.
type Lookup = Box<dyn Fn(&str, &str) -> Locked>;

/// Whether a range names versions, and no tag, address or other package.
fn is_of_versions(range: &str) -> bool {
    range.starts_with(|c: char| c.is_ascii_digit() || "^~<>=".contains(c)) && !range.contains([':', '/'])
}

fn of_npm(text: &str) -> Option<Lookup> {
    let json: Value = serde_json::from_str(text).ok()?;
    let packages = json.get("packages").filter(|packages| packages.get("").is_some()).cloned();
    let older = json.get("dependencies").filter(|_| json.get("packages").is_none()).cloned();
    if packages.is_none() && older.is_none() {
        return None;
    }
    Some(Box::new(move |package, asked| {
        let entry = match (&packages, &older) {
            (Some(packages), _) => packages.get(format!("node_modules/{package}")),
            (None, Some(older)) => older.get(package),
            _ => None,
        };
        let Some(entry) = entry else { return Locked::Nothing };
        let Some(version) = entry.get("version").and_then(Value::as_str) else { return Locked::There };
        let full = Version::at_start_of(version).filter(|_| !version.contains(['-', ':']));
        match full.filter(|_| is_of_versions(asked) && !asked.contains('-')) {
            Some(has) if excludes(asked, has, Dialect::Npm) == Some(true) => {
                Locked::Other(version.to_string())
            }
            _ => Locked::There,
        }
    }))
}

fn of_yarn(text: &str, launch: &Launch) -> Option<Lookup> {
    let newer = text.contains("\n__metadata:");
    if !newer && (!text.contains("# yarn lockfile v1") || says(launch, "--immutable")) {
        return None;
    }
    let keys = text.lines().filter(|line| !line.starts_with([' ', '#', '\t']) && line.ends_with(':'));
    let patterns: Vec<String> = keys
        .flat_map(|line| line.trim_end_matches(':').split(", "))
        .map(|pattern| pattern.trim_matches('"').to_string())
        .collect();
    Some(Box::new(move |package, asked| {
        let start = format!("{package}@");
        let mut others =
            patterns.iter().filter_map(|pattern| pattern.strip_prefix(start.as_str())).peekable();
        match others.peek() {
            _ if !is_of_versions(asked) || asked.contains(',') => Locked::Unknown,
            None => Locked::Nothing,
            _ if newer => Locked::There,
            Some(first)
                if patterns.iter().all(|pattern| pattern.strip_prefix(start.as_str()) != Some(asked)) =>
            {
                Locked::Other((*first).to_string())
            }
            Some(_) => Locked::There,
        }
    }))
}

fn of_pnpm(text: &str) -> Option<Lookup> {
    // `.pnpmfile.cjs` may ask for other versions than the manifest does.
    if ["\noverrides:", "\npnpmfileChecksum:"].iter().any(|word| text.contains(word)) {
        return None;
    }
    let specifiers = specifiers(text);
    if specifiers.is_empty() {
        return None;
    }
    Some(Box::new(move |package, asked| match specifiers.get(package) {
        None => Locked::Nothing,
        Some(has) if has != asked => Locked::Other(has.clone()),
        Some(_) => Locked::There,
    }))
}

/// What pnpm notes of the manifest beside the lock file: each package with the versions that are asked for.
fn specifiers(text: &str) -> HashMap<String, String> {
    let plain = |text: &str| text.trim().trim_matches(['\'', '"']).to_string();
    let own = match text.split_once("\n  .:\n") {
        Some((_, rest)) if text.contains("\nimporters:") => {
            let end = rest.lines().take_while(|line| line.is_empty() || line.starts_with("   "));
            end.collect::<Vec<_>>()
        }
        _ => text.lines().take_while(|line| !line.starts_with("packages:")).collect(),
    };
    let mut out = HashMap::new();
    let (mut name, mut listed) = ("", false);
    for line in own {
        let trimmed = line.trim();
        if let Some(specifier) = trimmed.strip_prefix("specifier:") {
            out.insert(plain(name), plain(specifier));
        } else if trimmed == "specifiers:" {
            listed = true;
        } else if let Some(key) = trimmed.strip_suffix(':') {
            (name, listed) = (key, false);
        } else if let Some((key, specifier)) = trimmed.split_once(": ").filter(|_| listed) {
            out.insert(plain(key), plain(specifier));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::specifiers;

    #[test]
    fn what_is_asked_for_is_noted_in_every_format() {
        let nine = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      '@a/b':\n        specifier: ^1.0.0\n        version: 1.0.0\n\n  other:\n    dependencies:\n      ms:\n        specifier: ^2.0.0\n\npackages:\n";
        let six = "lockfileVersion: '6.0'\n\ndependencies:\n  ms:\n    specifier: '>=2'\n    version: 2.1.3\n\npackages:\n";
        let five =
            "lockfileVersion: 5.4\n\nspecifiers:\n  ms: ^2.1.0\n\ndependencies:\n  ms: 2.1.3\n\npackages:\n";
        let of = |text: &str| {
            let mut all: Vec<_> = specifiers(text).into_iter().collect();
            all.sort();
            all.into_iter().map(|(name, range)| format!("{name} {range}")).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(of(nine), "@a/b ^1.0.0");
        assert_eq!(of(six), "ms >=2");
        assert_eq!(of(five), "ms ^2.1.0");
    }
}
