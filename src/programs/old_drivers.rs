//! Drivers that do not know how databases of today ask for passwords: `rules/data/authentication.yaml`, typed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::service_files::ImageTree;
use super::versions::images;
use super::versions::range::Version;
use super::versions::{Language, lock_version};
use super::{ModuleIndex, Scope};
use crate::source::{SourceFile, SourceMap, Span, Spanned};

const TABLE: &str = include_str!("../../rules/data/authentication.yaml");
/// Directories above a source in which its manifest is looked for.
const MAX_ABOVE: usize = 10;

/// Front ends, what their languages are called in the table, and the manifests in which their packages stand.
const LANGUAGES: [(&str, &str, &[&str]); 3] = [
    ("go", "go", &["go.mod"]),
    ("javascript", "npm", &["package.json"]),
    ("java", "java", &["pom.xml", "build.gradle", "build.gradle.kts"]),
];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Driver {
    language: String,
    package: String,
    below: Option<String>,
    server: String,
    unless: Vec<String>,
    instead: Option<String>,
    says: String,
}

fn table() -> &'static [Driver] {
    static READ: OnceLock<Vec<Driver>> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// A driver that is too old for a server of today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldDriver {
    /// It with its version, or the image that brings it.
    pub name: String,
    /// Where that is written.
    pub at: Span,
    /// Whose way of logging in it does not know: `postgresql`, `mysql`.
    pub server: &'static str,
    /// The first version that does.
    pub below: Option<&'static str>,
    /// What to use, where no version of it does.
    pub instead: Option<&'static str>,
    /// What the program gets.
    pub says: &'static str,
}

/// The drivers of the manifests of these modules, and that of the image.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    scope: &Scope,
    modules: &[ModuleIndex],
    built: &ImageTree,
    image: Option<&Spanned<String>>,
) -> Vec<OldDriver> {
    let mut found: Vec<OldDriver> = Vec::new();
    let mut seen: HashSet<PathBuf> = HashSet::new();
    let loaded: Vec<_> = modules.iter().filter_map(|index| scope.get(*index)).map(|(_, it)| it).collect();
    let mentions = |word: &str| loaded.iter().any(|source| source.glance(|text| text.contains(word)));
    let read = loaded.iter().filter_map(|source| {
        let known = LANGUAGES.iter().find(|(name, ..)| *name == source.front_end.name());
        Some((known?, source.path.as_path(), MAX_ABOVE))
    });
    // What is built of Java is seen by its manifest alone.
    let folders: Vec<PathBuf> = built
        .layers()
        .iter()
        .filter(|layer| layer.directory && !layer.outside)
        .map(|layer| layer.host.join("src"))
        .collect();
    let [.., java] = &LANGUAGES;
    let told = folders.iter().map(|folder| (java, folder.as_path(), 2));
    for ((_, language, names), path, most) in read.chain(told) {
        let language = *language;
        let mut above = path.ancestors().skip(1).take(most);
        let manifest = above.find_map(|folder| {
            let mut paths = names.iter().map(|name| folder.join(name));
            paths.find_map(|path| sources.load(&path).ok())
        });
        let Some(manifest) = manifest.filter(|manifest| seen.insert(manifest.path.clone())) else { continue };
        for driver in table().iter().filter(|driver| driver.language == language) {
            let version = match language {
                "go" => of_go(sources, &manifest, driver, &mentions),
                "npm" => of_npm(sources, &manifest, driver, &mentions),
                _ => of_java(&manifest, driver),
            };
            let below = driver.below.as_deref().and_then(Version::at_start_of);
            let Some((version, written, at)) = version else { continue };
            if below.is_none_or(|below| version.is_before(below)) {
                found.push(driver.old(format!("{} {written}", driver.package), manifest.slice(at.0, at.1)));
            }
        }
    }
    let of_php = loaded.iter().any(|source| source.front_end.name() == "php");
    let has = image.filter(|_| of_php).and_then(|image| Some((image, images::version(&image.value)?)));
    if let Some((image, (Language::Php, has))) = has {
        let drivers = table().iter().filter(|driver| driver.language == "php");
        let old = |driver: &&Driver| {
            driver.below.as_deref().and_then(Version::at_start_of).is_some_and(|below| has.is_before(below))
        };
        found.extend(
            drivers.filter(old).map(|driver| driver.old(format!("the PHP of {}", image.value), image.span)),
        );
    }
    found
}

impl Driver {
    fn old(&'static self, name: String, at: Span) -> OldDriver {
        let (server, says) = (self.server.as_str(), self.says.as_str());
        OldDriver { name, at, server, below: self.below.as_deref(), instead: self.instead.as_deref(), says }
    }
}

/// The newest version that may be installed, how it is written, and where.
type Found = (Version, String, (usize, usize));

