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

/// All that is known.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Loaders {
    pub ruby: Vec<Loader>,
    pub php: Vec<Loader>,
    /// Programs of gems, and what brings them.
    pub commands: BTreeMap<String, Vec<String>>,
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
        for loader in table.ruby.iter().chain(&table.php) {
            assert!(!loader.title.is_empty() && !loader.files.is_empty() && !loader.words.is_empty());
            assert_ne!(loader.key.is_empty(), loader.variables.is_empty(), "{}", loader.title);
        }
    }
}
