//! The graph for programs; docs/graph.md describes it.

use std::io::{self, Write};

use serde::Serialize;

use super::{Graph, Kind, Source, condition};
use crate::finding::{Confidence, Severity};
use crate::report::json::{VERSION, escaped};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    projects: Vec<Project<'a>>,
}

#[derive(Serialize)]
struct Project<'a> {
    name: &'a str,
    files: &'a [String],
    networks: &'a [String],
    nodes: Vec<Node<'a>>,
    dials: Vec<Dial<'a>>,
    waits: Vec<Wait>,
}

#[derive(Serialize)]
struct Node<'a> {
    id: usize,
    name: &'a str,
    kind: &'static str,
    image: Option<&'a str>,
    listens: Vec<Ports>,
    networks: &'a [String],
    layer: Option<usize>,
}

#[derive(Serialize)]
struct Ports {
    first: u16,
    last: u16,
}

#[derive(Serialize)]
struct Dial<'a> {
    from: usize,
    to: usize,
    address: &'a str,
    port: Option<u16>,
    protocols: &'a [&'static str],
    source: Known<'a>,
    places: Vec<Place<'a>>,
    waits_for: Option<&'static str>,
    networks: &'a [String],
    meant: Option<&'a str>,
    confidence: Confidence,
    broken: Vec<Broken<'a>>,
}

#[derive(Serialize)]
struct Known<'a> {
    kind: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Broken<'a> {
    rule: &'static str,
    severity: Severity,
    message: &'a str,
}

#[derive(Serialize)]
struct Wait {
    from: usize,
    to: usize,
    waits_for: &'static str,
}

pub fn write(graphs: &[Graph], out: &mut dyn Write) -> io::Result<()> {
    let document = Document { version: VERSION, projects: graphs.iter().map(project).collect() };
    let text = serde_json::to_string_pretty(&document)?;
    writeln!(out, "{}", escaped(&text))
}

fn project(graph: &Graph) -> Project<'_> {
    let nodes = graph.nodes.iter().enumerate().map(|(id, node)| Node {
        id,
        name: &node.name,
        kind: kind(node.kind),
        image: node.image.as_deref(),
        listens: node.listens.iter().map(|(first, last)| Ports { first: *first, last: *last }).collect(),
        networks: &node.networks,
        layer: node.layer,
    });
    let dials = graph.edges.iter().map(|edge| Dial {
        from: edge.from,
        to: edge.to,
        address: &edge.address,
        port: edge.port,
        protocols: &edge.protocols,
        source: Known {
            kind: match edge.source {
                Source::Variable(_) => "variable",
                Source::Setting(_) => "setting",
                Source::Call(_) => "call",
            },
            name: edge.source.name(),
        },
        places: edge
            .places
            .iter()
            .map(|place| Place { file: &place.file, line: place.line, column: place.column })
            .collect(),
        waits_for: edge.waits.map(condition),
        networks: &edge.networks,
        meant: edge.meant.as_deref(),
        confidence: edge.confidence,
        broken: edge
            .broken
            .iter()
            .map(|broken| Broken { rule: broken.rule, severity: broken.severity, message: &broken.message })
            .collect(),
    });
    let waits = graph.waits.iter();
    Project {
        name: &graph.project,
        files: &graph.files,
        networks: &graph.networks,
        nodes: nodes.collect(),
        dials: dials.collect(),
        waits: waits
            .map(|wait| Wait { from: wait.from, to: wait.to, waits_for: condition(wait.condition) })
            .collect(),
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Service => "service",
        Kind::Inactive => "inactive",
        Kind::Loopback => "loopback",
        Kind::Host => "host",
        Kind::Declared => "declared",
        Kind::Domain => "domain",
        Kind::Address => "address",
        Kind::Nobody => "nobody",
        Kind::Unknown => "unknown",
    }
}
