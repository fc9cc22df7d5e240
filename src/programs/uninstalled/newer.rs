//! What the code of a program says that the language of its image does not have: it is of a newer version, or an older one.

use std::sync::OnceLock;

use serde::Deserialize;

use super::outgrown::said;
use super::{Program, python};
use crate::programs::entry::Launch;
use crate::programs::has_extension;
use crate::programs::python::syntax;
use crate::programs::versions::range::Version;
use crate::programs::versions::{Language, Written, WrongVersion, images};
use crate::source::{Span, Spanned};

const TABLE: &str = include_str!("../../../rules/data/arrived.yaml");

/// Tools that bring a Python of their own.
const BRING: [&str; 9] = ["uv", "uvx", "conda", "mamba", "micromamba", "pixi", "rye", "pyenv", "hatch"];

/// Names of Python's own library that came with a version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    since: String,
    names: Vec<String>,
}

/// What Node.js has from a version on, or up to one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Worded {
    since: Option<String>,
    until: Option<String>,
    words: Vec<String>,
    unless: Vec<String>,
    what: String,
    late: bool,
    says: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    python: Vec<Named>,
    node: Vec<Worded>,
}

fn table() -> &'static Table {
    static ALL: OnceLock<Table> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// What the program's modules say and the language of its image does not have: of all such the one that asks for most.
pub(super) fn of(program: &Program<'_>) -> Option<WrongVersion> {
    let all = if is_plain_node(program) { of_node(program) } else { of_python(program) };
    all.into_iter().reduce(|most, other| {
        let asks = |wrong: &WrongVersion| {
            let early = wrong.written.as_ref().is_some_and(|written| !written.late);
            (early, Version::at_start_of(&wrong.asked).map(Version::first))
        };
        if asks(&other) > asks(&most) { other } else { most }
    })
}

/// Whether Node.js runs the program's files as they are.
fn is_plain_node(program: &Program<'_>) -> bool {
    let calls = || program.started.calls.iter().map(|call| &call.launch);
    let plain = |launch: &Launch| {
        let others = ["babel", "ts-node", "tsx", "esbuild", "swc", "-r", "--require", "--import", "--loader"];
        let told = launch.words.iter().any(|word| others.iter().any(|other| word.contains(other)));
        matches!(launch.name(), "node" | "nodemon" | "pm2-runtime") && !told
    };
    calls().any(plain) && calls().filter(|launch| launch.name() == "node").all(plain)
}

fn of_node(program: &Program<'_>) -> Vec<WrongVersion> {
    let image = program.image.base.as_ref();
    let has = image.and_then(|image| images::version(&image.value));
    let (Some(image), Some((Language::Node, has))) = (image, has) else { return Vec::new() };
    let bound = |text: &Option<String>| text.as_deref().and_then(Version::at_start_of);
    let lacks = |row: &&Worded| {
        bound(&row.since).is_some_and(|since| has.is_before(since))
            || bound(&row.until).is_some_and(|until| until.first() <= has.first())
    };
    let rows: Vec<&Worded> = table().node.iter().filter(lacks).collect();
    let mut out = Vec::new();
    for (_, source) in program.loaded.iter().filter_map(|index| program.scope.get(*index)) {
        let plain = has_extension(&source.path, &["js", "mjs", "cjs"]);
        // What is loaded may be for browsers as well.
        let of_browsers =
            |text: &str| ["document.", "window.", "React"].iter().any(|word| text.contains(word));
        let says = |row: &Worded, text: &str| {
            row.words.iter().any(|word| text.contains(word.as_str()))
                && !row.unless.iter().any(|word| text.contains(word.as_str()))
        };
        if !plain || !source.glance(|text| !of_browsers(text) && rows.iter().any(|row| says(row, text))) {
            continue;
        }
        let Ok(file) = program.machine.sources.load(&source.path) else { continue };
        for row in rows.iter().filter(|row| says(row, &file.text)) {
            let found = row.words.iter().find_map(|word| Some((said(&file.text, word)?, word)));
            let Some((at, word)) = found else { continue };
            let written = Written { what: row.what.clone(), before: row.until.is_some(), late: row.late };
            out.push(WrongVersion {
                language: Language::Node,
                asked: row.since.clone().or(row.until.clone()).unwrap_or_default(),
                has: has.to_string(),
                image: image.clone(),
                manifest: file.slice(at, at + word.len()),
                path: source.path.clone(),
                tool: "node".to_string(),
                says: row.says.clone(),
                at: Span::NONE,
                instead: None,
                newest: false,
                written: Some(written),
            });
        }
    }
    out
}

/// The first such thing that each module in Python says.
fn of_python(program: &Program<'_>) -> Vec<WrongVersion> {
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
    let arrived: Vec<(&Named, Version)> = table()
        .python
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
                written: Some(Written { what: what.to_string(), before, late: false }),
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
        let table: Table = serde_yaml::from_str(TABLE).unwrap();
        assert!(table.python.len() > 5 && table.node.len() > 5);
        for row in &table.node {
            assert!(row.since.is_some() != row.until.is_some() && !row.words.is_empty(), "{}", row.what);
        }
        for row in &table.python {
            assert!(Version::at_start_of(&row.since).is_some_and(|it| it.minor.is_some()), "{}", row.since);
            assert!(!row.names.is_empty());
        }
    }
}
