//! What `config` leaves out: services that do not run, and resources that no service uses.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::super::ConfigOptions;

pub(super) fn prune(
    mut model: Map<String, Json>,
    name: &str,
    (services, jobs): (&IndexMap<String, bool>, &IndexMap<String, bool>),
    asked: &ConfigOptions,
) -> Json {
    for (section, active) in [("services", services), ("jobs", jobs)] {
        if let Some(Json::Object(entries)) = model.get_mut(section) {
            entries.retain(|name, _| active.get(name).copied().unwrap_or(true));
        }
    }
    if !asked.all_resources {
        let used = used(&model);
        for (section, names) in &used {
            if let Some(Json::Object(resources)) = model.get_mut(*section) {
                resources.retain(|name, _| names.contains(name));
            }
        }
    }
    model.insert("name".to_string(), Json::String(name.to_string()));
    let blank = |json: &Json| json.as_object().is_some_and(Map::is_empty);
    model.retain(|section, json| section == "services" || section.starts_with("x-") || !blank(json));
    model.entry("services").or_insert_with(|| Json::Object(Map::new()));
    if !asked.yaml {
        // The top-level models are not printed as JSON.
        model.shift_remove("models");
    }
    Json::Object(model)
}

/// The names of the resources that services use, by section. What only jobs use is left out, too.
fn used(model: &Map<String, Json>) -> HashMap<&'static str, HashSet<String>> {
    let sections = ["networks", "volumes", "secrets", "configs", "models"];
    let mut used: HashMap<&'static str, HashSet<String>> =
        sections.into_iter().map(|section| (section, HashSet::new())).collect();
    let mut add = |section: &'static str, name: Option<&str>| {
        if let (Some(names), Some(name)) = (used.get_mut(section), name) {
            names.insert(name.to_string());
        }
    };
    for service in members(model.get("services")) {
        let hooks = service.get("pre_start").and_then(Json::as_array).into_iter().flatten();
        for container in std::iter::once(service).chain(hooks) {
            let own = container.get("networks");
            for name in own.and_then(Json::as_object).into_iter().flat_map(Map::keys) {
                add("networks", Some(name));
            }
            for mount in items(container, "volumes") {
                if mount.get("type").and_then(Json::as_str) == Some("volume") {
                    add("volumes", mount.get("source").and_then(Json::as_str));
                }
            }
            for name in container.get("models").and_then(Json::as_object).into_iter().flat_map(Map::keys) {
                add("models", Some(name));
            }
            for section in ["secrets", "configs"] {
                for reference in items(container, section) {
                    add(section, reference.get("source").and_then(Json::as_str));
                }
            }
        }
        if let Some(build) = service.get("build") {
            for reference in items(build, "secrets") {
                add("secrets", reference.get("source").and_then(Json::as_str));
            }
        }
    }
    used
}

fn members(section: Option<&Json>) -> impl Iterator<Item = &Json> {
    section.and_then(Json::as_object).into_iter().flat_map(Map::values)
}

fn items<'a>(value: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    value.get(key).and_then(Json::as_array).into_iter().flatten()
}
