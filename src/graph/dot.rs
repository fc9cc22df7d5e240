//! The graph for Graphviz.

use std::fmt::Write as _;

use super::label::{Arrow, Look, arrows, groups, node};
use super::{Graph, Kind};

/// The text for `dot`.
#[must_use]
pub fn of(graph: &Graph) -> String {
    let mut text = String::from("digraph dockworthy {\n");
    let _ =
        writeln!(text, "  graph [rankdir=LR, fontname=\"sans-serif\", label={}];", quoted(&graph.project));
    text.push_str("  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=12];\n");
    text.push_str("  edge [fontname=\"monospace\", fontsize=9];\n");
    for (title, members) in groups(graph) {
        let indent = match title {
            Some((index, name)) => {
                let _ = writeln!(text, "  subgraph cluster_{index} {{");
                let _ = writeln!(text, "    label={};", quoted(&format!("network {name}")));
                text.push_str("    style=\"rounded,dashed\";\n    color=\"#8c959f\";\n");
                "    "
            }
            None => "  ",
        };
        for (index, member) in members {
            let (name, about) = node(graph, member);
            let lines: Vec<String> = std::iter::once(name).chain(about).collect();
            let look = match member.kind {
                Kind::Service => "",
                Kind::Loopback | Kind::Nobody => ", style=\"rounded,dashed\", color=\"#cf222e\"",
                _ => ", style=\"rounded,dashed\", color=\"#57606a\"",
            };
            let _ = writeln!(text, "{indent}n{index} [label={}{look}];", lines_quoted(&lines));
        }
        if title.is_some() {
            text.push_str("  }\n");
        }
    }
    for arrow in arrows(graph) {
        let look = match arrow.look {
            Look::Dial => "",
            Look::Broken => ", style=dashed, color=\"#cf222e\", fontcolor=\"#cf222e\", penwidth=2",
            Look::Wait => ", style=dotted, color=\"#8c959f\", fontcolor=\"#57606a\"",
        };
        let _ = writeln!(text, "  n{} -> n{} [label={}{look}];", arrow.from, arrow.to, said(&arrow));
    }
    text.push_str("}\n");
    text
}

fn said(arrow: &Arrow) -> String {
    let lines: Vec<String> = arrow.lines.iter().map(|line| line.text.clone()).collect();
    lines_quoted(&lines)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn lines_quoted(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("\"{}\"", lines.join("\\n"))
}

/// Backslashes begin escapes, and `&` begins entities, in every text of Graphviz.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => safe.push_str("\\\""),
            '\\' => safe.push_str("\\\\"),
            '&' => safe.push_str("&amp;"),
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
        assert_eq!(quoted("a\"] -> b [x=\\N &lt;"), "\"a\\\"] -> b [x=\\\\N &amp;lt;\"");
    }
}
