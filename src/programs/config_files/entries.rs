//! Configuration files as a flat list of settings: YAML, JSON, TOML, INI, properties.

use std::path::Path;

use crate::programs::has_extension;
use crate::programs::reading::Bounds;
use crate::source::{SourceFile, Span, Spanned};
use crate::yaml::{self, Node, NodeKind, Style};

/// Settings beyond this number are not read.
const MAX_ENTRIES: usize = 20_000;
/// Lines beyond this number do not tell what a file is.
const MAX_LOOKED_AT: usize = 200;

/// A value and the names that lead to it; the items of a list all have the list's.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The names of the sections and keys around, outermost first.
    pub path: Vec<String>,
    /// The value, where it is written.
    pub value: Spanned<String>,
    /// Which item of each list around it is part of, outermost first; only those that are sections themselves count.
    pub items: Vec<usize>,
}

/// The settings of a file, in order.
#[must_use]
pub fn entries(file: &SourceFile) -> Vec<Entry> {
    if file.invalid_utf8.is_some() {
        return Vec::new();
    }
    if has_extension(&file.path, &["hjson", "json5"]) {
        return super::hjson::entries(file);
    }
    if has_extension(&file.path, &["hcl"]) {
        return super::hcl::entries(file);
    }
    if is_yaml(file) {
        let mut walk = Walk { found: Vec::new(), bounds: Bounds::default(), items: Vec::new() };
        for document in &yaml::parse(file).documents {
            walk.node(document, &mut Vec::new());
        }
        return walk.found;
    }
    if super::fluent::is_fluent(&file.text) {
        return super::fluent::entries(file);
    }
    if let Some(found) = super::logstash::entries(file) {
        return found;
    }
    lines(file)
}

/// Whether the file is YAML, by its name, or as MongoDB's: sections in sections under a name that says nothing of it.
pub(super) fn is_yaml(file: &SourceFile) -> bool {
    if has_extension(&file.path, &["yaml", "yml", "json"]) {
        return true;
    }
    let own = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let lines = || file.text.lines().filter(own).take(MAX_LOOKED_AT);
    let indented = |line: &str| line.starts_with("  ") || line.starts_with("- ");
    let key = |line: &str| {
        let name = line.split(':').next().unwrap_or("");
        name.len() < line.len()
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    has_extension(&file.path, &["conf"])
        && lines().any(indented)
        && lines().all(|line| indented(line) || key(line) && !line.trim_end().ends_with(['{', ';']))
}

struct Walk {
    found: Vec<Entry>,
    bounds: Bounds,
    items: Vec<usize>,
}

impl Walk {
    fn node(&mut self, node: &Node, path: &mut Vec<String>) {
        if self.found.len() >= MAX_ENTRIES || !self.bounds.down() {
            return;
        }
        match &node.kind {
            NodeKind::Scalar(scalar) => {
                let quoted = matches!(scalar.style, Style::SingleQuoted | Style::DoubleQuoted);
                let span = if quoted { within(node.span) } else { node.span };
                // Blocks are texts of another kind.
                if matches!(scalar.style, Style::Plain | Style::SingleQuoted | Style::DoubleQuoted) {
                    let value = Spanned::new(scalar.text.clone(), span);
                    self.found.push(Entry { path: path.clone(), value, items: self.items.clone() });
                }
            }
            NodeKind::Sequence(sequence) => {
                for (at, item) in sequence.items.iter().enumerate() {
                    let section = matches!(item.kind, NodeKind::Mapping(_));
                    self.items.extend(section.then_some(at));
                    self.node(item, path);
                    self.items.truncate(self.items.len() - usize::from(section));
                }
            }
            NodeKind::Mapping(mapping) => {
                for entry in mapping.entries.iter() {
                    let Some(key) = entry.key.as_scalar() else { continue };
                    let depth = path.len();
                    path.extend(key.text.split('.').map(str::to_string));
                    self.node(&entry.value, path);
                    path.truncate(depth);
                }
            }
            // What an alias stands for was met where it is anchored.
            NodeKind::Alias(_) => {}
        }
        self.bounds.up();
    }
}

fn within(span: Span) -> Span {
    span.slice(1, (span.len() as usize).saturating_sub(1))
}

/// Whether the file is one of NATS', by its name or its folder's: it has `port: 4222` and `authorization {`.
fn is_of_nats(path: &Path) -> bool {
    let mut names = path.iter().rev().take(2).filter_map(|name| name.to_str());
    has_extension(path, &["conf", "cfg"]) && names.any(|name| name.starts_with("nats"))
}

/// `[section]`, `key = value`, `key: value`.
fn lines(file: &SourceFile) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut section: Vec<String> = Vec::new();
    // The key of a list that goes on.
    let mut list: Option<Vec<String>> = None;
    let colons = has_extension(&file.path, &["properties"]) || is_of_nats(&file.path);
    // The sections that were begun so far, and those that are open, as items: two may have the same name.
    let mut begun = 0;
    let mut items: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if found.len() >= MAX_ENTRIES {
            break;
        }
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        if text.is_empty() || text.starts_with(['#', ';', '!']) || text.starts_with("//") {
            continue;
        }
        if let Some(path) = &list {
            let path = path.clone();
            strings(file, start + indent, text, (&path, &items), &mut found);
            if text.contains(']') {
                list = None;
            }
            continue;
        }
        if text.starts_with('[') && !text.contains('=') {
            let name = text.trim_start_matches('[').split(']').next().unwrap_or("");
            section = name
                .split(['.', ':'])
                .map(|word| word.trim().trim_matches(['"', '\'']).to_string())
                .collect();
            begun += 1;
            items = vec![begun];
            continue;
        }
        // Logstash has sections in braces: `output {`, `elasticsearch {`.
        // Alloy gives its own a name: `loki.write "local" {`.
        let opened = text.strip_suffix('{').map(str::trim).and_then(|name| match name.split_once(' ') {
            Some((name, label)) => label.starts_with('"').then_some(name),
            None => Some(name),
        });
        if let Some(name) = opened.filter(|name| !name.contains('=')) {
            section.push(name.to_string());
            begun += 1;
            items.push(begun);
            continue;
        }
        if text == "}" {
            section.pop();
            items.pop();
            continue;
        }
        let separator = if colons { text.find(['=', ':']) } else { text.find('=') };
        // Redis has neither: `bind 127.0.0.1`; PostgreSQL need not.
        let blank = || {
            ["bind ", "port ", "listen_addresses "]
                .iter()
                .find(|key| text.starts_with(**key))
                .map(|key| key.len() - 1)
        };
        let Some(cut) = separator.or_else(blank) else { continue };
        let key = text.get(..cut).unwrap_or("").trim().trim_matches(['"', '\'']);
        if key.is_empty() || key.contains(char::is_whitespace) {
            continue;
        }
        let mut path = section.clone();
        path.extend(key.split('.').map(str::to_string));
        // Logstash writes `hosts => [...]`.
        let after = text.get(cut + 1..).unwrap_or("");
        let value = after.trim_start_matches('>').trim_start();
        let from = start + indent + text.len() - value.len();
        if value.starts_with(['[', '{', '"', '\'']) {
            strings(file, from, value, (&path, &items), &mut found);
            if value.starts_with('[') && !value.contains(']') {
                list = Some(path);
            }
            continue;
        }
        let value =
            [" #", " ;", "\t#"].iter().fold(value, |value, sign| value.split(sign).next().unwrap_or(value));
        let value = value.trim_end();
        let place = file.slice(from, from + value.len());
        let value = Spanned::new(value.to_string(), place);
        found.push(Entry { path, value, items: items.clone() });
    }
    found
}

