//! The configuration of Symfony: YAML whose values name variables as `%env(NAME)%`.

mod bundles;
mod placeholders;

use std::path::{Path, PathBuf};

use super::{FrontEnd, Module, Scope, has_extension, reading};
use crate::source::SourceFile;

/// Configuration of Symfony.
pub struct Symfony;

/// Files of bundles whose clients are known, by their stems.
const KNOWN: [&str; 10] = [
    "doctrine",
    "doctrine_mongodb",
    "messenger",
    "mailer",
    "framework",
    "snc_redis",
    "fos_elastica",
    "old_sound_rabbit_mq",
    "lock",
    "swiftmailer",
];

impl FrontEnd for Symfony {
    fn name(&self) -> &'static str {
        "symfony"
    }

    fn claims(&self, path: &Path) -> bool {
        if !has_extension(path, &["yaml", "yml"]) {
            return false;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        let mut above = path.ancestors().skip(1).filter_map(Path::file_name);
        let folder = above.next();
        KNOWN.contains(&stem)
            || folder.is_some_and(|name| name == "packages")
            || above.next().is_some_and(|name| name == "packages")
            || stem.starts_with("services") && folder.is_some_and(|name| name == "config")
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        ["%env(", "dsn", "host", "url", "redis"].iter().any(|word| text.contains(word))
    }

    fn imports(&self, text: &str) -> Vec<String> {
        let _ = text;
        Vec::new()
    }

    fn candidates(&self, scope: &Scope, importer: &Path, module: &str) -> Vec<PathBuf> {
        let _ = (scope, module);
        // Parameters are shared by all files; `config/services.yaml` has most of them.
        importer.ancestors().skip(1).take(4).map(|above| above.join("services.yaml")).collect()
    }

    fn read(&self, file: &SourceFile) -> Module {
        let mut module = Module { path: file.path.clone(), ..Module::default() };
        let settings = reading::yaml::document(file, &mut |node, scalar| {
            placeholders::expression(node, scalar, &mut module.reads)
        });
        let Some(settings) = settings else { return module };
        module.names = placeholders::parameters(&settings);
        module.takes_over.push("services".to_string());
        module.sinks = bundles::sinks(&settings);
        module
    }
}
