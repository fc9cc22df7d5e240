//! Names that a settings file refers to and that nothing in it defines: `rules/data/references.yaml`, typed.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::image::Image;
use super::service_files::ImageTree;
use super::{Module, has_extension};
use crate::compose::nearest;
use crate::source::{SourceFile, SourceMap, Span, Spanned, is_ignored};
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
    let files = settings(sources, tree, modules, known);
    let texts = || files.iter().map(|file| &*file.text);
    if files.is_empty() || texts().any(|text| known.unless.iter().any(|word| text.contains(word.as_str()))) {
        return Vec::new();
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
    Undefined { title: &known.title, then, what, name, meant, at }
}

/// The settings files of the container that are of this program.
fn settings(
    sources: &SourceMap,
    tree: &ImageTree,
    modules: &[Arc<Module>],
    known: &Known,
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
    let in_lines = known.lines.is_some();
    let is_kind = |path: &PathBuf| match in_lines {
        true => has_extension(path, &["cfg"]),
        false => has_extension(path, &["yml", "yaml"]),
    };
    let mut seen = HashSet::new();
    hosts.retain(|host| is_kind(host) && seen.insert(host.clone()) && !is_ignored(files, host));
    // Of several in one folder, those count that are seen to be read.
    if hosts.len() > 1 && !known.around {
        let read = |host: &PathBuf| modules.iter().any(|module| module.path == *host);
        if hosts.iter().any(read) {
            hosts.retain(read);
        }
    }
    hosts.iter().take(MAX_FILES).filter_map(|host| sources.load(host).ok()).collect()
}

/// The names at these places.
fn places(roots: &[&Node], paths: &[String]) -> Vec<Spanned<String>> {
    let mut found = Vec::new();
    let mut left = MAX_NODES;
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        for root in roots {
            walk(root, &steps, 0, &mut left, &mut found);
        }
    }
    found
}

fn walk(node: &Node, steps: &[&str], depth: usize, left: &mut usize, found: &mut Vec<Spanned<String>>) {
    if depth > MAX_DEPTH || *left == 0 {
        return;
    }
    *left -= 1;
    let Some((step, rest)) = steps.split_first() else {
        found.extend(node.as_scalar().map(|scalar| Spanned::new(scalar.text.clone(), node.span)));
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
                    "@" => found.push(Spanned::new(key.text.clone(), entry.key.span)),
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
        assert!(all.iter().all(|known| known.lines.is_some() || !known.names.is_empty()));
    }
}
