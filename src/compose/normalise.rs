//! What Compose puts in by itself once a tree is canonical: default networks, names, implied
//! dependencies, defaults of builds, resolved paths and variables.

use indexmap::IndexMap;

use super::canonical::clean_target;
use super::decode::implied;
use super::merge::merge;
use super::paths::Places;
use super::{Data, Member, Value, schema};
use crate::source::{Span, Text};

/// What normalising needs besides the tree.
pub(super) struct Normaliser<'a> {
    /// Against what paths are resolved.
    pub places: &'a Places,
    /// What bare names of variables see.
    pub environment: &'a IndexMap<String, Text>,
    /// The project's name.
    pub name: &'a str,
}

impl Normaliser<'_> {
    /// Gives every build without a context that of its file's directory.
    pub(super) fn build_contexts(&self, tree: &mut Value) {
        for section in ["services", "jobs"] {
            for (_, member) in tree.get_mut(section).into_iter().flat_map(Value::members_mut) {
                if let Some(build) = member.value.get_mut("build") {
                    build.set_default("context", |build| build.implied("."));
                }
            }
        }
    }

    /// Resolves every path of the tree.
    pub(super) fn paths(&self, tree: &mut Value) {
        for section in ["services", "jobs"] {
            for (_, member) in tree.get_mut(section).into_iter().flat_map(Value::members_mut) {
                self.service_paths(&mut member.value);
            }
        }
        for section in ["secrets", "configs"] {
            for (_, member) in tree.get_mut(section).into_iter().flat_map(Value::members_mut) {
                self.path(member.value.get_mut("file"));
            }
        }
        for (_, member) in tree.get_mut("volumes").into_iter().flat_map(Value::members_mut) {
            let options = member.value.get("driver_opts");
            let bind = options.and_then(|options| options.string_at("o")).as_deref() == Some("bind");
            if bind && member.value.string_at("driver").as_deref() == Some("local") {
                self.path(member.value.get_mut("driver_opts").and_then(|options| options.get_mut("device")));
            }
        }
    }

    fn service_paths(&self, service: &mut Value) {
        if let Some(build) = service.get_mut("build") {
            self.context(build.get_mut("context"));
            for (_, member) in build.get_mut("additional_contexts").into_iter().flat_map(Value::members_mut) {
                self.context(Some(&mut member.value));
            }
            for (_, member) in build.get_mut("ssh").into_iter().flat_map(Value::members_mut) {
                self.path(Some(&mut member.value));
            }
        }
        for watch in service
            .get_mut("develop")
            .and_then(|it| it.get_mut("watch"))
            .into_iter()
            .flat_map(Value::items_mut)
        {
            self.path(watch.get_mut("path"));
        }
        self.container_paths(service);
        for hook in service.get_mut("pre_start").into_iter().flat_map(Value::items_mut) {
            self.container_paths(hook);
        }
    }

    fn container_paths(&self, container: &mut Value) {
        for file in container.get_mut("env_file").into_iter().flat_map(Value::items_mut) {
            self.path(file.get_mut("path"));
        }
        for file in container.get_mut("label_file").into_iter().flat_map(Value::items_mut) {
            self.path(Some(file));
        }
        for mount in container.get_mut("volumes").into_iter().flat_map(Value::items_mut) {
            if mount.string_at("type").as_deref() == Some("bind") {
                self.path(mount.get_mut("source"));
            }
        }
    }

    fn path(&self, value: Option<&mut Value>) {
        let Some(value) = value else { return };
        let Some(text) = value.string() else { return };
        let absolute = self.places.absolute(&text, value);
        *value = value.implied(absolute.to_string_lossy());
    }

    fn context(&self, value: Option<&mut Value>) {
        let Some(value) = value else { return };
        let remote = value.string().is_none_or(|text| text.is_empty() || super::paths::is_remote(&text));
        if !remote {
            self.path(Some(value));
        }
    }

    /// Puts in what follows from the rest. Paths are resolved before.
    pub(super) fn normalise(&self, tree: &mut Value) {
        let mut on_default = false;
        for section in ["services", "jobs"] {
            for (_, member) in tree.get_mut(section).into_iter().flat_map(Value::members_mut) {
                on_default |= default_network(&mut member.value);
                if section == "jobs" {
                    self.variables(member.value.get_mut("environment"));
                }
                self.service(&mut member.value);
            }
        }
        if on_default {
            let empty = tree.empty_map();
            tree.set_default("networks", |_| empty);
            if let Some(networks) = tree.get_mut("networks") {
                networks.set_default("default", Value::empty_map);
            }
        }
        for section in ["networks", "volumes", "secrets", "configs"] {
            for (name, member) in tree.get_mut(section).into_iter().flat_map(Value::members_mut) {
                self.resource(name, member);
            }
        }
    }

    fn resource(&self, key: &str, member: &mut Member) {
        let resource = &mut member.value;
        if resource.is_null() {
            *resource = resource.empty_map();
        }
        if resource.get("name").is_none_or(Value::is_null) {
            let external = matches!(resource.get("external").map(|it| &it.data), Some(Data::Bool(true)));
            let name = if external { key.to_string() } else { format!("{}_{key}", self.name) };
            let name = resource.implied(name);
            resource.put("name", name);
        }
    }

    fn service(&self, service: &mut Value) {
        if service.string_at("pull_policy").as_deref() == Some("if_not_present") {
            let policy = service.implied("missing");
            service.put("pull_policy", policy);
        }
        if let Some(build) = service.get_mut("build").filter(|build| build.as_map().is_some()) {
            if build.get("dockerfile_inline").is_none() {
                build.set_default("dockerfile", |build| build.implied("Dockerfile"));
            }
            self.arguments(build.get_mut("args"));
        }
        if let Some(Data::List(servers)) = service.get_mut("dns").map(|dns| &mut dns.data) {
            servers.retain(|server| server.string().as_deref() != Some(""));
        }
        for mount in service.get_mut("volumes").into_iter().flat_map(Value::items_mut) {
            if let Some(target) = mount.get_mut("target")
                && let Some(text) = target.string()
            {
                *target = target.implied(clean_target(&text));
            }
        }
        dependencies(service);
        prepare(service);
    }

    /// Variables without a value take the host's, or stay without one.
    fn variables(&self, variables: Option<&mut Value>) {
        let Some(variables) = variables else { return };
        for (name, member) in variables.members_mut() {
            if let (true, Some(value)) = (member.value.is_null(), self.environment.get(name)) {
                member.value.data = Data::String(value.clone());
            }
        }
        for item in variables.items_mut() {
            if let Data::String(text) = &mut item.data
                && let Some(value) = self.environment.get(&text.assumed())
            {
                text.push(Text::known("=", Default::default()));
                text.push(value.clone());
            }
        }
    }

    /// Arguments without a value take the host's, or are left out.
    fn arguments(&self, args: Option<&mut Value>) {
        let Some(args) = args else { return };
        match &mut args.data {
            Data::Map(map) => {
                for (name, member) in map.iter_mut() {
                    if let (true, Some(value)) = (member.value.is_null(), self.environment.get(name)) {
                        member.value.data = Data::String(value.clone());
                    }
                }
                map.retain(|_, member| !member.value.is_null());
            }
            Data::List(items) => items.retain_mut(|item| {
                let Data::String(text) = &mut item.data else { return true };
                let whole = text.assumed();
                if whole.contains('=') {
                    return true;
                }
                let Some(value) = self.environment.get(&whole) else { return false };
                text.push(Text::known("=", Default::default()));
                text.push(value.clone());
                true
            }),
            _ => {}
        }
    }
}

