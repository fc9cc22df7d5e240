//! Variables that a task runner of the project sets before it calls Compose: `cargo make`, `make`, `just`.
//!
//! Whoever starts the project by its tasks gives these to Compose, as a `.env` would. The lines that set them are read as those of
//! an env file are.

use std::collections::BTreeSet;
use std::path::Path;

use super::dotenv::{self, Settings};
use super::template::Lookup;
use crate::source::{Kind, Origin, SourceMap, Text};

/// Takes out of the text of a runner's file the lines that set variables, as an env file would have them.
type Lines = fn(&str) -> String;

/// What a runner's file is called, and how its lines are read.
const RUNNERS: [(&str, Lines); 5] = [
    ("Makefile.toml", of_cargo_make),
    ("Makefile", exported),
    ("makefile", exported),
    ("justfile", exported),
    ("Justfile", exported),
];

/// What the first task runner beside the compose files that calls Compose sets. What it works out is not known.
pub(super) fn of(sources: &SourceMap, directory: &Path, outer: &Lookup) -> Option<Settings> {
    RUNNERS.iter().find_map(|(name, lines)| {
        let path = directory.join(name);
        let file =
            (sources.files().kind(&path) == Some(Kind::File)).then(|| sources.load(&path).ok()).flatten()?;
        let calls = file.text.contains("docker") && file.text.contains("compose");
        let shown = file.masked(&lines(&file.text)).filter(|_| calls)?;
        let (mut settings, mut wrong) = (Settings::new(), Vec::new());
        dotenv::read(&shown, outer, &mut settings, &mut wrong);
        for setting in settings.values_mut() {
            if setting.value.is_blank() == Some(true) {
                setting.value = Text::unknown(Origin::at(setting.span));
            }
        }
        (!settings.is_empty()).then_some(settings)
    })
}

/// A line without all but its end.
fn blank(line: &str) -> String {
    let end = line.len() - line.trim_end_matches(['\n', '\r']).len();
    let (text, rest) = line.split_at(line.len() - end);
    " ".repeat(text.len()) + rest
}

/// `NAME = "value"` under `[env]`, and under the `env` of the tasks that call Compose to start services, or that those extend.
fn of_cargo_make(text: &str) -> String {
    let header = |line: &str| {
        let name = line.trim().strip_prefix('[')?.split(']').next()?.trim();
        (!name.starts_with('[')).then(|| name.to_string())
    };
    let mut starts: BTreeSet<String> = BTreeSet::new();
    let (mut task, mut extended, mut body) = (String::new(), String::new(), String::new());
    let mut close = |task: &str, extended: &str, body: &str| {
        if body.contains("compose") && body.contains("\"up\"") || body.contains("compose up") {
            starts.extend([task.to_string(), extended.to_string()]);
        }
    };
    for line in text.lines() {
        if let Some(name) = header(line) {
            close(&task, &extended, &body);
            (task, extended, body) = (name, String::new(), String::new());
        }
        if let Some((_, value)) = line.split_once('=').filter(|(key, _)| key.trim() == "extend") {
            extended = format!("tasks.{}", value.trim().trim_matches(['"', '\'']));
        }
        body.push_str(line);
    }
    close(&task, &extended, &body);
    let mut within = false;
    let lines = text.split_inclusive('\n').map(|line| {
        if let Some(name) = header(line) {
            within = name == "env" || name.strip_suffix(".env").is_some_and(|task| starts.contains(task));
            return blank(line);
        }
        let plain = line.split_once('=').is_some_and(|(name, value)| is_name(name.trim()) && is_plain(value));
        if within && plain { line.to_string() } else { blank(line) }
    });
    lines.collect()
}

/// `export NAME = value`, `export NAME ?= value`, `export NAME := "value"`; what is called for is left blank.
fn exported(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let Some(rest) = line.strip_prefix("export ") else { return blank(line) };
        let Some((name, value)) = rest.split_once('=') else { return blank(line) };
        let plain = name.trim_end_matches([':', '?', ' ']);
        if !is_name(plain.trim()) {
            return blank(line);
        }
        let value = if is_plain(value) { value.to_string() } else { blank(value) };
        let gap = " ".repeat(name.len() - plain.len());
        format!("       {plain}{gap}={value}")
    });
    lines.collect()
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a value says by itself what it is, or names variables in braces.
fn is_plain(value: &str) -> bool {
    !value.contains(['`', '(', '{', '[']) || value.contains("${") && !value.contains(['`', '(', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_runners() {
        let text = "export PORT ?= 80\nexport V := $(shell x)\nA = 1\nup:\n\tdocker compose up\n";
        assert_eq!(
            exported(text),
            "       PORT  = 80\n       V  =           \n     \n   \n                  \n"
        );
        let text = "[env]\nPORT = 80\n[tasks.a.env]\nHOST = \"db\"\n[tasks.b.env]\nHOST = \"x\"\n[tasks.up]\nextend = \"a\"\nargs = [\"compose\", \"up\"]\n";
        let shown = of_cargo_make(text);
        assert_eq!(shown.len(), text.len());
        let lines: Vec<&str> = shown.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["PORT = 80", "HOST = \"db\""]);
    }
}
