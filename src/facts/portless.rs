//! Addresses without a port, where Go wants one: `dial tcp: address cache: missing port in address`.

use super::ServiceFacts;
use super::dials::{By, Dial};
use super::drivers::{Caller, needs_port};
use crate::programs::evaluate::Value;
use crate::programs::{Expr, Module, Sink, SinkKind, has_extension};
use crate::source::{Certainty, Span, Text, Via};

/// An address that lacks its port.
#[derive(Clone, Debug)]
pub struct Portless {
    /// What is written.
    pub address: String,
    /// Where.
    pub place: Span,
    /// The variable that it comes from.
    pub variable: Option<String>,
    /// The call that gets it.
    pub callee: String,
    /// Where that is.
    pub at: Span,
    /// Whether a server is to listen there, and nothing is dialled.
    pub listens: bool,
    /// The address with a port.
    pub instead: String,
}

/// The addresses of a service's program in Go that lack their port.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Vec<Portless> {
    let program = service.program;
    if !program.entry_known {
        return Vec::new();
    }
    let modules = program.modules.iter().filter(|module| has_extension(&module.path, &["go"]));
    let mut uses = None;
    let mut found = Vec::new();
    for module in modules {
        for sink in &module.sinks {
            let listens = sink.kind == SinkKind::Listen;
            let wanted = if listens { opens(service, sink) } else { needs_port(Caller::of(module, sink)) };
            if !wanted || sink.kind == SinkKind::Tcp && !is_of_network(sink) {
                continue;
            }
            for text in texts(service, module, &sink.target) {
                let Some(address) = text.complete().filter(|_| text.certainty() == Certainty::Known) else {
                    continue;
                };
                let lacks = if listens { is_port(&address) } else { is_host(&address) };
                let mut runs = || uses.get_or_insert_with(|| program.uses()).runs(module, sink.span);
                if !lacks || !runs() {
                    continue;
                }
                let mut steps = text.pieces().iter().flat_map(|piece| &piece.origin.through);
                let variable = steps.find_map(|step| match step {
                    Via::Read { variable, .. } => Some(variable.to_string()),
                    _ => None,
                });
                let port = service.received.iter().find(|dial| is_of(dial, sink)).and_then(Dial::port);
                let instead = match (listens, port) {
                    (true, _) => format!(":{address}"),
                    (false, Some(port)) => format!("{address}:{port}"),
                    (false, None) => format!("{address}:PORT"),
                };
                found.push(Portless {
                    place: if text.span().is_none() { sink.callee.span } else { text.span() },
                    address,
                    variable,
                    callee: sink.callee.value.clone(),
                    at: sink.callee.span,
                    listens,
                    instead,
                });
            }
        }
    }
    found
}

fn is_of(dial: &Dial<'_>, sink: &Sink) -> bool {
    matches!(dial.by, By::Sink(_, other) if other.callee.span == sink.callee.span)
}

/// What an expression gives: one text, or several of a list.
fn texts(service: &ServiceFacts<'_>, module: &Module, expr: &Expr) -> Vec<Text> {
    match service.evaluate(module, expr) {
        Value::Text(text) => vec![text],
        Value::List(all) => all
            .into_iter()
            .filter_map(|one| if let Value::Text(text) = one { Some(text) } else { None })
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a call of Go's own or of a framework that hands the address on as it is opens a server.
fn opens(service: &ServiceFacts<'_>, sink: &Sink) -> bool {
    let (before, name) = sink.callee.value.rsplit_once('.').unwrap_or(("", &sink.callee.value));
    let imports = |word: &str| !service.program.scope.containing(word).is_empty();
    match name {
        "ListenAndServe" | "ListenAndServeTLS" | "Server" => !imports("valyala/fasthttp"),
        "Run" => imports("gin-gonic/gin") && !matches!(before, "web" | "beego"),
        "Start" => imports("labstack/echo"),
        "Listen" => before == "net" || imports("gofiber/fiber"),
        _ => false,
    }
}

/// Whether the network that a call names is one of ports.
fn is_of_network(sink: &Sink) -> bool {
    sink.arguments.iter().any(|(name, value)| {
        let network = matches!(value, Expr::Text(text) if text.value.starts_with("tcp") || text.value.starts_with("udp"));
        name.value == "driver" && network
    })
}

fn is_port(address: &str) -> bool {
    address.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_host(address: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !address.is_empty() && address.chars().all(plain) && !address.ends_with(".sock")
}
