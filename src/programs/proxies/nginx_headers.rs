//! The name by which nginx asks those that it passes requests on to: what `proxy_set_header Host` says, and `$proxy_host` without that.
//!
//! `proxy_set_header` is taken over from the block around only where a block has none of its own (nginx.org,
//! `ngx_http_proxy_module`).

use crate::programs::{Expr, Module};
use crate::source::Spanned;

/// The name of the argument that says it.
pub const HOST: &str = "Host";
/// What it is where nothing is said: the host, and the port if it is another than the scheme's.
pub const OWN: &str = "$proxy_host";
/// The name by which a module says that all files that it takes in get its headers.
pub const FOR_ALL: &str = "proxy_set_header";

/// The name by which a module says that it hands on upgrades, or may: what it takes in may say so.
pub const UPGRADES: &str = "Upgrade";

/// Says it of the module of a configuration.
pub(super) fn note_upgrades(text: &str, module: &mut Module) {
    let harmless =
        ["mime.types", "conf.d/*.conf", "fastcgi", "uwsgi", "proxy_params", "sites-enabled", "modules"];
    let includes = |line: &str| {
        line.trim_start().starts_with("include ") && !harmless.iter().any(|word| line.contains(word))
    };
    if text.to_ascii_lowercase().contains("upgrade") || text.lines().any(includes) {
        module.names.insert(UPGRADES.to_string(), Expr::Null(crate::source::Span::NONE));
    }
}

/// What the blocks of a configuration say of the header.
#[derive(Default)]
pub(super) struct Headers {
    around: Vec<Level>,
    outermost: Level,
    decided: Vec<(Pass, Host)>,
    /// Whether the block of all servers says some.
    for_all: bool,
}

/// One block.
#[derive(Default)]
struct Level {
    said: Option<Host>,
    passes: Vec<Pass>,
}

/// What a block says.
#[derive(Clone, PartialEq)]
enum Host {
    /// Other headers alone, or nothing in all blocks.
    Unsaid(Spanned<String>),
    /// Another file may say it.
    Open,
    Said(Spanned<String>),
}

/// A `proxy_pass`.
struct Pass {
    /// Which of the sinks it is.
    sink: usize,
    /// Whom it names.
    to: Spanned<String>,
}

impl Headers {
    pub(super) fn open(&mut self) {
        self.around.push(Level::default());
    }

    pub(super) fn close(&mut self) {
        let Some(level) = self.around.pop() else { return };
        let outer = self.around.last_mut().unwrap_or(&mut self.outermost);
        match level.said {
            Some(host) => self.decided.extend(level.passes.into_iter().map(|pass| (pass, host.clone()))),
            None => outer.passes.extend(level.passes),
        }
    }

    /// A directive, with the number of the sink that it makes.
    pub(super) fn directive(&mut self, words: &[Spanned<String>], blocks: &[String], sink: Option<usize>) {
        let level = self.around.last_mut().unwrap_or(&mut self.outermost);
        match words {
            [name, header, value] if name.value == "proxy_set_header" => {
                self.for_all |= matches!(blocks, [only] if only == "http");
                if header.value.eq_ignore_ascii_case(HOST) {
                    level.said = Some(Host::Said(value.clone()));
                } else if level.said.is_none() {
                    level.said = Some(Host::Unsaid(name.clone()));
                }
            }
            [name, file] if name.value == "include" => {
                let harmless = ["mime.types", "fastcgi", "uwsgi", "ssl", "conf.d", "sites-", "servers"];
                let known = harmless.iter().any(|word| file.value.contains(word));
                if !known && !matches!(level.said, Some(Host::Said(_))) {
                    level.said = Some(Host::Open);
                }
            }
            // In a `stream` there is no scheme, and what a visitor sends is handed on as it is.
            [name, to, ..] if name.value == "proxy_pass" && to.value.contains("://") => {
                level.passes.extend(sink.map(|sink| Pass { sink, to: to.clone() }));
            }
            _ => {}
        }
    }

    /// Says it of the sinks.
    pub(super) fn finish(mut self, module: &mut Module, members: &[(String, usize)]) {
        while !self.around.is_empty() {
            self.close();
        }
        let rest = std::mem::take(&mut self.outermost.passes);
        let by_file = self.outermost.said.clone();
        self.decided.extend(rest.into_iter().map(|pass| {
            let unsaid = Host::Unsaid(pass.to.clone());
            (pass, by_file.clone().unwrap_or(unsaid))
        }));
        if self.for_all {
            let place = crate::source::Span::NONE;
            module.names.insert(FOR_ALL.to_string(), Expr::Null(place));
        }
        let group_of = |pass: &Pass| {
            let name = pass.to.value.split_once("://").map_or("", |(_, rest)| rest);
            name.split(['/', ':']).next().unwrap_or("").to_string()
        };
        for (pass, host) in &self.decided {
            let group = group_of(pass);
            let of_group: Vec<usize> =
                members.iter().filter(|(name, _)| *name == group).map(|(_, sink)| *sink).collect();
            let alike =
                self.decided.iter().filter(|(other, _)| group_of(other) == group).all(|(_, other)| {
                    matches!((other, host), (Host::Unsaid(_), Host::Unsaid(_))) || other == host
                });
            let (sinks, own) = match of_group.is_empty() {
                true => (vec![pass.sink], OWN.to_string()),
                false => (of_group, group),
            };
            let said = match host {
                Host::Open => continue,
                Host::Unsaid(at) => Spanned::new(own, at.span),
                Host::Said(value) if value.value == OWN => Spanned::new(own, value.span),
                Host::Said(value) => value.clone(),
            };
            for sink in sinks.into_iter().filter(|_| alike || sinks_of_one(members, pass)) {
                let Some(sink) = module.sinks.get_mut(sink) else { continue };
                if sink.arguments.iter().all(|(name, _)| name.value != HOST) {
                    let name = Spanned::new(HOST.to_string(), said.span);
                    sink.arguments.push((name, Expr::Text(said.clone())));
                }
            }
        }
    }
}

/// Whether the pass names no group, whose servers others may ask by another name.
fn sinks_of_one(members: &[(String, usize)], pass: &Pass) -> bool {
    members.iter().all(|(name, _)| !pass.to.value.contains(name.as_str()))
}
