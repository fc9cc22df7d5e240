//! The graph for people: what each service dials, in the order in which services start.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Edge, Graph, Kind, Node, condition};
use crate::report::paint::{Style, put};
use crate::report::wrap::{width, wrap};
use crate::report::{Screen, number};

/// A column beyond this is no reason to push the next one away.
const MAX_PAD: usize = 44;
/// No edge shows more places than this.
const MAX_PLACES: usize = 3;
const GAP: usize = 2;
/// What stands between the facts of an edge.
const BETWEEN: &str = "   ";

/// Writes a tree for each service, as wide as the screen at most.
pub fn write(graphs: &[Graph], screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    for (index, graph) in graphs.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        if graphs.len() > 1 {
            let title = format!("{} ({})", graph.project, graph.files.join(", "));
            let _ = writeln!(text, "{}\n", Style::Strong.paint(&title, screen));
        }
        of_project(graph, screen, &mut text);
    }
    put(&text, screen, out)
}

fn of_project(graph: &Graph, screen: &Screen, text: &mut String) {
    let rows: Vec<Row> = graph.edges.iter().map(|edge| Row::of_edge(graph, edge)).collect();
    let waits: Vec<Row> = graph
        .waits
        .iter()
        .map(|wait| Row {
            address: graph.name(wait.to).to_string(),
            source: String::new(),
            facts: vec![format!("waits: {}", condition(wait.condition))],
            ..Row::default()
        })
        .collect();
    let natural = |part: fn(&Row) -> &str| {
        let widths = rows.iter().map(|row| width(part(row)));
        widths.filter(|width| *width <= MAX_PAD).max().unwrap_or(0)
    };
    let columns = [natural(|row| &row.address), natural(|row| &row.source)];
    let layers = graph.nodes.iter().filter_map(|node| node.layer).max().unwrap_or(0);
    let digits = (layers + 1).to_string().len();
    let mut below: HashMap<usize, Vec<&Row>> = HashMap::new();
    let froms = graph.edges.iter().map(|edge| edge.from).chain(graph.waits.iter().map(|wait| wait.from));
    for (from, row) in froms.zip(rows.iter().chain(&waits)) {
        below.entry(from).or_default().push(row);
    }
    let mut shown = false;
    for (index, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.kind == Kind::Service) {
        let place = node.layer.map_or(0, |layer| layer + 1);
        let number = Style::Dim.paint(&format!("{place:digits$}"), screen);
        let about = about(graph, node);
        let room = screen.width.saturating_sub(digits + 2 + width(&node.name) + 2);
        let mut lines = wrap(&about, room).into_iter();
        let first = lines.next().unwrap_or_default();
        let head = format!(
            "{number}  {}  {}",
            Style::Strong.paint(&node.name, screen),
            Style::Dim.paint(&first, screen)
        );
        let _ = writeln!(text, "{}", head.trim_end());
        for line in lines {
            let pad = " ".repeat(digits + 2 + width(&node.name) + 2);
            let _ = writeln!(text, "{pad}{}", Style::Dim.paint(&line, screen));
        }
        for row in below.get(&index).into_iter().flatten() {
            row.write(digits + 2, columns, screen, text);
        }
        shown = true;
    }
    if !shown {
        text.push_str("no service runs\n");
    }
    if !screen.quiet {
        let _ = writeln!(text, "\n{}", wrap(&summary(graph), screen.width).join("\n"));
    }
}

fn about(graph: &Graph, node: &Node) -> String {
    let mut parts: Vec<String> = node.image.iter().cloned().collect();
    if !node.listens.is_empty() {
        let ports = node.listens.iter().map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        });
        parts.push(format!("listens on {}", ports.collect::<Vec<_>>().join(", ")));
    }
    if graph.networks.len() > 1 && !node.networks.is_empty() {
        parts.push(format!("on {}", node.networks.join(", ")));
    }
    parts.join(", ")
}

fn summary(graph: &Graph) -> String {
    let services = graph.nodes.iter().filter(|node| node.kind == Kind::Service).count();
    let broken = graph.edges.iter().filter(|edge| edge.is_broken()).count();
    let first = graph.edges.iter().flat_map(|edge| &edge.broken).next();
    let broken = match first {
        None => String::new(),
        Some(first) => format!(", {broken} broken (dockworthy explain {})", first.rule),
    };
    format!(
        "{}, {}{broken}",
        number(services, "service", "services"),
        number(graph.edges.len(), "dial", "dials")
    )
}

impl Graph {
    fn name(&self, node: usize) -> &str {
        self.nodes.get(node).map_or("", |node| &node.name)
    }
}

