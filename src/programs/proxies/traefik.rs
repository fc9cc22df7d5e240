//! Traefik: its own configuration, and that of its file provider.

use std::path::{Path, PathBuf};

use super::{Config, below, named};
use crate::programs::config_files::entries;
use crate::programs::{Expr, FrontEnd, Module, Scope, has_extension};
use crate::source::{SourceFile, Spanned};

/// Where it is usually told to look for its files.
const FOLDERS: &[&str] = &[
    "/etc/traefik",
    "/traefik",
    "/configs/traefik",
    "/rules",
    "/dynamic",
    "/dynamic_conf",
    "/dynamic-conf",
    "/configurations",
];

/// Traefik.
pub struct Traefik;

impl FrontEnd for Traefik {
    fn name(&self) -> &'static str {
        "traefik"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["yml", "yaml", "toml"]) && named(path, "traefik")
    }

    fn is_source(&self) -> bool {
        false
    }

    fn reads_at(&self, place: &Path) -> bool {
        let own = ["traefik.yml", "traefik.yaml", "traefik.toml"].map(|name| Path::new("/").join(name));
        has_extension(place, &["yml", "yaml", "toml"])
            && (below(place, FOLDERS) || own.iter().any(|file| file == place))
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        ["loadbalancer", "entrypoints", "forwardauth"].iter().any(|word| text.contains(word))
    }

    fn imports(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }

    fn candidates(&self, _scope: &Scope, _importer: &Path, _module: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read(&self, file: &SourceFile) -> Module {
        let mut config = Config::new(file);
        for entry in entries(file) {
            let path: Vec<String> = entry.path.iter().map(|word| word.to_ascii_lowercase()).collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let directive = |name: &str| Spanned::new(name.to_string(), entry.value.span);
            match path.as_slice() {
                ["entrypoints", _, "address"] => config.listens(&entry.value),
                ["http" | "tcp" | "udp", "services", _, "loadbalancer", "servers", "url" | "address"] => {
                    upstream(&mut config, &directive("servers"), entry.value.clone());
                }
                ["http", "middlewares", _, "forwardauth", "address"] => {
                    upstream(&mut config, &directive("forwardAuth"), entry.value.clone());
                }
                _ => {}
            }
        }
        config.finish()
    }
}

/// Templates of Go stand for what is not known here.
fn upstream(config: &mut Config<'_>, directive: &Spanned<String>, value: Spanned<String>) {
    let target = if value.value.contains("{{") { Expr::Opaque(value.span) } else { Expr::Text(value) };
    config.upstream(directive, target);
}
