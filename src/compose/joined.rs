//! Networks of a project that other projects of the same tree join, so that names of theirs are known there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Project;
use super::externals::is_aside;
use super::projects::Name;
use crate::source::{Kind, SourceMap, repository};
use crate::yaml;

/// Folders of one tree that are looked into, files of one folder, and compose files that are read.
const MAX_FOLDERS: usize = 60;
const MAX_FILES: usize = 60;
const MAX_READ: usize = 40;
/// What is longer than this is hardly the file of a project beside.
const MAX_SIZE: u64 = 256 << 10;

/// The names outside of the project of its own networks that a compose file which is none of its own takes for external: whoever
/// is started there is reached by name, too.
pub(super) fn by_others(sources: &SourceMap, project: &Project) -> BTreeSet<String> {
    let own = project.networks.values().filter(|network| !network.external);
    let own: BTreeSet<&String> = own.map(|network| &network.real_name).collect();
    let mut found = BTreeSet::new();
    if own.is_empty() {
        return found;
    }
    let near = |root: &PathBuf| project.directory.ancestors().take(4).any(|above| above == root);
    let root = repository(sources.files(), &project.directory).filter(near);
    // Who gives a network a name of its own has others in mind, which may lie beside.
    let meant = || own.iter().any(|name| !name.starts_with(project.name.as_str()));
    let above = || project.directory.parent().filter(|_| meant()).map(Path::to_path_buf);
    let root = root.or_else(above);
    let mut folders: Vec<(PathBuf, usize)> =
        [project.directory.clone()].into_iter().chain(root).map(|root| (root, 0)).collect();
    let (mut at, mut read) = (0, 0);
    while let Some((folder, depth)) = folders.get(at).cloned().filter(|_| at < MAX_FOLDERS) {
        at += 1;
        for name in sources.list(&folder).iter().take(MAX_FILES) {
            let path = folder.join(name);
            match sources.files().kind(&path) {
                Some(Kind::Directory)
                    if depth < 2 && !is_aside(name) && !folders.iter().any(|(known, _)| *known == path) =>
                {
                    folders.push((path, depth + 1));
                }
                Some(Kind::File) if Name::of(&path).is_some() && !project.read.contains(&path) => {
                    read += 1;
                    let Ok(peeked) = sources.peek(&path, MAX_SIZE) else { continue };
                    let text = peeked.text();
                    let speaks = text.contains("external") && own.iter().any(|name| text.contains(*name));
                    if speaks && read <= MAX_READ {
                        found.extend(externals(sources, &path).into_iter().filter(|name| own.contains(name)));
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// The names of the networks that a compose file takes for external: the key, `name`, and `name` of `external`, which was how to say
/// it once.
fn externals(sources: &SourceMap, path: &Path) -> Vec<String> {
    let Ok(file) = sources.load(path) else { return Vec::new() };
    let stream = yaml::parse(&file);
    let sections = stream.documents.iter().filter_map(|document| document.as_mapping()?.get("networks"));
    let networks = sections.filter_map(|section| section.value.as_mapping()).flat_map(|it| it.entries.iter());
    let text = |node: &yaml::Node| node.as_scalar().map(|scalar| scalar.text.clone());
    let named = networks.filter_map(|entry| {
        let parts = entry.value.as_mapping()?;
        let external = &parts.get("external")?.value;
        if text(external).is_some_and(|said| said == "false") {
            return None;
        }
        let old = external.as_mapping().and_then(|parts| parts.get("name"));
        let name = parts.get("name").or(old).and_then(|name| text(&name.value));
        name.or_else(|| text(&entry.key))
    });
    named.collect()
}
