//! Projects: which files a `.csproj` compiles, and which projects it refers to.

use std::path::{Path, PathBuf};

use super::configuration;
use crate::programs::{ModuleIndex, Scope, has_extension};
use crate::source::clean;

/// Directories of what a build makes.
const MADE: [&str; 2] = ["bin", "obj"];

/// Whether the file is a project.
pub fn is_project(path: &Path) -> bool {
    has_extension(path, &["csproj"])
}

/// The values of an attribute or element in the text of a project: `Include` of `<ProjectReference Include="…"/>`.
pub(super) fn references(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for element in text.split("<ProjectReference").skip(1).take(500) {
        let element = element.split('>').next().unwrap_or("");
        let Some((_, value)) = element.split_once("Include=") else { continue };
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let Some((path, _)) = quote.and_then(|quote| value.get(1..)?.split_once(quote)) else { continue };
        found.push(path.replace('\\', "/"));
    }
    found
}

/// What `<AssemblyName>` says the project's program is called.
pub fn assembly_name(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<AssemblyName>")?;
    Some(rest.split_once('<')?.0.trim()).filter(|name| !name.contains('$'))
}

/// The place of a project that another refers to.
pub(super) fn reference(importer: &Path, path: &str) -> PathBuf {
    clean(&importer.parent().unwrap_or(Path::new("/")).join(path))
}

/// The sources that a project compiles, and the settings that its program starts with.
pub(super) fn compiled(scope: &Scope, project: &Path) -> Vec<ModuleIndex> {
    let Some(directory) = project.parent() else { return Vec::new() };
    let others: Vec<&Path> = scope
        .iter()
        .filter(|(_, place, _)| is_project(place) && *place != project)
        .filter_map(|(_, place, _)| place.parent())
        .filter(|other| other.starts_with(directory) && *other != directory)
        .collect();
    let own = |place: &Path| {
        let Ok(below) = place.strip_prefix(directory) else { return false };
        has_extension(place, &["cs"])
            && !others.iter().any(|other| place.starts_with(other))
            && !below.components().any(|part| MADE.iter().any(|made| part.as_os_str() == *made))
    };
    let mut found: Vec<ModuleIndex> =
        scope.iter().filter(|(_, place, _)| own(place)).map(|(index, ..)| index).collect();
    for file in ["appsettings", "ocelot"] {
        found.extend(configuration::beside(scope, project, &format!("{file}.json")));
        let prefix = format!("{file}.");
        let named = |place: &Path| {
            let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("");
            name.starts_with(&prefix) && has_extension(place, &["json"])
        };
        let directories = scope.roots.iter().map(PathBuf::as_path).chain([directory]);
        for directory in directories {
            found.extend(scope.within(directory).filter(|(_, place)| named(place)).map(|(index, _)| index));
        }
    }
    found
}

/// The source that declares a class, of those that the program loads.
pub(super) fn declaring(scope: &Scope, class: &str) -> Vec<PathBuf> {
    let declares = |kind: &str| {
        let wanted = format!("{kind} {class}");
        let found = scope.mentioning(&wanted);
        let mut sources = found.iter().filter_map(|index| scope.get(*index));
        sources.find(|(place, source)| {
            has_extension(place, &["cs"])
                && source.text().match_indices(&wanted).any(|(at, _)| {
                    let rest = source.text().get(at + wanted.len()..).unwrap_or("");
                    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                })
        })
    };
    let found = ["class", "record"].into_iter().find_map(declares);
    found.map(|(place, _)| place.to_path_buf()).into_iter().collect()
}

/// The sources that may bind an options class to a section: `Configure<Class>(…)`, `AddOptions<Class>()`,
/// `Get<Class>()`.
pub(super) fn binders(scope: &Scope, class: &str) -> Vec<PathBuf> {
    let calls = ["Configure", "AddOptions", "Get"].map(|call| format!("{call}<{class}>("));
    let binds = |text: &str| calls.iter().any(|call| text.contains(call));
    let sources =
        scope.iter().filter(|(_, place, source)| has_extension(place, &["cs"]) && source.glance(binds));
    sources.map(|(_, place, _)| place.to_path_buf()).take(1).collect()
}
