//! An application's environment: `config/config.exs`, the file of the Mix environment, `config/runtime.exs`.

use std::path::Path;

use crate::programs::evaluate::Environment;
use crate::programs::{ModuleIndex, Scope, Settings};

/// The key under which the name of the Mix environment is asked for, and given by what starts the program.
pub(in crate::programs) const MIX_ENV: &str = "Mix.env";

/// How Mix finds settings: keys are the application, the key and the names within its value, with colons.
pub(super) struct Configuration;

impl Settings for Configuration {
    fn variables(&self, _: &Scope, _: &Path, key: &str) -> Vec<String> {
        if key == MIX_ENV { vec!["MIX_ENV".to_string()] } else { Vec::new() }
    }

    fn files(&self, scope: &Scope, place: &Path, _: &dyn Environment) -> Option<Vec<ModuleIndex>> {
        Some(files(scope, place))
    }

    fn name(&self, key: &str) -> String {
        key.to_string()
    }
}

/// The files that configure the application whose file is at `place`, those that override others first.
pub(super) fn files(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let environment = scope.given.iter().find(|(key, _)| key == MIX_ENV).map(|(_, name)| name.as_str());
    let own = format!("{}.exs", environment.unwrap_or("prod"));
    let mut found = Vec::new();
    for name in ["runtime.exs", "releases.exs", own.as_str(), "config.exs"] {
        let directories =
            place.ancestors().skip(1).chain(scope.roots.iter().map(std::path::PathBuf::as_path));
        for directory in directories {
            let file = scope.at(&directory.join("config").join(name));
            found.extend(file.filter(|file| !found.contains(file)));
        }
    }
    found
}

/// What a project compiles and how it is configured, from the place of its `mix.exs`.
pub(super) fn loaded(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let Some(directory) = place.parent() else { return Vec::new() };
    let own = |place: &Path| {
        let Ok(below) = place.strip_prefix(directory) else { return false };
        let mut parts = below.components().filter_map(|part| part.as_os_str().to_str());
        let first = parts.next();
        // In an umbrella each application has its own directory.
        let first = if first == Some("apps") { parts.nth(1) } else { first };
        first == Some("lib") && place.extension().is_some_and(|extension| extension == "ex")
    };
    let mut found: Vec<ModuleIndex> =
        scope.iter().filter(|(_, place, _)| own(place)).map(|(index, ..)| index).collect();
    found.extend(files(scope, place));
    let applications = scope.named("mix.exs").filter(|(_, mix)| mix.starts_with(directory.join("apps")));
    for (_, mix) in applications {
        found.extend(files(scope, mix));
    }
    found
}