/// A line below a service.
#[derive(Debug, Default)]
struct Row {
    address: String,
    source: String,
    facts: Vec<String>,
    /// The rules that speak of it.
    rules: Vec<&'static str>,
    dials: bool,
}

impl Row {
    fn of_edge(graph: &Graph, edge: &Edge) -> Self {
        let node = graph.nodes.get(edge.to);
        let kind = node.map_or(Kind::Unknown, |node| node.kind);
        let mut places: Vec<String> = edge
            .places
            .iter()
            .take(MAX_PLACES)
            .map(|place| format!("{}:{}", place.file, place.line))
            .collect();
        if edge.places.len() > MAX_PLACES {
            places.push(format!("{} more", edge.places.len() - MAX_PLACES));
        }
        let places = if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) };
        let mut facts = Vec::new();
        match kind {
            Kind::Service => {
                facts.push(format!("waits: {}", edge.waits.map_or("nothing", condition)));
                // Whoever is dialled by another of its names.
                let name = graph.name(edge.to);
                let host = edge.address.rsplit_once(':').map_or(&*edge.address, |(host, _)| host);
                if !host.eq_ignore_ascii_case(name) {
                    facts.insert(0, format!("is {name}"));
                }
                match &edge.networks[..] {
                    [] => facts.push("network: none in common".to_string()),
                    shared if graph.networks.len() > 1 => {
                        facts.push(format!("network: {}", shared.join(", ")));
                    }
                    _ => {}
                }
            }
            kind => facts.push(kind.title().to_string()),
        }
        if let Some(meant) = &edge.meant {
            facts.push(format!("meant: {meant}"));
        }
        let mut rules: Vec<&str> = edge.broken.iter().map(|broken| broken.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        let source = format!("{}{places}", edge.source.name());
        Self { address: edge.address.clone(), source, facts, rules, dials: true }
    }

    fn write(&self, indent: usize, columns: [usize; 2], screen: &Screen, text: &mut String) {
        let arrow = match (self.dials, self.rules.is_empty(), screen.unicode) {
            (false, _, true) => "┄┄▷",
            (false, _, false) => "..>",
            (true, true, true) => "──▶",
            (true, true, false) => "-->",
            (true, false, true) => "──✗",
            (true, false, false) => "--x",
        };
        let style = match (self.dials, self.rules.is_empty()) {
            (false, _) => Style::Dim,
            (true, true) => Style::Plain,
            (true, false) => Style::Wrong,
        };
        let cross = if screen.unicode { "✗" } else { "x" };
        let rules = self.rules.iter().map(|rule| format!("{cross} {rule}"));
        let facts: Vec<String> = rules.chain(self.facts.iter().cloned()).collect();
        let pad = |part: &str, room: usize| " ".repeat((room + GAP).saturating_sub(width(part)).max(GAP));
        let start = format!("{}{arrow} ", " ".repeat(indent));
        let one = format!(
            "{start}{}{}{}{}{}",
            self.address,
            pad(&self.address, columns[0]),
            self.source,
            if self.source.is_empty() { String::new() } else { pad(&self.source, columns[1]) },
            facts.join(BETWEEN),
        );
        if width(&one) <= screen.width {
            let _ = writeln!(text, "{}", style.paint(one.trim_end(), screen));
            return;
        }
        let hanging = width(&start) + 2;
        let room = screen.width.saturating_sub(hanging);
        let first = format!("{}{}{}", self.address, pad(&self.address, columns[0].min(24)), self.source);
        let mut lines = Vec::new();
        match width(&start) + width(&first) <= screen.width {
            true => lines.push(first.trim_end().to_string()),
            false => {
                lines.extend(wrap(&self.address, room));
                lines.extend(wrap(&self.source, room).into_iter().filter(|line| !line.is_empty()));
            }
        }
        lines.extend(filled(&facts, room));
        for (index, line) in lines.iter().enumerate() {
            let lead = if index == 0 { start.clone() } else { " ".repeat(hanging) };
            let _ = writeln!(text, "{}", style.paint(&format!("{lead}{line}"), screen));
        }
    }
}

/// The facts in lines of at most `room` columns, none of them broken that has room on a line of its own.
fn filled(facts: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for fact in facts {
        match lines.last_mut() {
            Some(line) if width(line) + BETWEEN.len() + width(fact) <= room => {
                line.push_str(BETWEEN);
                line.push_str(fact);
            }
            _ => lines.extend(wrap(fact, room)),
        }
    }
    lines
}
