//! Networks and volumes that must be there before a project is started, and that nothing of the project makes or speaks of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Project;
use super::neighbours::is_script;
use super::projects::Name;
use crate::source::{Kind, SourceMap, repository};

/// Folders of one tree that are looked into, and files of one folder.
const MAX_FOLDERS: usize = 60;
const MAX_FILES: usize = 60;
/// What is longer than this says something else, too.
const MAX_SIZE: u64 = 256 << 10;

/// Names that belong to a proxy, or a program beside, that other projects bring.
const SHARED: [&str; 16] = [
    "traefik",
    "proxy",
    "web",
    "caddy",
    "nginx",
    "npm",
    "gateway",
    "ingress",
    "edge",
    "public",
    "swag",
    "tunnel",
    "cloudflare",
    "monitoring",
    "shared",
    "dokploy",
];

/// The names outside of the project of external networks and volumes of which no script, note or compose file of its tree speaks.
///
/// `told` says whether a note tells to start the project as it is.
pub(super) fn never_made(
    sources: &SourceMap,
    project: &Project,
    told: &dyn Fn() -> bool,
) -> BTreeSet<String> {
    let networks = project.networks.values().filter(|it| it.external).map(|it| &it.real_name);
    let volumes = project.volumes.values().filter(|it| it.external).map(|it| &it.real_name);
    let own = |name: &&String| {
        let lower = name.to_ascii_lowercase();
        !(lower.ends_with("_default") || SHARED.iter().any(|word| lower.contains(word)))
    };
    let mut left: BTreeSet<String> = networks.chain(volumes).filter(own).cloned().collect();
    // Files that lie alone belong to something that is not seen, unless they bring what they mount and a note says to start them.
    let builds = project.services.values().any(|service| service.build.is_some());
    let mut mounts = project.services.values().flat_map(|service| &service.volumes);
    let mut brings = || {
        mounts.any(|mount| {
            let own = mount.path.as_deref().filter(|path| *path != project.directory);
            own.is_some_and(|path| {
                path.starts_with(&project.directory) && sources.files().kind(path).is_some()
            })
        })
    };
    if left.is_empty() || !(builds || brings() && told()) {
        return BTreeSet::new();
    }
    // A project deep within a tree is one of many examples.
    let near = |root: &PathBuf| project.directory.ancestors().take(4).any(|above| above == root);
    let root = repository(sources.files(), &project.directory).filter(near);
    let mut folders = vec![root.unwrap_or_else(|| project.directory.clone()), project.directory.clone()];
    let mut at = 0;
    while let Some(folder) = folders.get(at).cloned().filter(|_| at < MAX_FOLDERS) {
        at += 1;
        for name in sources.list(&folder).iter().take(MAX_FILES) {
            let path = folder.join(name);
            if project.files.contains(&path) {
                continue;
            }
            match sources.files().kind(&path) {
                Some(Kind::Directory) if at <= 2 && !is_aside(name) && !folders.contains(&path) => {
                    folders.push(path)
                }
                Some(Kind::File) if may_make(&path, name) => {
                    let Ok(peeked) = sources.peek(&path, MAX_SIZE) else { continue };
                    let text = peeked.text();
                    if ["network create", "volume create", "docker_network", "docker_volume"]
                        .iter()
                        .any(|word| text.contains(word))
                    {
                        return BTreeSet::new();
                    }
                    left.retain(|name| !text.contains(name.as_str()));
                }
                _ => {}
            }
        }
    }
    // A tree that is not seen whole may have it anywhere.
    if folders.len() > MAX_FOLDERS { BTreeSet::new() } else { left }
}

pub(super) fn is_aside(name: &str) -> bool {
    matches!(name, "node_modules" | "vendor" | ".git" | "target" | "dist")
}

/// Whether a file may make it, or say how that is done.
fn may_make(path: &Path, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_script(name)
        || Name::of(&PathBuf::from(path)).is_some()
        || [".md", ".rst", ".txt", ".yml", ".yaml", ".sh", ".tf", ".mk", ".ps1", ".bat"]
            .iter()
            .any(|end| lower.ends_with(end))
}
