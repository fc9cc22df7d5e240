//! An application's environment: `config/config.exs`, the file of the Mix environment, `config/runtime.exs`.

use std::path::{Path, PathBuf};

use crate::programs::evaluate::Environment;
use crate::programs::{ModuleIndex, Scope, Settings};
use crate::source::clean;

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

    fn is_open(&self, scope: &Scope, place: &Path, key: &str) -> bool {
        let missing = |file: &ModuleIndex| {
            let Some((place, source)) = scope.get(*file) else { return false };
            source.imports().iter().any(|name| imported(scope, place, name).is_none())
        };
        key.contains(':') && files(scope, place).iter().any(missing)
    }

    fn name(&self, key: &str) -> String {
        key.to_string()
    }
}

/// No more files are imported by each other.
const MAX_IMPORTS: usize = 20;

/// The name of the Mix environment.
fn environment(scope: &Scope) -> &str {
    let given = scope.given.iter().find(|(key, _)| key == MIX_ENV);
    given.map_or("prod", |(_, name)| name.as_str())
}

/// The names in `import_config "prod.secret.exs"`; a `*` stands for the environment.
pub(super) fn imports(text: &str) -> Vec<String> {
    let calls = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let names = calls.filter_map(|line| {
        let (before, rest) = line.split_once("import_config")?;
        // Who looks first does without.
        let guarded = before.contains("exists?");
        let (_, rest) = rest.split_once('"').filter(|_| !guarded)?;
        let end = rest.rfind('"')?;
        let name = rest.get(..end)?.to_string();
        let name = ["#{config_env()}", "#{config_env}", "#{Mix.env()}", "#{Mix.env}"]
            .iter()
            .fold(name, |name, own| name.replace(own, "*"));
        (!name.contains("#{") && name.matches('*').count() < 2 && !name.contains("/*/")).then_some(name)
    });
    names.collect()
}

/// Where the file that another imports by this name lies.
pub(super) fn candidate(scope: &Scope, importer: &Path, name: &str) -> Option<PathBuf> {
    let name = name.replace('*', environment(scope));
    Some(clean(&importer.parent()?.join(name)))
}

fn imported(scope: &Scope, importer: &Path, name: &str) -> Option<ModuleIndex> {
    scope.at(&candidate(scope, importer, name)?)
}

/// The files that configure the application whose file is at `place`, those that override others first.
pub(super) fn files(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let own = format!("{}.exs", environment(scope));
    let mut found = Vec::new();
    for name in ["runtime.exs", "releases.exs", own.as_str(), "config.exs"] {
        let directories =
            place.ancestors().skip(1).chain(scope.roots.iter().map(std::path::PathBuf::as_path));
        for directory in directories {
            let file = scope.at(&directory.join("config").join(name));
            let mut chain: Vec<ModuleIndex> = file.filter(|file| !found.contains(file)).into_iter().collect();
            // What is imported last says the last word.
            for at in 0..MAX_IMPORTS {
                let Some((place, source)) = chain.get(at).and_then(|file| scope.get(*file)) else { break };
                let more = source.imports().iter().filter_map(|name| imported(scope, place, name));
                let more: Vec<ModuleIndex> =
                    more.filter(|file| !chain.contains(file) && !found.contains(file)).collect();
                chain.extend(more);
            }
            found.extend(chain.into_iter().rev());
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
