//! What is different for some files of a project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::finding::Severity;
use crate::source::Spanned;

/// An entry of `overrides`.
#[derive(Clone, Debug, Default)]
pub struct Override {
    /// The directory that the patterns count from.
    pub directory: PathBuf,
    /// Which files it is about.
    pub paths: Vec<Spanned<Pattern>>,
    /// Rules that do not speak there.
    pub ignore: Vec<String>,
    /// Severities of rules there.
    pub severity: BTreeMap<String, Severity>,
}

/// A pattern of paths, as in ignore files: one without `/` counts in every folder, and one that fits a folder fits all
/// that is in it.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As written.
    pub text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        let anchored = bare.contains('/');
        let bare = bare.trim_start_matches('/');
        if bare.is_empty() {
            return Err("a pattern must not be blank".to_string());
        }
        let whole = if anchored { bare.to_string() } else { format!("**/{bare}") };
        let glob = GlobBuilder::new(&whole).literal_separator(true).build();
        let glob = glob.map_err(|error| format!("`{text}` is no pattern: {}", error.kind()))?;
        Ok(Self { text: text.to_string(), matcher: glob.compile_matcher() })
    }

    /// Whether it fits a path, or a folder that the path is in.
    #[must_use]
    pub fn matches(&self, path: &Path) -> bool {
        path.ancestors().filter(|path| !path.as_os_str().is_empty()).any(|path| self.matcher.is_match(path))
    }
}

impl Override {
    /// Whether it is about the file.
    #[must_use]
    pub fn matches(&self, file: &Path) -> bool {
        let Ok(below) = file.strip_prefix(&self.directory) else { return false };
        self.paths.iter().any(|pattern| pattern.value.matches(below))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_ignore_files() {
        let fits =
            |pattern: &str, path: &str| Pattern::new(pattern).is_ok_and(|it| it.matches(Path::new(path)));
        assert!(fits("settings.py", "app/settings.py"));
        assert!(fits("*.yaml", "deploy/compose.yaml"));
        assert!(fits("examples/", "a/examples/b/compose.yaml"));
        assert!(fits("deploy/*.yaml", "deploy/compose.yaml"));
        assert!(!fits("deploy/*.yaml", "deploy/a/compose.yaml"));
        assert!(fits("./deploy/**/*.yaml", "deploy/a/compose.yaml"));
        assert!(!fits("/compose.yaml", "a/compose.yaml"));
        assert!(!fits("setting.py", "settings.py"));
        assert!(Pattern::new("a[").is_err() && Pattern::new("./").is_err());
    }
}
