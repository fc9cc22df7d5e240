//! `composer.json` and `Gemfile` against their lock files.

use serde_json::Value;

use super::{Compared, Lacking, Tool, key_of, says, verb};
use crate::programs::dockerfile::Run;
use crate::programs::entry::Launch;
use crate::source::{SourceFile, Span};

/// The tool that a command starts, where that insists on what its lock file says.
pub(super) fn tool(launch: &Launch, run: &Run, texts: &[String]) -> Option<Tool> {
    match (launch.name(), verb(launch)) {
        ("composer" | "composer.phar", "install" | "i") => Some(Tool {
            manifest: "composer.json",
            lock: "composer.lock",
            says: "is not present in the lock file",
            update: "composer update",
            instead: None,
        }),
        ("bundle" | "bundler", "install" | "") if is_frozen(launch, run, texts) => Some(Tool {
            manifest: "Gemfile",
            lock: "Gemfile.lock",
            says: "The dependencies in your gemfile changed, but the lockfile can't be updated because frozen mode is set",
            update: "bundle lock",
            instead: None,
        }),
        _ => None,
    }
}

/// Whether Bundler is told to install what the lock file says and nothing else.
fn is_frozen(launch: &Launch, run: &Run, texts: &[String]) -> bool {
    const TOLD: [&str; 6] =
        ["deployment true", "deployment 'true'", "deployment 1", "frozen true", "frozen 'true'", "frozen 1"];
    let set = |name: &str| {
        let value = launch.env.get(name).or_else(|| run.variables.get(name));
        value.is_some_and(|value| matches!(value.as_str(), "1" | "true"))
    };
    says(launch, "--deployment")
        || says(launch, "--frozen")
        || set("BUNDLE_DEPLOYMENT")
        || set("BUNDLE_FROZEN")
        || texts.iter().any(|text| TOLD.iter().any(|word| text.contains(word)))
}

/// What the lock file lacks of what the manifest asks for; nothing where that cannot be told.
pub(super) fn compare(manifest: &SourceFile, lock: &SourceFile, launch: &Launch) -> Option<Compared> {
    match launch.name() {
        "bundle" | "bundler" => of_bundler(manifest, lock),
        _ => of_composer(manifest, lock, launch),
    }
}

fn of_composer(manifest: &SourceFile, lock: &SourceFile, launch: &Launch) -> Option<Compared> {
    let json: Value = serde_json::from_str(&manifest.text).ok()?;
    let written = lock.text.contains("\"content-hash\"") && lock.text.contains("\"dist\"");
    if !written
        || manifest.text.contains("allow-missing-requirements")
        || manifest.text.contains("merge-plugin")
    {
        return None;
    }
    let mut out = Compared::default();
    let dev = !says(launch, "--no-dev");
    for section in ["require", "require-dev"] {
        if section == "require-dev" && !dev {
            continue;
        }
        let packages = json.get(section).and_then(Value::as_object);
        for (package, asked) in packages.into_iter().flatten() {
            // Those of the platform have no vendor.
            let Some(asked) = asked.as_str().filter(|_| package.contains('/')) else { continue };
            // Another may bring it under its name.
            let named = |text: &str| {
                text.to_ascii_lowercase().contains(&format!("\"{}\"", package.to_ascii_lowercase()))
            };
            if named(&lock.text)
                || ["replace", "provide"]
                    .iter()
                    .any(|key| json.get(*key).is_some_and(|own| own.get(package).is_some()))
            {
                out.there += 1;
                continue;
            }
            let at = key_of(manifest, package, asked)?;
            out.lacking.push(Lacking { package: package.clone(), asked: asked.to_string(), has: None, at });
        }
    }
    Some(out)
}

/// The platforms of a lock file of Bundler, where neither Linux nor `ruby`, which is any, is among them. Where it may not write the
/// file, Bundler does not add its own (`Definition#validate_platforms!`).
fn other_platforms(lock: &SourceFile) -> Option<(String, Span)> {
    const HEAD: &str = "\nPLATFORMS\n";
    let from = lock.text.find(HEAD)? + HEAD.len();
    let lines = lock.text.get(from..)?.lines().take_while(|line| line.starts_with(' '));
    let all: Vec<&str> = lines.map(str::trim).collect();
    let first = all.first().filter(|_| !all.iter().any(|one| *one == "ruby" || one.contains("linux")))?;
    let at = from + lock.text.get(from..)?.find(first)?;
    Some((all.join("`, `"), lock.slice(at, at + first.len())))
}

fn of_bundler(manifest: &SourceFile, lock: &SourceFile) -> Option<Compared> {
    const DECIDES: [&str; 6] =
        ["eval_gemfile", "\nif ", "\nunless ", "install_if", "instance_eval", "\ncase "];
    if DECIDES.iter().any(|word| manifest.text.contains(word)) {
        return None;
    }
    let (_, named) = lock.text.split_once("\nDEPENDENCIES\n")?;
    let named: Vec<&str> = named
        .lines()
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| line.trim().split([' ', '!']).next())
        .collect();
    let mut out = Compared { platforms: other_platforms(lock), ..Compared::default() };
    let mut next = 0;
    for line in manifest.text.split_inclusive('\n') {
        let start = next + (line.len() - line.trim_start().len());
        next += line.len();
        let Some(rest) = line.trim().strip_prefix("gem ") else { continue };
        if rest.contains(" if ") || rest.contains(" unless ") {
            continue;
        }
        let Some(package) = rest.split(['"', '\'']).nth(1).filter(|_| rest.starts_with(['"', '\''])) else {
            continue;
        };
        if named.contains(&package) {
            out.there += 1;
            continue;
        }
        let at = manifest.slice(start, start + "gem ".len() + package.len() + 2);
        out.lacking.push(Lacking { package: package.to_string(), asked: String::new(), has: None, at });
    }
    Some(out)
}
