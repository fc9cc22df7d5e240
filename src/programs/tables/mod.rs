//! Tables that programs ask a database for and that nothing of their repository makes: `rules/data/tables.yaml`, typed.

mod told;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use serde::Deserialize;

use super::first_scripts::DIRECTORY;
use super::{Program, has_extension, products, repository};
use crate::compose::{ImageReference, Project, Service};
use crate::source::{SourceMap, Span};
pub use told::By;

const TABLE: &str = include_str!("../../../rules/data/tables.yaml");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    servers: Vec<String>,
    always: Vec<String>,
    tools: Vec<Tool>,
}

/// What maps a program's objects to tables.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tool {
    /// Its name; blank where programs write SQL themselves.
    #[serde(rename = "tool")]
    pub name: String,
    code: Vec<String>,
    signs: Vec<String>,
    makes: Vec<String>,
    but: Vec<String>,
    /// What makes the tables.
    pub step: String,
}

/// What a program needs tables for, where nothing makes them.
#[derive(Clone, Debug)]
pub struct Tableless {
    /// What it maps objects to tables with.
    pub tool: &'static Tool,
    /// Where that is seen.
    pub at: Span,
    /// What would make them, if anything called it.
    pub by: Option<By>,
    /// Whether a note of the repository says how the project is started, and so would say what else is to be done.
    pub described: bool,
}

/// What repositories say of a tool's tables, looked for once.
#[derive(Default)]
pub(super) struct Told {
    known: Mutex<HashMap<(PathBuf, &'static str), Arc<told::Told>>>,
}

fn table() -> &'static Table {
    static ALL: OnceLock<Table> = OnceLock::new();
    ALL.get_or_init(|| serde_yaml::from_str(TABLE).unwrap_or_default())
}

/// Notes the databases of a project that are empty when they first start, and what needs tables that nothing makes.
pub(super) fn look(
    sources: &SourceMap,
    memory: &Told,
    project: &Project,
    programs: &mut IndexMap<String, Program>,
) {
    let mut empty = false;
    for (service, program) in project.services.values().zip(programs.values_mut()) {
        program.starts_empty = starts_empty(sources, service, program);
        empty |= program.starts_empty;
    }
    if empty {
        for (service, program) in project.services.values().zip(programs.values_mut()) {
            program.tableless = of(sources, memory, project, service, program);
        }
    }
}

/// Whether a service is a database that is empty when it first starts.
fn starts_empty(sources: &SourceMap, service: &Service, program: &Program) -> bool {
    let image = service.image.as_ref().filter(|_| service.build.is_none());
    let image = image.and_then(|image| image.complete());
    let known = |image: String| {
        ImageReference::parse(&image).is_some_and(|image| table().servers.iter().any(|it| it == image.path))
    };
    let first = |target: &Path| target.starts_with(DIRECTORY) || Path::new(DIRECTORY).starts_with(target);
    // Data that lies on this machine has tables.
    let filled = |path: &PathBuf| !sources.list(path).is_empty();
    image.is_some_and(known)
        && service.command.is_none()
        && service.entrypoint.is_none()
        && !program.files.layers().iter().any(|layer| first(&layer.target))
        && !service
            .volumes
            .iter()
            .any(|mount| first(Path::new(&mount.target)) || mount.path.as_ref().is_some_and(filled))
}

/// The tables that a program needs and that nothing of its repository makes.
fn of(
    sources: &SourceMap,
    memory: &Told,
    project: &Project,
    service: &Service,
    program: &Program,
) -> Option<Tableless> {
    let build = service.build.as_ref().filter(|_| !program.image.assumed)?;
    let plain = program.image.base.as_ref().is_some_and(|base| products::is_plain(&base.value));
    let context = build.directory.as_ref().filter(|_| plain)?;
    let (tool, at) = used(program)?;
    let root = repository::root_of(project, context)?;
    let key = (root, tool.name.as_str());
    let known = memory.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    let told = known.unwrap_or_else(|| {
        let told = Arc::new(told::of(sources, &key.0, &table().always, tool));
        memory.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, told.clone());
        told
    });
    match told.as_ref() {
        told::Told::Made => None,
        told::Told::Not { by, described } => {
            Some(Tableless { tool, at, by: by.clone(), described: *described })
        }
    }
}

/// The tool by which a program asks for tables, with the first place that shows it.
fn used(program: &Program) -> Option<(&'static Tool, Span)> {
    let loaded: Vec<_> = program
        .loaded
        .iter()
        .filter_map(|index| program.scope.get(*index))
        .map(|(_, source)| source)
        .collect();
    table().tools.iter().find_map(|tool| {
        let endings: Vec<&str> = tool.code.iter().map(String::as_str).collect();
        let written = loaded.iter().filter(|source| has_extension(&source.path, &endings));
        let shown =
            |text: &str| tool.signs.iter().find_map(|sign| Some((text.find(sign.as_str())?, sign.len())));
        let mut written = written.filter(|source| source.glance(|text| shown(text).is_some()));
        let file = written.next()?.file();
        let (from, length) = shown(&file.text)?;
        Some((tool, file.slice(from, from + length)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Table = serde_yaml::from_str(TABLE).unwrap();
        assert!(table.tools.len() > 15 && table.tools.iter().all(|tool| !tool.signs.is_empty()));
        let last = table.tools.last().unwrap();
        assert!(last.name.is_empty() && last.step.is_empty());
    }
}
