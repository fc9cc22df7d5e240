//! A command that is started, and what is known of how.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::source::{Text, clean};

/// A command that is started: its words, where, and with which variables.
#[derive(Clone, Debug, Default)]
pub(in crate::programs) struct Launch {
    pub words: Vec<String>,
    pub directory: PathBuf,
    pub env: HashMap<String, String>,
    /// Whether it is.
    pub way: Way,
    /// Who looks for its program.
    pub by: By,
}

/// Whether a shell's text comes to a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::programs) enum Way {
    /// It does, and nothing goes on as it should without it.
    #[default]
    Surely,
    /// Only perhaps, or its failure is expected: a branch, a condition, `… || true`.
    Perhaps,
    /// A loop waits for its success.
    Awaited,
}

/// Who looks for the program of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::programs) enum By {
    /// The container or a shell, in `PATH`.
    #[default]
    Path,
    /// The script of a package of Node, also among what that is installed with. The package's directory.
    Package(PathBuf),
    /// A tool that fetches what is not there (`npx`), or has an environment of its own (`poetry run`).
    Tool,
}

impl Launch {
    /// The same place and variables with other words.
    pub(super) fn with(&self, words: impl IntoIterator<Item = String>) -> Self {
        Self { words: words.into_iter().collect(), ..self.clone() }
    }

    /// The same for what a tool looks for.
    pub(super) fn of_tool(self) -> Self {
        Self { by: By::Tool, ..self }
    }

    /// A path of the container, relative to where the command is started.
    pub(in crate::programs) fn path(&self, path: &str) -> PathBuf {
        clean(&self.directory.join(path))
    }

    /// The folders in which programs are looked for by their names, as far as the container is told them: its `PATH`.
    pub(in crate::programs) fn folders(&self) -> impl Iterator<Item = &Path> {
        let told = self.env.get("PATH").map_or("", String::as_str);
        told.split(':')
            .filter(|folder| folder.starts_with('/') && !folder.contains(Text::HOLE))
            .map(Path::new)
    }

    /// Whether its program is looked for by its name.
    pub(in crate::programs) fn is_named(&self) -> bool {
        self.words.first().is_some_and(|first| !first.contains('/'))
    }

    /// The name of its program, without directories.
    pub(in crate::programs) fn name(&self) -> &str {
        let first = self.words.first().map_or("", String::as_str);
        first.rsplit('/').next().unwrap_or(first)
    }
}

/// A command that the container comes to, in the end or on the way there.
#[derive(Clone, Debug)]
pub(in crate::programs) struct Call {
    /// The command.
    pub launch: Launch,
    /// The script of this machine in which it stands; none for the container's own command.
    pub script: Option<PathBuf>,
}

/// A script of a package that is run and that the package does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::programs) struct NoScript {
    /// What runs it: `npm`, `yarn`.
    pub manager: String,
    /// Its name.
    pub script: String,
    /// The directory of the package.
    pub package: PathBuf,
    /// The scripts that are there.
    pub others: Vec<String>,
    /// Whether it surely is run.
    pub way: Way,
}
