//! The configuration files of Rails: YAML that Ruby fills in, `config/database.yml` and the like.

pub mod sealed;
mod sections;
mod template;

use std::path::{Path, PathBuf};

use super::{FrontEnd, Module, Scope};
use crate::source::SourceFile;

/// Configuration of Rails.
pub struct Rails;

/// The files that are known, by their stems.
const KNOWN: [&str; 6] = ["database", "cable", "redis", "sidekiq", "mongoid", "resque"];

impl FrontEnd for Rails {
    fn name(&self) -> &'static str {
        "rails"
    }

    fn claims(&self, path: &Path) -> bool {
        path.extension().is_some_and(|kind| kind == "yml")
            && path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| KNOWN.contains(&stem))
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        text.contains(':')
    }

    fn imports(&self, text: &str) -> Vec<String> {
        let _ = text;
        Vec::new()
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        super::ruby::Ruby.candidates(scope, importer, module)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let (settings, mut module) = template::read(file);
        let Some(settings) = settings else { return module };
        let stem = file.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        module.sinks = sections::sinks(stem, &settings);
        module
    }
}
