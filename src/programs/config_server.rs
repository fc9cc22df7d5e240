//! The files that a Spring Cloud Config server of the project hands out: those of its `native` locations, which lie in
//! its own resources, in a folder that is mounted, or beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{FRONT_ENDS, ModuleIndex, Scope, Sources};
use crate::compose::{Project, Service};
use crate::source::{Kind, SourceMap, clean};

/// Where what is handed out stands among a program's modules.
pub const HANDED: &str = "/.handed";

/// Where modules keep their settings.
const RESOURCES: &str = "src/main/resources";
/// How the setting of the locations is written.
const LOCATIONS: [&str; 3] = ["search-locations", "searchLocations", "searchlocations"];
/// Directories that are looked at for a server.
const MAX_DIRECTORIES: usize = 400;
/// Directories below the project's are looked at only this deep.
const MAX_DEPTH: usize = 3;
/// A server that hands out more files is cut short.
const MAX_FILES: usize = 200;

/// A file that is handed out, by its path below the location.
pub(super) type Handed = (PathBuf, PathBuf);

/// The files that a server of the project hands out.
pub(super) fn files(sources: &SourceMap, project: &Project) -> Vec<Handed> {
    let mut directories = vec![(clean(&project.directory), 0)];
    let builds = project.services.values().filter_map(|service| service.build.as_ref()?.directory.clone());
    directories.extend(builds.map(|directory| (clean(&directory), MAX_DEPTH)));
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((directory, depth)) = directories.get(at).cloned().filter(|_| at < MAX_DIRECTORIES) {
        at += 1;
        if sources.files().kind(&directory.join(RESOURCES)) == Some(Kind::Directory) {
            for location in locations(sources, &directory) {
                found.extend(at_location(sources, project, &directory, &location));
            }
        }
        if depth < MAX_DEPTH {
            let plain = |name: &String| {
                !name.starts_with('.') && !["node_modules", "target", "build", "src"].contains(&name.as_str())
            };
            let names = sources.files().list(&directory).into_iter().filter(plain);
            let below = names.map(|name| directory.join(name));
            let below = below.filter(|path| sources.files().kind(path) == Some(Kind::Directory));
            for path in below {
                if !directories.iter().any(|(known, _)| *known == path) {
                    directories.push((path, depth + 1));
                }
            }
        }
    }
    for service in project.services.values() {
        let at = service.build.as_ref().and_then(|build| build.directory.clone());
        let at = clean(&at.unwrap_or_else(|| project.directory.clone()));
        for location in told(service) {
            found.extend(at_location(sources, project, &at, &location));
        }
    }
    found.sort();
    found.dedup();
    found.truncate(MAX_FILES);
    found
}

/// The locations that a service's own variables name to the server.
fn told(service: &Service) -> Vec<String> {
    const VARIABLES: [&str; 2] = [
        "SPRING_CLOUD_CONFIG_SERVER_NATIVE_SEARCH_LOCATIONS",
        "SPRING_CLOUD_CONFIG_SERVER_NATIVE_SEARCHLOCATIONS",
    ];
    let set = VARIABLES.iter().filter_map(|name| service.environment.variables.get(*name));
    set.filter_map(|variable| variable.value.as_ref()?.complete()).flat_map(|text| values(&text)).collect()
}

/// Puts what a server hands out before the modules of a program that asks one.
pub(super) fn attach(
    sources: &SourceMap,
    read: &Sources,
    scope: &mut Scope,
    loaded: &mut Vec<ModuleIndex>,
    handed: impl FnOnce() -> Vec<Handed>,
) {
    const SIGNS: [&str; 4] =
        ["configserver:", "cloud-starter-config<", "cloud-starter-config\"", "cloud-starter-config'"];
    let asks = |index: &ModuleIndex| {
        scope.get(*index).is_some_and(|(_, source)| {
            source.front_end.name() == "spring"
                && source.glance(|text| SIGNS.iter().any(|sign| text.contains(sign)))
        })
    };
    if !loaded.iter().any(asks) {
        return;
    }
    let Some(reader) = FRONT_ENDS.iter().copied().find(|language| language.name() == "spring") else {
        return;
    };
    for (place, host) in handed() {
        if let Some(source) = read.get_as(sources, &host, reader) {
            loaded.push(scope.insert(Path::new(HANDED).join(place), Arc::clone(&source)));
        }
    }
}

