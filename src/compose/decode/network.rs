//! `networks`, `network_mode` and `extra_hosts` of a service.

use super::super::{Attachment, Data, Located, NetworkMode, Value};
use super::{string_at, strings};
use crate::source::Origin;

/// The networks a service is on. Without any it is on `default`, unless `network_mode` or
/// `provider` say otherwise.
pub(super) fn attachments(service: &Value) -> Vec<Attachment> {
    let written = service.get("networks").into_iter().flat_map(Value::members);
    let attachments: Vec<Attachment> = written
        .map(|(name, member)| Attachment {
            network: Located::new(
                name.clone(),
                Origin { written: member.key, through: member.value.origin.through.clone() },
            ),
            aliases: strings(member.value.get("aliases")),
            addresses: ["ipv4_address", "ipv6_address"]
                .iter()
                .filter_map(|key| string_at(&member.value, key))
                .collect(),
        })
        .collect();
    let alone = service.get("network_mode").is_some() || service.get("provider").is_some();
    if attachments.is_empty() && !alone {
        let network = Located::new("default".to_string(), Origin::default());
        return vec![Attachment { network, ..Attachment::default() }];
    }
    attachments
}

pub(super) fn mode(service: &Value) -> Option<Located<NetworkMode>> {
    let mode = string_at(service, "network_mode")?;
    let parsed = match mode.as_str() {
        "none" => NetworkMode::None,
        "host" => NetworkMode::Host,
        "bridge" => NetworkMode::Bridge,
        other => match other.split_once(':') {
            Some(("service", name)) => NetworkMode::Service(name.to_string()),
            Some(("container", name)) => NetworkMode::Container(name.to_string()),
            _ => NetworkMode::Other(other.to_string()),
        },
    };
    Some(Located::new(parsed, mode.origin))
}

/// Host and address, from `host: address`, `host: [addresses]`, `host=address` and `host:address`.
pub(super) fn extra_hosts(service: &Value) -> Vec<Located<(String, String)>> {
    let Some(value) = service.get("extra_hosts") else { return Vec::new() };
    let mut hosts = Vec::new();
    match &value.data {
        Data::Map(map) => {
            for (host, member) in map {
                let several = member.value.items();
                let addresses =
                    if several.is_empty() { std::slice::from_ref(&member.value) } else { several };
                for address in addresses {
                    let Some(text) = address.printed() else { continue };
                    hosts.push(Located::new((host.clone(), bare(&text)), address.origin.clone()));
                }
            }
        }
        Data::List(items) => {
            for item in items {
                let Some(text) = item.printed() else { continue };
                if let Some((host, address)) = text.split_once('=').or_else(|| text.split_once(':')) {
                    hosts.push(Located::new((host.to_string(), bare(address)), item.origin.clone()));
                }
            }
        }
        _ => {}
    }
    hosts
}

/// An address without the brackets of IPv6.
fn bare(address: &str) -> String {
    let inner = address.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    inner.unwrap_or(address).to_string()
}
