//! Variables that an image does not read, where it reads another in their place: `rules/data/renamed.yaml`, typed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::environment::Layer;
use super::images::Version;
use super::{Facts, ServiceFacts};
use crate::compose::ImageReference;
use crate::source::{Span, Text};

const TABLE: &str = include_str!("../../rules/data/renamed.yaml");

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    images: Vec<String>,
    #[serde(default)]
    since: Option<Version>,
    #[serde(default)]
    before: Option<Version>,
    names: BTreeMap<String, String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    default: BTreeMap<String, String>,
}

/// A variable that is set and that the image does not read.
pub struct Renamed {
    /// Its name.
    pub name: String,
    /// Where that is written.
    pub key: Span,
    /// The name that is read.
    pub read: &'static str,
}

fn table() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What is set for a service by names that its image does not read.
#[must_use]
pub fn of(facts: &Facts<'_>, service: &ServiceFacts<'_>) -> Vec<Renamed> {
    let own = &service.service;
    let as_it_is = own.build.is_none() && own.entrypoint.is_none() && service.environment.unseen().is_none();
    let reference = service.reference.as_deref().filter(|_| as_it_is).and_then(ImageReference::parse);
    let Some(reference) = reference.filter(|it| it.tag.is_some() || it.digest.is_none()) else {
        return Vec::new();
    };
    let rows = table().iter().filter(|row| {
        row.images.iter().any(|image| image == reference.path)
            && Version::lies_within(reference.tag, row.since, row.before)
    });
    let set = |name: &String| service.environment.get(name).is_some();
    // Scripts, healthchecks and files that take it in read it themselves.
    let words: Vec<String> = service.program.command.iter().map(Text::assumed).collect();
    let checks =
        own.healthcheck.iter().filter_map(|check| check.test.as_ref()).map(|test| format!("{test:?}"));
    let texts: Vec<String> = words.into_iter().chain(checks).collect();
    let mounted = !service.program.files.layers().is_empty();
    let shared = |key: Span| {
        facts.services().any(|other| {
            other.key != service.key && other.environment.iter().any(|(_, one)| one.variable.key == key)
        })
    };
    let mut found = Vec::new();
    for row in rows {
        for (name, read) in &row.names {
            let Some(effective) = service.environment.get(name).filter(|one| one.layer == Layer::Environment)
            else {
                continue;
            };
            let (key, value) = (effective.variable.key, effective.value().map(Text::assumed));
            let same = row.default.get(name).is_some_and(|default| value.as_deref() == Some(default));
            let file = |name: &String| set(&format!("{name}_FILE"));
            let otherwise = set(read) || file(read) || row.unless.iter().any(set);
            let taken =
                texts.iter().any(|text| text.contains(name.as_str())) || mounted && scripted(service, name);
            if value.is_some_and(|value| !value.is_empty())
                && !same
                && !otherwise
                && !taken
                && !key.is_none()
                && !shared(key)
            {
                found.push(Renamed { name: name.clone(), key, read });
            }
        }
    }
    found
}

/// Whether a file of the container may read the variable: a script of the first start, a template, what is not looked into.
fn scripted(service: &ServiceFacts<'_>, name: &str) -> bool {
    let modules = service.program.modules.iter();
    let init = service.image.map_or(&[][..], |image| &image.init);
    let starts = service.program.files.layers().iter().any(|layer| {
        init.iter().any(|folder| layer.target.starts_with(folder))
            || layer.target.extension().is_some_and(|end| end == "sh")
    });
    starts || modules.flat_map(|module| &module.reads).any(|read| read.name.value == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let rows: Vec<Row> = serde_yaml::from_str(TABLE).unwrap();
        for row in &rows {
            assert!(!row.images.is_empty() && !row.names.is_empty());
            for name in row.default.keys() {
                assert!(row.names.contains_key(name), "{name}");
            }
            for (name, read) in &row.names {
                assert!(!row.names.contains_key(read), "{name}");
            }
        }
    }
}
