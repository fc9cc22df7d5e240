//! The environment and the labels of each service as `config` prints them: what files set, under
//! what the service itself says.

use serde_json::{Map, Value as Json};

use super::model::by_name;
use super::{Project, Service};
use crate::source::Text;

/// Puts the resolved environment and labels into the services of a model, and takes their env files
/// out.
pub(super) fn fill(model: &mut Map<String, Json>, project: &Project, yaml: bool) {
    let Some(Json::Object(services)) = model.get_mut("services") else { return };
    for (name, json) in services {
        let (Json::Object(json), Some(service)) = (json, project.services.get(name)) else { continue };
        json.shift_remove("env_file");
        let variables = variables(service);
        if variables.is_empty() {
            json.shift_remove("environment");
        } else {
            put(json, "environment", by_name(variables, yaml));
        }
        if json.contains_key("label_file") && !service.labels.is_empty() {
            let labels = service.labels.iter();
            let labels = labels.map(|(name, text)| (name.clone(), Json::String(text.assumed())));
            put(json, "labels", by_name(labels.collect(), yaml));
        }
    }
}

/// Sets an attribute, at its place where it is new.
fn put(service: &mut Map<String, Json>, attribute: &str, json: Json) {
    if service.insert(attribute.to_string(), json).is_none() {
        super::model::arrange(service);
    }
}

fn variables(service: &Service) -> Map<String, Json> {
    let text = |text: &Option<Text>| text.as_ref().map_or(Json::Null, |text| Json::String(text.assumed()));
    let mut variables = Map::new();
    for (name, variable) in service.env_files.iter().flat_map(|file| &file.variables) {
        variables.insert(name.clone(), text(&variable.value));
    }
    for (name, variable) in &service.environment.variables {
        variables.insert(name.clone(), text(&variable.value));
    }
    variables
}
