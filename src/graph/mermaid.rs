//! The graph as a Mermaid flowchart.
//!
//! Every text stands in quotes, and every character in it that could mean something to Mermaid, to HTML or to the
//! Markdown around is written as an entity code (`#35;`).

use std::fmt::Write as _;

use super::label::{Arrow, Look, arrows, groups, node};
use super::{Graph, Kind};

/// The flowchart.
#[must_use]
pub fn of(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    for (title, members) in groups(graph) {
        let indent = match title {
            Some((index, name)) => {
                let _ = writeln!(text, "  subgraph net{index}[\"network {}\"]", escaped(name));
                "    "
            }
            None => "  ",
        };
        for (index, member) in members {
            let (name, about) = node(graph, member);
            let about = about.map(|about| format!("<br/>{}", escaped(&about))).unwrap_or_default();
            let (open, close, class) = match member.kind {
                Kind::Service => ("[", "]", "service"),
                Kind::Loopback | Kind::Nobody => ("([", "])", "nobody"),
                _ => ("([", "])", "outside"),
            };
            let _ = writeln!(text, "{indent}n{index}{open}\"{}{about}\"{close}:::{class}", escaped(&name));
        }
        if title.is_some() {
            text.push_str("  end\n");
        }
    }
    let arrows = arrows(graph);
    for arrow in &arrows {
        let line = match arrow.look {
            Look::Dial => "-->",
            Look::Broken => "-.-x",
            Look::Wait => "-.->",
        };
        let said = match arrow.lines.is_empty() {
            true => String::new(),
            false => format!("|\"{}\"|", said(arrow)),
        };
        let _ = writeln!(text, "  n{} {line}{said} n{}", arrow.from, arrow.to);
    }
    let index = |look| {
        let of = arrows.iter().enumerate().filter(move |(_, arrow)| arrow.look == look);
        of.map(|(index, _)| index.to_string()).collect::<Vec<_>>().join(",")
    };
    let (broken, waits) = (index(Look::Broken), index(Look::Wait));
    if !broken.is_empty() {
        let _ = writeln!(text, "  linkStyle {broken} stroke:#cf222e,stroke-width:2px,color:#cf222e");
    }
    if !waits.is_empty() {
        let _ = writeln!(text, "  linkStyle {waits} stroke:#8c959f");
    }
    text.push_str("  classDef service stroke-width:2px\n");
    text.push_str("  classDef outside stroke-dasharray:4 3\n");
    text.push_str("  classDef nobody stroke:#cf222e,stroke-dasharray:4 3\n");
    text
}

fn said(arrow: &Arrow) -> String {
    arrow.lines.iter().map(|line| escaped(&line.text)).collect::<Vec<_>>().join("<br/>")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let harmless =
            c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | ',' | ':' | '/' | '·' | '…' | '✗');
        match harmless {
            true => safe.push(c),
            false => {
                let _ = write!(safe, "#{};", u32::from(c));
            }
        }
    }
    // Mermaid looks for these two words in the whole text, in quotes or not.
    safe.replace("style", "#115;tyle").replace("classDef", "#99;lassDef")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(escaped("db:5432 my_app-1/x.y"), "db:5432 my_app-1/x.y");
        assert_eq!(escaped("a\"]; end%%{`<b>#"), "a#34;#93;#59; end#37;#37;#123;#96;#60;b#62;#35;");
        assert_eq!(escaped("style x classDef"), "#115;tyle x #99;lassDef");
    }
}
