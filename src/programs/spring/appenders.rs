//! `logback.xml` and `logback-spring.xml`: the servers that lines of the log are sent to over TCP.

use std::path::Path;

use super::manifests::blanked;
use super::placeholders;
use crate::programs::{Expr, Module, Sink, SinkKind};
use crate::source::{SourceFile, Span, Spanned};

/// Larger files are data.
const MAX_SIZE: usize = 256 << 10;
/// Elements beyond this number are not read.
const MAX_ELEMENTS: usize = 500;
/// The appender that connects when the program starts, and again and again.
const CLASS: &str = "LogstashTcpSocketAppender";

/// Whether the file is such a configuration, and counts when the program runs.
pub(super) fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    matches!(name, "logback.xml" | "logback-spring.xml") && super::order::resources_of(path).is_some()
}

/// The servers that the file's appenders dial. What counts only in a profile is left out.
pub(super) fn read(file: &SourceFile) -> Module {
    let mut module = Module { path: file.path.clone(), ..Module::default() };
    if file.text.len() > MAX_SIZE || !file.text.contains(CLASS) {
        return module;
    }
    let text = blanked(&file.text, "<!--", "-->");
    let text = blanked(&text, "<springProfile", "</springProfile>");
    let properties = properties(file, &text);
    for (from, to) in within(&text, "<appender", "</appender>").take(MAX_ELEMENTS) {
        let Some(appender) = text.get(from..to) else { continue };
        let head = appender.split('>').next().unwrap_or("");
        let used = attribute(head, "name").is_some_and(|name| text.contains(&format!("ref=\"{name}\"")));
        if !used || !head.contains(CLASS) {
            continue;
        }
        let Some((start, end)) = within(appender, "<destination>", "</destination>").next() else { continue };
        let written = appender.get(start..end).unwrap_or_default();
        let blank = written.len() - written.trim_start().len();
        let first = written.trim().split(',').next().unwrap_or("");
        let at = from + start + blank;
        module.sinks.push(sink(first, &properties, file.slice(at, at + first.len())));
    }
    module
}

fn sink(written: &str, properties: &[(String, Spanned<String>)], at: Span) -> Sink {
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(open) = written.get(from..).and_then(|rest| rest.find("${")).map(|open| from + open) {
        let Some(close) = written.get(open..).and_then(|rest| rest.find('}')).map(|close| open + close + 1)
        else {
            break;
        };
        parts.extend(plain(written, (from, open), at));
        let name = written.get(open + 2..close - 1).unwrap_or_default();
        let known = properties.iter().rev().find(|(known, _)| known == name).map(|(_, meant)| meant.clone());
        let itself = || Spanned::new(format!("${{{}}}", name.replacen(":-", ":", 1)), at.slice(open, close));
        parts.push(placeholders(&known.unwrap_or_else(itself)));
        from = close;
    }
    parts.extend(plain(written, (from, written.len()), at));
    Sink {
        kind: SinkKind::Tcp,
        target: Expr::Concat(parts),
        arguments: Vec::new(),
        callee: Spanned::new("destination".to_string(), at),
        span: at,
    }
}

fn plain(written: &str, (from, to): (usize, usize), at: Span) -> Option<Expr> {
    let text = written.get(from..to).filter(|text| !text.is_empty())?;
    Some(Expr::Text(Spanned::new(text.to_string(), at.slice(from, to))))
}

/// What the file's own names stand for: a text, or a setting of the program with what it is otherwise; each where the file
/// says it.
fn properties(file: &SourceFile, text: &str) -> Vec<(String, Spanned<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    for tag in text.split('<').take(MAX_ELEMENTS) {
        let start = at;
        at += tag.len() + 1;
        let tag = tag.split('>').next().unwrap_or("");
        let place = |part: &str| {
            let from = start + tag.find(&format!("\"{part}\"")).map_or(0, |quote| quote + 1);
            file.slice(from, from + part.len())
        };
        let Some(name) = attribute(tag, "name") else { continue };
        let meant = match tag.split(|c: char| c.is_whitespace()).next() {
            Some("property" | "variable") => {
                attribute(tag, "value").map(|value| Spanned::new(value.replace(":-", ":"), place(value)))
            }
            Some("springProperty") => {
                attribute(tag, "source").map(|source| match attribute(tag, "defaultValue") {
                    Some(default) => Spanned::new(format!("${{{source}:{default}}}"), place(default)),
                    None => Spanned::new(format!("${{{source}}}"), place(source)),
                })
            }
            _ => None,
        };
        found.extend(meant.map(|meant| (name.to_string(), meant)));
    }
    found
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let rest =
        tag.split(&format!(" {name}=\"")).nth(1).or_else(|| tag.split(&format!("\n{name}=\"")).nth(1))?;
    rest.split('"').next()
}

/// Where what stands between the two texts begins and ends, each time.
fn within<'t>(text: &'t str, open: &'t str, close: &'t str) -> impl Iterator<Item = (usize, usize)> + 't {
    let mut at = 0;
    std::iter::from_fn(move || {
        let from = at + text.get(at..)?.find(open)? + open.len();
        let to = from + text.get(from..)?.find(close)?;
        at = to + close.len();
        Some((from, to))
    })
}
