//! Tools that a build installs in their newest version, which an old image no longer takes: `rules/data/newest.yaml`, typed.

use std::sync::OnceLock;

use serde::Deserialize;

use super::range::Version;
use super::{Asked, Language, Place};
use crate::programs::entry::Launch;

const TABLE: &str = include_str!("../../../rules/data/newest.yaml");

/// A tool, and what its newest version needs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Newest {
    language: String,
    by: String,
    install: String,
    least: String,
    programs: Vec<String>,
    says: String,
}

fn table() -> &'static [Newest] {
    static READ: OnceLock<Vec<Newest>> = OnceLock::new();
    READ.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// `RUN gem install bundler`, `RUN go install example.com/tool@latest`, `RUN npm install -g npm@latest`,
/// `RUN corepack prepare pnpm@latest`.
pub(super) fn asked(place: &Place<'_>, launch: &Launch) -> Option<Asked> {
    // The container's own command may find what was installed before.
    if place.at.is_none() || place.text.contains("||") || place.text.contains("GOTOOLCHAIN") {
        return None;
    }
    let (language, named) = installed(place.language, launch)?;
    let by = if launch.name() == "corepack" { "corepack" } else { "" };
    let newest = table().iter().filter(|known| known.language == language && known.by == by);
    let mut fitting = newest.filter(|known| named.contains(&known.install.as_str())).filter(|known| {
        known.programs.is_empty() || known.programs.iter().any(|program| place.called.contains(program))
    });
    let known = fitting
        .find(|known| Version::at_start_of(&known.least).is_some_and(|least| place.has.is_before(least)))?;
    Some(Asked {
        language: place.language,
        asked: format!("{} or later", known.least),
        at: place.at,
        path: known.install.clone().into(),
        says: known.says.replace("{version}", &place.has.to_string()),
        instead: None,
        newest: true,
    })
}

/// What a command installs without saying which version, and the name of the language's image.
fn installed(language: Language, launch: &Launch) -> Option<(&'static str, Vec<&str>)> {
    let words: Vec<&str> = launch.words.iter().skip(1).map(String::as_str).collect();
    let verb = words.iter().position(|word| !word.starts_with('-'))?;
    let (verb, rest) = (*words.get(verb)?, words.get(verb + 1..)?);
    let has = |options: &[&str]| words.iter().any(|word| options.contains(word));
    let named = rest.iter().copied().filter(|word| !word.starts_with('-'));
    match (language, launch.name(), verb) {
        (Language::Ruby, "gem", "install" | "i") => {
            let told = |word: &str| word.starts_with("-v") || word.starts_with("--version");
            (!words.iter().any(|word| told(word))).then(|| ("ruby", named.collect()))
        }
        (Language::Go, "go", "install") if !launch.env.contains_key("GOTOOLCHAIN") => {
            Some(("golang", named.filter_map(|word| word.strip_suffix("@latest")).collect()))
        }
        (Language::Node, "npm", "install" | "i") if has(&["-g", "--global"]) => {
            Some(("node", named.map(|word| word.strip_suffix("@latest").unwrap_or(word)).collect()))
        }
        (Language::Node, "corepack", "prepare" | "install" | "use") => {
            Some(("node", named.filter_map(|word| word.strip_suffix("@latest")).collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let all: Vec<Newest> = serde_yaml::from_str(TABLE).unwrap();
        assert!(all.iter().all(|known| Version::at_start_of(&known.least).is_some()));
        assert!(all.iter().all(|known| ["ruby", "golang", "node"].contains(&known.language.as_str())));
    }
}
