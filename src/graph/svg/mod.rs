//! The graph as a picture: where things stand says a layout library, what they look like is ours.

mod draw;
mod layout;
mod route;

use super::label::{arrows, node};
use super::{Graph, Unwritten};

/// A picture of more nodes than this can't be read.
pub const MAX_NODES: usize = 150;
/// Nor one of more arrows.
pub const MAX_EDGES: usize = 400;

/// The picture.
///
/// # Errors
/// [`Unwritten::TooLarge`]
pub fn of(graph: &Graph) -> Result<String, Unwritten> {
    let arrows = arrows(graph);
    let (nodes, edges) = (graph.nodes.len(), arrows.len());
    if nodes > MAX_NODES || edges > MAX_EDGES {
        return Err(too_large(nodes, edges));
    }
    let labels: Vec<(String, Option<String>)> =
        graph.nodes.iter().map(|member| node(graph, member)).collect();
    let layout = layout::of(&labels, &arrows).ok_or_else(|| too_large(nodes, edges))?;
    Ok(draw::picture(graph, &labels, &arrows, &layout))
}

fn too_large(nodes: usize, edges: usize) -> Unwritten {
    Unwritten::TooLarge(format!(
        "a picture of {nodes} nodes and {edges} arrows could not be read; name the services to draw, or write \
         `--format dot` for Graphviz"
    ))
}
