//! The picture itself.

use std::fmt::Write as _;

use super::layout::{Area, Course, LABEL_LINE, Layout, NODE_LINE, SIZES};
use crate::graph::label::{Arrow, Look, short};
use crate::graph::{Graph, Kind};

/// The room around everything.
const MARGIN: f64 = 24.0;
const TITLE: f64 = 30.0;
const LEGEND: f64 = 30.0;

/// What does not depend on the surroundings.
const SHAPES: &str = "\
    text { font-family: ui-sans-serif, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
    .title, .name, .wrong { font-weight: 600; }
    .said { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
    .service { stroke-width: 1.25; }
    .outside, .nobody { stroke-dasharray: 4 3; }
    .dial, .wait, .broken, .tip-broken { fill: none; stroke-width: 1.25; }
    .wait { stroke-dasharray: 2 3; stroke-width: 1.5; }
    .broken, .tip-broken { stroke-width: 1.75; }
    .broken { stroke-dasharray: 6 4; }
";

/// Colours: of the ground, of boxes, of names, of all other text, of lines, of waits, of what is wrong. The picture
/// brings its own ground, so that it can be read on any page; not all programs know variables in styles.
const LIGHT: [&str; 7] = ["#ffffff", "#f6f8fa", "#1f2328", "#59636e", "#59636e", "#afb8c1", "#cf222e"];
const DARK: [&str; 7] = ["#0d1117", "#161b22", "#f0f6fc", "#9198a1", "#9198a1", "#4f5863", "#ff7b72"];

fn colours([ground, boxes, ink, soft, line, wait, wrong]: [&str; 7]) -> String {
    format!(
        "\
    .ground, .behind {{ fill: {ground}; }}
    .title, .name {{ fill: {ink}; }}
    .about, .legend, .said {{ fill: {soft}; }}
    .wrong {{ fill: {wrong}; }}
    .service {{ fill: {boxes}; stroke: {line}; }}
    .outside {{ fill: {ground}; stroke: {line}; }}
    .nobody {{ fill: {ground}; stroke: {wrong}; }}
    .dial {{ stroke: {line}; }}
    .wait {{ stroke: {wait}; }}
    .broken, .tip-broken {{ stroke: {wrong}; }}
    .tip {{ fill: {line}; }}
    .tip-wait {{ fill: {wait}; }}
"
    )
}

pub fn picture(
    graph: &Graph,
    labels: &[(String, Option<String>)],
    arrows: &[Arrow],
    layout: &Layout,
) -> String {
    let title = title(graph);
    let least = (title.chars().count() as f64 * 9.0).max(430.0);
    let width = (layout.width.max(least) + 2.0 * MARGIN).ceil();
    let height = (layout.height + 2.0 * MARGIN + TITLE + LEGEND).ceil();
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">"
    );
    let _ = writeln!(svg, "  <title>{}</title>", escaped(&title));
    let (light, dark) = (colours(LIGHT), colours(DARK));
    let _ = writeln!(
        svg,
        "  <style>\n{SHAPES}{light}    @media (prefers-color-scheme: dark) {{\n{dark}    }}\n  </style>"
    );
    svg.push_str(TIPS);
    let _ = writeln!(svg, "  <rect class=\"ground\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>");
    text(&mut svg, "title", (MARGIN, MARGIN + 8.0), 15.0, &title);
    let _ = writeln!(svg, "  <g transform=\"translate({MARGIN} {})\">", MARGIN + TITLE);
    for (arrow, course) in arrows.iter().zip(&layout.arrows) {
        line(&mut svg, arrow, course);
    }
    for (arrow, course) in arrows.iter().zip(&layout.arrows) {
        label(&mut svg, arrow, &course.label);
    }
    for ((node, (name, about)), area) in graph.nodes.iter().zip(labels).zip(&layout.nodes) {
        boxed(&mut svg, node.kind, name, about.as_deref(), area);
    }
    svg.push_str("  </g>\n");
    legend(&mut svg, arrows, height - MARGIN);
    svg.push_str("</svg>\n");
    svg
}

const TIPS: &str = "  <defs>
    <marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip\" d=\"M0 1 L10 5 L0 9 z\"/></marker>
    <marker id=\"tip-wait\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip-wait\" d=\"M0 1 L10 5 L0 9 z\"/></marker>
    <marker id=\"tip-broken\" viewBox=\"0 0 12 12\" refX=\"10\" refY=\"6\" markerWidth=\"12\" markerHeight=\"12\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip-broken\" d=\"M2 2 L10 10 M10 2 L2 10\"/></marker>
  </defs>
";

fn title(graph: &Graph) -> String {
    let broken = graph.edges.iter().filter(|edge| edge.is_broken()).count();
    match broken {
        0 => format!("{}: who dials whom", short(&graph.project)),
        broken => format!("{}: who dials whom, {broken} broken", short(&graph.project)),
    }
}

