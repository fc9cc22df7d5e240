//! HAProxy: `haproxy.cfg`.

use std::path::{Path, PathBuf};

use super::lines::{lines, words};
use super::{Config, MAX_DIRECTIVES, below, cut, expand, halves, named};
use crate::programs::{Expr, FrontEnd, Module, Scope, has_extension};
use crate::source::{SourceFile, Spanned};

/// HAProxy.
pub struct HaProxy;

impl FrontEnd for HaProxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }

    fn claims(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
        // What a start script or confd makes its configuration of: `haproxy.cfg.tmpl`.
        let template = has_extension(path, &["tmpl", "template", "tpl", "ctmpl", "j2"]);
        has_extension(path, &["cfg"]) && named(path, "haproxy") || template && name.starts_with("haproxy")
    }

    fn is_source(&self) -> bool {
        false
    }

    fn reads_at(&self, place: &Path) -> bool {
        below(place, &["/usr/local/etc/haproxy", "/etc/haproxy"]) && has_extension(place, &["cfg"])
            || below(place, &["/etc/confd/templates"]) && self.claims(place)
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        text.contains("server") || text.contains("bind")
    }

    fn imports(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _scope: &Scope, _importer: &Path, _module: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, file: &SourceFile) -> Module {
        let mut config = Config::new(file);
        let mut section = String::new();
        let mut later: Vec<Spanned<String>> = Vec::new();
        for (start, line) in lines(&file.text).take(MAX_DIRECTIVES) {
            let words = words(&config, start, line);
            let Some(name) = words.first() else { continue };
            match name.value.as_str() {
                "global" | "defaults" | "frontend" | "backend" | "listen" | "resolvers" | "peers"
                | "userlist" | "program" | "mailers" | "cache" | "ring" => section = name.value.clone(),
                "bind" if matches!(section.as_str(), "frontend" | "listen") => {
                    for address in words.get(1).into_iter().flat_map(split) {
                        listens(&mut config, &address);
                    }
                }
                // Elsewhere, as among the peers of a cluster.
                "bind" => {
                    for address in words.get(1).into_iter().flat_map(split) {
                        listens(&mut config, &address);
                    }
                }
                "stats" | "peer" => {
                    // `stats auth admin:secret` is no address.
                    let opens =
                        name.value == "peer" || words.get(1).is_some_and(|word| word.value == "socket");
                    let own = words.get(2).filter(|word| opens && word.value.contains(':'));
                    if let Some(address) = own {
                        listens(&mut config, address);
                    }
                }
                // What a template makes of the members that it is told of.
                "server" | "server-template" if line.contains("{{") || line.contains("{%") => {}
                "server" | "server-template" if matches!(section.as_str(), "backend" | "listen") => {
                    let at = if name.value == "server" { 2 } else { 3 };
                    if let Some(address) = words.get(at) {
                        let target = value(&mut config, address);
                        let directive = Spanned::new(name.value.clone(), address.span);
                        let rest = words.get(at + 1..).unwrap_or_default();
                        let said: Vec<Spanned<String>> = later.iter().chain(rest).cloned().collect();
                        config.upstream_with(&directive, target, &said);
                    }
                }
                // What holds for every server after it.
                "default-server" => later.extend(words.iter().skip(1).take(40).cloned()),
                _ => {}
            }
        }
        config.finish()
    }
}

/// A port that it listens on; one that a variable or a template says, and each of several (`*:5000-5010`), is not known here.
fn listens(config: &mut Config<'_>, address: &Spanned<String>) {
    let port = address.value.rsplit(':').next().unwrap_or("");
    match port.parse::<u16>() {
        Ok(_) => config.listens(address),
        // A socket in the file system.
        Err(_) if ["/", "unix@", "abns@"].iter().any(|start| address.value.starts_with(start)) => {}
        Err(_) => open(config, address),
    }
}

/// A port that it opens, for whomever.
fn open(config: &mut Config<'_>, address: &Spanned<String>) {
    let port = address.value.rsplit_once(':').map_or(0, |(host, _)| host.len() + 1);
    let port = value(config, &cut(address, port, address.value.len()));
    config.notes.module.serves.push(port);
}

/// Addresses separated by commas.
fn split(word: &Spanned<String>) -> Vec<Spanned<String>> {
    let mut at = 0;
    word.value
        .split(',')
        .map(|part| {
            let from = at;
            at += part.len() + 1;
            cut(word, from, from + part.len())
        })
        .collect()
}

/// A word with its variables: `${NAME}`, `${NAME-default}`.
fn value(config: &mut Config<'_>, word: &Spanned<String>) -> Expr {
    // An address may begin with its family: `ipv4@app:80`.
    let family = ["ipv4@", "ipv6@", "udp@", "tcp@"].iter().find(|family| word.value.starts_with(**family));
    let word = cut(word, family.map_or(0, |family| family.len()), word.value.len());
    expand(config, &word, "${", |config, inside, whole| {
        let (name, default) = halves(inside, '-');
        config.read(name, default, whole)
    })
}
