//! Variables in the configuration of public images: which programs put them in, and stop without one; which take them as they
//! stand.

use super::ServiceFacts;
use super::environment::EffectiveEnvironment;
use crate::programs::{Expr, Module, Role};
use crate::source::{Span, Spanned, Text};

/// Images whose programs stop when a variable of their configuration is not set (Logstash, "Using environment variables";
/// Beats, "Use environment variables in the configuration").
const STOPPING: [&str; 2] = ["logstash", "beats"];
/// Images whose programs keep a variable that is not set as it stands, which is no address (Telegraf, "Set environment
/// variables").
const KEEPING: [&str; 1] = ["telegraf"];
/// Images whose programs put no variables into their configuration.
const LITERAL: [&str; 2] = ["alertmanager", "prometheus"];
/// Words of the keys of addresses.
const ADDRESSES: [&str; 8] =
    ["url", "urls", "servers", "smarthost", "targets", "host", "address", "endpoint"];
/// Keys of what a server asks for.
const KEYS: [&str; 6] = ["token", "bucket", "organization", "username", "password", "database"];
/// Words of a start that fills a file in first.
const FILLING: [&str; 4] = ["envsubst", "sed", "gomplate", "confd"];

/// The variables of its configuration that a service needs, and that nothing sets, each once.
#[must_use]
pub fn lacking(service: &ServiceFacts<'_>) -> Vec<Spanned<String>> {
    let open = service.lacks_env_file() || service.environment.unseen().is_some() || fills(service);
    let keeping = is_one_of(service, &KEEPING);
    if open || !keeping && !is_one_of(service, &STOPPING) {
        return Vec::new();
    }
    let mut found: Vec<Spanned<String>> = Vec::new();
    let of_plugins = |key: &str| {
        let key = key.strip_prefix("(setting) ").unwrap_or(key);
        key.starts_with("outputs.") || key.starts_with("inputs.")
    };
    let asked = |key: &str| !keeping || (is_address(key) || is_key(key)) && of_plugins(key);
    for (_, value) in settings(service).filter(|(key, _)| asked(key)) {
        each_read(value, &mut |name, defaulted, span| {
            let known = found.iter().any(|other| other.value == name);
            if !defaulted && !known && !is_set(&service.environment, name) && is_variable(name) {
                found.push(Spanned::new(name.to_string(), span));
            }
        });
    }
    found
}

/// The addresses of a service's configuration in which a variable stands that its program does not put in.
#[must_use]
pub fn literal(service: &ServiceFacts<'_>) -> Vec<Spanned<String>> {
    if !is_one_of(service, &LITERAL) || fills(service) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (key, value) in settings(service) {
        // Records stand within lists.
        let mut queue = vec![(key.as_str(), value)];
        for _ in 0..5_000 {
            let Some((key, value)) = queue.pop() else { break };
            match value.peel() {
                Expr::List(items) => queue.extend(items.iter().map(|item| (key, item))),
                Expr::Record(fields) => {
                    queue.extend(fields.iter().map(|(key, value)| (key.value.as_str(), value)));
                }
                plain if is_address(key) => each_read(plain, &mut |name, _, span| {
                    if is_variable(name) {
                        found.push(Spanned::new(name.to_string(), span));
                    }
                }),
                _ => {}
            }
        }
    }
    found.sort_by_key(|variable| variable.span.lo);
    found
}

fn is_address(key: &str) -> bool {
    let last = key.rsplit(['.', '_']).next().unwrap_or(key).to_ascii_lowercase();
    ADDRESSES.contains(&last.as_str())
}

/// Whether it is a setting without which a server lets nobody in.
fn is_key(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase();
    KEYS.contains(&last.as_str())
}

fn is_one_of(service: &ServiceFacts<'_>, names: &[&str]) -> bool {
    let known = service.image.or_else(|| service.container_image().map(|(image, _)| image));
    known.is_some_and(|image| names.contains(&image.name.as_str()))
}

/// Whether the start of the container may fill the files in.
fn fills(service: &ServiceFacts<'_>) -> bool {
    let words = service.program.command.iter().map(Text::assumed);
    let filling =
        |word: String| FILLING.iter().any(|filling| word.contains(filling)) || word.ends_with(".sh");
    service.service.entrypoint.is_some() || words.into_iter().any(filling)
}

fn settings<'s>(service: &'s ServiceFacts<'_>) -> impl Iterator<Item = (&'s String, &'s Expr)> {
    let modules =
        service.program.modules.iter().filter(|module| {
            module.role == Role::Settings && !service.program.doubted.contains(&module.path)
        });
    modules.flat_map(|module: &std::sync::Arc<Module>| &module.names)
}

/// Whether the name is one that people give to variables of the environment.
fn is_variable(name: &str) -> bool {
    name.len() > 2 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn is_set(environment: &EffectiveEnvironment, name: &str) -> bool {
    environment.get(name).is_some()
}

/// The variables of a value: the name, whether it has a default, the place.
fn each_read(value: &Expr, see: &mut impl FnMut(&str, bool, Span)) {
    // Texts, and lists of texts.
    let mut queue = vec![value];
    for _ in 0..1_000 {
        let Some(value) = queue.pop() else { return };
        match value.peel() {
            Expr::Concat(parts) | Expr::List(parts) => queue.extend(parts),
            Expr::Record(fields) => queue.extend(fields.iter().map(|(_, value)| value)),
            Expr::Read(read) => {
                if let Expr::Text(name) = read.name.peel() {
                    see(&name.value, read.default.is_some(), read.span);
                }
            }
            _ => {}
        }
    }
}
