//! Apache httpd as a proxy.

use std::path::{Path, PathBuf};

use super::lines::{lines, words};
use super::{Config, MAX_DIRECTIVES, below, cut, expand, named};
use crate::programs::{Expr, FrontEnd, Module, Scope, has_extension};
use crate::source::{SourceFile, Spanned};

/// Apache httpd.
pub struct Apache;

impl FrontEnd for Apache {
    fn name(&self) -> &'static str {
        "apache"
    }

    fn claims(&self, path: &Path) -> bool {
        has_extension(path, &["conf"]) && ["apache", "httpd"].iter().any(|word| named(path, word))
    }

    fn is_source(&self) -> bool {
        false
    }

    fn reads_at(&self, place: &Path) -> bool {
        let roots = [
            "/usr/local/apache2/conf",
            "/etc/apache2/sites-enabled",
            "/etc/apache2/sites-available",
            "/etc/apache2/conf-enabled",
            "/etc/apache2/conf.d",
            "/etc/httpd/conf.d",
            "/etc/httpd/conf",
        ];
        has_extension(place, &["conf"])
            && (below(place, &roots)
                || ["/etc/apache2/apache2.conf", "/etc/apache2/ports.conf"]
                    .iter()
                    .any(|file| place == Path::new(file)))
    }

    fn nothing(&self) -> &'static str {
        ""
    }

    fn concerns(&self, text: &str) -> bool {
        ["ProxyPass", "BalancerMember", "RewriteRule", "proxy:fcgi", "Listen", "DocumentRoot"]
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
        let mut pending: Vec<Spanned<String>> = Vec::new();
        // A comment is continued by a backslash, as directives are.
        let mut comment = false;
        for (start, line) in lines(&file.text).take(MAX_DIRECTIVES) {
            comment = comment || (pending.is_empty() && line.trim_start().starts_with('#'));
            let continued = line.strip_suffix('\\');
            if comment {
                comment = continued.is_some();
                continue;
            }
            pending.append(&mut words(&config, start, continued.unwrap_or(line)));
            if continued.is_some() {
                continue;
            }
            let words = std::mem::take(&mut pending);
            let Some((name, rest)) = words.split_first() else { continue };
            match name.value.to_ascii_lowercase().as_str() {
                "listen" => {
                    if let Some(address) = rest.first() {
                        config.listens(address);
                    }
                }
                // What is passed on or written anew need not lie there.
                "documentroot" => {
                    let whole = |path: &&Spanned<String>| {
                        path.value.starts_with('/') && !path.value.contains(['$', '%', '{'])
                    };
                    let passes = ["ProxyPass", "RewriteRule", "Alias", "SetHandler"]
                        .iter()
                        .any(|word| file.text.contains(word));
                    config.notes.module.roots.extend(rest.first().filter(whole).filter(|_| !passes).cloned());
                }
                // `ProxyPassReverse` only rewrites what comes back.
                "proxypass" | "proxypassmatch" | "balancermember" => {
                    let address = rest.iter().find(|word| word.value.contains("://"));
                    if let Some(address) = address.filter(|word| !word.value.starts_with("balancer:")) {
                        let target = value(&mut config, address);
                        config.upstream(name, target);
                    }
                }
                // `RewriteRule pattern address [P]` passes on, without the flag it redirects.
                "rewriterule" => {
                    let flags = rest.get(2..).unwrap_or_default().iter();
                    let mut flags = flags.flat_map(|word| word.value.split(['[', ']', ',']));
                    let passes = flags.any(|flag| matches!(flag.trim(), "P" | "proxy"));
                    if let Some(address) = rest.get(1).filter(|word| passes && word.value.contains("://")) {
                        let target = value(&mut config, address);
                        config.upstream(name, target);
                    }
                }
                "sethandler" => {
                    let Some(handler) = rest.first() else { continue };
                    let Some(address) = handler.value.strip_prefix("proxy:") else { continue };
                    // With a socket in front, the host is only a name.
                    let from = handler.value.len() - address.len();
                    let span = handler.span.slice(from, handler.value.len());
                    let address = Spanned::new(address.to_string(), span);
                    let target = match address.value.starts_with("unix:") {
                        true => Expr::Text(address),
                        false => value(&mut config, &address),
                    };
                    config.upstream(name, target);
                }
                _ => {}
            }
        }
        config.finish()
    }
}

/// An address with its variables (`${NAME}`), FastCGI's scheme as others write it.
fn value(config: &mut Config<'_>, word: &Spanned<String>) -> Expr {
    let skip = if word.value.starts_with("fcgi://") { "fcgi://".len() } else { 0 };
    let rest = cut(word, skip, word.value.len());
    let value = expand(config, &rest, "${", |config, inside, whole| config.read(inside.clone(), None, whole));
    if skip == 0 {
        return value;
    }
    let scheme = Spanned::new("fastcgi://".to_string(), word.span.start());
    Expr::Concat(vec![Expr::Text(scheme), value])
}
