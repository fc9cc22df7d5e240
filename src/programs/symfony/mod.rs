//! The configuration of Symfony: YAML whose values name variables as `%env(NAME)%`.

mod bundles;
mod placeholders;

use std::path::{Path, PathBuf};

use super::evaluate::Environment;
use super::{FrontEnd, Module, ModuleIndex, Scope, has_extension, reading};
use crate::source::SourceFile;

/// Configuration of Symfony.
pub struct Symfony;

/// Parameters are looked for in no more files.
const MAX_FILES: usize = 200;

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

    fn may_take_over(&self, _text: &str) -> bool {
        true
    }

    // "Environment variable processors": they are resolved at run time, when a service that has them is made.
    fn asks_when_used(&self) -> bool {
        true
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

    fn settings(&self) -> Option<&dyn super::Settings> {
        Some(&Parameters)
    }

    fn read(&self, file: &SourceFile) -> Module {
        let mut module = Module { path: file.path.clone(), ..Module::default() };
        let settings = reading::yaml::document(file, &mut |node, scalar| {
            placeholders::expression(node, scalar, &mut module)
        });
        // Sections and folders of other environments are not always loaded.
        let sections = file.text.find("\nwhen@").unwrap_or(file.text.len());
        let general = file.path.parent().is_some_and(is_general);
        module.required_where.retain(|(span, _)| general && file.range(*span).start < sections);
        let Some(settings) = settings else { return module };
        module.names = placeholders::parameters(&settings);
        module.takes_over.push("services".to_string());
        module.sinks = bundles::sinks(&settings);
        module
    }
}

/// Whether the folder's files hold in every environment.
fn is_general(folder: &Path) -> bool {
    folder.ends_with("packages") || folder.ends_with("config")
}

/// The parameters of all files.
struct Parameters;

impl super::Settings for Parameters {
    fn variables(&self, _: &Scope, _: &Path, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn files(&self, scope: &Scope, _: &Path, _: &dyn Environment) -> Option<Vec<ModuleIndex>> {
        // The vault, and what is configured in PHP, may say more.
        let hidden = |place: &Path| {
            let mut above = place.ancestors().skip(1).filter_map(Path::file_name);
            above.any(|folder| folder == "secrets") || place.ends_with("config/services.php")
        };
        if scope.iter().any(|(_, place, _)| hidden(place)) {
            return None;
        }
        let own = scope.iter().filter(|(.., source)| source.front_end.name() == "symfony");
        Some(own.map(|(index, ..)| index).take(MAX_FILES).collect())
    }

    fn name(&self, key: &str) -> String {
        key.to_string()
    }
}
