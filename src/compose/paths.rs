//! Paths as Compose resolves them: against the directory of the file they come from.

use std::path::{Path, PathBuf};

use super::Value;
use crate::source::clean;

/// Against what paths are resolved where a value does not know better.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// The project directory.
    pub directory: PathBuf,
    /// The home directory of the user.
    pub home: Option<String>,
}

impl Places {
    /// The path as Compose would use it: absolute, `~` replaced, cleaned.
    pub(super) fn absolute(&self, path: &str, value: &Value) -> PathBuf {
        if let Some(rest) = path.strip_prefix('~') {
            let home = self.home.as_deref().unwrap_or("/");
            return clean(Path::new(&format!("{home}/{rest}")));
        }
        if is_windows(path) {
            return PathBuf::from(path);
        }
        let base = value.base.as_deref().unwrap_or(&self.directory);
        if path.starts_with('/') { PathBuf::from(path) } else { clean(&base.join(path)) }
    }

    /// The directory of a build context; `None` when it is none (a URL, another service …).
    pub(super) fn context(&self, context: &str, value: &Value) -> Option<PathBuf> {
        (!is_remote(context)).then(|| self.absolute(context, value))
    }
}

/// Whether a path is absolute on Windows: `c:/x`, `\\\\server\\share\\x`.
fn is_windows(path: &str) -> bool {
    let slash = |c: Option<char>| matches!(c, Some('/' | '\\'));
    let mut letters = path.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), Some(':')) => letter.is_ascii_alphabetic() && slash(letters.next()),
        (Some('\\'), Some('\\')) => {
            let rest = letters.as_str();
            let mut parts = rest.split(['/', '\\']);
            let named = |part: Option<&str>| part.is_some_and(|part| !part.is_empty() && part != ".");
            named(parts.next()) && named(parts.next())
        }
        _ => false,
    }
}

/// Whether a build context is something else than a directory of this machine.
pub(super) fn is_remote(context: &str) -> bool {
    const PREFIXES: &[&str] = &["https://", "http://", "git://", "ssh://", "github.com/", "git@"];
    PREFIXES.iter().any(|prefix| context.starts_with(prefix))
        || context.contains("://")
        || context.starts_with("service:")
}
