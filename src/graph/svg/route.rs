//! The ways of arrows: out of one side of a box, level past other boxes and through their labels, into another side.

use std::collections::HashMap;

use super::layout::{Area, Layout};
use crate::graph::label::Arrow;

/// An end of an arrow, at a side of a box.
struct End {
    /// The height of the point that comes next.
    towards: f64,
    arrow: usize,
    /// Whether the arrow starts here.
    starts: bool,
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
    let mut places: HashMap<(usize, bool), (f64, f64)> = HashMap::new();
    for ((node, right), mut ends) in sides {
        let Some(area) = layout.nodes.get(node) else { continue };
        ends.sort_by(|a, b| a.towards.total_cmp(&b.towards).then(a.arrow.cmp(&b.arrow)));
        let x = if right { area.x + area.width / 2.0 } else { area.x - area.width / 2.0 };
        let step = area.height / (ends.len() as f64 + 1.0);
        for (index, end) in ends.iter().enumerate() {
            let y = area.y - area.height / 2.0 + step * (index as f64 + 1.0);
            places.insert((end.arrow, end.starts), (x, y));
        }
    }
    let widths = widths(&layout.nodes);
    for (index, course) in layout.arrows.iter_mut().enumerate() {
        let (Some(start), Some(end)) = (places.get(&(index, true)), places.get(&(index, false))) else { continue };
        let [_, inner @ .., _] = &course.points[..] else { continue };
        let mut points = vec![*start];
        for (x, y) in inner {
            let (x, y) = (*x, *y);
            let at_label = (x - course.label.x).abs() < 1.0 && (y - course.label.y).abs() < 1.0;
            let width = match at_label {
                true => course.label.width,
                false => widths.get(&key(x)).copied().unwrap_or(0.0),
            };
            let ahead = if start.0 <= end.0 { width / 2.0 } else { -width / 2.0 };
            points.push((x - ahead, y));
            if width > 0.0 {
                points.push((x + ahead, y));
            }
        }
        points.push(*end);
        course.points = points;
    }
}

/// How wide the widest box of each column is, by the column's middle.
fn widths(nodes: &[Area]) -> HashMap<i64, f64> {
    let mut widths: HashMap<i64, f64> = HashMap::new();
    for area in nodes {
        let width = widths.entry(key(area.x)).or_default();
        *width = width.max(area.width);
    }
    widths
}

/// A column's middle, rounded so that it can be looked up.
fn key(x: f64) -> i64 {
    x.round() as i64
}
