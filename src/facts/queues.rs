//! The names of queues, channels and topics that programs send to and take from, under their services' environment.

use super::ServiceFacts;
use crate::programs::evaluate::Value;
use crate::programs::reading::queues::{QueueCall, Side, needed};
use crate::programs::{Module, Source};
use crate::source::{Span, Text};

/// A queue that a program names.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Names of one kind belong together.
    pub kind: &'static str,
    /// What is done with it.
    pub side: Side,
    /// Its name; `None` where that is not known.
    pub name: Option<String>,
    /// The name, or the call.
    pub at: Span,
}

/// Other brokers, whose clients have calls of the same names as those of channels.
const OTHERS: [&str; 5] = ["mqtt", "nats", "kafka", "pubsub\"", "rxjs"];

/// Queues that a program names; more are made by generators.
const MAX_QUEUES: usize = 200;

/// The queues that the sources of a program name.
#[must_use]
pub fn named(service: &ServiceFacts<'_>) -> Vec<Queue> {
    let program = service.program;
    if program.idle {
        return Vec::new();
    }
    let words: Vec<&str> = needed().collect();
    let modules = program.scope.containing_any(&words);
    program.scope.parse(&modules);
    let mut found = Vec::new();
    for (_, source) in modules.iter().filter_map(|index| program.scope.get(*index)) {
        let module = source.full();
        for call in module.queues.iter().filter(|call| is_meant(source, call)).take(MAX_QUEUES) {
            found.extend(of_call(service, module, call));
        }
    }
    // What a handle of the only queue names.
    for kind in ["queue", "list", "channel"] {
        let declared: Vec<Queue> =
            found.iter().filter(|one| one.kind == kind && one.side == Side::Declares).cloned().collect();
        if let [Queue { name: Some(only), .. }] = declared.as_slice() {
            for one in found.iter_mut().filter(|one| one.kind == kind && one.name.is_none()) {
                one.name = Some(only.clone());
            }
        }
    }
    found
}

/// Whether the call is one of the library: its name alone is one of many.
fn is_meant(source: &Source, call: &QueueCall) -> bool {
    let text = source.text();
    // Answers come by queues without names.
    let written = source.file().snippet(call.span).to_ascii_lowercase();
    let answers = ["reply", "callback", "answer"].iter().any(|word| written.contains(word));
    let others = call.form.kind == "channel" && OTHERS.iter().any(|word| text.contains(word));
    let of_rabbit = call.form.kind != "queue" && text.contains("amqplib");
    text.contains(&call.form.needs) && !answers && !others && !of_rabbit
}

fn of_call(service: &ServiceFacts<'_>, module: &Module, call: &QueueCall) -> Vec<Queue> {
    let queue = |value: &Value| {
        let text = value.text();
        let name = text.and_then(Text::complete).filter(|name| !name.is_empty());
        let at = text.map(Text::span).filter(|span| call.span.contains(*span)).unwrap_or(call.span);
        Queue { kind: &call.form.kind, side: call.form.side, name, at }
    };
    let value = service.evaluate(module, &call.name);
    let value = match (&value, call.form.keys.as_slice()) {
        (_, []) => Some(&value),
        (Value::Record(fields), keys) => {
            fields.iter().rev().find(|(name, _)| keys.contains(name)).map(|(_, value)| value)
        }
        // A call of the same name that is given something else.
        (Value::Unknown, _) => None,
        _ => return Vec::new(),
    };
    match value {
        Some(Value::List(all)) => all.iter().map(queue).collect(),
        Some(value) => vec![queue(value)],
        None => vec![queue(&Value::Unknown)],
    }
}
