//! `environment` entries without a value: they take that of the environment the file is read in.

use super::environment::Environment;
use super::value::{Data, Value};
use crate::source::{Span, Text, Via};

/// Gives the bare entries of every service's `environment` their value, where there is one.
pub(crate) fn resolve(tree: &mut Value, environment: &Environment) {
    let Some(services) = tree.as_map_mut().and_then(|map| map.get_mut("services")) else { return };
    let Some(services) = services.value.as_map_mut() else { return };
    for service in services.values_mut() {
        let Some(service) = service.value.as_map_mut() else { continue };
        let Some(block) = service.get_mut("environment") else { continue };
        match &mut block.value.data {
            Data::List(items) => items.iter_mut().for_each(|item| entry(item, environment)),
            Data::Map(map) => {
                for (name, member) in map {
                    if let (true, Some(found)) = (member.value.is_null(), environment.get(name)) {
                        member.value.data = Data::String(taken(found, name, member.key));
                    }
                }
            }
            _ => {}
        }
    }
}

fn entry(item: &mut Value, environment: &Environment) {
    let at = item.span();
    let Data::String(text) = &mut item.data else { return };
    let Some(name) = text.complete() else { return };
    if let Some(found) = environment.get(&name) {
        text.push(Text::known("=", crate::source::Origin::default()));
        text.push(taken(found, &name, at));
    }
}

fn taken(value: Text, name: &str, span: Span) -> Text {
    value.via(&Via::Interpolation { variable: name.into(), span, fallback: false })
}
