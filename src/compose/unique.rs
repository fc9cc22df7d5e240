//! Entries of sequences that take the place of earlier ones (specification, "Unique resources").

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::schema::{self, Shape, Unique};
use super::value::{Data, Value};
use crate::source::{Text, Via, clean};

/// Leaves one entry of each name, path or port in the sequences of the tree: the last, at the place
/// of the first.
pub(crate) fn unique(tree: &mut Value) {
    let Some(map) = tree.as_map_mut() else { return };
    // Compose has no such rule for jobs.
    for (key, member) in map.iter_mut().filter(|(key, _)| *key != "jobs") {
        below(&mut member.value, schema::root().member(key));
    }
}

fn below(value: &mut Value, shape: Option<&'static Shape>) {
    let Some(shape) = shape else { return };
    match &mut value.data {
        Data::Map(map) => {
            for (key, member) in map {
                below(&mut member.value, shape.member(key));
            }
        }
        Data::List(list) if shape.unique != Unique::No => reduce(list, shape.unique, shape.item()),
        _ => {}
    }
}

/// Leaves one item of each key: the last, at the place of the first.
pub(crate) fn reduce(list: &mut Vec<Value>, rule: Unique, shape: Option<&Shape>) {
    let mut kept: IndexMap<String, Value> = IndexMap::with_capacity(list.len());
    for (index, item) in std::mem::take(list).into_iter().enumerate() {
        // What has no key is wrong, and reported elsewhere: it stays.
        let key = key(&item, rule, shape).unwrap_or_else(|| format!("\0{index}"));
        match kept.entry(key) {
            Entry::Occupied(mut earlier) => {
                let step = Via::Overrides(earlier.get().span());
                let mut item = item;
                if let Data::String(text) = &mut item.data {
                    *text = std::mem::take(text).via(&step);
                }
                item.origin.through.push(step);
                earlier.insert(item);
            }
            Entry::Vacant(place) => {
                place.insert(item);
            }
        }
    }
    list.extend(kept.into_values());
}

/// What an entry is known by.
fn key(item: &Value, rule: Unique, shape: Option<&Shape>) -> Option<String> {
    let text = item.as_text().and_then(Text::complete);
    let field = |name: &str| item.get(name).and_then(Value::to_text).and_then(|text| text.complete());
    match rule {
        Unique::No => None,
        Unique::Key => {
            let text = text?;
            Some(text.split_once('=').map_or(text.clone(), |(key, _)| key.to_string()))
        }
        Unique::Text => text,
        Unique::Expose => item.to_text()?.complete(),
        Unique::EnvFilePath => item.identity(shape).or_else(|| item.get("path")?.identity(shape)),
        Unique::VolumeTarget => match text {
            Some(text) => volume_target(&text),
            None => field("target"),
        },
        Unique::DeviceTarget => match text {
            Some(text) => text.split(':').nth(1).or(Some(&text)).map(str::to_string),
            None => field("target"),
        },
        Unique::SecretTarget => mounted(text, &field, "/run/secrets"),
        Unique::ConfigTarget => mounted(text, &field, ""),
        Unique::Port => port(item, text, &field),
    }
}

fn mounted(
    source: Option<String>,
    field: &dyn Fn(&str) -> Option<String>,
    directory: &str,
) -> Option<String> {
    match source {
        Some(source) => Some(format!("{directory}/{source}")),
        None => field("target").or_else(|| field("source").map(|source| format!("{directory}/{source}"))),
    }
}

fn port(item: &Value, text: Option<String>, field: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    if text.is_some() {
        return text;
    }
    if let Data::Int(number) = item.data {
        return Some(number.to_string());
    }
    let target = field("target")?;
    // A published port that is written as a number is not looked at.
    let published = item.get("published").and_then(Value::as_text).and_then(Text::complete);
    let published = published.unwrap_or_default();
    let host = field("host_ip").unwrap_or_else(|| "0.0.0.0".into());
    let protocol = field("protocol").unwrap_or_else(|| "tcp".into());
    Some(format!("{host}:{published}:{target}/{protocol}"))
}

/// The place in the container of a volume's short form `[SOURCE:]TARGET[:OPTIONS]`. A single
/// letter before a colon is a drive of Windows.
fn volume_target(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(colon) = rest.find(':') {
        let after = rest.get(colon + 1..)?;
        let drive = colon == 1 && rest.starts_with(|c: char| c.is_ascii_alphabetic());
        let colon = if drive { after.find(':').map(|next| next + 2) } else { Some(colon) };
        let Some(colon) = colon else { break };
        parts.push(rest.get(..colon)?);
        rest = rest.get(colon + 1..)?;
    }
    parts.push(rest);
    let target = match parts.as_slice() {
        [target] | [_, target] | [_, target, _] => *target,
        _ => return None,
    };
    clean(std::path::Path::new(target)).to_str().map(str::to_string)
}
