//! `ports` and `expose`.

use super::super::{Located, Port, Value};
use super::integer;
use super::service::word;

/// The ports, one by one: a range in the short form is several. Ports that are no numbers up to
/// 65535, which only the long form can have, are left out.
pub(super) fn decode(service: &Value) -> Vec<Port> {
    let items = service.get("ports").map(Value::items).unwrap_or_default();
    items.iter().filter_map(port).collect()
}

fn port(item: &Value) -> Option<Port> {
    let written = item.get("target")?;
    let target = u16::try_from(integer(written)?).ok()?;
    let published = match word(item, "published") {
        Some(text) if !text.is_empty() => Some(range(&text)?),
        _ => None,
    };
    Some(Port {
        origin: item.origin.clone(),
        host_ip: word(item, "host_ip").filter(|ip| !ip.is_empty()),
        published,
        published_text: item.get("published").and_then(Value::as_text).cloned().unwrap_or_default(),
        target: (target, target),
        target_origin: written.origin.clone(),
        protocol: word(item, "protocol").unwrap_or_else(|| "tcp".to_string()),
    })
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// `expose`: a port or a range, with or without a protocol. Compose reads it only when containers
/// are made, so what can't be read is left out here.
pub(super) fn exposed(service: &Value) -> Vec<Located<(u16, u16)>> {
    let items = service.get("expose").map(Value::items).unwrap_or_default();
    let ports = items.iter().filter_map(|item| {
        let text = item.printed()?;
        let port = text.split('/').next().unwrap_or_default();
        Some(Located::new(range(port)?, item.origin.clone()))
    });
    ports.collect()
}
