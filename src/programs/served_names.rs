//! The names under which servers for development let themselves be asked, and refuse requests under any other: Vite and Rails.
//!
//! Vite takes `localhost`, names below it, addresses, and what its settings say (GHSA-vg6x-rcgg-rjx6; `host-validation-middleware`),
//! from 4.5.6, 5.4.12 and 6.0.9 on. Rails does so from 6.0 on in its development (Rails guide, "Configuring Rails Applications",
//! `config.hosts`).

use std::path::Path;

use serde_json::Value;

use super::entry::{Launch, Machine, Started, Way};
use super::javascript::plain;

/// Manifests and lock files are looked for in no more directories.
const MAX_ABOVE: usize = 4;
/// Quoted words of settings that are kept.
const MAX_WORDS: usize = 200;

/// What a server takes requests for, besides addresses and `localhost`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedNames {
    /// What it is.
    pub title: &'static str,
    /// What it answers to others.
    pub answers: &'static str,
    /// What allows more.
    pub setting: &'static str,
    /// The file in which that is written.
    pub file: &'static str,
    /// Names that its settings speak of.
    pub others: Vec<String>,
    /// Variables which say that there is another environment, and that more is allowed.
    pub unless: &'static [&'static str],
    /// Of those, the ones that only count with another value than this.
    pub except: &'static str,
}

/// The server of the kind that is started, as far as all its settings are seen.
pub(super) fn of(machine: &Machine<'_>, started: &Started) -> Option<ServedNames> {
    let mut calls = started.calls.iter().map(|call| &call.launch).filter(|launch| launch.way == Way::Surely);
    calls.find_map(|launch| vite(machine, launch).or_else(|| rails(machine, launch)))
}

fn vite(machine: &Machine<'_>, launch: &Launch) -> Option<ServedNames> {
    let verb = launch.words.get(1).map_or("", String::as_str);
    let preview = verb == "preview";
    let serves = preview || verb.is_empty() || verb.starts_with('-') || matches!(verb, "dev" | "serve");
    let told = ["--config", "-c", "--https"];
    let other = launch.words.iter().any(|word| told.iter().any(|it| word.split('=').next() == Some(it)));
    if launch.name() != "vite" || !serves || other || !checks(machine, &launch.directory)? {
        return None;
    }
    let ends = ["ts", "js", "mjs", "mts", "cjs", "cts"];
    let settings: Vec<String> = ends
        .iter()
        .filter_map(|end| machine.text(&launch.directory.join(format!("vite.config.{end}"))))
        .map(|text| text.to_string())
        .collect();
    // What comes from elsewhere may say it, too.
    let open =
        ["allowedHosts", "https", "basicSsl", "basic-ssl", "mkcert", "mergeConfig", "ADDITIONAL_SERVER"];
    let manifest = machine.text(&launch.directory.join("package.json")).unwrap_or_default();
    let frameworks =
        ["laravel-vite-plugin", "vite-plugin-ruby", "@tanstack/react-start", "basic-ssl", "mkcert"];
    if settings.iter().any(|text| open.iter().any(|word| text.contains(word)) || imports_own(text))
        || frameworks.iter().any(|name| manifest.contains(name))
    {
        return None;
    }
    let mut others: Vec<String> = launch.words.clone();
    others.extend(settings.iter().flat_map(|text| quoted(text)));
    others.truncate(MAX_WORDS);
    Some(ServedNames {
        title: "Vite",
        answers: "403",
        setting: if preview { "preview.allowedHosts" } else { "server.allowedHosts" },
        file: "vite.config",
        others,
        unless: &["__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS"],
        except: "",
    })
}

/// Whether settings take in other files of the project.
fn imports_own(text: &str) -> bool {
    ["from '.", "from \".", "require('.", "require(\".", "import('.", "import(\"."]
        .iter()
        .any(|it| text.contains(it))
}

/// The words in quotes of a text.
fn quoted(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for quote in ['"', '\'', '`'] {
        let parts = text.split(quote).filter(|part| part.len() < 100 && !part.contains(char::is_whitespace));
        found.extend(parts.map(str::to_string));
    }
    found
}

