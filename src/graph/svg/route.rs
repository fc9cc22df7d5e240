//! The ways of arrows: out of one side of a box, level past other boxes and through their labels, into another side.

use std::collections::HashMap;

use super::layout::Layout;
use crate::graph::label::Arrow;

/// An end of an arrow, at a side of a box.
struct End {
    /// The height of the point that comes next.
    towards: f64,
    arrow: usize,
    /// Whether the arrow starts here.
    starts: bool,
}

/// Where an arrow meets a box, and where it is past the other boxes of the column.
struct Side {
    at: (f64, f64),
    past: (f64, f64),
}

/// Gives each arrow its place at the sides of the boxes that it connects, and the points between.
pub fn ends(layout: &mut Layout, arrows: &[Arrow]) {
    let mut sides: HashMap<(usize, bool), Vec<End>> = HashMap::new();
    for (index, (arrow, course)) in arrows.iter().zip(&layout.arrows).enumerate() {
        let [_, inner @ .., _] = &course.points[..] else { continue };
        let (Some(first), Some(last)) = (inner.first(), inner.last()) else { continue };
        for (node, next, starts) in [(arrow.from, first, true), (arrow.to, last, false)] {
            let Some(area) = layout.nodes.get(node).filter(|_| arrow.from != arrow.to) else { continue };
            let end = End { towards: next.1, arrow: index, starts };
            sides.entry((node, next.0 > area.x)).or_default().push(end);
        }
    }
    let widths = widths(layout);
    let mut places: HashMap<(usize, bool), Side> = HashMap::new();
    for ((node, right), mut ends) in sides {
        let Some(area) = layout.nodes.get(node) else { continue };
        ends.sort_by(|a, b| a.towards.total_cmp(&b.towards).then(a.arrow.cmp(&b.arrow)));
        let way = if right { 0.5 } else { -0.5 };
        let column = widths.get(&key(area.x)).copied().unwrap_or(area.width);
        let (x, past) = (area.x + way * area.width, area.x + way * column);
        let step = area.height / (ends.len() as f64 + 1.0);
        for (index, end) in ends.iter().enumerate() {
            let y = area.y - area.height / 2.0 + step * (index as f64 + 1.0);
            places.insert((end.arrow, end.starts), Side { at: (x, y), past: (past, y) });
        }
    }
    for (index, course) in layout.arrows.iter_mut().enumerate() {
        let (Some(start), Some(end)) = (places.get(&(index, true)), places.get(&(index, false))) else {
            continue;
        };
        let [_, inner @ .., _] = &course.points[..] else { continue };
        let mut points = vec![start.at, start.past];
        for (x, y) in inner {
            let (x, y) = (*x, *y);
            let width = widths.get(&key(x)).copied().unwrap_or(0.0);
            let ahead = if start.at.0 <= end.at.0 { width / 2.0 } else { -width / 2.0 };
            points.push((x - ahead, y));
            if width > 0.0 {
                points.push((x + ahead, y));
            }
        }
        points.extend([end.past, end.at]);
        points.dedup();
        course.points = points;
    }
}

/// How wide the widest box or label of each column is, by the column's middle.
fn widths(layout: &Layout) -> HashMap<i64, f64> {
    let mut widths: HashMap<i64, f64> = HashMap::new();
    for area in layout.nodes.iter().chain(layout.arrows.iter().map(|course| &course.label)) {
        let width = widths.entry(key(area.x)).or_default();
        *width = width.max(area.width);
    }
    widths
}

/// A column's middle, rounded so that it can be looked up.
fn key(x: f64) -> i64 {
    x.round() as i64
}
