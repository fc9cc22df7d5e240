//! Clients that are made again after a while when it did not work.

use std::collections::HashSet;

use crate::programs::{Attempts, Module, SinkKind};
use crate::source::Span;

/// Code that is run again and again.
#[derive(Debug)]
pub struct Round {
    span: Span,
    /// What it calls: functions and methods by their names, and packages with a dot behind.
    calls: HashSet<String>,
}

impl Round {
    /// The code at a place, by its text.
    #[must_use]
    pub fn of(span: Span, text: &str) -> Self {
        Self { span, calls: called(text) }
    }
}

/// The names before the parentheses of a text.
fn called(text: &str) -> HashSet<String> {
    let mut out = HashSet::new();
    for (at, _) in text.match_indices('(').take(400) {
        let before = text.get(..at).unwrap_or("");
        let from = before
            .rfind(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.'))
            .map_or(0, |from| from + 1);
        let path = before.get(from..).unwrap_or("");
        let Some((owner, name)) = path.rsplit_once('.') else {
            out.insert(path.to_string());
            continue;
        };
        out.insert(name.to_string());
        if ["New", "Open", "Connect", "Dial", "Ping"].iter().any(|start| name.starts_with(start)) {
            out.insert(format!("{}.", owner.rsplit('.').next().unwrap_or(owner)));
        }
    }
    out
}

/// The clients that such code makes: in it, in a function that it calls, or by the package of which
/// it calls a function.
#[must_use]
pub fn retried(rounds: &[Round], module: &Module) -> Vec<Attempts> {
    let within = |span: Span, round: &Round| {
        let mut functions = module.functions.iter();
        let package = |callee: &str| {
            callee.split_once('.').is_some_and(|(package, _)| round.calls.contains(&format!("{package}.")))
        };
        round.span.contains(span)
            || functions
                .any(|function| function.span.contains(span) && round.calls.contains(last(&function.value)))
            || module.sinks.iter().any(|sink| sink.span == span && package(&sink.callee.value))
    };
    let sinks = module.sinks.iter().filter(|sink| sink.kind != SinkKind::Listen);
    let spans = sinks.map(|sink| sink.span);
    let again = spans.filter(|span| rounds.iter().any(|round| within(*span, round)));
    again.map(|span| Attempts { span, calls: Vec::new() }).collect()
}

/// The name of a method without its type.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found() {
        let found = called("for { db, err := openDB(dsn); pgxpool.New(ctx); c.connect(); time.Sleep(x) }");
        assert!(["openDB", "pgxpool.", "connect"].iter().all(|name| found.contains(*name)));
    }
}
