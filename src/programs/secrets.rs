//! The secrets of a container whose files are seen here.

use std::collections::HashMap;
use std::path::PathBuf;

use super::service_files::ImageTree;
use crate::source::{Kind, SourceMap};

/// Longer ones are certificates and the like.
const MAX_SECRET: u64 = 4 << 10;
/// More of them are not looked at.
const MAX_SECRETS: usize = 100;

/// What the files say that are handed to a container one by one under a name of secrets, without the ends of lines behind it.
#[must_use]
pub fn of(sources: &SourceMap, files: &ImageTree) -> HashMap<PathBuf, String> {
    let secret = |place: &str| place.contains("/secrets/") || place.contains("/secret");
    let layers = files.layers().iter().filter(|layer| !layer.directory);
    let layers = layers.filter(|layer| secret(&layer.target.to_string_lossy())).take(MAX_SECRETS);
    let read = layers.filter_map(|layer| {
        if sources.files().kind(&layer.host) != Some(Kind::File) {
            return None;
        }
        let peeked = sources.peek(&layer.host, MAX_SECRET).ok()?;
        let text = peeked.text().trim_end_matches(['\n', '\r']);
        let plain = !text.contains('\n') && !text.contains("${");
        plain.then(|| (layer.target.clone(), text.to_string()))
    });
    read.collect()
}
