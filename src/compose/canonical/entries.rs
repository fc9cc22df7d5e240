//! The short forms of attributes other than `volumes`.

use indexmap::IndexMap;

use super::super::short::port;
use super::super::{Data, Member, Value};
use super::{Context, each, retain, string_to_list};
use crate::source::{Span, Text};

/// `env_file`: paths become `{path, required}`.
pub(super) fn env_files(value: &mut Value) {
    string_to_list(value);
    for item in value.items_mut() {
        if item.as_text().is_some() {
            *item = item.to_map([("path", item.clone())]);
        }
        item.set_default("required", |item| item.with(Data::Bool(true)));
    }
}

/// `gpus`: `all` becomes `[{count: all}]`.
pub(super) fn gpus(value: &mut Value) {
    if value.as_text().is_some() {
        *value = value.with(Data::List(vec![value.to_map([("count", value.clone())])]));
    }
    value.items_mut().iter_mut().for_each(device_request);
}

/// A request for devices asks for all when it says neither how many nor which.
pub(super) fn device_request(value: &mut Value) {
    if value.get("device_ids").is_none() {
        value.set_default("count", |value| value.implied("all"));
    }
}

/// `depends_on`: a list becomes a mapping; condition and `required` are put in.
pub(super) fn dependencies(value: &mut Value) {
    if let Some(items) = value.as_list() {
        let members = items.iter().filter_map(|item| {
            let entry = Member { key: item.span(), value: item.empty_map() };
            Some((item.string()?, entry))
        });
        *value = value.with(Data::Map(members.collect()));
    }
    for (_, member) in value.members_mut() {
        let key = member.key;
        member.value.set_default("condition", |value| {
            let mut implied = value.implied("service_started");
            implied.origin.written = Span::NONE;
            if value.origin.written.is_none() {
                implied.origin.written = key;
            }
            implied
        });
        member.value.set_default("required", |value| value.with(Data::Bool(true)));
    }
}

/// `devices`: `SOURCE[:TARGET[:PERMISSIONS]]`. Says whether it could be read.
pub(super) fn device(item: &mut Value, cx: &mut Context) -> bool {
    let Some(text) = item.string() else { return item.as_map().is_some() };
    let mut parts = Vec::new();
    let mut start = 0;
    for part in text.split(':') {
        parts.push((start, start + part.len()));
        start += part.len() + 1;
    }
    let (source, target, permissions) = match *parts.as_slice() {
        [source] => (source, source, None),
        [source, target] => (source, target, None),
        [source, target, permissions] => (source, target, Some(permissions)),
        _ => {
            let message = format!(
                "the device `{text}` has more than three parts; write `source`, `target` and `permissions`"
            );
            cx.unreadable(item.span(), message);
            return false;
        }
    };
    let target = if target.0 == target.1 { source } else { target };
    let permissions = permissions.map_or_else(|| item.implied("rwm"), |(from, to)| item.cut(from, to));
    let members = [
        ("source", item.cut(source.0, source.1)),
        ("target", item.cut(target.0, target.1)),
        ("permissions", permissions),
    ];
    *item = item.to_map(members);
    true
}

/// `secrets` and `configs`: a name becomes `{source}`; a secret's target is put in.
pub(super) fn file_reference(item: &mut Value, secret: bool) {
    if item.as_text().is_some() {
        *item = item.to_map([("source", item.clone())]);
    }
    if secret && let Some(source) = item.string_at("source") {
        item.set_default("target", |item| item.implied(format!("/run/secrets/{source}")));
    }
}

/// `build`: a context becomes `{context}`.
pub(super) fn build(value: &mut Value, cx: &mut Context) {
    if value.as_text().is_some() {
        *value = value.to_map([("context", value.clone())]);
    }
    for secret in value.get_mut("secrets").into_iter().flat_map(Value::items_mut) {
        file_reference(secret, false);
    }
    for key in ["provenance", "sbom"] {
        each(value, key, |value| {
            if let Some(text) = value.to_text() {
                *value = value.with(Data::String(text));
            }
        });
    }
    each(value, "additional_contexts", |value| key_values(value, cx));
    each(value, "ssh", |value| ssh(value, cx));
}

