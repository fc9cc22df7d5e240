//! A service.

use std::collections::BTreeSet;

use super::super::{Located, Member, Service, Value};
use super::{Input, boolean_at, key_span, string_at, text_at};
use super::{build, command, environment, health, network, ports, relations, volumes};
use crate::finding::Problem;
use crate::source::Spanned;

pub(super) fn decode(name: &str, member: &Member, input: &Input, problems: &mut Vec<Problem>) -> Service {
    let value = &member.value;
    let environment = environment::decode(value, input);
    let mut labels = environment::labels(value, &environment, input, problems, name);
    labels.extend(build::labels(value.get("labels")));
    Service {
        name: Spanned::new(name.to_string(), member.key),
        origin: value.origin.clone(),
        active: super::is_active(value, input.profiles),
        profiles: super::strings(value.get("profiles")),
        image: text_at(value, "image"),
        build: value.get("build").and_then(|value| build::decode(value, input)),
        command: value.get("command").and_then(|value| command::decode(value, problems, name)),
        entrypoint: value.get("entrypoint").and_then(|value| command::decode(value, problems, name)),
        env_files: environment::files(value, &environment, input, problems, name),
        overlaid: BTreeSet::new(),
        environment,
        ports: ports::decode(value),
        expose: ports::exposed(value),
        networks: network::attachments(value),
        network_mode: network::mode(value),
        depends_on: relations::dependencies(value),
        depends_on_key: key_span(value, "depends_on"),
        healthcheck: health::decode(value),
        volumes: volumes::decode(value, input),
        links: relations::links(value),
        external_links: super::strings(value.get("external_links")),
        extra_hosts: network::extra_hosts(value),
        container_name: text_at(value, "container_name"),
        hostname: text_at(value, "hostname"),
        domainname: text_at(value, "domainname"),
        init: flag(value, "init"),
        interactive: flag(value, "tty") || flag(value, "stdin_open"),
        pull_policy: text_at(value, "pull_policy"),
        restart: text_at(value, "restart"),
        restart_condition: restart_condition(value),
        replicas: replicas(value),
        working_dir: text_at(value, "working_dir"),
        user: text_at(value, "user"),
        labels,
        secrets: volumes::references(value, "secrets"),
        configs: volumes::references(value, "configs"),
        provider: value.get("provider").map(Value::span),
        platform: text_at(value, "platform"),
    }
}

/// `deploy.restart_policy.condition`
fn restart_condition(value: &Value) -> Option<Located<String>> {
    let policy = value.get("deploy")?.get("restart_policy").filter(|policy| policy.as_map().is_some())?;
    Some(string_at(policy, "condition").unwrap_or_else(|| Located::new(String::new(), policy.origin.clone())))
}

/// `deploy.replicas`, else `scale`.
fn replicas(value: &Value) -> Option<Located<i64>> {
    let replicas = value.get("deploy").and_then(|deploy| deploy.get("replicas"));
    let replicas = replicas.filter(|it| !it.is_null()).or_else(|| value.get("scale"))?;
    Some(Located::new(super::integer(replicas)?, replicas.origin.clone()))
}

/// A flag of a mapping that is off unless it is written.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    boolean_at(value, key).unwrap_or(false)
}

/// A word of a mapping without its place.
pub(super) fn word(value: &Value, key: &str) -> Option<String> {
    string_at(value, key).map(|located| located.value)
}
