//! What the code of a program says that the language of its image does not have: it is of a newer version, or an older one.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{Program, python};
use crate::programs::python::syntax;
use crate::programs::versions::range::Version;
use crate::programs::versions::{Language, Written, WrongVersion, images};
use crate::source::{Span, Spanned};

const TABLE: &str = include_str!("../../../rules/data/arrived.yaml");

/// Tools that bring a Python of their own.
const BRING: [&str; 9] = ["uv", "uvx", "conda", "mamba", "micromamba", "pixi", "rye", "pyenv", "hatch"];

/// Names of the language's own library that came with a version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    since: String,
    names: Vec<String>,
}

fn table() -> &'static [Row] {
    static ALL: OnceLock<Vec<Row>> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What the program's modules say and the Python of its image does not have: of all such the one that asks for most.
pub(super) fn of(program: &Program<'_>) -> Option<WrongVersion> {
    all(program).into_iter().reduce(|most, other| {
        let asks = |wrong: &WrongVersion| Version::at_start_of(&wrong.asked).map(Version::first);
        if asks(&other) > asks(&most) { other } else { most }
    })
}

/// The first such thing that each module says.
fn all(program: &Program<'_>) -> Vec<WrongVersion> {
    let image = program.image.base.as_ref();
    let Some((image, has)) = image.and_then(|image| Some((image, images::of_python(&image.value)?))) else {
        return Vec::new();
    };
    let Some(minor) = has.minor else { return Vec::new() };
    let brings = |name: &str| BRING.contains(&name);
    if program.builds.iter().any(|(launch, _)| brings(launch.name()))
        || program.started.calls.iter().any(|call| brings(call.launch.name()))
    {
        return Vec::new();
    }
    let arrived: Vec<(&Row, Version)> = table()
        .iter()
        .filter_map(|row| Some((row, Version::at_start_of(&row.since)?)))
        .filter(|(_, since)| has.is_before(*since))
        .collect();
    let mut out: Vec<WrongVersion> = Vec::new();
    python::walk_all(program, |index, straight| {
        let Some((_, source)) = program.scope.get(index) else { return };
        let mut add = |what: &str, asked: String, says: String, at: Span, before: bool| {
            out.push(WrongVersion {
                language: Language::Python,
                asked,
                has: has.to_string(),
                image: image.clone(),
                manifest: at,
                path: source.path.clone(),
                tool: "python".to_string(),
                says,
                at: Span::NONE,
                instead: None,
                newest: false,
                written: Some(Written { what: what.to_string(), before }),
            });
        };
        let Ok(file) = program.machine.sources.load(&source.path) else { return };
        let found = syntax::of(&file).into_iter().find(|(feature, _)| !feature.is_of(has.major, minor));
        if let Some((feature, at)) = found {
            let (major, minor) = feature.since;
            let before = feature.of_two && major > 3;
            let asked = if before { "2".to_string() } else { format!("{major}.{minor}") };
            return add(feature.name, asked, feature.says.to_string(), at, before);
        }
        let is = |known: &str, name: &str| {
            name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let named = straight.imports.iter().chain(&straight.touched).find_map(|name| {
            let (row, _) =
                arrived.iter().find(|(row, _)| row.names.iter().any(|known| is(known, &name.value)))?;
            program.scope.resolve(index, &name.value).is_none().then_some((name, *row))
        });
        if let Some((Spanned { value: name, span }, row)) = named {
            let says = match name.rsplit_once('.').filter(|_| !row.names.contains(&top(name))) {
                Some((module, last)) => format!("cannot import name '{last}' from '{module}'"),
                None => format!("ModuleNotFoundError: No module named '{name}'"),
            };
            add(&format!("`{name}`"), row.since.clone(), says, *span, false);
        }
    });
    out
}

/// The first part of a dotted name.
fn top(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Vec<Row> = serde_yaml::from_str(TABLE).unwrap();
        assert!(table.len() > 5);
        for row in &table {
            assert!(Version::at_start_of(&row.since).is_some_and(|it| it.minor.is_some()), "{}", row.since);
            assert!(!row.names.is_empty());
        }
    }
}
