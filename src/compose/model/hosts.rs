//! `extra_hosts` as Compose prints it: `host=address`.

use serde_json::Value as Json;

use super::super::{Data, Value};
use super::print::Printer;

pub(super) fn print(value: &Value, printer: &mut Printer) -> Json {
    let mut hosts: Vec<String> = Vec::new();
    match &value.data {
        Data::Map(map) => {
            for (host, member) in map {
                let single = std::slice::from_ref(&member.value);
                let addresses = member.value.as_list().map_or(single, Vec::as_slice);
                let texts = addresses.iter().filter_map(Value::printed);
                hosts.extend(texts.map(|address| format!("{host}={}", bare(&address))));
            }
        }
        _ => {
            for item in value.items() {
                let text = item.printed().unwrap_or_default();
                match text.split_once('=').or_else(|| text.split_once(':')) {
                    Some(("", _)) => printer.refuse(item, format!("`{text}` names no host")),
                    Some((host, address)) => hosts.push(format!("{host}={}", bare(address))),
                    None => printer.refuse(item, format!("`{text}` is no `host=address`")),
                }
            }
        }
    }
    hosts.sort();
    Json::Array(hosts.into_iter().map(Json::String).collect())
}

fn bare(address: &str) -> &str {
    let inner = address.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    inner.unwrap_or(address)
}
