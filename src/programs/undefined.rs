//! Names that a settings file refers to and that nothing in it defines: `rules/data/references.yaml`, typed.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::image::Image;
use super::service_files::ImageTree;
use super::{Module, has_extension};
use crate::compose::nearest;
use crate::source::{SourceFile, SourceMap, Span, Spanned, clean, is_ignored};
use crate::yaml::{self, Node, NodeKind};

const TABLE: &str = include_str!("../../rules/data/references.yaml");

/// Steps into a file, and files, are bounded.
const MAX_DEPTH: usize = 40;
const MAX_NODES: usize = 20_000;
const MAX_FILES: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Known {
    title: String,
    images: Vec<String>,
    has: Vec<String>,
    unless: Vec<String>,
    names: Vec<Names>,
    files: Option<FilesNamed>,
    around: bool,
    then: Option<String>,
    lines: Option<Lines>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Names {
    what: String,
    from: Vec<String>,
    to: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FilesNamed {
    what: String,
    from: Vec<String>,
    then: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Lines {
    what: String,
    refer: Vec<String>,
    define: Vec<String>,
}

/// A name that is not defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    /// Who reads the file.
    pub title: &'static str,
    /// What comes of it.
    pub then: &'static str,
    /// What the name is of.
    pub what: &'static str,
    /// The name, where it is referred to.
    pub name: Spanned<String>,
    /// The name that is meant, where one is nearly the same or the only one.
    pub meant: Option<String>,
    /// Where that is defined.
    pub at: Span,
    /// Whether it is a file, which is not in the container.
    pub file: bool,
}

fn table() -> &'static [Known] {
    static ALL: OnceLock<Vec<Known>> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// The names in the settings of a service that nothing defines; `modules` are the settings that it is seen to read.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    image: &Image,
    tree: &ImageTree,
    modules: &[Arc<Module>],
) -> Vec<Undefined> {
    let Some(reference) = image.reference().filter(|_| !image.assumed) else { return Vec::new() };
    let known = table().iter().find(|known| known.images.iter().any(|image| image == reference.path));
    let Some(known) = known else { return Vec::new() };
    let files = settings(sources, tree, modules, (known.lines.is_some(), known.around));
    let texts = || files.iter().map(|file| &*file.text);
    if files.is_empty() || texts().any(|text| known.unless.iter().any(|word| text.contains(word.as_str()))) {
        return Vec::new();
    }
    if let Some(named) = &known.files {
        return files.iter().filter_map(|file| absent(sources, tree, (known, named), file)).collect();
    }
    if let Some(lines) = &known.lines {
        return files.iter().flat_map(|file| in_lines(known, lines, file)).collect();
    }
    let parsed: Vec<Vec<Node>> = files.iter().map(|file| yaml::parse(file).documents).collect();
    let groups: Vec<Vec<&Node>> = match known.around {
        true => vec![parsed.iter().flatten().collect()],
        false => parsed.iter().map(|documents| documents.iter().collect()).collect(),
    };
    let mut out: Vec<Undefined> = Vec::new();
    for roots in groups {
        let has = |key: &String| {
            roots.iter().any(|root| root.as_mapping().is_some_and(|mapping| mapping.get(key).is_some()))
        };
        if !known.has.iter().all(has) {
            continue;
        }
        for names in &known.names {
            let defined = places(&roots, &names.to);
            for name in places(&roots, &names.from) {
                let text = name.value.as_str();
                // An output of a component, and what another provider has.
                let own = text.split('.').next().unwrap_or(text);
                let there = defined.iter().any(|one| one.value == text || one.value == own);
                let open = text.is_empty() || text.contains(['@', '*', '$', '{', '<']);
                if !there && !open && !out.iter().any(|other| other.name == name) {
                    out.push(undefined(known, &names.what, name, &defined));
                }
            }
        }
    }
    out
}

/// The first file that settings name and that is not in the container, while that is seen whole where it would lie.
fn absent(
    sources: &SourceMap,
    tree: &ImageTree,
    (known, named): (&'static Known, &'static FilesNamed),
    file: &SourceFile,
) -> Option<Undefined> {
    let files = sources.files();
    let documents = yaml::parse(file).documents;
    let own = tree.layers().iter().rev().find_map(|layer| {
        let below = file.path.strip_prefix(&layer.host).ok()?;
        Some(if below.as_os_str().is_empty() { layer.target.clone() } else { layer.target.join(below) })
    })?;
    let folder = own.parent()?;
    let names = documents.iter().flat_map(|root| places(&[root], &named.from)).collect::<Vec<_>>();
    let is_there = |name: &Spanned<String>| {
        let path = clean(&folder.join(&name.value));
        let open = name.value.contains(['*', '?', '[', '$', '{']) || name.value.is_empty();
        // A folder of this machine that holds no rules at all may be filled.
        let rules = |name: &String| {
            let ends = [".yml", ".yaml", ".rules"].iter().any(|end| name.ends_with(end));
            ends && file.path.file_name().is_none_or(|own| own != name.as_str())
        };
        let unseen = tree.layers().iter().any(|layer| {
            layer.directory && path.starts_with(&layer.target) && !files.list(&layer.host).iter().any(rules)
        });
        let host = tree.place_for(files, &path);
        let ignored = host.is_some_and(|host| is_ignored(files, &host));
        open || unseen || ignored || tree.resolve(files, &path).is_some()
    };
    let name = names.into_iter().find(|name| !is_there(name))?;
    // What is mounted in the same folder, or below it, is what is meant.
    let layers = tree.layers().iter().filter(|layer| !layer.directory && layer.target != own);
    let near = layers.map(|layer| &layer.target).find(|target| {
        let last = |text: &std::path::Path| text.file_stem().map(|stem| stem.to_string_lossy().to_string());
        target.starts_with(folder) && has_extension(target, &["yml", "yaml", "rules"])
            || last(target) == last(std::path::Path::new(&name.value))
    });
    let meant = near.map(|target| target.display().to_string());
    Some(Undefined {
        title: &known.title,
        then: &named.then,
        what: &named.what,
        name,
        meant,
        at: Span::NONE,
        file: true,
    })
}

fn undefined(
    known: &'static Known,
    what: &'static str,
    name: Spanned<String>,
    defined: &[Spanned<String>],
) -> Undefined {
    let near = nearest(&name.value, defined.iter().map(|one| one.value.as_str()));
    let only = match defined {
        [one] => Some(one.value.as_str()),
        _ => None,
    };
    let meant = near.or(only).map(str::to_string);
    let at = defined.iter().find(|one| Some(&one.value) == meant.as_ref()).map_or(Span::NONE, |one| one.span);
    let then = known.then.as_deref().unwrap_or("does not start");
    Undefined { title: &known.title, then, what, name, meant, at, file: false }
}

/// The settings files of the container that may be of its program: those in lines, or of YAML; all, or those that are read.
pub(super) fn settings(
    sources: &SourceMap,
    tree: &ImageTree,
    modules: &[Arc<Module>],
    (in_lines, around): (bool, bool),
) -> Vec<Arc<SourceFile>> {
    let files = sources.files();
    let mut hosts: Vec<PathBuf> = Vec::new();
    for layer in tree.layers().iter().filter(|layer| !layer.outside) {
        if layer.directory {
            let listed = files.list(&layer.host).into_iter().take(MAX_FILES);
            hosts.extend(listed.map(|name| layer.host.join(name)).filter(|host| !layer.leaves_out(host)));
        } else {
            hosts.push(layer.host.clone());
        }
    }
    let is_kind = |path: &PathBuf| match in_lines {
        true => has_extension(path, &["cfg"]),
        false => has_extension(path, &["yml", "yaml"]),
    };
    let mut seen = HashSet::new();
    hosts.retain(|host| is_kind(host) && seen.insert(host.clone()) && !is_ignored(files, host));
    // Of several in one folder, those count that are seen to be read.
    if hosts.len() > 1 && !around {
        let read = |host: &PathBuf| modules.iter().any(|module| module.path == *host);
        if hosts.iter().any(read) {
            hosts.retain(read);
        }
    }
    hosts.iter().take(MAX_FILES).filter_map(|host| sources.load(host).ok()).collect()
}

/// The names at these places.
fn places(roots: &[&Node], paths: &[String]) -> Vec<Spanned<String>> {
    let name = |at: &Node| at.as_scalar().map(|scalar| Spanned::new(scalar.text.clone(), at.span));
    let at = |path: &String| roots.iter().flat_map(|root| nodes(root, path)).collect::<Vec<_>>();
    paths.iter().flat_map(at).filter_map(name).collect()
}

/// What stands at this place.
pub(super) fn nodes<'n>(root: &'n Node, path: &str) -> Vec<&'n Node> {
    let (mut found, mut left) = (Vec::new(), MAX_NODES);
    let steps: Vec<&str> = path.split('.').collect();
    walk(root, &steps, 0, &mut left, &mut found);
    found
}

