//! The configuration files of a run, and the stacks that they declare.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Failed;
use crate::compose::projects::Stack;
use crate::config::file::{self, ConfigFile, Mistake};
use crate::report::{Place, one_line, shown};
use crate::source::{Kind, SourceMap, clean};

/// The configuration files of a run, each read once.
pub struct Configurations<'a> {
    sources: &'a SourceMap,
    here: &'a Path,
    /// That of `--config`, which takes the place of all others.
    given: Option<PathBuf>,
    read: BTreeMap<PathBuf, Arc<ConfigFile>>,
}

impl<'a> Configurations<'a> {
    /// Nothing read yet; `given` is the file of `--config`.
    pub fn new(sources: &'a SourceMap, here: &'a Path, given: Option<&Path>) -> Result<Self, Failed> {
        let given = given.map(|path| clean(&here.join(path)));
        if let Some(path) = given.as_ref().filter(|path| sources.files().kind(path) != Some(Kind::File)) {
            return Err(Failed::Asked(format!("there is no configuration file `{}`", shown(path, here))));
        }
        Ok(Self { sources, here, given, read: BTreeMap::new() })
    }

    /// The stacks that concern the tree at `root`, which has these files: those of the configuration file
    /// above it that lie in it, and of all within it.
    pub fn stacks(&mut self, root: &Path, files: &[PathBuf]) -> Result<Vec<Stack>, Failed> {
        let mut paths: Vec<PathBuf> = match &self.given {
            Some(given) => vec![given.clone()],
            None => {
                let within = files.iter().filter(|path| file::is_named(path)).cloned();
                file::above(self.sources, root).into_iter().chain(within).collect()
            }
        };
        paths.dedup();
        let mut stacks = Vec::new();
        for path in paths {
            let whole = self.given.is_some();
            let config = self.config(&path)?;
            let concerns = |stack: &&Stack| whole || stack.files.iter().any(|file| file.starts_with(root));
            stacks.extend(config.stacks.iter().filter(concerns).cloned());
        }
        Ok(stacks)
    }

    /// The configuration file that counts for what lies in the folder.
    pub fn of(&mut self, folder: &Path) -> Result<Option<Arc<ConfigFile>>, Failed> {
        let path = self.given.clone().or_else(|| file::above(self.sources, folder));
        path.map(|path| self.config(&path)).transpose()
    }

    fn config(&mut self, path: &Path) -> Result<Arc<ConfigFile>, Failed> {
        if let Some(known) = self.read.get(path) {
            return Ok(known.clone());
        }
        let config = file::read(self.sources, path).map_err(|mistakes| self.told(path, &mistakes))?;
        let config = Arc::new(config);
        self.read.insert(path.to_path_buf(), config.clone());
        Ok(config)
    }

    /// All mistakes of a file as one message.
    fn told(&self, path: &Path, mistakes: &[Mistake]) -> Failed {
        let line = |mistake: &Mistake| {
            let message = one_line(&mistake.message);
            if mistake.at.is_none() {
                return format!("{}: {message}", shown(path, self.here));
            }
            let Place { file, line, column, .. } = Place::of(self.sources, self.here, mistake.at);
            format!("{file}:{line}:{column}: {message}")
        };
        Failed::Asked(mistakes.iter().map(line).collect::<Vec<_>>().join("\nerror: "))
    }
}
