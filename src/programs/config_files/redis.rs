//! Redis' own configuration: a key, a blank, and its values (`requirepass secret`).

use std::path::Path;

use super::mosquitto::words;
use crate::programs::{Bind, Expr, Module, hosts};
use crate::source::{SourceFile, Span, Spanned};

/// Lines beyond this number are not read.
const MAX_LINES: usize = 5_000;

/// Whether a file is one of Redis', by its name.
pub(super) fn is_its_own(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    (name.starts_with("redis") || name.starts_with("valkey")) && name.ends_with(".conf")
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
