//! A cheap look at a YAML file: is it a compose file, and can it stand alone?

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source::SourceMap;
use crate::yaml::{self, Mapping, Node};

/// Larger files are data.
const MAX: u64 = 4 << 20;

/// What a look at a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// It has services that look like Compose's.
    pub is_compose: bool,
    /// Nothing says that it is something else. Broken files may be compose files.
    pub may_be_compose: bool,
    /// Every service has what it needs, and needs no service of another file.
    pub is_complete: bool,
    /// Its services, and those that each cannot do without.
    pub services: BTreeMap<String, BTreeSet<String>>,
    /// The local files that it includes, as written.
    pub includes: Vec<PathBuf>,
    /// The files whose services it extends, as written.
    pub extends: Vec<PathBuf>,
}

/// Keys that make an entry of `services` a service of Compose.
const TELLING: [&str; 10] = [
    "image",
    "build",
    "extends",
    "provider",
    "depends_on",
    "environment",
    "env_file",
    "ports",
    "volumes",
    "command",
];

/// Keys that make a service one that can run.
const SUFFICIENT: [&str; 4] = ["image", "build", "extends", "provider"];

impl Look {
    /// Looks at the file.
    pub fn at(sources: &SourceMap, path: &Path) -> Self {
        let Ok(bytes) = sources.files().read(path, MAX) else { return Self::default() };
        let starts = |key: &str| {
            let key = key.as_bytes();
            bytes.split(|byte| *byte == b'\n').any(|line| {
                let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
                let line = line.strip_prefix(b"\"").or(line.strip_prefix(b"'")).unwrap_or(line);
                line.starts_with(key)
            })
        };
        let flow = bytes.trim_ascii_start().starts_with(b"{");
        if !flow && !starts("services") && !starts("include") {
            return Self::default();
        }
        let Ok(file) = sources.load(path) else { return Self::default() };
        let stream = yaml::parse(&file);
        let template = file.text.contains("{{") || file.text.contains("{%");
        if !stream.problems.is_empty() || stream.documents.is_empty() {
            // A template of another tool is no YAML yet; a broken compose file is one.
            return Self { may_be_compose: !template, is_complete: true, ..Self::default() };
        }
        let mut look = Self::default();
        for document in &stream.documents {
            look.take(document);
        }
        look
    }

    fn take(&mut self, document: &Node) {
        let Some(root) = document.as_mapping() else { return };
        for include in items(get(root, "include")) {
            let paths = match include.as_mapping() {
                Some(include) => items(get(include, "path")),
                None => vec![include],
            };
            self.includes.extend(paths.into_iter().filter_map(text).map(PathBuf::from));
        }
        let services = get(root, "services").and_then(Node::as_mapping);
        let services = services.map(|services| &services.entries[..]).unwrap_or_default();
        let names: BTreeSet<&str> = services.iter().filter_map(|entry| text(&entry.key)).collect();
        let mut complete = true;
        let mut telling = 0;
        for entry in services {
            let Some(service) = entry.value.as_mapping() else { continue };
            if let Some(name) = text(&entry.key) {
                let needed = needed(service).into_iter().map(str::to_string).collect();
                self.services.insert(name.to_string(), needed);
            }
            let has = |key: &&str| get(service, key).is_some();
            telling += usize::from(TELLING.iter().any(has));
            complete &= SUFFICIENT.iter().any(has);
            complete &= needed(service).into_iter().all(|name| names.contains(name));
            if let Some(file) =
                get(service, "extends").and_then(Node::as_mapping).and_then(|e| get(e, "file"))
            {
                self.extends.extend(text(file).map(PathBuf::from));
            }
        }
        self.is_compose |= telling > 0 && telling * 2 >= services.len();
        let foreign = ["jobs", "apiVersion", "stages"].iter().any(|key| root.get(key).is_some());
        let included = !self.includes.is_empty();
        let has_services = root.get("services").is_some_and(|entry| entry.value.as_mapping().is_some());
        self.may_be_compose |= included || !foreign && (has_services || services.is_empty());
        self.is_complete = complete || included;
    }
}

impl Look {
    /// Whether the file only adds to `base`, though each of its services could run: it has some of the services of `base` and no
    /// others, and one of them waits there for a service that is not among them.
    #[must_use]
    pub fn adds_to(&self, base: &Self) -> bool {
        let waits_for_more = |(name, own): (&String, &BTreeSet<String>)| {
            let needed = base.services.get(name).into_iter().flatten();
            own.is_empty() && needed.into_iter().any(|other| !self.services.contains_key(other))
        };
        self.services.keys().all(|name| base.services.contains_key(name))
            && self.services.iter().any(waits_for_more)
    }
}

/// The services that a service cannot do without.
fn needed(service: &Mapping) -> Vec<&str> {
    let dependencies = get(service, "depends_on");
    let mut names: Vec<&str> = match dependencies.and_then(Node::as_mapping) {
        Some(mapping) => mapping.entries.iter().filter_map(|entry| text(&entry.key)).collect(),
        None => items(dependencies).into_iter().filter_map(text).collect(),
    };
    names.retain(|name| !name.contains('$') && *name != "<<");
    names
}

/// The value of a key, also one that a merge key brings.
fn get<'a>(mapping: &'a Mapping, key: &str) -> Option<&'a Node> {
    fn within<'a>(mapping: &'a Mapping, key: &str, depth: usize) -> Option<&'a Node> {
        if let Some(entry) = mapping.get(key) {
            return Some(&entry.value);
        }
        if depth == 0 {
            return None;
        }
        let merged = items(mapping.get("<<").map(|entry| &entry.value));
        merged.into_iter().filter_map(Node::as_mapping).find_map(|mapping| within(mapping, key, depth - 1))
    }
    within(mapping, key, 8)
}

/// The items of a sequence, or the one node.
fn items(node: Option<&Node>) -> Vec<&Node> {
    match node {
        Some(node) => match node.as_sequence() {
            Some(sequence) => sequence.items.iter().collect(),
            None => vec![node],
        },
        None => Vec::new(),
    }
}

fn text(node: &Node) -> Option<&str> {
    node.as_scalar().map(|scalar| scalar.text.as_str())
}
