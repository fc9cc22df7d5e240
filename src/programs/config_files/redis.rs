//! Redis' own configuration, and that of its sentinels: a key, a blank, and its values (`requirepass secret`).

use std::path::Path;

use super::mosquitto::words;
use crate::programs::expr::UrlParts;
use crate::programs::reading::Notes;
use crate::programs::{Bind, Expr, Module, Sink, SinkKind, hosts};
use crate::source::{SourceFile, Span, Spanned};

/// Lines beyond this number are not read.
const MAX_LINES: usize = 5_000;

/// Whether a file is one of Redis', by its name.
pub(super) fn is_its_own(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let start = ["redis", "valkey", "sentinel"].iter().any(|start| name.starts_with(start));
    start && name.ends_with(".conf")
}

/// What a sentinel of Redis says, from 6.2 on, of a master with a name in place of an address, where it is not told to look names up.
pub const UNRESOLVED: &str = "Can't resolve instance hostname";

/// Notes the servers that it follows or watches, with the passwords that it is told for them.
pub(super) fn followed(file: &SourceFile, notes: &mut Notes) {
    let plain = |word: &Spanned<String>| !word.value.contains(['$', '{', '<', '%']);
    let mut masters: Vec<(Spanned<String>, [Spanned<String>; 2])> = Vec::new();
    let mut passwords: Vec<(String, Spanned<String>)> = Vec::new();
    let (mut resolves, mut watches) = (false, false);
    let mut at = 0;
    for line in file.text.split_inclusive('\n').take(MAX_LINES) {
        let start = at;
        at += line.len();
        let all: Vec<Spanned<String>> = words(line)
            .map(|(from, word)| {
                Spanned::new(word.to_string(), file.slice(start + from, start + from + word.len()))
            })
            .collect();
        let said: Vec<&str> = all.iter().map(|word| word.value.as_str()).collect();
        match (said.as_slice(), all.as_slice()) {
            (["replicaof" | "slaveof", host, _], [key, to, port]) if *host != "no" => {
                masters.push((key.clone(), [to.clone(), port.clone()]));
            }
            (["masterauth", _], [_, password]) => passwords.push((String::new(), password.clone())),
            (["sentinel", "monitor", name, _, _, _], [_, key, _, to, port, _]) => {
                watches = true;
                passwords.retain(|(of, _)| of != name);
                masters.push((key.clone(), [to.clone(), port.clone()]));
            }
            (["sentinel", "auth-pass", _, _], [_, _, _, password]) => {
                passwords.push((String::new(), password.clone()));
            }
            (["sentinel", "resolve-hostnames", "yes"], _) => resolves = true,
            _ => {}
        }
    }
    for (key, [host, port]) in masters {
        if !plain(&host) || !plain(&port) {
            continue;
        }
        let named = host.value.chars().any(|c| c.is_ascii_alphabetic()) && !host.value.contains(':');
        if watches && !resolves && named {
            notes.module.refused.push(Spanned::new(UNRESOLVED.to_string(), host.span));
        }
        let password = passwords.first().filter(|(_, password)| plain(password));
        let parts = UrlParts {
            host: Some(Expr::Text(host)),
            port: Some(Expr::Text(port)),
            password: password.map(|(_, password)| Expr::Text(password.clone())),
            ..UrlParts::default()
        };
        let target = Expr::Url(Box::new(parts), key.span);
        let sink = Sink { kind: SinkKind::Redis, target, arguments: Vec::new(), span: key.span, callee: key };
        notes.sink(sink, std::iter::empty());
    }
}

/// Notes where it listens, and under [`Module::PASSWORD`] what it asks its clients for: nothing, where it asks for none. Where
/// other files say more, nothing is noted of that.
pub(super) fn read(file: &SourceFile, module: &mut Module) {
    let mut password = Some(Expr::Null(Span::NONE));
    let mut at = 0;
    for line in file.text.split_inclusive('\n').take(MAX_LINES) {
        let start = at;
        at += line.len();
        let mut words = words(line);
        let Some((_, key)) = words.next() else { continue };
        let mut values = words.map(|(from, word)| {
            let bare = word.trim_matches(['"', '\'']);
            let from = from + (word.len() - word.trim_start_matches(['"', '\'']).len());
            Spanned::new(bare.to_string(), file.slice(start + from, start + from + bare.len()))
        });
        match key.to_ascii_lowercase().as_str() {
            // Port 0 is none at all.
            "port" => module.listens.extend(values.next().and_then(|word| {
                let number = word.value.parse().ok().filter(|number| *number != 0)?;
                Some(Spanned::new(number, word.span))
            })),
            // An address with a dash may be missing.
            "bind" => {
                let all: Vec<Spanned<String>> = values.collect();
                let open = all.iter().find(|host| !hosts::is_loopback(host.value.trim_start_matches('-')));
                let host = open.or(all.first()).cloned();
                module.binds.extend(host.map(|host| Bind { host, port: None }));
            }
            "requirepass" => {
                let plain = |word: &Spanned<String>| !word.value.contains(['$', '{', '<', '%']);
                password = values.next().filter(plain).map(Expr::Text);
            }
            "user" | "aclfile" | "include" => password = None,
            _ => {}
        }
        if password.is_none() {
            break;
        }
    }
    if let Some(password) = password {
        module.names.insert(Module::PASSWORD.to_string(), password);
    }
}
