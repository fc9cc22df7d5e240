//! What modules load that a scan of their text does not see: files of values, and modules whose name is put together.

use std::collections::HashSet;
use std::path::Path;

use super::service_files::ImageTree;
use super::{ModuleIndex, Scope, Sources};
use crate::source::SourceMap;

/// Such a module may load further ones this often.
const MAX_ROUNDS: usize = 6;

/// The loaded modules with what they load besides; files of values are added to the scope where they are asked for.
pub(super) fn with_required(
    sources: &SourceMap,
    read: &Sources,
    files: &ImageTree,
    scope: &mut Scope,
    mut loaded: Vec<ModuleIndex>,
) -> Vec<ModuleIndex> {
    let mut known: HashSet<ModuleIndex> = loaded.iter().copied().collect();
    let mut fresh = loaded.clone();
    for _ in 0..MAX_ROUNDS {
        let mut more = Vec::new();
        for index in fresh {
            more.extend(required(sources, read, files, scope, index));
        }
        more.retain(|index| !known.contains(index));
        if more.is_empty() {
            break;
        }
        fresh = scope.loaded_from(&more);
        fresh.retain(|index| known.insert(*index));
        loaded.extend(&fresh);
    }
    loaded
}

fn is_data(path: &Path) -> bool {
    super::has_extension(path, &["json", "yaml", "yml"])
}

fn required(
    sources: &SourceMap,
    read: &Sources,
    files: &ImageTree,
    scope: &mut Scope,
    index: ModuleIndex,
) -> Vec<ModuleIndex> {
    let Some((place, source)) = scope.get(index) else { return Vec::new() };
    let Some(values) = source.front_end.values() else { return Vec::new() };
    let (place, source) = (place.to_path_buf(), source.clone());
    let scanned = source.imports();
    let mut names: Vec<&str> = scanned.iter().map(String::as_str).collect();
    let module = source.module();
    names.extend(module.imports.iter().map(|import| import.value.as_str()));
    let mut seen = HashSet::new();
    // No module that is named in a source has a blank in its name: those are places that a front end means.
    let may_be = |name: &str| name.starts_with('.') || is_data(Path::new(name)) || name.contains(' ');
    names.retain(|name| may_be(name) && seen.insert(*name));
    let mut found = Vec::new();
    for name in names {
        if let Some(module) = scope.resolve(index, name) {
            found.push(module);
            continue;
        }
        let candidates = source.front_end.candidates(scope, &place, name);
        let candidates = candidates.into_iter().filter(|place| is_data(place));
        let mut there = candidates.filter_map(|place| Some((files.file(sources.files(), &place)?, place)));
        let Some((host, place)) = there.next() else { continue };
        if let Some(source) = read.get_as(sources, &host, values) {
            found.push(scope.insert(place, source));
        }
    }
    found
}