/// The settings of texts in JSON that stand anywhere in a file, as in a script that sends them: `"key": "value"`. Each text
/// that names a class of connectors begins a section.
pub(super) fn pairs(file: &SourceFile) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let (mut at, mut section) = (0, 0);
    let mut key: Option<&str> = None;
    while let Some(open) = file.text.get(at..).and_then(|rest| rest.find('"')).map(|open| at + open) {
        let between = file.text.get(at..open).unwrap_or("").trim();
        let from = open + 1;
        let length = file.text.get(from..).and_then(|rest| rest.find(['"', '\n']));
        let Some(end) = length.map(|length| from + length).filter(|_| found.len() < MAX_ENTRIES) else {
            break;
        };
        let text = file.text.get(from..end).unwrap_or("");
        at = end + 1;
        let Some(name) = key.take().filter(|_| between == ":") else {
            section +=
                usize::from(between.ends_with('{') && found.last().is_some_and(|last| last.path.len() > 1));
            key = Some(text);
            continue;
        };
        let path = name.split('.').map(str::to_string).collect();
        let value = Spanned::new(text.to_string(), file.slice(from, end));
        found.push(Entry { path, value, items: vec![section] });
    }
    found
}

/// The texts between quotes; a name before `=` leads to the one after it (`{ url = "…" }`).
fn strings(
    file: &SourceFile,
    start: usize,
    text: &str,
    (path, items): (&[String], &[usize]),
    found: &mut Vec<Entry>,
) {
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find(['"', '\'', '#'])).map(|open| at + open) {
        let quote = text.get(open..=open).unwrap_or("\"");
        if quote == "#" || found.len() >= MAX_ENTRIES {
            return;
        }
        let from = open + 1;
        let Some(close) = text.get(from..).and_then(|rest| rest.find(quote)).map(|end| from + end) else {
            return;
        };
        let before = text.get(at..open).unwrap_or("").trim_end();
        let name = before.strip_suffix('=').map(str::trim_end);
        let name = name
            .and_then(|before| before.rsplit([' ', ',', '{', '[']).next())
            .filter(|name| !name.is_empty());
        let mut path = path.to_vec();
        path.extend(name.map(str::to_string));
        let value = text.get(from..close).unwrap_or("").to_string();
        let place = file.slice(start + from, start + close);
        found.push(Entry { path, value: Spanned::new(value, place), items: items.to_vec() });
        at = close + 1;
    }
}
