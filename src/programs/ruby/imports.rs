//! Which files a Ruby file loads, and where constants lie.

use std::path::{Path, PathBuf};

use crate::programs::service_files::is_aside;
use crate::programs::{ModuleIndex, Scope};
use crate::source::clean;

/// Files whose constants others see.
const MAX_SHARED: usize = 32;
/// Below what a constant's file lies in applications and libraries.
const FOLDERS: [&str; 12] = [
    "lib",
    "app/models",
    "app/services",
    "app/lib",
    "app/clients",
    "app/jobs",
    "app/workers",
    "app/controllers",
    "app",
    "config",
    "src",
    "",
];

/// The modules that a text loads.
pub(super) fn scan(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.trim_start();
        if line.starts_with("require") || line.starts_with("load ") || line.starts_with("autoload") {
            out.extend(required(line));
        }
        if out.len() >= 400 {
            break;
        }
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|name| seen.insert(name.clone()));
    out
}

/// The module that a `require` names; one that starts with a dot is relative to the file.
pub(super) fn required(statement: &str) -> Option<String> {
    let quote = statement.find(['\'', '"'])?;
    let mark = statement.get(quote..=quote)?;
    let inside = statement.get(quote + 1..)?;
    let path = inside.get(..inside.find(mark)?)?;
    if path.is_empty() || path.contains(['#', '*', '\n']) {
        return None;
    }
    let before = statement.get(..quote)?;
    let path = path.trim_end_matches(".rb");
    let relative =
        before.starts_with("require_relative") || before.contains("__dir__") || before.contains("__FILE__");
    // `File.expand_path('../lib/x', __FILE__)` starts from the file itself.
    let from_file = statement.contains("__FILE__") && !before.contains("dirname");
    let path = if from_file { path.strip_prefix("../").unwrap_or(path) } else { path };
    Some(match relative || from_file || statement.contains("__dir__") {
        true => format!("./{}", path.trim_start_matches("./").trim_start_matches('/')),
        false => path.to_string(),
    })
}

/// Where a module may lie.
pub(super) fn candidates(roots: &[PathBuf], importer: &Path, module: &str) -> Vec<PathBuf> {
    let directories: Vec<&Path> = importer.ancestors().skip(1).take(8).collect();
    let all = || roots.iter().map(PathBuf::as_path).chain(directories.iter().copied());
    let file = |path: PathBuf| match path.extension().is_some_and(|kind| kind == "rb" || kind == "ru") {
        true => clean(&path),
        false => {
            let mut name = path.into_os_string();
            name.push(".rb");
            clean(Path::new(&name))
        }
    };
    if let Some(path) = module.strip_prefix("./") {
        let own = directories.first().map(|directory| file(directory.join(path)));
        return own.into_iter().chain(roots.iter().map(|root| file(root.join(path)))).collect();
    }
    if module.starts_with(|c: char| c.is_ascii_uppercase()) {
        let path = underscored(module);
        let below =
            all().flat_map(|directory| FOLDERS.map(|folder| file(directory.join(folder).join(&path))));
        return below.collect();
    }
    all()
        .flat_map(|directory| [file(directory.join(module)), file(directory.join("lib").join(module))])
        .collect()
}

/// `Payments::ApiClient` lies in `payments/api_client`.
fn underscored(constant: &str) -> String {
    let mut out = String::new();
    let mut before = '/';
    for c in constant.replace("::", "/").chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = c;
    }
    out
}

/// Whether the text loads files by a pattern.
pub(super) fn globs(text: &str) -> bool {
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    any(&["Zeitwerk"]) || any(&["Dir[", "Dir.glob", "require_all"]) && text.contains(".rb")
}

/// The files that a file loads by a pattern: `Dir['./lib/**/*.rb'].each { |file| require file }`.
pub(super) fn globbed(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    let Some((_, source)) = scope.at(place).and_then(|at| scope.get(at)) else { return Vec::new() };
    let Some(directory) = place.parent().filter(|_| source.signs().loads_otherwise) else {
        return Vec::new();
    };
    let all = scope.iter().filter(|(_, at, source)| {
        source.front_end.name() == "ruby" && at.strip_prefix(directory).is_ok_and(|below| !is_aside(below))
    });
    all.map(|(index, ..)| index).collect()
}

/// The modules whose constants every file of the program sees.
pub(super) fn constants(scope: &Scope, place: &Path) -> Vec<ModuleIndex> {
    scope.naming_for_all("ruby", place).take(MAX_SHARED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded() {
        let text = "require 'redis'\nrequire_relative \"lib/db\"\nrequire File.expand_path('../config/env', __FILE__)\nrequire \"./app\"\n";
        assert_eq!(scan(text), ["redis", "./lib/db", "./config/env", "./app"]);
        assert_eq!(underscored("Payments::APIClient"), "payments/apiclient");
        assert_eq!(underscored("Payments::ApiClient"), "payments/api_client");
    }
}
