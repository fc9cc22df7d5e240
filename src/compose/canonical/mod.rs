//! The short forms of a merged tree become the long ones, and what Compose assumes where nothing is
//! written is put in. After this there is one way to say each thing, and every part still knows
//! where it is written.
//!
//! What can't be read is told as a problem and taken out of the tree.

mod entries;
pub(super) mod make;
mod mounts;

pub(super) use mounts::clean_target;

use super::{Data, Value};
use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

/// Brings a merged tree into its long form. `filled` says that references are; else a list of ports that can't
/// be read whole is left as it is.
pub(super) fn canonical(tree: &mut Value, filled: bool, problems: &mut Vec<Problem>) {
    for section in ["services", "jobs"] {
        let Some(services) = tree.get_mut(section) else { continue };
        for (name, member) in services.members_mut() {
            let mut cx = Context { service: Some(name), path: format!("{section}.{name}"), problems };
            workload(&mut member.value, filled, &mut cx);
        }
    }
    for section in ["networks", "volumes", "secrets", "configs"] {
        let Some(resources) = tree.get_mut(section) else { continue };
        for (name, member) in resources.members_mut() {
            let mut cx = Context { service: None, path: format!("{section}.{name}"), problems };
            external(member, &mut cx);
        }
    }
}

/// Where we are, and where problems go.
pub(super) struct Context<'a> {
    service: Option<&'a str>,
    path: String,
    problems: &'a mut Vec<Problem>,
}

impl Context<'_> {
    /// Tells that a value can't be read.
    fn unreadable(&mut self, at: Span, message: String) {
        self.refuse(ProblemKind::InvalidValue, at, message);
    }

    fn refuse(&mut self, kind: ProblemKind, at: Span, message: String) {
        let mut problem = Problem::refusal(kind, at, message);
        problem.service = self.service.map(str::to_string);
        self.problems.push(problem);
    }
}

fn workload(service: &mut Value, filled: bool, cx: &mut Context) {
    container(service, true, cx);
    if let Some(build) = service.get_mut("build") {
        entries::build(build, cx);
    }
    each(service, "depends_on", entries::dependencies);
    if let Some(ports) = service.get_mut("ports") {
        let (before, known) = (ports.clone(), cx.problems.len());
        entries::ports(ports, cx);
        if !filled && cx.problems.len() > known {
            *ports = before;
        }
    }
    for hook in service.get_mut("pre_start").map(Value::items_mut).unwrap_or_default() {
        container(hook, false, cx);
    }
    let watches = service.get_mut("develop").and_then(|develop| develop.get_mut("watch"));
    for watch in watches.map(Value::items_mut).unwrap_or_default() {
        each(watch, "ignore", string_to_list);
        each(watch, "include", string_to_list);
    }
    let schedule = service.get_mut("triggers").and_then(|triggers| triggers.get_mut("schedule"));
    for entry in schedule.map(Value::items_mut).unwrap_or_default() {
        if entry.as_text().is_some() {
            *entry = entry.to_map([("cron", entry.clone())]);
        }
    }
}

fn container(service: &mut Value, targets: bool, cx: &mut Context) {
    each(service, "env_file", entries::env_files);
    each(service, "label_file", string_to_list);
    each(service, "dns", string_to_list);
    each(service, "networks", list_to_names);
    each(service, "models", list_to_names);
    each(service, "gpus", entries::gpus);
    let devices = service.get_mut("deploy").and_then(|deploy| deploy.get_mut("resources"));
    let devices = devices.and_then(|resources| resources.get_mut("reservations")?.get_mut("devices"));
    devices.into_iter().flat_map(Value::items_mut).for_each(entries::device_request);
    for item in service.get_mut("volumes").into_iter().flat_map(keep_items) {
        mounts::mount(item, cx);
    }
    if let Some(devices) = service.get_mut("devices") {
        retain(devices, |item| entries::device(item, cx));
    }
    for key in ["secrets", "configs"] {
        let items = service.get_mut(key).into_iter().flat_map(Value::items_mut);
        items.for_each(|item| entries::file_reference(item, targets && key == "secrets"));
    }
    if let Some(volumes) = service.get_mut("volumes") {
        retain(volumes, |item| item.as_map().is_some());
    }
}

fn keep_items(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.items_mut().iter_mut()
}

/// Keeps the items of a sequence of which `keep` holds.
fn retain(value: &mut Value, keep: impl FnMut(&mut Value) -> bool) {
    if let Data::List(items) = &mut value.data {
        items.retain_mut(keep);
    }
}

/// Changes what stands under a key, if anything does.
fn each(value: &mut Value, key: &str, change: impl FnOnce(&mut Value)) {
    if let Some(value) = value.get_mut(key) {
        change(value);
    }
}

/// `x` becomes `[x]`.
fn string_to_list(value: &mut Value) {
    if value.as_text().is_some() {
        *value = value.with(Data::List(vec![value.clone()]));
    }
}

/// `[a, b]` becomes `{a: null, b: null}`.
fn list_to_names(value: &mut Value) {
    let Some(items) = value.as_list() else { return };
    let names = items.iter().filter_map(|item| {
        let member = super::Member { key: item.span(), value: item.with(Data::Null) };
        Some((item.string()?, member))
    });
    *value = value.with(Data::Map(names.collect()));
}

/// `external: {name: x}` becomes `external: true` and `name: x`.
fn external(member: &mut super::Member, cx: &mut Context) {
    let resource = &mut member.value;
    let Some(external) = resource.get("external").filter(|external| external.as_map().is_some()).cloned()
    else {
        return;
    };
    resource.put("external", external.with(Data::Bool(true)));
    let Some(old) = external.get("name").cloned() else { return };
    let at = old.span();
    let message = format!("`{}.external.name` is deprecated", cx.path);
    cx.problems.push(
        Problem::warning(ProblemKind::ObsoleteAttribute, at, message)
            .help(format!("write `external: true` and `name: {}`", old.printed().unwrap_or_default())),
    );
    match resource.get("name") {
        Some(name) if !name.same(&old) => {
            let also = name.span();
            let message = format!("`{}` has two names: `name` and `external.name`", cx.path);
            cx.refuse(ProblemKind::ConflictingAttributes, at, message);
            if let Some(problem) = cx.problems.last_mut() {
                *problem = problem.clone().also(also, "the other name");
            }
        }
        Some(_) => {}
        None => resource.put("name", old),
    }
}
