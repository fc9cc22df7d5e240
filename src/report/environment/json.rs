//! Environments for programs; docs/json.md describes them.

use std::io::{self, Write};

use serde::Serialize;

use super::{Fallback, Given, Place, Sheet, Source, Value, Variable};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    projects: Vec<Project<'a>>,
}

#[derive(Serialize)]
struct Project<'a> {
    name: &'a str,
    files: &'a [String],
    services: Vec<Service<'a>>,
}

#[derive(Serialize)]
struct Service<'a> {
    name: &'a str,
    active: bool,
    variables: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    name: &'a str,
    state: &'static str,
    value: Option<&'a str>,
    masked: bool,
    source: Option<From<'a>>,
    references: Vec<Part<'a>>,
    overrides: Vec<From<'a>>,
    readers: Vec<ReadItem<'a>>,
}

#[derive(Serialize)]
struct From<'a> {
    layer: &'static str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
}

#[derive(Serialize)]
struct Part<'a> {
    name: &'a str,
    given_by: &'static str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
}

#[derive(Serialize)]
struct ReadItem<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    fallback: &'static str,
    default: Option<&'a str>,
    used: bool,
    also: &'a [String],
}

pub fn write(sheets: &[Sheet], out: &mut dyn Write) -> io::Result<()> {
    let projects = sheets.iter().map(|sheet| {
        let services = sheet.services.iter().map(|service| Service {
            name: &service.name,
            active: service.active,
            variables: service.variables.iter().map(item).collect(),
        });
        Project { name: &sheet.project, files: &sheet.files, services: services.collect() }
    });
    let document = Document { version: crate::report::json::VERSION, projects: projects.collect() };
    let text = serde_json::to_string_pretty(&document)?;
    writeln!(out, "{}", crate::report::json::escaped(&text))
}

fn item(variable: &Variable) -> Item<'_> {
    let (state, value, masked) = match &variable.value {
        Value::Set(value, masked) => ("set", Some(value.as_str()), *masked),
        Value::Runtime => ("runtime", None, false),
        Value::Unset => ("unset", None, false),
    };
    let readers = variable.readers.iter().map(|reader| {
        let (fallback, default) = match &reader.fallback {
            Fallback::Required => ("required", None),
            Fallback::Default(default) => ("default", Some(default.as_str())),
            Fallback::Computed => ("computed", None),
            Fallback::Nothing => ("none", None),
        };
        let Place { file, line, column, .. } = &reader.place;
        ReadItem {
            file,
            line: *line,
            column: *column,
            fallback,
            default,
            used: reader.used,
            also: &reader.also,
        }
    });
    let references = variable.references.iter().map(|reference| {
        let (given_by, place) = match &reference.given {
            Given::Host => ("host", None),
            Given::File(place) => ("file", Some(place)),
            Given::Default => ("default", None),
        };
        let (file, line, column) = at(place);
        Part { name: &reference.name, given_by, file, line, column }
    });
    Item {
        name: &variable.name,
        state,
        value,
        masked,
        source: variable.source.as_ref().map(from),
        references: references.collect(),
        overrides: variable.overrides.iter().map(from).collect(),
        readers: readers.collect(),
    }
}

fn from(source: &Source) -> From<'_> {
    let (file, line, column) = at(source.place.as_ref());
    From { layer: source.layer, file, line, column }
}

fn at(place: Option<&Place>) -> (Option<&str>, Option<usize>, Option<usize>) {
    (place.map(|place| place.file.as_str()), place.map(|place| place.line), place.map(|place| place.column))
}
