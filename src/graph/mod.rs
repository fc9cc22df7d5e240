//! Who dials whom, as a graph: built from facts and findings, and written as text, pictures and for programs.

mod build;
mod dot;
mod joined;
mod json;
mod label;
mod mermaid;
mod order;
mod svg;
mod text;

use std::io::{self, Write};

use crate::compose::Condition;
use crate::finding::{Confidence, Severity};
use crate::report::{Place, Screen};

pub use build::Builder;
pub use svg::{MAX_EDGES, MAX_NODES};

/// How a graph is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A tree for each service, in the order they start
    #[default]
    Text,
    /// A flowchart that Markdown renders on many sites
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture
    Svg,
    /// For programs; docs/graph.md describes it
    Json,
}

/// The services of a project, what they dial, and what they wait for. All texts in it are printable and masked.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The project's name.
    pub project: String,
    /// Its compose files.
    pub files: Vec<String>,
    /// The networks that its services are on, in order of the file.
    pub networks: Vec<String>,
    /// The services in the order they start, then what is dialled and is none of them.
    pub nodes: Vec<Node>,
    /// Who dials whom, by service, in the order in which it is known.
    pub edges: Vec<Edge>,
    /// Who waits for a service that it is not seen to dial.
    pub waits: Vec<Wait>,
}

/// A service, or something else that is dialled.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// The service's name; of others, what they are called by.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The image, or the folder it is built from.
    pub image: Option<String>,
    /// The ports it listens on, sorted.
    pub listens: Vec<(u16, u16)>,
    /// The networks it is on.
    pub networks: Vec<String>,
    /// After how many others, one after the other, it starts; services alone.
    pub layer: Option<usize>,
}

/// What stands at the end of an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A service of the project that runs.
    #[default]
    Service,
    /// A service that no active profile selects.
    Inactive,
    /// The loopback of the service that dials, where nobody listens.
    Loopback,
    /// The machine that runs the containers: `host.docker.internal`, or loopback on the host's network.
    Host,
    /// A name that the compose file gives an address (`extra_hosts`, `external_links`).
    Declared,
    /// A name with dots, outside of the project.
    Domain,
    /// An IP address that is no service's.
    Address,
    /// A name that nobody carries.
    Nobody,
    /// A host that is not known from here.
    Unknown,
}

impl Kind {
    /// What it is, for people; nothing for a service.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Service => "",
            Self::Inactive => "not started",
            Self::Loopback => "own loopback, nobody listens",
            Self::Host => "the host",
            Self::Declared => "declared host",
            Self::Domain | Self::Address => "outside",
            Self::Nobody => "nobody",
            Self::Unknown => "not known",
        }
    }
}

/// A service dials somebody.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The node of the service that dials.
    pub from: usize,
    /// The node of who is dialled.
    pub to: usize,
    /// Host and port as they are written, the protocol's port where none is.
    pub address: String,
    /// The port.
    pub port: Option<u16>,
    /// The protocols that may be spoken.
    pub protocols: Vec<&'static str>,
    /// From where the address is known.
    pub source: Source,
    /// Where its host is written, each place once.
    pub places: Vec<Place>,
    /// What the service has waited for of the other by the time it starts.
    pub waits: Option<Condition>,
    /// The networks on which both are.
    pub networks: Vec<String>,
    /// The address that is probably meant, where nobody is reached.
    pub meant: Option<String>,
    /// How sure it is that the process dials this at all.
    pub confidence: Confidence,
    /// What is wrong with it: rules of the group `wiring` that speak of it.
    pub broken: Vec<Broken>,
}

impl Edge {
    /// Whether something is wrong with it.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }
}

/// From where an address is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A variable of the container's environment, or one that is missing there.
    Variable(String),
    /// A setting in a configuration file.
    Setting(String),
    /// A call in the program.
    Call(String),
}

impl Source {
    /// The name of the variable, of the setting, or of the function that is called.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Variable(name) | Self::Setting(name) | Self::Call(name) => name,
        }
    }
}

/// What a rule says of an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: &'static str,
    /// What happens if it is ignored.
    pub severity: Severity,
    /// What it says.
    pub message: String,
}

/// A service waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The node of the service that waits.
    pub from: usize,
    /// The node of the service that it waits for.
    pub to: usize,
    /// What it waits for.
    pub condition: Condition,
}

/// Why a graph could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// Nobody could read such a picture, or it would take too long to lay out.
    #[error("{0}")]
    TooLarge(String),
    /// The output can't be written.
    #[error("cannot write the graph: {0}")]
    Output(#[from] io::Error),
}

/// Writes the graphs of a run. All formats but text and JSON hold one graph: the first is written.
///
/// # Errors
/// [`Unwritten`]
pub fn write(
    graphs: &[Graph],
    format: Format,
    screen: &Screen,
    out: &mut dyn Write,
) -> Result<(), Unwritten> {
    let Some(first) = graphs.first() else { return Ok(()) };
    match format {
        Format::Text => text::write(graphs, screen, out)?,
        Format::Json => json::write(graphs, out)?,
        Format::Mermaid => out.write_all(mermaid::of(first).as_bytes())?,
        Format::Dot => out.write_all(dot::of(first).as_bytes())?,
        Format::Svg => out.write_all(svg::of(first)?.as_bytes())?,
    }
    Ok(())
}

/// The word for a condition.
const fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::Started => "started",
        Condition::Healthy => "healthy",
        Condition::Completed => "completed",
    }
}
