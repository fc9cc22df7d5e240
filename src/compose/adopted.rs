//! Extensions that the specification has adopted: written under their old names, Compose takes
//! them for the attributes they became.

use indexmap::IndexMap;

use super::value::{Member, Value};

/// Gives `x-develop` of services, and `x-initialSync` of its watches, their names of today.
pub(crate) fn rename(document: &mut Value) {
    let Some(services) = document.as_map_mut().and_then(|map| map.get_mut("services")) else { return };
    let Some(services) = services.value.as_map_mut() else { return };
    for service in services.values_mut() {
        let Some(service) = service.value.as_map_mut() else { continue };
        promote(service, "x-develop", "develop");
        let watches = service.get_mut("develop").and_then(|develop| develop.value.get_mut("watch"));
        for watch in watches.map(Value::items_mut).unwrap_or_default() {
            if let Some(watch) = watch.as_map_mut() {
                promote(watch, "x-initialSync", "initial_sync");
            }
        }
    }
}

fn promote(map: &mut IndexMap<String, Member>, from: &str, to: &str) {
    if map.contains_key(from)
        && map.get(to).is_none_or(|member| member.value.is_null())
        && let Some(member) = map.shift_remove(from)
    {
        map.insert(to.to_string(), member);
    }
}
