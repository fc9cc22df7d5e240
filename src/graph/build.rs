//! From facts and findings to nodes and edges.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::joined::joined;
use super::{Broken, Edge, Graph, Kind, Node, Source, Wait, order};
use crate::compose::{Condition, Project};
use crate::config::Settings;
use crate::facts::{Address, By, Dial, Facts, HostKind, Namespace, ServiceFacts, Target, Waits};
use crate::finding::{Confidence, Finding};
use crate::report::{Place, mask, one_line, printable, shown};
use crate::rules::wiring;
use crate::source::{SourceMap, Span};

/// Builds graphs, with places relative to a directory.
pub struct Builder<'a> {
    /// The texts.
    pub sources: &'a SourceMap,
    /// What paths are relative to.
    pub directory: &'a Path,
}

impl Builder<'_> {
    /// The graph of a project: all of it, or, if services are named, what these dial and who dials them.
    /// `findings` are those of the group `wiring`; those that are not sure enough to be shown do not count.
    #[must_use]
    pub fn graph(
        &self,
        project: &Project,
        facts: &Facts<'_>,
        findings: &[Finding],
        named: &[String],
    ) -> Graph {
        let mut drawing = Drawing {
            builder: self,
            project,
            facts,
            graph: Graph {
                project: printable(&project.name),
                files: project.files.iter().map(|path| shown(path, self.directory)).collect(),
                ..Graph::default()
            },
            services: HashMap::new(),
            outside: HashMap::new(),
        };
        drawing.nodes();
        let mut by_service: HashMap<&str, Vec<&Finding>> = HashMap::new();
        let shown = Settings::default();
        for finding in findings.iter().filter(|finding| shown.shows(finding)) {
            by_service.entry(finding.service.as_deref().unwrap_or_default()).or_default().push(finding);
        }
        let waits = Waits::of(project);
        for client in facts.active() {
            let findings = by_service.get(client.key).map_or(&[][..], Vec::as_slice);
            drawing.edges(client, findings, &waits.before(client.key));
        }
        drawing.waits();
        let wanted = |name: &str| named.iter().any(|named| *named == name);
        let kept: Vec<usize> =
            drawing.services.iter().filter(|(name, _)| wanted(name)).map(|(_, node)| *node).collect();
        let mut graph = drawing.graph;
        graph.sort();
        if named.is_empty() { graph } else { graph.around(&kept) }
    }
}

struct Drawing<'a> {
    builder: &'a Builder<'a>,
    project: &'a Project,
    facts: &'a Facts<'a>,
    graph: Graph,
    services: HashMap<&'a str, usize>,
    /// What is no service by its kind and name, and for loopback by its owner.
    outside: HashMap<(Kind, String, Option<usize>), usize>,
}

/// Whom an address reaches.
enum End<'a> {
    Service(&'a str),
    Other(Kind, String),
    Itself,
}

impl<'a> Drawing<'a> {
    fn nodes(&mut self) {
        let layers = order::layers(self.project);
        let mut active: Vec<&ServiceFacts<'_>> = self.facts.active().collect();
        // The sort is stable: services that start together stay in the order of the file.
        active.sort_by_key(|facts| layers.get(facts.key));
        for facts in active {
            let node = self.of_service(facts, Kind::Service, layers.get(facts.key).copied());
            self.services.insert(facts.key, self.graph.nodes.len());
            self.graph.nodes.push(node);
        }
        let on = |network: &&String| self.graph.nodes.iter().any(|node| node.networks.contains(network));
        let declared = self.project.networks.keys().map(|name| printable(name));
        let mut networks: Vec<String> = declared.collect();
        networks.retain(|name| on(&name));
        self.graph.networks = networks;
    }

