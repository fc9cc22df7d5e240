//! Environments of Python that uv makes: they have no pip, unless they are told to.

use super::build_programs::chain;
use super::environment::EffectiveEnvironment;
use super::probe;
use super::service::ServiceFacts;
use crate::programs::dockerfile::Step;
use crate::source::{Span, Text};

/// The pip of an environment that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seedless {
    /// What is called: `.venv/bin/pip`, `.venv/bin/python -m pip`.
    pub called: String,
    /// Where.
    pub at: Span,
    /// The command that makes the environment.
    pub by: &'static str,
    /// Where that is.
    pub made: Span,
}

/// The calls of a build to the pip of an environment that uv made without one.
#[must_use]
pub fn of(service: &ServiceFacts<'_>) -> Vec<Seedless> {
    let image = &service.program.image;
    let Some(parsed) = &image.parsed else { return Vec::new() };
    if service.service.build.is_none() || image.assumed {
        return Vec::new();
    }
    let mut found: Vec<Seedless> = Vec::new();
    for index in 0..parsed.stages.len() {
        let steps = chain(parsed, index).map(|(steps, _)| steps).unwrap_or_default();
        let one = of_stage(&steps);
        found.extend(one.filter(|one| !found.contains(one)));
    }
    found
}

fn of_stage(steps: &[&Step]) -> Option<Seedless> {
    let mut folder = ".venv".to_string();
    let mut made: Option<(String, &'static str, Span)> = None;
    for step in steps {
        let text = match step {
            Step::Env(all) => {
                for one in all {
                    match one.name.value.as_str() {
                        "UV_VENV_SEED" => return None,
                        "UV_PROJECT_ENVIRONMENT" => folder = one.value.as_ref()?.complete()?,
                        _ => {}
                    }
                }
                continue;
            }
            Step::Run(text) => text,
            _ => continue,
        };
        for command in probe::commands(text, &EffectiveEnvironment::default()) {
            let words: Vec<String> = command.words.iter().map(Text::assumed).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let at = command.words.first().map(Text::span).filter(|span| !span.is_none());
            let at = at.unwrap_or_else(|| text.span());
            // Whatever else makes an environment, or brings a pip, may do so here.
            let makes = words.iter().any(|word| matches!(*word, "venv" | "virtualenv" | "ensurepip"));
            match words.as_slice() {
                ["uv", "venv", rest @ ..] => {
                    if rest.iter().any(|word| word.starts_with("--seed")) {
                        return None;
                    }
                    made = Some((place(rest).unwrap_or(&folder).to_string(), "uv venv", at));
                }
                ["uv", "sync", ..] if made.is_none() => made = Some((folder.clone(), "uv sync", at)),
                ["uv", "pip" | "add", rest @ ..] if rest.contains(&"pip") => return None,
                _ if makes => return None,
                [program, rest @ ..] => {
                    let Some((place, by, made)) = &made else { continue };
                    let Some(called) = pip_of(program, rest, place) else { continue };
                    let found = Seedless { called, at, by, made: *made };
                    return (!command.has_alternative).then_some(found);
                }
                [] => {}
            }
        }
    }
    None
}

/// The folder that `uv venv` is told.
fn place<'w>(words: &[&'w str]) -> Option<&'w str> {
    const TAKES: [&str; 6] = ["--python", "-p", "--prompt", "--cache-dir", "--index-url", "--project"];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if TAKES.contains(word) {
            words.next();
        } else if !word.starts_with('-') {
            return Some(word);
        }
    }
    None
}

/// What of the environment's pip is called.
fn pip_of(program: &str, rest: &[&str], place: &str) -> Option<String> {
    let (folder, name) = program.rsplit_once('/')?;
    let folder = folder.strip_suffix("/bin")?.trim_start_matches("./");
    let place = place.trim_start_matches("./").trim_end_matches('/');
    let same = folder == place || !place.starts_with('/') && folder.ends_with(&format!("/{place}"));
    match (name, rest) {
        ("pip" | "pip3", _) if same => Some(program.to_string()),
        ("python" | "python3", ["-m", "pip", ..]) if same => Some(format!("{program} -m pip")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pips_of_environments() {
        assert_eq!(pip_of(".venv/bin/pip", &["install"], ".venv").as_deref(), Some(".venv/bin/pip"));
        assert!(pip_of("/app/.venv/bin/python", &["-m", "pip", "install"], ".venv").is_some());
        assert!(pip_of("/opt/venv/bin/pip", &[], "/opt/venv/").is_some());
        assert!(pip_of("/opt/other/bin/pip", &[], "/opt/venv").is_none());
        assert!(pip_of("pip", &["install"], ".venv").is_none());
        assert_eq!(place(&["--python", "3.12", "/opt/venv"]), Some("/opt/venv"));
        assert_eq!(place(&["--clear"]), None);
    }
}
