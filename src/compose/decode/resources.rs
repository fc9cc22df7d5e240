//! Top-level networks, volumes, secrets and configs.

use super::super::{FileObject, Located, Member, Network, Project, Value, Volume};
use super::service::{flag, word};
use super::{Input, text_at};
use crate::source::{Span, Spanned};

pub(super) fn decode(tree: &Value, input: &Input, project: &mut Project) {
    for (name, member) in section(tree, "networks") {
        let network = network(name, member, &project.name);
        project.networks.insert(name.clone(), network);
    }
    let on_default = |service: &super::super::Service| {
        service.networks.iter().any(|attachment| *attachment.network == "default")
    };
    if !project.networks.contains_key("default") && project.services.values().any(on_default) {
        let default = Network {
            name: Spanned::new("default".to_string(), Span::NONE),
            real_name: format!("{}_default", project.name),
            ..Network::default()
        };
        project.networks.insert("default".to_string(), default);
    }
    for (name, member) in section(tree, "volumes") {
        let volume = volume(name, member, &project.name);
        project.volumes.insert(name.clone(), volume);
    }
    for (name, member) in section(tree, "secrets") {
        project.secrets.insert(name.clone(), object(name, member, input));
    }
    for (name, member) in section(tree, "configs") {
        project.configs.insert(name.clone(), object(name, member, input));
    }
}

fn section<'a>(tree: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Member)> {
    tree.get(key).into_iter().flat_map(Value::members)
}

/// The name outside the project: `name`, else the key, with the project's name before it unless
/// the resource is external.
fn real_name(key: &str, value: &Value, project: &str) -> String {
    let written = word(value, "name").filter(|name| !name.is_empty());
    written
        .unwrap_or_else(|| if flag(value, "external") { key.to_string() } else { format!("{project}_{key}") })
}

fn network(name: &str, member: &Member, project: &str) -> Network {
    let value = &member.value;
    Network {
        name: Spanned::new(name.to_string(), member.key),
        external: flag(value, "external"),
        real_name: real_name(name, value, project),
        joined: false,
        internal: flag(value, "internal"),
        ipam: value.get("ipam").is_some(),
        driver: word(value, "driver"),
    }
}

fn volume(name: &str, member: &Member, project: &str) -> Volume {
    let value = &member.value;
    Volume {
        name: Spanned::new(name.to_string(), member.key),
        external: flag(value, "external"),
        real_name: real_name(name, value, project),
        driver: word(value, "driver"),
        options: value.get("driver_opts").is_some(),
    }
}

fn object(name: &str, member: &Member, input: &Input) -> FileObject {
    let value = &member.value;
    let file = value.get("file").and_then(|file| {
        let path = input.places.absolute(&file.printed()?, file);
        Some(Located::new(path, file.origin.clone()))
    });
    FileObject {
        name: Spanned::new(name.to_string(), member.key),
        file,
        environment: super::string_at(value, "environment"),
        content: text_at(value, "content"),
        external: flag(value, "external"),
    }
}