/// Puts a service without networks on `default`. Says whether it is on it.
fn default_network(service: &mut Value) -> bool {
    if ["provider", "network_mode"].iter().any(|key| service.get(key).is_some()) {
        return false;
    }
    let empty = |networks: &Value| networks.is_null() || networks.as_map().is_some_and(IndexMap::is_empty);
    if service.get("networks").is_none_or(empty) {
        let mut networks = service.empty_map();
        let nothing = service.with(Data::Null);
        networks.put("default", nothing);
        service.put("networks", networks);
    }
    service.get("networks").is_some_and(|networks| networks.get("default").is_some())
}

/// Containers of `pre_start` take over what the service says of its own container, volumes apart.
fn prepare(service: &mut Value) {
    let Some(hooks) = service.get("pre_start").cloned() else { return };
    let Some(shape) = schema::at(&["services", "*"]) else { return };
    let shared = schema::at(&["services", "*", "pre_start", "*"]).and_then(|shape| shape.map);
    let shared: Vec<&str> = shared.iter().flat_map(|map| map.attribute_names()).collect();
    let mut base = service.clone();
    if let Some(map) = base.as_map_mut() {
        map.retain(|name, _| name != "volumes" && shared.contains(&name.as_str()));
    }
    let merged = hooks.items().iter().map(|hook| {
        let mut container = base.clone();
        merge(&mut container, hook.clone(), Some(shape), &mut Vec::new(), &mut Vec::new());
        container
    });
    let merged = hooks.with(Data::List(merged.collect()));
    service.put("pre_start", merged);
}

/// Puts in the dependencies that follow from other attributes.
fn dependencies(service: &mut Value) {
    for (name, restart, origin) in implied(service) {
        let empty = service.empty_map();
        service.set_default("depends_on", |_| empty);
        let Some(Data::Map(known)) = service.get_mut("depends_on").map(|it| &mut it.data) else { return };
        if known.contains_key(&name) {
            continue;
        }
        let make = |data: Data| Value::made(data, origin.clone());
        let mut members = IndexMap::new();
        let mut add = |key: &str, data: Data| {
            members.insert(key.to_string(), Member { key: Span::NONE, value: make(data) });
        };
        add("condition", Data::String(Text::known("service_started", origin.clone())));
        add("required", Data::Bool(true));
        add("restart", Data::Bool(restart));
        known.insert(name, Member { key: origin.written, value: make(Data::Map(members)) });
    }
}
