//! What Kafka is told of its listeners, where the names in its variables do not go together: it refuses to start.

use super::ServiceFacts;
use crate::compose::ImageReference;
use crate::source::Text;

/// A variable that names a listener which another does not know.
#[derive(Clone, Debug)]
pub struct RefusedListener {
    /// The variable.
    pub variable: String,
    /// Its value.
    pub value: Text,
    /// The listener.
    pub listener: String,
    /// What Kafka says, or does.
    pub says: String,
    /// What to do.
    pub instead: String,
}

/// Listeners that say themselves how they speak.
const PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/// What stands before the name of a setting in the variables of a broker's image.
fn prefix_of(path: &str) -> Option<&'static str> {
    match path {
        "confluentinc/cp-kafka"
        | "confluentinc/cp-server"
        | "apache/kafka"
        | "apache/kafka-native"
        | "wurstmeister/kafka" => Some("KAFKA_"),
        "bitnami/kafka" | "bitnamilegacy/kafka" => Some("KAFKA_CFG_"),
        _ => None,
    }
}

/// The ports of Kafka's listeners, and those that it tells its clients; nothing where not all of them are seen.
#[must_use]
pub fn ports(service: &ServiceFacts<'_>) -> Option<(Vec<u16>, Vec<u16>)> {
    let prefix = prefix_of(ImageReference::parse(service.reference.as_deref()?)?.path)?;
    if service.service.entrypoint.is_some() || service.environment.unseen().is_some() {
        return None;
    }
    let of = |name: &str| -> Option<Vec<u16>> {
        let text = service.environment.value(&format!("{prefix}{name}"))?.complete()?;
        text.split(',').map(|one| one.trim().rsplit_once(':')?.1.parse().ok()).collect()
    };
    Some((of("LISTENERS")?, of("ADVERTISED_LISTENERS")?))
}

/// The first name of a listener that does not go together with the rest; nothing where a value is not known.
#[must_use]
pub fn refused(service: &ServiceFacts<'_>) -> Option<RefusedListener> {
    let reference = service.reference.as_deref()?;
    let path = ImageReference::parse(reference)?.path;
    let confluent = matches!(path, "confluentinc/cp-kafka" | "confluentinc/cp-server");
    let prefix = prefix_of(path)?;
    if service.service.entrypoint.is_some() || service.environment.unseen().is_some() {
        return None;
    }
    let variable = |name: &str| format!("{prefix}{name}");
    let value = |name: &str| service.environment.value(&variable(name)).cloned();
    let list = |name: &str| -> Option<Option<Vec<String>>> {
        let Some(text) = value(name) else { return Some(None) };
        let text = text.complete()?;
        let parts =
            text.split(',').map(|part| part.trim().split([':']).next().unwrap_or("").trim().to_string());
        Some(Some(parts.filter(|part| !part.is_empty()).collect()))
    };
    let advertised = list("ADVERTISED_LISTENERS")?;
    let listeners = match list("LISTENERS")? {
        None if confluent => advertised.clone(),
        found => found,
    };
    let map = list("LISTENER_SECURITY_PROTOCOL_MAP")?;
    let inter = list("INTER_BROKER_LISTENER_NAME")?.and_then(|names| names.first().cloned());
    let controllers = list("CONTROLLER_LISTENER_NAMES")?.unwrap_or_default();
    let found = |name: &str, listener: &str, says: String, instead: String| {
        let (variable, value, listener) = (variable(name), value(name)?, listener.to_string());
        let says = format!("Kafka says `{says}`");
        Some(RefusedListener { variable, value, listener, says, instead })
    };
    if let Some(refused) = quorum(&variable, &value, &controllers) {
        return Some(refused);
    }
    let listed =
        |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let set = value("LISTENERS").map_or("ADVERTISED_LISTENERS", |_| "LISTENERS");
    if let (Some(own), Some(told)) = (&listeners, &advertised)
        && let Some(name) = told.iter().find(|name| !own.contains(name))
    {
        let says = "advertised.listeners listener names must be equal to or a subset of the ones defined in listeners";
        let instead = format!("name one of {}, or add `{name}` to `{}`", listed(own), variable("LISTENERS"));
        return found("ADVERTISED_LISTENERS", name, says.to_string(), instead);
    }
    let all = listeners.clone().unwrap_or_default();
    if let Some(map) = &map
        && let Some(name) = all.iter().find(|name| !map.contains(name) && !controllers.contains(name))
    {
        let says = format!("No security protocol defined for listener {name}");
        let instead = format!("add `{name}:PLAINTEXT` to `{}`", variable("LISTENER_SECURITY_PROTOCOL_MAP"));
        return found(set, name, says, instead);
    }
    // The image of Apache has a map of its own, as Bitnami's.
    if map.is_none()
        && (confluent || path == "wurstmeister/kafka")
        && let Some(name) =
            all.iter().find(|name| !PROTOCOLS.contains(&name.as_str()) && !controllers.contains(name))
    {
        let says = format!("No security protocol defined for listener {name}");
        let instead = format!("set `{}` with `{name}:PLAINTEXT`", variable("LISTENER_SECURITY_PROTOCOL_MAP"));
        return found(set, name, says, instead);
    }
    let told = advertised?;
    let says = format!(
        "inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are {}",
        told.join(",")
    );
    match inter {
        Some(name) if !told.contains(&name) => {
            found("INTER_BROKER_LISTENER_NAME", &name, says, format!("name one of {}", listed(&told)))
        }
        None if confluent
            && value("SECURITY_INTER_BROKER_PROTOCOL").is_none()
            && !told.iter().any(|name| name == "PLAINTEXT") =>
        {
            let first = told.first()?.clone();
            let instead = format!("set `{}: {first}`", variable("INTER_BROKER_LISTENER_NAME"));
            found("ADVERTISED_LISTENERS", "PLAINTEXT", says, instead)
        }
        _ => None,
    }
}

