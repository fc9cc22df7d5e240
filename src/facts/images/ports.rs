//! The ports that images listen on, as the table has them.

use serde::Deserialize;

use super::super::environment::EffectiveEnvironment;
use super::{KnownImage, Version, settings};
use crate::compose::ImageReference;
use crate::programs::{Expr, Module, Program, Role};

/// A port of a known image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownPort {
    /// The port.
    pub port: u16,
    /// What is spoken there.
    #[serde(default)]
    pub protocol: Option<String>,
    /// Whether only pages for people are served there, none of what programs ask for.
    #[serde(default)]
    pub page: bool,
    /// Only for tags that contain one of these.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Not for tags that contain one of these.
    #[serde(default)]
    pub without: Vec<String>,
    /// Only for these of the entry's images.
    #[serde(default)]
    pub images: Vec<String>,
    /// Only before this version.
    #[serde(default)]
    pub before: Option<Version>,
    /// A variable that moves it.
    #[serde(default)]
    pub variable: Option<String>,
    /// Flags of the command that move it.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Settings of its configuration that move it, with points between their keys.
    #[serde(default)]
    pub settings: Vec<String>,
    /// What to write so that the server takes this port, and not any: one of the flags, or the variable `set_by`.
    #[serde(default)]
    pub otherwise_any: Option<String>,
    /// The variable by which it is told.
    #[serde(default)]
    pub set_by: Option<String>,
}

impl KnownPort {
    /// The port that a configuration of the program says in its place.
    #[must_use]
    pub fn said_in(&self, program: &Program) -> Option<u16> {
        let modules = || program.modules.iter().filter(|module| module.role == Role::Settings);
        self.settings.iter().find_map(|key| {
            modules().find_map(|module| match module.names.get(Module::ITSELF) {
                Some(configuration) => number(settings::value_at(configuration, key)?),
                // A format of its own, of which only that is read.
                None => module.listens.first().map(|port| port.value),
            })
        })
    }
}

/// The port in a setting: `8081`, `:8081`, `0.0.0.0:8081`.
fn number(value: &Expr) -> Option<u16> {
    let (Expr::Text(text) | Expr::Number(text)) = value.peel() else { return None };
    let text = text.value.trim();
    let port = text.rsplit(':').next().unwrap_or(text);
    port.parse().ok().filter(|port| *port != 0)
}

impl KnownImage {
    /// What to write so that the server listens on the port, where neither command nor environment says so and it takes
    /// any other.
    #[must_use]
    pub fn untold(&self, port: u16, environment: &EffectiveEnvironment, words: &[String]) -> Option<&str> {
        let known = self.ports.iter().find(|known| known.port == port)?;
        let write = known.otherwise_any.as_deref()?;
        let set = known.set_by.as_ref().is_some_and(|name| environment.get(name).is_some());
        let said = words.iter().any(|word| known.flags.iter().any(|flag| word.contains(flag.as_str())));
        (!set && !said && environment.unseen().is_none()).then_some(write)
    }

    /// The word of other tags with which the image listens on a port that it does not listen on with its own.
    #[must_use]
    pub fn only_tagged(&self, reference: &str, port: u16) -> Option<&str> {
        let parsed = ImageReference::parse(reference)?;
        let tag = match (parsed.tag, parsed.digest) {
            (Some(tag), _) => tag,
            (None, None) => "latest",
            (None, Some(_)) => return None,
        };
        let of_image = |known: &&KnownPort| {
            known.port == port
                && (known.images.is_empty() || known.images.iter().any(|image| image == parsed.path))
        };
        let mut ports = self.ports.iter().filter(of_image).peekable();
        let word = ports.peek()?.tags.first()?;
        let other = |known: &KnownPort| {
            !known.tags.is_empty() && !known.tags.iter().any(|word| tag.contains(word.as_str()))
        };
        ports.all(other).then_some(word.as_str())
    }
}
