//! `dockworthy init`: a configuration file to begin with.

use std::path::PathBuf;

use super::{CLEAN, Failed, say};
use crate::compose::projects::{self, Found};
use crate::config::{file, keys};
use crate::report::shown;
use crate::source::{Disk, Files as _, Kind, SourceMap, clean, put};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder to write `.dockworthy.yaml` into
    #[arg(value_name = "FOLDER", default_value = ".", hide_default_value = true)]
    folder: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failed> {
    let here = super::here()?;
    let folder = clean(&here.join(&arguments.folder));
    if Disk.kind(&folder) != Some(Kind::Directory) {
        return Err(Failed::Asked(format!("`{}` is no folder", shown(&folder, &here))));
    }
    let mut there = file::NAMES.iter().map(|name| folder.join(name));
    let there = there.find(|path| Disk.kind(path).is_some());
    if let Some(path) = there.as_ref().filter(|_| !arguments.force) {
        let name = shown(path, &here);
        return Err(Failed::Asked(format!("`{name}` is there already; `--force` writes over it")));
    }
    let sources = SourceMap::new(Disk);
    let found = projects::find(&sources, &folder).found;
    let path = there.unwrap_or_else(|| folder.join(file::NAMES[0]));
    let name = shown(&path, &here);
    put(&path, text(&found, &folder).as_bytes())
        .map_err(|error| Failed::Asked(format!("`{name}` {error}")))?;
    say(&format!("wrote `{name}`; what is in it is commented out, and every line of it is optional"));
    say("to begin with what is wrong today known and only what is new reported: dockworthy baseline");
    Ok(CLEAN)
}

/// The file, for a folder that holds these projects.
fn text(found: &[Found], folder: &std::path::Path) -> String {
    let mut text = String::from(
        "# What dockworthy is to know of this project. All of it is optional; take off the `#` of what you need.\n",
    );
    let list =
        |found: &Found| -> Vec<String> { found.files.iter().map(|file| shown(file, folder)).collect() };
    let name = |found: &Found| {
        let directory = shown(&found.directory, folder);
        if directory.is_empty() { ".".to_string() } else { directory }
    };
    let one_line = |text: &str| crate::report::one_line(text);
    if !found.is_empty() {
        text.push_str("#\n# Projects that are found without it:\n");
    }
    for found in found {
        let files = list(found);
        let shown = if files.is_empty() { name(found) } else { files.join(" + ") };
        text.push_str(&format!("#   {}\n", one_line(&shown)));
    }
    for key in keys::FILE {
        text.push_str(&format!("\n# {}\n", key.about));
        let several: Vec<Vec<String>> = found.iter().map(list).filter(|files| files.len() > 1).collect();
        if key.name == "stacks" && !several.is_empty() {
            text.push_str("# stacks:\n");
            for (index, files) in several.iter().enumerate() {
                // A string of JSON is one of YAML.
                let files = serde_json::to_string(files).unwrap_or_default();
                text.push_str(&format!("#   stack-{}:\n#     files: {}\n", index + 1, one_line(&files)));
            }
            continue;
        }
        let example = EXAMPLES.iter().find(|(name, _)| *name == key.name).map_or("", |(_, example)| example);
        for line in example.lines() {
            text.push_str(&format!("# {line}\n"));
        }
    }
    text
}

/// What a file may say at each key.
pub const EXAMPLES: [(&str, &str); 15] = [
    ("select", "select: [unknown-host, wrong-port]"),
    ("ignore", "ignore: [obsolete-attribute]"),
    ("severity", "severity:\n  missing-depends-on: error"),
    ("level", "level: hardening"),
    ("min-confidence", "min-confidence: certain"),
    ("fail-on", "fail-on: error"),
    ("baseline", "baseline: .dockworthy-baseline.yaml"),
    (
        "overrides",
        "overrides:\n  - paths: [\"examples/**\"]\n    ignore: [unset-interpolation]\n    severity: { unknown-host: advice }",
    ),
    ("stacks", "stacks:\n  prod:\n    files: [compose.yaml, compose.prod.yaml]\n    env-files: [prod.env]"),
    ("environment", "environment: [IMAGE_TAG, DB_PASSWORD]"),
    ("external-hosts", "external-hosts: [legacy-db, \"*.internal\"]"),
    ("service-sources", "service-sources:\n  api: ./services/api"),
    ("retrying-services", "retrying-services: [worker]"),
    (
        "rules",
        "rules:\n  pool-exceeds-max-connections:\n    limits: { db: 300 }\n  unread-variable:\n    read-elsewhere: [\"NEW_RELIC_*\"]",
    ),
    ("suppressions", "suppressions:\n  require-reason: true"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_example() {
        let names: Vec<&str> = keys::FILE.iter().map(|key| key.name).collect();
        assert_eq!(EXAMPLES.map(|(name, _)| name).to_vec(), names);
    }
}
