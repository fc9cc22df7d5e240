//! Caddy: the Caddyfile.

use std::path::{Path, PathBuf};

use super::lines::{lines, words};
use super::{Config, MAX_DIRECTIVES, below, cut, expand, halves};
use crate::programs::roots::SCRIPTS;
use crate::programs::{Expr, FrontEnd, Module, Scope, has_extension};
use crate::source::{SourceFile, Span, Spanned};

/// What may follow the name of a Caddyfile.
const VARIANTS: &[&str] =
    &["dev", "development", "docker", "local", "prod", "production", "staging", "template"];

/// Caddy.
pub struct Caddy;

impl FrontEnd for Caddy {
    fn name(&self) -> &'static str {
        "caddy"
    }

    fn claims(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
        let variant = name.strip_prefix("caddyfile.").is_some_and(|rest| VARIANTS.contains(&rest));
        name == "caddyfile" || variant || has_extension(path, &["caddyfile"])
    }

    fn is_source(&self) -> bool {
        false
    }

    fn reads_at(&self, place: &Path) -> bool {
        below(place, &["/etc/caddy", "/etc/Caddyfile"])
            && (self.claims(place) || place.extension().is_some_and(|e| e == "caddy"))
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        ["reverse_proxy", "php_fastcgi", "forward_auth", "file_server", "respond", "proxy /", "fastcgi /"]
            .iter()
            .any(|word| text.contains(word))
    }

    fn imports(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _scope: &Scope, _importer: &Path, _module: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, file: &SourceFile) -> Module {
        let mut config = Config::new(file);
        let ports = Ports::of(&config);
        // The directive whose block is open, and how deep it lies.
        let mut open: Option<(Spanned<String>, usize)> = None;
        let mut depth = 0_usize;
        let (mut root, mut roots) = (None::<Spanned<String>>, 0);
        for (start, line) in lines(&file.text).take(MAX_DIRECTIVES) {
            let mut words = words(&config, start, line);
            let opens = words.last().is_some_and(|word| word.value == "{");
            if opens {
                words.pop();
            }
            if words.first().is_some_and(|word| word.value == "}") {
                depth = depth.saturating_sub(1);
                open = open.filter(|(_, at)| depth > *at);
                words.remove(0);
            }
            if let Some((name, rest)) = words.split_first() {
                match name.value.as_str() {
                    // `root * /srv`, `root /srv`
                    "root" if !opens => {
                        let path = rest
                            .last()
                            .filter(|path| path.value.starts_with('/') && !path.value.contains('{'));
                        let all = rest.len() == 1 || rest.first().is_some_and(|first| first.value == "*");
                        roots += 1;
                        root = path.filter(|_| all).cloned();
                    }
                    "reverse_proxy" | "php_fastcgi" | "forward_auth" => {
                        upstreams(&mut config, name, rest);
                        if opens {
                            open = Some((name.clone(), depth));
                        }
                    }
                    // Those of Caddy 1 (`proxy from to…`, `fastcgi path endpoint`) always have a path first.
                    "proxy" | "fastcgi" if rest.first().is_some_and(|path| path.value.starts_with('/')) => {
                        let ends = if name.value == "fastcgi" { rest.len().min(2) } else { rest.len() };
                        upstreams(&mut config, name, &rest[..ends]);
                        if opens {
                            open = Some((name.clone(), depth));
                        }
                    }
                    "upstream" if open.as_ref().is_some_and(|(directive, _)| directive.value == "proxy") => {
                        if let Some((directive, _)) = &open {
                            upstreams(&mut config, &directive.clone(), rest);
                        }
                    }
                    "to" => {
                        if let Some((directive, _)) = &open {
                            upstreams(&mut config, &directive.clone(), rest);
                        }
                    }
                    _ if depth == 0 && opens => {
                        words.iter().for_each(|site| listens(&mut config, site, &ports));
                    }
                    // What is put in anywhere else is read all the same.
                    _ => {
                        for word in rest.iter().filter(|word| word.value.contains("{$")) {
                            value(&mut config, word);
                        }
                    }
                }
            }
            depth += usize::from(opens);
        }
        // With one root in all of the file it is that of each site.
        if let Some(root) = root.filter(|_| roots == 1) {
            for sink in config.notes.module.sinks.iter_mut().filter(|sink| sink.callee.value == "php_fastcgi")
            {
                let name = Spanned::new(SCRIPTS.to_string(), Span::NONE);
                sink.arguments.push((name, Expr::Text(root.clone())));
            }
        }
        config.finish()
    }
}

