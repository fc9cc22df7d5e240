//! The resolved model: what `docker compose config --format json` prints, made from the canonical
//! tree.

mod hosts;
mod kind;
mod print;
mod prune;
mod sorting;
mod tables;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::{ConfigOptions, Value};
use crate::finding::Problem;
use print::Printer;
pub(super) use sorting::by_name;

/// The whole project as Compose holds it, before anything is left out. Services that do not run
/// are in it.
pub(super) fn model(tree: &Value, yaml: bool, problems: &mut Vec<Problem>) -> Map<String, Json> {
    let mut model = Map::new();
    for (name, member) in tree.members() {
        let value = &member.value;
        let json = match name.as_str() {
            "name" | "version" | "include" => None,
            "services" | "jobs" => Some(services(value, yaml, problems, name == "services")),
            "networks" => Some(section(value, tables::NETWORK, yaml, problems)),
            "volumes" => Some(section(value, tables::VOLUME, yaml, problems)),
            "secrets" | "configs" => Some(section(value, tables::FILE_OBJECT, yaml, problems)),
            "models" => Some(section(value, tables::TOP_MODEL, yaml, problems)),
            _ if name.starts_with("x-") => Some(plain(value, yaml)),
            _ => None,
        };
        if let Some(json) = json {
            model.insert(name.clone(), json);
        }
    }
    model
}

/// The tree as it is written, in which references still stand.
pub(super) fn verbatim(tree: &Value, name: &str, yaml: bool) -> Json {
    let sections = tree.members().filter(|(section, _)| !matches!(section.as_str(), "version" | "include"));
    let mut model: Map<String, Json> =
        sections.map(|(section, member)| (section.clone(), plain(&member.value, yaml))).collect();
    model.insert("name".to_string(), Json::String(name.to_string()));
    by_name(model, yaml)
}

/// What `config` leaves in: services that run, and what they use.
pub(super) fn pruned(
    model: Map<String, Json>,
    name: &str,
    (services, jobs): (&IndexMap<String, bool>, &IndexMap<String, bool>),
    asked: &ConfigOptions,
) -> Json {
    prune::prune(model, name, (services, jobs), asked)
}

fn services(value: &Value, yaml: bool, problems: &mut Vec<Problem>, named: bool) -> Json {
    let mut services = Map::new();
    for (name, member) in value.members() {
        let mut printer = Printer { service: named.then_some(name), yaml, problems };
        let mut container = printer.object(&member.value, tables::CONTAINER);
        if yaml && !named {
            // Compose prints the name of a job, but not that of a service.
            container.shift_insert(0, "name".to_string(), Json::String(name.clone()));
        }
        services.insert(name.clone(), Json::Object(container));
    }
    by_name(services, yaml)
}

fn section(value: &Value, fields: &[kind::Field], yaml: bool, problems: &mut Vec<Problem>) -> Json {
    let mut printed = Map::new();
    for (name, member) in value.members() {
        let mut printer = Printer { service: None, yaml, problems };
        printed.insert(name.clone(), Json::Object(printer.object(&member.value, fields)));
    }
    by_name(printed, yaml)
}

/// Brings the attributes of a service into the order of the tables.
pub(super) fn arrange(service: &mut Map<String, Json>) {
    let mut left = std::mem::take(service);
    for (name, _) in tables::CONTAINER {
        if let Some(json) = left.shift_remove(*name) {
            service.insert((*name).to_string(), json);
        }
    }
    service.append(&mut left);
}

/// A time as JSON has it: `2020-01-01T00:00:00Z` for Go's `2020-01-01 00:00:00 +0000 UTC`.
fn rfc3339(text: &str) -> String {
    let mut parts = text.split(' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(date), Some(time), Some("+0000")) => format!("{date}T{time}Z"),
        (Some(date), Some(time), Some(zone)) => {
            let (hours, minutes) = zone.split_at_checked(3).unwrap_or((zone, "00"));
            format!("{date}T{time}{hours}:{minutes}")
        }
        _ => text.to_string(),
    }
}

/// A number as Go prints it: whole ones without a point.
pub(super) fn float(number: f64) -> Option<Json> {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        #[allow(clippy::cast_possible_truncation)]
        return Some(Json::from(number as i64));
    }
    serde_json::Number::from_f64(number).map(Json::Number)
}

/// Stands before a date in a model for YAML, which JSON has no value for: it is written without quotes.
pub const DATE: char = '\u{0}';

/// An extension, as it is.
pub(super) fn plain(value: &Value, yaml: bool) -> Json {
    use super::Data;
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(it) => Json::Bool(*it),
        Data::Int(number) => Json::from(*number),
        Data::Float(number) => float(*number).unwrap_or(Json::Null),
        Data::Timestamp(text) if yaml => Json::String(format!("{DATE}{}", rfc3339(text))),
        Data::Timestamp(text) => Json::String(rfc3339(text)),
        Data::String(text) => Json::String(text.assumed()),
        Data::List(items) => Json::Array(items.iter().map(|item| plain(item, yaml)).collect()),
        Data::Map(map) => {
            by_name(map.iter().map(|(key, member)| (key.clone(), plain(&member.value, yaml))).collect(), yaml)
        }
    }
}
