//! Clients that are made again after a while when it did not work.

use std::collections::HashSet;

use crate::programs::{Attempts, Module, SinkKind};
use crate::source::{SourceFile, Span};

/// Code that is run again and again.
#[derive(Debug)]
pub struct Round {
    /// Where it stands.
    pub span: Span,
    /// What it calls: functions and methods by their names, and packages with a dot behind.
    calls: HashSet<String>,
}

impl Round {
    /// The code at a place, by its text.
    #[must_use]
    pub fn of(span: Span, text: &str) -> Self {
        Self { span, calls: called(text) }
    }

    /// Whether it calls a function or method of this name.
    #[must_use]
    pub fn calls(&self, name: &str) -> bool {
        self.calls.contains(name)
    }

    /// The functions it calls that by their names make or try a connection, in order of their names: other files may
    /// define them.
    #[must_use]
    pub fn makers(&self) -> Vec<String> {
        const BEGIN: [&str; 7] = ["new", "open", "connect", "dial", "ping", "init", "setup"];
        let makes = |name: &&String| {
            let lower = name.to_ascii_lowercase();
            !name.ends_with('.')
                && BEGIN.iter().any(|start| lower.starts_with(start) && lower.len() > start.len())
        };
        let mut found: Vec<String> = self.calls.iter().filter(makes).cloned().collect();
        found.sort();
        found
    }
}

/// Words that begin a loop in languages with braces.
const LOOPS: [&str; 4] = ["while", "for", "do", "repeat"];
/// A loop longer than this is a program of its own.
const MAX_LOOP: usize = 20_000;
/// A file with more has no more of them looked at.
const MAX_LOOPS: usize = 100;

/// The loops of a file in a language with braces that catch what fails and then wait.
#[must_use]
pub fn rounds_in(file: &SourceFile, waits: &[&str]) -> Vec<Round> {
    let text: &str = &file.text;
    if !waits.iter().any(|wait| text.contains(wait)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let edge = |at: usize| {
        text.get(..at).and_then(|before| before.chars().next_back()).is_none_or(|c| c.is_whitespace())
    };
    for word in LOOPS {
        for (at, _) in text.match_indices(word).filter(|(at, _)| edge(*at)).take(MAX_LOOPS) {
            let rest = text.get(at + word.len()..).unwrap_or("");
            if !rest.starts_with([' ', '(', '{']) {
                continue;
            }
            let Some(length) = block(rest) else { continue };
            let inside = rest.get(..length).unwrap_or("");
            if inside.contains("catch") && waits.iter().any(|wait| inside.contains(wait)) {
                let span = file.slice(at, at + word.len() + length);
                found.push(Round::of(span, inside));
            }
        }
    }
    found
}

/// How far the first block in braces goes.
fn block(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().take(MAX_LOOP) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b';' if depth == 0 && at > 200 => return None,
            _ => {}
        }
    }
    None
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
            // What is opened without asking the server is asked for it beside: `for { if db.Ping() == nil { break } … }`.
            || ["Ping", "PingContext"].iter().any(|asks| round.calls.contains(*asks))
                && module.functions.iter().any(|it| it.span.contains(span) && it.span.contains(round.span))
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
