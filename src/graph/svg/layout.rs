//! Where nodes, arrows and their labels stand.

use dugong::graphlib::{Graph, GraphOptions};
use dugong::{
    EdgeLabel, GraphLabel, LabelPos, NodeLabel, RankDir, WorkControl, WorkError, layout_controlled,
};

use super::route;
use crate::graph::label::{Arrow, Look};

/// The height of a line in a node, and in a label.
pub const NODE_LINE: f64 = 17.0;
pub const LABEL_LINE: f64 = 14.0;
/// How much more room there is around the text of a node than the text takes.
pub const PADDING: (f64, f64) = (12.0, 9.0);
/// The sizes of the name of a node, of its second line, and of labels.
pub const SIZES: (f64, f64, f64) = (14.0, 11.0, 11.0);
/// What the library may do for one picture, in its own units: well below a second.
const BUDGET: usize = 200_000_000;

/// Where a box stands: its middle, and its size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// The picture's size and the places of all that is in it, in the order of nodes and arrows.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    pub nodes: Vec<Area>,
    pub arrows: Vec<Course>,
}

/// The course of an arrow, which is level at each of its points, and where its label stands.
#[derive(Clone, Debug, Default)]
pub struct Course {
    pub points: Vec<(f64, f64)>,
    pub label: Area,
}

struct Budget(usize);

impl WorkControl for Budget {
    fn charge(&mut self, units: usize) -> Result<(), WorkError> {
        self.0 = self.0.checked_sub(units).ok_or(WorkError::Interrupted)?;
        Ok(())
    }
}

/// The layout; `None` when it would take too long.
pub fn of(nodes: &[(String, Option<String>)], arrows: &[Arrow]) -> Option<Layout> {
    let mut graph: Graph<NodeLabel, EdgeLabel, GraphLabel> =
        Graph::new(GraphOptions { directed: true, multigraph: true, compound: false });
    graph.set_graph(GraphLabel {
        rankdir: RankDir::LR,
        nodesep: 24.0,
        // Half of it is on each side of a label.
        ranksep: 80.0,
        edgesep: 12.0,
        ..GraphLabel::default()
    });
    for (index, (name, about)) in nodes.iter().enumerate() {
        let (width, height) = size_of_node(name, about.as_deref());
        graph.set_node(id(index), NodeLabel { width, height, ..NodeLabel::default() });
    }
    for (index, arrow) in arrows.iter().enumerate() {
        let (width, height) = size_of_label(arrow);
        let weight = if arrow.look == Look::Wait { 1.0 } else { 2.0 };
        let label =
            EdgeLabel { width, height, labelpos: LabelPos::C, minlen: 1, weight, ..EdgeLabel::default() };
        graph.set_edge_named(id(arrow.from), id(arrow.to), Some(index.to_string()), Some(label));
    }
    layout_controlled(&mut graph, &mut Budget(BUDGET)).ok()?;
    let mut layout = Layout::default();
    for (index, _) in nodes.iter().enumerate() {
        let node = graph.node(&id(index))?;
        layout.nodes.push(Area { x: node.x?, y: node.y?, width: node.width, height: node.height });
    }
    for (index, arrow) in arrows.iter().enumerate() {
        let edge = graph.edge(&id(arrow.from), &id(arrow.to), Some(&index.to_string()))?;
        let points = edge.points.iter().map(|point| (point.x, point.y)).collect();
        let middle = edge.x.zip(edge.y).or_else(|| edge.points.first().map(|point| (point.x, point.y)));
        let (x, y) = middle?;
        let label = Area { x, y, width: edge.width, height: edge.height };
        layout.arrows.push(Course { points, label });
    }
    route::ends(&mut layout, arrows);
    layout.bound();
    Some(layout)
}

impl Layout {
    /// Makes the picture as large as what is in it.
    fn bound(&mut self) {
        let areas = self.nodes.iter().chain(self.arrows.iter().map(|arrow| &arrow.label));
        let corners = areas.map(|area| (area.x + area.width / 2.0, area.y + area.height / 2.0));
        let points = self.arrows.iter().flat_map(|arrow| arrow.points.iter().copied());
        let (width, height) =
            corners.chain(points).fold((0.0, 0.0), |(w, h): (f64, f64), (x, y)| (w.max(x), h.max(y)));
        (self.width, self.height) = (width, height);
    }
}

fn id(index: usize) -> String {
    format!("n{index}")
}

fn size_of_node(name: &str, about: Option<&str>) -> (f64, f64) {
    let text = bold(name).max(about.map_or(0.0, |about| measured(about, SIZES.1)));
    let lines = if about.is_some() { 2.0 } else { 1.0 };
    ((text + 2.0 * PADDING.0).max(64.0).ceil(), 2.0 * PADDING.1 + lines * NODE_LINE)
}

fn size_of_label(arrow: &Arrow) -> (f64, f64) {
    if arrow.lines.is_empty() {
        return (0.0, 0.0);
    }
    let width = arrow.lines.iter().map(|line| fixed(&line.text, SIZES.2)).fold(0.0, f64::max);
    ((width + 10.0).ceil(), arrow.lines.len() as f64 * LABEL_LINE + 4.0)
}

/// How wide a text is in a proportional font, roughly: which font it will be is not known.
fn measured(text: &str, size: f64) -> f64 {
    text.chars().map(|c| advance(c, 0.56)).sum::<f64>() * size
}

fn bold(text: &str) -> f64 {
    text.chars().map(|c| advance(c, 0.63)).sum::<f64>() * SIZES.0
}

/// How wide a text is where all letters are of one width.
fn fixed(text: &str, size: f64) -> f64 {
    text.chars().map(|c| advance(c, 0.61)).sum::<f64>() * size
}

/// Scripts of Asia and pictures take a square.
fn advance(c: char, usual: f64) -> f64 {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 1.05,
        _ => usual,
    }
}
