//! The rules of one service that runs.

use std::collections::HashMap;

use super::super::short::{bytes, number};
use super::super::{Data, Member, Value};
use super::consistency::Tree;
use super::{refusal, suggest};
use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

pub(super) fn check(name: &str, member: &Member, tree: &Tree, problems: &mut Vec<Problem>) {
    let mut check = Check { name, value: &member.value, tree, problems };
    check.image(member.key);
    check.build();
    check.networks();
    check.health();
    check.dependencies();
    check.references();
    check.scale();
    check.resources();
    check.watch();
    check.mounts();
}

struct Check<'a> {
    name: &'a str,
    value: &'a Value,
    tree: &'a Tree<'a>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Check<'a> {
    fn tell(&mut self, kind: ProblemKind, at: Span, message: String) -> &mut Problem {
        self.problems.push_mut(refusal(self.name, kind, at, message))
    }

    fn filled(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key).filter(|value| value.printed().is_some_and(|text| !text.is_empty()))
    }

    fn image(&mut self, key: Span) {
        let has = |key: &str| self.value.get(key).is_some_and(|value| value.as_map().is_some());
        if self.filled("image").is_none() && !has("build") && !has("provider") {
            let at = if key.is_none() { self.value.span() } else { key };
            let message = format!("`{}` has neither `image` nor `build`", self.name);
            self.tell(ProblemKind::NoImageOrBuild, at, message).help =
                Some("add `image: NAME`, or `build: .`".to_string());
        }
    }

    fn build(&mut self) {
        let Some(build) = self.value.get("build") else { return };
        let written =
            |key: &str| build.get(key).filter(|it| it.string().is_some_and(|text| !text.is_empty()));
        if let (Some(file), Some(inline)) = (written("dockerfile"), written("dockerfile_inline")) {
            let message = "the build has both `dockerfile` and `dockerfile_inline`".to_string();
            let also = inline.span();
            let problem = self.tell(ProblemKind::ConflictingAttributes, file.span(), message);
            *problem = problem.clone().also(also, "the other one").help("keep one of them");
        }
        for (context, member) in build.get("additional_contexts").into_iter().flat_map(Value::members) {
            let text = member.value.string().unwrap_or_default();
            let Some(target) = text.strip_prefix("service:") else { continue };
            let found = self.tree.section("services").and_then(|services| services.get(target));
            let found = found.filter(|_| self.tree.active.get(target).copied().unwrap_or(true));
            let message = match found {
                None => {
                    format!("the build context `{context}` is the service `{target}`, which is not defined")
                }
                Some(service) if service.get("build").is_none_or(Value::is_null) => {
                    format!("the build context `{context}` is the service `{target}`, which is not built")
                }
                Some(_) => continue,
            };
            self.tell(ProblemKind::UndefinedService, member.value.span(), message);
        }
        if let (Some(platform), Some(platforms)) = (self.filled("platform"), build.get("platforms")) {
            let wanted = platform.string().unwrap_or_default();
            let listed = platforms.items();
            if !listed.is_empty() && listed.iter().all(|it| it.string().as_ref() != Some(&wanted)) {
                let message = format!("`build.platforms` lacks the service's platform `{wanted}`");
                let also = platform.span();
                let problem = self.tell(ProblemKind::ConflictingAttributes, platforms.span(), message);
                *problem =
                    problem.clone().also(also, "the platform is set here").help(format!("add `{wanted}`"));
            }
        }
    }

    fn networks(&mut self) {
        let Some(networks) = self.value.get("networks") else { return };
        let mode = self.filled("network_mode");
        if let Some(mode) = mode
            && networks.as_map().is_some_and(|map| !map.is_empty())
        {
            let message = format!("`{}` has both `network_mode` and `networks`", self.name);
            let also = networks.span();
            let problem = self.tell(ProblemKind::ConflictingAttributes, mode.span(), message);
            *problem = problem.clone().also(also, "the networks").help("keep one of them");
        }
        for (network, member) in networks.members() {
            if network != "default" && !self.tree.has("networks", network) {
                let at = if member.key.is_none() { networks.span() } else { member.key };
                self.undefined("networks", network, at, ProblemKind::UndefinedNetwork);
            }
        }
    }

    /// Tells that something is named that no top-level section defines.
    fn undefined(&mut self, section: &str, name: &str, at: Span, kind: ProblemKind) {
        let one = section.trim_end_matches('s');
        let message = format!("the {one} `{name}` is not defined");
        let help = self.tree.meant(section, name);
        self.tell(kind, at, message).help =
            help.or_else(|| Some(format!("add `{name}:` below the top-level `{section}:`")));
    }

    fn health(&mut self) {
        let test = self.value.get("healthcheck").and_then(|health| health.get("test"));
        let Some(first) = test.map(Value::items).unwrap_or_default().first() else { return };
        let text = first.printed().unwrap_or_default();
        if !matches!(text.as_str(), "CMD" | "CMD-SHELL" | "NONE") {
            let message = format!("the health check's list starts with `{text}`");
            self.tell(ProblemKind::InvalidValue, first.span(), message).help =
                Some("start it with `CMD`, `CMD-SHELL` or `NONE`".to_string());
        }
    }

    fn dependencies(&mut self) {
        for (needed, member) in self.value.get("depends_on").into_iter().flat_map(Value::members) {
            let known = self.tree.active.get(needed).copied();
            let required = member.value.get("required").is_none_or(|it| it.data != Data::Bool(false));
            let at = if member.key.is_none() { member.value.span() } else { member.key };
            match known {
                Some(true) => {}
                Some(false) if !required => {}
                Some(false) => {
                    let message =
                        format!("`{}` depends on `{needed}`, which no active profile starts", self.name);
                    self.tell(ProblemKind::UndefinedService, at, message).help =
                        Some(format!("give both the same profiles, or say `required: false` for `{needed}`"));
                }
                None => {
                    let job = self.tree.has("jobs", needed);
                    let what = if job { "is a job" } else { "is not defined" };
                    let message = format!("`{}` depends on `{needed}`, which {what}", self.name);
                    let names = self.tree.active.keys().filter(|name| *name != self.name).map(String::as_str);
                    let help =
                        suggest::nearest(needed, names).map(|meant| format!("did you mean `{meant}`?"));
                    self.tell(ProblemKind::UndefinedService, at, message).help = help;
                }
            }
        }
    }

    fn references(&mut self) {
        for mount in self.value.get("volumes").map(Value::items).unwrap_or_default() {
            if mount.string_at("type").as_deref() == Some("volume")
                && let Some(source) = mount.get("source")
                && let Some(name) = source.string().filter(|name| !name.is_empty())
                && !self.tree.has("volumes", &name)
            {
                self.undefined("volumes", &name, source.span(), ProblemKind::UndefinedVolume);
            }
        }
        let build = self.value.get("build").and_then(|build| build.get("secrets"));
        let sections = [
            ("secrets", build, ProblemKind::UndefinedSecret),
            ("secrets", self.value.get("secrets"), ProblemKind::UndefinedSecret),
            ("configs", self.value.get("configs"), ProblemKind::UndefinedConfig),
        ];
        for (section, list, kind) in sections {
            for reference in list.map(Value::items).unwrap_or_default() {
                let name = reference.string_at("source").unwrap_or_default();
                if !self.tree.has(section, &name) {
                    let at = reference.get("source").map_or_else(|| reference.span(), Value::span);
                    self.undefined(section, &name, at, kind);
                }
            }
        }
        for (name, member) in self.value.get("models").into_iter().flat_map(Value::members) {
            if !self.tree.has("models", name) {
                self.undefined("models", name, member.key, ProblemKind::UndefinedModel);
            }
        }
    }

    fn scale(&mut self) {
        let replicas = self.value.get("deploy").and_then(|deploy| deploy.get("replicas"));
        let scale = self.value.get("scale");
        let number = |value: Option<&Value>| match value.map(|value| &value.data) {
            Some(Data::Int(number)) => Some(*number),
            _ => None,
        };
        if let (Some(one), Some(two)) = (number(scale), number(replicas))
            && one != two
        {
            let also = replicas.map_or(Span::NONE, Value::span);
            let message = format!("`scale` is {one}, and `deploy.replicas` is {two}");
            let at = scale.map_or(Span::NONE, Value::span);
            let problem = self.tell(ProblemKind::ConflictingAttributes, at, message);
            *problem = problem.clone().also(also, "the replicas").help("keep one of them");
        }
        for value in [scale, replicas].into_iter().flatten() {
            if number(Some(value)).is_some_and(|count| count < 0) {
                let text = value.printed().unwrap_or_default();
                let message = format!("`{}` can't run {text} times", self.name);
                self.tell(ProblemKind::InvalidValue, value.span(), message);
            }
        }
        let count = number(scale).or_else(|| number(replicas)).unwrap_or(1);
        if count > 1
            && let Some(container) = self.filled("container_name")
        {
            let name = container.string().unwrap_or_default();
            let message = format!("{count} containers of `{}` can't all have the name `{name}`", self.name);
            self.tell(ProblemKind::ConflictingAttributes, container.span(), message).help =
                Some("remove `container_name`".to_string());
        }
    }

    fn resources(&mut self) {
        let resources = self.value.get("deploy").and_then(|deploy| deploy.get("resources"));
        let Some(resources) = resources else { return };
        let pairs = [
            ("cpus", "limits", "cpus"),
            ("mem_limit", "limits", "memory"),
            ("mem_reservation", "reservations", "memory"),
            ("pids_limit", "limits", "pids"),
        ];
        for (attribute, section, key) in pairs {
            let Some(own) = self.value.get(attribute) else { continue };
            let Some(group) = resources.get(section).filter(|group| group.as_map().is_some()) else {
                continue;
            };
            let (one, two) = (amount(own, key), group.get(key).map_or(Some(0.0), |value| amount(value, key)));
            let (Some(one), Some(two)) = (one, two) else { continue };
            if one != 0.0 && one != two {
                let message = format!("`{attribute}` and `deploy.resources.{section}.{key}` differ");
                let also = group.get(key).map_or_else(|| group.span(), Value::span);
                let problem = self.tell(ProblemKind::ConflictingAttributes, own.span(), message);
                *problem = problem.clone().also(also, "the other value").help("keep one of them");
            }
        }
    }

    fn watch(&mut self) {
        let watches = self.value.get("develop").and_then(|develop| develop.get("watch"));
        for watch in watches.map(Value::items).unwrap_or_default() {
            let action = watch.string_at("action").unwrap_or_default();
            let target = watch.string_at("target").unwrap_or_default();
            if !matches!(action.as_str(), "rebuild" | "restart") && target.is_empty() {
                let message = format!("watching with `{action}` needs a `target`");
                self.tell(ProblemKind::InvalidValue, watch.span(), message);
            }
        }
    }

    fn mounts(&mut self) {
        let mut taken: HashMap<String, Span> = HashMap::new();
        let tmpfs = self.value.get("tmpfs");
        let single = tmpfs.map(std::slice::from_ref).unwrap_or_default();
        let listed = tmpfs.and_then(Value::as_list).map_or(single, Vec::as_slice);
        let memory = listed.iter().filter_map(|item| {
            let text = item.string()?;
            Some((text.split(':').next().unwrap_or_default().to_string(), item.span()))
        });
        let volumes = self.value.get("volumes").map(Value::items).unwrap_or_default();
        let mounted = volumes.iter().map(|it| (it.string_at("target").unwrap_or_default(), it.span()));
        for (target, at) in memory.chain(mounted) {
            if let Some(first) = taken.get(&target).copied() {
                let message = format!("two mounts have the target `{target}`");
                let problem = self.tell(ProblemKind::DuplicateMountTarget, at, message);
                *problem = problem.clone().also(first, "the first").help("remove one of them");
            } else {
                taken.insert(target, at);
            }
        }
    }
}

/// An amount in the unit of its kind.
fn amount(value: &Value, key: &str) -> Option<f64> {
    match &value.data {
        Data::Int(number) => Some(*number as f64),
        // A size that is written as a float counts for nothing.
        Data::Float(_) if key == "memory" => Some(0.0),
        #[allow(clippy::cast_possible_truncation)]
        Data::Float(number) => Some(f64::from(*number as f32)),
        Data::String(text) if key == "memory" => bytes::parse(&text.assumed()).ok().map(|size| size as f64),
        #[allow(clippy::cast_possible_truncation)]
        Data::String(text) => number::float(&text.assumed()).map(|number| f64::from(number as f32)),
        _ => None,
    }
}