/// A node that controls and that its own voters name by another number, or at a port on which it does not take them.
fn quorum(
    variable: &dyn Fn(&str) -> String,
    value: &dyn Fn(&str) -> Option<Text>,
    controllers: &[String],
) -> Option<RefusedListener> {
    let known = |name: &str| value(name)?.complete();
    if !known("PROCESS_ROLES")?.contains("controller") {
        return None;
    }
    let value = value("CONTROLLER_QUORUM_VOTERS")?;
    let text = value.complete()?;
    let own = known("NODE_ID")?.trim().to_string();
    let voters: Vec<(&str, &str, u16)> = text
        .split(',')
        .map(|voter| {
            let (id, address) = voter.trim().split_once('@')?;
            let (host, port) = address.rsplit_once(':')?;
            Some((id.trim(), host, port.trim().parse().ok()?))
        })
        .collect::<Option<_>>()?;
    let variable = variable("CONTROLLER_QUORUM_VOTERS");
    let Some((_, host, port)) = voters.iter().find(|(id, ..)| *id == own) else {
        let ids: Vec<&str> = voters.iter().map(|(id, ..)| *id).collect();
        let (says, listener) = (
            format!(
                "Kafka says `If process.roles contains the 'controller' role, the node id {own} must be included in the set of voters controller.quorum.voters=Set({})`",
                ids.join(", ")
            ),
            "CONTROLLER".to_string(),
        );
        let instead = format!("name the node `{own}` in it, as in `{own}@host:9093`");
        return Some(RefusedListener { variable, value, listener, says, instead });
    };
    let listeners = known("LISTENERS")?;
    let mut taken = listeners.split(',').filter_map(|listener| {
        let (name, address) = listener.trim().split_once("://")?;
        let port: u16 = address.rsplit_once(':')?.1.parse().ok()?;
        controllers.iter().any(|own| own == name).then(|| (name.to_string(), port))
    });
    let (listener, at) = taken.next().filter(|_| taken.next().is_none())?;
    (at != *port).then(|| {
        let says =
            format!("it looks for its controller at `{host}:{port}`, and takes such connections on {at}");
        let instead = format!("write `{own}@{host}:{at}`");
        RefusedListener { variable, value, listener, says, instead }
    })
}
