//! What frameworks load by themselves for a word in files of settings: `rules/data/loaders.yaml`, typed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

const TABLE: &str = include_str!("../../../rules/data/loaders.yaml");

/// What loads a package for a word.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Loader {
    pub title: String,
    /// Where the word stands, below the application.
    pub files: Vec<String>,
    /// What stands before it.
    pub key: String,
    /// The variables that say it.
    pub variables: Vec<String>,
    /// Calls of code that say it.
    pub calls: Vec<String>,
    /// The words, each with the packages that bring what it means.
    pub words: BTreeMap<String, Vec<String>>,
}

/// What a library of Node loads where code says a word.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OfLibrary {
    pub title: String,
    /// The package that loads it.
    pub library: String,
    pub word: String,
    /// What says that it does not.
    pub unless: Vec<String>,
    /// What it loads.
    pub packages: Vec<String>,
}

/// What a library of Python loads where code says a word.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OfWords {
    pub title: String,
    /// What the module imports.
    pub library: String,
    pub words: Vec<String>,
    /// What says that it does not.
    pub unless: Vec<String>,
    /// The commands of `manage.py` that ask for it, where only they do.
    pub commands: Vec<String>,
    /// What it imports: one of them is enough.
    pub packages: Vec<String>,
}

/// All that is known.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Loaders {
    pub ruby: Vec<Loader>,
    pub php: Vec<Loader>,
    pub node: Vec<OfLibrary>,
    pub python: Vec<OfWords>,
    /// What code in C# uses, and what brings it.
    pub dotnet: BTreeMap<String, Vec<String>>,
    /// Programs of gems, and what brings them.
    pub commands: BTreeMap<String, Vec<String>>,
    /// Tasks of Rake, and what brings them.
    pub tasks: BTreeMap<String, Vec<String>>,
    /// Commands of Django's `manage.py`, and what brings them.
    pub django: BTreeMap<String, Vec<String>>,
    /// Commands of Laravel's `artisan`, and what brings them.
    pub artisan: BTreeMap<String, Vec<String>>,
}

pub(super) fn all() -> &'static Loaders {
    static ALL: OnceLock<Loaders> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Loaders = serde_yaml::from_str(TABLE).unwrap();
        assert!(table.node.iter().all(|row| !row.library.is_empty() && row.packages.len() == 1));
        for row in &table.python {
            assert!(!row.library.is_empty() && !row.words.is_empty(), "{}", row.title);
            let known = |name: &String| super::super::python::row_of(name).is_some();
            assert!(!row.packages.is_empty() && row.packages.iter().all(known), "{}", row.title);
        }
        assert!(table.dotnet.values().all(|packages| !packages.is_empty()));
        for loader in table.ruby.iter().chain(&table.php) {
            assert!(!loader.title.is_empty() && !loader.files.is_empty() && !loader.words.is_empty());
            assert_ne!(loader.key.is_empty(), loader.variables.is_empty(), "{}", loader.title);
        }
    }
}