/// `[key=value]` becomes `{key: value}`.
fn key_values(value: &mut Value, cx: &mut Context) {
    let Some(items) = value.as_list() else { return };
    let mut members = IndexMap::new();
    for item in items {
        let text = item.string().unwrap_or_default();
        let Some(equals) = text.find('=') else {
            cx.unreadable(item.span(), format!("`{text}` is no `name=context`"));
            continue;
        };
        let key = item.cut(0, equals).span();
        members.insert(text[..equals].to_string(), Member { key, value: item.cut(equals + 1, text.len()) });
    }
    *value = value.with(Data::Map(members));
}

/// `[default, id=path]` becomes `{default: null, id: path}`.
fn ssh(value: &mut Value, cx: &mut Context) {
    let Some(items) = value.as_list() else { return };
    let mut members = IndexMap::new();
    for item in items {
        let text = item.string().unwrap_or_default();
        let (id, path) = match text.find('=') {
            Some(equals) => (&text[..equals], item.cut(equals + 1, text.len())),
            None if text == "default" => (text.as_str(), item.with(Data::Null)),
            None => {
                cx.unreadable(
                    item.span(),
                    format!("the SSH key `{text}` has no path; write `{text}=<path>`"),
                );
                continue;
            }
        };
        members.insert(id.to_string(), Member { key: item.span(), value: path });
    }
    *value = value.with(Data::Map(members));
}

/// `ports`: each short form becomes one entry per port.
pub(super) fn ports(value: &mut Value, cx: &mut Context) {
    let Some(items) = value.as_list() else { return };
    let mut ports = Vec::with_capacity(items.len());
    for item in items {
        match &item.data {
            Data::Map(_) => ports.push(item.clone()),
            Data::Int(_) | Data::String(_) => short_ports(item, &mut ports, cx),
            _ => {
                let text = item.printed().unwrap_or_default();
                cx.unreadable(item.span(), format!("`{text}` is no port; write it in quotes"));
            }
        }
    }
    for port in &mut ports {
        port.set_default("mode", |port| port.implied("ingress"));
        port.set_default("protocol", |port| port.implied("tcp"));
    }
    *value = value.with(Data::List(ports));
    retain(value, |port| port.as_map().is_some());
}

fn short_ports(item: &Value, ports: &mut Vec<Value>, cx: &mut Context) {
    let text = item.printed().unwrap_or_default();
    let parsed = match port::parse(&text) {
        Ok(parsed) => parsed,
        Err(reason) => {
            cx.unreadable(item.span(), format!("the port `{text}` {reason}"));
            return;
        }
    };
    if parsed.target.0 == 0 {
        cx.unreadable(item.span(), format!("the port `{text}` names no port of the container"));
        return;
    }
    for mapping in parsed.mappings() {
        let mut target = item.cut(parsed.target_at.start, parsed.target_at.end);
        if let Some(origin) = target.as_text().and_then(Text::origin).cloned() {
            // A number keeps no pieces: which variable of the host it is, only its origin says.
            target.origin = origin;
        }
        let mut members = vec![
            ("mode", item.implied("ingress")),
            ("target", target.with(Data::Int(i64::from(mapping.target)))),
            ("protocol", item.implied(parsed.protocol.clone())),
        ];
        if let Some(ip) = &parsed.host_ip {
            members.push(("host_ip", item.implied(ip.clone())));
        }
        if let Some(published) = mapping.published {
            let written = item.cut(parsed.published_at.start, parsed.published_at.end);
            let same = written.string().is_some_and(|text| text == published);
            members.push(("published", if same { written } else { written.implied(published) }));
        }
        ports.push(item.to_map(members));
    }
}
