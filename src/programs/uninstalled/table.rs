//! `rules/data/imports.yaml`, typed.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use serde::Deserialize;

const TABLE: &str = include_str!("../../../rules/data/imports.yaml");

/// A name that code imports.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Row {
    /// The name.
    pub import: String,
    /// The packages that hold it; none where it is called like its package.
    packages: Vec<String>,
    /// The packages that are installed with it.
    with: Vec<String>,
    /// What of other packages needs it, by whole names.
    r#for: Vec<String>,
    /// The packages whose extras may bring it.
    pub extras: Vec<String>,
    /// The packages that brought it from one version on and below another.
    pub between: HashMap<String, (String, String)>,
    /// Whether many others bring it.
    pub common: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Quiet {
    python: Vec<String>,
    node: Vec<String>,
}

/// Packages, with what they bring of what is common.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Brings {
    python: HashMap<String, Vec<String>>,
    node: HashMap<String, Vec<String>>,
    /// Of no gem that is common anything is said.
    #[serde(skip)]
    ruby: HashMap<String, Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    python: Vec<Row>,
    node: Vec<Row>,
    ruby: Vec<Row>,
    hex: Vec<Row>,
    standard: Vec<String>,
    brings: Brings,
    quiet: Quiet,
}

/// The rows of one language.
pub struct Known {
    rows: HashMap<&'static str, &'static Row>,
    needed: HashMap<&'static str, &'static Row>,
    /// The packages that it speaks of.
    packages: HashSet<&'static str>,
    /// Those of which is known what of the common ones they bring.
    brings: HashMap<&'static str, &'static [String]>,
}

fn table() -> &'static Table {
    static ALL: OnceLock<Table> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

fn known(
    rows: &'static [Row],
    brings: &'static HashMap<String, Vec<String>>,
    quiet: &'static [String],
) -> Known {
    let named = rows.iter().flat_map(|row| row.packages.iter().chain(&row.with).map(String::as_str));
    let own = rows.iter().map(|row| row.import.as_str());
    let quietly = quiet.iter().map(String::as_str);
    let brings = brings.iter().map(|(name, imports)| (name.as_str(), imports.as_slice()));
    let nothing: &'static [String] = &[];
    Known {
        packages: named.chain(own).chain(quietly).collect(),
        brings: quiet.iter().map(|name| (name.as_str(), nothing)).chain(brings).collect(),
        needed: rows.iter().flat_map(|row| row.r#for.iter().map(move |name| (name.as_str(), row))).collect(),
        rows: rows.iter().map(|row| (row.import.as_str(), row)).collect(),
    }
}

/// What is known of Python's packages.
pub fn python() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| known(&table().python, &table().brings.python, &table().quiet.python))
}

/// What is known of npm's packages.
pub fn node() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| known(&table().node, &table().brings.node, &table().quiet.node))
}

/// What is known of gems.
pub fn ruby() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| known(&table().ruby, &table().brings.ruby, &[]))
}

/// What is known of Hex' packages: the modules that code names.
pub fn hex() -> impl Iterator<Item = &'static Row> {
    table().hex.iter()
}

/// Whether a module is one of Python's own library.
pub fn is_standard(module: &str) -> bool {
    static NAMES: OnceLock<HashSet<&'static str>> = OnceLock::new();
    NAMES.get_or_init(|| table().standard.iter().map(String::as_str).collect()).contains(module)
}

impl Known {
    /// The row of a name.
    pub fn of(&self, import: &str) -> Option<&'static Row> {
        self.rows.get(import).copied()
    }

    /// The row that is needed by a name of another package.
    pub fn needed_by(&self, name: &str) -> Option<&'static Row> {
        self.needed.get(name).copied()
    }

    /// Such a name, for a person: `Form`.
    pub fn needed_as(&self, name: &str) -> &'static str {
        let known = self.needed.keys().find(|known| **known == name);
        known.and_then(|known| known.rsplit('.').next()).unwrap_or("it")
    }

    /// The last parts of such names.
    pub fn needing(&self) -> impl Iterator<Item = &'static str> {
        self.needed.keys().filter_map(|name| name.rsplit('.').next())
    }

    /// Whether it speaks of a package.
    pub fn knows(&self, package: &str) -> bool {
        self.packages.contains(package)
    }

    /// Whether a package may bring what is common: it does, or it is not known what it brings.
    pub fn may_bring(&self, package: &str, import: &str) -> bool {
        self.brings.get(package).is_none_or(|imports| imports.iter().any(|known| known == import))
    }
}

impl Row {
    /// The packages that hold it or bring it.
    pub fn named(&self) -> impl Iterator<Item = &String> {
        self.packages.iter().chain(&self.with)
    }

    /// The package to install.
    pub fn package(&self) -> String {
        self.packages.first().cloned().unwrap_or_else(|| self.import.to_ascii_lowercase().replace('_', "-"))
    }

    /// Whether one of these packages is it, or brings it, or is called after it.
    pub fn is_among<'n>(&self, names: impl Iterator<Item = &'n str>) -> bool {
        let stem = self.import.to_ascii_lowercase().replace('_', "-");
        let package = self.package();
        let own = |name: &str| {
            self.packages.iter().chain(&self.with).any(|known| known == name)
                || !is_about(name) && (name.contains(&stem) || name.contains(&package))
        };
        names.into_iter().any(own)
    }
}

/// Whether a package is only about another: its types, or how it is measured.
fn is_about(name: &str) -> bool {
    name.starts_with("types-") || name.starts_with("@types/") || name.starts_with("opentelemetry-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Table = serde_yaml::from_str(TABLE).unwrap();
        for rows in [&table.python, &table.node, &table.ruby, &table.hex] {
            let names: HashSet<&str> = rows.iter().map(|row| row.import.as_str()).collect();
            assert_eq!(names.len(), rows.len());
        }
    }

    #[test]
    fn what_brings_what_is_common() {
        let table: Table = serde_yaml::from_str(TABLE).unwrap();
        let common =
            |rows: &[Row], import: &String| rows.iter().any(|row| row.common && row.import == *import);
        for (rows, brings) in [(&table.python, &table.brings.python), (&table.node, &table.brings.node)] {
            for (package, import) in
                brings.iter().flat_map(|(name, all)| all.iter().map(move |it| (name, it)))
            {
                assert!(common(rows, import), "{package} brings {import}");
            }
        }
        assert!(!table.quiet.python.iter().any(|name| table.brings.python.contains_key(name)));
        assert!(!table.quiet.node.iter().any(|name| table.brings.node.contains_key(name)));
        assert!(python().may_bring("flask", "markupsafe") && !python().may_bring("flask", "requests"));
        assert!(
            python().may_bring("what-nobody-knows", "requests") && !python().may_bring("redis", "requests")
        );
        assert!(node().may_bring("express", "debug") && !node().may_bring("express", "lodash"));
    }

    #[test]
    fn what_brings_a_package() {
        let row = python().of("psycopg2").unwrap();
        assert!(row.is_among(["psycopg2-binary"].into_iter()) && row.is_among(["aiopg"].into_iter()));
        assert!(!row.is_among(["psycopg", "types-psycopg2", "binary"].into_iter()));
    }
}