    fn of_service(&self, facts: &ServiceFacts<'_>, kind: Kind, layer: Option<usize>) -> Node {
        let service = facts.service;
        let image = match (&service.build, &service.image) {
            (Some(build), _) => build.directory.as_ref().map(|folder| {
                let folder = shown(folder, &self.project.directory);
                match folder.as_str() {
                    "" => "./".to_string(),
                    _ if folder.starts_with(['/', '.']) => folder,
                    _ => format!("./{folder}"),
                }
            }),
            (None, Some(image)) => Some(masked(&image.assumed())),
            (None, None) => None,
        };
        let mut listens: Vec<(u16, u16)> = facts.listeners.iter().map(|listener| listener.ports).collect();
        listens.sort_unstable();
        listens.dedup();
        let networks = self.networks_of(facts.key).into_iter().map(printable).collect();
        Node { name: printable(facts.key), kind, image, listens, networks, layer }
    }

    /// The networks whose names and containers a service sees.
    fn networks_of(&self, service: &str) -> Vec<&'a str> {
        let owner = match self.facts.service(service).map(|facts| self.facts.reach.namespace(facts.key)) {
            Some(Namespace::Service(owner)) => owner,
            _ => return Vec::new(),
        };
        let owner = self.project.services.get(owner);
        let on = owner.map_or(&[][..], |service| &service.networks);
        on.iter().map(|at| at.network.value.as_str()).collect()
    }

    fn edges(&mut self, client: &ServiceFacts<'a>, findings: &[&Finding], before: &HashMap<&str, Condition>) {
        let Some(from) = self.services.get(client.key).copied() else { return };
        for (dial, spoken) in client.dials.iter().zip(joined(client, findings)) {
            let said = !spoken.is_empty();
            // What only a file of variables for all services speaks of is not dialled by each of them.
            if !said && (dial.sureness < Confidence::Likely || client.only_shares(dial)) {
                continue;
            }
            for (index, address) in dial.endpoint.hosts.iter().enumerate() {
                let first = index == 0;
                let end = self.end(client, dial, address, first);
                let (to, target) = match end {
                    // A browser's loopback is another machine.
                    End::Other(Kind::Loopback, _) if !said && dial.may_be_public() => continue,
                    End::Itself if !said => continue,
                    End::Itself => (from, None),
                    End::Service(name) => (self.service_node(name).unwrap_or(from), Some(name)),
                    End::Other(kind, name) => (self.other(kind, name, from), None),
                };
                let edge = self.edge(client, dial, (address, first), &spoken);
                let networks = target.map_or_else(Vec::new, |target| self.shared(client.key, target));
                let waits = target.and_then(|target| before.get(target).copied());
                let meant = edge.meant.filter(|_| target.is_none());
                self.put(Edge { from, to, waits, networks, meant, ..edge });
            }
        }
    }

    /// What an edge is by its dial alone, whoever is reached.
    fn edge(
        &self,
        client: &ServiceFacts<'a>,
        dial: &Dial<'a>,
        (address, first): (&Address, bool),
        spoken: &[&Finding],
    ) -> Edge {
        let broken = spoken.iter().map(|finding| Broken {
            rule: finding.rule,
            severity: finding.severity,
            message: one_line(&finding.message),
        });
        let loopback = address.kind() == HostKind::Loopback;
        Edge {
            from: 0,
            to: 0,
            address: masked(&address_shown(dial, address, first)),
            port: if first { dial.port() } else { address.port_number().or(dial.port()) },
            protocols: dial.protocols.clone(),
            source: source(dial),
            places: self.places(client, dial),
            waits: None,
            networks: Vec::new(),
            meant: (loopback || !spoken.is_empty()).then(|| self.meant(client, dial)).flatten(),
            confidence: dial.sureness,
            broken: broken.collect(),
        }
    }

    /// Takes an edge in; the same address by the same name is one edge, wherever it is written.
    fn put(&mut self, edge: Edge) {
        let same = |known: &&mut Edge| {
            (known.from, known.to, &known.address, &known.source)
                == (edge.from, edge.to, &edge.address, &edge.source)
        };
        let Some(known) = self.graph.edges.iter_mut().rev().take_while(|e| e.from == edge.from).find(same)
        else {
            self.graph.edges.push(edge);
            return;
        };
        for place in edge.places {
            if !known.places.contains(&place) {
                known.places.push(place);
            }
        }
        for broken in edge.broken {
            if !known.broken.contains(&broken) {
                known.broken.push(broken);
            }
        }
        known.meant = known.meant.take().or(edge.meant);
        known.confidence = known.confidence.max(edge.confidence);
    }

    fn end(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>, address: &Address, first: bool) -> End<'a> {
        let key = client.key;
        let resolved = |host: &str| match &dial.target {
            Some(target) if first => target.clone(),
            _ => self.facts.reach.resolve(key, host),
        };
        match address.kind() {
            HostKind::Loopback => match &dial.target {
                Some(Target::Sibling(name)) if first => End::Service(name),
                _ => self.loopback(client, dial, address),
            },
            HostKind::Address => {
                let text = address.host.assumed();
                match self.facts.reach.owner_of_address(text.trim()) {
                    Some(owner) => End::Service(owner),
                    None => End::Other(Kind::Address, text),
                }
            }
            HostKind::Label(host) | HostKind::Domain(host) => match resolved(&host) {
                Target::Itself => End::Itself,
                Target::Sibling(name) | Target::Separated(name) | Target::Inactive(name) => {
                    End::Service(name)
                }
                Target::Declared => End::Other(Kind::Declared, host),
                Target::Nobody if host.contains('.') => End::Other(Kind::Domain, host),
                Target::Nobody => End::Other(Kind::Nobody, host),
            },
            HostKind::DockerHost => End::Other(Kind::Host, address.host.assumed()),
            HostKind::Unknown => {
                let text = address.host.assumed();
                let text = if text.trim().is_empty() { "?".to_string() } else { text };
                End::Other(Kind::Unknown, text)
            }
        }
    }

    fn loopback(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>, address: &Address) -> End<'a> {
        let text = address.host.assumed();
        match self.facts.reach.namespace(client.key) {
            Namespace::Host => return End::Other(Kind::Host, text),
            Namespace::Outside => return End::Other(Kind::Unknown, text),
            Namespace::Service(_) => {}
        }
        if !self.facts.answers_on_loopback(client, dial) {
            return End::Other(Kind::Loopback, text);
        }
        // Who shares its interfaces and listens there.
        let port = dial.port();
        let mut others = self.facts.reach.on_loopback(client.key).filter_map(|name| self.facts.service(name));
        let listens = |other: &&ServiceFacts<'a>| {
            other.key != client.key && port.is_some_and(|port| other.listens_on(port))
        };
        others.find(listens).map_or(End::Itself, |other| End::Service(other.key))
    }

    fn service_node(&mut self, name: &'a str) -> Option<usize> {
        if let Some(node) = self.services.get(name) {
            return Some(*node);
        }
        let node = self.of_service(self.facts.service(name)?, Kind::Inactive, None);
        self.services.insert(name, self.graph.nodes.len());
        self.graph.nodes.push(node);
        Some(self.graph.nodes.len() - 1)
    }

    fn other(&mut self, kind: Kind, name: String, from: usize) -> usize {
        let name = masked(&name);
        // Each container has a loopback of its own.
        let owner = (kind == Kind::Loopback).then_some(from);
        let nodes = &mut self.graph.nodes;
        *self.outside.entry((kind, name.clone(), owner)).or_insert_with(|| {
            nodes.push(Node { name, kind, ..Node::default() });
            nodes.len() - 1
        })
    }

    fn shared(&self, a: &str, b: &str) -> Vec<String> {
        let of_b = self.networks_of(b);
        let of_a = self.networks_of(a).into_iter();
        of_a.filter(|network| of_b.contains(network)).map(printable).collect()
    }

    fn meant(&self, client: &ServiceFacts<'a>, dial: &Dial<'a>) -> Option<String> {
        let meant = self.facts.meant(client, dial);
        let sibling = meant.first()?;
        let port = wiring::port_to_dial(dial, sibling);
        Some(printable(&wiring::host_and_port(sibling.key, port)))
    }

    fn places(&self, client: &ServiceFacts<'_>, dial: &Dial<'_>) -> Vec<Place> {
        let set = dial.variable().and_then(|name| client.environment.get(name));
        let span = match dial.place.is_none() {
            false => dial.place,
            true => set.map_or(Span::NONE, |set| set.variable.key),
        };
        if span.is_none() {
            return Vec::new();
        }
        vec![Place::of(self.builder.sources, self.builder.directory, span)]
    }

    /// Waits without a dial.
    fn waits(&mut self) {
        let mut seen: HashSet<(usize, usize)> =
            self.graph.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        for service in self.project.active() {
            let Some(from) = self.services.get(service.name.value.as_str()).copied() else { continue };
            for on in &service.depends_on {
                let Some(to) = self.services.get(on.service.value.as_str()).copied() else { continue };
                if from != to && seen.insert((from, to)) {
                    self.graph.waits.push(Wait { from, to, condition: on.condition.value });
                }
            }
        }
    }
}

