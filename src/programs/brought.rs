//! What brings the programs that containers run by name: `rules/data/programs.yaml`, typed.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use serde::Deserialize;

const TABLE: &str = include_str!("../../rules/data/programs.yaml");

/// The official images of which is known that they have no program of the table but those that it says they have.
const CLOSED: [&str; 25] = [
    "alpine",
    "amazoncorretto",
    "busybox",
    "caddy",
    "debian",
    "denoland/deno",
    "dotnet/aspnet",
    "dotnet/runtime",
    "dotnet/sdk",
    "eclipse-temurin",
    "elixir",
    "erlang",
    "golang",
    "gradle",
    "httpd",
    "maven",
    "nginx",
    "node",
    "openjdk",
    "oven/bun",
    "php",
    "python",
    "ruby",
    "rust",
    "ubuntu",
];

/// A program that is known, and what brings it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnownProgram {
    /// Its name.
    pub program: String,
    /// The packages of the system that hold it; a `*` stands for the rest of a name.
    pub packages: Vec<String>,
    /// The official images that have it.
    pub images: Vec<String>,
    /// Images that do not have it, whatever the table of images knows of them.
    pub lacking: Vec<String>,
    /// The packages of PyPI that bring it.
    pub python: Vec<String>,
    /// The packages of PyPI or npm that are installed with one which brings it.
    pub with: Vec<String>,
    /// The packages of npm that bring it.
    pub node: Vec<String>,
    /// The packages that bring it only before a major version.
    pub until: BTreeMap<String, u32>,
    /// Whether it is of use only where all that is installed lies in `PATH`.
    pub global: bool,
    /// Whether the table of images says which have it.
    pub listed: bool,
}

/// The program of this name, if it is known.
#[must_use]
pub fn known(name: &str) -> Option<&'static KnownProgram> {
    static ALL: OnceLock<Vec<KnownProgram>> = OnceLock::new();
    let all = ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default());
    all.iter().find(|program| program.program == name)
}

/// Whether it is an official image of which is known what it has.
#[must_use]
pub fn is_closed(path: &str) -> bool {
    CLOSED.contains(&path)
}

impl KnownProgram {
    /// Whether an image lacks it: one of those whose contents are known, and none that has it. `path` is the image's
    /// without registry, `tag` its tag.
    #[must_use]
    pub fn is_lacking(&self, path: &str, tag: &str) -> bool {
        let fits = |one: &String| {
            let (name, words) = one.split_once(':').unwrap_or((one, ""));
            let tagged = match words.strip_prefix('!') {
                Some(others) => !others.split('!').any(|word| tag.contains(word)),
                None => tag.contains(words),
            };
            (name == "*" || name == path) && tagged
        };
        !self.listed && CLOSED.contains(&path) && !self.images.iter().any(fits)
            || self.lacking.iter().any(fits)
    }

    /// The first package of the system that is called by its whole name.
    #[must_use]
    pub fn system(&self) -> Option<&str> {
        self.packages.iter().find(|package| !package.contains('*')).map(String::as_str)
    }

    /// Whether a package of the system holds it.
    #[must_use]
    pub fn is_in(&self, package: &str) -> bool {
        self.packages.iter().any(|pattern| matches(pattern, package))
    }

    /// Whether a package brings it no more in the version that a manifest asks for.
    #[must_use]
    pub fn is_outgrown(&self, package: &str, version: &str) -> bool {
        let asked = version.trim_start_matches(|c: char| !c.is_ascii_digit());
        let major = asked.split(['.', ' ', '-']).next().and_then(|major| major.parse::<u32>().ok());
        let until = self.until.get(package);
        until.zip(major).is_some_and(|(until, major)| major >= *until) && !version.contains(['<', '|', '/'])
    }

    /// Whether one of these packages of a language brings it, or another that does. The names are in lower case, with `-`
    /// for `_`; extras of Python's packages may stand among them.
    #[must_use]
    pub fn is_among(&self, names: &HashSet<String>) -> bool {
        self.python.iter().chain(&self.node).chain(&self.with).any(|pattern| {
            match pattern.trim_end_matches(']').split_once('[') {
                Some((name, extra)) => names.contains(name) && names.contains(extra),
                None if pattern.contains('*') => names.iter().any(|name| matches(pattern, name)),
                None => names.contains(pattern),
            }
        })
    }
}

/// Whether a name is of the pattern, in which a `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        last = Some(part);
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or(""),
            None => return false,
        }
    }
    last.map_or(rest.is_empty(), |last| name.ends_with(last))
}

/// What installs or fetches programs, with one of these words.
pub(super) const INSTALLERS: [&str; 22] = [
    "apk",
    "apt",
    "apt-get",
    "bun",
    "bundle",
    "cargo",
    "composer",
    "conda",
    "curl",
    "dnf",
    "easy_install",
    "gem",
    "go",
    "npm",
    "pip",
    "pip3",
    "pnpm",
    "poetry",
    "uv",
    "wget",
    "yarn",
    "yum",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let all: Vec<KnownProgram> = serde_yaml::from_str(TABLE).unwrap();
        let mut names: Vec<&str> = all.iter().map(|program| program.program.as_str()).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before, "a program stands there twice");
    }

    #[test]
    fn names_and_patterns() {
        assert!(
            matches("php*fpm*", "php8.2-fpm") && matches("flask-*", "flask-cors") && matches("curl", "curl")
        );
        assert!(
            !matches("php*fpm*", "php8.2-cli")
                && !matches("curl", "libcurl4")
                && !matches("flask", "flask-cors")
        );
        assert!(matches("*mysql-client*", "default-mysql-client"));
    }

    #[test]
    fn images_that_lack_programs() {
        let lacks =
            |name: &str, path: &str, tag: &str| known(name).is_some_and(|known| known.is_lacking(path, tag));
        assert!(lacks("supervisord", "php", "8.2-fpm") && lacks("php-fpm8.2", "php", "8.2-fpm"));
        assert!(!lacks("php-fpm", "php", "8.2-fpm") && lacks("php-fpm", "php", "8.2-apache"));
        assert!(!lacks("python3", "node", "20") && lacks("python3", "node", "20-slim"));
        assert!(!lacks("crond", "php", "8.2-fpm-alpine") && lacks("cron", "php", "8.2-fpm"));
        assert!(!lacks("java", "postgres", "16"), "what is not known is not said");
    }
}