fn walk<'n>(node: &'n Node, steps: &[&str], depth: usize, left: &mut usize, found: &mut Vec<&'n Node>) {
    if depth > MAX_DEPTH || *left == 0 {
        return;
    }
    *left -= 1;
    let Some((step, rest)) = steps.split_first() else {
        found.push(node.resolved());
        return;
    };
    let node = node.resolved();
    if *step == "**" {
        walk(node, rest, depth + 1, left, found);
    }
    match &node.kind {
        NodeKind::Mapping(mapping) => {
            for entry in mapping.entries.iter() {
                let Some(key) = entry.key.as_scalar() else { continue };
                match *step {
                    "@" => found.push(&entry.key),
                    "**" => walk(&entry.value, steps, depth + 1, left, found),
                    "*" => walk(&entry.value, rest, depth + 1, left, found),
                    name if name == key.text => walk(&entry.value, rest, depth + 1, left, found),
                    _ => {}
                }
            }
        }
        NodeKind::Sequence(sequence) => {
            for item in sequence.items.iter() {
                match *step {
                    "**" => walk(item, steps, depth + 1, left, found),
                    "*" => walk(item, rest, depth + 1, left, found),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// The names that settings in lines refer to and do not define.
fn in_lines(known: &'static Known, lines: &'static Lines, file: &SourceFile) -> Vec<Undefined> {
    let (mut defined, mut referred): (Vec<Spanned<String>>, Vec<Spanned<String>>) = (Vec::new(), Vec::new());
    let mut from = 0;
    for line in file.text.split_inclusive('\n') {
        let mut words = line.split_whitespace();
        if let (Some(first), Some(second)) = (words.next(), words.next()) {
            let at = from + line.find(first).unwrap_or(0) + first.len();
            let at = at + file.text.get(at..).and_then(|rest| rest.find(second)).unwrap_or(0);
            let name = Spanned::new(second.to_string(), file.slice(at, at + second.len()));
            if lines.define.iter().any(|word| word == first) {
                defined.push(name);
            } else if lines.refer.iter().any(|word| word == first) {
                referred.push(name);
            }
        }
        from += line.len();
    }
    let open = |name: &str| name.contains(['%', '$', '{', '"', '[', '<']);
    referred.retain(|name| !open(&name.value) && !defined.iter().any(|one| one.value == name.value));
    // With none at all, they stand in another file.
    if defined.is_empty() {
        return Vec::new();
    }
    referred.into_iter().map(|name| undefined(known, &lines.what, name, &defined)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let all: Vec<Known> = serde_yaml::from_str(TABLE).unwrap();
        assert!(
            all.iter().all(|known| known.lines.is_some() || known.files.is_some() || !known.names.is_empty())
        );
    }
}
