//! What the scripts of Ruby's servers say of where they listen: `config/puma.rb`, `config/unicorn.rb`, read line by line.

use crate::source::{Span, Text};

use super::servers::Said;

/// Values within values are followed only this deep.
const MAX_DEPTH: usize = 8;

/// The value of a variable of the environment.
type Environment<'e> = dyn Fn(&str) -> Option<String> + 'e;

/// The host and the port that a script names; unknown where it names several, or says them in ways that are not read.
pub(super) fn said(text: &str, environment: &Environment<'_>) -> (Said, Said) {
    let mut found = (Said::Nothing, Said::Nothing);
    for line in text.lines() {
        let line = line.split(" # ").next().unwrap_or(line).trim_end();
        let indented = line.starts_with([' ', '\t']);
        let line = line.trim_start();
        let name = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
        let rest = line.get(name.len()..).unwrap_or("");
        if !rest.starts_with([' ', '\t', '(']) {
            continue;
        }
        let one = match name {
            "bind" | "listen" | "port" if !indented => call(name, rest.trim(), environment),
            "bind" | "listen" | "port" | "ssl_bind" => (Said::Unknown, Said::Unknown),
            _ => continue,
        };
        let twice = |before: &Said, now: Said| match (before, now) {
            (before, Said::Nothing) => before.clone(),
            (Said::Nothing, now) => now,
            _ => Said::Unknown,
        };
        found = (twice(&found.0, one.0), twice(&found.1, one.1));
    }
    found
}

/// `bind "tcp://0.0.0.0:3000"`, `listen "0.0.0.0:8080", backlog: 64`, `port 3000, "127.0.0.1"`
fn call(name: &str, rest: &str, environment: &Environment<'_>) -> (Said, Said) {
    let inside = rest.strip_prefix('(').map_or(rest, |inside| inside.strip_suffix(')').unwrap_or(inside));
    let mut arguments = split(inside).into_iter();
    let first = arguments.next().and_then(|argument| value(argument, environment, 0));
    let option = |text: &str| Said::Option(text.to_string(), Span::NONE);
    let Some(first) = first else {
        // The port alone leaves the host as it is.
        return (if name == "port" { Said::Nothing } else { Said::Unknown }, Said::Unknown);
    };
    if name == "port" {
        let host = arguments.next().map(|argument| value(argument, environment, 0));
        let host = host.map_or(Said::Nothing, |host| host.map_or(Said::Unknown, |host| option(&host)));
        return (host, option(&first));
    }
    let address = first.strip_prefix("tcp://").unwrap_or(&first);
    let address = address.split('?').next().unwrap_or(address);
    if address.contains('/') {
        return (Said::Unknown, Said::Unknown);
    }
    match address.rsplit_once(':') {
        Some((host, port)) => (option(host.trim_matches(['[', ']'])), option(port)),
        None if address.bytes().all(|byte| byte.is_ascii_digit()) => (option("0.0.0.0"), option(address)),
        None => (option(address), Said::Nothing),
    }
}

/// The arguments of a call, cut at its own commas.
fn split(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                found.push(text.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(text.get(start..).unwrap_or(""));
    found
}

/// What an expression gives: a literal, a variable of the environment, one put into a text.
fn value(text: &str, environment: &Environment<'_>, depth: usize) -> Option<String> {
    let text = text.trim();
    let text = ["to_i", "to_s"].iter().fold(text, |text, method| {
        text.strip_suffix(method).and_then(|rest| rest.strip_suffix('.')).unwrap_or(text)
    });
    if depth > MAX_DEPTH {
        return None;
    }
    if let Some((read, default)) = read(text) {
        return match environment(read) {
            Some(set) if set.contains(Text::HOLE) || set.contains('$') => None,
            Some(set) => Some(set),
            None => value(default?, environment, depth + 1),
        };
    }
    if let Some(inside) = text.strip_prefix("Integer(").and_then(|rest| rest.strip_suffix(')')) {
        return value(inside, environment, depth + 1);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.to_string());
    }
    if let Some(inside) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return (!inside.contains('\'')).then(|| inside.to_string());
    }
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::new();
    let mut pieces = inside.split("#{");
    out.push_str(pieces.next()?);
    for piece in pieces {
        // The block of a default has braces of its own.
        let blocks = piece.matches('{').count();
        let end = piece.match_indices('}').nth(blocks).map(|(at, _)| at)?;
        out.push_str(&value(piece.get(..end)?, environment, depth + 1)?);
        out.push_str(piece.get(end + 1..)?);
    }
    Some(out)
}

/// `ENV.fetch("PORT", 3000)`, `ENV.fetch("PORT") { 3000 }`, `ENV["PORT"] || 3000`: the name, and the default.
fn read(text: &str) -> Option<(&str, Option<&str>)> {
    let rest = text.strip_prefix("ENV")?;
    let (rest, fetch) = match rest.strip_prefix(".fetch(") {
        Some(rest) => (rest, true),
        None => (rest.strip_prefix('[')?, false),
    };
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, rest) = rest.get(1..)?.split_once(quote)?;
    let rest = rest.trim_start();
    if !fetch {
        let rest = rest.strip_prefix(']')?.trim_start();
        return match rest {
            "" => Some((name, None)),
            _ => Some((name, Some(rest.strip_prefix("||")?))),
        };
    }
    if let Some(default) = rest.strip_prefix(',') {
        return Some((name, Some(default.trim_end().strip_suffix(')')?)));
    }
    let rest = rest.strip_prefix(')')?.trim();
    match rest {
        "" => Some((name, None)),
        _ => Some((name, Some(rest.strip_prefix('{')?.strip_suffix('}')?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read() {
        let set = |name: &str| (name == "PORT").then(|| "4000".to_string());
        let is = |text: &str| Said::Option(text.to_string(), Span::NONE);
        for (text, host, port) in [
            ("threads 5, 5\nplugin :tmp_restart\n", Said::Nothing, Said::Nothing),
            ("port 3000\n", Said::Nothing, is("3000")),
            ("port ENV.fetch(\"PORT\") { 3000 }", Said::Nothing, is("4000")),
            ("port        ENV.fetch('HTTP_PORT', 3000)", Said::Nothing, is("3000")),
            ("port(ENV['HTTP_PORT'] || 3000, '127.0.0.1')", is("127.0.0.1"), is("3000")),
            ("bind \"tcp://127.0.0.1:#{ENV.fetch('PORT') { '8000' }}\"", is("127.0.0.1"), is("4000")),
            ("bind \"tcp://#{ENV.fetch(\"HOST\", \"0.0.0.0\")}:80\"", is("0.0.0.0"), is("80")),
            ("bind 'unix:///tmp/puma.sock'", Said::Unknown, Said::Unknown),
            ("bind 'tcp://0.0.0.0:80'\nbind 'tcp://0.0.0.0:81'", Said::Unknown, Said::Unknown),
            ("if production\n  bind 'tcp://0.0.0.0:80'\nend", Said::Unknown, Said::Unknown),
            ("listen \"127.0.0.1:8080\", tcp_nopush: true", is("127.0.0.1"), is("8080")),
            ("listen 8080", is("0.0.0.0"), is("8080")),
            ("port own_port", Said::Nothing, Said::Unknown),
            ("# bind 'tcp://127.0.0.1:1'", Said::Nothing, Said::Nothing),
        ] {
            assert_eq!(said(text, &set), (host, port), "{text}");
        }
    }
}