fn line(svg: &mut String, arrow: &Arrow, course: &Course) {
    let (class, tip) = match arrow.look {
        Look::Dial => ("dial", "tip"),
        Look::Broken => ("broken", "tip-broken"),
        Look::Wait => ("wait", "tip-wait"),
    };
    let path = curve(&course.points);
    let _ = writeln!(svg, "    <path class=\"{class}\" d=\"{path}\" marker-end=\"url(#{tip})\"/>");
}

/// A smooth line through the points, level at each of them.
fn curve(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    let Some(first) = points.first() else { return path };
    let _ = write!(path, "M{} {}", round(first.0), round(first.1));
    for pair in points.windows(2) {
        let [(x, y), (next_x, next_y)] = pair else { continue };
        let middle = round((x + next_x) / 2.0);
        let (next_x, y, next_y) = (round(*next_x), round(*y), round(*next_y));
        let _ = match y == next_y {
            true => write!(path, " H{next_x}"),
            false => write!(path, " C{middle} {y} {middle} {next_y} {next_x} {next_y}"),
        };
    }
    path
}

fn label(svg: &mut String, arrow: &Arrow, area: &Area) {
    if arrow.lines.is_empty() {
        return;
    }
    let (left, top) = (area.x - area.width / 2.0, area.y - area.height / 2.0);
    let _ = writeln!(
        svg,
        "    <rect class=\"behind\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>",
        round(left),
        round(top),
        round(area.width),
        round(area.height)
    );
    for (index, line) in arrow.lines.iter().enumerate() {
        let class = if line.wrong { "said wrong" } else { "said" };
        let y = top + 2.0 + LABEL_LINE * (index as f64 + 0.78);
        middle(svg, class, (area.x, y), SIZES.2, &line.text);
    }
}

fn boxed(svg: &mut String, kind: Kind, name: &str, about: Option<&str>, area: &Area) {
    let (class, round_by) = match kind {
        Kind::Service => ("service", 6.0),
        Kind::Loopback | Kind::Nobody => ("nobody", area.height / 2.0),
        _ => ("outside", area.height / 2.0),
    };
    let _ = writeln!(
        svg,
        "    <rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
        round(area.x - area.width / 2.0),
        round(area.y - area.height / 2.0),
        round(area.width),
        round(area.height),
        round(round_by)
    );
    match about {
        None => middle(svg, "name", (area.x, area.y + 5.0), SIZES.0, name),
        Some(about) => {
            middle(svg, "name", (area.x, area.y - NODE_LINE / 2.0 + 5.0), SIZES.0, name);
            middle(svg, "about", (area.x, area.y + NODE_LINE / 2.0 + 4.0), SIZES.1, about);
        }
    }
}

/// What the kinds of lines mean that are there.
fn legend(svg: &mut String, arrows: &[Arrow], y: f64) {
    let items = [
        (Look::Dial, "dial", "tip", "dials"),
        (Look::Broken, "broken", "tip-broken", "dials, and that cannot work"),
        (Look::Wait, "wait", "tip-wait", "waits for"),
    ];
    let mut x = MARGIN;
    for (_, class, tip, title) in items.iter().filter(|(look, ..)| arrows.iter().any(|a| a.look == *look)) {
        let middle = round(y - 4.0);
        let _ = writeln!(
            svg,
            "  <path class=\"{class}\" d=\"M{x} {middle} L{} {middle}\" marker-end=\"url(#{tip})\"/>",
            x + 34.0
        );
        text(svg, "legend", (x + 42.0, y), SIZES.1, title);
        x += 58.0 + title.chars().count() as f64 * 7.0;
    }
}

fn text(svg: &mut String, class: &str, (x, y): (f64, f64), size: f64, content: &str) {
    put(svg, class, (x, y), size, "start", content);
}

fn middle(svg: &mut String, class: &str, at: (f64, f64), size: f64, content: &str) {
    put(svg, class, at, size, "middle", content);
}

fn put(svg: &mut String, class: &str, (x, y): (f64, f64), size: f64, anchor: &str, content: &str) {
    let _ = writeln!(
        svg,
        "    <text class=\"{class}\" x=\"{}\" y=\"{}\" font-size=\"{size}\" text-anchor=\"{anchor}\">{}</text>",
        round(x),
        round(y),
        escaped(content)
    );
}

/// Tenths are finer than anyone sees, and the same on every machine.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A text for XML: no markup, and only characters that XML has.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(
            escaped("</text><script>&\"'\u{1}"),
            "&lt;/text&gt;&lt;script&gt;&amp;&quot;&#39;\u{fffd}"
        );
    }

    #[test]
    fn lines_are_level_at_their_points() {
        assert_eq!(curve(&[(0.0, 0.0), (10.0, 0.0), (20.0, 10.0)]), "M0 0 H10 C15 0 15 10 20 10");
        assert_eq!(curve(&[]), "");
    }
}
