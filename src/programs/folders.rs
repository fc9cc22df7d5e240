//! Files that are put into a folder which nobody reads, beside one that their image reads: `rules/data/folders.yaml`, typed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

use super::dockerfile::Layer;
use super::entry::Launch;
use super::image::Image;
use super::service_files::ImageTree;
use crate::compose::Service;
use crate::source::{Kind, SourceMap, Span};

const TABLE: &str = include_str!("../../rules/data/folders.yaml");

/// Files that are searched for the name of a folder.
const MAX_FILES: usize = 200;

/// A folder of an image of which only some of what lies in it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct KnownFolder {
    images: Vec<String>,
    within: PathBuf,
    reads: Vec<String>,
    near: Vec<Near>,
    closed: bool,
    unless: Vec<String>,
}

/// The name of a folder that is mistaken for one that is read.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Near {
    First(String),
    Of(String, String),
}

/// A folder that nobody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadFolder {
    /// Its place in the container.
    pub target: String,
    /// The folder beside it that is meant.
    pub meant: String,
    /// What puts something there.
    pub at: Span,
}

/// The folders that something is put into and that nobody reads; `said` are the texts of what the container starts.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    (service, image): (&Service, &Image),
    tree: &ImageTree,
    start: &Launch,
    said: &[String],
) -> Vec<UnreadFolder> {
    let seen = image.is_seen(service);
    let Some(reference) = image.reference().filter(|_| seen) else { return Vec::new() };
    let known = table().iter().filter(|known| known.images.iter().any(|image| image == reference.path));
    let known = known.filter(|known| !known.unless.iter().any(|name| start.env.contains_key(name)));
    let mut found: Vec<UnreadFolder> = Vec::new();
    for known in known {
        for layer in tree.layers() {
            for (folder, meant) in known.mistaken(sources, layer) {
                let target = known.within.join(folder);
                let text = target.display().to_string();
                // A folder within another that is read may be asked for by its own name.
                let is_named = said.iter().any(|words| mentions(words, &text))
                    || image.runs.iter().any(|run| mentions(&run.assumed(), &text))
                    || is_told(sources, tree, &known.within, &text)
                    || is_told(sources, tree, Path::new("/etc"), &text);
                if !is_named && !found.iter().any(|other| Path::new(&other.target).starts_with(&target)) {
                    let meant = known.within.join(meant).display().to_string();
                    // What is put there by itself says more.
                    let target = match layer.target.starts_with(&target) {
                        true => layer.target.display().to_string(),
                        false => text,
                    };
                    found.push(UnreadFolder { target, meant, at: layer.span });
                }
            }
        }
    }
    found
}

/// Whether a text names the folder, or the way to it from the folder around.
fn mentions(text: &str, folder: &str) -> bool {
    let last = folder.rsplit('/').next().unwrap_or(folder);
    text.contains(folder) || text.contains(&format!("{last}/*")) || text.contains(&format!("/{last}/"))
}

/// Whether a file that is put below `within` names the folder.
fn is_told(sources: &SourceMap, tree: &ImageTree, within: &Path, folder: &str) -> bool {
    let files = sources.files();
    let says = |host: &Path| sources.load(host).is_ok_and(|file| mentions(&file.text, folder));
    tree.layers().iter().filter(|layer| !layer.outside).any(|layer| {
        if !layer.directory {
            return says(&layer.host);
        }
        if !layer.target.starts_with(within) {
            return false;
        }
        let mut places = vec![layer.host.clone()];
        let mut looked = 0;
        while let Some(place) = places.pop() {
            for name in files.list(&place) {
                let path = place.join(name);
                looked += 1;
                match files.kind(&path) {
                    _ if looked > MAX_FILES => return true,
                    Some(Kind::Directory) => places.push(path),
                    Some(Kind::File) if says(&path) => return true,
                    _ => {}
                }
            }
        }
        false
    })
}

impl KnownFolder {
    /// The folders within this one that the layer puts something into and that are not read, each with that which is meant.
    fn mistaken(&self, sources: &SourceMap, layer: &Layer) -> Vec<(String, String)> {
        let files = sources.files();
        let below = layer.target.strip_prefix(&self.within).ok();
        let first = below.and_then(|below| below.iter().next()).and_then(|name| name.to_str());
        let names: Vec<String> = match first {
            // A file that lies in the folder itself is none of its folders.
            Some(_) if !layer.directory && below.is_some_and(|below| below.iter().count() < 2) => Vec::new(),
            Some(name) => vec![name.to_string()],
            None => {
                let Ok(rest) = self.within.strip_prefix(&layer.target) else { return Vec::new() };
                if layer.outside || !layer.directory || layer.target == Path::new("/") {
                    return Vec::new();
                }
                let host = layer.host.join(rest);
                let folder = |name: &String| {
                    let path = host.join(name);
                    files.kind(&path) == Some(Kind::Directory) && !layer.leaves_out(&path)
                };
                files.list(&host).into_iter().filter(folder).collect()
            }
        };
        // What is not there yet is made for the container to write to.
        let there = files.kind(&layer.host).is_some();
        let names = names.into_iter().filter(|name| there && !name.starts_with('.'));
        names.filter_map(|name| self.meant(&name).map(|meant| (name, meant))).collect()
    }

    /// The folder that is meant by one that is not read.
    fn meant(&self, name: &str) -> Option<String> {
        // What programs write to lies where their settings say.
        let written = ["cache", "data", "log", "logs", "tmp", "upload", "uploads"].contains(&name);
        if written || self.reads.iter().any(|read| read == name) {
            return None;
        }
        let like = self.reads.iter().find(|read| plain(read) == plain(name)).cloned();
        let near = self.near.iter().find_map(|near| match near {
            Near::First(other) if other == name => self.reads.first().cloned(),
            Near::Of(other, read) if other == name => Some(read.clone()),
            _ => None,
        });
        let any = || {
            let alike = crate::compose::nearest(name, self.reads.iter().map(String::as_str));
            alike.map(str::to_string).or_else(|| self.reads.first().cloned()).filter(|_| self.closed)
        };
        like.or(near).or_else(any)
    }
}

/// A name without case, signs and plural.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let letters: String = letters.collect();
    letters.strip_suffix('s').map_or(letters.clone(), str::to_string)
}

fn table() -> &'static [KnownFolder] {
    static ALL: OnceLock<Vec<KnownFolder>> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_are_mistaken() {
        let all: Vec<KnownFolder> = serde_yaml::from_str(TABLE).unwrap();
        let meant = |within: &str, name: &str| {
            all.iter().find(|known| known.within == Path::new(within)).and_then(|known| known.meant(name))
        };
        for (within, name, read) in [
            ("/etc/grafana/provisioning", "datasource", Some("datasources")),
            ("/etc/grafana/provisioning", "json", Some("datasources")),
            ("/etc/grafana/provisioning", "dashboards", None),
            ("/etc/nginx", "confd", Some("conf.d")),
            ("/etc/nginx", "template", Some("templates")),
            ("/etc/nginx", "snippets", None),
            ("/usr/local/tomcat", "webapp", Some("webapps")),
        ] {
            assert_eq!(meant(within, name).as_deref(), read, "{within} {name}");
        }
    }
}
