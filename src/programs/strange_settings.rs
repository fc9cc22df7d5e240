//! Keys that a settings file has and its program does not know, and addresses where only hosts are taken: `rules/data/keys.yaml`, typed.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::Module;
use super::image::Image;
use super::service_files::ImageTree;
use super::undefined::{nodes, settings};
use crate::compose::nearest;
use crate::source::{SourceMap, Span};
use crate::yaml::{self, Node};

const TABLE: &str = include_str!("../../rules/data/keys.yaml");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    title: String,
    images: Vec<String>,
    has: Vec<String>,
    says: String,
    keys: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    hosts: Vec<Hosts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hosts {
    of: String,
    at: String,
    unless: String,
}

/// What a program does not take in its settings, or looks for in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strange {
    /// Who reads the file.
    pub title: &'static str,
    /// What it says.
    pub says: String,
    /// Where it stands.
    pub at: Span,
    /// What to write.
    pub meant: String,
}

fn table() -> &'static [Known] {
    static ALL: OnceLock<Vec<Known>> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// The first thing in the settings of a service at which its program ends; `modules` are those that it is seen to read.
#[must_use]
pub(super) fn of(
    sources: &SourceMap,
    image: &Image,
    tree: &ImageTree,
    modules: &[Arc<Module>],
) -> Option<Strange> {
    let reference = image.reference().filter(|_| !image.assumed)?;
    let known = table().iter().find(|known| known.images.iter().any(|image| image == reference.path))?;
    let files = settings(sources, tree, modules, (false, false));
    files.iter().find_map(|file| yaml::parse(file).documents.iter().find_map(|root| known.strange(root)))
}

impl Known {
    fn strange(&'static self, root: &Node) -> Option<Strange> {
        let mapping = root.as_mapping()?;
        if !self.has.iter().any(|key| mapping.get(key).is_some()) {
            return None;
        }
        self.keys.iter().find_map(|(place, keys)| self.key(root, place, keys)).or_else(|| self.address(root))
    }

    fn key(&'static self, root: &Node, place: &str, keys: &[String]) -> Option<Strange> {
        let at = if place == "." { vec![root] } else { nodes(root, place) };
        at.into_iter().filter_map(Node::as_mapping).find_map(|mapping| {
            mapping.entries.iter().find_map(|entry| {
                let key = entry.key.as_scalar()?;
                let text = key.text.as_str();
                // What begins so is for anchors alone.
                if text.starts_with(['x', '.', '<']) || keys.iter().any(|known| known == text) {
                    return None;
                }
                let meant = nearest(text, keys.iter().map(String::as_str))?;
                // With both, one is another than is known here.
                mapping.get(meant).is_none().then(|| Strange {
                    title: &self.title,
                    says: self.says.replace("{}", text),
                    at: entry.key.span,
                    meant: meant.to_string(),
                })
            })
        })
    }

    fn address(&'static self, root: &Node) -> Option<Strange> {
        self.hosts.iter().find_map(|hosts| {
            let jobs = nodes(root, &hosts.of).into_iter();
            let mut jobs =
                jobs.filter(|job| job.as_mapping().is_some_and(|it| it.get(&hosts.unless).is_none()));
            jobs.find_map(|job| {
                nodes(job, &hosts.at).into_iter().find_map(|target| {
                    let text = target.as_scalar()?.text.as_str();
                    let (_, host) = text.split_once("://")?;
                    Some(Strange {
                        title: &self.title,
                        says: format!("\"{text}\" is not a valid hostname"),
                        at: target.span,
                        meant: host.split('/').next().unwrap_or(host).to_string(),
                    })
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let all: Vec<Known> = serde_yaml::from_str(TABLE).unwrap();
        for known in &all {
            assert!(known.says.contains("{}") && known.keys.contains_key("."), "{}", known.title);
            assert!(known.has.iter().all(|key| known.keys["."].contains(key)), "{}", known.title);
        }
    }
}
