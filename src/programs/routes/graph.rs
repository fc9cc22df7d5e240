//! Routes as frameworks put them together: what stands before a page is what its router, and those above it, are mounted at.

use std::collections::{HashMap, HashSet};

use super::written::{ends_like, is_like};

/// A router: the file and its name there.
pub type Node = (usize, String);

/// The pages of a program and the routers that they belong to.
#[derive(Default)]
pub struct Graph {
    pub leaves: Vec<Leaf>,
    pub mounts: Vec<Mount>,
    /// The servers themselves.
    pub roots: HashSet<Node>,
    /// What routers put before all their pages; `None` where that is computed.
    pub own: HashMap<Node, Option<String>>,
    /// Whether some of it is not understood.
    pub unclear: bool,
}

/// A page of a router.
pub struct Leaf {
    pub node: Node,
    pub path: String,
    /// Whether it answers for all below it.
    pub below: bool,
}

/// A router within another.
pub struct Mount {
    pub parent: Node,
    pub child: Node,
    /// `None` where it is computed.
    pub prefix: Option<String>,
    /// Whether it replaces what the router says itself.
    pub replaces: bool,
}

const MAX_DEPTH: usize = 6;

/// The end of a path, and whether nothing more can stand before it.
type Path = (String, bool);

impl Graph {
    /// Whether some page may answer for the path.
    pub fn may_answer(&self, asked: &str) -> bool {
        self.leaves.iter().any(|leaf| {
            self.paths(leaf).iter().any(|(path, whole)| match (leaf.below, whole) {
                (true, true) => is_below(asked, path),
                (true, false) => asked.contains(path.trim_end_matches('/')),
                (false, true) => is_like(asked, path),
                (false, false) => path.trim_matches('/').is_empty() || ends_like(asked, path),
            })
        })
    }

    /// The whole paths that are known.
    pub fn known(&self) -> Vec<String> {
        let paths = self.leaves.iter().flat_map(|leaf| self.paths(leaf));
        paths.filter(|(_, whole)| *whole).map(|(path, _)| path).collect()
    }

    fn paths(&self, leaf: &Leaf) -> Vec<Path> {
        let mut found = Vec::new();
        self.climb(&leaf.node, leaf.path.clone(), MAX_DEPTH, &mut found);
        found
    }

    fn climb(&self, node: &Node, path: String, depth: usize, found: &mut Vec<Path>) {
        const MAX_PATHS: usize = 64;
        let mut mounts = self.mounts.iter().filter(|mount| mount.child == *node).peekable();
        let root = self.roots.contains(node);
        if found.len() > MAX_PATHS || depth == 0 || mounts.peek().is_none() && !root {
            found.push((path, false));
            return;
        }
        let own = || self.own.get(node).cloned().unwrap_or(Some(String::new()));
        if root {
            match own() {
                Some(own) => found.push((joined(&own, &path), true)),
                None => found.push((path.clone(), false)),
            }
        }
        for mount in mounts {
            let own = if mount.replaces { Some(String::new()) } else { own() };
            match (own, &mount.prefix) {
                (Some(own), Some(prefix)) => {
                    let path = joined(prefix, &joined(&own, &path));
                    self.climb(&mount.parent, path, depth - 1, found);
                }
                (Some(own), None) => found.push((joined(&own, &path), false)),
                (None, _) => found.push((path.clone(), false)),
            }
        }
    }
}

/// Whether the path is the other or lies below it.
pub fn is_below(asked: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    asked.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One path after the other.
pub fn joined(first: &str, then: &str) -> String {
    match (first.trim_matches('/'), then.trim_start_matches('/')) {
        ("", then) => format!("/{then}"),
        (first, "") => format!("/{first}"),
        (first, then) => format!("/{first}/{then}"),
    }
}