/// The locations that the settings of a module name.
fn locations(sources: &SourceMap, module: &Path) -> Vec<String> {
    let resources = module.join(RESOURCES);
    let names = sources.files().list(&resources).into_iter();
    let names = names.filter(|name| name.starts_with("application") || name.starts_with("bootstrap"));
    let mut found = Vec::new();
    for name in names.take(12) {
        let Ok(file) = sources.load(&resources.join(name)) else { continue };
        let mut lines = file.text.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            let Some(key) = LOCATIONS.iter().find(|key| line.contains(*key)) else { continue };
            if line.starts_with('#') {
                continue;
            }
            let rest = line.split_once(key).map_or("", |(_, rest)| rest);
            let rest = rest.trim_start_matches(|c: char| c == '[' || c == ']' || c.is_ascii_digit());
            let value = rest.trim_start().trim_start_matches([':', '=']);
            found.extend(values(value));
            while let Some(item) = lines.next_if(|line| line.starts_with("- ")) {
                found.extend(values(item.trim_start_matches("- ")));
            }
        }
    }
    found
}

/// The values of a list: `"classpath:/config, file:./repository"`.
fn values(text: &str) -> Vec<String> {
    let plain = |value: &str| value.trim_matches([' ', '"', '\'', '[', ']']).to_string();
    let mut found: Vec<String> = text.split(',').map(plain).collect();
    found.retain(|value| value.contains(':') || value.starts_with(['/', '.']));
    found
}

/// The files of a location; that of one program may be a folder of its own.
fn at_location(sources: &SourceMap, project: &Project, module: &Path, location: &str) -> Vec<Handed> {
    let plain = location.split("{application}").next().unwrap_or(location);
    let plain = match (plain.find("${"), plain.find(':')) {
        // `${CONFIG_DIR:file:./config}`
        (Some(0), Some(colon)) => plain.get(colon + 1..).unwrap_or("").trim_end_matches('}'),
        (Some(_), _) => return Vec::new(),
        _ => plain,
    };
    let directories: Vec<PathBuf> = match plain.strip_prefix("classpath:") {
        Some(path) => vec![module.join(RESOURCES).join(path.trim_start_matches('/'))],
        None => {
            let path = plain.strip_prefix("file:").unwrap_or(plain).trim_end_matches('/');
            let path = if path.starts_with("//") { path.trim_start_matches("//") } else { path };
            on_host(project, module, Path::new(path))
        }
    };
    let folders = location.contains("{application}");
    for directory in directories {
        let directory = clean(&directory);
        let mut found = of_directory(sources, &directory, Path::new(""));
        if folders {
            for name in sources.files().list(&directory).into_iter().take(MAX_FILES) {
                found.extend(of_directory(sources, &directory.join(&name), Path::new(&name)));
            }
        }
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Where a path of the server's container may lie on this machine.
fn on_host(project: &Project, module: &Path, path: &Path) -> Vec<PathBuf> {
    let mounts = project.services.values().flat_map(|service| &service.volumes);
    let mounted = mounts.filter_map(|mount| {
        let below = path.strip_prefix(&mount.target).ok()?;
        Some(mount.path.as_ref()?.join(below))
    });
    let mut found: Vec<PathBuf> = mounted.collect();
    let below = path.strip_prefix("/").unwrap_or(path);
    found.extend([module.join(below), project.directory.join(below)]);
    if let Some(name) = path.file_name().filter(|_| path.is_absolute()) {
        found.extend([module.join(name), project.directory.join(name)]);
    }
    found
}

fn of_directory(sources: &SourceMap, directory: &Path, below: &Path) -> Vec<Handed> {
    let settings = |name: &String| super::has_extension(Path::new(name), &["yml", "yaml", "properties"]);
    let names = sources.files().list(directory).into_iter().filter(settings);
    names.take(MAX_FILES).map(|name| (below.join(&name), directory.join(&name))).collect()
}
