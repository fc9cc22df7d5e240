//! The connectors of Kafka Connect that a project keeps as JSON, or in the scripts that send them: what they name is dialled by
//! the service that runs them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::placed::FOLDERS;
use super::{Module, config_files, has_extension};
use crate::compose::{ImageReference, Project, Service};
use crate::source::{Kind, SourceMap, clean};

/// Longer files are no connectors.
const MAX_TEXT: u64 = 64 << 10;
/// Nor are more files looked at.
const MAX_FILES: usize = 300;
/// Folders within folders that are looked into.
const MAX_DEPTH: usize = 2;

/// The connectors of a project, for the one service of it that runs some.
pub(super) fn of(sources: &SourceMap, project: &Project, service: &Service) -> Vec<Arc<Module>> {
    let others = project.services.values().filter(|other| runs_connectors(other)).count();
    if others != 1 || !runs_connectors(service) {
        return Vec::new();
    }
    // What is mounted where settings lie is read there.
    let mounted = |path: &Path| {
        let mut mounts = project.services.values().flat_map(|other| &other.volumes);
        mounts.any(|mount| {
            FOLDERS.iter().any(|folder| Path::new(&mount.target).starts_with(folder))
                && mount.path.as_ref().is_some_and(|host| path.starts_with(clean(host)))
        })
    };
    let connector = |path: &PathBuf| {
        let said = sources.peek(path, MAX_TEXT).is_ok_and(|text| text.text().contains("\"connector.class\""));
        said && !mounted(path)
    };
    let found = files(sources, project).into_iter().filter(connector);
    let read = |path: PathBuf| Some(Arc::new(config_files::connectors(&*sources.load(&path).ok()?)));
    found.filter_map(read).collect()
}

/// Whether a service is Kafka Connect, by its image or by the variables that say where it keeps its settings.
fn runs_connectors(service: &Service) -> bool {
    const IMAGES: [&str; 7] = [
        "confluentinc/cp-kafka-connect",
        "confluentinc/cp-kafka-connect-base",
        "confluentinc/cp-server-connect",
        "debezium/connect",
        "debezium/connect-base",
        "quay/debezium/connect",
        "bitnami/kafka-connect",
    ];
    let named = service.image.as_ref().and_then(|image| image.complete());
    let named = named.is_some_and(|image| {
        ImageReference::parse(&image).is_some_and(|parsed| IMAGES.contains(&parsed.path))
    });
    let set = |name: &str| service.environment.variables.contains_key(name);
    service.active
        && (named || set("CONNECT_CONFIG_STORAGE_TOPIC") || set("CONFIG_STORAGE_TOPIC") && set("GROUP_ID"))
}

fn files(sources: &SourceMap, project: &Project) -> Vec<PathBuf> {
    const ASIDE: [&str; 8] =
        ["node_modules", "target", "build", "dist", "test", "tests", "examples", "vendor"];
    let mut folders = vec![(clean(&project.directory), 0)];
    let mut found = Vec::new();
    while let Some((folder, depth)) = folders.pop() {
        for name in sources.files().list(&folder) {
            let path = folder.join(&name);
            if found.len() >= MAX_FILES {
                return found;
            }
            if has_extension(&path, &["json", "sh"]) {
                found.push(path);
            } else if depth < MAX_DEPTH
                && !name.starts_with('.')
                && !ASIDE.contains(&name.as_str())
                && sources.files().kind(&path) == Some(Kind::Directory)
            {
                folders.push((path, depth + 1));
            }
        }
    }
    found.sort();
    found
}
