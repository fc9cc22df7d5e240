//! Settings that a framework lays together from the environment and from configuration files.
//!
//! A program asks for a key (`Configuration["Redis:Host"]`, `${redis.host}`) and does not say where the value
//! comes from: an environment variable whose name follows from the key, else the first of the framework's
//! configuration files that has it. Front ends read such files to modules like all others, whose names are
//! the keys; [`Settings`] says which files and variables a key has.

use std::path::Path;

use super::evaluate::Environment;
use super::{ModuleIndex, Scope};

/// How a framework finds its settings.
pub trait Settings: Sync {
    /// The environment variables that set the key, the usual one first, whatever their case; none where only
    /// files do.
    fn variables(&self, scope: &Scope, place: &Path, key: &str) -> Vec<String>;

    /// The configuration files that the program at this place is started with under the environment, those
    /// that override others first; `None` when the environment does not tell.
    fn files(&self, scope: &Scope, place: &Path, environment: &dyn Environment) -> Option<Vec<ModuleIndex>>;

    /// The name that a key has in [`Module::names`](super::Module::names) of a configuration file.
    fn name(&self, key: &str) -> String;

    /// The variable that holds the key among others, if there is one: it stands over files.
    fn holder(&self, key: &str) -> Option<&'static str> {
        let _ = key;
        None
    }

    /// Where in such a variable's text the value of the key stands; `None` where that is not told.
    fn held(&self, key: &str, text: &str) -> Option<std::ops::Range<usize>> {
        let _ = (key, text);
        None
    }

    /// Whether a file that is not there may say of the key what these do not.
    fn is_open(&self, scope: &Scope, place: &Path, key: &str) -> bool {
        let _ = (scope, place, key);
        false
    }

    /// Whether a variable that is set but blank counts as unset.
    fn skips_blank(&self) -> bool {
        false
    }

    /// Whether what the files say are the program's own defaults, for when a variable is not set.
    fn are_defaults(&self) -> bool {
        false
    }
}