/// Whether the version of Vite that is installed for a directory looks at the name.
fn checks(machine: &Machine<'_>, directory: &Path) -> Option<bool> {
    let manifest: Value =
        serde_json::from_str(&plain(&machine.text(&directory.join("package.json"))?)).ok()?;
    let sections = ["devDependencies", "dependencies"];
    let asked = sections.iter().find_map(|section| manifest.get(*section)?.get("vite")?.as_str())?;
    let mut locks = directory.ancestors().take(MAX_ABOVE);
    let locked = locks.clone().find_map(|above| locked(machine, above));
    let names = ["bun.lock", "bun.lockb", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"];
    let has = |above: &Path| names.iter().any(|name| machine.has(&above.join(name)));
    match locked {
        Some(version) => Some(is_since(version)),
        // What another lock file says is not read.
        None if locks.any(has) => None,
        None => {
            let newest = asked.starts_with('^').then(|| parts(asked.trim_start_matches('^')));
            // The newest one that fits is taken.
            newest.flatten().map(|(major, ..)| major >= 4)
        }
    }
}

/// The version of Vite that a lock file says.
fn locked(machine: &Machine<'_>, directory: &Path) -> Option<(u32, u32, u32)> {
    if let Some(text) = machine.text(&directory.join("package-lock.json")) {
        let json: Value = serde_json::from_str(&text).ok()?;
        let version = json.get("packages")?.get("node_modules/vite")?.get("version")?.as_str()?;
        return parts(version);
    }
    if let Some(text) = machine.text(&directory.join("pnpm-lock.yaml")) {
        // `vite@5.4.8:`, and before version 6 of the format `/vite@5.4.8:`.
        let entries = text.lines().map(|line| line.trim_start().trim_start_matches(['/', '\'']));
        return entries.filter_map(|line| line.strip_prefix("vite@")).find_map(plain_version);
    }
    let text = machine.text(&directory.join("yarn.lock"))?;
    let entry = text.split("\nvite@").nth(1).or_else(|| text.split("\n\"vite@").nth(1))?;
    let line = entry.lines().find(|line| line.trim_start().starts_with("version"))?;
    parts(line.trim_start().trim_start_matches("version").trim_matches([' ', ':', '"']))
}

/// The numbers that a text begins with: `5.4.8(@types/node@20.1.0):`.
fn plain_version(text: &str) -> Option<(u32, u32, u32)> {
    parts(text.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?)
}

fn parts(version: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
    let (major, minor, patch) = (numbers.next()?.ok()?, numbers.next(), numbers.next());
    Some((major, minor.and_then(Result::ok).unwrap_or(0), patch.and_then(Result::ok).unwrap_or(0)))
}

fn is_since((major, minor, patch): (u32, u32, u32)) -> bool {
    match major {
        0..=3 => false,
        4 => (minor, patch) >= (5, 6),
        5 => (minor, patch) >= (4, 12),
        6 => (minor, patch) >= (0, 9),
        _ => true,
    }
}

fn rails(machine: &Machine<'_>, launch: &Launch) -> Option<ServedNames> {
    let words: Vec<&str> = launch.words.iter().map(String::as_str).collect();
    let serves = match launch.name() {
        "rails" => matches!(words.get(1), Some(&"s" | &"server")),
        "puma" => true,
        _ => false,
    };
    if !serves || words.iter().any(|word| matches!(*word, "-e" | "--environment")) {
        return None;
    }
    let root = &launch.directory;
    let config = root.join("config");
    let application = machine.text(&config.join("application.rb"))?;
    let lock = machine.text(&root.join("Gemfile.lock"))?;
    let version =
        lock.lines().find_map(|line| line.strip_prefix("    rails (")?.split(')').next()).and_then(parts)?;
    let files = machine.sources.files();
    let folder = machine.files.resolve(files, &config.join("initializers"));
    let initializers = folder.into_iter().flat_map(|folder| {
        files.list(&folder).into_iter().filter_map(move |name| machine.sources.load(&folder.join(name)).ok())
    });
    let development = machine.text(&config.join("environments/development.rb"))?;
    let mut texts = vec![application.to_string(), development.to_string()];
    texts.extend(initializers.map(|file| file.text.to_string()));
    // Which names they add is not followed.
    let speaks = |text: &String| {
        text.contains("hosts") || text.contains("HostAuthorization") || text.contains("host_authorization")
    };
    let plain = texts.iter().all(|text| !speaks(text))
        && texts.iter().any(|text| text.contains("Rails::Application"));
    (version >= (6, 0, 0) && plain).then_some(ServedNames {
        title: "Rails",
        answers: "403",
        setting: "config.hosts",
        file: "config/environments/development.rb",
        others: Vec::new(),
        unless: &["RAILS_ENV", "RACK_ENV", "RAILS_DEVELOPMENT_HOSTS"],
        except: "development",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (version, checks) in [
            ("4.5.5", false),
            ("4.5.6", true),
            ("5.4.11", false),
            ("5.4.12", true),
            ("6.0.8", false),
            ("6.0.9", true),
            ("6.1.0-beta.1", true),
            ("7.0.0", true),
            ("3.2.1", false),
        ] {
            assert_eq!(parts(version).map(is_since), Some(checks), "{version}");
        }
        assert_eq!(parts("latest"), None);
    }
}
