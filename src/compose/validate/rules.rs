//! Rules within one resource or one entry. They hold for services that do not run, too.

use super::super::short::port::is_ip;
use super::super::{Data, Member, Value};
use super::refusal;
use crate::finding::{Problem, ProblemKind};
use crate::source::Span;

/// Tells what the canonical tree says that can't be said together.
pub(in crate::compose) fn rules(tree: &Value, problems: &mut Vec<Problem>) {
    for (name, member) in tree.get("volumes").into_iter().flat_map(Value::members) {
        external(name, member, problems);
    }
    let contents: [(&str, &[&str]); 2] =
        [("configs", &["file", "environment", "content"]), ("secrets", &["file", "environment"])];
    for (section, keys) in contents {
        for (name, member) in tree.get(section).into_iter().flat_map(Value::members) {
            content(section, name, member, keys, problems);
        }
    }
    for (name, member) in tree.get("services").into_iter().flat_map(Value::members) {
        service(name, &member.value, problems);
    }
}

/// An external volume is made elsewhere: nothing but its name can be said of it.
fn external(name: &str, member: &Member, problems: &mut Vec<Problem>) {
    let value = &member.value;
    let Some(external) = value.get("external").filter(|it| it.data == Data::Bool(true)) else { return };
    for (key, other) in value.members() {
        if !matches!(key.as_str(), "name" | "external") && !key.starts_with("x-") {
            let message = format!("the external volume `{name}` can't have `{key}`");
            let at = if other.key.is_none() { other.value.span() } else { other.key };
            problems.push(
                Problem::refusal(ProblemKind::ConflictingAttributes, at, message)
                    .also(external.span(), "it is external")
                    .help(format!("remove `{key}` or `external`")),
            );
        }
    }
}

/// A config or secret has exactly one source.
fn content(section: &str, name: &str, member: &Member, keys: &[&str], problems: &mut Vec<Problem>) {
    let value = &member.value;
    let Some(map) = value.as_map() else { return };
    let one = section.trim_end_matches('s');
    let listed = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let mut written = keys.iter().filter_map(|key| Some((*key, map.get(*key)?)));
    match (written.next(), written.next()) {
        (Some((first, at_first)), Some((second, at_second))) => {
            let message = format!("the {one} `{name}` has both `{first}` and `{second}`");
            problems.push(
                Problem::refusal(ProblemKind::ConflictingAttributes, place(at_second), message)
                    .also(place(at_first), format!("`{first}` stands here"))
                    .help(format!("keep one of {listed}")),
            );
        }
        (None, _) if !map.contains_key("driver") && !map.contains_key("external") => {
            let at = if member.key.is_none() { value.span() } else { member.key };
            let message = format!("the {one} `{name}` has none of {listed}");
            let problem = Problem::refusal(ProblemKind::InvalidValue, at, message);
            problems.push(problem.help(format!("add one of {listed}, or `external: true`")));
        }
        _ => {}
    }
}

fn place(member: &Member) -> Span {
    if member.key.is_none() { member.value.span() } else { member.key }
}

fn service(name: &str, value: &Value, problems: &mut Vec<Problem>) {
    for port in value.get("ports").map(Value::items).unwrap_or_default() {
        if let Some(ip) = port.get("host_ip").filter(|ip| ip.string().is_some_and(|text| !is_ip(&text))) {
            let message = format!("`{}` is no IP address", ip.string().unwrap_or_default());
            problems.push(refusal(name, ProblemKind::InvalidValue, ip.span(), message));
        }
    }
    if let Some(pid) = value.as_map().and_then(|map| map.get("pid")).filter(|pid| pid.value.is_null()) {
        // The schema lets it through, and then Compose itself breaks.
        let problem = refusal(name, ProblemKind::WrongType, place(pid), "`pid` has no value".to_string());
        problems.push(problem.help("remove it"));
    }
    for item in value.get("expose").map(Value::items).unwrap_or_default() {
        if matches!(item.data, Data::Float(_)) {
            let message = format!("`{}` is no port", item.printed().unwrap_or_default());
            problems.push(refusal(name, ProblemKind::InvalidValue, item.span(), message));
        }
        problems.extend(mapped(name, item));
    }
    let missing = |list: &str, key: &str, problems: &mut Vec<Problem>| {
        for item in value.get(list).map(Value::items).unwrap_or_default() {
            // Short forms stay only where references are left as they are.
            if item.as_text().is_none() && item.get(key).is_none_or(Value::is_null) {
                let message = format!("an entry of `{list}` has no `{key}`");
                problems.push(refusal(name, ProblemKind::InvalidValue, item.span(), message));
            }
        }
    };
    missing("devices", "target", problems);
    missing("ports", "target", problems);
    missing("volumes", "target", problems);
    for mount in value.get("volumes").map(Value::items).unwrap_or_default() {
        if mount.string_at("type").as_deref() == Some("bind") && mount.get("source").is_none() {
            let message = "a mount of type `bind` has no `source`".to_string();
            problems.push(refusal(name, ProblemKind::InvalidValue, mount.span(), message));
        }
    }
    let watches = value.get("develop").and_then(|develop| develop.get("watch"));
    for path in watches.map(Value::items).unwrap_or_default().iter().filter_map(|watch| watch.get("path")) {
        if path.string().as_deref() == Some("") {
            let message = "the path to watch is blank".to_string();
            problems.push(refusal(name, ProblemKind::InvalidValue, path.span(), message));
        }
    }
    let reserved = value.get("deploy").and_then(|deploy| deploy.get("resources")?.get("reservations"));
    let reserved = reserved.and_then(|reservations| reservations.get("devices"));
    for request in [value.get("gpus"), reserved].into_iter().flatten().flat_map(Value::items) {
        if let (Some(count), Some(ids)) = (request.get("count"), request.get("device_ids")) {
            let message = "a request for devices has both `count` and `device_ids`".to_string();
            problems.push(
                refusal(name, ProblemKind::ConflictingAttributes, count.span(), message)
                    .also(ids.span(), "the devices are named here")
                    .help("keep one of them"),
            );
        }
    }
}

/// A mapping in `expose`, which Compose reads only when it makes the container.
fn mapped(name: &str, item: &Value) -> Option<Problem> {
    let text = item.string()?;
    let (published, target) = text.split_once(':')?;
    let port = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let bare = target.split('/').next().unwrap_or(target);
    (port(published) && port(bare)).then_some(())?;
    let message = format!("`{text}` is no port but a mapping: the container of `{name}` can't be made");
    let problem = refusal(name, ProblemKind::InvalidValue, item.span(), message);
    let problem = problem.help(format!("write `{target}`, or put the mapping under `ports`"));
    Some(Problem { refuses: false, ..problem })
}