impl Graph {
    /// Brings edges and waits into the order of the services they come from.
    fn sort(&mut self) {
        self.edges.sort_by_key(|edge| edge.from);
        self.waits.sort_by_key(|wait| (wait.from, wait.to));
    }

    /// What the nodes `kept` dial and wait for, and who dials them and waits for them.
    fn around(mut self, kept: &[usize]) -> Self {
        let near = |from: usize, to: usize| kept.contains(&from) || kept.contains(&to);
        self.edges.retain(|edge| near(edge.from, edge.to));
        self.waits.retain(|wait| near(wait.from, wait.to));
        let ends = self.edges.iter().map(|edge| [edge.from, edge.to]);
        let ends = ends.chain(self.waits.iter().map(|wait| [wait.from, wait.to])).flatten();
        let seen: HashSet<usize> = ends.chain(kept.iter().copied()).collect();
        let mut moved: HashMap<usize, usize> = HashMap::new();
        let mut nodes = Vec::new();
        for (index, node) in std::mem::take(&mut self.nodes).into_iter().enumerate() {
            if seen.contains(&index) {
                moved.insert(index, nodes.len());
                nodes.push(node);
            }
        }
        self.nodes = nodes;
        let now = |index: usize| moved.get(&index).copied().unwrap_or_default();
        for edge in &mut self.edges {
            (edge.from, edge.to) = (now(edge.from), now(edge.to));
        }
        for wait in &mut self.waits {
            (wait.from, wait.to) = (now(wait.from), now(wait.to));
        }
        self
    }
}

fn source(dial: &Dial<'_>) -> Source {
    match (dial.variable(), &dial.by) {
        (Some(name), _) => Source::Variable(masked(name)),
        (None, By::Sink(module, sink)) if module.role.is_configuration() => {
            Source::Setting(masked(&sink.callee.value))
        }
        (None, By::Sink(_, sink)) => Source::Call(masked(&sink.callee.value)),
        (None, By::Read(_, read)) => Source::Variable(masked(&read.name.value)),
        (None, By::Variable(name)) => Source::Variable(masked(name)),
    }
}

/// Host and port of one of a dial's addresses.
fn address_shown(dial: &Dial<'_>, address: &Address, first: bool) -> String {
    let host = address.host.assumed();
    let host = match host.trim() {
        "" => "?".to_string(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_string(),
    };
    match (&address.port, dial.port()) {
        (Some(port), _) => format!("{host}:{}", port.assumed()),
        (None, Some(port)) if first => format!("{host}:{port}"),
        (None, _) => host,
    }
}

fn masked(text: &str) -> String {
    printable(&mask::config(text))
}
