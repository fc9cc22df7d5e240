//! The pipelines of Logstash: on which ports their inputs listen.

use super::Entry;
use crate::programs::Expr;
use crate::source::{SourceFile, Span, Spanned};

/// The name under which a module has the ports that its inputs listen on, as a list; what is not known of them is opaque.
pub const INPUTS: &str = "ports of inputs";

/// More words of a file are not read.
const MAX_WORDS: usize = 20_000;
/// Inputs that listen, with the port that they take when nothing is said.
const LISTENING: [(&str, Option<u16>); 11] = [
    ("beats", None),
    ("elastic_agent", None),
    ("lumberjack", None),
    ("tcp", None),
    ("udp", None),
    ("http", Some(8080)),
    ("syslog", Some(514)),
    ("gelf", Some(12_201)),
    ("graphite", Some(2003)),
    ("snmptrap", Some(1062)),
    ("collectd", Some(25_826)),
];
/// Those that fetch what they read.
const FETCHING: [&str; 19] = [
    "file",
    "stdin",
    "generator",
    "heartbeat",
    "exec",
    "jdbc",
    "kafka",
    "redis",
    "rabbitmq",
    "elasticsearch",
    "http_poller",
    "s3",
    "sqs",
    "imap",
    "jms",
    "stomp",
    "pipeline",
    "dead_letter_queue",
    "google_pubsub",
];

/// The ports that the inputs of a pipeline listen on; nothing where the file is no pipeline.
pub(super) fn inputs(file: &SourceFile) -> Option<Expr> {
    let words = words(&file.text);
    let mut found: Vec<Expr> = Vec::new();
    let (mut depth, mut within, mut pipeline) = (0_usize, false, false);
    let mut plugin: Option<(&str, Option<Expr>)> = None;
    for (at, (start, word)) in words.iter().enumerate() {
        let next = words.get(at + 1).map_or("", |(_, word)| *word);
        let value = || words.get(at + 2);
        match (*word, depth) {
            ("{", _) => depth += 1,
            ("}", _) => {
                depth = depth.checked_sub(1)?;
                if depth == 1
                    && let Some((name, port)) = plugin.take()
                {
                    found.extend(port.or_else(|| usual(name)));
                }
                within &= depth > 0;
            }
            ("input" | "output" | "filter", 0) if next == "{" => {
                within = *word == "input";
                pipeline |= *word != "filter";
            }
            (_, 0) => return None,
            (name, 1) if within && next == "{" => plugin = Some((name, None)),
            // `if … {`
            (_, 1) if within => found.push(Expr::Opaque(file.slice(*start, *start))),
            ("port", 2) if within && next == "=>" => {
                let (from, port) = value()?;
                let plain = port.trim_matches(['"', '\'']);
                let at = file.slice(*from, from + port.len());
                let port = match plain.parse::<u16>() {
                    Ok(_) => Expr::Text(Spanned::new(plain.to_string(), at)),
                    Err(_) => Expr::Opaque(at),
                };
                if let Some((name, known)) = &mut plugin
                    && LISTENING.iter().any(|(listening, _)| listening == name)
                {
                    *known = Some(port);
                }
            }
            _ => {}
        }
    }
    pipeline.then_some(Expr::List(found))
}

/// The settings of a pipeline that opens and closes blocks within lines: `output { elasticsearch { hosts => ["…"] } }`.
pub(super) fn entries(file: &SourceFile) -> Option<Vec<Entry>> {
    let within = |line: &str| line.split_once("=>").is_some_and(|(before, _)| before.contains('{'));
    let plain = |line: &&str| !line.trim_start().starts_with('#');
    inputs(file).filter(|_| file.text.lines().filter(plain).any(within))?;
    let words = words(&file.text);
    let (mut found, mut path, mut items, mut begun) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let mut at = 0;
    while let Some((_, word)) = words.get(at) {
        let next = words.get(at + 1).map_or("", |(_, word)| *word);
        match *word {
            "}" => {
                path.pop();
                items.pop();
            }
            name if next == "{" => {
                path.push(name.to_string());
                begun += 1;
                items.push(begun);
                at += 1;
            }
            key if next == "=>" => {
                let key = key.trim_matches(['"', '\'']);
                let list = words.get(at + 2).is_some_and(|(_, word)| *word == "[");
                let values = words.get(at + 2 + usize::from(list)..).unwrap_or_default();
                if !list && values.first().is_some_and(|(_, word)| *word == "{") {
                    path.push(key.to_string());
                    items.push(begun);
                    at += 3;
                    continue;
                }
                let length =
                    if list { values.iter().take_while(|(_, word)| *word != "]").count() } else { 1 };
                for (from, value) in values.iter().take(length).filter(|(_, word)| *word != ",") {
                    let bare = value.trim_matches(['"', '\'']);
                    let from = from + (value.len() - bare.len()) / 2;
                    let value = Spanned::new(bare.to_string(), file.slice(from, from + bare.len()));
                    let path = path.iter().cloned().chain([key.to_string()]).collect();
                    found.push(Entry { path, value, items: items.clone() });
                }
                at += 1 + usize::from(list) + length;
            }
            _ => {}
        }
        at += 1;
    }
    Some(found)
}

/// What an input of this name takes that says nothing of it.
fn usual(name: &str) -> Option<Expr> {
    if FETCHING.contains(&name) {
        return None;
    }
    let port = LISTENING.iter().find(|(known, _)| *known == name).and_then(|(_, port)| *port);
    Some(match port {
        Some(port) => Expr::Text(Spanned::new(port.to_string(), Span::NONE)),
        None => Expr::Opaque(Span::NONE),
    })
}

/// The words of a pipeline, those between quotes as one, without comments.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty() && found.len() < MAX_WORDS) {
        let first = rest.chars().next().unwrap_or(' ');
        let length = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => rest.get(1..).and_then(|inner| inner.find(first)).map_or(rest.len(), |end| end + 2),
            '{' | '}' | '[' | ']' | ',' => 1,
            '=' if rest.starts_with("=>") => 2,
            c if c.is_whitespace() => c.len_utf8(),
            _ => {
                let ends = |c: char| c.is_whitespace() || "{}[],=\"'#".contains(c);
                rest.find(ends).unwrap_or(rest.len())
            }
        };
        if !first.is_whitespace() && first != '#' {
            found.extend(rest.get(..length).map(|word| (at, word)));
        }
        at += length.max(1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_of_a_pipeline() {
        let found: Vec<&str> =
            words("input { # all\n tcp {port=>\"5000\"} }").into_iter().map(|(_, word)| word).collect();
        assert_eq!(found, ["input", "{", "tcp", "{", "port", "=>", "\"5000\"", "}", "}"]);
    }
}