fn upstreams(config: &mut Config<'_>, directive: &Spanned<String>, words: &[Spanned<String>]) {
    let mut words = words.iter();
    // A matcher may stand first: `*`, `/path/*`, `@name`.
    let first = words.clone().next().map_or("", |word| &word.value);
    if first == "*" || first.starts_with(['/', '@']) {
        words.next();
    }
    for word in words {
        let target = value(config, word);
        let target = match directive.value.as_str() {
            "php_fastcgi" | "fastcgi" if !word.value.contains("://") => {
                let scheme = Spanned::new("fastcgi://".to_string(), word.span.start());
                Expr::Concat(vec![Expr::Text(scheme), target])
            }
            _ => target,
        };
        config.upstream(&Spanned::new(directive.value.clone(), word.span), target);
    }
}

/// Where sites listen that name no port; `None` where that is not known.
struct Ports {
    http: Option<u16>,
    https: Option<u16>,
}

impl Ports {
    /// What the options of the file make of them.
    fn of(config: &Config<'_>) -> Self {
        let mut ports = Self { http: Some(80), https: Some(443) };
        for (start, line) in lines(&config.file.text).take(MAX_DIRECTIVES) {
            let words = words(config, start, line);
            let [name, value, ..] = words.as_slice() else { continue };
            match name.value.as_str() {
                "http_port" => ports.http = value.value.parse().ok(),
                "https_port" => ports.https = value.value.parse().ok(),
                _ => {}
            }
        }
        ports
    }
}

/// The address of a site.
fn listens(config: &mut Config<'_>, site: &Spanned<String>, ports: &Ports) {
    let site = Spanned::new(site.value.trim_end_matches(',').to_string(), site.span);
    let scheme = site.value.find("://").map_or(0, |at| at + 3);
    let address = site.value.get(scheme..).unwrap_or("");
    if address.contains(':') && !address.contains('{') {
        let span = site.span.slice(scheme, site.value.len());
        config.listens(&Spanned::new(address.to_string(), span));
    } else if site.value.starts_with("http://") {
        sites(config, [ports.http], &site);
    } else if site.value.contains(['{', '$']) {
        config.notes.module.serves.push(Expr::Opaque(site.span));
    } else if !site.value.starts_with(['(', '&']) && !site.value.is_empty() {
        sites(config, [ports.http, ports.https], &site);
    }
}

/// The ports of a site, each once.
fn sites<const N: usize>(config: &mut Config<'_>, ports: [Option<u16>; N], site: &Spanned<String>) {
    let module = &mut config.notes.module;
    for port in ports {
        match port {
            Some(port) if !module.listens.iter().any(|known| known.value == port) => {
                module.listens.push(Spanned::new(port, site.span));
            }
            Some(_) => {}
            None => module.serves.push(Expr::Opaque(site.span)),
        }
    }
}

/// A word with its placeholders: `{$NAME:default}` and `{env.NAME}` are of the environment.
fn value(config: &mut Config<'_>, word: &Spanned<String>) -> Expr {
    expand(config, word, "{", |config, inside, whole| {
        let length = inside.value.len();
        if inside.value.starts_with('$') {
            let (name, default) = halves(&cut(inside, 1, length), ':');
            config.read(name, default, whole)
        } else if inside.value.starts_with("env.") {
            config.read(cut(inside, "env.".len(), length), None, whole)
        } else {
            Expr::Opaque(whole)
        }
    })
}
