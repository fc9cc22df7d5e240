//! What nodes and edges are called in pictures.

use std::collections::HashMap;

use super::{Edge, Graph, Kind, Node, condition};
use crate::compose::Condition;

/// No line of a picture is longer than this, in characters.
const MAX_LINE: usize = 48;
/// Nor does an edge say more of its addresses than this.
const MAX_SAID: usize = 4;

/// An arrow of a picture: all that one service dials at another, or a wait alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The node it comes from.
    pub from: usize,
    /// The node it leads to.
    pub to: usize,
    /// What is said of it.
    pub lines: Vec<Line>,
    /// How it looks.
    pub look: Look,
}

/// A line of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text.
    pub text: String,
    /// Whether it says what is wrong.
    pub wrong: bool,
}

/// How an arrow looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It dials.
    Dial,
    /// It dials, and that cannot work.
    Broken,
    /// It waits and is not seen to dial.
    Wait,
}

/// The arrows of a graph: what one service dials at another is one arrow, what is wrong with it another.
#[must_use]
pub fn arrows(graph: &Graph) -> Vec<Arrow> {
    let mut bundles: Vec<Vec<&Edge>> = Vec::new();
    let mut found: HashMap<(usize, usize, bool), usize> = HashMap::new();
    for edge in &graph.edges {
        let index = *found.entry((edge.from, edge.to, edge.is_broken())).or_insert_with(|| {
            bundles.push(Vec::new());
            bundles.len() - 1
        });
        if let Some(bundle) = bundles.get_mut(index) {
            bundle.push(edge);
        }
    }
    let mut arrows: Vec<Arrow> = bundles.iter().filter_map(|bundle| arrow(bundle)).collect();
    arrows.extend(graph.waits.iter().map(|wait| {
        // That it is started is what a wait without more means.
        let more = (wait.condition != Condition::Started)
            .then(|| Line { text: condition(wait.condition).to_string(), wrong: false });
        Arrow { from: wait.from, to: wait.to, lines: more.into_iter().collect(), look: Look::Wait }
    }));
    arrows
}

/// The arrow of some edges between the same nodes.
fn arrow(edges: &[&Edge]) -> Option<Arrow> {
    let first = edges.first()?;
    let said = |wrong: bool, texts: Vec<String>| {
        let mut lines: Vec<Line> = Vec::new();
        let count = texts.len();
        for text in texts.into_iter().take(MAX_SAID) {
            let line = Line { text, wrong };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let more = count.saturating_sub(MAX_SAID);
        lines.extend((more > 0).then(|| Line { text: format!("… and {more} more"), wrong }));
        lines
    };
    let port = |edge: &Edge| edge.port.map(|port| format!(" :{port}")).unwrap_or_default();
    let sources = edges.iter().map(|edge| format!("{}{}", short(edge.source.name()), port(edge)));
    let mut rules: Vec<&str> = edges.iter().flat_map(|edge| &edge.broken).map(|broken| broken.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let meant = edges.iter().filter_map(|edge| Some(format!("meant: {}", short(edge.meant.as_deref()?))));
    let mut lines = said(false, sources.collect());
    lines.extend(said(true, rules.iter().map(|rule| format!("✗ {rule}")).collect()));
    lines.extend(said(first.is_broken(), meant.collect()));
    // The wait is said once, however many addresses there are.
    let waits = first.waits.map(|waits| format!("waits: {}", condition(waits)));
    lines.extend(waits.map(|text| Line { text, wrong: false }));
    let look = if first.is_broken() { Look::Broken } else { Look::Dial };
    Some(Arrow { from: first.from, to: first.to, lines, look })
}

/// What stands in a node: its name, and in a second line what it is.
#[must_use]
pub fn node(graph: &Graph, node: &Node) -> (String, Option<String>) {
    let name = match node.kind {
        Kind::Loopback => node.name.clone(),
        _ => short(&node.name),
    };
    let mut about: Vec<String> = Vec::new();
    match node.kind {
        Kind::Service => about.extend(node.image.as_deref().map(|image| short(repository(image)))),
        kind => about.push(kind.title().to_string()),
    }
    if graph.networks.len() > 1 && !node.networks.is_empty() {
        about.push(format!("on {}", short(&node.networks.join(", "))));
    }
    (name, (!about.is_empty()).then(|| about.join(" · ")))
}

/// An image without the registry, the owner and the digest; folders as they are.
fn repository(image: &str) -> &str {
    if image.starts_with(['.', '/']) {
        return image;
    }
    let image = image.split('@').next().unwrap_or(image);
    image.rsplit('/').next().unwrap_or(image)
}

/// The text, or its beginning where it is longer than anyone reads in a picture.
#[must_use]
pub fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_LINE) {
        None => text.to_string(),
        Some(_) => text.chars().take(MAX_LINE - 1).chain(['…']).collect(),
    }
}

/// A network by its index and name, and the nodes that are on it alone.
pub type Group<'g> = (Option<(usize, &'g str)>, Vec<(usize, &'g Node)>);

/// The nodes by network, where there are several; those that are on several or on none come first.
#[must_use]
pub fn groups(graph: &Graph) -> Vec<Group<'_>> {
    let several = graph.networks.len() > 1;
    let of = |node: &Node| match &node.networks[..] {
        [only] if several => graph.networks.iter().position(|network| network == only),
        _ => None,
    };
    let mut groups: Vec<Group<'_>> = vec![(None, Vec::new())];
    groups
        .extend(graph.networks.iter().enumerate().map(|(index, name)| (Some((index, &**name)), Vec::new())));
    for (index, node) in graph.nodes.iter().enumerate() {
        let at = of(node).map_or(0, |network| network + 1);
        if let Some((_, members)) = groups.get_mut(at) {
            members.push((index, node));
        }
    }
    groups.retain(|(_, members)| !members.is_empty());
    groups
}
