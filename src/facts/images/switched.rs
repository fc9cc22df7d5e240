//! Pages that images have only where something switches them on.

use serde::Deserialize;

use super::Version;
use super::refused::{Range, fitting};
use crate::facts::ServiceFacts;
use crate::source::Text;

/// A page that an image has only where it is switched on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switched {
    /// The path, and all below it.
    pub page: String,
    images: Vec<String>,
    #[serde(default)]
    since: Option<Version>,
    #[serde(default)]
    before: Option<Version>,
    /// The variable that switches it on, and what to give it; set to anything else but `false` it may be on as well.
    pub variable: String,
    /// Not where one of these is set, either.
    #[serde(default)]
    unless: Vec<String>,
    /// Options of the command that switch it on, or may.
    flags: Vec<String>,
    /// Directories of configuration, in which a file may switch it on.
    #[serde(default)]
    files: Vec<String>,
    /// What is answered otherwise.
    pub says: String,
}

impl Switched {
    const fn range(&self) -> Range<'_> {
        Range { images: self.images.as_slice(), since: self.since, before: self.before }
    }

    /// Whether a text asks for the page: its path stands there by itself, or with more behind it.
    fn is_asked(&self, text: &str) -> bool {
        text.match_indices(&self.page).any(|(at, _)| {
            let rest = text.get(at + self.page.len()..).unwrap_or("");
            let whole =
                rest.chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '-' && next != '_');
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            whole
                && before.is_none_or(|before| {
                    before.is_whitespace() || before.is_ascii_digit() || matches!(before, '"' | '\'' | '}')
                })
        })
    }
}

impl ServiceFacts<'_> {
    /// What switches on the page that a text asks the service's image for, where nothing does.
    #[must_use]
    pub fn switched_off(&self, text: &str) -> Option<&Switched> {
        let (image, reference) = (self.image?, self.reference.as_deref()?);
        let open = self.service.build.is_some()
            || self.service.entrypoint.is_some()
            || self.lacks_env_file()
            || self.environment.unseen().is_some();
        let found = fitting(&image.switched, reference, Switched::range).find(|it| it.is_asked(text));
        let known = found.filter(|_| !open)?;
        let is_off = |text: &Text| text.complete().is_some_and(|text| text.eq_ignore_ascii_case("false"));
        let set =
            |name: &String| self.environment.get(name).is_some_and(|it| !it.value().is_some_and(is_off));
        let mut words = self.program.command.iter();
        let told = words.any(|word| {
            let word = word.assumed();
            word.contains('$') || known.flags.iter().any(|flag| word.contains(flag.as_str()))
        });
        let below = |target: &str| known.files.iter().any(|folder| target.starts_with(folder.as_str()));
        let configured = self.service.volumes.iter().any(|mount| below(&mount.target))
            || self.service.configs.iter().any(|config| below(&config.target));
        let on = set(&known.variable) || known.unless.iter().any(set) || told || configured;
        (!on).then_some(known)
    }
}