/// What `go.mod` requires; `go.sum` may know of a newer one that others ask for.
fn of_go(
    sources: &SourceMap,
    manifest: &SourceFile,
    driver: &Driver,
    mentions: &dyn Fn(&str) -> bool,
) -> Option<Found> {
    let start = format!("{} v", driver.package);
    let from = manifest.text.find(&start)?;
    let line = manifest.text.get(from..)?.lines().next()?;
    let written = line.split_whitespace().nth(1)?;
    let other = line.contains("=>") || manifest.text.contains(&format!("{} =>", driver.package));
    if other || !mentions(&format!("\"{}\"", driver.package)) {
        return None;
    }
    let mut version = Version::at_start_of(written)?;
    if let Ok(sums) = sources.load(&manifest.path.with_file_name("go.sum")) {
        let all = sums.text.lines().filter_map(|line| line.strip_prefix(start.as_str()));
        let built = all.filter(|rest| !rest.contains("/go.mod")).filter_map(Version::at_start_of);
        version = built.max_by_key(|version| version.first()).unwrap_or(version);
    }
    Some((version, written.to_string(), (from, from + start.len() - 1 + written.len())))
}

/// What `package.json` lets in, or the lock file holds.
fn of_npm(
    sources: &SourceMap,
    manifest: &SourceFile,
    driver: &Driver,
    mentions: &dyn Fn(&str) -> bool,
) -> Option<Found> {
    let json: serde_json::Value = serde_json::from_str(&manifest.text).ok()?;
    let dependencies = json.get("dependencies")?;
    let written = dependencies.get(&driver.package)?.as_str()?;
    let other = driver.unless.iter().any(|name| dependencies.get(name).is_some());
    let quoted = ["'", "\""].iter().any(|quote| mentions(&format!("{quote}{}{quote}", driver.package)));
    let through = ["typeorm", "knex", "sequelize"].iter().any(|name| dependencies.get(*name).is_some());
    // Sequelize has its own for MySQL.
    let elsewhere = driver.server == "mysql" && dependencies.get("sequelize").is_some();
    if other || elsewhere || !quoted && !through {
        return None;
    }
    let load = |path: &Path| -> Option<Arc<SourceFile>> { sources.load(path).ok() };
    let held = lock_version(&load, manifest.path.parent()?, &driver.package);
    let newest = |text: &str| {
        let version = Version::at_start_of(text.trim_start_matches(['^', '~', '=', ' ']))?;
        match text.chars().next()? {
            '^' => Some(Version { minor: None, patch: None, ..version }),
            '~' => Some(Version { patch: None, ..version }),
            c if c.is_ascii_digit() || c == '=' => Some(version),
            _ => None,
        }
    };
    let version = match (&held, &driver.below) {
        (Some(held), _) => Version::at_start_of(held)?,
        (None, Some(_)) => newest(written)?,
        (None, None) => Version { major: 0, minor: None, patch: None },
    };
    let key = manifest.text.find(&format!("\"{}\"", driver.package))?;
    let value = key + manifest.text.get(key..)?.find(&format!("\"{written}\""))?;
    let shown = held.unwrap_or_else(|| written.to_string());
    Some((version, shown, (value + 1, value + 1 + written.len())))
}

/// `<artifactId>postgresql</artifactId>` with its version, `org.postgresql:postgresql:42.1.4`.
fn of_java(manifest: &SourceFile, driver: &Driver) -> Option<Found> {
    let text = &manifest.text;
    if manifest.path.ends_with("pom.xml") {
        let element = format!("<artifactId>{}</artifactId>", driver.package);
        let from = text.find(&element)?;
        let rest = text.get(from..)?;
        let block = rest.get(..rest.find("</dependency>")?)?;
        let value = block.find("<version>").map(|at| at + "<version>".len())?;
        let written = block.get(value..)?.split('<').next()?.trim();
        let at = (from + value, from + value + written.len());
        return Some((Version::at_start_of(written)?, written.to_string(), at));
    }
    let start = format!("org.postgresql:{}:", driver.package);
    let from = text.find(&start)? + start.len();
    let written = text.get(from..)?.split(['"', '\'', '@']).next()?;
    Some((Version::at_start_of(written)?, written.to_string(), (from, from + written.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let table: Vec<Driver> = serde_yaml::from_str(TABLE).unwrap();
        for driver in &table {
            assert!(driver.below.as_deref().is_none_or(|below| Version::at_start_of(below).is_some()));
            assert!(
                !driver.says.is_empty()
                    && ["postgresql", "mysql", "mongodb"].contains(&driver.server.as_str())
            );
            assert_eq!(driver.package.is_empty(), driver.language == "php");
        }
        assert!(table.len() > 5);
    }
}
