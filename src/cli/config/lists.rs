//! The lists that `config` prints instead of the model, one name a line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use crate::compose::{Project, Referenced};

/// The sections of a model in the order that Compose prints them in; extensions follow.
const SECTIONS: [&str; 8] =
    ["name", "services", "jobs", "networks", "volumes", "secrets", "configs", "models"];

/// The model with its sections in the order of YAML.
pub fn in_sections(model: &Json) -> Json {
    let Json::Object(members) = model else { return model.clone() };
    let place = |name: &str| SECTIONS.iter().position(|it| *it == name).unwrap_or(SECTIONS.len());
    let mut names: Vec<&String> = members.keys().collect();
    names.sort_by_key(|name| (place(name), name.as_str()));
    let in_order = names.into_iter().filter_map(|name| Some((name.clone(), members.get(name)?.clone())));
    Json::Object(in_order.collect())
}

/// The model with its sections in the order of JSON, which is that of their names.
pub fn by_name(model: &Json) -> Json {
    let mut model = model.clone();
    if let Json::Object(members) = &mut model {
        members.sort_keys();
    }
    model
}

fn section<'a>(model: &'a Json, name: &str) -> Option<&'a Map<String, Json>> {
    model.get(name).and_then(Json::as_object)
}

fn lines<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().fold(String::new(), |text, name| text + name.as_ref() + "\n")
}

/// The names in a section, sorted.
pub fn names(model: &Json, name: &str) -> String {
    lines(section(model, name).into_iter().flat_map(Map::keys).collect::<BTreeSet<_>>())
}

/// The names of the services, each after those that it depends on.
pub fn services(model: &Json) -> String {
    lines(in_order(model))
}

fn in_order(model: &Json) -> Vec<&str> {
    let Some(services) = section(model, "services") else { return Vec::new() };
    let needed = |name: &str| -> BTreeSet<&str> {
        let depends_on = services.get(name).and_then(|service| section(service, "depends_on"));
        depends_on.into_iter().flat_map(Map::keys).map(String::as_str).collect()
    };
    let mut left: BTreeSet<&str> = services.keys().map(String::as_str).collect();
    let mut done = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let ready: Vec<&str> = left.iter().copied().filter(|name| needed(name).is_disjoint(&left)).collect();
        // In a circle, nobody is first.
        let ready = if ready.is_empty() { left.iter().copied().collect() } else { ready };
        ready.iter().for_each(|name| {
            left.remove(name);
        });
        done.extend(ready);
    }
    done
}

/// The images of the services. One that is built without a name gets its name from the project.
pub fn images(model: &Json, project: &str) -> String {
    let image = |name: &str| {
        let image = model.pointer("/services").and_then(|it| it.get(name)?.get("image")?.as_str());
        image.map_or_else(|| format!("{project}-{name}"), str::to_string)
    };
    lines(in_order(model).into_iter().map(image))
}

/// The profiles of all services, whether or not they run.
pub fn profiles(project: &Project) -> String {
    let profiles = project.services.values().flat_map(|service| &service.profiles);
    lines(profiles.map(|profile| profile.value.as_str()).collect::<BTreeSet<_>>())
}

/// The variables that references see, as `NAME=value`.
pub fn environment(project: &Project) -> String {
    let pairs = project.environment.iter().map(|(name, value)| format!("{name}={}", value.assumed()));
    lines(pairs.collect::<BTreeSet<_>>())
}

/// The variables as a table.
pub fn variables_table(variables: &[Referenced]) -> String {
    let titles = ["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"].map(str::to_string);
    let row = |it: &Referenced| {
        [it.name.clone(), it.required.to_string(), it.default.clone(), it.alternate.clone()]
    };
    let rows: Vec<[String; 4]> = std::iter::once(titles).chain(variables.iter().map(row)).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count() + 3).max().unwrap_or(0).max(20)
    };
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [name, required, default, alternate] in &rows {
        let [first, second, third] = widths;
        let _ = writeln!(text, "{name:first$}{required:second$}{default:third$}{alternate}");
    }
    text
}

/// The variables as JSON, by name.
pub fn variables_json(variables: &[Referenced]) -> String {
    let entry = |it: &Referenced| {
        let value = json!({
            "Name": it.name, "DefaultValue": it.default, "PresenceValue": it.alternate, "Required": it.required,
        });
        (it.name.clone(), value)
    };
    let all = Json::Object(variables.iter().map(entry).collect());
    format!("{all:#}\n")
}
