//! Mounts of a service, and its use of secrets and configs.

use super::super::{FileReference, Located, Mount, MountKind, Value};
use super::Input;
use super::service::{flag, word};

pub(super) fn decode(service: &Value, input: &Input) -> Vec<Mount> {
    let items = service.get("volumes").map(Value::items).unwrap_or_default();
    let mut mounts: Vec<Mount> = items.iter().filter_map(|item| mount(item, input)).collect();
    if let Some(tmpfs) = service.get("tmpfs") {
        let single = std::slice::from_ref(tmpfs);
        let items = tmpfs.as_list().map_or(single, Vec::as_slice);
        mounts.extend(items.iter().filter_map(memory));
    }
    mounts
}

fn mount(item: &Value, input: &Input) -> Option<Mount> {
    let kind = match word(item, "type")?.as_str() {
        "bind" => MountKind::Bind,
        "volume" => MountKind::Volume,
        "tmpfs" => MountKind::Tmpfs,
        _ => MountKind::Other,
    };
    let source = item.get("source");
    let path = source
        .filter(|_| kind == MountKind::Bind)
        .and_then(|source| Some(input.places.absolute(&source.as_text()?.complete()?, source)));
    Some(Mount {
        origin: item.origin.clone(),
        kind,
        source: source.and_then(Value::printed).filter(|source| !source.is_empty()),
        path,
        target: word(item, "target").unwrap_or_default(),
        target_origin: item.get("target").map(|target| target.origin.clone()).unwrap_or_default(),
        read_only: flag(item, "read_only"),
    })
}

/// An entry of `tmpfs`: a target, and options after a colon.
fn memory(item: &Value) -> Option<Mount> {
    let text = item.string()?;
    let target = text.split(':').next().unwrap_or_default().to_string();
    Some(Mount { origin: item.origin.clone(), kind: MountKind::Tmpfs, target, ..Mount::default() })
}

/// `secrets` or `configs`.
pub(super) fn references(service: &Value, key: &str) -> Vec<Located<FileReference>> {
    let items = service.get(key).map(Value::items).unwrap_or_default();
    let references = items.iter().filter_map(|item| {
        let source = word(item, "source")?;
        let target = word(item, "target").unwrap_or_else(|| format!("/{source}"));
        let origin = item.get("source").map_or_else(|| item.origin.clone(), |source| source.origin.clone());
        Some(Located::new(FileReference { source, target }, origin))
    });
    references.collect()
}
